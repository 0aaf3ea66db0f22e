/* paper_measures.c - technical and organisational measures, with the ids of
 * the standard data protection model (SDM, compliance 3.5).
 *
 * The ids are those of its tables of measures, version 1.0 (dl-de/by-2-0);
 * what Postern does about them is our own text. */
#include "paper.h"

struct measure {
	const char *ids;
	const char *what[2], *how[2];
	enum paper_feature feature;
};

static const struct measure erase[] = {
    {"M60.D01 M60.D02",
     {"Einzelne Datensätze löschen, ohne den Rest zu beschädigen",
      "Single records can be erased without damage to the rest"},
     {"Löschen je Person und Datenart; jede Datenart hat eigene Schlüssel je "
      "Person und Jahr",
      "Erasure by person and Datenart; each Datenart has keys of its own per "
      "person and year"},
     FEATURE_ALWAYS},
    {"M60.S01 M60.P09 M60.P10",
     {"Überschreiben; Regeln für Schlüssel zu löschender Daten",
      "Overwriting; rules for keys of data to be erased"},
     {"Zeilen werden gelöscht und überschrieben, danach wird der Schlüssel "
      "vernichtet; der Schlüssel allein zählt nicht als Löschung",
      "Rows are deleted and overwritten, then the key is destroyed; the key "
      "alone does not count as erasure"},
     FEATURE_ALWAYS},
    {"M60.P01 M60.P02 M60.P03",
     {"Löschfristen festlegen und dokumentieren, Löschkonzept",
      "Periods are laid down and documented, deletion concept"},
     {"Jede Datenart hat genau eine Regel; Löschkonzept und Verzeichnis werden "
      "aus derselben Datei erzeugt",
      "Each Datenart has exactly one rule; concept and record are made from "
      "the same file"},
     FEATURE_ALWAYS},
    {"M60.S05 M60.S06",
     {"Löschungen datensparsam protokollieren",
      "Erasures are logged without the data"},
     {"`erasures.log` und `forgotten.log` halten zufällige Kennungen, keine "
      "Inhalte",
      "`erasures.log` and `forgotten.log` hold random ids, no contents"},
     FEATURE_REPLAY},
    {"M60.S07 M60.S08 M60.S09 M60.P06",
     {"Fristen überwachen und zeitgesteuert löschen",
      "Periods are watched and data erased on time"},
     {"Fällige Daten werden aus Startereignis und Regel berechnet; ein "
      "täglicher Lauf löscht sie, mit Obergrenze und Freigabe, wenn es mehr "
      "sind als zuletzt freigegeben",
      "What is due is computed from start event and rule; a daily run erases "
      "it, with a cap and an approval if it is more than was approved last"},
     FEATURE_SWEEP},
    {"M60.S10 M60.P08",
     {"Gelöschtes kommt aus Sicherungen nicht zurück",
      "What was erased does not come back from backups"},
     {"Vor dem Betrieb wird nach einer Rücksicherung alles Gelöschte erneut "
      "gelöscht; Schlüssel liegen nie in derselben Sicherung",
      "After a restore, all erasures are repeated before operation begins; "
      "keys are never in the same backup"},
     FEATURE_REPLAY},
    {"M60.P07",
     {"Der Grund bestimmt, wie gelöscht wird",
      "The reason decides how erasure is done"},
     {"Eine Prüfung für alle Wege: Frist, Antrag, Widerruf, Widerspruch; "
      "Aussetzung hält die Löschung an",
      "One check for all ways: period, request, withdrawal, objection; a hold "
      "stops erasure"},
     FEATURE_HOLD},
    {"M60.P12 M60.P13 M60.P14",
     {"Übermittlungen kennen und Empfänger unterrichten",
      "Disclosures are known and recipients told"},
     {"Helpdesks werden von Löschungen signiert unterrichtet, "
      "Auftragsverarbeiter über OpenDSR; je Empfänger steht fest, ob es "
      "angekommen ist",
      "Helpdesks get signed notices of erasures, processors are told by "
      "OpenDSR; the state of each recipient is on record"},
     FEATURE_RECIPIENTS},
};

