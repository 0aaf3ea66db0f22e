/* auditreport.c - a period of the proof log as a paper for auditors. */
#include "postern/auditreport.h"

#include <inttypes.h>

#include "auditreport_terms.h"
#include "page.h"
#include "postern/caldate.h"

#define MINUTE_MS 60000
#define HOUR_MS	  3600000
/* A checkpoint is due after five minutes if there was anything to sign; a day
 * without one is worth a look. */
#define GAP_MS DAY_MS

struct report {
	struct page pg;
	const struct audit_facts *f;
};

#define WORD(r, de, en) TR(&(r)->pg.t, de, en)

const char *auditreport_measures(const char *event)
{
	const struct audit_term *term = audit_term_of(event);

	return term != NULL ? term->measures : NULL;
}

static const char *words_of(const struct report *r, const char *event)
{
	const struct audit_term *term = audit_term_of(event);

	return term != NULL ? term->words[r->pg.t.tongue] : event;
}

/* --- 1 what was looked at ------------------------------------------------- */

static void field(struct report *r, const char *label, const char *text)
{
	page_label(&r->pg, label);
	page_cell(&r->pg, "%s", text);
}

static void field_number(struct report *r, const char *label, uint64_t n)
{
	page_label(&r->pg, label);
	page_cell(&r->pg, "%" PRIu64, n);
}

static void period(struct report *r)
{
	char from[CALDATE_BYTES], to[CALDATE_BYTES], made[INSTANT_BYTES];

	caldate_format(r->f->from_day, from);
	caldate_format(r->f->to_day, to);
	instant_format(r->f->made_ms, made);
	page_label(&r->pg, WORD(r, "Zeitraum (UTC)", "Period (UTC)"));
	page_cell(&r->pg, WORD(r, "%s bis %s", "%s to %s"), from, to);
	field(r, WORD(r, "Erstellt (UTC)", "Made (UTC)"), made);
}

static void entries(struct report *r)
{
	const struct audit_facts *f = r->f;

	field_number(r,
		     WORD(r, "Einträge im Zeitraum", "Entries of the period"),
		     f->entries);
	page_label(&r->pg, WORD(r, "Nummern", "Numbers"));
	if (f->entries > 0)
		page_cell(&r->pg,
			  WORD(r, "%" PRIu64 " bis %" PRIu64 ", ohne Lücke",
			       "%" PRIu64 " to %" PRIu64 ", without a gap"),
			  f->first, f->last);
	else
		page_cell(&r->pg, "–");
	field_number(r,
		     WORD(r, "Einträge im signierten Protokoll",
			  "Entries of the signed log"),
		     f->size);
	if (f->waiting > 0)
		field_number(r,
			     WORD(r, "Noch nicht signiert, nicht enthalten",
				  "Not signed yet, not included"),
			     f->waiting);
}

static void looked_at(struct report *r)
{
	page_head(&r->pg, 2, "%s",
		  WORD(r, "1 Gegenstand", "1 What was looked at"));
	page_fields(&r->pg);
	field(r, WORD(r, "Protokoll", "Log"), r->f->origin);
	period(r);
	entries(r);
	field(r, WORD(r, "Wurzel des Baums", "Root of the tree"), r->f->root);
	page_label(&r->pg, WORD(r, "Schlüssel", "Keys"));
	for (size_t i = 0; i < r->f->vkeys_len; i++)
		prose_add(i == 0 ? page_say(&r->pg) : &r->pg.say, "%s%s",
			  i == 0 ? "" : "\n", r->f->vkeys[i]);
	if (r->f->vkeys_len > 0)
		page_said_cell(&r->pg);
	else
		page_cell_gap(&r->pg, "%s",
			      WORD(r, "nicht veröffentlicht", "not published"));
	page_table_end(&r->pg);
}

/* --- 2 what was checked --------------------------------------------------- */

