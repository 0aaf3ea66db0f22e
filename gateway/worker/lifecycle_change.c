/* lifecycle_change.c - what people do with a version: propose, approve, stop,
 * let it watch. */
#include "lifecycle_inside.h"

#include "postern/caldate.h"
#include "postern/log.h"
#include "postern/policydiff.h"
#include "postern/text.h"

#define S_MS INT64_C(1000)

/* Is one of them (the author, who approved) the actor under another token?  A
 * label is the name a token was given; two tokens of one name are one
 * person's. */
static const char namesakes_sql[] =
    "SELECT count(*) FROM token a JOIN token b ON"
    " lower(trim(a.label))=lower(trim(b.label)) WHERE a.id=? AND b.id<>a.id"
    " AND trim(a.label)<>'' AND (b.id=? OR b.id IN"
    " (SELECT actor FROM policy_approval WHERE policy=?))";
static const char twice_sql[] =
    "SELECT count(*) FROM policy_approval WHERE policy=? AND actor=?";
static const char agreed_sql[] =
    "SELECT count(*) FROM policy_approval WHERE policy=?";
static const char watching_sql[] =
    "SELECT count(*) FROM policy_version WHERE shadow_until_ms>? AND id<>?"
    " AND state IN ('proposed','approved')";

static void say(const struct worker *w, const char *event,
		const struct version *v, int64_t actor)
{
	struct id_text id, who;

	id_format(&w->mask, ID_POLICY, v->id, &id);
	id_format(&w->mask, ID_TOKEN, actor, &who);
	/* Events are literals: one line each. */
	if (strcmp(event, "proposed") == 0)
		LOG(LOG_LEVEL_INFO, "policy.proposed", LOG_ID("policy", &id),
		    LOG_NUM("version", v->number), LOG_ID("by", &who));
	else if (strcmp(event, "approved") == 0)
		LOG(LOG_LEVEL_INFO, "policy.approved", LOG_ID("policy", &id),
		    LOG_NUM("version", v->number), LOG_ID("by", &who));
	else
		LOG(LOG_LEVEL_WARN, "policy.stopped", LOG_ID("policy", &id),
		    LOG_NUM("version", v->number), LOG_ID("by", &who),
		    log_table("reason", actor != 0 ? VERSION_BY_PERSON
						   : VERSION_BY_OPERATOR));
}

/* Local midnight so many days after today. */
static int64_t days_later(const struct worker *w, int64_t days)
{
	int64_t day = caldate_local(w->zone, worker_now(w)) + days;

	return caldate_begins_ms(w->zone,
				 day < CALDATE_MAX ? day : CALDATE_MAX);
}

/* --- propose -------------------------------------------------------------- */

static bool tests_pass(const struct worker *w, const struct policy *p,
		       struct diag *findings)
{
	const struct settings *s = w->settings;
	const struct policy_test_facts facts = {
	    .land = s->controller.land[0] != '\0' ? s->controller.land : NULL,
	    .language = s->controller.language,
	    .zone = w->zone,
	};

	return policy_tests_check(p, &facts, findings) == 0;
}

static int note_shorter(void *ctx, const struct policy_change *change,
			struct err *err)
{
	bool *shortens = ctx;

	(void)err;
	*shortens |= change->shortens;
	return 0;
}

static int number_of(struct worker *w, const char *sql,
		     const struct store_value *args, size_t args_len,
		     int64_t *ret, struct err *err)
{
	bool found;

	return store_one_int(w->store, sql, args, args_len, ret, &found, err);
}

/* One at a time: what it counts is compared with the policy in force. */
static int others_watch(struct worker *w, int64_t but, bool *ret,
			struct err *err)
{
	int64_t n = 0;

	if (number_of(w, watching_sql,
		      STORE_ARGS(S_INT(worker_now(w)), S_INT(but)), &n,
		      err) != 0)
		return -1;
	*ret = n > 0;
	return 0;
}

static const char *refusal(const struct worker *w, const struct policy *p,
			   int64_t under_way)
{
	if (memcmp(policy_digest(p), policy_digest(w->policy),
		   POLICY_DIGEST_BYTES) == 0)
		return REFUSED_SAME;
	if (policy_version(p) <= policy_version(w->policy))
		return REFUSED_NUMBER;
	return under_way >= LIFECYCLE_OPEN_MAX ? REFUSED_TOO_MANY : NULL;
}

