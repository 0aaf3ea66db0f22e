/* consent_receive.c - keywords, questions and their answers.
 *
 * Events are written while the batch is planned, so that a later message of
 * it finds them; what is sealed with them follows when the batch is.  Their
 * time is when we got the message: one clock puts them in order, whatever
 * providers say. */
#include "consent_receive.h"

#include "autoreply.h"
#include "decide.h"
#include "store/family.h"
#include "figures.h"
#include "postern/caldate.h"
#include "postern/holidays.h"
#include "postern/jsonmem.h"
#include "postern/log.h"
#include "request_receive.h"

#define WORKDAYS_MAX	   30
#define EVIDENCE_BYTES_MAX (32u * 1024 * 1024)

static const char identifier_sql[] =
    PERSON_FAMILY "SELECT 1 FROM address WHERE person IN"
		  " (SELECT id FROM family) AND address_hash=?"
		  " AND to_ms IS NULL AND id<?";
static const char wording_sql[] = "SELECT text FROM wording WHERE sha256=?";
static const char reminded_sql[] =
    "SELECT 1 FROM consent_event WHERE kind='reminded' AND person=?"
    " AND purpose=? AND channel=? AND at_ms>=? LIMIT 1";
static const char evidence_sql[] =
    "UPDATE consent_event SET evidence_sealed=? WHERE id=?";
static const char review_sql[] =
    "INSERT INTO review(id,kind,state,person,conversation,message,created_ms,"
    "due_ms) VALUES(?,'withdrawal','open',?,?,?,?,?)";
static const char person_of_sql[] =
    "SELECT person FROM conversation WHERE id=?";

/* --- what follows when the batch is sealed -------------------------------- */

struct consent_todo {
	int64_t event; /* whose evidence is in slot; 0: a person to suppress */
	size_t slot;
	int64_t person, at_ms;
	struct name channel;
	const char *reason;
};
struct consent_todos {
	struct consent_todo *all;
	size_t len, size;
};

void consent_batch_free(struct batch *b)
{
	if (b->consents != NULL)
		free(b->consents->all);
	free(b->consents);
	b->consents = NULL;
}

static int todo(struct batch *b, const struct consent_todo *what,
		struct err *err)
{
	struct consent_todos *t = b->consents;
	struct consent_todo *all;
	size_t size;

	if (t == NULL)
		t = b->consents = calloc(1, sizeof(*t));
	if (t == NULL)
		return ERR_SET(err, ERR_NOMEM, "consents", 0);
	if (t->len == t->size) {
		size = t->size > 0 ? 2 * t->size : 16;
		all = realloc(t->all, size * sizeof(*all));
		if (all == NULL)
			return ERR_SET(err, ERR_NOMEM, "consents", 0);
		t->all = all;
		t->size = size;
	}
	t->all[t->len++] = *what;
	return 0;
}

int consent_archive(struct batch *b, struct err *err)
{
	const uint8_t *sealed = NULL;
	size_t sealed_len = 0;

	for (size_t i = 0; b->consents != NULL && i < b->consents->len; i++) {
		const struct consent_todo *t = &b->consents->all[i];

		if (t->event == 0) {
			if (consent_suppress(b->w, t->person, CONSENT_MARKETING,
					     &t->channel, t->reason, t->at_ms,
					     err) != 0)
				return -1;
			continue;
		}
		if (keeper_result(b->sealed, t->slot, &sealed, &sealed_len,
				  err) != 0)
			return keeper_failed(err);
		if (store_run(
			b->w->store, evidence_sql,
			STORE_ARGS(S_BLOB(sealed, sealed_len), S_INT(t->event)),
			err) != 0)
			return -1;
	}
	return 0;
}

/* --- stopping ------------------------------------------------------------- */

static int64_t event_time(const struct batch *b, const struct step *s)
{
	int64_t at_ms = s->item->received_ms;

	return at_ms < b->now_ms ? at_ms : b->now_ms;
}

static int stop(struct batch *b, const struct consent_stop *how,
		struct err *err)
{
	const struct consent_todo what = {
	    .person = how->person,
	    .channel = how->channel,
	    .at_ms = how->at_ms,
	    .reason = how->source != NULL ? how->source : how->method,
	};

	if (consent_withdraw_marketing(b->w, how, err) != 0 ||
	    figure_add_of(b->w, how->person, how->channel.text,
			  "consent.withdrawn", how->method, err) != 0 ||
	    todo(b, &what, err) != 0)
		return -1;
	LOG(LOG_LEVEL_INFO, "consent.withdrawn",
	    LOG_NAME("channel", &how->channel),
	    log_table("method", how->method));
	return 0;
}

