/* restriction.c - see restriction.h.
 *
 * Source: Art. 18 GDPR; compliance 2.3, 9 X1. */
#include "restriction.h"

#include "store/family.h"
#include "outbox.h"
#include "prove.h"

#define TOLD_MAX 32

static const char count_sql[] =
    "SELECT count(*) FROM restriction WHERE lifted_ms IS NULL";
static const char open_sql[] =
    PERSON_FAMILY "SELECT 1 FROM restriction WHERE lifted_ms IS NULL AND"
		  " (conversation=? OR conversation IS NULL AND person IN"
		  " (SELECT id FROM family)) LIMIT 1";
static const char place_sql[] =
    "INSERT INTO restriction(id,person,conversation,ground,since_ms,actor)"
    " VALUES(?,?,?,?,?,?)";
static const char lift_sql[] =
    PERSON_FAMILY "UPDATE restriction SET lifted_ms=?,informed_day=? WHERE"
		  " lifted_ms IS NULL AND (conversation=? OR conversation IS"
		  " NULL AND person IN (SELECT id FROM family)) RETURNING id";
static const char park_sql[] = "UPDATE outbox SET state='restricted' WHERE"
			       " id=? AND state='waiting'";
/* Those of others that are still open are parked again when they come up. */
static const char unpark_sql[] = PERSON_FAMILY
    "UPDATE outbox SET state='waiting',next_ms=? WHERE state='restricted' AND"
    " conversation IN (SELECT id FROM conversation WHERE person IN"
    " (SELECT id FROM family))";
/* One conversation for each helpdesk that knows the person. */
static const char told_sql[] =
    PERSON_FAMILY "SELECT max(id) FROM conversation WHERE person IN"
		  " (SELECT id FROM family) AND helpdesk IS NOT NULL"
		  " GROUP BY helpdesk";

static int count_open(struct worker *w, struct err *err)
{
	bool found;

	if (w->restrictions_known)
		return 0;
	if (store_one_int(w->store, count_sql, STORE_NO_ARGS, &w->restrictions,
			  &found, err) != 0)
		return -1;
	/* What is not committed may yet be undone. */
	w->restrictions_known = !w->store->changing;
	return 0;
}

int restriction_of(struct worker *w, int64_t person, int64_t conversation,
		   bool *ret, struct err *err)
{
	int64_t one;

	*ret = false;
	if (count_open(w, err) != 0)
		return -1;
	if (w->restrictions == 0)
		return 0;
	return store_one_int(w->store, open_sql,
			     STORE_ARGS(S_INT(person), S_INT(conversation)),
			     &one, ret, err);
}

/* --- placing and lifting -------------------------------------------------- */

static int tell(struct worker *w, int64_t person, int64_t conversation,
		const char *detail, struct err *err)
{
	int64_t ids[TOLD_MAX] = {conversation};
	struct store_rows *rows = NULL;
	size_t len = conversation != 0;
	int rc = 0;

	if (conversation == 0) {
		if (store_start(w->store, told_sql, STORE_ARGS(S_INT(person)),
				&rows, err) != 0)
			return -1;
		while (len < TOLD_MAX &&
		       (rc = store_step(w->store, rows, err)) > 0)
			ids[len++] = store_column(w->store, rows, 0).num;
		store_finish(w->store, &rows);
	}
	for (size_t i = 0; i < len && rc >= 0; i++)
		if (outbox_tell(w, ids[i], 0, "person.restricted", detail,
				err) != 0)
			return -1;
	return rc < 0 ? -1 : 0;
}

/* Nothing of it is told from memory any more. */
static void changed(struct worker *w)
{
	w->restrictions_known = false;
	deliver_forget(w, 0);
}

static enum ledger_reason ground_of(const struct restriction *r)
{
	char name[16];
	int ground;

	(void)snprintf(name, sizeof(name), "ground_%s", r->ground);
	ground = ledger_reason_named(name, strlen(name));
	return ground >= 0 ? (enum ledger_reason)ground : LEDGER_R_NONE;
}