static void checked(struct report *r)
{
	page_head(&r->pg, 2, "%s", WORD(r, "2 Prüfung", "2 What was checked"));
	page_text(&r->pg, "%s",
		  WORD(r,
		       "Beim Erstellen wurde jeder Eintrag gegen die signierte "
		       "Wurzel geprüft (RFC 6962). Verlassen Sie sich nicht "
		       "darauf: jede Zeile von `entries.jsonl` trägt ihren "
		       "eigenen Beweis und lässt sich ohne dieses System "
		       "nachrechnen.",
		       "While this was made, every entry was checked against "
		       "the signed root (RFC 6962). Do not rely on that: every "
		       "line of `entries.jsonl` carries its own proof and can "
		       "be computed again without this system."));
	page_quote(&r->pg, "postern-verify --vkey KEY FOLDER");
	page_text(&r->pg, "%s",
		  WORD(r,
		       "`KEY` ist der Schlüssel des Protokolls aus einer "
		       "Quelle, der Sie trauen, nicht aus diesem Ordner; "
		       "`FOLDER` ist der Ordner, in dem dieser Bericht liegt.",
		       "`KEY` is the key of the log from a source you trust, "
		       "not from this folder; `FOLDER` is the folder this "
		       "report lies in."));
	page_text(&r->pg, "%s",
		  WORD(r,
		       "Einträge enthalten keine personenbezogenen Daten: nur "
		       "Ereignis, Zeit, zufällige Kennungen, Zahlen und "
		       "Festlegungen, die nach der Löschung einer Person "
		       "niemandem mehr zugeordnet werden können.",
		       "Entries hold no personal data: only event, time, "
		       "random ids, numbers and commitments that can be tied "
		       "to nobody once a person is erased."));
}

/* --- 3 events ------------------------------------------------------------- */

static uint64_t total_of(const struct report *r, size_t event)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < r->f->days_len; i++)
		sum += r->f->days[i].of_event[event];
	return sum;
}

static void event_row(struct report *r, size_t event, uint64_t n)
{
	const char *measures = auditreport_measures(r->f->events[event]);

	page_cell(&r->pg, "%" PRIu64, n);
	page_cell(&r->pg, "%s", words_of(r, r->f->events[event]));
	page_cell(&r->pg, "`%s`", r->f->events[event]);
	page_cell(&r->pg, "%s", measures != NULL ? measures : "–");
}

static void events(struct report *r)
{
	const char *const heads[] = {WORD(r, "Einträge", "Entries"),
				     WORD(r, "Ereignis", "Event"),
				     WORD(r, "Im Protokoll", "In the log"),
				     WORD(r, "SDM-Maßnahmen", "SDM measures")};

	page_head(&r->pg, 2, "%s", WORD(r, "3 Ereignisse", "3 Events"));
	page_table(&r->pg, 4, heads);
	for (size_t i = 0; i < r->f->events_len; i++) {
		uint64_t n = total_of(r, i);

		if (n > 0)
			event_row(r, i, n);
	}
	page_table_end(&r->pg);
	if (r->f->entries == 0)
		page_text(&r->pg, "%s",
			  WORD(r, "Im Zeitraum gibt es keinen Eintrag.",
			       "There is no entry in the period."));
}

/* --- 4 days --------------------------------------------------------------- */

static void day_row(struct report *r, const struct audit_day *d)
{
	struct prose *t;
	uint64_t sum = 0;
	size_t said = 0;
	char day[CALDATE_BYTES];

	caldate_format(d->day, day);
	for (size_t i = 0; i < r->f->events_len; i++)
		sum += d->of_event[i];
	page_cell(&r->pg, "%s", day);
	page_cell(&r->pg, "%" PRIu64, sum);
	t = page_say(&r->pg);
	for (size_t i = 0; i < r->f->events_len; i++)
		if (d->of_event[i] > 0)
			prose_add(t, "%s%s %" PRIu64, said++ > 0 ? ", " : "",
				  r->f->events[i], d->of_event[i]);
	page_said_cell(&r->pg);
	page_cell(&r->pg, "%" PRIu64, d->checkpoints);
}

