/* test_policydiff.c - what changes between two policies, in words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "../policy/model.h"
#include "postern/policydiff.h"

#include "policy_everything.h"

#define SHORT 1u
#define SEES  2u

/* Every key of the language, changed in the policy that uses them all. */
static const struct mutation {
	const char *key; /* path of policy_keys */
	const char *old, *new;
	const char *field; /* of the change; "": all of a thing */
	unsigned int marks;
} mutations[] = {
    {"purposes.*.basis", "auskunft:  {basis: legal_obligation}",
     "auskunft:  {basis: public_task}", "basis", 0},
    {"purposes.*.special", "special: health_care", "special: research",
     "special", 0},
    {"purposes.*.marketing", "marketing: true", "marketing: false", "marketing",
     0},
    {"purposes.*.interest", "eigene ähnliche Waren", "eigene Waren", "interest",
     0},
    {"purposes.*.double_opt_in", "double_opt_in: true", "double_opt_in: false",
     "consent", 0},
    {"purposes.*.valid", "valid: P24M", "valid: P36M", "consent", 0},
    {"purposes.*.ask", "ask: {de: frage_de, en: ask_en}", "ask: frage_de",
     "consent", 0},
    {"purposes.*.confirmed", "confirmed: danke_de", "confirmed: ende_de",
     "consent", 0},
    {"purposes.*.reminder", "reminder: P3D", "reminder: P2D", "reminder", 0},
    {"purposes.*.pending", "pending: P6D", "pending: P5D", "pending", SHORT},
    {"purposes.*.minors", "minors: refuse", "minors: guardian", "minors", 0},
    {"purposes.*.dpv", "dpv: DirectMarketing", "dpv: Marketing", "dpv", 0},
    {"purposes.*.channels", "      laden: {valid: P12M}",
     "      praxis: {valid: P12M}", "channels", 0},
    {"purposes.*.channels.*.double_opt_in", "laden: {valid: P12M}",
     "laden: {valid: P12M, double_opt_in: false}", "channels", 0},
    {"purposes.*.channels.*.valid", "laden: {valid: P12M}",
     "laden: {valid: P6M}", "channels", 0},
    {"purposes.*.channels.*.ask", "laden: {valid: P12M}",
     "laden: {valid: P12M, ask: frage_de}", "channels", 0},
    {"purposes.*.channels.*.confirmed", "laden: {valid: P12M}",
     "laden: {valid: P12M, confirmed: ende_de}", "channels", 0},
    {"data.*.from", "MSG_HEALTH:   {from: process_end",
     "MSG_HEALTH:   {from: collection", "delete", SHORT},
    {"data.*.from", "RAW:          {from: collection",
     "RAW:          {from: process_end", "delete", 0},
    {"data.*.keep", "keep: P30D", "keep: P20D", "keep", SHORT},
    {"data.*.keep", "keep: P30D, ", "", "keep", SHORT},
    {"data.*.keep", "keep: P30D", "keep: P40D", "keep", 0},
    {"data.*.delete", "delete: P14D", "delete: P13D", "delete", SHORT},
    {"data.*.delete", "delete: P14D", "delete: P15D", "delete", 0},
    {"data.*.statutory",
     "statutory: {norm: \"HGB 257\", years: 6, start: year_end, after: P3M}, "
     "restrict: {from: process_end, after: P90D}",
     "delete: P6Y", "delete", SHORT | SEES},
    {"data.*.statutory.norm", "HGB 257", "AO 147", "delete", 0},
    {"data.*.statutory.years", "years: 6", "years: 5", "delete", SHORT},
    {"data.*.statutory.years", "years: 6", "years: 8", "delete", 0},
    {"data.*.statutory.start", "start: year_end", "start: date", "delete",
     SHORT},
    {"data.*.statutory.after", "after: P3M", "after: P2M", "delete", SHORT},
    {"data.*.restrict", ", restrict: {from: process_end, after: P90D}", "",
     "restrict", SEES},
    {"data.*.restrict.from", "restrict: {from: process_end",
     "restrict: {from: collection", "restrict", SEES},
    {"data.*.restrict.after", "after: P90D", "after: P30D", "restrict", 0},
    {"data.*.restrict.after", "after: P90D", "after: P91D", "restrict", SEES},
    {"data.*.description", "Texte der Kundschaft", "Texte", "description", 0},
    {"data.*.subjects", "Kundinnen und Kunden", "alle", "subjects", 0},
    {"data.*.owner", "Leitung Service", "Service", "owner", 0},
    {"data.*.justification", "Rückfragen binnen drei Monaten", "Rückfragen",
     "justification", 0},
    {"data.*.method", "erase_and_shred", "erase", "method", 0},
    {"data.*.special", "method: erase_and_shred",
     "method: erase_and_shred, special: true", "special", 0},
    {"channels.*.purpose", "purpose: gesundheit", "purpose: support", "purpose",
     0},
    {"channels.*.data", "data: MSG_SUPPORT\n", "data: MSG_BUSINESS\n", "data",
     SHORT},
    {"channels.*.data", "data: MSG_SUPPORT\n", "data: MSG_HEALTH\n", "data",
     SHORT | SEES},
    {"channels.*.media",
     "    media: {data: MEDIA, kinds: [image, document], "
     "max: 16MiB, strip: [place, device]}\n",
     "", "media.max", SEES},
    {"channels.*.media.data", "media: {data: MEDIA", "media: {data: RAW",
     "media.data", SHORT},
    {"channels.*.media.kinds", "kinds: [image, document]",
     "kinds: [image, document, video]", "media.kinds", SEES},
    {"channels.*.media.kinds", "kinds: [image, document]", "kinds: [image]",
     "media.kinds", 0},
    {"channels.*.media.max", "max: 16MiB", "max: 17MiB", "media.max", SEES},
    {"channels.*.media.strip", "strip: [place, device]", "strip: [place]",
     "media.strip", SEES},
    {"channels.*.first_contact",
     "first_contact: notice\n    notice: {de: hinweis_de, en: hint_en}",
     "first_contact: nothing", "first_contact", 0},
    {"channels.*.notice", "notice: {de: hinweis_de, en: hint_en}",
     "notice: hinweis_de", "notice", 0},
    {"channels.*.until_consent", "do: hold_back, for: P7D",
     "do: forward_reduced", "until_consent", SEES},
    {"channels.*.until_consent.do", "do: hold_back, for: P7D", "do: refuse",
     "until_consent", SHORT},
    {"channels.*.until_consent.for", "for: P7D", "for: P6D", "until_consent",
     SHORT},
    {"channels.*.start",
     "    start: newsletter\n  praxis:", "  praxis:", "start", 0},
    {"channels.*.consent", "consent: gesundheit\n", "consent: newsletter\n",
     "first_contact", SEES},
    {"channels.*.hours",
     "    hours: {days: {mon: [\"08:00-12:00\", \"13:00-17:00\"], tue: "
     "[\"08:00-17:00\"]}, holidays: land, outside: zu_de}\n",
     "", "hours", 0},
    {"channels.*.hours.days", "13:00-17:00", "13:00-18:00", "hours", 0},
    {"channels.*.hours.holidays", "holidays: land", "holidays: none", "hours",
     0},
    {"channels.*.hours.outside", "outside: zu_de", "outside: ende_de",
     "outside", 0},
    {"channels.*.tag",
     "    tag:\n      - {words: [Rechnung, Bestellung], "
     "data: MSG_BUSINESS}\n",
     "", "tag", SHORT},
    {"channels.*.tag.[].words", "[Rechnung, Bestellung]",
     "[Rechnung, Bestellung, Angebot]", "tag", SHORT},
    {"channels.*.tag.[].data", "Bestellung], data: MSG_BUSINESS",
     "Bestellung], data: MEDIA", "tag", SHORT},
    {"channels.*.on_delete", "on_delete: mask", "on_delete: forget",
     "on_delete", SHORT},
    {"channels.*.on_delete.keep", "on_delete: mask",
     "on_delete: {keep: contract, as: MSG_BUSINESS}", "on_delete", SEES},
    {"channels.*.on_delete.as", "on_delete: mask",
     "on_delete: {keep: contract, as: MSG_SUPPORT}", "on_delete", SEES},
    {"channels.*.on_edit",
     "on_edit: {keep: legal_obligation, as: "
     "MSG_BUSINESS}",
     "on_edit: mask", "on_edit", SHORT},
    {"channels.*.on_edit.keep", "keep: legal_obligation", "keep: contract",
     "on_edit", 0},
    {"channels.*.on_edit.as", "as: MSG_BUSINESS", "as: MSG_SUPPORT", "on_edit",
     SHORT},
    {"special.[].words", "[Diagnose]", "[Diagnose, Befund]", "words",
     SHORT | SEES},
    {"special.[].data", "[Diagnose], data: MSG_HEALTH",
     "[Diagnose], data: MSG_CURE", "", SHORT | SEES},
    {"helpdesks.*.sees", "sees: [text],", "sees: [text, attachments],", "sees",
     SEES},
    {"helpdesks.*.sees", "sees: [text],", "sees: [],", "sees", 0},
    {"helpdesks.*.person", "person: alias", "person: address", "person", SEES},
    {"helpdesks.*.person", "person: name", "person: alias", "person", 0},
    {"helpdesks.*.data", "data: [MSG_SUPPORT, MSG_BUSINESS]",
     "data: [MSG_SUPPORT]", "data", 0},
    {"helpdesks.*.data", "data: [MSG_HEALTH]", "data: [MSG_HEALTH, MEDIA]",
     "data", SEES},
    {"redact.[].find", "find: iban", "find: phone", "", SEES},
    {"redact.[].before", "before: [store, forward]", "before: [forward]",
     "store", SEES},
    {"redact.[].before", "iban, before: [forward]",
     "iban, before: [store, forward]", "store", 0},
    {"redact.[].channels", "iban, before: [forward]",
     "iban, before: [forward], channels: [praxis]", "forward", SEES},
    {"patterns", "KD-######", "KD-#######", "shape", SEES},
    {"notices.*.language", "{language: de, text: \"Danke.\"",
     "{text: \"Danke.\"", "language", 0},
    {"notices.*.text", "Sie sind abgemeldet.", "Abgemeldet.", "text", 0},
    {"notices.*.kind", "kind: ask}", "kind: ask, url: \"https://a.example\"}",
     "url", 0},
    {"notices.*.kind", ", kind: ask}", "}", "kind", 0},
    {"notices.*.url", "https://muster.example/privacy",
     "https://muster.example/p", "url", 0},
    {"notices.*.valid_from", "2026-11-21", "2026-11-22", "valid_from", 0},
    {"notices.*.blocks", "nobody <else>", "nobody", "recipients", 0},
    {"keywords", "kein bock mehr", "kein bock", "words", 0},
    {"replies", "stopped: {de: ende_de}", "stopped: danke_de", "notice", 0},
    {"approvals.policy", "policy: 2", "policy: 3", "policy", 0},
    {"approvals.hold", "hold: 2", "hold: 1", "hold", 0},
    {"approvals.unmask", "unmask: 1", "unmask: 2", "unmask", 0},
    {"approvals.delay", "delay: P7D", "delay: P1D", "delay", SHORT},
    {"approvals.tolerance", "tolerance: 10", "tolerance: 20", "tolerance", 0},
    {"tests.[].name", "a question is forwarded", "a question", "", 0},
    {"tests.[].at", "is forwarded\n",
     "is forwarded\n    at: \"2026-11-21T10:00:00+01:00\"\n", "at", 0},
    {"tests.[].given", "Wo ist mein Paket?", "Wo ist es?", "given", 0},
    {"tests.[].expect", ", forward: desk}", "}", "expect", 0},
};

