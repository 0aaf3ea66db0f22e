/* paper_concept.c - the deletion concept after DIN 66398.
 *
 * Source: compliance 3.2: classes of standard period and start, a catalogue of
 * rules free of technology, and apart from it how each system carries them
 * out. */
#include <stdlib.h>

#include "paper.h"

/* --- what it is about ----------------------------------------------------- */

static void scope(const struct paper *w)
{
	page_head(w->pg, 2, "%s",
		  PR(w, "1 Zweck und Geltungsbereich", "1 Purpose and scope"));
	page_text(w->pg,
		  PR(w,
		     "Dieses Konzept legt fest, wann und wie %s Nachrichten, "
		     "Anhänge und die Angaben dazu löscht, die über Postern "
		     "empfangen und gesendet werden. Es folgt DIN 66398 und "
		     "dient Art. 5 Abs. 1 lit. e, Art. 17 und Art. 25 DSGVO.",
		     "This concept lays down when and how %s erases messages, "
		     "attachments and the data about them that are received "
		     "and sent through Postern. It follows DIN 66398 and "
		     "serves Art. 5(1)(e), 17 and 25 GDPR."),
		  w->in->controller);
	page_text(w->pg, "%s",
		  PR(w,
		     "Es ist aus `policy.yaml` erzeugt, der Datei, nach der "
		     "Postern entscheidet. Wird die Datei geändert, wird es "
		     "neu erzeugt; von Hand wird nichts nachgetragen.",
		     "It is made from `policy.yaml`, the file Postern decides "
		     "by. When that file changes it is made anew; nothing is "
		     "added by hand."));
	page_text(
	    w->pg, "%s",
	    PR(w, "Es gilt für die Kanäle:", "It holds for the channels:"));
	for (size_t i = 0; i < w->p->channels_len; i++)
		page_item(w->pg,
			  PR(w, "`%s`, Zweck `%s`", "`%s`, purpose `%s`"),
			  w->p->channels[i].name.text,
			  w->p->channels[i].purpose.text);
}

static void terms(const struct paper *w)
{
	static const char *const all[][2] = {
	    {"Datenart: Daten mit gleichem Zweck, gleicher Grundlage und "
	     "gleichem Kreis von Betroffenen. Sie hat genau eine Löschregel.",
	     "Datenart: data with the same purpose, basis and group of "
	     "subjects. It has exactly one rule of deletion."},
	    {"Löschregel: Startzeitpunkt und Regellöschfrist.",
	     "Rule of deletion: start and standard period."},
	    {"Vorhaltefrist: so lange müssen die Daten mindestens da sein.",
	     "Minimum (Vorhaltefrist): how long the data have to be there."},
	    {"Regellöschfrist: danach sind sie im Regelbetrieb gelöscht; die "
	     "gesetzliche Aufbewahrung und die Zeit für die Löschung sind "
	     "enthalten, Sicherungskopien nicht.",
	     "Standard period (Regellöschfrist): after it they are erased in "
	     "normal operation; statutory retention and the time to erase are "
	     "part of it, backups are not."},
	    {"Löschklasse: Regellöschfrist und Art des Startzeitpunkts.",
	     "Class: standard period and kind of start."},
	    {"Der letzte Tag ist Start plus Frist; gelöscht werden darf vom "
	     "folgenden Tag, 0 Uhr Ortszeit, an. Monate und Jahre sind die des "
	     "Kalenders.",
	     "The last day is start plus period; erasure may begin on the next "
	     "day, 00:00 local time. Months and years are those of the "
	     "calendar."},
	};

	page_head(w->pg, 2, "%s", PR(w, "2 Begriffe", "2 Terms"));
	for (size_t i = 0; i < COUNT_OF(all); i++)
		page_item(w->pg, "%s", all[i][w->pg->t.tongue]);
}

/* --- classes -------------------------------------------------------------- */

/* Sorts by length; equal keys are one class. */
static int64_t class_days(const struct rule *rule)
{
	if (!rule->has_statutory)
		return period_days_max(&rule->delete_by);
	return rule->statutory.years * 366 +
	       (rule->statutory.year_end ? 366 : 0);
}

static bool same_period(const struct rule *a, const struct rule *b)
{
	if (a->has_statutory != b->has_statutory)
		return false;
	if (a->has_statutory)
		return a->statutory.years == b->statutory.years &&
		       a->statutory.year_end == b->statutory.year_end;
	return class_days(a) == class_days(b) &&
	       period_days_min(&a->delete_by) == period_days_min(&b->delete_by);
}

