/* erasure_consent.c - what proves a consent stays restricted for its own
 * period: who was sent advertising must be able to be told why.
 *
 * The suppression list is not touched: hashes under a key of its own, which
 * outlive every person (Art. 21(3) GDPR; compliance 1.6).
 *
 * Source: Art. 7(1), 17(3)(e) GDPR; compliance 3.2 (CONSENT), 3.3. */
#include "erasure_inside.h"

#include "postern/caldate.h"
#include "postern/simulate.h"
#include "store/family.h"
#include "worker/kept.h"

#define DATENART "CONSENT"
#define REASON	 "JustificationA17LegalClaims"
#define ARTICLE	 "Art. 17(3)(e), 7(1) GDPR"
#define YEARS	 3 /* §§ 195, 199 BGB, where the policy has no rule */

/* Whoever was only asked has consented to nothing. */
static const char proof_sql[] =
    PERSON_FAMILY "SELECT count(*) FROM consent_event WHERE person IN"
		  " (SELECT id FROM family) AND kind IN ('given','renewed',"
		  "'withdrawn','refused','revoked','invalidated')";
static const char ended_sql[] =
    PERSON_FAMILY "SELECT max(at_ms) FROM consent_event WHERE person IN"
		  " (SELECT id FROM family) AND kind IN ('withdrawn',"
		  "'refused','revoked','invalidated')";
static const char given_sql[] =
    PERSON_FAMILY "SELECT max(at_ms) FROM consent_event WHERE person IN"
		  " (SELECT id FROM family) AND kind IN ('given','renewed')";
static const char all_sql[] =
    PERSON_FAMILY "SELECT count(*) FROM consent_event WHERE person IN"
		  " (SELECT id FROM family)";
static const char keep_sql[] = PERSON_FAMILY
    "INSERT INTO kept(id,kind,person,conversation,datenart,verdict,reason,"
    "until_day,erasure,since_ms) SELECT id,'consent',person,0,'" DATENART "',"
    "?,?,?,?,? FROM consent_event WHERE person IN (SELECT id FROM family)"
    " ON CONFLICT(id) DO UPDATE SET verdict=excluded.verdict,"
    "reason=excluded.reason,until_day=excluded.until_day,"
    "erasure=excluded.erasure";
static const char free_sql[] =
    PERSON_FAMILY "DELETE FROM kept WHERE kind='consent' AND person IN"
		  " (SELECT id FROM family)";

static int moment(struct run *r, const char *sql, int64_t *ret, struct err *err)
{
	bool found = false;

	*ret = 0;
	return store_one_int(r->w->store, sql, STORE_ARGS(S_INT(r->e.person)),
			     ret, &found, err);
}

/* A consent that still holds ends with this erasure. */
static int end_of_proof(struct run *r, int64_t *ret_day, struct err *err)
{
	struct name name = {DATENART};
	struct policy_starts starts = {0};
	struct policy_rule rule;
	struct policy_due due = {0};
	int64_t ended_ms, given_ms, day;

	if (moment(r, ended_sql, &ended_ms, err) != 0 ||
	    moment(r, given_sql, &given_ms, err) != 0)
		return -1;
	if (given_ms > ended_ms)
		ended_ms = r->e.started_ms;
	day = caldate_local(r->w->zone, ended_ms);
	starts.otherwise = day;
	for (int i = 0; i < POLICY_STARTS; i++)
		starts.at[i] = (struct maybe_day){true, day};
	if (policy_rule_of(r->w->policy, &name, &rule))
		policy_due(&rule, &starts, &due);
	else
		due.is = retention_statutory(day, YEARS, true, &due.r);
	*ret_day = due.is ? due.r.erase_from : CALDATE_MAX;
	return 0;
}

static int keep(struct run *r, const struct settled *s, struct err *err)
{
	r->e.kept += (uint64_t)s->n;
	kept_changed(r->w);
	if (store_run(
		r->w->store, keep_sql,
		STORE_ARGS(S_INT(r->e.person),
			   S_TEXT(erasure_verdict_names[s->verdict]),
			   S_TEXT(s->reason),
			   s->until_day != 0 ? S_INT(s->until_day) : S_NULL,
			   S_INT(r->e.id), S_INT(worker_now(r->w))),
		err) != 0)
		return -1;
	return erasure_settle(r, s, err);
}

int erasure_consents(struct run *r, bool held, struct err *err)
{
	struct name name = {DATENART};
	struct settled s = {
	    .datenart = &name,
	    .verdict = ERASURE_ERASE,
	    .reason = "JustificationA17NonNecessity",
	    .article = "Art. 17(1)(a) GDPR",
	};
	int64_t proofs, until = 0;
	bool found;

	if (moment(r, proof_sql, &proofs, err) != 0 ||
	    (proofs > 0 && end_of_proof(r, &until, err) != 0) ||
	    store_one_int(r->w->store, all_sql, STORE_ARGS(S_INT(r->e.person)),
			  &s.n, &found, err) != 0)
		return -1;
	if (held) {
		s.verdict = ERASURE_RESTRICT_HOLD;
		s.reason = "HOLD";
		s.article = "Art. 17(3)(e) GDPR";
		return keep(r, &s, err);
	}
	if (proofs > 0 && until > r->today) {
		s.verdict = ERASURE_RESTRICT_UNTIL;
		s.reason = REASON;
		s.article = ARTICLE;
		s.until_day = until;
		return keep(r, &s, err);
	}
	kept_changed(r->w);
	if (erasure_run(r, free_sql, err) != 0)
		return -1;
	return erasure_settle(r, &s, err);
}
