/* retention.c - due dates, and the decision to erase, restrict or keep. */
#include "postern/retention.h"

#include <string.h>

#include "postern/caldate.h"

/* --- due dates ------------------------------------------------------------ */

static bool kept_through(int64_t last_day, struct retention *ret)
{
	if (last_day >= CALDATE_MAX)
		return false;
	*ret = (struct retention){last_day, last_day + 1};
	return true;
}

bool retention_of(int64_t start_day, const struct period *p,
		  struct retention *ret)
{
	int64_t last_day;

	return caldate_add(start_day, p, &last_day) &&
	       kept_through(last_day, ret);
}

bool retention_statutory(int64_t event_day, uint32_t years, bool year_end,
			 struct retention *ret)
{
	const struct period p = {.years = years};
	int64_t from = event_day;

	if (year_end)
		from = caldate_day(caldate_of(event_day).year, 12, 31);
	return retention_of(from, &p, ret);
}

static const struct statutory laws[] = {
    {"HGB_Handelsbrief_6", "§ 257(1) no. 2, 3, (4), (5) HGB", 6, true},
    {"AO_Handelsbrief_6", "§ 147(1) no. 2, 3, (3), (4) AO", 6, true},
    {"HGB_Buchungsbeleg_8", "§ 257(1) no. 4, (4), (5) HGB", 8, true},
    {"AO_Buchungsbeleg_8", "§ 147(1) no. 4, (3), (4) AO", 8, true},
    {"HGB_Buchungsbeleg_10_finance", "§ 257(1) no. 4, (4), (5) HGB", 10, true},
    {"AO_Buchungsbeleg_10_finance", "§ 147(1) no. 4, (3), (4) AO", 10, true},
    {"HGB_Buecher_10", "§ 257(1) no. 1, (4), (5) HGB", 10, true},
    {"AO_Buecher_10", "§ 147(1) no. 1, (3), (4) AO", 10, true},
    {"UWG7a_Einwilligung_5", "§ 7a(2) UWG", 5, false},
    {"BGB195_Verjaehrung_3", "§§ 195, 199(1) BGB", 3, true},
};

const struct statutory *statutory_all(size_t *ret_len)
{
	*ret_len = sizeof(laws) / sizeof(laws[0]);
	return laws;
}

const struct statutory *statutory_find(const char *name)
{
	for (size_t i = 0; i < sizeof(laws) / sizeof(laws[0]); i++)
		if (strcmp(laws[i].name, name) == 0)
			return &laws[i];
	return NULL;
}

bool statutory_orders(const char *norm)
{
	static const char civil_code[] = "BGB";

	return norm == NULL ||
	       strncmp(norm, civil_code, sizeof(civil_code) - 1) != 0;
}

/* --- words ---------------------------------------------------------------- */

const char *const legal_basis_names[LEGAL_BASES] = {
    [LEGAL_BASIS_CONSENT] = "consent",
    [LEGAL_BASIS_CONTRACT] = "contract",
    [LEGAL_BASIS_LEGAL_OBLIGATION] = "legal_obligation",
    [LEGAL_BASIS_VITAL_INTEREST] = "vital_interest",
    [LEGAL_BASIS_PUBLIC_TASK] = "public_task",
    [LEGAL_BASIS_LEGITIMATE_INTEREST] = "legitimate_interest",
};

const char *const erasure_trigger_names[TRIGGERS] = {
    [TRIGGER_SCHEDULE] = "schedule",
    [TRIGGER_ART17] = "art17",
    [TRIGGER_WITHDRAWAL] = "withdrawal",
    [TRIGGER_OBJECTION_MARKETING] = "objection_marketing",
    [TRIGGER_OBJECTION_6_1_F] = "objection_6_1_f",
};

const char *const erasure_verdict_names[ERASURE_VERDICTS] = {
    [ERASURE_KEEP] = "keep",
    [ERASURE_ERASE] = "erase",
    [ERASURE_REFUSE] = "refuse",
    [ERASURE_RESTRICT_HOLD] = "restrict_hold",
    [ERASURE_RESTRICT_REVIEW] = "restrict_pending_review",
    [ERASURE_RESTRICT_UNTIL] = "restrict_until",
};

/* --- the decision --------------------------------------------------------- */

static void because(struct erasure_decision *d, const char *code,
		    const char *article)
{
	d->reasons[d->reasons_len++] = (struct erasure_reason){code, article};
}

static struct erasure_decision decided(enum erasure_verdict verdict,
				       const char *code, const char *article)
{
	struct erasure_decision d = {.verdict = verdict};

	because(&d, code, article);
	return d;
}

/* What asks for the erasure; code NULL: nothing does. */
static struct erasure_reason cause(const struct erasure_facts *f)
{
	static const struct erasure_reason none = {NULL, NULL};
	const bool consent = f->basis == LEGAL_BASIS_CONSENT;