static int by_length(const void *a, const void *b)
{
	const struct rule *x = *(const struct rule *const *)a;
	const struct rule *y = *(const struct rule *const *)b;
	int64_t dx = class_days(x), dy = class_days(y);

	if (dx != dy)
		return dx < dy ? -1 : 1;
	if (x->has_statutory != y->has_statutory)
		return x->has_statutory ? 1 : -1;
	return strcmp(x->name.text, y->name.text);
}

static bool start_used(const struct policy *p, enum policy_start start)
{
	/* The three of the standard are always shown. */
	if (start <= START_RELATIONSHIP_END)
		return true;
	for (size_t i = 0; i < p->rules_len; i++)
		if (p->rules[i].from == start)
			return true;
	return false;
}

static void period_cell(const struct paper *w, const struct rule *rule)
{
	struct prose *t = page_say(w->pg);

	if (!rule->has_statutory) {
		term_period(t, &rule->delete_by);
	} else {
		const struct period years = {
		    .years = (uint32_t)rule->statutory.years};

		term_period(t, &years);
		prose_add(t, "%s",
			  rule->statutory.year_end
			      ? TR(t, " vom Jahresende an", " from year end")
			      : "");
	}
	page_said_cell(w->pg);
}

static void class_cell(const struct paper *w, const struct rule **sorted,
		       const struct rule *like, enum policy_start start)
{
	struct prose *t = page_say(w->pg);
	bool first = true;

	for (size_t i = 0; i < w->p->rules_len; i++) {
		if (sorted[i]->from != start || !same_period(sorted[i], like))
			continue;
		prose_add(t, "%s`%s`", first ? "" : "\n", sorted[i]->name.text);
		first = false;
	}
	if (first)
		prose_add(t, "–");
	page_said_cell(w->pg);
}

static void classes(const struct paper *w)
{
	const struct rule *sorted[RULES_MAX];
	const char *heads[PAGE_COLUMNS_MAX] = {
	    PR(w, "Regellöschfrist", "Standard period")};
	enum policy_start starts[POLICY_STARTS];
	size_t len = 0;

	for (int s = 0; s < POLICY_STARTS; s++)
		if (start_used(w->p, (enum policy_start)s)) {
			starts[len++] = (enum policy_start)s;
			heads[len] =
			    term_start(w->pg->t.tongue, (enum policy_start)s);
		}
	for (size_t i = 0; i < w->p->rules_len; i++)
		sorted[i] = &w->p->rules[i];
	qsort(sorted, w->p->rules_len, sizeof(sorted[0]), by_length);
	page_head(w->pg, 2, "%s", PR(w, "3 Löschklassen", "3 Classes"));
	page_text(w->pg, "%s",
		  PR(w,
		     "Die Zeilen sind die Standardfristen, die Spalten die "
		     "Arten des Startzeitpunkts.",
		     "The rows are the standard periods, the columns the kinds "
		     "of start."));
	page_table(w->pg, len + 1, heads);
	for (size_t i = 0; i < w->p->rules_len; i++) {
		if (i > 0 && same_period(sorted[i - 1], sorted[i]))
			continue;
		period_cell(w, sorted[i]);
		for (size_t k = 0; k < len; k++)
			class_cell(w, sorted, sorted[i], starts[k]);
	}
	page_table_end(w->pg);
}

/* --- how it is carried out ------------------------------------------------ */