static void days(struct report *r)
{
	const char *const heads[] = {
	    WORD(r, "Tag", "Day"), WORD(r, "Einträge", "Entries"),
	    WORD(r, "Davon", "Of which"), WORD(r, "Prüfpunkte", "Checkpoints")};

	page_head(&r->pg, 2, "%s", WORD(r, "4 Tage", "4 Days"));
	page_table(&r->pg, 4, heads);
	for (size_t i = 0; i < r->f->days_len; i++)
		day_row(r, &r->f->days[i]);
	page_table_end(&r->pg);
}

/* --- 5 checkpoints, witnesses, time stamps -------------------------------- */

static void longest_gap(struct report *r)
{
	char at[INSTANT_BYTES];

	if (r->f->checkpoints < 2)
		return;
	instant_format(r->f->gap_at_ms, at);
	if (r->f->gap_ms > GAP_MS)
		page_gap(&r->pg,
			 WORD(r,
			      "Längste Zeit ohne Prüfpunkt: %lld Stunden ab "
			      "%s. Was in dieser Zeit geschah, ist erst durch "
			      "den nächsten festgelegt.",
			      "Longest time without a checkpoint: %lld hours "
			      "from %s on. What happened meanwhile is fixed "
			      "only by the next one."),
			 (long long)(r->f->gap_ms / HOUR_MS), at);
	else
		page_text(&r->pg,
			  WORD(r,
			       "Längste Zeit ohne Prüfpunkt: %lld Minuten ab "
			       "%s.",
			       "Longest time without a checkpoint: %lld "
			       "minutes from %s on."),
			  (long long)(r->f->gap_ms / MINUTE_MS), at);
}

static void checkpoints(struct report *r)
{
	page_head(&r->pg, 2, "%s", WORD(r, "5 Prüfpunkte", "5 Checkpoints"));
	page_text(&r->pg,
		  WORD(r, "Signierte Prüfpunkte im Zeitraum: %" PRIu64 ".",
		       "Signed checkpoints of the period: %" PRIu64 "."),
		  r->f->checkpoints);
	longest_gap(r);
}

static void witness_row(struct report *r, const struct audit_witness *w)
{
	char last[INSTANT_BYTES];

	page_cell(&r->pg, "%s", w->name);
	page_cell(&r->pg, "%" PRIu64, w->signed_);
	if (w->last_ms > 0) {
		instant_format(w->last_ms, last);
		page_cell(&r->pg, "%s", last);
	} else {
		page_cell(&r->pg, "–");
	}
	if (w->verified)
		page_cell(&r->pg, "%s", WORD(r, "geprüft", "verified"));
	else
		page_cell_gap(&r->pg, "%s",
			      WORD(r, "nicht geprüft: kein Schlüssel bekannt",
				   "not verified: no key is known"));
}

static void witnesses(struct report *r)
{
	const char *const heads[] = {
	    WORD(r, "Zeuge", "Witness"), WORD(r, "Mitgezeichnet", "Signed"),
	    WORD(r, "Zuletzt (UTC)", "Last (UTC)"), WORD(r, "Stand", "State")};

	page_head(&r->pg, 3, "%s", WORD(r, "5.1 Zeugen", "5.1 Witnesses"));
	if (r->f->witnesses_len == 0) {
		page_gap(&r->pg, "%s",
			 WORD(r,
			      "Kein Zeuge hat mitgezeichnet. Dass nicht zwei "
			      "Protokolle geführt werden, lässt sich dann nur "
			      "an Prüfpunkten zeigen, die früher nach außen "
			      "gingen.",
			      "No witness has signed. That there are not two "
			      "logs can then be shown only by checkpoints that "
			      "went outside before."));
		return;
	}
	page_table(&r->pg, 4, heads);
	for (size_t i = 0; i < r->f->witnesses_len; i++)
		witness_row(r, &r->f->witnesses[i]);
	page_table_end(&r->pg);
}

