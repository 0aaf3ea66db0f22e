/* paper_catalogue.c - the catalogue of rules: what holds, in no system. */
#include "paper.h"

static void text_row(const struct paper *w, const char *label, const char *text)
{
	page_label(w->pg, label);
	if (text)
		page_cell(w->pg, "%s", text);
	else
		page_cell_gap(w->pg, "%s",
			      PR(w, "nicht angegeben", "not stated"));
}

static void optional_period(const struct paper *w, const char *label, bool is,
			    const struct period *period)
{
	struct prose *t;

	page_label(w->pg, label);
	t = page_say(w->pg);
	if (is)
		term_period(t, period);
	else
		prose_add(t, "%s", TR(t, "keine", "none"));
	page_said_cell(w->pg);
}

static void purpose_row(const struct paper *w, const struct rule *rule)
{
	struct prose *t;

	page_label(w->pg,
		   PR(w, "Zweck und Rechtsgrundlage", "Purpose and basis"));
	t = page_say(w->pg);
	if (paper_purposes(w, t, rule) == 0)
		prose_add(
		    t, "%s",
		    TR(t,
		       "keinem Kanal von sich aus; Zweck und Grundlage sind "
		       "die des Vorgangs, zu dem die Daten gehören",
		       "no channel by itself; purpose and basis are those of "
		       "the conversation the data belong to"));
	page_said_cell(w->pg);
}

static void statutory_row(const struct paper *w, const struct rule *rule)
{
	struct prose *t;

	page_label(w->pg, PR(w, "Gesetzliche Aufbewahrung", "Statutory"));
	t = page_say(w->pg);
	if (rule->has_statutory) {
		term_norm(t, rule);
		prose_add(t, TR(t, ", %lld Jahre", ", %lld years"),
			  (long long)rule->statutory.years);
	} else {
		prose_add(t, "%s", TR(t, "keine", "none"));
	}
	page_said_cell(w->pg);
	if (!rule->has_restrict)
		return;
	page_label(w->pg, PR(w, "Eingeschränkt", "Restricted"));
	t = page_say(w->pg);
	term_restriction(t, rule);
	prose_add(t, "%s",
		  TR(t, "; danach nur noch für die gesetzliche Pflicht",
		     "; from then on only for the statutory duty"));
	page_said_cell(w->pg);
}

static void rule_table(const struct paper *w, const struct rule *rule)
{
	struct prose *t;

	page_head(w->pg, 3, "`%s`", rule->name.text);
	page_fields(w->pg);
	text_row(w, PR(w, "Beschreibung", "Description"), rule->description);
	text_row(w, PR(w, "Betroffene", "Subjects"), rule->subjects);
	purpose_row(w, rule);
	page_label(w->pg, PR(w, "Startzeitpunkt", "Start"));
	page_cell(w->pg, "%s", term_start(w->pg->t.tongue, rule->from));
	optional_period(w, PR(w, "Vorhaltefrist", "Minimum"), rule->has_keep,
			&rule->keep);
	page_label(w->pg, PR(w, "Regellöschfrist", "Standard period"));
	t = page_say(w->pg);
	term_rule_delete(t, rule);
	page_said_cell(w->pg);
	statutory_row(w, rule);
	page_label(w->pg, PR(w, "Methode", "Method"));
	page_cell(w->pg, "%s",
		  rule->overwrite_only
		      ? PR(w, "Zeilen und Dateien überschreiben",
			   "rows and files are overwritten")
		      : PR(w,
			   "Zeilen und Dateien überschreiben, dann den "
			   "Schlüssel vernichten",
			   "rows and files are overwritten, then the key is "
			   "destroyed"));
	if (rule->special) {
		page_label(w->pg,
			   PR(w, "Besondere Kategorien", "Special categories"));
		page_cell(w->pg, "%s",
			  PR(w, "ja (Art. 9 DSGVO), eigene Schlüssel",
			     "yes (Art. 9 GDPR), keys of its own"));
	}
	text_row(w, PR(w, "Verantwortlich", "Owner"), rule->owner);
	text_row(w, PR(w, "Begründung", "Justification"), rule->justification);
	page_label(w->pg, PR(w, "Fundstelle", "Source"));
	page_cell(w->pg, "`policy.yaml:%zu`", rule->at.line);
	page_table_end(w->pg);
}

void paper_catalogue(const struct paper *w)
{
	page_head(w->pg, 2, "%s",
		  PR(w, "4 Katalog der Löschregeln", "4 Catalogue of rules"));
	page_text(w->pg, "%s",
		  PR(w,
		     "Der Katalog sagt, was gilt, ohne zu sagen, in welchem "
		     "System. Jede Datenart hat genau eine Regel.",
		     "The catalogue says what holds and not in which system. "
		     "Each Datenart has exactly one rule."));
	for (size_t i = 0; i < w->p->rules_len; i++)
		rule_table(w, &w->p->rules[i]);
}
