/* test_keyword.c - what a whole message orders.
 * Proves: compliance 4.3 (JA, YES), 4.4. */
#include "postern/keyword.h"

#include "rows.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static enum keyword_class class_of(const char *text)
{
	char spelt[256];
	size_t len;

	assert_true(strlen(text) < sizeof(spelt));
	len = keyword_normalise(text, strlen(text), spelt);
	assert_int_equal(strlen(spelt), len);
	return keyword_classify(spelt, len, NULL, 0);
}

static void check_message(const json_t *row)
{
	char spelt[512];

	(void)keyword_normalise(row_text(row, "text"),
				strlen(row_text(row, "text")), spelt);
	assert_string_equal(spelt, row_text(row, "normalised"));
	assert_string_equal(keyword_class_name(class_of(row_text(row, "text"))),
			    row_text(row, "class"));
}

static void every_message_of_the_fixture_gets_its_class(void **state)
{
	(void)state;
	rows_each("keywords/messages.jsonl", check_message);
}

static void every_word_of_the_list_is_known(void **state)
{
	FILE *in = rows_open("keywords/keywords.json");
	json_t *root, *list, *word;
	const char *class;
	size_t i, seen = 0;

	(void)state;
	if (in == NULL)
		skip();
	root = json_loadf(in, 0, NULL);
	(void)fclose(in);
	json_object_foreach(json_object_get(root, "normalised_keywords"), class,
			    list)
	{
		json_array_foreach(list, i, word)
		{
			enum keyword_class got =
			    class_of(json_string_value(word));

			assert_string_equal(keyword_class_name(got), class);
			seen++;
		}
	}
	json_array_foreach(json_object_get(root, "review_hints_substring"), i,
			   word)
	{
		char text[128];

		(void)snprintf(text, sizeof(text), "xx %sxx",
			       json_string_value(word));
		assert_int_equal(class_of(text), KEYWORD_REVIEW);
		seen++;
	}
	json_decref(root);
	assert_true(seen > 40);
}

static void check_spelling(const char *text, size_t len, const char *wanted)
{
	char *copy = malloc(len + 1);
	size_t got;

	assert_non_null(copy);
	memcpy(copy, text, len);
	got = keyword_normalise(copy, len, copy); /* in place */
	assert_string_equal(copy, wanted);
	assert_int_equal(got, strlen(wanted));
	assert_int_equal(keyword_normalise(copy, got, copy), got);
	assert_string_equal(copy, wanted);
	free(copy);
}

static void one_spelling_for_what_means_the_same(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
	    {"Stop\xc2\xa0"
	     "All",
	     "stop all"},
	    {"stop\xe2\x80\xaf"
	     "all",
	     "stop all"},
	    {"stop\xe2\x80\x80\xe2\x80\x8a"
	     "all",
	     "stop all"},
	    {"stop\r\n\t all", "stop all"},
	    {"\xe2\x80\x9eSTOP\xe2\x80\x9c", "stop"},
	    {"\xc2\xbfSTOP?", "stop"},
	    {"LÖSCHEN", "loeschen"},
	    {"GRO\xe1\xba\x9e", "gross"},
	    {"ÄÖÜäöüß", "aeoeueaeoeuess"},
	    {"\xf0\x9f\x9b\x91\xef\xb8\x8fSTOP\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd",
	     "stop"},
	    {"\xe2\x86\x90"
	     "stop\xe2\x8b\xbf",
	     "stop"},
	    /* Just outside the ranges: part of the word. */
	    {"\xc3\x80stop", "\xc3\x80stop"},
	    {"\xe2\x82\xac"
	     "stop",
	     "\xe2\x82\xac"
	     "stop"},
	    {"\xef\xbd\x93top", "\xef\xbd\x93top"},
	    {"É", "É"},
	    {"...", ""},
	    {"", ""},
	};

	(void)state;
	for (size_t i = 0; i < LEN(cases); i++)
		check_spelling(cases[i].text, strlen(cases[i].text),
			       cases[i].wanted);
}

static void bytes_that_are_no_text_do_no_harm(void **state)
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
	    {"\xff"
	     "STOP\xff",
	     "stop"},
	    {"STOP\xe2\x80", "stop"},		  /* cut */
	    {"st\xc0\xafop", "st??op"},		  /* overlong */
	    {"st\xed\xa0\x80op", "st???op"},	  /* half a surrogate pair */
	    {"st\xf4\x90\x80\x80op", "st????op"}, /* beyond Unicode */
	    {"\x80\x80", ""},
	};

	(void)state;
	for (size_t i = 0; i < LEN(cases); i++)
		check_spelling(cases[i].text, strlen(cases[i].text),
			       cases[i].wanted);
}