struct seen {
	size_t changes, others, kinds[CHANGE_KINDS];
	unsigned int marks;
	bool field;
	const char *wanted;
	char text[4096];
};

static int look(void *ctx, const struct policy_change *c, struct err *err)
{
	struct seen *s = ctx;
	size_t len = strlen(s->text);

	(void)err;
	s->changes++;
	s->kinds[c->kind]++;
	s->marks |= (c->shortens ? SHORT : 0) | (c->reveals ? SEES : 0);
	s->field |= s->wanted && strcmp(c->field, s->wanted) == 0 &&
		    c->kind != CHANGE_OTHER;
	assert_true(strlen(c->text) > 10);
	assert_int_equal(c->text[strlen(c->text) - 1], '.');
	assert_true(c->line_old > 0 || c->line_new > 0);
	(void)snprintf(s->text + len, sizeof(s->text) - len, "%s\n", c->text);
	return 0;
}

static struct seen seen_between(const struct policy *a, const struct policy *b,
				enum tongue tongue, const char *field)
{
	struct seen s = {.wanted = field};
	struct err err = {0};

	assert_int_equal(policy_diff(a, b, tongue, look, &s, &err), 0);
	return s;
}

static void every_key_is_compared(void **state)
{
	struct policy *a = everything();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(mutations); i++) {
		const struct mutation *m = &mutations[i];
		char *text = everything_with(m->old, m->new);
		struct policy *b = everything_parse(text);
		struct seen de = seen_between(a, b, TONGUE_DE, m->field);
		struct seen en = seen_between(a, b, TONGUE_EN, m->field);

		if (!de.field || de.marks != m->marks ||
		    de.kinds[CHANGE_OTHER] > 0)
			fail_msg("%s: %s -> %s: marks %u, wanted %u\n%s",
				 m->key, m->old, m->new, de.marks, m->marks,
				 de.text);
		assert_int_equal(de.changes, en.changes);
		assert_int_equal(de.marks, en.marks);
		policy_free(&b);
		free(text);
	}
	policy_free(&a);
}