static int keyword_stop(struct batch *b, struct step *s, struct err *err)
{
	const struct consent_stop how = {
	    .person = s->person,
	    .channel = s->item->channel,
	    .by = "subject",
	    .method = "keyword",
	    .at_ms = event_time(b, s),
	    .answer = s->message,
	};

	return stop(b, &how, err);
}

int consent_stopped_there(struct batch *b, int64_t conversation,
			  const struct name *channel, int64_t at_ms,
			  struct err *err)
{
	struct consent_stop how = {
	    .channel = *channel,
	    .source = "error_131050",
	    .by = "subject",
	    .method = "provider",
	    .at_ms = at_ms < b->now_ms ? at_ms : b->now_ms,
	};
	bool found = false;

	if (store_one_int(b->w->store, person_of_sql,
			  STORE_ARGS(S_INT(conversation)), &how.person, &found,
			  err) != 0)
		return -1;
	return found ? stop(b, &how, err) : 0;
}

/* One event, of a purpose the provider named, of none, or a mere signal. */
static int signal_event(struct batch *b, struct step *s, const char *kind,
			struct err *err)
{
	struct consent_entry entry = {
	    .of = {.person = s->person, .channel = s->item->channel},
	    .kind = kind,
	    .source = "provider",
	    .by = "subject",
	    .method = "provider",
	    .at_ms = event_time(b, s),
	};
	const char *purpose = s->event->purpose;

	/* No purpose named: all of them. */
	if (purpose == NULL ||
	    !name_set(&entry.of.purpose, purpose, strlen(purpose)))
		(void)name_set(&entry.of.purpose, CONSENT_EVERY_PURPOSE,
			       strlen(CONSENT_EVERY_PURPOSE));
	if (consent_add(b->w, &entry, err) != 0)
		return -1;
	return consent_tell(b->w, &entry.of, kind, err);
}

int consent_signal(struct batch *b, struct step *s, struct err *err)
{
	const struct event *e = s->event;
	bool withdrawn = e->kind == EVENT_OPTOUT || e->kind == EVENT_BLOCKED;
	const struct consent_stop how = {
	    .person = s->person,
	    .channel = s->item->channel,
	    .source = s->item->one_click ? "one_click" : "provider",
	    .by = "subject",
	    .method = s->item->one_click ? "one_click" : "provider",
	    .at_ms = event_time(b, s),
	};

	/* It lifts the provider's own block and proves nothing. */
	if (!withdrawn)
		return signal_event(b, s, "optin_signal", err);
	if (e->purpose != NULL && strcmp(e->purpose, CONSENT_MARKETING) == 0)
		return stop(b, &how, err);
	return signal_event(b, s, "withdrawn", err);
}

/* --- keywords ------------------------------------------------------------- */

/* The end of the next working day. */
static int64_t review_due_ms(const struct worker *w, int64_t at_ms)
{
	int64_t day = caldate_local(w->zone, at_ms);
	enum land land = LAND_BE;
	bool known = land_parse(w->settings->controller.land, &land);

	for (int i = 0; i < WORKDAYS_MAX; i++) {
		day++;
		if (known ? is_workday(land, day, NULL, 0)
			  : caldate_weekday(day) < 6)
			break;
	}
	return caldate_begins_ms(w->zone, day + 1);
}

/* Somebody has to read it, and marketing rests meanwhile: the state sees the
 * open review. */
static int keyword_review(struct batch *b, struct step *s, struct err *err)
{
	int64_t at_ms = event_time(b, s);

	if (store_run(b->w->store, review_sql,
		      STORE_ARGS(S_INT(worker_id(b->w)), S_INT(s->person),
				 S_INT(s->conversation), S_INT(s->message),
				 S_INT(at_ms),
				 S_INT(review_due_ms(b->w, at_ms))),
		      err) != 0)
		return -1;
	return figure_add_of(b->w, s->person, s->item->channel.text,
			     "review.opened", "withdrawal", err);
}

int consent_keyword(struct batch *b, struct step *s,
		    const struct policy_decision *d, struct err *err)
{
	if (!decide_speaks(s))
		return 0;
	switch (d->keyword) {
	case KEYWORD_STOP:
		return keyword_stop(b, s, err);
	case KEYWORD_ERASE:
		return request_asked(b, s, LEDGER_R_ERASURE, event_time(b, s),
				     err);
	case KEYWORD_ACCESS:
		return request_asked(b, s, LEDGER_R_ACCESS, event_time(b, s),
				     err);
	case KEYWORD_REVIEW:
		return keyword_review(b, s, err);
	default: /* a question is asked where it is said */
		return 0;
	}
}

/* --- asking --------------------------------------------------------------- */

