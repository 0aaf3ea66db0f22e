/* sweep_slice.c - a slice of a run: some candidates are judged, and what is
 * over goes, in one transaction.
 *
 * Source: compliance 3.2, 3.3. */
#include "sweep_inside.h"

#include "worker/inbound.h"
#include "worker/kept.h"
#include "worker/prove.h"

/* So long a slice may take until it commits, and so much it may delete: who
 * waits for the loop waits no longer than that. */
#define SLICE_MS    2
#define SLICE_ITEMS 64
#define PAGES_MAX   64

static const char cursor_sql[] = "UPDATE sweep SET cursor=?,done=? WHERE id=?";
static const char key_sql[] =
    "INSERT INTO sweep_key(person) VALUES(?) ON CONFLICT DO NOTHING";
static const char kept_as_sql[] =
    "SELECT verdict,until_day FROM kept WHERE id=?";

struct slice {
	struct worker *w;
	struct sweeping *s;
	struct forgetting f;
	bool changed;	    /* there is something to commit */
	int64_t gone, most; /* in this slice */
	int64_t begun_ms;
};

/* --- one candidate -------------------------------------------------------- */

static int load(struct slice *l, const struct sweep_step *step,
		const struct sweep_candidate *c, struct item *ret,
		bool *ret_found, struct err *err)
{
	int rc;

	if (step->class != SWEEP_ITEMS)
		return sweep_row_load(l->w, step, c->id, ret, ret_found, err);
	rc = item_load(l->w, c->kind, c->id, ret, ret_found, err);
	/* What is left of an attachment goes with its message. */
	if (rc == 0 && *ret_found && ret->kind == ITEM_ATTACHMENT && ret->empty)
		*ret_found = false;
	return rc;
}

/* A person said so, or it waited too long: nothing else has to be due. */
static void judge_stranger(struct judged *j, int64_t today)
{
	if (!j->unclassified)
		return;
	j->facts.rule_due = (struct maybe_day){true, today};
	j->decision = erasure_decide(&j->facts);
}

static bool is_restriction(enum erasure_verdict verdict)
{
	return verdict == ERASURE_RESTRICT_HOLD ||
	       verdict == ERASURE_RESTRICT_REVIEW ||
	       verdict == ERASURE_RESTRICT_UNTIL;
}

