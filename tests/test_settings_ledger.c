/* postern.yaml, section ledger: what it says, and which mistakes are found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "postern/settings.h"
#include "settings_example.h"

/* That of RFC 8032, test 1. */
#define KEY(hash)     "+" hash "+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
#define VKEY_A	      "\"a" KEY("f7f34b0f") "\""
#define VKEY_B	      "\"b" KEY("14441b29") "\""
#define VKEY_C	      "\"c" KEY("16677159") "\""
#define WITNESS(vkey) "{vkey: " vkey ", url: \"https://w.example/w/\"}"
#define THREE	      WITNESS(VKEY_A) ", " WITNESS(VKEY_B) ", " WITNESS(VKEY_C)
#define LEDGER	      WHO "ledger: "

static struct diag diag, notes;

static bool seen_double(void *ctx, const char *name, bool folder)
{
	(void)ctx;
	return strcmp(name, folder ? "folder" : "/there") == 0;
}

static struct settings *parse(const char *text)
{
	const struct settings_source source = {.dir = "/nowhere",
					       .role = ROLE_CHECK,
					       .seen = seen_double,
					       .notes = &notes};
	struct settings *s = NULL;

	diag_init(&diag, "postern.yaml");
	diag_init(&notes, "postern.yaml");
	(void)settings_parse((const uint8_t *)text, strlen(text), &source,
			     &diag, &s);
	assert_int_equal(s == NULL, diag.findings_len > 0);
	return s;
}

static struct settings *good(const char *text)
{
	struct settings *s = parse(text);

	diag_print(&diag, stderr);
	assert_non_null(s);
	return s;
}

static void without_the_section_the_log_has_its_defaults(void **state)
{
	struct settings *s = good(WHO);

	(void)state;
	assert_string_equal(s->ledger.origin, "");
	assert_int_equal(s->ledger.checkpoint_minutes, 5);
	assert_int_equal(s->ledger.checkpoint_entries, 1000);
	assert_string_equal(s->ledger.keep, "P10Y");
	assert_false(s->ledger.publish);
	assert_int_equal(s->ledger.witnesses_len, 0);
	assert_string_equal(s->ledger.stamp.at.url, "");
	assert_int_equal(s->ledger.stamp.hours, 24);
	assert_string_equal(s->ledger.officer_folder, "");
	assert_string_equal(s->ledger.officer_sendmail, "");
	settings_free(&s);
}

static void everything_may_be_said(void **state)
{
	struct settings *s = good(
	    LEDGER
	    "{origin: muster.example/postern, checkpoint: "
	    "{minutes: 1, entries: 3}, keep: P5Y6M, publish: true, "
	    "witnesses: [" WITNESS(
		VKEY_A) ", {vkey: " VKEY_B
			", url: \"http://127.0.0.1:9\", allow: "
			"[\"127.0.0.1:9\"]}], stamp: {url: "
			"\"http://tsa.example/t\", root: /there, hours: 1, "
			"allow: [\"10.0.0.0/8:80\"]}, "
			"officer: {folder: folder}}\n");

	(void)state;
	assert_int_equal(notes.findings_len, 1); /* no channel */
	assert_string_equal(s->ledger.origin, "muster.example/postern");
	assert_int_equal(s->ledger.checkpoint_minutes, 1);
	assert_int_equal(s->ledger.checkpoint_entries, 3);
	assert_string_equal(s->ledger.keep, "P5Y6M");
	assert_true(s->ledger.publish);
	assert_int_equal(s->ledger.witnesses_len, 2);
	assert_string_equal(s->ledger.witnesses[0].url, "https://w.example/w");
	assert_memory_equal(s->ledger.witnesses[1].vkey, "b+1444", 6);
	assert_int_equal(s->ledger.witnesses[1].allow_len, 1);
	assert_string_equal(s->ledger.witnesses[1].allow[0], "127.0.0.1:9");
	assert_string_equal(s->ledger.stamp.at.url, "http://tsa.example/t");
	assert_string_equal(s->ledger.stamp.root, "/there");
	assert_int_equal(s->ledger.stamp.hours, 1);
	assert_int_equal(s->ledger.stamp.at.allow_len, 1);
	assert_string_equal(s->ledger.officer_folder, "folder");
	settings_free(&s);
}

static void what_is_not_there_is_remarked_not_refused(void **state)
{
	static const char *const texts[] = {
	    LEDGER "{officer: {folder: gone}}\n",
	    LEDGER "{officer: {sendmail: /gone}}\n",
	    LEDGER "{stamp: {url: \"http://t.example\", root: gone}}\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct settings *s = good(texts[i]);

		assert_int_equal(notes.findings_len, 2);
		assert_non_null(strstr(notes.findings[0].text, "gone"));
		assert_int_equal(notes.findings[0].line, 2);
		settings_free(&s);
	}
}