static void stamp_row(struct report *r, const struct audit_stamp *s)
{
	char at[INSTANT_BYTES];

	instant_format(s->at_ms, at);
	page_cell(&r->pg, "%s", at);
	page_cell(&r->pg, "%" PRIu64, s->size);
	page_cell(&r->pg, "`stamps/%" PRIu64 ".tsr`", s->size);
	if (s->good)
		page_cell(&r->pg, "%s", WORD(r, "geprüft", "verified"));
	else
		page_cell_gap(&r->pg, "%s",
			      s->why != NULL
				  ? s->why
				  : WORD(r,
					 "nicht geprüft: kein "
					 "Wurzelzertifikat eingestellt",
					 "not verified: no root certificate "
					 "is set"));
}

static void stamps(struct report *r)
{
	const char *const heads[] = {
	    WORD(r, "Zeit (UTC)", "Time (UTC)"),
	    WORD(r, "Einträge darunter", "Entries below it"),
	    WORD(r, "Datei", "File"), WORD(r, "Stand", "State")};

	page_head(&r->pg, 3, "%s",
		  WORD(r, "5.2 Zeitstempel (RFC 3161)",
		       "5.2 Time stamps (RFC 3161)"));
	if (r->f->stamps_len == 0) {
		page_gap(&r->pg, "%s",
			 WORD(r, "Im Zeitraum gibt es keinen Zeitstempel.",
			      "There is no time stamp in the period."));
		return;
	}
	page_table(&r->pg, 4, heads);
	for (size_t i = 0; i < r->f->stamps_len; i++)
		stamp_row(r, &r->f->stamps[i]);
	page_table_end(&r->pg);
}

/* --- 6 gaps, 7 measures --------------------------------------------------- */

static void gaps(struct report *r)
{
	page_head(&r->pg, 2, "%s",
		  WORD(r, "6 Lücken und Entfernung", "6 Gaps and pruning"));
	page_text(&r->pg, "%s",
		  WORD(r,
		       "Die Nummern sind lückenlos; ein fehlender Eintrag "
		       "hätte diesen Bericht verhindert. Der Nachbar vor und "
		       "nach dem Zeitraum liegt bei, soweit es ihn gibt, damit "
		       "auch an seinen Rändern nichts fehlen kann.",
		       "The numbers have no gap; a missing entry would have "
		       "prevented this report. The neighbours before and after "
		       "the period are included, where there are any, so that "
		       "nothing can be missing at its ends either."));
	if (r->f->pruned > 0)
		page_text(&r->pg,
			  WORD(r,
			       "Die ersten %" PRIu64 " Einträge sind nach "
			       "ihrer eigenen Frist entfernt; ihre Hashwerte "
			       "bleiben, und spätere Beweise gelten weiter.",
			       "The first %" PRIu64
			       " entries were pruned after "
			       "their own period; their hashes stay, and later "
			       "proofs go on working."),
			  r->f->pruned);
	else
		page_text(&r->pg, "%s",
			  WORD(r, "Entfernt wurde bisher nichts.",
			       "Nothing was pruned so far."));
}

struct measure {
	const char *ids;
	const char *words[2];
};