	switch (f->trigger) {
	case TRIGGER_SCHEDULE:
		if (!f->rule_due.is || f->rule_due.day > f->today)
			return none;
		return (struct erasure_reason){"RULE_DUE", "Art. 5(1)(e) GDPR"};
	case TRIGGER_WITHDRAWAL:
		if (!consent)
			return none;
		return (struct erasure_reason){"CONSENT_WITHDRAWN",
					       "Art. 17(1)(b) GDPR"};
	case TRIGGER_OBJECTION_MARKETING:
		if (!f->marketing)
			return none;
		return (struct erasure_reason){"JustificationA17ObjectA21",
					       "Art. 17(1)(c), 21(3) GDPR"};
	case TRIGGER_ART17:
		if (consent)
			return (struct erasure_reason){"CONSENT_WITHDRAWN",
						       "Art. 17(1)(b) GDPR"};
		if (!f->purpose_active)
			return (struct erasure_reason){
			    "JustificationA17NonNecessity",
			    "Art. 17(1)(a) GDPR"};
		return none;
	case TRIGGER_OBJECTION_6_1_F:
	case TRIGGERS:
		break;
	}
	return none;
}

static struct erasure_decision kept(const struct erasure_facts *f)
{
	switch (f->trigger) {
	case TRIGGER_SCHEDULE:
		if (!f->rule_due.is)
			return decided(ERASURE_KEEP, "NO_RULE_DATE", NULL);
		return decided(ERASURE_KEEP, "NOT_DUE", NULL);
	case TRIGGER_WITHDRAWAL:
		return decided(ERASURE_KEEP, "BASIS_NOT_CONSENT",
			       "Art. 7(3) GDPR");
	case TRIGGER_OBJECTION_MARKETING:
		return decided(ERASURE_KEEP, "PURPOSE_NOT_MARKETING",
			       "Art. 21(2) GDPR");
	case TRIGGER_OBJECTION_6_1_F:
		/* Of advertising: then the absolute objection is the way. */
		if (f->marketing)
			return decided(ERASURE_KEEP, "DECIDE_AS_MARKETING",
				       "Art. 21(2) GDPR");
		return decided(ERASURE_KEEP, "BASIS_NOT_LEGITIMATE_INTEREST",
			       "Art. 21(1) GDPR");
	case TRIGGER_ART17:
	case TRIGGERS:
		break;
	}
	return decided(ERASURE_KEEP, "STILL_NECESSARY", "Art. 17(1)(a) GDPR");
}

static const char *restriction_article(char ground)
{
	switch (ground) {
	case 'a':
		return "Art. 18(1)(a) GDPR";
	case 'b':
		return "Art. 18(1)(b) GDPR";
	case 'c':
		return "Art. 18(1)(c) GDPR";
	default:
		return "Art. 18(1)(d) GDPR";
	}
}

/* Something asks for the erasure; what stands in its way, the first of
 * which decides? */
static struct erasure_decision wanted(const struct erasure_facts *f,
				      struct erasure_reason why)
{
	struct erasure_decision d = {.verdict = ERASURE_ERASE};
	const bool waits =
	    f->trigger == TRIGGER_SCHEDULE && f->restriction != 0;
	const bool law =
	    f->statutory_last_day.is && f->today <= f->statutory_last_day.day;

	if (waits)
		d.verdict = ERASURE_RESTRICT_HOLD;
	if (law)
		d.verdict = ERASURE_RESTRICT_UNTIL;
	if (f->legal_hold) {
		d.verdict = ERASURE_RESTRICT_HOLD;
		because(&d, "HOLD", "Art. 17(3)(e) GDPR");
	}
	if (law) {
		/* The last day that can be named stands for ever. */
		d.until = f->statutory_last_day.day < CALDATE_MAX
			      ? f->statutory_last_day.day + 1
			      : CALDATE_MAX;
		because(&d, "JustificationA17LegallyRequired",
			"Art. 17(3)(b) GDPR");
	}
	if (waits)
		because(&d, "RESTRICTED", restriction_article(f->restriction));
	because(&d, why.code, why.article);
	return d;
}

struct erasure_decision erasure_decide(const struct erasure_facts *facts)
{
	const enum legal_basis basis = facts->basis;
	struct erasure_reason why;

	if (facts->trigger == TRIGGER_ART17 && facts->purpose_active) {
		if (basis == LEGAL_BASIS_CONTRACT ||
		    basis == LEGAL_BASIS_LEGAL_OBLIGATION)
			return decided(ERASURE_REFUSE, "STILL_NECESSARY",
				       "Art. 17(1)(a) GDPR");
		if (basis == LEGAL_BASIS_LEGITIMATE_INTEREST)
			return decided(ERASURE_RESTRICT_REVIEW,
				       "REVIEW_PENDING",
				       "Art. 17(1)(c), 18(1)(d) GDPR");
	}
	if (facts->trigger == TRIGGER_OBJECTION_6_1_F && !facts->marketing &&
	    basis == LEGAL_BASIS_LEGITIMATE_INTEREST)
		return decided(ERASURE_RESTRICT_REVIEW, "REVIEW_PENDING",
			       "Art. 18(1)(d), 21(1) GDPR");
	why = cause(facts);
	return why.code == NULL ? kept(facts) : wanted(facts, why);
}