/* A key nobody changes above is a key whose change nobody may see. */
static bool is_mutated(const char *path, const char *word)
{
	char key[128];

	(void)snprintf(key, sizeof(key), "%s%s%s", path,
		       path[0] != '\0' ? "." : "", word);
	for (size_t i = 0; i < COUNT_OF(mutations); i++) {
		const char *mine = mutations[i].key;
		size_t len = strlen(mine);

		if (strncmp(key, mine, len) == 0 &&
		    (key[len] == '\0' || key[len] == '.'))
			return true;
		/* A section by one of its keys. */
		len = strlen(key);
		if (strncmp(mine, key, len) == 0 && mine[len] == '.')
			return true;
	}
	return false;
}

static void the_mutations_are_of_every_key(void **state)
{
	(void)state;
	for (int l = 0; l < KEY_LISTS; l++) {
		const struct policy_list *list = &policy_keys[l];

		for (size_t i = 0; i < list->len; i++) {
			if (l == KEYS_FILE &&
			    (strcmp(list->words[i], "policy") == 0 ||
			     strcmp(list->words[i], "version") == 0))
				continue;
			if (!is_mutated(list->path, list->words[i]))
				fail_msg("no mutation of %s.%s", list->path,
					 list->words[i]);
		}
	}
}

static void order_comments_and_spelling_change_nothing(void **state)
{
	static const char *const same[][2] = {
	    {"policy: alles\n", "policy: alles # a comment\n\n"},
	    {"[place, device]", "[device, place]"},
	    {"\"08:00-12:00\", \"13:00-17:00\"",
	     "\"13:00-17:00\", \"08:00-12:00\""},
	    {"{de: frage_de, en: ask_en}", "{en: ask_en, de: frage_de}"},
	    {"[Rechnung, Bestellung]", "[Bestellung, Rechnung]"},
	    {"  - {find: iban, before: [forward]}\n"
	     "  - {find: card, before: [store, forward]}\n",
	     "  - {before: [forward, store], find: card}\n"
	     "  - {find: iban, before: [forward]}\n"},
	    {"  support:   {basis: contract, special: health_care}\n"
	     "  auskunft:  {basis: legal_obligation}\n",
	     "  auskunft:  {basis: legal_obligation}\n"
	     "  support:   {special: \"health_care\", basis: contract}\n"},
	    {"data: [MSG_SUPPORT, MSG_BUSINESS]",
	     "data: [MSG_BUSINESS, MSG_SUPPORT]"},
	    {"version: 7", "version: 8"},
	};
	struct policy *a = everything();

	(void)state;
	for (size_t i = 0; i < COUNT_OF(same); i++) {
		char *text = everything_with(same[i][0], same[i][1]);
		struct policy *b = everything_parse(text);
		struct seen s = seen_between(a, b, TONGUE_DE, NULL);

		if (s.changes != 0)
			fail_msg("%s: %s", same[i][1], s.text);
		policy_free(&b);
		free(text);
	}
	policy_free(&a);
}