/* Is it kept already, and for the same reason? */
static int kept_so(struct worker *w, int64_t id, const struct judged *j,
		   bool *ret, struct err *err)
{
	const struct erasure_decision *d = &j->decision;
	struct store_rows *rows = NULL;
	struct store_value until;
	char verdict[32] = "";
	int rc;

	*ret = false;
	if (store_start(w->store, kept_as_sql, STORE_ARGS(S_INT(id)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0) {
		until = store_column(w->store, rows, 1);
		*ret =
		    store_word(store_column(w->store, rows, 0), verdict,
			       sizeof(verdict)) &&
		    strcmp(verdict, erasure_verdict_names[d->verdict]) == 0 &&
		    (d->verdict == ERASURE_RESTRICT_UNTIL
			 ? until.type == STORE_INT && until.num == d->until
			 : until.type == STORE_NULL);
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int keep(struct slice *l, const struct item *item,
		const struct judged *j, struct err *err)
{
	bool so = false;

	if (kept_so(l->w, item->id, j, &so, err) != 0)
		return -1;
	if (so)
		return 0;
	if (l->s->run.state == SWEEP_COUNTING) {
		sweep_count_add(&l->s->counts, &item->datenart, true);
		return 0;
	}
	l->changed = true;
	return kept_put(l->w, item, j, 0, err);
}

static int forget(struct slice *l, const struct sweep_step *step,
		  const struct item *item, struct err *err)
{
	const uint64_t before = l->f.items;

	if (l->s->run.state == SWEEP_COUNTING) {
		sweep_count_add(&l->s->counts, &item->datenart, false);
		return 0;
	}
	l->changed = true;
	if (step->class != SWEEP_ITEMS) {
		l->gone++;
		if (sweep_row_forget(l->w, step, item, err) != 0)
			return -1;
	} else if (forget_item(&l->f, item, err) != 0) {
		return -1;
	}
	if (l->f.items > before)
		l->gone++;
	if (item->key_person == 0)
		return 0;
	return store_run(l->w->store, key_sql,
			 STORE_ARGS(S_INT(item->key_person)), err);
}

/* What was kept is in use again: its case was reopened, its rule is longer. */
static int free_again(struct slice *l, const struct sweep_candidate *c,
		      struct err *err)
{
	if (!c->kept || c->by_erasure || l->s->run.state == SWEEP_COUNTING)
		return 0;
	l->changed = true;
	return kept_forget(l->w, c->id, err);
}

static int one(struct slice *l, const struct sweep_step *step,
	       const struct sweep_candidate *c, struct err *err)
{
	struct judged j;
	struct item item;
	bool found = false, kept = false;

	/* What is kept is found there, once. */
	if (step->class == SWEEP_ITEMS && step->walk != WALK_KEPT &&
	    kept_is(l->w, c->id, &kept, err) != 0)
		return -1;
	if (kept || load(l, step, c, &item, &found, err) != 0)
		return kept ? 0 : -1;
	if (!found)
		return free_again(l, c, err);
	if (judge_item(l->w, &item, TRIGGER_SCHEDULE, l->s->run.day, &j, err) !=
	    0)
		return -1;
	if (step->walk == WALK_STRANGERS)
		judge_stranger(&j, l->s->run.day);
	if (is_restriction(j.decision.verdict))
		return step->class == SWEEP_ITEMS ? keep(l, &item, &j, err) : 0;
	/* The same record is found again where its deletion is due. */
	if (j.decision.verdict == ERASURE_ERASE && !step->restricts)
		return forget(l, step, &item, err);
	/* A rule that was taken away frees nothing. */
	if (j.decision.verdict != ERASURE_KEEP || j.unclassified)
		return 0;
	return free_again(l, c, err);
}

/* --- a slice -------------------------------------------------------------- */

static bool enough(const struct slice *l)
{
	return l->gone >= l->most ||
	       worker_boot(l->w) - l->begun_ms >= SLICE_MS;
}

static int next_step(struct slice *l, struct err *err)
{
	struct sweep_run *run = &l->s->run;

	run->at = (struct sweep_position){.step = run->at.step + 1};
	if (run->at.step == (int64_t)l->s->plan.len)
		return 0;
	return sweep_mark_get(l->w, &l->s->plan.steps[run->at.step], &run->at.a,
			      err);
}

/* The second time there is nothing new to be seen. */
static int classify(struct slice *l, struct err *err)
{
	bool done = l->s->run.state != SWEEP_COUNTING;

	if (!done && sweep_classify(l->w, l->s, &done, err) != 0)
		return -1;
	return done ? next_step(l, err) : 0;
}

/* The position lies behind the whole page: doing a page again is harmless, as
 * what is gone is not found. */
static int page(struct slice *l, struct sweep_page *p, struct err *err)
{
	struct sweep_run *run = &l->s->run;
	const struct sweep_step *step = &l->s->plan.steps[run->at.step];

	if (step->walk == WALK_CLASSIFY)
		return classify(l, err);
	if (sweep_page_read(l->w, step, &run->at, p, err) != 0)
		return -1;
	for (size_t i = 0; i < p->len; i++) {
		/* The rest of the page in the next slice. */
		if (l->gone > 0 && enough(l))
			return 0;
		if (one(l, step, &p->at[i], err) != 0)
			return -1;
	}
	run->at = p->next;
	if (!p->done)
		return 0;
	if (run->state == SWEEP_RUNNING) {
		l->changed = true;
		if (sweep_mark_put(l->w, step, p->mark, err) != 0)
			return -1;
	}
	return next_step(l, err);
}

static int pages(struct slice *l, struct err *err)
{
	struct sweep_page *p = malloc(sizeof(*p));
	int rc = 0;

	if (p == NULL)
		return ERR_SET(err, ERR_NOMEM, "a page of a sweep", 0);
	for (int i = 0; i < PAGES_MAX && rc == 0 && !enough(l) &&
			l->s->run.at.step < (int64_t)l->s->plan.len;
	     i++)
		rc = page(l, p, err);
	free(p);
	return rc;
}

static int write_cursor(struct slice *l, struct err *err)
{
	const struct sweep_run *r = &l->s->run;
	char text[96];

	(void)snprintf(text, sizeof(text), "%lld %lld %lld %lld",
		       (long long)r->at.step, (long long)r->at.a,
		       (long long)r->at.b, (long long)r->at.c);
	return store_run(
	    l->w->store, cursor_sql,
	    STORE_ARGS(S_TEXT(text), S_INT(r->done + l->gone), S_INT(r->id)),
	    err);
}

/* --- so many a day --------------------------------------------------------
 */

#define CAP_META "sweep_cap" /* day << CAP_BITS | how many went on it */
#define CAP_BITS 40

int sweep_capped(struct worker *w, int64_t today, bool *ret, struct err *err)
{
	struct sweeping *s = w->sweep;
	uint64_t kept = 0;
	bool found = false;

	if (s->cap_day != today) {
		if (meta_get_u64(w->store, CAP_META, &kept, &found, err) != 0)
			return -1;
		s->cap_done = 0;
		if (found && (int64_t)(kept >> CAP_BITS) == today)
			s->cap_done =
			    (int64_t)(kept & ((UINT64_C(1) << CAP_BITS) - 1));
		s->cap_day = today;
	}
	*ret = s->cap_done >= w->settings->sweep.daily_cap;
	return 0;
}

static int write_cap(struct slice *l, struct err *err)
{
	const struct sweeping *s = l->s;

	return meta_set_u64(l->w->store, CAP_META,
			    (uint64_t)s->cap_day << CAP_BITS |
				(uint64_t)(s->cap_done + l->gone),
			    err);
}

static int commit(struct slice *l, struct err *err)
{
	const bool told = l->f.expired.len > 0;

	if (write_cursor(l, err) != 0 || write_cap(l, err) != 0 ||
	    sweepclock_note(l->w, err) != 0 ||
	    forget_before_commit(&l->f, err) != 0 ||
	    worker_commit(l->w, err) != 0)
		return -1;
	l->s->run.done += l->gone;
	l->s->cap_done += l->gone;
	l->s->gathered |= told;
	return 0;
}

/* Counting writes nothing, and does without a transaction: a log of writes
 * that cannot be taken back would grow. */
static int count_slice(struct slice *l, struct err *err)
{
	if (pages(l, err) == 0)
		return 0;
	/* What was counted of a slice that failed cannot be taken back. */
	if (err->kind != ERR_BUSY && err->kind != ERR_NOMEM)
		return -1;
	l->s->counts = (struct sweep_counts){0};
	if (l->s->strangers != NULL)
		*l->s->strangers = (struct sweep_counts){0};
	l->s->run.at = (struct sweep_position){0};
	return -1;
}

int sweep_slice(struct worker *w, struct err *err)
{
	struct slice l = {
	    .w = w,
	    .s = w->sweep,
	    .f = {.w = w, .files = BUF_INIT(1024 * 1024), .expires = true},
	    .begun_ms = worker_boot(w),
	    .most = w->settings->sweep.daily_cap - w->sweep->cap_done,
	};
	const struct sweep_position before = l.s->run.at;
	int rc = -1;

	if (l.s->run.state == SWEEP_COUNTING)
		return count_slice(&l, err);
	if (l.most > SLICE_ITEMS)
		l.most = SLICE_ITEMS;
	if (worker_begin(w, err) != 0)
		return -1;
	if (pages(&l, err) == 0) {
		if (l.changed) {
			rc = commit(&l, err);
		} else {
			worker_roll_back(w);
			rc = 0;
		}
	}
	if (rc != 0) {
		worker_roll_back(w);
		kept_changed(w);
		l.s->run.at = before;
		forget_taken_back(&l.f);
		return -1;
	}
	return forget_after_commit(&l.f, err);
}