int consent_of_channel(struct batch *b, const struct step *s,
		       const struct policy_channel *channel,
		       enum consent_state *ret, struct err *err)
{
	const struct consent_of of = {.person = s->person,
				      .purpose = channel->asks,
				      .channel = channel->name};

	*ret = CONSENT_UNKNOWN;
	if (channel->asks.text[0] == '\0')
		return 0;
	return consent_state_of(b->w, &of, CONSENT_NOW, ret, err);
}

static int asked(struct batch *b, const struct step *s,
		 const struct policy_say *say, const char *kind,
		 int64_t message, struct err *err)
{
	struct consent_entry entry = {
	    .of = {.person = s->person,
		   .purpose = *say->purpose,
		   .channel = s->item->channel},
	    .kind = kind,
	    .by = "controller",
	    .method = "reply",
	    .at_ms = event_time(b, s),
	    .wording = say->notice->sha256,
	    .language =
		say->notice->language[0] != '\0' ? say->notice->language : NULL,
	    .prompt = message,
	    .answer = s->dropped ? 0 : s->message,
	};
	struct policy_purpose purpose;

	if (policy_purpose_of(b->w->policy, say->purpose, &entry.of.channel,
			      &purpose))
		entry.until_ms =
		    consent_after(b->w, &purpose.pending, entry.at_ms);
	if (consent_add(b->w, &entry, err) != 0)
		return -1;
	return figure_add_of(b->w, entry.of.person, entry.of.channel.text,
			     "consent.requested", say->purpose->text, err);
}

/* Is the question to be left unsaid?  *ret_reminds: it waits already. */
static int said_enough(struct batch *b, const struct step *s,
		       const struct policy_say *say, bool *ret,
		       bool *ret_reminds, struct err *err)
{
	const struct consent_of of = {.person = s->person,
				      .purpose = *say->purpose,
				      .channel = s->item->channel};
	struct consent_view view;
	int64_t one;

	*ret_reminds = false;
	if (consent_view_of(b->w, &of, CONSENT_NOW, &view, err) != 0)
		return -1;
	*ret = consent_is_valid(view.state);
	if (view.state != CONSENT_REQUESTED || view.until_ms <= b->now_ms)
		return 0;
	*ret_reminds = true;
	return store_one_int(
	    b->w->store, reminded_sql,
	    STORE_ARGS(S_INT(s->person), S_TEXT(say->purpose->text),
		       S_TEXT(s->item->channel.text), S_INT(view.since_ms)),
	    &one, ret, err);
}

int consent_ask(struct batch *b, struct step *s, const struct policy_say *say,
		struct err *err)
{
	bool enough = false, reminds = false;
	int64_t message = 0;

	if (said_enough(b, s, say, &enough, &reminds, err) != 0)
		return -1;
	if (enough)
		return 0;
	if (autoreply_add(b, s, say, &message, err) != 0)
		return -1;
	return asked(b, s, say, reminds ? "reminded" : "requested", message,
		     err);
}

/* --- the answer ----------------------------------------------------------- */

static bool says_no(const struct batch *b)
{
	const char *text = (const char *)b->normal.bytes;

	return (b->normal.len == 4 && memcmp(text, "nein", 4) == 0) ||
	       (b->normal.len == 2 && memcmp(text, "no", 2) == 0);
}

/* Did the question go to an address this message came from?  One that was
 * known when it was asked, and is still the person's. */
static int same_identifier(struct batch *b, const struct step *s,
			   const struct consent_question *q, bool *ret,
			   struct err *err)
{
	struct identity_party party;
	int64_t one;

	*ret = false;
	batch_party(b, &s->event->party, s->party_slots, &party);
	for (size_t i = 0; i < party.len && !*ret; i++)
		if (store_one_int(b->w->store, identifier_sql,
				  STORE_ARGS(S_INT(s->person),
					     S_BLOB(party.addresses[i].hash,
						    IDENTITY_HASH_BYTES),
					     S_INT(q->id)),
				  &one, ret, err) != 0)
			return -1;
	return 0;
}

static int read_wording(struct batch *b, const struct consent_question *q,
			json_t *evidence, struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	if (!q->has_wording)
		return 0;
	if (store_start(b->w->store, wording_sql,
			STORE_ARGS(S_BLOB(q->wording, sizeof(q->wording))),
			&rows, err) != 0)
		return -1;
	rc = store_step(b->w->store, rows, err);
	if (rc > 0) {
		v = store_column(b->w->store, rows, 0);
		(void)json_object_set_new(evidence, "prompt",
					  json_stringn(v.bytes, v.len));
	}
	store_finish(b->w->store, &rows);
	return rc < 0 ? -1 : 0;
}

/* The exact words of both, and the provider's id of the answer; that of the
 * prompt is in its message, where it came with what became of it. */