static void what_is_only_spelt_differently_is_told_as_that(void **state)
{
	struct policy *a = everything(), *b;
	char *text = everything_with("delete: P14D", "delete: P2W");
	struct seen s;

	(void)state;
	b = everything_parse(text);
	s = seen_between(a, b, TONGUE_EN, NULL);
	assert_int_equal(s.changes, 1);
	assert_int_equal(s.kinds[CHANGE_OTHER], 1);
	assert_non_null(strstr(s.text, "section data is written differently"));
	policy_free(&a);
	policy_free(&b);
	free(text);
}

static void a_change_says_old_and_new_and_what_it_means(void **state)
{
	struct policy *a = everything(), *b;
	char *text = everything_with("delete: P14D", "delete: P7D");
	struct seen s;

	(void)state;
	b = everything_parse(text);
	s = seen_between(a, b, TONGUE_DE, NULL);
	assert_string_equal(
	    s.text, "Datenart MSG_HEALTH, Regellöschfrist: bisher 14 Tage ab "
		    "Ende des Vorgangs; künftig 7 Tage ab Ende des Vorgangs; "
		    "das ist kürzer.\n");
	s = seen_between(b, a, TONGUE_EN, NULL);
	assert_string_equal(
	    s.text, "Datenart MSG_HEALTH, deletion: so far 7 days from the end "
		    "of the process; from now on 14 days from the end of the "
		    "process; that is longer.\n");
	assert_int_equal(s.marks, 0);
	policy_free(&a);
	policy_free(&b);
	free(text);
}

