/* lifecycle_force.c - one policy takes the place of another, between two turns
 * of the loop; or it does not. */
#include "lifecycle_inside.h"

#include <stdlib.h>

#include "postern/log.h"

/* --- reading a stored one ------------------------------------------------- */

bool force_short(const struct diag *findings)
{
	static const char words[] = "out of memory";

	for (size_t i = 0; i < findings->findings_len; i++)
		if (strncmp(findings->findings[i].text, words,
			    sizeof(words) - 1) == 0)
			return true;
	return false;
}

int force_parse(struct worker *w, int64_t id, struct policy **ret,
		struct err *err)
{
	struct buf bytes = BUF_INIT(VERSION_BYTES_MAX);
	struct diag *diag = malloc(sizeof(*diag)); /* 25 KiB */
	int rc = -1;

	*ret = NULL;
	if (diag == NULL) {
		(void)ERR_SET(err, ERR_NOMEM, "findings", 0);
		goto out;
	}
	if (version_bytes(w->store, id, &bytes, err) != 0)
		goto out;
	diag_init(diag, "policy.yaml");
	rc = policy_parse(bytes.bytes, bytes.len, diag, ret);
	/* What could not be read for want of memory is no bad policy. */
	rc = rc != 0 && force_short(diag)
		 ? ERR_SET(err, ERR_NOMEM, "a stored policy", 0)
		 : 0;
out:
	free(diag);
	buf_free(&bytes);
	return rc;
}

bool force_names(const struct worker *w, const struct policy *p,
		 struct diag *findings)
{
	const struct settings *s = w->settings;
	struct name channels[SETTINGS_CHANNELS_MAX];
	struct name helpdesks[SETTINGS_HELPDESKS_MAX];
	struct diag own; /* 25 KiB, of which nothing is looked at */

	if (findings == NULL) {
		diag_init(&own, "policy.yaml");
		findings = &own;
	}
	for (size_t i = 0; i < s->channels_len; i++)
		channels[i] = s->channels[i].name;
	for (size_t i = 0; i < s->helpdesks_len; i++)
		helpdesks[i] = s->helpdesks[i].name;
	return policy_check_names(p, channels, s->channels_len, helpdesks,
				  s->helpdesks_len, findings) == 0;
}

/* --- told ----------------------------------------------------------------- */

int lifecycle_prove(struct worker *w, enum ledger_event event,
		    const struct version *v, struct err *err)
{
	const int reason =
	    event == LEDGER_POLICY_STOPPED
		? ledger_reason_named(v->reason, strlen(v->reason))
		: LEDGER_R_NONE;
	const struct act act = {
	    .event = event,
	    .reason = event == LEDGER_POLICY_CHANGED && v->base == 0
			  ? LEDGER_R_INSTALLED
		      : reason >= 0 ? (enum ledger_reason)reason
				    : LEDGER_R_NONE,
	    .by = LEDGER_STAFF,
	    .kind = ID_POLICY,
	    .object = v->id,
	    .policy = v->number,
	};

	return prove(w, &act, err);
}

/* --- the first one -------------------------------------------------------- */