static int seal_evidence(struct batch *b, const struct step *s,
			 const struct consent_question *q,
			 struct consent_entry *entry, struct err *err)
{
	const struct event *e = s->event;
	const char *text = e->text != NULL ? e->text : e->payload;
	size_t len = e->text != NULL ? e->text_len
		     : text != NULL  ? strlen(text)
				     : 0;
	struct key_ref key = {.person = s->person, .year = env_year(b->now_ms)};
	struct consent_todo what = {.event = entry->id};
	json_t *evidence = json_pack(
	    "{s:o*, s:s*}", "answer",
	    text != NULL ? json_stringn(text, len) : NULL, "answer_id", e->id);
	int rc = -1;

	buf_clear(&b->clear);
	if (evidence == NULL) {
		(void)ERR_SET(err, ERR_NOMEM, "evidence", 0);
		goto out;
	}
	if (read_wording(b, q, evidence, err) != 0 ||
	    jsonmem_print(evidence, JSON_COMPACT, &b->clear, err) != 0)
		goto out;
	(void)name_set(&key.datenart, CONSENT_DATENART,
		       strlen(CONSENT_DATENART)); /* a constant */
	entry->key_person = key.person;
	entry->year = key.year;
	what.slot = keeper_add_seal(b->sealed, &key, entry->id, FIELD_EVIDENCE,
				    b->clear.bytes, b->clear.len);
	rc = todo(b, &what, err);
out:
	json_decref(evidence);
	return rc;
}

/* What a valid consent leads to. */
static int given(struct batch *b, struct step *s, const struct consent_of *of,
		 const char *language, struct err *err)
{
	struct policy_say say = {.kind = SAY_STOPPED};
	enum consent_state state;
	int64_t message;

	if (consent_state_of(b->w, of, CONSENT_NOW, &state, err) != 0)
		return -1;
	if (!consent_is_valid(state)) /* a guardian has to agree as well */
		return 0;
	if (consent_release(b->w, of, err) != 0 ||
	    figure_add_of(b->w, of->person, of->channel.text, "consent.given",
			  of->purpose.text, err) != 0 ||
	    consent_tell(b->w, of, "given", err) != 0)
		return -1;
	say.notice = policy_confirmed(b->w->policy, &of->purpose, &of->channel,
				      language);
	if (say.notice == NULL)
		return 0;
	return autoreply_add(b, s, &say, &message, err);
}

static int answered(struct batch *b, struct step *s,
		    const struct consent_question *q, bool yes,
		    const char *language, struct err *err)
{
	int64_t at_ms = event_time(b, s);
	struct consent_entry entry = {
	    .of = {.person = s->person,
		   .purpose = q->purpose,
		   .channel = s->item->channel},
	    .kind = yes ? "given" : "refused",
	    .by = "subject",
	    .method = "reply",
	    .at_ms = at_ms > q->at_ms ? at_ms : q->at_ms,
	    .wording = q->has_wording ? q->wording : NULL,
	    .language = q->language[0] != '\0' ? q->language : NULL,
	    .prompt = q->prompt,
	    .answer = s->message,
	    .id = worker_id(b->w),
	};

	if (yes)
		entry.until_ms = consent_until(b->w, &entry.of, entry.at_ms);
	if (seal_evidence(b, s, q, &entry, err) != 0 ||
	    consent_add(b->w, &entry, err) != 0)
		return -1;
	if (yes)
		return given(b, s, &entry.of, language, err);
	return figure_add_of(b->w, entry.of.person, entry.of.channel.text,
			     "consent.refused", q->purpose.text, err);
}

int consent_answer(struct batch *b, struct step *s, const char *language,
		   struct err *err)
{
	struct consent_question q;
	size_t more_len = 0;
	const struct keyword_word *more =
	    policy_keywords(b->w->policy, &more_len);
	bool yes = b->normal.len > 0 &&
		   keyword_confirms((const char *)b->normal.bytes,
				    b->normal.len, more, more_len);
	bool same = false;

	if (!decide_speaks(s) || b->normal.len == 0 || (!yes && !says_no(b)))
		return 0;
	if (consent_pending(b->w, s->person, &s->item->channel,
			    event_time(b, s), &q, err) != 0)
		return -1;
	if (q.id == 0) /* an ordinary message */
		return 0;
	if (same_identifier(b, s, &q, &same, err) != 0)
		return -1;
	if (same)
		return answered(b, s, &q, yes,
				q.language[0] != '\0' ? q.language : language,
				err);
	LOG(LOG_LEVEL_INFO, "consent.other_identifier",
	    LOG_NAME("channel", &s->item->channel));
	return figure_add_of(b->w, s->person, s->item->channel.text,
			     "consent.other_identifier", "", err);
}
