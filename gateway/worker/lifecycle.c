/* lifecycle.c - opening, and what is to be done next. */
#include "lifecycle_inside.h"

#include "postern/log.h"
#include "shadow.h"
#include "sweepclock.h"

#define PAUSE_MS 1
#define DOUBT_MS 1000 /* between two looks at a clock in doubt */

bool lifecycle_trusted(const struct worker *w)
{
	return w->lifecycle == NULL || w->lifecycle->trusted;
}

int64_t lifecycle_in_force(const struct worker *w)
{
	return w->lifecycle->in_force;
}

const struct policy *lifecycle_file(const struct worker *w)
{
	return w->lifecycle->file;
}

void lifecycle_look(struct worker *w)
{
	w->lifecycle->look = true;
}

const char *lifecycle_lacks(const struct worker *w, const struct name *channel)
{
	const struct settings_helpdesk *desk;
	struct policy_helpdesk helpdesk;

	if (w->lifecycle == NULL || !w->lifecycle->names_differ)
		return NULL;
	if (policy_purpose(w->policy, channel) == NULL)
		return "channel.not_in_policy";
	desk = settings_route(w->settings, channel);
	if (desk == NULL)
		return NULL;
	for (size_t i = 0; policy_helpdesk_at(w->policy, i, &helpdesk); i++)
		if (name_equal(&helpdesk.name, &desk->name))
			return NULL;
	return "helpdesk.not_in_policy";
}

/* --- opening -------------------------------------------------------------- */

/* A file that was edited is a draft: what decides is what was approved. */
static int use_stored(struct worker *w, struct lifecycle *l,
		      const struct version *v, struct err *err)
{
	l->in_force = v->id;
	if (memcmp(policy_digest(l->file), v->digest, POLICY_DIGEST_BYTES) == 0)
		return 0;
	if (force_parse(w, v->id, &l->own, err) != 0)
		return -1;
	if (l->own == NULL ||
	    memcmp(policy_digest(l->own), v->digest, POLICY_DIGEST_BYTES) != 0)
		return ERR_SET(err, ERR_CORRUPT,
			       "the stored policy is not what was approved", 0);
	LOG(LOG_LEVEL_WARN, "policy.file_not_in_force",
	    LOG_NUM("version_in_force", v->number),
	    LOG_NUM("version_of_file", policy_version(l->file)));
	return 0;
}

int lifecycle_open(struct worker *w, const struct policy *file,
		   struct lifecycle **ret, struct err *err)
{
	struct lifecycle *l = calloc(1, sizeof(*l));
	struct version v = {0};
	bool found = false;
	int rc = -1;

	if (l == NULL)
		return ERR_SET(err, ERR_NOMEM, "lifecycle", 0);
	l->file = file;
	l->look = true;
	l->next_ms = INT64_MAX;
	if (version_in_force(w->store, &v, &found, err) != 0 ||
	    (found && use_stored(w, l, &v, err) != 0))
		goto out;
	w->policy = l->own != NULL ? l->own : l->file;
	l->names_differ = !force_names(w, w->policy, NULL);
	if (l->names_differ)
		LOG0(LOG_LEVEL_WARN, "policy.names_differ");
	*ret = l;
	l = NULL;
	rc = 0;
out:
	version_free(&v);
	lifecycle_close(&l);
	return rc;
}

void lifecycle_close(struct lifecycle **l)
{
	if (*l == NULL)
		return;
	count_free(*l);
	policy_free(&(*l)->own);
	policy_free(&(*l)->before);
	free(*l);
	*l = NULL;
}

/* --- trust ---------------------------------------------------------------- */

static int earn_trust(struct worker *w, struct err *err)
{
	struct lifecycle *l = w->lifecycle;
	struct version v = {0};
	bool found = false, good = false;
	int rc = -1;

	if (l->in_force == 0)
		return force_first(w, err);
	if (version_load(w->store, l->in_force, &v, &found, err) != 0)
		return -1;
	if (found && version_check(w->store, w->keeper, &v, &good, err) != 0)
		goto out;
	if (good) {
		l->trusted = true;
		rc = 0;
	} else {
		LOG0(LOG_LEVEL_ERROR, "policy.tampered");
		(void)ERR_SET(err, ERR_CORRUPT,
			      "the stored policy is not what was approved", 0);
	}
out:
	version_free(&v);
	return rc;
}

/* --- what is next --------------------------------------------------------- */

struct agenda {
	int64_t now_ms, next_ms;
	bool trusted; /* the clock is */
	bool waits;   /* something is due by a clock that is not */
	int64_t uncounted, due, watching; /* ids; 0: none */
	int64_t due_ms;
};

