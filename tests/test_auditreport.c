/* test_auditreport.c - a period of the proof log as a paper.
 * Proves: compliance 3.5. */
#include "rows.h"

#include "postern/auditreport.h"
#include "postern/caldate.h"
#include "postern/ledgerentry.h"

#define PAGE_BYTES (1u << 20)

static void facts_of(struct audit_facts *ret)
{
	static const char *const vkeys[] = {"log+00000000+AQ=="};
	static const char *const events[] = {"consent.given", "erase.executed",
					     "not.known"};
	static const uint64_t first[] = {2, 0, 1}, second[] = {0, 7, 0};
	static struct audit_day days[2];
	static const struct audit_witness witnesses[] = {
	    {.name = "w.example/<b>",
	     .signed_ = 3,
	     .last_ms = 1767225600000,
	     .verified = true},
	    {.name = "other.example", .signed_ = 1}};
	static const struct audit_stamp stamps[] = {
	    {.size = 12, .at_ms = 1767225600000, .good = true},
	    {.size = 13, .at_ms = 1767225600000},
	    {.size = 14, .at_ms = 1767225600000, .why = "flipped & torn"}};

	days[0] = (struct audit_day){.day = caldate_day(2026, 1, 1),
				     .of_event = first};
	days[1] = (struct audit_day){.day = caldate_day(2026, 1, 3),
				     .of_event = second,
				     .checkpoints = 4};
	*ret = (struct audit_facts){.controller = "Muster & Söhne GmbH",
				    .origin = "gateway.example/audit",
				    .root = "AAAA",
				    .vkeys = vkeys,
				    .vkeys_len = 1,
				    .from_day = caldate_day(2026, 1, 1),
				    .to_day = caldate_day(2026, 1, 31),
				    .made_ms = 1767225600000,
				    .size = 14,
				    .entries = 10,
				    .first = 3,
				    .last = 12,
				    .events = events,
				    .events_len = 3,
				    .days = days,
				    .days_len = 2,
				    .checkpoints = 4,
				    .gap_ms = 2 * DAY_MS,
				    .gap_at_ms = 1767225600000,
				    .witnesses = witnesses,
				    .witnesses_len = 2,
				    .stamps = stamps,
				    .stamps_len = 3};
}

static char *page_of(const struct audit_facts *facts, enum tongue tongue)
{
	struct buf page = BUF_INIT(PAGE_BYTES);
	struct err err = {0};
	char *ret;

	assert_int_equal(auditreport_page(facts, tongue, &page, &err), 0);
	ret = strndup((const char *)page.bytes, page.len);
	assert_non_null(ret);
	buf_free(&page);
	return ret;
}

static void expect(const char *page, const char *part)
{
	if (strstr(page, part) == NULL)
		print_error("expected: %s\n", part);
	assert_non_null(strstr(page, part));
}

static void it_tells_what_is_there_in_both_languages(void **state)
{
	struct audit_facts facts;
	char *de, *en;

	(void)state;
	facts_of(&facts);
	de = page_of(&facts, TONGUE_DE);
	en = page_of(&facts, TONGUE_EN);
	expect(de, "lang=\"de\"");
	expect(de, "Prüfbericht");
	/* Entries are counted, not what they tell of. */
	expect(de, "data-label=\"Einträge\">2</td><td data-label=\"Ereignis\">"
		   "Einwilligung erteilt</td>");
	expect(de, "2026-01-01 bis 2026-01-31");
	expect(de, "3 bis 12, ohne Lücke");
	expect(de, "48 Stunden");
	expect(de, "kein Wurzelzertifikat");
	expect(de, "Entfernt wurde bisher nichts");
	expect(en, "lang=\"en\"");
	expect(en, "Audit report");
	expect(en, "Consent given");
	expect(en, "consent.given 2, not.known 1");
	expect(en, "M60.S05 M60.S06");
	expect(en, "M42.P26");
	expect(en, "stamps/12.tsr");
	expect(en, "2026-01-03");
	free(de);
	free(en);
}

static void nothing_in_it_is_taken_for_markup(void **state)
{
	struct audit_facts facts;
	char *page;

	(void)state;
	facts_of(&facts);
	page = page_of(&facts, TONGUE_EN);
	expect(page, "Muster &amp; Söhne");
	expect(page, "w.example/&lt;b&gt;");
	expect(page, "flipped &amp; torn");
	assert_null(strstr(page, "<script"));
	assert_null(strstr(page, "<b>"));
	assert_null(strstr(page, "http-equiv=\"refresh"));
	expect(page, "default-src 'none'");
	free(page);
}

static void what_is_missing_is_said(void **state)
{
	struct audit_facts facts;
	char *page;

	(void)state;
	facts_of(&facts);
	facts.entries = 0;
	facts.days_len = 0;
	facts.checkpoints = 0;
	facts.witnesses_len = 0;
	facts.stamps_len = 0;
	facts.vkeys_len = 0;
	facts.pruned = 512;
	facts.waiting = 9;
	facts.controller = "";
	page = page_of(&facts, TONGUE_EN);
	expect(page, "There is no entry in the period.");
	expect(page, "No witness has signed.");
	expect(page, "There is no time stamp in the period.");
	expect(page, "not published");
	expect(page, "The first 512 entries were pruned");
	expect(page, "Not signed yet");
	free(page);
}

/* Every event has words and measures; every measure exists. */
static bool measure_exists(const char *id)
{
	char name[64], line[2048];
	bool found = false;
	FILE *in;

	(void)snprintf(name, sizeof(name), "sdm/massnahmen_%.2s.csv", id + 1);
	in = rows_open(name);
	assert_non_null(in);
	while (!found && fgets(line, sizeof(line), in) != NULL)
		found = strstr(line, id) != NULL;
	(void)fclose(in);
	return found;
}

static void measures_exist(const char *text)
{
	char id[8] = "";

	for (; (text = strchr(text, 'M')) != NULL; text++)
		if (sscanf(text, "M%2[0-9].%c%2[0-9]", id, id + 4, id + 5) ==
		    3) {
			(void)snprintf(id, sizeof(id), "%.7s", text);
			if (!measure_exists(id))
				print_error("no measure %s\n", id);
			assert_true(measure_exists(id));
		}
}

static void every_event_is_evidence_for_measures_that_exist(void **state)
{
	FILE *there = rows_open("sdm/massnahmen_60.csv");
	struct audit_facts facts;
	char *page;

	(void)state;
	if (there == NULL)
		skip();
	(void)fclose(there);
	for (int i = 0; i < LEDGER_EVENTS_COUNT; i++) {
		const char *name = ledger_event_name((enum ledger_event)i);
		const char *measures = auditreport_measures(name);

		if (measures == NULL)
			print_error("no row for %s\n", name);
		assert_non_null(measures);
		assert_true(strlen(measures) >= 7);
		measures_exist(measures);
	}
	facts_of(&facts);
	page = page_of(&facts, TONGUE_EN);
	measures_exist(page);
	free(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_tells_what_is_there_in_both_languages),
	    cmocka_unit_test(nothing_in_it_is_taken_for_markup),
	    cmocka_unit_test(what_is_missing_is_said),
	    cmocka_unit_test(every_event_is_evidence_for_measures_that_exist),
	};

	return cmocka_run_group_tests_name("auditreport", tests, NULL, NULL);
}
