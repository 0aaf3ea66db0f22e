/* rates.c - what rates are made of. */
#include "rates.h"

#include "consent.h"
#include "decide.h"
#include "restriction.h"

#define SOON_MS	      (INT64_C(15) * 60 * 1000)
#define TEMPLATE_MAX  64
#define OTHER	      "other" /* a template whose name is none of ours */
#define OPEN_HOURS    "open"
#define OUTSIDE_HOURS "outside"

static const char asked_sql[] =
    "SELECT asked_ms, channel FROM conversation WHERE id=?";
static const char unasked_sql[] =
    "UPDATE conversation SET asked_ms=NULL WHERE id=?";
static const char message_sql[] =
    "SELECT m.state, m.kind, m.received_ms, m.campaign, m.conversation,"
    " c.channel FROM message m JOIN conversation c ON c.id=m.conversation"
    " WHERE m.id=? AND m.direction='out'";
static const char campaign_sql[] =
    "UPDATE conversation SET campaign=?, campaign_ms=? WHERE id=?";
static const char last_sql[] =
    "SELECT campaign, campaign_ms FROM conversation WHERE person=?"
    " AND channel=? AND campaign IS NOT NULL ORDER BY campaign_ms DESC"
    " LIMIT 1";
static const char forget_sql[] =
    "UPDATE conversation SET campaign=NULL, campaign_ms=NULL WHERE person=?"
    " AND channel=? AND campaign IS NOT NULL";

/* Nothing of what is restricted (Art. 18 GDPR) is used, not even counted. */
static int is_silent(struct worker *w, int64_t conversation, bool *ret,
		     struct err *err)
{
	return restriction_of_conversation(w, conversation, ret, err);
}

/* --- questions ------------------------------------------------------------ */

static const char *hours_of(const struct worker *w, const struct name *channel,
			    int64_t at_ms)
{
	const char *land = w->settings->controller.land;
	struct policy_local local;

	decide_local(w, at_ms, &local);
	return policy_channel_open(w->policy, channel, &local,
				   land[0] != '\0' ? land : NULL)
		   ? OPEN_HOURS
		   : OUTSIDE_HOURS;
}

int64_t rates_asked_ms(int64_t received_ms, int64_t now_ms)
{
	return received_ms > now_ms || received_ms < now_ms - RATES_ANSWER_MS
		   ? now_ms
		   : received_ms;
}

int rates_asked(struct worker *w, struct figure_run *run,
		const struct name *channel, int64_t asked_ms, struct err *err)
{
	const struct figure_run one = {
	    .hour_ms = asked_ms - asked_ms % FIGURE_HOUR_MS,
	    .n = 1,
	    .channel = *channel,
	    .name = "question.asked",
	    .detail = hours_of(w, channel, asked_ms),
	};

	return figure_run_add(w, run, &one, err);
}