/* It was approved by being installed: there was nobody to ask. */
int force_first(struct worker *w, struct err *err)
{
	struct lifecycle *l = w->lifecycle;
	struct version v = {
	    .id = worker_id(w),
	    .name = *policy_name(l->file),
	    .number = policy_version(l->file),
	    .state = VERSION_ACTIVE,
	    .proposed_ms = worker_now(w),
	    .from_ms = worker_now(w),
	    .active_ms = worker_now(w),
	};
	size_t len;
	const uint8_t *bytes = policy_source(l->file, &len);

	memcpy(v.digest, policy_digest(l->file), sizeof(v.digest));
	if (worker_begin(w, err) != 0)
		return -1;
	if (version_add(w->store, w->keeper, &v, bytes, len, err) != 0 ||
	    lifecycle_prove(w, LEDGER_POLICY_CHANGED, &v, err) != 0 ||
	    worker_commit(w, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	l->in_force = v.id;
	l->trusted = true;
	LOG(LOG_LEVEL_INFO, "policy.installed", LOG_NUM("version", v.number));
	return 0;
}

/* --- ending a version ----------------------------------------------------- */

static int end_as(struct worker *w, struct version *v, const char *why,
		  struct err *err)
{
	v->state = VERSION_STOPPED;
	v->ended_ms = worker_now(w);
	(void)snprintf(v->reason, sizeof(v->reason), "%s", why);
	if (lifecycle_prove(w, LEDGER_POLICY_STOPPED, v, err) != 0)
		return -1;
	return version_change(w->store, w->keeper, v, err);
}

static int keep_recount(struct version *v, const struct policy_effect *recount,
			struct err *err)
{
	struct buf text = BUF_INIT(VERSION_BYTES_MAX);
	int rc = 0;

	if (recount == NULL)
		return 0;
	free(v->recount);
	v->recount = NULL;
	rc = policy_effect_print(recount, &text, err);
	if (rc == 0) {
		v->recount = strndup((const char *)text.bytes, text.len);
		if (v->recount == NULL)
			rc = ERR_SET(err, ERR_NOMEM, "an effect", 0);
	}
	buf_free(&text);
	return rc;
}

static void say_stopped(const struct worker *w, const struct version *v,
			const char *why)
{
	struct id_text id;

	id_format(&w->mask, ID_POLICY, v->id, &id);
	LOG(LOG_LEVEL_WARN, "policy.stopped", LOG_ID("policy", &id),
	    LOG_NUM("version", v->number), log_table("reason", why));
}

int force_stop(struct worker *w, int64_t id, const char *why,
	       const struct policy_effect *recount, struct err *err)
{
	struct version v = {0};
	bool found = false;
	int rc = -1;

	if (worker_begin(w, err) != 0)
		return -1;
	if (version_load(w->store, id, &v, &found, err) != 0)
		goto out;
	if (!found || !version_open(&v)) {
		worker_roll_back(w);
		return 0;
	}
	if (keep_recount(&v, recount, err) != 0 || end_as(w, &v, why, err) != 0)
		goto out;
	rc = worker_commit(w, err);
out:
	if (rc != 0)
		worker_roll_back(w);
	else
		say_stopped(w, &v, why);
	version_free(&v);
	return rc;
}

/* --- taking the place ----------------------------------------------------- */

static int supersede(struct worker *w, struct err *err)
{
	struct version old = {0};
	bool found = false, good = false;
	int rc = -1;

	if (version_load(w->store, w->lifecycle->in_force, &old, &found, err) !=
	    0)
		return -1;
	if (found && version_check(w->store, w->keeper, &old, &good, err) != 0)
		goto out;
	if (!good) {
		rc = ERR_SET(err, ERR_CORRUPT,
			     "the stored policy is not what was approved", 0);
		goto out;
	}
	old.state = VERSION_SUPERSEDED;
	old.ended_ms = worker_now(w);
	rc = version_change(w->store, w->keeper, &old, err);
out:
	version_free(&old);
	return rc;
}

struct others {
	int64_t ids[LIFECYCLE_OPEN_MAX];
	size_t len;
	int64_t but;
};

static int list_other(void *ctx, const struct version *v, struct err *err)
{
	struct others *o = ctx;

	(void)err;
	if (v->id != o->but && o->len < LIFECYCLE_OPEN_MAX)
		o->ids[o->len++] = v->id;
	return 0;
}

/* What the others would do was counted against a policy that is gone. */
static int overtake(struct worker *w, int64_t but, struct err *err)
{
	static const enum version_state states[] = {VERSION_PROPOSED,
						    VERSION_APPROVED};
	struct others o = {.but = but};
	struct version v;
	bool found;
	int rc = 0;

	for (size_t i = 0; i < 2; i++)
		if (version_walk(w->store, INT64_MAX, states[i], list_other, &o,
				 err) != 0)
			return -1;
	for (size_t i = 0; i < o.len && rc == 0; i++) {
		v = (struct version){0};
		if (version_load(w->store, o.ids[i], &v, &found, err) != 0)
			return -1;
		if (found)
			rc = end_as(w, &v, VERSION_OVERTAKEN, err);
		version_free(&v);
	}
	return rc;
}

static int write_force(struct worker *w, struct version *v,
		       const struct policy_effect *recount, struct err *err)
{
	if (keep_recount(v, recount, err) != 0)
		return -1;
	v->state = VERSION_ACTIVE;
	v->active_ms = worker_now(w);
	if (supersede(w, err) != 0 ||
	    version_change(w->store, w->keeper, v, err) != 0 ||
	    lifecycle_prove(w, LEDGER_POLICY_CHANGED, v, err) != 0)
		return -1;
	return overtake(w, v->id, err);
}

/* Decisions under way may still name the old one: it goes with the next. */
static void take_over(struct worker *w, const struct version *v,
		      struct policy *fresh)
{
	struct lifecycle *l = w->lifecycle;

	policy_free(&l->before);
	l->before = l->own;
	l->own = fresh;
	l->in_force = v->id;
	l->look = true;
	l->names_differ = false;
	w->policy = fresh;
	LOG(LOG_LEVEL_INFO, "policy.in_force", LOG_NUM("version", v->number));
}

/* Why it cannot take effect; NULL: it can. */
static int obstacle(struct worker *w, const struct version *v,
		    struct policy **ret, const char **ret_why, struct err *err)
{
	bool good = false;

	if (version_check(w->store, w->keeper, v, &good, err) != 0)
		return -1;
	*ret_why = VERSION_TAMPERED;
	if (!good)
		return 0;
	*ret_why = VERSION_OVERTAKEN;
	if (v->base != w->lifecycle->in_force)
		return 0;
	*ret_why = VERSION_UNREADABLE;
	if (force_parse(w, v->id, ret, err) != 0)
		return -1;
	if (*ret == NULL)
		return 0;
	*ret_why = force_names(w, *ret, NULL) ? NULL : VERSION_NAMES;
	return 0;
}

int force_version(struct worker *w, int64_t id,
		  const struct policy_effect *recount, struct err *err)
{
	struct policy *fresh = NULL;
	struct version v = {0};
	const char *why = NULL;
	bool found = false;
	int rc = -1;

	if (worker_begin(w, err) != 0)
		return -1;
	if (version_load(w->store, id, &v, &found, err) != 0)
		goto out;
	/* Stopped a moment ago, perhaps. */
	if (!found || v.state != VERSION_APPROVED || v.due_ms > worker_now(w)) {
		rc = 0;
		goto out;
	}
	if (obstacle(w, &v, &fresh, &why, err) != 0)
		goto out;
	if (why != NULL) {
		worker_roll_back(w);
		rc = force_stop(w, id, why, recount, err);
		goto out;
	}
	if (write_force(w, &v, recount, err) != 0 || worker_commit(w, err) != 0)
		goto out;
	take_over(w, &v, fresh);
	fresh = NULL;
	rc = 0;
out:
	worker_roll_back(w);
	policy_free(&fresh);
	version_free(&v);
	return rc;
}
