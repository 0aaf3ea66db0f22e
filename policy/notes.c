/* notes.c - what a policy says and nobody does yet, or not as far as it
 * sounds. */
#include "model.h"

static void note_data(const struct policy *p, struct diag *notes)
{
	const struct period three_days = {.days = 3};

	for (size_t i = 0; i < p->rules_len; i++) {
		const struct rule *rule = &p->rules[i];

		if (strcmp(rule->name.text, "RAW") == 0 &&
		    (!rule->has_delete || rule->from != START_COLLECTION ||
		     period_days_max(&rule->delete_by) >
			 period_days_max(&three_days)))
			diag_add(notes, rule->at.line, rule->at.column,
				 "RAW holds whole provider bodies that could "
				 "not be understood; longer than P3D from "
				 "collection is hard to justify");
	}
}

static bool is_asked(const struct policy *p, const struct purpose *purpose)
{
	for (size_t i = 0; i < p->channels_len; i++)
		if (policy_find_asking(purpose, &p->channels[i].name)->ask.len >
		    0)
			return true;
	return false;
}

static void note_purposes(const struct policy *p, struct diag *notes)
{
	for (size_t i = 0; i < p->purposes_len; i++) {
		const struct purpose *purpose = &p->purposes[i];

		if (purpose->basis == LEGAL_BASIS_CONSENT &&
		    !is_asked(p, purpose))
			diag_add(notes, purpose->at.line, purpose->at.column,
				 "nobody is asked for consent to %s, so it can "
				 "only be imported with its evidence; ask: "
				 "names the question",
				 purpose->name.text);
	}
}

/* What DIN 66398 wants to know of a rule and the law does not order. */
static void note_rules(const struct policy *p, struct diag *notes)
{
	for (size_t i = 0; i < p->rules_len; i++) {
		const struct rule *rule = &p->rules[i];

		if (!rule->owner || !rule->justification)
			diag_add(notes, rule->at.line, rule->at.column,
				 "Datenart %s does not say %s; the deletion "
				 "concept will show the gap",
				 rule->name.text,
				 !rule->owner ? "who owns it (owner)"
					      : "why its period is right "
						"(justification)");
	}
}

/* Source: Art. 13 GDPR; it may have been told elsewhere (13(4)). */
static void note_notices(const struct policy *p, struct diag *notes)
{
	for (size_t i = 0; i < p->channels_len; i++) {
		const struct channel_rule *c = &p->channels[i];

		if (c->notice.len == 0)
			diag_add(
			    notes, c->at.line, c->at.column,
			    "channel %s informs nobody of who writes and "
			    "why (Art. 13 GDPR); it is up to you that they "
			    "know",
			    c->name.text);
	}
	for (size_t i = 0; i < p->notices_len; i++)
		if (!policy_notice_used(p, &p->notices[i]))
			diag_add(notes, p->notices[i].at.line,
				 p->notices[i].at.column,
				 "notice %s is used nowhere",
				 p->notices[i].n.name.text);
}

/* What strip cannot reach, so that nobody relies on it. */
static void note_strip(const struct channel_rule *c, struct diag *notes)
{
	if (c->strip != 0)
		diag_add(notes, c->media_at.line, c->media_at.column,
			 "strip of channel %s reaches pictures that are JPEG, "
			 "PNG or WebP%s; whatever else is let in (GIF, HEIC, "
			 "TIFF%s%s%s) is kept with its data",
			 c->name.text,
			 (c->media_kinds & MEDIA_DOCUMENT) != 0
			     ? ", also those sent as documents"
			     : "",
			 (c->media_kinds & MEDIA_VIDEO) != 0 ? ", video" : "",
			 (c->media_kinds & MEDIA_AUDIO) != 0 ? ", audio" : "",
			 (c->media_kinds & MEDIA_DOCUMENT) != 0
			     ? ", other documents"
			     : "");
}

/* What the gateway reads and does not do yet: each goes with the change that
 * does it. */
static void note_undone(const struct policy *p, struct diag *notes)
{
	if (p->approvals_at.line > 0)
		diag_add(notes, p->approvals_at.line, p->approvals_at.column,
			 "approvals.unmask is not enforced yet; approvals of "
			 "a policy and of a hold are");
}

void policy_notes(const struct policy *p, struct diag *notes)
{
	note_purposes(p, notes);
	note_data(p, notes);
	note_rules(p, notes);
	note_notices(p, notes);
	for (size_t i = 0; i < p->channels_len; i++)
		note_strip(&p->channels[i], notes);
	note_undone(p, notes);
}