static const struct measure restrict_[] = {
    {"M62.D08 M62.D09",
     {"Die Einschränkung übersteht Sicherung und Rücksicherung",
      "The restriction survives backup and restore"},
     {"Wird vor der ersten Anfrage wieder gesetzt",
      "is set again before the first request is served"},
     FEATURE_RESTRICT},
    {"M62.D12",
     {"Neutrale Kennzeichnung", "Neutral wording of the mark"},
     {"Kennzeichen ohne Grund oder Wertung",
      "the mark carries no reason and no judgement"},
     FEATURE_RESTRICT},
    {"M62.S02 M62.S03",
     {"Die übliche Suche findet Eingeschränktes nicht",
      "The usual search does not find what is restricted"},
     {"Listen, Kennzahlen und Helpdesk enthalten es nicht; die Auskunft an "
      "die Person nennt es",
      "lists, figures and helpdesk do not contain it; the person's own copy "
      "does"},
     FEATURE_RESTRICT},
    {"M62.S05 M62.D06",
     {"Verschlüsselung nach dem Stand der Technik",
      "State of the art encryption"},
     {"Alle Inhalte liegen versiegelt; Schlüssel hält ein eigener Prozess ohne "
      "Netz",
      "All contents are sealed; keys are held by a process of its own without "
      "a network"},
     FEATURE_ALWAYS},
};

static const struct measure correct[] = {
    {"M61.D03 M61.D04",
     {"Zeitliche Verläufe nachvollziehen", "Histories can be followed"},
     {"Änderungen und Löschungen der Absender sind mit ihrer Zeit "
      "festgehalten",
      "edits and deletions of senders are kept with their time"},
     FEATURE_ALWAYS},
    {"M61.P09",
     {"Offenlegungen dokumentieren", "Disclosures are documented"},
     {"Je Nachricht steht fest, ob und wie sie weitergegeben wurde",
      "for each message it is on record whether and how it was forwarded"},
     FEATURE_ALWAYS},
    {"M61.P02",
     {"Auskunft erteilen", "Access is given"},
     {"Auskunftspaket aus allen Datenarten einer Person",
      "access package from all Datenarten of a person"},
     FEATURE_REQUESTS},
};

static const struct measure log_[] = {
    {"M43.D01 M43.D02 M43.D03 M43.D04",
     {"Wer, wann, was, von wem protokolliert",
      "Who, when, what, logged by whom"},
     {"Jede Zeile nennt Zeit (UTC), Prozess und Ereignis, nie "
      "personenbezogene Daten",
      "each line names time (UTC), process and event, never personal data"},
     FEATURE_ALWAYS},
    {"M43.D05",
     {"Eigene Löschfrist für Protokolle", "Logs have a period of their own"},
     {"Das prüfbare Protokoll hat eine eigene (`ledger: keep`); für das "
      "Systemprotokoll legt sie der Betrieb fest",
      "the verifiable log has its own (`ledger: keep`); operations lay down "
      "that of the system's log"},
     FEATURE_ALWAYS},
    {"M43.D06 M43.D07",
     {"Lesen, Ändern, Löschen, Übermitteln unverändert festhalten",
      "Reading, changing, erasing, transmitting are kept unaltered"},
     {"Prüfbares Protokoll mit Merkle-Baum und signierten Prüfpunkten",
      "verifiable log with a Merkle tree and signed checkpoints"},
     FEATURE_LEDGER},
    {"M43.D19",
     {"Zertifizierte Zeitstempel", "Certified time stamps"},
     {"Zeitstempel nach RFC 3161 auf den Prüfpunkten, wenn ein Dienst "
      "eingestellt ist (`ledger: stamp`)",
      "RFC 3161 time stamps on the checkpoints, if an authority is set "
      "(`ledger: stamp`)"},
     FEATURE_LEDGER},
};

static const struct measure document[] = {
    {"M42.P20",
     {"Verzeichnis der Verarbeitungstätigkeiten", "Record of processing"},
     {"`postern policy render --what verzeichnis`",
      "`postern policy render --what verzeichnis`"},
     FEATURE_ALWAYS},
    {"M42.P22",
     {"Löschkonzept", "Deletion concept"},
     {"`postern policy render --what loeschkonzept`",
      "`postern policy render --what loeschkonzept`"},
     FEATURE_ALWAYS},
    {"M42.P26",
     {"Einwilligungen dokumentieren", "Consents are documented"},
     {"Ereignisse mit Wortlaut, Zeit und Beleg, nie verändert",
      "events with wording, time and evidence, never changed"},
     FEATURE_CONSENT},
};

