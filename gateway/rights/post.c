/* post.c - letters on their way to a chat.
 *
 * A sender of its own: by the time of the answer the conversation, its
 * messages and the person's addresses may be gone.  One call at a time; the row
 * says "unknown" before the provider gets it.  A letter whose outcome nobody
 * knows is sent once more, unlike a message of the helpdesk's: an answer that
 * comes twice is better than a right that was never answered. */
#include "machine.h"

#include <sodium.h>
#include <string.h>

#include "postern/log.h"
#include "worker/alarm.h"
#include "worker/decide.h"
#include "worker/retry.h"

#define SECOND_MS  INT64_C(1000)
#define CAP_MS	   (600 * SECOND_MS)
#define CONFIG_MS  (60 * SECOND_MS)
#define UNKNOWN_MS (60 * SECOND_MS)
#define CALLS_MAX  2	/* of one whose outcome is not known */
#define TEXT_MAX   4000 /* of one message; the rest is on the page */

/* What came back with a backup may have been sent since. */
#define RUNS                                                         \
	" AND request NOT IN (SELECT id FROM request WHERE restored" \
	"<>0)"
static const char next_sql[] =
    "SELECT min(next_ms) FROM request_letter WHERE state='waiting'" RUNS;
static const char due_sql[] =
    "SELECT id FROM request_letter WHERE state='waiting' AND next_ms<=?" RUNS
    " ORDER BY next_ms,id LIMIT 1";
static const char of_sql[] = "SELECT request FROM request_letter WHERE id=?";
static const char attempts_sql[] =
    "SELECT attempts FROM request_letter WHERE id=?";
static const char waits_sql[] =
    "SELECT count(*) FROM request_letter WHERE request=? AND state='waiting'";
static const char again_sql[] =
    "UPDATE request_letter SET state='waiting',next_ms=? WHERE"
    " state='unknown' AND attempts<?";
static const char state_sql[] =
    "UPDATE request_letter SET state=?,reason=?,attempts=attempts+?,"
    "next_ms=?,sent_ms=coalesce(?,sent_ms) WHERE id=?";

struct rights_post {
	struct worker *w;
	int64_t letter;
	struct request r;
	int channel;
	bool under_way, answered;
	json_t *text, *reply;
	struct id_text reference;
	char shown[TEXT_MAX + 8];
	struct channel_act act;
	struct channel_outcome outcome;
};

static void clear(struct rights_post *p)
{
	json_decref(p->text);
	json_decref(p->reply);
	sodium_memzero(p->shown, sizeof(p->shown));
	*p = (struct rights_post){.w = p->w};
}

void rights_close(struct worker *w)
{
	if (w->rights.post != NULL)
		clear(w->rights.post);
	free(w->rights.post);
	w->rights.post = NULL;
}

int post_next(struct worker *w, int64_t *ret_ms, struct err *err)
{
	bool found = false;

	*ret_ms = 0;
	return store_one_int(w->store, next_sql, STORE_NO_ARGS, ret_ms, &found,
			     err);
}

/* One that nobody knows about and that is not on its way has had its call. */
int post_waits(struct worker *w, int64_t request, bool *ret, struct err *err)
{
	const struct rights_post *p = w->rights.post;
	int64_t waiting = 0;
	bool found;

	if (store_one_int(w->store, waits_sql, STORE_ARGS(S_INT(request)),
			  &waiting, &found, err) != 0)
		return -1;
	*ret = waiting > 0 ||
	       (p != NULL && p->letter != 0 && p->r.is.id == request);
	return 0;
}

/* --- one letter's row ----------------------------------------------------- */

struct fate {
	const char *state, *reason;
	int64_t attempts, wait_ms;
	bool sent, lost;
};

static int alarm_failed(struct worker *w, int64_t request, const char *reason,
			struct err *err)
{
	const struct alarm alarm = {.kind = "rights.letter",
				    .about = ID_REQUEST,
				    .object = request,
				    .detail = reason};

	return alarm_raise(w, &alarm, err);
}

static int tell_sent(struct worker *w, const struct request *r, struct err *err)
{
	const struct key_ref key = request_key(r->is.id, r->year);
	const struct act_fact facts[] = {{"channel", r->channel.text, 0}};
	const struct act act = {
	    .event = LEDGER_SEND_HANDED_OVER,
	    .by = LEDGER_SYSTEM,
	    .kind = ID_REQUEST,
	    .object = r->is.id,
	    .under = &key,
	    .facts = facts,
	    .facts_len = 1,
	};

	return prove(w, &act, err);
}