static void systems(const struct paper *w)
{
	static const struct {
		const char *system, *what[2], *how[2];
		enum paper_feature feature;
	} rows[] = {
	    {"postern.db",
	     {"Nachrichten, Vorgänge, Personen; Inhalte versiegelt",
	      "messages, conversations, persons; contents sealed"},
	     {"Zeilen löschen, freier Platz wird überschrieben, das Journal "
	      "der "
	      "Datenbank wird geleert",
	      "rows are deleted, free space is overwritten, the database's "
	      "journal is emptied"},
	     FEATURE_SWEEP},
	    {"media/",
	     {"Anhänge, versiegelt", "attachments, sealed"},
	     {"Datei mit ihrer Nachricht entfernen",
	      "the file goes with its message"},
	     FEATURE_SWEEP},
	    {"keeper.db",
	     {"Schlüssel je Person, Datenart und Jahr",
	      "keys per person, Datenart and year"},
	     {"Schlüssel vernichten, wenn sein letzter Datensatz gelöscht ist; "
	      "das ersetzt das Löschen nicht",
	      "the key is destroyed with its last record; it does not replace "
	      "deletion"},
	     FEATURE_SWEEP},
	    {"spool/",
	     {"angenommene, noch nicht verarbeitete Meldungen, versiegelt",
	      "accepted bodies not processed yet, sealed"},
	     {"entfällt mit der Verarbeitung; der Schlüssel gilt eine "
	      "Viertelstunde",
	      "gone once processed; its key is of one quarter of an hour"},
	     FEATURE_ALWAYS},
	    {"outbox",
	     {"was noch zuzustellen ist", "what is still to be delivered"},
	     {"Zeile entfällt mit der Zustellung",
	      "the row goes with its delivery"},
	     FEATURE_ALWAYS},
	    {"packages/",
	     {"Kopien für Betroffene, versiegelt",
	      "copies for data subjects, sealed"},
	     {"Datei und Schlüssel entfallen, wenn die Kopie abgeholt ist, "
	      "sonst nach der Regel `EXPORT`",
	      "file and key go when the copy was fetched, else by the rule "
	      "of `EXPORT`"},
	     FEATURE_REQUESTS},
	    {"erasures.log",
	     {"zufällige Kennungen des Gelöschten, keine personenbezogenen "
	      "Daten",
	      "random ids of what was erased, no personal data"},
	     {"nach dem Einspielen einer Sicherung wird alles Gelöschte erneut "
	      "gelöscht, bevor der Betrieb beginnt",
	      "after a restore all that was erased is erased again before "
	      "operation begins"},
	     FEATURE_REPLAY},
	};
	const char *const heads[] = {
	    PR(w, "System", "System"), PR(w, "Inhalt", "Content"),
	    PR(w, "Vorgabe", "Requirement"), PR(w, "Stand", "State")};
	enum tongue l = w->pg->t.tongue;

	page_head(w->pg, 3, "%s", PR(w, "5.1 Je System", "5.1 By system"));
	page_table(w->pg, 4, heads);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		page_cell(w->pg, "`%s`", rows[i].system);
		page_cell(w->pg, "%s", rows[i].what[l]);
		page_cell(w->pg, "%s", rows[i].how[l]);
		page_cell(w->pg, "%s", paper_state(l, rows[i].feature));
	}
	page_table_end(w->pg);
}

static void across(const struct paper *w)
{
	page_head(w->pg, 3, "%s",
		  PR(w, "5.2 Übergreifend", "5.2 Across systems"));
	page_item(w->pg, "%s",
		  PR(w,
		     "Sicherungen: Daten und Schlüssel liegen nie in derselben "
		     "Sicherung; ältere Sicherungen laufen mit ihrer Rotation "
		     "aus, deren Frist der Betrieb festlegt.",
		     "Backups: data and keys are never in the same backup; "
		     "older ones expire with their rotation, whose period "
		     "operations lay down."));
	page_item(
	    w->pg, "%s",
	    PR(w,
	       "Ein einziger Weg führt zum Löschen: Lauf, Antrag, eigene "
	       "Löschung der Person und Eingriff des Betriebs gehen durch "
	       "dieselbe Prüfung auf Aussetzung, Gesetz und "
	       "Einschränkung.",
	       "There is one way to erase: run, request, a person's own "
	       "deletion and an operator's act pass the same check of "
	       "hold, law and restriction."));
	page_item(
	    w->pg,
	    PR(w,
	       "Protokolle enthalten keine personenbezogenen Daten. Stand "
	       "der Löschläufe nach Frist: %s.",
	       "Logs hold no personal data. State of the runs by period: "
	       "%s."),
	    paper_state(w->pg->t.tongue, FEATURE_SWEEP));
	page_item(w->pg, "%s",
		  PR(w,
		     "Kennzahlen entstehen im Augenblick des Ereignisses, "
		     "nennen weder Betroffene noch Beschäftigte und "
		     "überdauern deshalb jede Löschung; Zahlen unter 5, und "
		     "was sie verriete, werden niemandem gezeigt.",
		     "Figures are counted at the moment of the event, name "
		     "neither subjects nor staff and therefore outlive every "
		     "deletion; numbers below 5, and what would tell them, "
		     "are shown to nobody."));
}

static void others(const struct paper *w)
{
	page_head(w->pg, 3, "%s",
		  PR(w, "5.3 Empfänger und Dienstleister",
		     "5.3 Recipients and providers"));
	for (size_t i = 0; i < w->p->helpdesks_len; i++)
		page_item(w->pg,
			  PR(w,
			     "Helpdesk `%s`: hält eigene Kopien nach eigener "
			     "Regel; von einer Löschung wird er unterrichtet "
			     "(%s).",
			     "Helpdesk `%s`: keeps copies by a rule of its "
			     "own; it is told of an erasure (%s)."),
			  w->p->helpdesks[i].name.text,
			  paper_state(w->pg->t.tongue, FEATURE_RECIPIENTS));
	for (size_t i = 0; i < w->in->channels_len; i++) {
		const struct render_channel *c = &w->in->channels[i];

		page_item(w->pg,
			  PR(w,
			     "Anbieter des Kanals `%s`: %s; Löschung dort nach "
			     "Vertrag %s.",
			     "Provider of the channel `%s`: %s; deletion there "
			     "by contract %s."),
			  c->name.text, term_role(w->pg->t.tongue, c->role),
			  c->contract[0] != '\0'
			      ? c->contract
			      : PR(w, "(nicht angegeben)", "(not stated)"));
	}
}