static void remember(struct agenda *a, int64_t at_ms)
{
	if (at_ms > a->now_ms && at_ms < a->next_ms)
		a->next_ms = at_ms;
}

static int look_at(void *ctx, const struct version *v, struct err *err)
{
	struct agenda *a = ctx;

	(void)err;
	if (v->shadow_until_ms > a->now_ms) {
		a->watching = v->id;
		remember(a, v->shadow_until_ms);
	}
	if (v->effect == NULL)
		a->uncounted = v->id; /* the oldest is the last */
	if (v->state != VERSION_APPROVED)
		return 0;
	/* What erases earlier is not brought about by a wrong clock. */
	if (v->due_ms <= a->now_ms && v->shortens && !a->trusted)
		a->waits = true;
	else if (v->due_ms <= a->now_ms &&
		 (a->due == 0 || v->due_ms < a->due_ms)) {
		a->due = v->id;
		a->due_ms = v->due_ms;
	}
	remember(a, v->due_ms);
	return 0;
}

static int read_agenda(struct worker *w, struct agenda *ret, struct err *err)
{
	static const enum version_state states[] = {VERSION_PROPOSED,
						    VERSION_APPROVED};

	*ret = (struct agenda){.now_ms = worker_now(w), .next_ms = INT64_MAX};
	if (sweepclock_good(w, &ret->trusted, err) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (version_walk(w->store, INT64_MAX, states[i], look_at, ret,
				 err) != 0)
			return -1;
	return 0;
}

static int begin_due(struct worker *w, int64_t id, struct err *err)
{
	struct version v = {0};
	bool found = false;
	int rc = -1;

	if (version_load(w->store, id, &v, &found, err) != 0)
		return -1;
	if (!found || !v.shortens)
		rc = force_version(w, id, NULL, err);
	else
		rc = count_begin(w, &v, true, err);
	version_free(&v);
	return rc;
}

static int begin_count(struct worker *w, int64_t id, struct err *err)
{
	struct version v = {0};
	bool found = false;
	int rc = 0;

	if (version_load(w->store, id, &v, &found, err) != 0)
		return -1;
	if (found)
		rc = count_begin(w, &v, false, err);
	version_free(&v);
	return rc;
}

/* As long as a slice took nothing is counted: who waits for this processor to
 * acknowledge a message does not wait longer than that. */
static int count_on(struct worker *w, bool *ret_moved, struct err *err)
{
	struct lifecycle *l = w->lifecycle;
	int64_t began_ms = worker_boot(w), took_ms;

	if (began_ms < l->pause_until_ms)
		return 0;
	if (count_step(w, err) != 0)
		return -1;
	*ret_moved = l->count == NULL;
	took_ms = worker_boot(w) - began_ms;
	l->pause_until_ms =
	    began_ms + 2 * (took_ms > PAUSE_MS ? took_ms : PAUSE_MS);
	return 0;
}

/* Something was changed, is due, or the clock was set back meanwhile. */
static bool is_time(const struct worker *w)
{
	const struct lifecycle *l = w->lifecycle;
	int64_t now_ms = worker_now(w);

	return l->look || now_ms >= l->next_ms || now_ms < l->looked_ms ||
	       (l->waits_boot_ms != 0 && worker_boot(w) >= l->waits_boot_ms);
}

int lifecycle_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct lifecycle *l = w->lifecycle;
	struct agenda a;

	if (!l->trusted && earn_trust(w, err) != 0)
		return -1;
	if (l->count != NULL)
		return count_on(w, ret_moved, err);
	if (!is_time(w))
		return 0;
	if (read_agenda(w, &a, err) != 0 || shadow_set(w, a.watching, err) != 0)
		return -1;
	if (a.due != 0 || a.uncounted != 0) {
		*ret_moved = true;
		l->look = true;
		return a.due != 0 ? begin_due(w, a.due, err)
				  : begin_count(w, a.uncounted, err);
	}
	l->look = false;
	l->looked_ms = a.now_ms;
	l->next_ms = a.next_ms;
	l->waits_boot_ms = a.waits ? worker_boot(w) + DOUBT_MS : 0;
	return 0;
}

int64_t lifecycle_due_in_ms(const struct worker *w)
{
	const struct lifecycle *l = w->lifecycle;
	int64_t left;

	if (l->count != NULL) {
		left = l->pause_until_ms - worker_boot(w);
		return left > 0 ? left : 0;
	}
	if (l->look)
		return 0;
	if (l->waits_boot_ms != 0)
		return DOUBT_MS;
	if (l->next_ms == INT64_MAX)
		return -1;
	left = l->next_ms - worker_now(w);
	return left > 0 ? left : 0;
}