static int write_fate(struct worker *w, int64_t letter, const struct request *r,
		      const struct fate *f, struct err *err)
{
	const int64_t now_ms = worker_now(w);

	if (store_run(w->store, state_sql,
		      STORE_ARGS(S_TEXT(f->state), S_TEXT(f->reason),
				 S_INT(f->attempts), S_INT(now_ms + f->wait_ms),
				 f->sent ? S_INT(now_ms) : S_NULL,
				 S_INT(letter)),
		      err) != 0)
		return -1;
	if (f->sent && tell_sent(w, r, err) != 0)
		return -1;
	if ((strcmp(f->state, "failed") == 0 || f->lost) &&
	    alarm_failed(w, r->is.id, f->reason, err) != 0)
		return -1;
	return 0;
}

static int settle(struct worker *w, int64_t letter, const struct request *r,
		  const struct fate *f, struct err *err)
{
	if (worker_begin(w, err) != 0)
		return -1;
	if (write_fate(w, letter, r, f, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	if (worker_commit(w, err) != 0)
		return -1;
	w->rights.asked = true;
	return 0;
}

/* --- what became of a call ------------------------------------------------ */

static int attempts_of(struct rights_post *p, int64_t *ret, struct err *err)
{
	bool found;

	*ret = 0;
	return store_one_int(p->w->store, attempts_sql,
			     STORE_ARGS(S_INT(p->letter)), ret, &found, err);
}

static struct fate retry_of(const struct rights_post *p, int64_t attempts)
{
	struct fate f = {.state = "waiting"};

	if (attempts >= p->w->settings->limits.attempts_max)
		return (struct fate){.state = "failed", .reason = "attempts"};
	f.wait_ms = retry_wait_ms(p->w->env, attempts > 0 ? attempts : 1,
				  SECOND_MS, CAP_MS, p->outcome.wait_ms);
	return f;
}

static struct fate fate_of(const struct rights_post *p, int64_t attempts)
{
	switch (p->outcome.class) {
	case CLASS_OK:
		return (struct fate){.state = "sent", .sent = true};
	case CLASS_RETRY:
	case CLASS_RETRY_NEW_URL:
		return retry_of(p, attempts);
	case CLASS_WINDOW_CLOSED:
		return (struct fate){.state = "failed",
				     .reason = "window_closed"};
	case CLASS_PERMANENT:
		return (struct fate){.state = "failed", .reason = "permanent"};
	case CLASS_CONFIG:
		return (struct fate){
		    .state = "waiting", .attempts = -1, .wait_ms = CONFIG_MS};
	case CLASS_RETRY_UNKNOWN:
		if (attempts < CALLS_MAX)
			return (struct fate){.state = "waiting",
					     .wait_ms = UNKNOWN_MS};
		break;
	}
	return (struct fate){
	    .state = "unknown", .reason = "unknown", .lost = true};
}

static int settle_answer(struct rights_post *p, struct err *err)
{
	int64_t attempts = 0;
	struct fate fate;

	if (attempts_of(p, &attempts, err) != 0)
		return -1;
	fate = fate_of(p, attempts);
	if (settle(p->w, p->letter, &p->r, &fate, err) != 0)
		return -1;
	if (fate.sent)
		COUNT(p->w, sent);
	clear(p);
	return 0;
}

/* --- making a call -------------------------------------------------------- */

static void answered(void *ctx, const struct http_reply *reply)
{
	struct rights_post *p = ctx;
	const struct channel *ch = p->w->channels[p->channel];

	ch->driver->answer(ch, &p->act, reply, &p->outcome);
	p->under_way = false;
	p->answered = true;
}

/* As much as one message takes, cut at a line. */
static void text_take(struct rights_post *p)
{
	const json_t *text = json_object_get(p->text, "text");
	const char *bytes = json_string_value(text);
	size_t len = json_string_length(text);

	if (bytes == NULL)
		return;
	if (len > TEXT_MAX) {
		for (len = TEXT_MAX; len > 0 && bytes[len] != '\n';)
			len--;
		(void)snprintf(p->shown, sizeof(p->shown), "%.*s\n...",
			       (int)len, bytes);
		return;
	}
	(void)snprintf(p->shown, sizeof(p->shown), "%s", bytes);
}

static void party_take(struct rights_post *p)
{
	const json_t *to = json_object_get(p->reply, "to");
	const json_t *one;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)to, i, one)
	{
		struct party *party = &p->act.to;
		const char *kind =
		    json_string_value(json_object_get(one, "kind"));
		const char *text =
		    json_string_value(json_object_get(one, "text"));

		if (kind == NULL || text == NULL ||
		    party->addresses_len == PARTY_ADDRESSES_MAX)
			continue;
		party->addresses[party->addresses_len].kind = kind;
		party->addresses[party->addresses_len++].text = text;
	}
}

