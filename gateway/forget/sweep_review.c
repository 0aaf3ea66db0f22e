/* sweep_review.c - what nobody can say the end of: records of a Datenart the
 * policy has no rule for, and entries of the suppression list that are old.
 *
 * They are never deleted silently, nor kept silently: a person decides, or
 * after half a year of warning they go (compliance 3.2). */
#include "sweep_inside.h"

#include <sodium.h>

#include "postern/caldate.h"
#include "worker/alarm.h"
#include "worker/inbound.h"

#define LOOKED_META "sweep_classified" /* of which rules */
#define PAGE	    512

static const struct period warning = {.months = 6};

static const char *const rows_sql[] = {
    "SELECT id,datenart FROM message WHERE id>? ORDER BY id LIMIT ?",
    ("SELECT id,datenart FROM attachment WHERE id>? AND state<>'gone'"
     " ORDER BY id LIMIT ?"),
    "SELECT id,datenart FROM note WHERE id>? ORDER BY id LIMIT ?",
};
#define TABLES (int64_t)(sizeof(rows_sql) / sizeof(rows_sql[0]))

static const char due_sql[] =
    "SELECT datenart FROM review WHERE kind='unclassified' AND"
    " (state='decided' OR (state='open' AND due_ms<?)) ORDER BY datenart";
static const char open_sql[] =
    "SELECT id FROM review WHERE kind='unclassified' AND datenart=? AND"
    " state<>'done'";
static const char update_sql[] = "UPDATE review SET n=? WHERE id=?";
static const char add_sql[] =
    "INSERT INTO review(id,kind,state,person,datenart,n,created_ms,due_ms)"
    " VALUES(?,?,'open',0,?,?,?,?)";
static const char all_sql[] =
    "SELECT id,datenart FROM review WHERE kind='unclassified' AND"
    " state<>'done'";
static const char done_sql[] =
    "UPDATE review SET state='done',decision=coalesce(decision,?),"
    "decided_ms=coalesce(decided_ms,?) WHERE id=?";
static const char old_sql[] = "SELECT count(*) FROM (SELECT 1 FROM suppression"
			      " WHERE since_ms<? LIMIT 1000000)";
static const char asked_sql[] =
    "SELECT 1 FROM review WHERE kind='suppression' AND (state='open' OR"
    " decided_ms>?)";

/* --- which ---------------------------------------------------------------- */

/* The names of all rules: with another one everything is looked at anew. */
static uint64_t rules_number(const struct worker *w)
{
	crypto_generichash_state h;
	struct policy_rule rule;
	uint64_t number = 0;
	uint8_t hash[16];

	(void)crypto_generichash_init(&h, NULL, 0, sizeof(hash));
	for (size_t i = 0; policy_rule_at(w->policy, i, &rule); i++)
		(void)crypto_generichash_update(
		    &h, (const unsigned char *)rule.name.text,
		    strlen(rule.name.text) + 1);
	(void)crypto_generichash_final(&h, hash, sizeof(hash));
	for (int i = 0; i < 8; i++)
		number = number << 8 | hash[i];
	return number;
}

static void add_step(struct sweep_plan *plan, const struct sweep_step *step)
{
	if (plan->len < SWEEP_STEPS_MAX)
		plan->steps[plan->len++] = *step;
}

int sweep_strangers(struct worker *w, struct sweep_plan *plan, int64_t today,
		    struct err *err)
{
	struct sweep_step step = {
	    .walk = WALK_STRANGERS,
	    .today = today,
	    .before_ms = caldate_begins_ms(w->zone, today + 1),
	};
	struct store_rows *rows = NULL;
	struct policy_rule rule;
	uint64_t looked = 0;
	bool found = false;
	int rc;