static void what_came_and_went_is_told_whole(void **state)
{
	struct policy *a = everything(), *b;
	char *text = everything_with(
	    "  RAW: ", "  NOTES: {from: completed, delete: P1Y}\n  RAW: ");
	struct seen s;

	(void)state;
	b = everything_parse(text);
	s = seen_between(a, b, TONGUE_EN, "");
	assert_true(s.field && s.changes == 1 && s.kinds[CHANGE_ADDED] == 1);
	assert_non_null(strstr(s.text, "Datenart NOTES is added: deletion: 1 "
				       "year from the completion"));
	assert_int_equal(s.marks, 0);
	s = seen_between(b, a, TONGUE_DE, "");
	assert_true(s.kinds[CHANGE_REMOVED] == 1 && s.marks == SHORT);
	assert_non_null(strstr(s.text, "Datenart NOTES entfällt"));
	policy_free(&a);
	policy_free(&b);
	free(text);
}

static int stop(void *ctx, const struct policy_change *c, struct err *err)
{
	(void)c;
	++*(int *)ctx;
	return ERR_SET(err, ERR_BUSY, "enough", 0);
}

static void who_listens_can_end_it(void **state)
{
	struct policy *a = everything(), *b;
	char *text = everything_with("delete: P14D", "delete: P7D");
	struct err err = {0};
	int calls = 0;

	(void)state;
	b = everything_parse(text);
	assert_int_equal(policy_diff(a, b, TONGUE_DE, stop, &calls, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(calls, 1);
	policy_free(&a);
	policy_free(&b);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_key_is_compared),
	    cmocka_unit_test(the_mutations_are_of_every_key),
	    cmocka_unit_test(order_comments_and_spelling_change_nothing),
	    cmocka_unit_test(what_is_only_spelt_differently_is_told_as_that),
	    cmocka_unit_test(a_change_says_old_and_new_and_what_it_means),
	    cmocka_unit_test(what_came_and_went_is_told_whole),
	    cmocka_unit_test(who_listens_can_end_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