/* *ret_reason: why it cannot be sent; NULL: it can. */
static int open_letter(struct rights_post *p, const char **ret_reason,
		       struct err *err)
{
	struct worker *w = p->w;
	const char *channel;
	struct name name;

	*ret_reason = NULL;
	if (request_open_sealed(w, &p->r, FIELD_REPLY, &p->reply, err) != 0 ||
	    letter_open(w, &p->r, p->letter, &p->text, err) != 0)
		return -1;
	channel = json_string_value(json_object_get(p->reply, "channel"));
	p->channel = channel != NULL ? worker_channel_index(w, channel) : -1;
	text_take(p);
	party_take(p);
	if (p->channel < 0 || p->act.to.addresses_len == 0 ||
	    p->shown[0] == '\0')
		*ret_reason = "gone";
	else if (name_set(&name, channel, strlen(channel)) &&
		 decide_mechanism(w, &name) == MECHANISM_INVALID)
		*ret_reason = "mechanism_invalid";
	id_format(&w->mask, ID_REQUEST, p->r.is.id, &p->reference);
	p->act.kind = CHANNEL_SEND_TEXT;
	p->act.text = p->shown;
	p->act.reference = p->reference.text;
	p->act.media_bytes = -1;
	return 0;
}

static int call(struct rights_post *p, struct err *err)
{
	const struct channel *ch = p->w->channels[p->channel];
	const struct fate unknown = {
	    .state = "unknown", .reason = "unknown", .attempts = 1};
	const struct fate unusable = {.state = "failed", .reason = "unusable"};
	const struct fate later = {.state = "waiting", .wait_ms = SECOND_MS};
	struct http_call http = {0};

	if (settle(p->w, p->letter, &p->r, &unknown, err) != 0)
		return -1;
	if (ch->driver->request(ch, &p->act, &http, err) == 0 &&
	    http_start(p->w->http, &http, answered, p, err) == 0) {
		p->under_way = true;
		return 0;
	}
	return settle(p->w, p->letter, &p->r,
		      err->kind == ERR_INPUT ? &unusable : &later, err);
}

static int start(struct rights_post *p, struct err *err)
{
	struct fate fate = {.state = "failed"};

	if (open_letter(p, &fate.reason, err) != 0)
		return -1;
	if (fate.reason != NULL)
		return settle(p->w, p->letter, &p->r, &fate, err);
	return call(p, err);
}

/* --- a turn --------------------------------------------------------------- */

static int find(struct rights_post *p, bool *ret_found, struct err *err)
{
	int64_t request = 0;

	if (store_one_int(p->w->store, due_sql,
			  STORE_ARGS(S_INT(worker_now(p->w))), &p->letter,
			  ret_found, err) != 0)
		return -1;
	if (!*ret_found)
		return 0;
	if (store_one_int(p->w->store, of_sql, STORE_ARGS(S_INT(p->letter)),
			  &request, ret_found, err) != 0)
		return -1;
	return request_load(p->w, request, &p->r, ret_found, err);
}

static int open_post(struct worker *w, struct err *err)
{
	if (w->rights.post != NULL)
		return 0;
	w->rights.post = calloc(1, sizeof(*w->rights.post));
	if (w->rights.post == NULL)
		return ERR_SET(err, ERR_NOMEM, "letters", 0);
	w->rights.post->w = w;
	/* Of a process that died while it called. */
	return store_run(w->store, again_sql,
			 STORE_ARGS(S_INT(worker_now(w)), S_INT(CALLS_MAX)),
			 err);
}

bool post_landed(const struct worker *w)
{
	return w->rights.post != NULL && w->rights.post->answered;
}

int post_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct rights_post *p;
	bool found = false;
	int rc;

	if (open_post(w, err) != 0)
		return -1;
	p = w->rights.post;
	if (p->under_way)
		return 0;
	if (p->answered) {
		*ret_moved = true;
		return settle_answer(p, err);
	}
	clear(p);
	if (find(p, &found, err) != 0)
		return -1;
	if (!found) {
		clear(p);
		return 0;
	}
	*ret_moved = true;
	rc = start(p, err);
	if (!p->under_way)
		clear(p);
	return rc;
}
