/* test_redact.c - what is taken out of a text, and what stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "postern/redact.h"

static const struct policy_finder every[] = {
    {.find = FIND_IBAN},
    {.find = FIND_CARD},
    {.find = FIND_EMAIL},
    {.find = FIND_PHONE},
    {.find = FIND_TAX_ID},
    {.find = FIND_SOCIAL_INSURANCE},
    {FIND_PATTERN, "kundennummer", "KD-######", 0},
    {FIND_PATTERN, "kvnr", "@#########", 0},
};
#define EVERY (sizeof(every) / sizeof(every[0]))

static void redact(const struct policy_finder *finders, size_t len,
		   const char *text, char *ret, size_t ret_size)
{
	struct redact_match m;
	size_t at = 0, used = 0, text_len = strlen(text);
	char label[REDACT_LABEL_BYTES];

	while (redact_next(finders, len, text, text_len, at, &m)) {
		assert_true(m.start >= at && m.end > m.start &&
			    m.end <= text_len && m.finder < len);
		redact_label(&finders[m.finder], label);
		used += (size_t)snprintf(ret + used, ret_size - used, "%.*s%s",
					 (int)(m.start - at), text + at, label);
		at = m.end;
	}
	(void)snprintf(ret + used, ret_size - used, "%s", text + at);
}

struct row {
	const char *text, *want;
};

/* Those that a look at the text leaves find the same. */
static void looked_at(const char *text, const char *want)
{
	struct policy_finder some[EVERY];
	size_t len = 0, counts[EVERY] = {0};
	struct redact_look look;
	struct buf got = BUF_INIT(4096);

	redact_look(text, strlen(text), &look);
	for (size_t i = 0; i < EVERY; i++)
		if (redact_may(&every[i], &look))
			some[len++] = every[i];
	assert_int_equal(
	    redact_text(some, len, text, strlen(text), counts, &got, NULL), 0);
	assert_string_equal(buf_text(&got), want);
	buf_free(&got);
}

static void all_rows(const struct row *rows, size_t len)
{
	char got[1024];

	for (size_t i = 0; i < len; i++) {
		redact(every, EVERY, rows[i].text, got, sizeof(got));
		assert_string_equal(got, rows[i].want);
		looked_at(rows[i].text, rows[i].want);
	}
}
#define ROWS(rows) all_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void ibans_with_right_check_digits_are_taken_out(void **state)
{
	static const struct row rows[] = {
	    {"Konto DE89 3704 0044 0532 0130 00 bitte", "Konto [IBAN] bitte"},
	    {"DE89370400440532013000", "[IBAN]"},
	    {"de89370400440532013000.", "[IBAN]."},
	    {"IBAN:DE89-3704-0044-0532-0130-00!", "IBAN:[IBAN]!"},
	    {"DE89\u00a03704\u202f0044\u20090532 0130 00", "[IBAN]"},
	    {"DE89 3704 0044 0532 0130 00 und GB82 WEST 1234 5698 7654 32",
	     "[IBAN] und [IBAN]"},
	    {"ＤＥ８９ 3704 0044 0532 0130 00", "[IBAN]"},
	    {"(DE89 3704 0044 0532 0130 00)", "([IBAN])"},
	    /* typed without a blank */
	    {"DE89370400440532013000danke", "[IBAN]danke"},
	    /* wrong check digits, too short, part of a word */
	    {"DE88370400440532013000", "DE88370400440532013000"},
	    {"DE8937040044053201300", "DE8937040044053201300"},
	    {"XDE89370400440532013000", "XDE89370400440532013000"},
	    {"NO93 8601 1117 947", "[IBAN]"},
	    /* the check digits of a country that issues none */
	    {"US87LMNPQRSTUVWXYZABCD", "US87LMNPQRSTUVWXYZABCD"},
	};

	(void)state;
	ROWS(rows);
}

static void cards_by_luhn(void **state)
{
	static const struct row rows[] = {
	    {"4111 1111 1111 1111", "[KARTENNUMMER]"},
	    {"4111-1111-1111-1111, 12/27", "[KARTENNUMMER], 12/27"},
	    {"4111111111111111 12/27", "[KARTENNUMMER] 12/27"},
	    {"Amex 378282246310005", "Amex [KARTENNUMMER]"},
	    {"4222222222222", "[KARTENNUMMER]"},
	    {"3056 930902 5904", "[KARTENNUMMER]"},
	    {"4111 1111 1111 1112", "4111 1111 1111 1112"},
	    /* Luhn holds, but nobody issues such */
	    {"4917139202007", "4917139202007"},
	    {"29655.123456798", "29655.123456798"},
	    {"Sendung 700012345678901208", "Sendung 700012345678901208"},
	    {"Sendung 41111111111111111", "Sendung 41111111111111111"},
	};

	(void)state;
	ROWS(rows);
}

static void mail_addresses(void **state)
{
	static const struct row rows[] = {
	    {"an erika.muster+x@mail.example.de, danke", "an [E-MAIL], danke"},
	    {"<erika@example.org>", "<[E-MAIL]>"},
	    {"jürgen@müller.example", "[E-MAIL]"},
	    {"erika@example.org.", "[E-MAIL]."},
	    {"um 5@Uhr", "um 5@Uhr"},
	    {"@erika", "@erika"},
	    {"a@b", "a@b"},
	};

	(void)state;
	ROWS(rows);
}