static const char *people(const struct paper *w, int64_t n)
{
	return n == 1 ? PR(w, "Person", "person") : PR(w, "Personen", "people");
}

static void governance(const struct paper *w)
{
	const struct policy_approvals *a = &w->p->approvals;
	struct prose *t;

	page_head(w->pg, 2, "%s",
		  PR(w, "6 Aussetzung, Einschränkung und Änderungen",
		     "6 Hold, restriction and changes"));
	page_text(
	    w->pg,
	    PR(w,
	       "Streitfälle werden durch Aussetzung der Löschung gelöst, "
	       "nicht durch längere Regeln. Eine Aussetzung braucht die "
	       "Zustimmung von %lld %s; sie hält die Löschung an "
	       "und erlaubt keine Nutzung (%s).",
	       "Disputes are solved by suspending deletion, not by longer "
	       "rules. A hold needs the consent of %lld %s; it stops "
	       "deletion and permits no use (%s)."),
	    (long long)a->hold, people(w, a->hold),
	    paper_state(w->pg->t.tongue, FEATURE_HOLD));
	t = page_say(w->pg);
	prose_add(t,
		  TR(t,
		     "Eine Änderung dieser Regeln braucht die Zustimmung von "
		     "%lld %s außer der, die sie vorschlägt (%s)",
		     "A change of these rules needs the consent of %lld %s "
		     "besides whoever proposes it (%s)"),
		  (long long)a->policy, people(w, a->policy),
		  paper_state(t->tongue, FEATURE_APPROVALS));
	if (period_days_max(&a->delay) > 0) {
		prose_add(
		    t, "%s",
		    TR(t, "; eine kürzere Frist für vorhandene Daten wartet: ",
		       "; a shorter period for existing data waits: "));
		term_period(t, &a->delay);
	}
	prose_add(t, ".");
	page_said_text(w->pg);
}

/* --- what is missing ------------------------------------------------------ */

static void gap_of(const struct paper *w, const struct rule *rule)
{
	const struct {
		const char *text, *words;
	} all[] = {
	    {rule->description, PR(w, "Beschreibung (`description`)",
				   "description (`description`)")},
	    {rule->subjects,
	     PR(w, "Betroffene (`subjects`)", "subjects (`subjects`)")},
	    {rule->owner,
	     PR(w, "Verantwortliche (`owner`)", "owner (`owner`)")},
	    {rule->justification, PR(w, "Begründung (`justification`)",
				     "justification (`justification`)")},
	};
	struct prose *t = page_say(w->pg);
	size_t len = 0, at = 0;

	for (size_t i = 0; i < COUNT_OF(all); i++)
		len += !all[i].text;
	if (len == 0)
		return;
	prose_add(t, TR(t, "`%s` fehlt: ", "`%s` lacks: "), rule->name.text);
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		if (all[i].text)
			continue;
		prose_between(t, at++, len);
		prose_add(t, "%s", all[i].words);
	}
	page_said_item(w->pg);
}

static void gaps(const struct paper *w)
{
	bool any = false;

	page_head(w->pg, 2, "%s",
		  PR(w, "7 Was noch fehlt", "7 What is missing"));
	for (size_t i = 0; i < w->p->rules_len; i++) {
		const struct rule *rule = &w->p->rules[i];

		any |= !rule->description || !rule->subjects || !rule->owner ||
		       !rule->justification;
	}
	if (!any) {
		page_text(w->pg, "%s",
			  PR(w,
			     "Nichts: jede Datenart ist vollständig "
			     "beschrieben.",
			     "Nothing: each Datenart is described in full."));
		return;
	}
	page_gap(
	    w->pg, "%s",
	    PR(w,
	       "Diese Angaben verlangt DIN 66398, und das Regelwerk macht sie "
	       "nicht:",
	       "DIN 66398 wants these, and the policy does not say them:"));
	for (size_t i = 0; i < w->p->rules_len; i++)
		gap_of(w, &w->p->rules[i]);
}

void paper_concept(const struct paper *w)
{
	scope(w);
	terms(w);
	classes(w);
	paper_catalogue(w);
	page_head(w->pg, 2, "%s",
		  PR(w, "5 Umsetzungsvorgaben", "5 How it is carried out"));
	systems(w);
	across(w);
	others(w);
	governance(w);
	gaps(w);
}