static void fill(struct worker *w, const struct proposal *p,
		 const struct policy *policy, struct version *ret)
{
	const struct policy_approvals rules = policy_approvals(w->policy);

	ret->id = worker_id(w);
	memcpy(ret->digest, policy_digest(policy), sizeof(ret->digest));
	ret->name = *policy_name(policy);
	ret->number = policy_version(policy);
	ret->state = VERSION_PROPOSED;
	ret->author = p->author;
	ret->base = w->lifecycle->in_force;
	ret->proposed_ms = worker_now(w);
	ret->from_ms = p->from_ms != 0 ? p->from_ms : ret->proposed_ms;
	ret->needed = rules.policy;
	ret->tolerance = rules.tolerance;
	if (p->shadow_days == 0)
		return;
	ret->shadow_from_ms = ret->proposed_ms;
	ret->shadow_until_ms = days_later(w, p->shadow_days);
}

static int add(struct worker *w, const struct proposal *p,
	       const struct policy *policy, struct version *ret,
	       struct err *err)
{
	fill(w, p, policy, ret);
	if (policy_diff(w->policy, policy, TONGUE_EN, note_shorter,
			&ret->shortens, err) != 0 ||
	    version_add(w->store, w->keeper, ret, p->bytes, p->len, err) != 0 ||
	    lifecycle_prove(w, LEDGER_POLICY_PROPOSED, ret, err) != 0)
		return -1;
	say(w, "proposed", ret, p->author);
	lifecycle_look(w);
	return 0;
}

int lifecycle_propose(struct worker *w, const struct proposal *p,
		      struct diag *findings, struct version *ret,
		      const char **ret_refused, struct err *err)
{
	struct policy *policy = NULL;
	int64_t under_way = 0;
	bool others = false;
	int rc = -1;

	*ret = (struct version){0};
	*ret_refused = REFUSED_FINDINGS;
	/* What it is to replace is not known yet. */
	if (!lifecycle_trusted(w))
		return ERR_SET(err, ERR_BUSY, "no policy in force yet", 0);
	if (policy_parse(p->bytes, p->len, findings, &policy) != 0 ||
	    !force_names(w, policy, findings) ||
	    !tests_pass(w, policy, findings)) {
		rc = force_short(findings)
			 ? ERR_SET(err, ERR_NOMEM, "a proposed policy", 0)
			 : 0;
		goto out;
	}
	if (version_count_open(w->store, &under_way, err) != 0 ||
	    others_watch(w, 0, &others, err) != 0)
		goto out;
	*ret_refused = refusal(w, policy, under_way);
	if (*ret_refused == NULL && p->shadow_days > 0 && others)
		*ret_refused = REFUSED_WATCHING;
	rc = *ret_refused != NULL ? 0 : add(w, p, policy, ret, err);
out:
	policy_free(&policy);
	return rc;
}

/* --- approve -------------------------------------------------------------- */

/* Nobody's agreement is added to what somebody changed in the archive. */
static int take(struct worker *w, int64_t id, struct version *ret,
		const char **ret_refused, struct err *err)
{
	bool found = false, good = false;

	*ret = (struct version){0};
	*ret_refused = REFUSED_ABSENT;
	if (version_load(w->store, id, ret, &found, err) != 0)
		return -1;
	if (!found)
		return 0;
	if (version_check(w->store, w->keeper, ret, &good, err) != 0) {
		version_free(ret);
		return -1;
	}
	*ret_refused = good ? NULL : REFUSED_TAMPERED;
	return 0;
}

static int who_agrees(struct worker *w, const struct version *v, int64_t actor,
		      const char **ret_refused, struct err *err)
{
	int64_t twice = 0, namesakes = 0;

	*ret_refused = REFUSED_OWN;
	if (actor == v->author)
		return 0;
	if (number_of(w, twice_sql, STORE_ARGS(S_INT(v->id), S_INT(actor)),
		      &twice, err) != 0 ||
	    number_of(w, namesakes_sql,
		      STORE_ARGS(S_INT(actor), S_INT(v->author), S_INT(v->id)),
		      &namesakes, err) != 0)
		return -1;
	*ret_refused = twice > 0       ? REFUSED_TWICE
		       : namesakes > 0 ? REFUSED_LABEL
				       : NULL;
	return 0;
}

/* A clock that was set back makes no delay shorter. */
static int64_t trusted_now(const struct worker *w)
{
	int64_t now_ms = worker_now(w), floor_ms = w->sweepclock.floor_ms;

	return floor_ms > now_ms ? floor_ms : now_ms;
}