static const struct measure measures[] = {
    {"M43.D01 M43.D02 M43.D03 M43.D04",
     {"Zeit, Instanz, Aktivität und Protokollierungsinstanz jedes Eintrags "
      "sind festgelegt (Abschnitt 3)",
      "Time, actor, activity and recording instance of every entry are laid "
      "down (section 3)"}},
    {"M43.D05",
     {"Eigene Frist der Einträge (Abschnitt 6)",
      "Entries have a period of their own (section 6)"}},
    {"M43.D06 M43.D07",
     {"Lesen, Eingeben, Ändern, Einschränken, Löschen, Übermitteln und Abrufen "
      "sind unverändert festgehalten (Abschnitte 3 und 5)",
      "Reading, entering, changing, restricting, deleting, transmitting and "
      "retrieval are kept unaltered (sections 3 and 5)"}},
    {"M43.D19",
     {"Zertifizierte Zeitstempel (Abschnitt 5.2)",
      "Certified time stamps (section 5.2)"}},
    {"M43.P04", {"Dieser Bericht", "This report"}},
    {"M60.S05 M60.S06",
     {"Löschungen sind ohne das Gelöschte protokolliert",
      "Deletions are logged without what was deleted"}},
    {"M11.S14 M11.S16",
     {"Beweiswert erhaltende Ablage, Prüfung von Integrität und Signatur "
      "(Abschnitt 2)",
      "Evidence-preserving storage, checks of integrity and signature "
      "(section 2)"}},
    {"M42.P32 M42.P36",
     {"Protokollierungskonzept und Manipulationsschutz der Dokumentation",
      "Concept of logging, documentation protected against manipulation"}},
};

static void sdm(struct report *r)
{
	const char *const heads[] = {WORD(r, "SDM-Maßnahmen", "SDM measures"),
				     WORD(r, "Was dieser Ordner dazu zeigt",
					  "What this folder shows of them")};

	page_head(&r->pg, 2, "%s",
		  WORD(r, "7 Standard-Datenschutzmodell",
		       "7 Standard data protection model"));
	page_table(&r->pg, 2, heads);
	for (size_t i = 0; i < sizeof(measures) / sizeof(measures[0]); i++) {
		page_cell(&r->pg, "%s", measures[i].ids);
		page_cell(&r->pg, "%s", measures[i].words[r->pg.t.tongue]);
	}
	page_table_end(&r->pg);
	page_text(&r->pg, "%s",
		  WORD(r,
		       "Nummern: Konferenz der unabhängigen "
		       "Datenschutzaufsichtsbehörden des Bundes und der "
		       "Länder, Bausteine des Standard-Datenschutzmodells, "
		       "Maßnahmentabellen V1.0, Datenlizenz Deutschland – "
		       "Namensnennung – Version 2.0 "
		       "(www.govdata.de/dl-de/by-2-0), "
		       "github.com/datenschutzmodell/bausteine; der Wortlaut "
		       "ist der unsere.",
		       "Numbers: conference of the independent data protection "
		       "authorities of Germany, building blocks of the SDM, "
		       "tables of measures V1.0, Data licence Germany – "
		       "attribution – version 2.0 "
		       "(www.govdata.de/dl-de/by-2-0), "
		       "github.com/datenschutzmodell/bausteine; the wording is "
		       "ours."));
}

/* --- the page ------------------------------------------------------------- */

static void write_report(struct report *r)
{
	page_begin(&r->pg,
		   WORD(r, "Prüfbericht zum Protokoll",
			"Audit report of the proof log"),
		   r->f->controller[0] != '\0' ? r->f->controller
					       : r->f->origin);
	looked_at(r);
	checked(r);
	events(r);
	days(r);
	checkpoints(r);
	witnesses(r);
	stamps(r);
	gaps(r);
	sdm(r);
	page_end(&r->pg);
}

int auditreport_page(const struct audit_facts *facts, enum tongue tongue,
		     struct buf *ret, struct err *err)
{
	struct report r = {.f = facts,
			   .pg = {.t = {.out = ret, .tongue = tongue},
				  .format = RENDER_HTML,
				  .piece = BUF_INIT(PAGE_PIECE_MAX)}};

	r.pg.say = (struct prose){.out = &r.pg.piece, .tongue = tongue};
	write_report(&r);
	buf_free(&r.pg.piece);
	return prose_end(&r.pg.t, err);
}
