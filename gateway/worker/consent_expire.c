/* consent_expire.c - what ran out is forgotten, a figure stays.
 *
 * Source: compliance 4.3 (prompts expire), 9 C3. */
#include "consent_expire.h"
#include "consent_remind.h"

#include "consent.h"
#include "store/family.h"
#include "figures.h"
#include "hold.h"
#include "inbound.h"
#include "notice.h"
#include "postern/log.h"
#include "prove.h"
#include "stamping.h"
#include "sweepclock.h"

#define EVERY_MS     INT64_C(1000)
#define PAGE_ROWS    32
#define MESSAGES_MAX 64
/* No question waits longer; a day more for clocks. */
#define PENDING_MAX_MS (INT64_C(8) * 24 * 3600 * 1000)

static const char due_sql[] =
    "SELECT id,person,purpose,channel,at_ms,answer FROM consent_event"
    " WHERE kind='requested' AND at_ms>? AND until_ms>? AND until_ms<=?"
    " ORDER BY at_ms,id";
static const char prompts_sql[] =
    PERSON_FAMILY "SELECT prompt FROM consent_event WHERE person IN"
		  " (SELECT id FROM family) AND kind IN"
		  " ('requested','reminded') AND purpose=? AND channel=?"
		  " AND at_ms>=? AND prompt IS NOT NULL";
static const char unask_sql[] =
    PERSON_FAMILY "DELETE FROM consent_event WHERE person IN"
		  " (SELECT id FROM family) AND kind IN"
		  " ('requested','reminded') AND purpose=? AND channel=?"
		  " AND at_ms>=?";
static const char held_sql[] =
    "SELECT o.message,c.person,c.channel FROM outbox o JOIN conversation c"
    " ON c.id=o.conversation WHERE o.state='held' AND o.next_ms<=?"
    /* What is restricted is not erased either (Art. 18 GDPR). */
    " AND NOT EXISTS (SELECT 1 FROM restriction r WHERE r.lifted_ms IS NULL"
    " AND r.person=c.person AND coalesce(r.conversation,c.id)=c.id)"
    " ORDER BY o.next_ms LIMIT 32";
/* Anything but what the gateway said itself and what led to the question. */
static const char known_sql[] = PERSON_FAMILY
    "SELECT 1 WHERE EXISTS (SELECT 1 FROM consent_event WHERE person IN"
    " (SELECT id FROM family)) OR EXISTS (SELECT 1 FROM review WHERE person IN"
    " (SELECT id FROM family)) OR EXISTS (SELECT 1 FROM request WHERE person"
    " IN (SELECT id FROM family)) OR EXISTS (SELECT 1 FROM restriction WHERE"
    " person IN (SELECT id FROM family)) OR EXISTS (SELECT 1 FROM message m "
    "JOIN"
    " conversation c ON c.id=m.conversation WHERE c.person IN"
    " (SELECT id FROM family) AND m.content_sealed IS NOT NULL AND m.id<>?"
    " AND NOT (m.direction='out' AND m.kind IN ('notice','ask','reply')))";
static const char messages_sql[] =
    PERSON_FAMILY "SELECT m.id FROM message m JOIN conversation c"
		  " ON c.id=m.conversation WHERE c.person IN"
		  " (SELECT id FROM family) AND m.state<>'deleted' LIMIT 64";
static const char *const identity_sql[] = {
    PERSON_FAMILY "DELETE FROM address WHERE person IN"
		  " (SELECT id FROM family)",
    PERSON_FAMILY "DELETE FROM notice_sent WHERE person IN"
		  " (SELECT id FROM family)",
    PERSON_FAMILY "UPDATE person SET profile_sealed=NULL WHERE id IN"
		  " (SELECT id FROM family)",
    PERSON_FAMILY "UPDATE conversation SET language=NULL WHERE person IN"
		  " (SELECT id FROM family)",
};
static const char persons_sql[] = PERSON_FAMILY "SELECT id FROM family";
static const char untell_sql[] =
    "DELETE FROM outbox WHERE message=? AND state='held'";
static const char facts_sql[] =
    "SELECT datenart,received_ms,conversation FROM message WHERE id=?";
static const char unsend_sql[] =
    "DELETE FROM outbox WHERE message=? AND kind='channel'";
/* Their names are still needed, to delete the provider's copies. */
static const char tidy_sql[] =
    PERSON_FAMILY "SELECT 1 FROM attachment WHERE tidy=1 AND key_person IN"
		  " (SELECT id FROM family) LIMIT 1";