	if (store_start(w->store, due_sql, STORE_ARGS(S_INT(step.before_ms)),
			&rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0) {
		struct store_value v = store_column(w->store, rows, 0);

		if (v.type == STORE_TEXT &&
		    name_set(&step.datenart, v.bytes, v.len) &&
		    !policy_rule_of(w->policy, &step.datenart, &rule))
			add_step(plan, &step);
	}
	store_finish(w->store, &rows);
	if (rc < 0 ||
	    meta_get_u64(w->store, LOOKED_META, &looked, &found, err) != 0)
		return -1;
	if (!found || looked != rules_number(w))
		add_step(plan, &(struct sweep_step){.walk = WALK_CLASSIFY});
	return 0;
}

/* --- looking -------------------------------------------------------------- */

static void classify_row(struct worker *w, struct sweeping *s,
			 struct store_value v)
{
	struct policy_rule rule;
	struct name datenart;

	if (v.type == STORE_TEXT && name_set(&datenart, v.bytes, v.len) &&
	    !policy_rule_of(w->policy, &datenart, &rule))
		sweep_count_add(s->strangers, &datenart, false);
}

/* a: the id; b: which table. */
int sweep_classify(struct worker *w, struct sweeping *s, bool *ret_done,
		   struct err *err)
{
	struct sweep_position *at = &s->run.at;
	struct store_rows *rows = NULL;
	int rc, read = 0;

