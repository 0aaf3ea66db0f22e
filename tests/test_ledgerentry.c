/* test_ledgerentry.c - one spelling per entry, and no text in it.
 * Proves: compliance 6.7. */
#include "ledger_house.h"

static void print(const struct ledger_entry *e, char ret[LEDGER_ENTRY_MAX + 1])
{
	struct buf b = BUF_INIT(LEDGER_ENTRY_MAX);
	struct err err = {0};

	assert_int_equal(ledger_entry_print(e, &ledger_mask, &b, &err), 0);
	memcpy(ret, b.bytes, b.len);
	ret[b.len] = '\0';
	buf_free(&b);
}

static void an_entry_is_spelled_as_the_header_says(void **state)
{
	char text[LEDGER_ENTRY_MAX + 1], want[LEDGER_ENTRY_MAX + 1];
	struct ledger_entry e = {.event = LEDGER_CONSENT_WITHDRAWN,
				 .at_ms = LEDGER_FIRST_MS + 999,
				 .actor = LEDGER_SYSTEM,
				 .object_kind = ID_MESSAGE,
				 .object = 5,
				 .committed = true,
				 .policy = 17,
				 .reason = LEDGER_R_KEYWORD,
				 .counted = true,
				 .count = 3,
				 .rooted = true};
	char zeros[65] = {0};
	struct id_text id = {0};

	(void)state;
	memset(zeros, '0', 64);
	id_format(&ledger_mask, ID_MESSAGE, 5, &id);
	(void)snprintf(want, sizeof(want),
		       "{\"act\":\"system\",\"c\":\"%s\",\"e\":"
		       "\"consent.withdrawn\",\"n\":3,\"obj\":\"%s\",\"pol\":"
		       "17,\"r\":\"keyword\",\"root\":\"%s\",\"t\":"
		       "\"2026-11-21T18:00:00Z\",\"v\":1}",
		       zeros, id.text, zeros);
	print(&e, text);
	assert_string_equal(text, want);
	e = (struct ledger_entry){.event = LEDGER_KEYS_LOCKED,
				  .actor = LEDGER_STAFF,
				  .staff = "00112233aabbccdd"};
	print(&e, text);
	assert_string_equal(text, "{\"act\":\"st_00112233aabbccdd\",\"e\":"
				  "\"keys.locked\",\"t\":"
				  "\"1970-01-01T00:00:00Z\",\"v\":1}");
}

static void every_shape_comes_back(void **state)
{
	struct buf b = BUF_INIT(LEDGER_ENTRY_MAX),
		   again = BUF_INIT(LEDGER_ENTRY_MAX);
	struct ledger_told t;
	struct err err = {0};

	(void)state;
	for (uint64_t i = 0; i < 2000; i++) {
		struct ledger_entry e = ledger_example(i);

		b.len = again.len = 0;
		ledger_example_bytes(i, &b);
		assert_int_equal(ledger_entry_parse(b.bytes, b.len, &t, &err),
				 0);
		assert_true(t.event == e.event && t.actor == e.actor &&
			    t.reason == e.reason && t.policy == e.policy &&
			    t.counted == e.counted && t.rooted == e.rooted &&
			    t.committed == e.committed &&
			    t.count == (e.counted ? e.count : 0));
		assert_true(t.at_ms == e.at_ms);
		assert_string_equal(t.staff, e.staff);
		assert_true((t.object.text[0] != '\0') == (e.object != 0));
		assert_int_equal(ledger_told_print(&t, &again, &err), 0);
		assert_int_equal(again.len, b.len);
		assert_memory_equal(again.bytes, b.bytes, b.len);
	}
	buf_free(&again);
	buf_free(&b);
}

static void the_longest_entry_has_room(void **state)
{
	char text[LEDGER_ENTRY_MAX + 1];
	struct ledger_entry e = {.at_ms = LEDGER_FIRST_MS,
				 .actor = LEDGER_STAFF,
				 .staff = "ffffffffffffffff",
				 .object_kind = ID_REQUEST,
				 .object = INT64_MAX,
				 .committed = true,
				 .policy = LEDGER_NUMBER_MAX,
				 .counted = true,
				 .count = LEDGER_NUMBER_MAX,
				 .rooted = true};
	size_t longest = 0;

	(void)state;
	for (int event = 0; event < LEDGER_EVENTS_COUNT; event++)
		for (int r = 0; r < LEDGER_REASONS_COUNT; r++) {
			e.event = (enum ledger_event)event;
			e.reason = (enum ledger_reason)r;
			print(&e, text);
			if (strlen(text) > longest)
				longest = strlen(text);
		}
	assert_true(longest < LEDGER_ENTRY_MAX - 64);
}