static void phones_but_no_dates(void **state)
{
	static const struct row rows[] = {
	    {"ruf +49 171 1234567 an", "ruf [TELEFON] an"},
	    {"0171/1234567", "[TELEFON]"},
	    {"(030) 1234567", "[TELEFON]"},
	    {"0049-30-1234567", "[TELEFON]"},
	    {"+49 (0)30 1234567", "[TELEFON]"},
	    {"am 01.02.2026 um 09:30", "am 01.02.2026 um 09:30"},
	    {"01/02/2026", "01/02/2026"},
	    {"2026-11-21", "2026-11-21"},
	    {"Hausnummer 012", "Hausnummer 012"},
	    {"Bestellung 123456789012", "Bestellung 123456789012"},
	};

	(void)state;
	ROWS(rows);
}

static void tax_and_insurance_numbers(void **state)
{
	static const struct row rows[] = {
	    {"86095742719", "[STEUER-ID]"},
	    {"Steuer-ID: 47 036 892 816", "Steuer-ID: [STEUER-ID]"},
	    {"86095742718", "86095742718"},
	    {"11111111111", "11111111111"},
	    {"15 070649 C 103", "[SV-NUMMER]"},
	    {"15070649c103", "[SV-NUMMER]"},
	    {"15 070649 C 104", "15 070649 C 104"},
	};

	(void)state;
	ROWS(rows);
}

static void shapes_of_the_policy(void **state)
{
	static const struct row rows[] = {
	    {"KD-123456 und kd-654321", "[KUNDENNUMMER] und [KUNDENNUMMER]"},
	    {"KD-1234567", "KD-1234567"},
	    {"AKD-123456", "AKD-123456"},
	    {"Karte A123456780", "Karte [KVNR]"},
	};

	(void)state;
	ROWS(rows);
}

static void nothing_wanted_nothing_taken(void **state)
{
	struct redact_match m;

	(void)state;
	assert_false(
	    redact_next(every, 0, "DE89370400440532013000", 22, 0, &m));
	assert_false(redact_next(every, EVERY, "", 0, 0, &m));
	assert_false(redact_next(every, EVERY, "x", 1, 1, &m));
}

static void broken_utf8_is_passed_over(void **state)
{
	static const char text[] = "\xff\xc3 DE89370400440532013000 \xe2\x80";
	struct redact_match m;

	(void)state;
	assert_true(redact_next(every, EVERY, text, sizeof(text) - 1, 0, &m));
	assert_int_equal(m.start, 3);
	assert_int_equal(m.end, 25);
	assert_false(
	    redact_next(every, EVERY, text, sizeof(text) - 1, m.end, &m));
}

/* Found by reading what fuzz_redact claims: a look at the text sees only the
 * first byte of a wide character, so there is one way to write it. */
static void what_is_written_too_long_is_no_character(void **state)
{
	static const struct row rows[] = {
	    {"a\xf0\x8f\xbc\xa0"
	     "b.example",
	     "a\xf0\x8f\xbc\xa0"
	     "b.example"},
	    {"a\xef\xbc\xa0"
	     "b.example",
	     "[E-MAIL]"},
	    {"\xc0\xab\xe0\x82\xa0", "\xc0\xab\xe0\x82\xa0"},
	};

	(void)state;
	ROWS(rows);
}

static void everyday_texts_are_not_searched(void **state)
{
	static const char text[] = "Guten Tag, mein Paket 4711 kam am 14.02.";
	struct redact_look look;

	(void)state;
	redact_look(text, sizeof(text) - 1, &look);
	assert_int_equal(look.digits, 8);
	assert_int_equal(look.ats, 0);
	assert_false(redact_may(&every[1], &look)); /* card */
	assert_false(redact_may(&every[2], &look)); /* email */
	assert_false(redact_may(&every[4], &look)); /* tax_id */
	assert_true(redact_may(&every[6], &look));  /* six digits */
}

static void what_was_found_is_counted(void **state)
{
	static const char text[] = "a@b.example, DE89370400440532013000, "
				   "c@d.example";
	size_t counts[EVERY] = {0};
	struct buf small = BUF_INIT(8);
	struct err err = {0};

	(void)state;
	assert_int_equal(redact_text(every, EVERY, text, sizeof(text) - 1,
				     counts, NULL, NULL),
			 0);
	assert_int_equal(counts[0], 1);
	assert_int_equal(counts[2], 2);
	assert_int_equal(redact_text(every, EVERY, text, sizeof(text) - 1,
				     counts, &small, &err),
			 -1);
	assert_int_equal(err.kind, ERR_INPUT);
	buf_free(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ibans_with_right_check_digits_are_taken_out),
	    cmocka_unit_test(cards_by_luhn),
	    cmocka_unit_test(mail_addresses),
	    cmocka_unit_test(phones_but_no_dates),
	    cmocka_unit_test(tax_and_insurance_numbers),
	    cmocka_unit_test(shapes_of_the_policy),
	    cmocka_unit_test(nothing_wanted_nothing_taken),
	    cmocka_unit_test(broken_utf8_is_passed_over),
	    cmocka_unit_test(what_is_written_too_long_is_no_character),
	    cmocka_unit_test(everyday_texts_are_not_searched),
	    cmocka_unit_test(what_was_found_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