static const struct measure separate[] = {
    {"M50.S03",
     {"Mandanten voneinander isolieren", "Tenants are isolated"},
     {"Eine Instanz dient genau einem Verantwortlichen; drei Prozesse, jeder "
      "mit eigenen Rechten",
      "one instance serves exactly one controller; three processes, each with "
      "rights of its own"},
     FEATURE_ALWAYS},
    {"M50.S07 M50.S13",
     {"Getrennte Protokolle", "Separate logs"},
     {"Jede Instanz hat ihr eigenes Protokoll",
      "each instance has its own log"},
     FEATURE_ALWAYS},
};

static const struct measure keep[] = {
    {"M11.S14 M11.S16",
     {"Beweiswert erhalten, Unversehrtheit prüfen",
      "Evidence is preserved, integrity checked"},
     {"Jeder versiegelte Wert ist beim Öffnen geprüft; Prüfpunkte für das "
      "Protokoll",
      "each sealed value is verified when opened; checkpoints for the log"},
     FEATURE_LEDGER},
};

/* --- what this policy adds ------------------------------------------------ */

static void desk_items(const struct paper *w)
{
	for (size_t i = 0; i < w->p->helpdesks_len; i++) {
		const struct helpdesk_rule *h = &w->p->helpdesks[i];

		page_item(w->pg,
			  PR(w, "Helpdesk `%s` erfährt von der Person: %s.",
			     "Helpdesk `%s` is told of the person: %s."),
			  h->name.text,
			  term_person(w->pg->t.tongue, h->person));
	}
}

static void redact_item(const struct paper *w)
{
	struct prose *t;

	if (w->p->finders_len == 0)
		return;
	t = page_say(w->pg);
	prose_add(t, "%s",
		  TR(t, "Unkenntlich gemacht werden: ", "Taken out are: "));
	for (size_t i = 0; i < w->p->finders_len; i++)
		prose_add(t, "%s`%s`", i == 0 ? "" : ", ",
			  policy_finder_name(w->p, i));
	prose_add(t, " (%s).", paper_state(t->tongue, FEATURE_REDACT));
	page_said_item(w->pg);
}

static void own(const struct paper *w)
{
	const struct policy_approvals *a = &w->p->approvals;

	page_head(w->pg, 2, "%s",
		  PR(w, "1 Was dieses Regelwerk festlegt",
		     "1 What this policy lays down"));
	page_item(w->pg,
		  PR(w, "%zu Datenarten mit je genau einer Löschregel.",
		     "%zu Datenarten with exactly one rule of deletion each."),
		  w->p->rules_len);
	desk_items(w);
	redact_item(w);
	page_item(
	    w->pg,
	    PR(w,
	       "Zustimmung zu einer Änderung des Regelwerks, außer von dem, "
	       "der sie vorschlägt: %lld (%s).",
	       "Consent to a change of the policy, besides whoever "
	       "proposes it: %lld (%s)."),
	    (long long)a->policy,
	    paper_state(w->pg->t.tongue, FEATURE_APPROVALS));
	page_item(
	    w->pg,
	    PR(w,
	       "Zustimmung: %lld für eine Löschaussetzung (%s), %lld für "
	       "das Aufdecken eines Alias (%s).",
	       "Consent of: %lld for a hold (%s), %lld for unmasking "
	       "(%s)."),
	    (long long)a->hold, paper_state(w->pg->t.tongue, FEATURE_HOLD),
	    (long long)a->unmask, paper_state(w->pg->t.tongue, FEATURE_UNMASK));
	for (size_t i = 0; i < w->in->channels_len; i++)
		page_item(w->pg,
			  PR(w,
			     "Anbieter des Kanals `%s`: %s; zu prüfen bis %s.",
			     "Provider of the channel `%s`: %s; to be reviewed "
			     "by %s."),
			  w->in->channels[i].name.text,
			  term_role(w->pg->t.tongue, w->in->channels[i].role),
			  w->in->channels[i].review[0] != '\0'
			      ? w->in->channels[i].review
			      : "–");
}

