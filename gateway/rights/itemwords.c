/* itemwords.c - see itemwords.h. */
#include "itemwords.h"

#include <string.h>

/* Kinds of data as the policies call them that come with the program; NULL:
 * another. */
static const char *usual_name(const char *name, enum tongue tongue)
{
	static const struct {
		const char *name, *words[2];
	} kinds[] = {
	    {"CONTACT", {"Kontaktdaten", "Contact details"}},
	    {"MSG_SUPPORT", {"Nachrichten", "Messages"}},
	    {"MSG_BUSINESS", {"Geschäftsbriefe", "Business letters"}},
	    {"DOC_VOUCHER", {"Buchungsbelege", "Accounting vouchers"}},
	    {"MEDIA", {"Bilder und Dateien", "Pictures and files"}},
	    {"META", {"Zustelldaten", "Delivery data"}},
	    {"NOTICE",
	     {"Hinweise, die Sie bekommen haben", "Notices you were given"}},
	    {"CONSENT", {"Einwilligungen", "Consents"}},
	    {"SUPPRESS",
	     {"Sperrliste für Werbung",
	      "List of those who want no advertising"}},
	    {"NOTE", {"Notizen zu Ihrem Anliegen", "Notes on your request"}},
	    {"RAW", {"Empfangene Rohdaten", "Raw data as received"}},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return kinds[i].words[tongue];
	return NULL;
}

const char *item_name(const struct worker *w, const struct rights_item *item,
		      enum tongue tongue)
{
	const char *usual = usual_name(item->datenart.text, tongue);
	enum tongue controllers = TONGUE_DE;
	struct policy_rule rule = {0};

	(void)tongue_parse(w->settings->controller.language, &controllers);
	/* Of what no rule is known any more the name has to do. */
	(void)policy_rule_of(w->policy, &item->datenart, &rule);
	if (rule.description != NULL &&
	    (usual == NULL || controllers == tongue))
		return rule.description;
	return usual != NULL ? usual : item->datenart.text;
}

/* One word for one thing: "gesperrt" is that of the old law. */
const char *item_verdict(enum erasure_verdict verdict, enum tongue tongue)
{
	static const char *const words[ERASURE_VERDICTS][2] = {
	    [ERASURE_KEEP] = {"bleibt gespeichert", "stays stored"},
	    [ERASURE_ERASE] = {"gelöscht", "erased"},
	    [ERASURE_REFUSE] = {"nicht gelöscht", "not erased"},
	    [ERASURE_RESTRICT_HOLD] = {"Löschung ausgesetzt, eingeschränkt",
				       "erasure suspended, restricted"},
	    [ERASURE_RESTRICT_REVIEW] = {"eingeschränkt, wird geprüft",
					 "restricted, under review"},
	    [ERASURE_RESTRICT_UNTIL] = {"aufbewahrt, eingeschränkt",
					"kept, restricted"},
	};

	return words[verdict][tongue];
}