static const struct {
	const char *text, *says;
} mistakes[] = {
    {LEDGER "[]\n", "has to be a map"},
    {LEDGER "{orign: x}\n", "origin"},
    {LEDGER "{origin: \"\"}\n", "origin has 0 bytes"},
    {LEDGER "{origin: \"a b\"}\n", "no name of a log"},
    {LEDGER "{origin: a+b}\n", "no name of a log"},
    {LEDGER "{origin: m\xc3\xbcller}\n", "no name of a log"},
    {LEDGER "{checkpoint: 5}\n", "has to be a map"},
    {LEDGER "{checkpoint: {minutes: 0}}\n", "from 1 to 1440 (minutes)"},
    {LEDGER "{checkpoint: {minutes: 1441}}\n", "from 1 to 1440 (minutes)"},
    {LEDGER "{checkpoint: {entries: 0}}\n", "from 1 to 100000 (entries)"},
    {LEDGER "{checkpoint: {entries: x}}\n", "from 1 to 100000 (entries)"},
    {LEDGER "{checkpoint: {hours: 1}}\n", "hours"},
    {LEDGER "{keep: 10}\n", "no period of at least a year"},
    {LEDGER "{keep: P11M}\n", "no period of at least a year"},
    {LEDGER "{publish: maybe}\n", "neither true nor false"},
    {LEDGER "{witnesses: {}}\n", "has to be a list"},
    {LEDGER "{witnesses: [x]}\n", "has to be a map"},
    {LEDGER "{witnesses: [{url: \"https://a.example\"}]}\n", "has no vkey"},
    {LEDGER "{witnesses: [{vkey: " VKEY_A "}]}\n", "has no url"},
    {LEDGER "{witnesses: [{vkey: " VKEY_A ", url: a.example}]}\n",
     "url is no address"},
    {LEDGER "{witnesses: [" WITNESS("\"" KEY("f7f34b0f") "\"") "]}\n",
     "no key"},
    {LEDGER "{witnesses: [" WITNESS("\"a b" KEY("c84cdd05") "\"") "]}\n",
     "no name for a key"},
    {LEDGER "{witnesses: [" WITNESS("\"a" KEY("f7f34b00") "\"") "]}\n",
     "not those of this name"},
    {LEDGER "{witnesses: [" WITNESS("a+f7f34b0f+AQAA") "]}\n", "no key"},
    {LEDGER "{witnesses: [" WITNESS(
	 "\"a+91305c6d+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea\"") "]}\n",
     "of a log"},
    {LEDGER "{witnesses: [" THREE ", " WITNESS(VKEY_A) "]}\n",
     "listed already"},
    {LEDGER "{witnesses: [" THREE ", " THREE ", " THREE "]}\n",
     "8 are the most"},
    {LEDGER "{stamp: {url: \"http://t.example\"}}\n", "has no root"},
    {LEDGER "{stamp: {root: /there}}\n", "has no url"},
    {LEDGER "{stamp: {url: t, root: /there}}\n", "url is no address"},
    {LEDGER "{stamp: {url: \"http://t\", root: /there, hours: 25}}\n",
     "from 1 to 24 (hours)"},
    {LEDGER "{stamp: {url: \"http://t\", root: /there, allow: [t]}}\n",
     "no target"},
    {LEDGER "{officer: {}}\n", "names no way"},
    {LEDGER "{officer: {folder: folder, sendmail: /there}}\n",
     "names two ways"},
    {LEDGER "{officer: {sendmail: sendmail}}\n", "no absolute path"},
    {"controller: {name: a, contact: b, land: BE, dpo: Frau Muster}\n"
     "ledger: {officer: {sendmail: /there}}\n",
     "nobody to write to"},
    {"controller: {name: a, contact: b, land: BE}\n"
     "ledger: {officer: {sendmail: /there}}\n",
     "nobody to write to"},
};

static void each_mistake_is_found_where_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		const struct diag_finding *f = &diag.findings[0];

		assert_null(parse(mistakes[i].text));
		if (diag.findings_len != 1 || f->line != 2 ||
		    !strstr(f->text, mistakes[i].says)) {
			diag_print(&diag, stderr);
			fail_msg("case %zu: %s", i, mistakes[i].says);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_the_section_the_log_has_its_defaults),
	    cmocka_unit_test(everything_may_be_said),
	    cmocka_unit_test(what_is_not_there_is_remarked_not_refused),
	    cmocka_unit_test(each_mistake_is_found_where_it_is),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