struct due { /* a question, or a held message */
	int64_t id, person, at_ms, cause;
	struct name purpose, channel;
};
struct gone {
	struct worker *w;
	struct buf files;
	bool media, person;
};

int64_t consent_due_in_ms(const struct worker *w)
{
	int64_t left = w->expire_boot + EVERY_MS - worker_boot(w);

	return left > 0 ? left : 0;
}

/* --- forgetting ----------------------------------------------------------- */

static int forget_messages(struct gone *g, const int64_t *ids, size_t len,
			   struct err *err)
{
	for (size_t i = 0; i < len; i++) {
		if (erase_message(g->w, ids[i], &g->files, &g->media, err) !=
			0 ||
		    store_run(g->w->store, unsend_sql,
			      STORE_ARGS(S_INT(ids[i])), err) != 0)
			return -1;
		deliver_forget(g->w, ids[i]);
	}
	return 0;
}

/* --- what a hold is over -------------------------------------------------- */

static int is_held(struct worker *w, int64_t message, const struct due *d,
		   bool *ret, struct err *err)
{
	struct hold_facts facts = {
	    .item = message,
	    .person = d->person,
	    .channel = &d->channel,
	};
	struct store_rows *rows = NULL;
	struct name datenart;
	struct store_value v;
	int64_t hold = 0;
	int rc;

	*ret = false;
	if (hold_any(w, &hold, err) != 0)
		return -1;
	if (hold == 0)
		return 0;
	if (store_start(w->store, facts_sql, STORE_ARGS(S_INT(message)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0) {
		v = store_column(w->store, rows, 0);
		if (v.type == STORE_TEXT && name_set(&datenart, v.bytes, v.len))
			facts.datenart = &datenart;
		facts.received_ms = store_column(w->store, rows, 1).num;
		facts.conversation = store_column(w->store, rows, 2).num;
	}
	store_finish(w->store, &rows);
	if (rc < 0 || hold_of(w, &facts, &hold, err) != 0)
		return -1;
	*ret = hold != 0;
	return 0;
}

static int any_held(struct worker *w, const int64_t *ids, size_t len,
		    const struct due *d, bool *ret, struct err *err)
{
	*ret = false;
	for (size_t i = 0; i < len && !*ret; i++)
		if (is_held(w, ids[i], d, ret, err) != 0)
			return -1;
	return 0;
}

/* How many keys, in all. */
static int prove_shred(struct worker *w, const struct keeper_batch *batch,
		       size_t slots, struct err *err)
{
	struct act act = {.event = LEDGER_KEY_DESTROYED,
			  .reason = LEDGER_R_TIME,
			  .counted = true};
	const uint8_t *count = NULL;
	size_t len = 0;

	for (size_t i = 0; i < slots; i++) {
		struct cut cut;

		if (keeper_result(batch, i, &count, &len, err) != 0)
			return keeper_failed(err);
		cut = CUT(count, len);
		act.count += cut_u32(&cut);
	}
	return prove(w, &act, err);
}

/* Before the commit: if that fails, rows stay that nobody can read, and the
 * next round does all of it again. */
static int shred(struct gone *g, int64_t person, struct err *err)
{
	struct keeper_batch *batch = NULL;
	int64_t persons[MESSAGES_MAX], one;
	struct name contact = {0};
	bool tidy = false;
	size_t len;
	int rc = -1;

	(void)name_set(&contact, IDENTITY_DATENART, strlen(IDENTITY_DATENART));
	if (store_ids(g->w->store, persons_sql, STORE_ARGS(S_INT(person)),
		      persons, MESSAGES_MAX, &len, err) != 0 ||
	    store_one_int(g->w->store, tidy_sql, STORE_ARGS(S_INT(person)),
			  &one, &tidy, err) != 0 ||
	    /* No key goes whose end the log cannot tell. */
	    prove_write(g->w, err) != 0 ||
	    keeper_batch_new(g->w->keeper, &batch, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++)
		(void)keeper_add_shred(batch, persons[i],
				       tidy ? &contact : NULL);
	rc = keeper_run(batch, err) != 0 ? keeper_failed(err)
					 : prove_shred(g->w, batch, len, err);
	keeper_batch_free(&batch);
	return rc;
}

/* Who was only asked, and said nothing, was never here. */
static int forget_person(struct gone *g, const struct due *d, struct err *err)
{
	int64_t messages[MESSAGES_MAX], one;
	bool known = false, held = false;
	size_t len = 0;

	if (store_one_int(g->w->store, known_sql,
			  STORE_ARGS(S_INT(d->person), S_INT(d->cause)), &one,
			  &known, err) != 0)
		return -1;
	if (known)
		return 0;
	if (store_ids(g->w->store, messages_sql, STORE_ARGS(S_INT(d->person)),
		      messages, MESSAGES_MAX, &len, err) != 0 ||
	    any_held(g->w, messages, len, d, &held, err) != 0)
		return -1;
	if (held)
		return 0;
	/* So many of our own: another round. */
	if (forget_messages(g, messages, len, err) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(identity_sql) / sizeof(identity_sql[0]);
	     i++)
		if (store_run(g->w->store, identity_sql[i],
			      STORE_ARGS(S_INT(d->person)), err) != 0)
			return -1;
	g->person = true;
	return shred(g, d->person, err);
}

/* --- one of them ---------------------------------------------------------- */

/* Nobody answered. */
static int prove_expired(struct worker *w, const struct due *d, struct err *err)
{
	const struct act_fact facts[] = {
	    {"at", NULL, d->at_ms},
	    {"channel", d->channel.text, 0},
	    {"purpose", d->purpose.text, 0},
	};
	const struct act act = {
	    .event = LEDGER_CONSENT_EXPIRED,
	    .reason = LEDGER_R_TIME,
	    .kind = ID_CONSENT,
	    .object = d->id,
	    .person = d->person,
	    .facts = facts,
	    .facts_len = sizeof(facts) / sizeof(facts[0]),
	};

	return prove(w, &act, err);
}

/* Our own messages that asked. */
static int prompts_of(struct worker *w, const struct due *d,
		      int64_t ret[MESSAGES_MAX], size_t *ret_len,
		      struct err *err)
{
	return store_ids(w->store, prompts_sql,
			 STORE_ARGS(S_INT(d->person), S_TEXT(d->purpose.text),
				    S_TEXT(d->channel.text), S_INT(d->at_ms)),
			 ret, MESSAGES_MAX, ret_len, err);
}

static int expire_question(struct gone *g, const struct due *d, struct err *err)
{
	int64_t prompts[MESSAGES_MAX];
	size_t len = 0;

	if (prove_expired(g->w, d, err) != 0 ||
	    prompts_of(g->w, d, prompts, &len, err) != 0 ||
	    forget_messages(g, prompts, len, err) != 0 ||
	    store_run(g->w->store, unask_sql,
		      STORE_ARGS(S_INT(d->person), S_TEXT(d->purpose.text),
				 S_TEXT(d->channel.text), S_INT(d->at_ms)),
		      err) != 0 ||
	    figure_add_of(g->w, d->person, d->channel.text, "consent.expired",
			  d->purpose.text, err) != 0)
		return -1;
	return forget_person(g, d, err);
}

static int expire_held(struct gone *g, const struct due *d, struct err *err)
{
	bool held = false;

	if (is_held(g->w, d->id, d, &held, err) != 0)
		return -1;
	/* It is told to nobody any more, and stays. */
	if (held)
		return store_run(g->w->store, untell_sql,
				 STORE_ARGS(S_INT(d->id)), err);
	if (forget_messages(g, &d->id, 1, err) != 0 ||
	    figure_add_of(g->w, d->person, d->channel.text, "held.expired", "",
			  err) != 0)
		return -1;
	return forget_person(g, d, err);
}

typedef int (*expiry)(struct gone *g, const struct due *d, struct err *err);

static int in_transaction(struct gone *g, expiry body, const struct due *d,
			  struct err *err)
{
	if (worker_begin(g->w, err) != 0)
		return -1;
	if (body(g, d, err) != 0 || stamping_ask(g->w, err) != 0 ||
	    unlink_remember(g->w, &g->files, err) != 0 ||
	    worker_commit(g->w, err) != 0) {
		worker_roll_back(g->w);
		return -1;
	}
	return 0;
}

static int expire(struct worker *w, expiry body, const struct due *d,
		  struct err *err)
{
	struct gone g = {.w = w, .files = BUF_INIT(1024 * 1024)};
	int rc = in_transaction(&g, body, d, err);

	if (rc == 0 && g.media)
		media_wake(w);
	if (rc == 0 && g.files.len > 0)
		rc = unlink_pending(w, err);
	/* Should they come again, they are strangers. */
	if (g.person && w->receive != NULL) {
		notices_forget(w->receive->notices);
		sodium_memzero(w->receive->seen,
			       PROFILE_SEEN_SLOTS * sizeof(*w->receive->seen));
	}
	if (rc == 0)
		LOG(LOG_LEVEL_INFO, "consent.expired",
		    LOG_NAME("channel", &d->channel));
	buf_free(&g.files);
	return rc;
}

/* --- what is due ---------------------------------------------------------- */

static bool due_read(struct worker *w, struct store_rows *rows, struct due *ret)
{
	struct store_value purpose = store_column(w->store, rows, 2);
	struct store_value channel = store_column(w->store, rows, 3);

	*ret = (struct due){
	    .id = store_column(w->store, rows, 0).num,
	    .person = store_column(w->store, rows, 1).num,
	    .at_ms = store_column(w->store, rows, 4).num,
	    .cause = store_column(w->store, rows, 5).num,
	};
	return name_set(&ret->purpose, purpose.bytes, purpose.len) &&
	       name_set(&ret->channel, channel.bytes, channel.len);
}

static bool held_read(struct worker *w, struct store_rows *rows,
		      struct due *ret)
{
	struct store_value channel = store_column(w->store, rows, 2);

	*ret = (struct due){
	    .id = store_column(w->store, rows, 0).num,
	    .person = store_column(w->store, rows, 1).num,
	};
	ret->cause = ret->id;
	return name_set(&ret->channel, channel.bytes, channel.len);
}

static int question_held(struct worker *w, const struct due *d, bool *ret,
			 struct err *err)
{
	int64_t prompts[MESSAGES_MAX];
	size_t len = 0;

	if (prompts_of(w, d, prompts, &len, err) != 0)
		return -1;
	return any_held(w, prompts, len, d, ret, err);
}

/* The next unanswered question that ran out; id 0: none. */
static int next_question(struct worker *w, int64_t now_ms, struct due *ret,
			 struct err *err)
{
	struct store_rows *rows = NULL;
	struct consent_view view;
	struct consent_of of;
	bool held = false;
	struct due d;
	int rc = 0;

	ret->id = 0;
	if (store_start(w->store, due_sql,
			STORE_ARGS(S_INT(w->expired_ms - PENDING_MAX_MS),
				   S_INT(w->expired_ms), S_INT(now_ms)),
			&rows, err) != 0)
		return -1;
	while (ret->id == 0 && (rc = store_step(w->store, rows, err)) > 0) {
		if (!due_read(w, rows, &d))
			continue;
		of = (struct consent_of){d.person, d.purpose, d.channel};
		if (consent_view_of(w, &of, CONSENT_NOW, &view, err) != 0 ||
		    question_held(w, &d, &held, err) != 0) {
			rc = -1;
			break;
		}
		/* Else it was answered, or overtaken; it ran out all the same
		 * if it has to stay. */
		if (view.id == d.id && !held)
			*ret = d;
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int next_held(struct worker *w, int64_t now_ms, struct due *ret,
		     struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	ret->id = 0;
	if (store_start(w->store, held_sql, STORE_ARGS(S_INT(now_ms)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0 && !held_read(w, rows, ret))
		rc = ERR_SET(err, ERR_CORRUPT, "channel is no name", 0);
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int expire_some(struct worker *w, int64_t now_ms, bool *ret_moved,
		       struct err *err)
{
	struct due d;

	for (int i = 0; i < PAGE_ROWS; i++) {
		if (next_question(w, now_ms, &d, err) != 0)
			return -1;
		if (d.id != 0) {
			if (expire(w, expire_question, &d, err) != 0)
				return -1;
		} else if (next_held(w, now_ms, &d, err) != 0) {
			return -1;
		} else if (d.id == 0) {
			w->expired_ms = now_ms;
			return 0;
		} else if (expire(w, expire_held, &d, err) != 0) {
			return -1;
		}
		*ret_moved = true;
	}
	w->expire_boot = 0; /* more of it */
	return 0;
}

int consent_step(struct worker *w, bool *ret_moved, struct err *err)
{
	int64_t now_ms = worker_now(w);
	bool good = false;

	if (w->stopping || !w->ready || consent_due_in_ms(w) > 0)
		return 0;
	w->expire_boot = worker_boot(w);
	if (receive_backlog_bytes(w) > 0)
		return 0;
	if (sweepclock_good(w, &good, err) != 0)
		return -1;
	if (now_ms > w->expired_ms && good &&
	    expire_some(w, now_ms, ret_moved, err) != 0)
		return -1;
	if (consent_remind(w, now_ms, ret_moved, err) != 0)
		return -1;
	if (w->remind.until_ms != 0) /* more of them */
		w->expire_boot = 0;
	return 0;
}