static int prove_place(struct worker *w, const struct restriction *r,
		       int64_t id, struct err *err)
{
	struct id_text conversation = {""};
	const struct act_fact facts[] = {
	    {"conversation", conversation.text, 0},
	    {"ground", r->ground, 0},
	};
	const struct act act = {
	    .event = LEDGER_RESTRICT_SET,
	    .reason = ground_of(r),
	    .by = LEDGER_STAFF,
	    .kind = ID_RESTRICTION,
	    .object = id,
	    .person = r->person,
	    .facts = facts,
	    .facts_len = sizeof(facts) / sizeof(facts[0]),
	};

	if (!r->whole)
		id_format(&w->mask, ID_CONVERSATION, r->conversation,
			  &conversation);
	return prove(w, &act, err);
}

#define LIFTED_MAX 64

static int prove_lifts(struct worker *w, int64_t person, int64_t day,
		       const int64_t *ids, size_t len, struct err *err)
{
	const struct act_fact facts[] = {{"informed_day", NULL, day}};
	struct act act = {
	    .event = LEDGER_RESTRICT_LIFTED,
	    .by = LEDGER_STAFF,
	    .kind = ID_RESTRICTION,
	    .person = person,
	    .facts = facts,
	    .facts_len = 1,
	};

	for (size_t i = 0; i < len; i++) {
		act.object = ids[i];
		if (prove(w, &act, err) != 0)
			return -1;
	}
	return 0;
}

/* Every row is one act; more than fit are not lifted. */
static int lift_rows(struct worker *w, int64_t person, int64_t conversation,
		     int64_t day, struct err *err)
{
	struct store_rows *rows = NULL;
	int64_t ids[LIFTED_MAX];
	size_t len = 0;
	int rc;

	if (store_start(w->store, lift_sql,
			STORE_ARGS(S_INT(person), S_INT(worker_now(w)),
				   S_INT(day), S_INT(conversation)),
			&rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0) {
		if (len == LIFTED_MAX) {
			rc = ERR_SET(err, ERR_INPUT, "too many at once", 0);
			break;
		}
		ids[len++] = store_column(w->store, rows, 0).num;
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : prove_lifts(w, person, day, ids, len, err);
}

int restriction_place(struct worker *w, const struct restriction *r,
		      struct err *err)
{
	const int64_t id = worker_id(w);
	bool already = false;

	if (restriction_of(w, r->person, r->conversation, &already, err) != 0)
		return -1;
	if (already)
		return ERR_SET(err, ERR_DENIED, "restricted already", 0);
	changed(w);
	if (prove_place(w, r, id, err) != 0 ||
	    store_run(w->store, place_sql,
		      STORE_ARGS(S_INT(id), S_INT(r->person),
				 r->whole ? S_NULL : S_INT(r->conversation),
				 S_TEXT(r->ground), S_INT(worker_now(w)),
				 r->actor != 0 ? S_INT(r->actor) : S_NULL),
		      err) != 0)
		return -1;
	return tell(w, r->person, r->whole ? 0 : r->conversation, "restricted",
		    err);
}

int restriction_lift(struct worker *w, int64_t person, int64_t conversation,
		     int64_t informed_day, struct err *err)
{
	bool open = false;

	if (restriction_of(w, person, conversation, &open, err) != 0)
		return -1;
	if (!open)
		return ERR_SET(err, ERR_ABSENT, "no restriction", 0);
	changed(w);
	if (lift_rows(w, person, conversation, informed_day, err) != 0 ||
	    store_run(w->store, unpark_sql,
		      STORE_ARGS(S_INT(person), S_INT(worker_now(w))),
		      err) != 0)
		return -1;
	for (size_t i = 0; i < w->settings->helpdesks_len; i++)
		deliver_wake(w, w->settings->helpdesks[i].name.text);
	return tell(w, person, 0, "lifted", err);
}

int restriction_park(struct worker *w, int64_t row, struct err *err)
{
	if (worker_begin(w, err) != 0)
		return -1;
	if (store_run(w->store, park_sql, STORE_ARGS(S_INT(row)), err) != 0 ||
	    worker_commit(w, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	return 0;
}