static void times_are_those_of_the_calendar(void **state)
{
	static const struct {
		int64_t s;
		const char *text;
	} rows[] = {
	    {0, "1970-01-01T00:00:00Z"},
	    {951782399, "2000-02-28T23:59:59Z"},
	    {951782400, "2000-02-29T00:00:00Z"},
	    {951868800, "2000-03-01T00:00:00Z"},
	    {1709164800, "2024-02-29T00:00:00Z"},
	    {1735689599, "2024-12-31T23:59:59Z"},
	    {4107542400, "2100-03-01T00:00:00Z"},
	    {4107542399, "2100-02-28T23:59:59Z"},
	    {253402300799, "9999-12-31T23:59:59Z"},
	};
	char text[LEDGER_ENTRY_MAX + 1];
	struct ledger_told t;
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ledger_entry e = {.at_ms = rows[i].s * 1000 + 1};

		print(&e, text);
		assert_non_null(strstr(text, rows[i].text));
		assert_int_equal(
		    ledger_entry_parse(text, strlen(text), &t, &err), 0);
		assert_true(t.at_ms == rows[i].s * 1000);
	}
	/* Every day of four centuries. */
	for (int64_t day = 10957; day < 10957 + 146097; day++) {
		struct ledger_entry e = {.at_ms = day * 86400000};

		print(&e, text);
		assert_int_equal(
		    ledger_entry_parse(text, strlen(text), &t, &err), 0);
		assert_true(t.at_ms == e.at_ms);
	}
}

static void what_is_no_entry_is_not_printed(void **state)
{
	static const struct ledger_entry bad[] = {
	    {.event = LEDGER_EVENTS_COUNT},
	    {.reason = LEDGER_REASONS_COUNT},
	    {.actor = (enum ledger_actor)4},
	    {.object_kind = ID_PERSON, .object = 3},
	    {.object = -1},
	    {.policy = -1},
	    {.policy = LEDGER_NUMBER_MAX + 1},
	    {.counted = true, .count = LEDGER_NUMBER_MAX + 1},
	    {.at_ms = -1},
	    {.at_ms = INT64_C(253402300800000)},
	    {.actor = LEDGER_STAFF, .staff = ""},
	    {.actor = LEDGER_STAFF, .staff = "0123456789abcde"},
	    {.actor = LEDGER_STAFF, .staff = "0123456789abcdeF"},
	    {.actor = LEDGER_STAFF, .staff = "Erika Mustermann"},
	};
	struct buf b = BUF_INIT(LEDGER_ENTRY_MAX);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct err err = {0};

		assert_int_equal(
		    ledger_entry_print(&bad[i], &ledger_mask, &b, &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_int_equal(b.len, 0);
	}
	buf_free(&b);
}

#define TIME "\"t\":\"2026-11-21T18:00:00Z\",\"v\":1}"
#define HEAD "{\"act\":\"system\",\"e\":\"consent.given\","

static void another_spelling_is_no_entry(void **state)
{
	static const char *const bad[] = {
	    "",
	    "{}",
	    HEAD TIME " ",
	    " " HEAD TIME,
	    HEAD TIME "\n",
	    HEAD TIME TIME,
	    HEAD " " TIME,
	    "{\"act\": \"system\",\"e\":\"consent.given\"," TIME,
	    "{\"e\":\"consent.given\",\"act\":\"system\"," TIME,
	    "{\"act\":\"system\"," TIME,
	    "{\"e\":\"consent.given\"," TIME,
	    "{\"act\":\"Erika\",\"e\":\"consent.given\"," TIME,
	    "{\"act\":\"st_\",\"e\":\"consent.given\"," TIME,
	    "{\"act\":\"st_0123456789abcdeg\",\"e\":\"consent.given\"," TIME,
	    "{\"act\":\"st_0123456789abcdef0\",\"e\":\"consent.given\"," TIME,
	    "{\"act\":\"system\",\"e\":\"consent\"," TIME,
	    "{\"act\":\"system\",\"e\":\"consent.givenn\"," TIME,
	    "{\"act\":\"s\\u0079stem\",\"e\":\"consent.given\"," TIME,
	    HEAD "\"n\":01," TIME,
	    HEAD "\"n\":-1," TIME,
	    HEAD "\"n\":1.0," TIME,
	    HEAD "\"n\":1e1," TIME,
	    HEAD "\"n\":," TIME,
	    HEAD "\"n\":9007199254740992," TIME,
	    HEAD "\"n\":99999999999999999999," TIME,
	    HEAD "\"n\":\"1\"," TIME,
	    HEAD "\"obj\":\"\"," TIME,
	    HEAD "\"obj\":\"msg_\"," TIME,
	    HEAD "\"obj\":\"per_00000000000000000000000000\"," TIME,
	    HEAD "\"obj\":\"xyz_00000000000000000000000000\"," TIME,
	    HEAD "\"obj\":\"msg_0000000000000000000000000l\"," TIME,
	    HEAD "\"obj\":\"msg_00000000000000000000000001\"," TIME,
	    HEAD "\"pol\":0," TIME,
	    HEAD "\"r\":\"\"," TIME,
	    HEAD "\"r\":\"because\"," TIME,
	    HEAD "\"root\":\"\"," TIME,
	    HEAD "\"c\":\"00\"," TIME,
	    HEAD "\"note\":\"text\"," TIME,
	    HEAD "\"t\":\"2026-11-21T18:00:00Z\",\"v\":2}",
	    HEAD "\"t\":\"2026-11-21T18:00:00Z\"}",
	    HEAD "\"t\":\"2026-11-21T18:00:00Z\",\"v\":1,\"w\":1}",
	    HEAD "\"t\":\"2026-11-21T18:00:00.000Z\",\"v\":1}",
	    HEAD "\"t\":\"2026-11-21T18:00:00+00:00\",\"v\":1}",
	    HEAD "\"t\":\"2026-11-21T24:00:00Z\",\"v\":1}",
	    HEAD "\"t\":\"2026-11-21T18:60:00Z\",\"v\":1}",
	    HEAD "\"t\":\"2026-11-21T18:00:60Z\",\"v\":1}",
	    HEAD "\"t\":\"2026-11-31T18:00:00Z\",\"v\":1}",
	    HEAD "\"t\":\"2026-02-29T18:00:00Z\",\"v\":1}",
	    HEAD "\"t\":\"2026-13-21T18:00:00Z\",\"v\":1}",
	    HEAD "\"t\":\"2026-00-21T18:00:00Z\",\"v\":1}",
	    HEAD "\"t\":\"2026-11-00T18:00:00Z\",\"v\":1}",
	    HEAD "\"t\":\"1969-11-21T18:00:00Z\",\"v\":1}",
	    HEAD "\"t\":\"1795284000\",\"v\":1}",
	};
	char longer[LEDGER_ENTRY_MAX + 2];
	struct ledger_told t;
	struct err err = {0};

	(void)state;
	assert_int_equal(
	    ledger_entry_parse(HEAD TIME, sizeof(HEAD TIME) - 1, &t, &err), 0);
	assert_int_equal(
	    ledger_entry_parse(HEAD TIME, sizeof(HEAD TIME), &t, &err), -1);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err.kind = ERR_NONE;
		if (ledger_entry_parse(bad[i], strlen(bad[i]), &t, &err) == 0)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(err.kind, ERR_INPUT);
	}
	memset(longer, '{', sizeof(longer));
	assert_int_equal(ledger_entry_parse(longer, sizeof(longer), &t, &err),
			 -1);
}