	*ret_done = at->b == TABLES;
	if (*ret_done)
		return 0;
	if (s->strangers == NULL)
		s->strangers = calloc(1, sizeof(*s->strangers));
	if (s->strangers == NULL)
		return ERR_SET(err, ERR_NOMEM, "counts of a sweep", 0);
	if (store_start(w->store, rows_sql[at->b],
			STORE_ARGS(S_INT(at->a), S_INT(PAGE)), &rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0) {
		at->a = store_column(w->store, rows, 0).num;
		classify_row(w, s, store_column(w->store, rows, 1));
		read++;
	}
	store_finish(w->store, &rows);
	if (rc == 0 && read < PAGE)
		*at = (struct sweep_position){.step = at->step, .b = at->b + 1};
	return rc;
}

/* --- telling people ------------------------------------------------------- */

int64_t sweep_warned_until(const struct worker *w)
{
	int64_t day = caldate_local(w->zone, worker_now(w));

	if (!caldate_add(day, &warning, &day))
		day = CALDATE_MAX - 1;
	return caldate_begins_ms(w->zone, day + 1);
}

static int ask(struct worker *w, const char *kind, const char *alarm,
	       const struct sweep_count *of, struct err *err)
{
	const int64_t id = worker_id(w), due_ms = sweep_warned_until(w);
	const struct alarm a = {.kind = alarm,
				.about = ID_REVIEW,
				.object = id,
				.detail = of->datenart.text,
				.due_ms = due_ms};

	return store_run(w->store, add_sql,
			 STORE_ARGS(S_INT(id), S_TEXT(kind),
				    S_TEXT(of->datenart.text), S_INT(of->erase),
				    S_INT(worker_now(w)), S_INT(due_ms)),
			 err) != 0 ||
		       alarm_raise(w, &a, err) != 0
		   ? -1
		   : 0;
}

static int tell(struct worker *w, const struct sweep_count *of, struct err *err)
{
	bool open = false;
	int64_t id = 0;

	if (store_one_int(w->store, open_sql,
			  STORE_ARGS(S_TEXT(of->datenart.text)), &id, &open,
			  err) != 0)
		return -1;
	if (open)
		return store_run(w->store, update_sql,
				 STORE_ARGS(S_INT(of->erase), S_INT(id)), err);
	return ask(w, "unclassified", "sweep.unclassified", of, err);
}

static int close_review(struct worker *w, int64_t id, const char *decision,
			struct err *err)
{
	return store_run(w->store, done_sql,
			 STORE_ARGS(S_TEXT(decision), S_INT(worker_now(w)),
				    S_INT(id)),
			 err) != 0 ||
		       alarm_end(w, "sweep.unclassified", id, err) != 0
		   ? -1
		   : 0;
}

struct open_review {
	int64_t id;
	struct name datenart;
};

static int open_reviews(struct worker *w, struct open_review *ret,
			size_t *ret_len, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc = 0;

	*ret_len = 0;
	if (store_start(w->store, all_sql, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	while (*ret_len < SWEEP_COUNTS_MAX &&
	       (rc = store_step(w->store, rows, err)) > 0) {
		struct store_value v = store_column(w->store, rows, 1);

		ret[*ret_len].id = store_column(w->store, rows, 0).num;
		*ret_len += v.type == STORE_TEXT &&
			    name_set(&ret[*ret_len].datenart, v.bytes, v.len);
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

typedef bool over(const void *ctx, const struct name *datenart);

/* Those that it is over with. */
static int close_reviews(struct worker *w, over *is_over, const void *ctx,
			 const char *decision, struct err *err)
{
	struct open_review *all = calloc(SWEEP_COUNTS_MAX, sizeof(*all));
	size_t len = 0;
	int rc;

	if (all == NULL)
		return ERR_SET(err, ERR_NOMEM, "reviews", 0);
	rc = open_reviews(w, all, &len, err);
	for (size_t i = 0; i < len && rc == 0; i++)
		if (is_over(ctx, &all[i].datenart))
			rc = close_review(w, all[i].id, decision, err);
	free(all);
	return rc;
}

/* It has a rule now, or nothing is left of it. */
static bool is_no_stranger(const void *ctx, const struct name *datenart)
{
	const struct sweep_counts *strangers = ctx;

	for (size_t i = 0; i < strangers->len; i++)
		if (name_equal(&strangers->rows[i].datenart, datenart))
			return false;
	return true;
}

int sweep_classified(struct worker *w, const struct sweeping *s,
		     struct err *err)
{
	if (s->strangers == NULL)
		return 0;
	for (size_t i = 0; i < s->strangers->len; i++)
		if (tell(w, &s->strangers->rows[i], err) != 0)
			return -1;
	if (close_reviews(w, is_no_stranger, s->strangers, "classified", err) !=
	    0)
		return -1;
	return meta_set_u64(w->store, LOOKED_META, rules_number(w), err);
}

static bool was_stranger(const void *ctx, const struct name *datenart)
{
	const struct sweep_plan *plan = ctx;

	for (size_t i = 0; i < plan->len; i++)
		if (plan->steps[i].walk == WALK_STRANGERS &&
		    name_equal(&plan->steps[i].datenart, datenart))
			return true;
	return false;
}

int sweep_strangers_gone(struct worker *w, const struct sweep_plan *plan,
			 struct err *err)
{
	return close_reviews(w, was_stranger, plan, "erase", err);
}

/* --- the suppression list ------------------------------------------------- */

/* An entry is what keeps somebody from being written to: it is looked at, not
 * deleted, when its time is over (compliance 3.2, SUPPRESS). */
int sweep_suppression(struct worker *w, int64_t today, struct err *err)
{
	struct sweep_count of = {.datenart = {"SUPPRESS"}};
	struct policy_rule rule;
	bool found, asked = false;
	int64_t one, before_ms;

	if (!policy_rule_of(w->policy, &of.datenart, &rule) ||
	    rule.from != START_COLLECTION)
		return 0;
	before_ms = caldate_begins_ms(w->zone, sweep_first_kept(&rule, today));
	if (store_one_int(w->store, old_sql, STORE_ARGS(S_INT(before_ms)),
			  &of.erase, &found, err) != 0)
		return -1;
	if (of.erase == 0)
		return 0;
	/* Whoever decided to keep them is asked again in a year. */
	if (store_one_int(
		w->store, asked_sql,
		STORE_ARGS(S_INT(caldate_begins_ms(w->zone, today - 365))),
		&one, &asked, err) != 0)
		return -1;
	return asked ? 0 : ask(w, "suppression", "sweep.suppression", &of, err);
}
