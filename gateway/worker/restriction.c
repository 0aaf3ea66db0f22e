/* restriction.c - see restriction.h.
 *
 * Source: Art. 18 GDPR; compliance 2.3, 9 X1. */
#include "restriction.h"

#include "store/family.h"
#include "outbox.h"
#include "postern/caldate.h"
#include "prove.h"
#include "restrictionlog.h"

#define TOLD_MAX 32

static const char count_sql[] =
    "SELECT count(*) FROM restriction WHERE lifted_ms IS NULL";
static const char open_sql[] =
    PERSON_FAMILY "SELECT 1 FROM restriction WHERE lifted_ms IS NULL AND"
		  " (conversation=? OR conversation IS NULL AND person IN"
		  " (SELECT id FROM family)) LIMIT 1";
static const char person_sql[] = "SELECT person FROM conversation WHERE id=?";
static const char place_sql[] =
    "INSERT INTO restriction(id,person,conversation,ground,since_ms,actor,"
    "request) VALUES(?,?,?,?,?,?,?)";
static const char lift_sql[] =
    PERSON_FAMILY "UPDATE restriction SET lifted_ms=?,informed_day=?,"
		  "informed_how=?,informed_by=? WHERE lifted_ms IS NULL AND"
		  " (conversation=? OR conversation IS NULL AND person IN"
		  " (SELECT id FROM family)) RETURNING id";
static const char wish_sql[] =
    PERSON_FAMILY "UPDATE restriction SET lifted_ms=? WHERE lifted_ms IS NULL"
		  " AND ground IN ('b','c') AND person IN (SELECT id FROM"
		  " family) RETURNING id";
static const char since_sql[] =
    PERSON_FAMILY "SELECT max(since_ms) FROM restriction WHERE lifted_ms IS"
		  " NULL AND (conversation=? OR conversation IS NULL AND"
		  " person IN (SELECT id FROM family))";
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

int restriction_of_conversation(struct worker *w, int64_t conversation,
				bool *ret, struct err *err)
{
	int64_t person = 0;

	*ret = false;
	if (count_open(w, err) != 0)
		return -1;
	if (w->restrictions == 0)
		return 0;
	if (store_one_int(w->store, person_sql, STORE_ARGS(S_INT(conversation)),
			  &person, ret, err) != 0)
		return -1;
	return *ret ? restriction_of(w, person, conversation, ret, err) : 0;
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

int restriction_tell(struct worker *w, int64_t person, struct err *err)
{
	return tell(w, person, 0, "restricted", err);
}

/* Nothing of it is told from memory any more. */
static void changed(struct worker *w)
{
	w->restrictions_known = w->restrictions_logged = false;
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

struct lifted {
	int64_t person;
	const struct restriction_notice *notice; /* NULL: a wish to erase */
	int64_t ids[LIFTED_MAX];
	size_t len;
};

static int prove_lifts(struct worker *w, const struct lifted *l,
		       struct err *err)
{
	const struct restriction_notice *n = l->notice;
	const struct act_fact facts[] = {
	    {"informed_day", NULL, n != NULL ? n->day : 0},
	    {"informed_how", n != NULL ? n->how : "", 0},
	};
	struct act act = {
	    .event = LEDGER_RESTRICT_LIFTED,
	    .reason = n != NULL ? LEDGER_R_NONE : LEDGER_R_ERASURE,
	    .by = n != NULL ? LEDGER_STAFF : LEDGER_SUBJECT,
	    .kind = ID_RESTRICTION,
	    .person = l->person,
	    .facts = facts,
	    .facts_len = sizeof(facts) / sizeof(facts[0]),
	};

	for (size_t i = 0; i < l->len; i++) {
		act.object = l->ids[i];
		if (prove(w, &act, err) != 0)
			return -1;
	}
	return 0;
}

/* Every row is one act; more than fit are not lifted. */
static int lift_rows(struct worker *w, const char *sql,
		     const struct store_value *args, size_t args_len,
		     struct lifted *l, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(w->store, sql, args, args_len, &rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0) {
		if (l->len == LIFTED_MAX) {
			rc = ERR_SET(err, ERR_INPUT, "too many at once", 0);
			break;
		}
		l->ids[l->len++] = store_column(w->store, rows, 0).num;
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : prove_lifts(w, l, err);
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
				 r->actor != 0 ? S_INT(r->actor) : S_NULL,
				 r->request != 0 ? S_INT(r->request) : S_NULL),
		      err) != 0 ||
	    tell(w, r->person, r->whole ? 0 : r->conversation, "restricted",
		 err) != 0)
		return -1;
	/* Last: what is in the file is taken back by nothing. */
	return restriction_log_set(w, id, err);
}

const char *restriction_how(const char *word)
{
	static const char *const ways[] = {"letter", "mail",	  "phone",
					   "chat",   "in_person", "portal"};

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(ways[i], word) == 0)
			return ways[i];
	return NULL;
}

/* Somebody was told of the lifting after it was restricted, and has been. */
static int check_notice(struct worker *w, int64_t person, int64_t conversation,
			const struct restriction_notice *notice,
			struct err *err)
{
	int64_t since_ms = 0;
	bool open = false;

	if (store_one_int(w->store, since_sql,
			  STORE_ARGS(S_INT(person), S_INT(conversation)),
			  &since_ms, &open, err) != 0)
		return -1;
	if (!open)
		return ERR_SET(err, ERR_ABSENT, "no restriction", 0);
	if (notice->day < caldate_local(w->zone, since_ms) ||
	    notice->day > caldate_local(w->zone, worker_now(w)))
		return ERR_SET(err, ERR_INPUT, "day of the notice", 0);
	return 0;
}

/* What waited goes on, and helpdesks hear of it. */
static int go_on(struct worker *w, int64_t person, struct err *err)
{
	if (store_run(w->store, unpark_sql,
		      STORE_ARGS(S_INT(person), S_INT(worker_now(w))),
		      err) != 0)
		return -1;
	for (size_t i = 0; i < w->settings->helpdesks_len; i++)
		deliver_wake(w, w->settings->helpdesks[i].name.text);
	return tell(w, person, 0, "lifted", err);
}

int restriction_lift(struct worker *w, int64_t person, int64_t conversation,
		     const struct restriction_notice *notice, struct err *err)
{
	struct lifted l = {.person = person, .notice = notice};

	if (check_notice(w, person, conversation, notice, err) != 0)
		return -1;
	changed(w);
	if (lift_rows(w, lift_sql,
		      STORE_ARGS(S_INT(person), S_INT(worker_now(w)),
				 S_INT(notice->day), S_TEXT(notice->how),
				 notice->by != 0 ? S_INT(notice->by) : S_NULL,
				 S_INT(conversation)),
		      &l, err) != 0)
		return -1;
	return go_on(w, person, err);
}

int restriction_wish_erasure(struct worker *w, int64_t person, struct err *err)
{
	struct lifted l = {.person = person};

	if (count_open(w, err) != 0)
		return -1;
	if (w->restrictions == 0)
		return 0;
	changed(w);
	if (lift_rows(w, wish_sql,
		      STORE_ARGS(S_INT(person), S_INT(worker_now(w))), &l,
		      err) != 0)
		return -1;
	return l.len > 0 ? go_on(w, person, err) : 0;
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