static void a_nul_does_not_end_a_message(void **state)
{
	static const char text[] = "STOP\0 sending";
	char spelt[sizeof(text)];
	size_t len = keyword_normalise(text, sizeof(text) - 1, spelt);

	(void)state;
	assert_int_equal(len, sizeof(text) - 1);
	assert_int_equal(keyword_classify(spelt, len, NULL, 0), KEYWORD_NONE);
}

static void no_order_inside_a_sentence(void **state)
{
	static const char *const texts[] = {
	    "stop it", "Bitte stop", "stopstop", "stop-all", "Das Ende",
	    "infos",   "start now",  "ja",	 "s t o p",  "help me please"};

	(void)state;
	for (size_t i = 0; i < LEN(texts); i++)
		assert_int_equal(class_of(texts[i]), KEYWORD_NONE);
	assert_int_equal(class_of("Abmelden bitte"), KEYWORD_REVIEW);
	assert_int_equal(class_of("WIDERSPRUCH!"), KEYWORD_REVIEW);
}

static void a_long_message_is_read_to_its_end(void **state)
{
	const size_t len = 1 << 20;
	char *text = malloc(len + 1), *spelt = malloc(len + 1);

	(void)state;
	assert_non_null(text);
	assert_non_null(spelt);
	memset(text, 'd', len);
	memcpy(text + len - 5, "DSGVO", 5);
	assert_int_equal(keyword_normalise(text, len, spelt), len);
	assert_int_equal(keyword_classify(spelt, len, NULL, 0), KEYWORD_REVIEW);
	memset(text, ' ', len);
	assert_int_equal(keyword_normalise(text, len, spelt), 0);
	free(spelt);
	free(text);
}

static void a_policy_adds_words_and_takes_none_away(void **state)
{
	static const struct keyword_word more[] = {
	    {KEYWORD_STOP, "basta"}, {KEYWORD_NONE, "info"},
	    {KEYWORD_START, "stop"}, {KEYWORD_REVIEW, "anwalt"},
	    {KEYWORD_REVIEW, ""},    {KEYWORD_CONFIRM, "jawohl"},
	};
	const size_t len = LEN(more);

	(void)state;
	assert_int_equal(keyword_classify("basta", 5, more, len), KEYWORD_STOP);
	assert_int_equal(keyword_classify("basta!x", 7, more, len),
			 KEYWORD_NONE);
	assert_int_equal(keyword_classify("stop", 4, more, len), KEYWORD_STOP);
	assert_int_equal(keyword_classify("info", 4, more, len), KEYWORD_HELP);
	assert_int_equal(keyword_classify("mein anwalt", 11, more, len),
			 KEYWORD_REVIEW);
	assert_int_equal(keyword_classify("anwalt", 6, more, len),
			 KEYWORD_REVIEW);
	assert_int_equal(keyword_classify("hallo", 5, more, len), KEYWORD_NONE);
	assert_int_equal(keyword_classify("jawohl", 6, more, len),
			 KEYWORD_NONE);
	assert_true(keyword_confirms("jawohl", 6, more, len));
}

static void only_ja_and_yes_confirm(void **state)
{
	static const struct {
		const char *text;
		bool yes;
	} cases[] = {{"JA", true},	  {"Ja!", true}, {"yes.", true},
		     {"ja gerne", false}, {"j", false},	 {"ok", false},
		     {"nein", false},	  {"", false},	 {"STOP", false}};

	(void)state;
	for (size_t i = 0; i < LEN(cases); i++) {
		char spelt[16];
		size_t len = keyword_normalise(cases[i].text,
					       strlen(cases[i].text), spelt);

		assert_int_equal(keyword_confirms(spelt, len, NULL, 0),
				 cases[i].yes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_message_of_the_fixture_gets_its_class),
	    cmocka_unit_test(every_word_of_the_list_is_known),
	    cmocka_unit_test(one_spelling_for_what_means_the_same),
	    cmocka_unit_test(bytes_that_are_no_text_do_no_harm),
	    cmocka_unit_test(a_nul_does_not_end_a_message),
	    cmocka_unit_test(no_order_inside_a_sentence),
	    cmocka_unit_test(a_long_message_is_read_to_its_end),
	    cmocka_unit_test(a_policy_adds_words_and_takes_none_away),
	    cmocka_unit_test(only_ja_and_yes_confirm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