static void no_byte_can_be_cut_off_or_changed_unnoticed(void **state)
{
	struct buf b = BUF_INIT(LEDGER_ENTRY_MAX),
		   again = BUF_INIT(LEDGER_ENTRY_MAX);
	struct ledger_told t;
	struct err err = {0};

	(void)state;
	ledger_example_bytes(2 * 5 * 7 * 11 * 13, &b);
	for (size_t len = 0; len < b.len; len++)
		assert_int_equal(ledger_entry_parse(b.bytes, len, &t, &err),
				 -1);
	/* What is still an entry then is another one, spelled so. */
	for (size_t bit = 0; bit < b.len * 8; bit++) {
		b.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (ledger_entry_parse(b.bytes, b.len, &t, &err) == 0) {
			again.len = 0;
			assert_int_equal(ledger_told_print(&t, &again, &err),
					 0);
			assert_int_equal(again.len, b.len);
			assert_memory_equal(again.bytes, b.bytes, b.len);
		}
		b.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	buf_free(&again);
	buf_free(&b);
}

static void names_are_found_and_others_are_not(void **state)
{
	(void)state;
	for (int i = 0; i < LEDGER_EVENTS_COUNT; i++) {
		const char *name = ledger_event_name((enum ledger_event)i);

		assert_int_equal(ledger_event_named(name, strlen(name)), i);
		assert_int_equal(ledger_event_named(name, strlen(name) - 1),
				 -1);
	}
	for (int i = 0; i < LEDGER_REASONS_COUNT; i++) {
		const char *name = ledger_reason_name((enum ledger_reason)i);

		assert_int_equal(ledger_reason_named(name, strlen(name)), i);
	}
	assert_int_equal(ledger_reason_named("x", 1), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_entry_is_spelled_as_the_header_says),
	    cmocka_unit_test(every_shape_comes_back),
	    cmocka_unit_test(the_longest_entry_has_room),
	    cmocka_unit_test(times_are_those_of_the_calendar),
	    cmocka_unit_test(what_is_no_entry_is_not_printed),
	    cmocka_unit_test(another_spelling_is_no_entry),
	    cmocka_unit_test(no_byte_can_be_cut_off_or_changed_unnoticed),
	    cmocka_unit_test(names_are_found_and_others_are_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
