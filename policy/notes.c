/* notes.c - what a policy says and nobody does yet. */
#include "model.h"

static void note_data(const struct policy *p, struct diag *notes)
{
	const struct period three_days = {.days = 3};

	diag_add(notes, p->data_line, 1,
		 "the Datenarten separate keys today; no run deletes by their "
		 "periods yet (keep, delete, statutory, restrict)");
	for (size_t i = 0; i < p->rules_len; i++) {
		const struct rule *rule = &p->rules[i];

		if (strcmp(rule->name.text, "RAW") == 0 &&
		    (!rule->has_delete || rule->from != START_COLLECTION ||
		     period_days_max(&rule->delete_by) >
			 period_days_max(&three_days)))
			diag_add(notes, rule->line, rule->column,
				 "RAW holds whole provider bodies that could "
				 "not be understood; longer than P3D from "
				 "collection is hard to justify");
	}
}

static void note_purposes(const struct policy *p, struct diag *notes)
{
	for (size_t i = 0; i < p->purposes_len; i++) {
		const struct purpose *purpose = &p->purposes[i];

		if (purpose->basis == BASIS_CONSENT)
			diag_add(notes, purpose->line, purpose->column,
				 "%s rests on consent: giving it is not "
				 "recorded or asked for yet, so sending for "
				 "it is refused%s",
				 purpose->name.text,
				 purpose->double_opt_in || purpose->has_valid
				     ? " (double_opt_in, valid)"
				     : "");
		else if (purpose->has_valid)
			diag_add(notes, purpose->line, purpose->column,
				 "valid of purpose %s is not enforced yet",
				 purpose->name.text);
	}
}

static void note_section(size_t line, const char *what, struct diag *notes)
{
	if (line > 0)
		diag_add(notes, line, 1, "%s", what);
}

void policy_notes(const struct policy *p, struct diag *notes)
{
	note_purposes(p, notes);
	note_data(p, notes);
	for (size_t i = 0; i < p->channels_len; i++) {
		const struct channel_rule *rule = &p->channels[i];

		if (rule->first_contact)
			diag_add(notes, rule->first_contact_line,
				 rule->first_contact_column,
				 "first_contact of channel %s is not enforced "
				 "yet: its notice is not sent",
				 rule->name.text);
		else if (rule->notice.text[0] != '\0')
			diag_add(notes, rule->line, rule->column,
				 "notice of channel %s is not sent yet",
				 rule->name.text);
	}
	if (p->redact_len > 0)
		note_section(p->redact_line,
			     "redact is not enforced yet: texts are stored and "
			     "forwarded as they came",
			     notes);
	note_section(p->approvals_line,
		     "approvals are not enforced yet: whoever may write this "
		     "file changes the policy alone",
		     notes);
	if (p->tests_len > 0)
		note_section(p->tests_line, "tests are read but not run yet",
			     notes);
}