/* --- tables --------------------------------------------------------------- */

static void table(const struct paper *w, const struct measure *rows, size_t len)
{
	const char *const heads[] = {
	    PR(w, "Nummer", "Number"), PR(w, "Maßnahme", "Measure"),
	    PR(w, "Umsetzung", "How"), PR(w, "Stand", "State")};
	enum tongue l = w->pg->t.tongue;

	page_table(w->pg, 4, heads);
	for (size_t i = 0; i < len; i++) {
		page_cell(w->pg, "%s", rows[i].ids);
		page_cell(w->pg, "%s", rows[i].what[l]);
		page_cell(w->pg, "%s", rows[i].how[l]);
		page_cell(w->pg, "%s", paper_state(l, rows[i].feature));
	}
	page_table_end(w->pg);
}

void paper_measures(const struct paper *w)
{
	static const struct {
		const char *title[2];
		const struct measure *rows;
		size_t len;
	} blocks[] = {
	    {{"2.1 Löschen (Baustein 60)", "2.1 Erasure (block 60)"},
	     erase,
	     COUNT_OF(erase)},
	    {{"2.2 Einschränken (Baustein 62)", "2.2 Restriction (block 62)"},
	     restrict_,
	     COUNT_OF(restrict_)},
	    {{"2.3 Berichtigen (Baustein 61)", "2.3 Rectification (block 61)"},
	     correct,
	     COUNT_OF(correct)},
	    {{"2.4 Protokollieren (Baustein 43)", "2.4 Logging (block 43)"},
	     log_,
	     COUNT_OF(log_)},
	    {{"2.5 Dokumentieren (Baustein 42)",
	      "2.5 Documentation (block 42)"},
	     document,
	     COUNT_OF(document)},
	    {{"2.6 Trennen (Baustein 50)", "2.6 Separation (block 50)"},
	     separate,
	     COUNT_OF(separate)},
	    {{"2.7 Aufbewahren (Baustein 11)", "2.7 Storage (block 11)"},
	     keep,
	     COUNT_OF(keep)},
	};

	page_text(
	    w->pg, "%s",
	    PR(w,
	       "Maßnahmen nach Art. 24, 25 und 32 DSGVO, soweit Postern "
	       "sie zeigt, mit den Nummern des "
	       "Standard-Datenschutzmodells. Die Spalte „Stand“ sagt, was "
	       "diese Fassung tut.",
	       "Measures under Art. 24, 25 and 32 GDPR as far as Postern "
	       "shows them, with the numbers of the German standard data "
	       "protection model (SDM). The column “State” says what this "
	       "version does."));
	own(w);
	page_head(w->pg, 2, "%s",
		  PR(w, "2 Maßnahmen des Standard-Datenschutzmodells",
		     "2 Measures of the SDM"));
	for (size_t i = 0; i < COUNT_OF(blocks); i++) {
		page_head(w->pg, 3, "%s", blocks[i].title[w->pg->t.tongue]);
		table(w, blocks[i].rows, blocks[i].len);
	}
	page_text(w->pg, "%s",
		  PR(w,
		     "Nummern: Konferenz der unabhängigen "
		     "Datenschutzaufsichtsbehörden des Bundes und der Länder, "
		     "Bausteine des Standard-Datenschutzmodells, "
		     "Maßnahmentabellen V1.0, Datenlizenz Deutschland – "
		     "Namensnennung – Version 2.0 "
		     "(www.govdata.de/dl-de/by-2-0), "
		     "github.com/datenschutzmodell/bausteine; der Wortlaut der "
		     "Maßnahmen ist hier gekürzt wiedergegeben.",
		     "Numbers: conference of the independent data protection "
		     "authorities of Germany, building blocks of the SDM, "
		     "tables of measures V1.0, Data licence Germany – "
		     "attribution – version 2.0 (www.govdata.de/dl-de/by-2-0), "
		     "github.com/datenschutzmodell/bausteine; the wording is "
		     "given here in short."));
}