static int asked_of(struct worker *w, int64_t conversation, int64_t *ret_ms,
		    struct name *ret_channel, struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	*ret_ms = 0;
	if (store_start(w->store, asked_sql, STORE_ARGS(S_INT(conversation)),
			&rows, err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0) {
		v = store_column(w->store, rows, 1);
		if (name_set(ret_channel, v.bytes, v.len))
			*ret_ms = store_column(w->store, rows, 0).num;
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

int rates_unasked(struct worker *w, int64_t conversation, struct err *err)
{
	return store_run(w->store, unasked_sql, STORE_ARGS(S_INT(conversation)),
			 err);
}

int rates_answered(struct worker *w, int64_t conversation, struct err *err)
{
	int64_t now_ms = worker_now(w), asked_ms = 0;
	struct name channel;
	bool silent = false;

	if (asked_of(w, conversation, &asked_ms, &channel, err) != 0)
		return -1;
	if (asked_ms == 0)
		return 0;
	if (rates_unasked(w, conversation, err) != 0 ||
	    is_silent(w, conversation, &silent, err) != 0)
		return -1;
	if (silent || now_ms - asked_ms > RATES_ANSWER_MS)
		return 0;
	return figure_add_at(w, asked_ms, channel.text,
			     now_ms - asked_ms <= SOON_MS
				 ? "question.answered_15m"
				 : "question.answered_60m",
			     hours_of(w, &channel, asked_ms), 1, err);
}

/* --- what was sent -------------------------------------------------------- */

/* Providers name templates like this; other text never becomes a figure. */
static bool is_template(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return len > 0 && len <= TEMPLATE_MAX && text[len] == '\0';
}

void rates_campaign(const struct worker *w, const struct name *channel,
		    const char *purpose, const char *template,
		    char ret[FIGURE_DETAIL_BYTES])
{
	const struct name *own = policy_purpose(w->policy, channel);

	ret[0] = '\0';
	if (!consent_is_marketing(w, channel, purpose))
		return;
	if (purpose == NULL)
		purpose = own->text; /* marketing, so there is one */
	if (template == NULL)
		(void)snprintf(ret, FIGURE_DETAIL_BYTES, "%.*s", NAME_LEN_MAX,
			       purpose);
	else
		(void)snprintf(ret, FIGURE_DETAIL_BYTES, "%.*s %s",
			       NAME_LEN_MAX, purpose,
			       is_template(template) ? template : OTHER);
}

struct moved {
	char state[16], kind[16], campaign[FIGURE_DETAIL_BYTES];
	int64_t received_ms, conversation;
	struct name channel;
};

/* conversation 0: the message is none of ours, or gone. */
static int read_message(struct worker *w, int64_t message, struct moved *ret,
			struct err *err)
{
	struct store *st = w->store;
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	*ret = (struct moved){0};
	if (store_start(st, message_sql, STORE_ARGS(S_INT(message)), &rows,
			err) != 0)
		return -1;
	rc = store_step(st, rows, err);
	if (rc > 0) {
		v = store_column(st, rows, 5);
		if (store_word(store_column(st, rows, 0), ret->state,
			       sizeof(ret->state)) &&
		    store_word(store_column(st, rows, 1), ret->kind,
			       sizeof(ret->kind)) &&
		    store_word(store_column(st, rows, 3), ret->campaign,
			       sizeof(ret->campaign)) &&
		    name_set(&ret->channel, v.bytes, v.len))
			ret->conversation = store_column(st, rows, 4).num;
		ret->received_ms = store_column(st, rows, 2).num;
	}
	store_finish(st, &rows);
	return rc < 0 ? -1 : 0;
}

/* What the gateway says itself is no answer of anybody, nor is a reaction. */
static bool counts(const struct moved *m)
{
	static const char *const kinds[] = {"text", "media", "template"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i], m->kind) == 0)
			return m->conversation != 0;
	return false;
}

static const struct {
	const char *state;
	int rank;
} ranks[] = {
    {"queued", 0}, {"unknown", 0},   {"failed", 1}, {"sent", 1},
    {"read", 3},   {"delivered", 2}, {"played", 3},
};

static int rank_of(const char *state)
{
	for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++)
		if (strcmp(ranks[i].state, state) == 0)
			return ranks[i].rank;
	return 0;
}

/* The first time that the provider has it. */
static int handed_over(struct worker *w, const struct moved *m, struct err *err)
{
	if (m->campaign[0] == '\0')
		return rates_answered(w, m->conversation, err);
	return store_run(w->store, campaign_sql,
			 STORE_ARGS(S_TEXT(m->campaign), S_INT(m->received_ms),
				    S_INT(m->conversation)),
			 err);
}

int rates_moved(struct worker *w, int64_t message, const char *state,
		struct err *err)
{
	static const char *const names[] = {
	    NULL, "message.sent", "message.delivered", "message.read"};
	struct moved m;
	bool silent = false;
	int from, to = rank_of(state);

	if (strcmp(state, "failed") == 0)
		return 0;
	if (read_message(w, message, &m, err) != 0)
		return -1;
	from = rank_of(m.state);
	if (!counts(&m))
		return 0;
	if (from == 0 && to > 0 && handed_over(w, &m, err) != 0)
		return -1;
	if (is_silent(w, m.conversation, &silent, err) != 0)
		return -1;
	if (silent || worker_now(w) - m.received_ms > RATES_FATE_MS)
		return 0;
	for (int i = from + 1; i <= to; i++)
		if (figure_add_at(w, m.received_ms, m.channel.text, names[i],
				  m.campaign, 1, err) != 0)
			return -1;
	return 0;
}

/* --- opting out ----------------------------------------------------------- */

int rates_opted_out(struct worker *w, int64_t person,
		    const struct name *channel, struct err *err)
{
	const struct store_value whose[] = {S_INT(person),
					    S_TEXT(channel->text)};
	char campaign[FIGURE_DETAIL_BYTES];
	struct store_rows *rows = NULL;
	int64_t at_ms = 0;
	bool fits = false, silent = false;
	int rc;

	if (store_start(w->store, last_sql, whose, 2, &rows, err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0) {
		fits = store_word(store_column(w->store, rows, 0), campaign,
				  sizeof(campaign));
		at_ms = store_column(w->store, rows, 1).num;
	}
	store_finish(w->store, &rows);
	if (rc <= 0)
		return rc;
	if (store_run(w->store, forget_sql, whose, 2, err) != 0 ||
	    restriction_of(w, person, 0, &silent, err) != 0)
		return -1;
	if (!fits || silent || worker_now(w) - at_ms > RATES_FATE_MS)
		return 0;
	return figure_add_at(w, at_ms, channel->text, "campaign.opted_out",
			     campaign, 1, err);
}