int64_t lifecycle_due_ms(const struct worker *w, const struct version *v)
{
	const struct policy_approvals rules = policy_approvals(w->policy);
	int64_t now_ms = trusted_now(w), due_ms = now_ms, day, local_ms;

	if (v->shortens) {
		/* The same time of day, on the clock on the wall. */
		day = caldate_local(w->zone, now_ms);
		local_ms =
		    now_ms + S_MS * zone_offset_s(w->zone, now_ms / S_MS);
		local_ms -= day * DAY_MS;
		if (!caldate_add(day, &rules.delay, &day))
			day = CALDATE_MAX;
		due_ms = S_MS *
			 zone_utc_s(w->zone, (day * DAY_MS + local_ms) / S_MS);
		if (due_ms < now_ms)
			due_ms = now_ms;
	}
	if (due_ms < v->from_ms)
		due_ms = v->from_ms;
	return due_ms < v->shadow_until_ms ? v->shadow_until_ms : due_ms;
}

static int agree(struct worker *w, struct version *v, int64_t actor,
		 struct err *err)
{
	int64_t agreed = 0;

	if (version_approve(w->store, w->keeper, v, actor, worker_now(w),
			    err) != 0 ||
	    number_of(w, agreed_sql, STORE_ARGS(S_INT(v->id)), &agreed, err) !=
		0)
		return -1;
	if (agreed >= v->needed) {
		v->state = VERSION_APPROVED;
		v->due_ms = lifecycle_due_ms(w, v);
		if (version_change(w->store, w->keeper, v, err) != 0)
			return -1;
	}
	if (lifecycle_prove(w, LEDGER_POLICY_APPROVED, v, err) != 0)
		return -1;
	say(w, "approved", v, actor);
	lifecycle_look(w);
	return 0;
}

static bool is_digest(const struct version *v, const char *digest)
{
	uint8_t bytes[POLICY_DIGEST_BYTES];

	return digest == NULL ||
	       (hex_decode(digest, strlen(digest), bytes, sizeof(bytes)) &&
		memcmp(bytes, v->digest, sizeof(bytes)) == 0);
}

int lifecycle_approve(struct worker *w, int64_t id, int64_t actor,
		      const char *digest, struct version *ret,
		      const char **ret_refused, struct err *err)
{
	int rc = -1;

	if (take(w, id, ret, ret_refused, err) != 0)
		return -1;
	if (*ret_refused == NULL)
		*ret_refused = ret->state != VERSION_PROPOSED ? REFUSED_STATE
			       : !is_digest(ret, digest)      ? REFUSED_DIGEST
			       : ret->effect == NULL ? REFUSED_UNCOUNTED
						     : NULL;
	if (*ret_refused != NULL)
		return 0;
	if (who_agrees(w, ret, actor, ret_refused, err) == 0)
		rc = *ret_refused != NULL ? 0 : agree(w, ret, actor, err);
	if (rc != 0)
		version_free(ret);
	return rc;
}

/* --- stop, watch ---------------------------------------------------------- */

int lifecycle_stop(struct worker *w, int64_t id, int64_t actor,
		   struct version *ret, const char **ret_refused,
		   struct err *err)
{
	bool found = false;

	*ret = (struct version){0};
	*ret_refused = REFUSED_ABSENT;
	if (version_load(w->store, id, ret, &found, err) != 0)
		return -1;
	if (!found)
		return 0;
	*ret_refused = version_open(ret) ? NULL : REFUSED_STATE;
	if (*ret_refused != NULL)
		return 0;
	ret->state = VERSION_STOPPED;
	ret->ended_ms = worker_now(w);
	ret->ended_by = actor;
	(void)snprintf(ret->reason, sizeof(ret->reason), "%s",
		       actor != 0 ? VERSION_BY_PERSON : VERSION_BY_OPERATOR);
	if (lifecycle_prove(w, LEDGER_POLICY_STOPPED, ret, err) != 0 ||
	    version_change(w->store, w->keeper, ret, err) != 0) {
		version_free(ret);
		return -1;
	}
	say(w, "stopped", ret, actor);
	lifecycle_look(w);
	return 0;
}

int lifecycle_watch(struct worker *w, int64_t id, int64_t days,
		    struct version *ret, const char **ret_refused,
		    struct err *err)
{
	bool others = false;

	if (take(w, id, ret, ret_refused, err) != 0)
		return -1;
	if (others_watch(w, id, &others, err) != 0)
		goto out;
	if (*ret_refused == NULL)
		*ret_refused = ret->state != VERSION_PROPOSED ? REFUSED_STATE
			       : others			      ? REFUSED_WATCHING
							      : NULL;
	if (*ret_refused != NULL)
		return 0;
	if (ret->shadow_from_ms == 0)
		ret->shadow_from_ms = worker_now(w);
	ret->shadow_until_ms = days_later(w, days);
	if (version_change(w->store, w->keeper, ret, err) != 0)
		goto out;
	lifecycle_look(w);
	return 0;
out:
	version_free(ret);
	return -1;
}
