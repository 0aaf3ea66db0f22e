/* erasure_consent.c - what proves a consent stays restricted for its own
 * period: who was sent advertising must be able to be told why.
 *
 * A consent that still holds ends first: who wants everything erased consents
 * to nothing any more, and stands on the suppression list from then on, or
 * the next import of the same list would agree again in their name.  Where
 * nobody asked, it is the controller who ends it, and nobody objected.
 *
 * The suppression list is hashes under a key of its own, which outlive every
 * person (Art. 21(3) GDPR; compliance 1.6); the person is told that they
 * stand on it.
 *
 * Source: Art. 7(1), 7(3), 17(1)(b), 17(3)(e) GDPR; compliance 1.6, 3.2
 * (CONSENT), 3.3, 4.5. */
#include "erasure_inside.h"

#include "postern/caldate.h"
#include "postern/simulate.h"
#include "store/family.h"
#include "worker/consent.h"
#include "worker/kept.h"

#define DATENART      "CONSENT"
#define LISTED	      "SUPPRESS"
#define ASKED	      "DOI_PENDING" /* and no answer */
#define REASON	      "JustificationA17LegalClaims"
#define ARTICLE	      "Art. 17(3)(e), 7(1) GDPR"
#define YEARS	      3 /* of the limitation, where the policy has no rule */
#define LAW	      "§§ 195, 199(1) BGB"
#define ARTICLE_BYTES 96
#define ALL_MAX	      64
#define LIST_MAX      64

/* Whoever was only asked has consented to nothing. */
static const char proof_sql[] =
    PERSON_FAMILY "SELECT count(*) FROM consent_event WHERE person IN"
		  " (SELECT id FROM family) AND kind IN ('given','renewed',"
		  "'withdrawn','refused','revoked','invalidated')";
static const char latest_sql[] =
    PERSON_FAMILY "SELECT max(at_ms) FROM consent_event WHERE person IN"
		  " (SELECT id FROM family)";
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
static const char unlist_sql[] =
    "DELETE FROM request_item WHERE request=? AND datenart='" LISTED "'";
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

/* --- the list that outlives them ------------------------------------------ */

/* Addresses tell it; where they are closed already, what was said of the list
 * the first time stays said. */
static int settle_listed(struct run *r, struct err *err)
{
	struct consent_listed listed[LIST_MAX];
	struct name name = {LISTED};
	struct settled s = {
	    .datenart = &name,
	    .verdict = ERASURE_KEEP,
	    .reason = "SUPPRESSED",
	    .article = "Art. 21(3) GDPR",
	};
	size_t len;

	if (r->e.request == 0)
		return 0;
	if (consent_listed(r->w, r->e.person, listed, LIST_MAX, &len, err) != 0)
		return -1;
	s.n = (int64_t)len;
	if (len > 0 && store_run(r->w->store, unlist_sql,
				 STORE_ARGS(S_INT(r->e.request)), err) != 0)
		return -1;
	return erasure_settle(r, &s, err);
}

/* --- the end of what they agreed to --------------------------------------- */

/* One that rests while somebody decides whether they withdrew it has not
 * ended: that decision goes with the person. */
static bool holds(const struct consent_view *view)
{
	return consent_is_valid(view->state) ||
	       view->state == CONSENT_REQUEST_DEFERRED;
}

static int end_one(struct run *r, const struct consent_of *of, int64_t at_ms,
		   struct err *err)
{
	const bool asked = r->e.request != 0;
	const struct consent_entry entry = {
	    .of = *of,
	    .kind = asked ? "withdrawn" : "revoked",
	    .by = asked ? "subject" : "controller",
	    .source = "erasure",
	    .method = "api",
	    .at_ms = at_ms,
	};

	if (consent_add(r->w, &entry, err) != 0)
		return -1;
	/* After a restore nobody knows any more who wished it. */
	return !asked && !r->w->restoring
		   ? 0
		   : consent_suppress(r->w, of->person, of->purpose.text,
				      &of->channel, "erasure", at_ms, err);
}

/* Not before what is known of them: a clock that was set back must not put
 * the end before the beginning. */
static int now_or_later(struct run *r, int64_t *ret_ms, struct err *err)
{
	const int64_t now_ms = worker_now(r->w);

	if (moment(r, latest_sql, ret_ms, err) != 0)
		return -1;
	if (*ret_ms < now_ms)
		*ret_ms = now_ms;
	return 0;
}

int erasure_withdraw(struct run *r, struct err *err)
{
	struct consent_of all[ALL_MAX];
	struct consent_view view;
	int64_t at_ms;
	size_t len;

	if (now_or_later(r, &at_ms, err) != 0 ||
	    consent_all_of(r->w, r->e.person, all, ALL_MAX, &len, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (consent_view_of(r->w, &all[i], CONSENT_NOW, &view, err) !=
		    0)
			return -1;
		if (holds(&view) && end_one(r, &all[i], at_ms, err) != 0)
			return -1;
	}
	return settle_listed(r, err);
}

static int last_end(struct run *r, int64_t *ret_ms, struct err *err)
{
	struct consent_of all[ALL_MAX];
	struct consent_view view;
	size_t len;

	*ret_ms = 0;
	if (consent_all_of(r->w, r->e.person, all, ALL_MAX, &len, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (consent_view_of(r->w, &all[i], CONSENT_NOW, &view, err) !=
		    0)
			return -1;
		if (consent_ended_ms(&view) > *ret_ms)
			*ret_ms = consent_ended_ms(&view);
	}
	return 0;
}

/* --- what proves it ------------------------------------------------------- */

static int end_of_proof(struct run *r, int64_t *ret_day, struct err *err)
{
	struct name name = {DATENART};
	struct policy_starts starts = {0};
	struct policy_rule rule;
	struct policy_due due = {0};
	int64_t ended_ms, day;

	if (last_end(r, &ended_ms, err) != 0)
		return -1;
	if (ended_ms == 0)
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

/* Why it is kept, and the law that says until when, if one does. */
static void article_of(const struct run *r, char ret[ARTICLE_BYTES])
{
	struct name name = {DATENART};
	const struct statutory *law = NULL;
	struct policy_rule rule;
	const char *until = LAW;

	if (policy_rule_of(r->w->policy, &name, &rule)) {
		if (rule.has_statutory && rule.norm != NULL)
			law = statutory_find(rule.norm);
		until = law != NULL ? law->article : "";
	}
	(void)snprintf(ret, ARTICLE_BYTES, "%s%s%s", ARTICLE,
		       until[0] != '\0' ? ", " : "", until);
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
	char article[ARTICLE_BYTES];
	struct policy_rule rule;
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
		article_of(r, article);
		s.article = article;
		s.until_day = until;
		return keep(r, &s, err);
	}
	kept_changed(r->w);
	if (erasure_run(r, free_sql, err) != 0)
		return -1;
	if (proofs == 0 &&
	    policy_rule_of(r->w->policy, &(struct name){ASKED}, &rule))
		name = (struct name){ASKED};
	return erasure_settle(r, &s, err);
}
