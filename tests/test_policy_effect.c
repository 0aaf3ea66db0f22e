/* What a policy would do, in numbers: added up, written, read, compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "postern/caldate.h"
#include "postern/policy_effect.h"

static struct policy_effect *effect(void)
{
	struct policy_effect *e = calloc(1, sizeof(*e));

	assert_non_null(e);
	assert_true(instant_parse("2026-11-22T03:00:00Z", &e->at_ms));
	return e;
}

static void put(struct policy_effect *e, const char *datenart, int64_t earlier,
		int64_t never, int64_t unchanged)
{
	const struct policy_effect_counts more = {
	    .items = earlier + never + unchanged,
	    .earlier = earlier,
	    .never = never,
	    .unchanged = unchanged,
	    .forwarded = earlier,
	};
	struct name name;

	assert_true(name_set(&name, datenart, strlen(datenart)));
	policy_effect_add(e, &name, &more);
}

static void rows_are_added_up_and_in_order(void **state)
{
	struct policy_effect *e = effect();

	(void)state;
	put(e, "RAW", 1, 0, 0);
	put(e, "MSG", 2, 0, 3);
	put(e, "DOC", 0, 1, 0);
	put(e, "MSG", 5, 0, 0);
	assert_int_equal(e->rows_len, 3);
	assert_string_equal(e->rows[0].datenart.text, "DOC");
	assert_string_equal(e->rows[1].datenart.text, "MSG");
	assert_string_equal(e->rows[2].datenart.text, "RAW");
	assert_int_equal(e->rows[1].counts.earlier, 7);
	assert_int_equal(e->total.items, 12);
	assert_int_equal(e->total.never, 1);
	free(e);
}

static void more_rows_than_fit_are_counted_all_the_same(void **state)
{
	struct policy_effect *e = effect();
	char name[16];

	(void)state;
	for (int i = 0; i < POLICY_EFFECT_ROWS_MAX + 10; i++) {
		(void)snprintf(name, sizeof(name), "D%04d", i);
		put(e, name, 1, 0, 0);
	}
	assert_int_equal(e->rows_len, POLICY_EFFECT_ROWS_MAX);
	assert_int_equal(e->total.earlier, POLICY_EFFECT_ROWS_MAX + 10);
	assert_int_equal(e->rows[POLICY_EFFECT_ROWS_MAX - 1].counts.earlier,
			 11);
	free(e);
}

static void what_is_written_is_read_again(void **state)
{
	static const char wanted[] =
	    "{\"at\":\"2026-11-22T03:00:00Z\",\"total\":{\"items\":6,"
	    "\"earlier\":2,\"later\":0,\"never\":1,\"unchanged\":3,"
	    "\"forwarded\":2,\"held\":0,\"redacted\":0},\"data\":[{"
	    "\"datenart\":\"MSG\",\"items\":6,\"earlier\":2,\"later\":0,"
	    "\"never\":1,\"unchanged\":3,\"forwarded\":2,\"held\":0,"
	    "\"redacted\":0}]}";
	struct policy_effect *e = effect(), *again = effect();
	uint8_t a[POLICY_EFFECT_DIGEST_BYTES], b[POLICY_EFFECT_DIGEST_BYTES];
	struct buf text = BUF_INIT(65536);
	struct err err = {0};

	(void)state;
	put(e, "MSG", 2, 1, 3);
	assert_int_equal(policy_effect_print(e, &text, &err), 0);
	assert_string_equal(buf_text(&text), wanted);
	assert_int_equal(policy_effect_parse(text.bytes, text.len, again, &err),
			 0);
	assert_memory_equal(e, again, sizeof(*e));
	assert_int_equal(policy_effect_digest(e, a, &err), 0);
	again->rows[0].counts.held = 1;
	assert_int_equal(policy_effect_digest(again, b, &err), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	buf_free(&text);
	free(again);
	free(e);
}

static void anything_else_is_refused(void **state)
{
	static const char *const cases[] = {
	    "",
	    "{}",
	    "[]",
	    "{\"at\":\"gestern\"}",
	    "{\"at\":\"2026-11-22T03:00:00Z\",\"data\":[]}",
	    "{\"at\":\"2026-11-22T03:00:00Z\",\"total\":{\"items\":-1,"
	    "\"earlier\":2,\"later\":0,\"never\":1,\"unchanged\":3,"
	    "\"forwarded\":2,\"held\":0,\"redacted\":0},\"data\":[]}",
	    "{\"at\":\"2026-11-22T03:00:00Z\",\"total\":{\"items\":1,"
	    "\"earlier\":2,\"later\":0,\"never\":1,\"unchanged\":3,"
	    "\"forwarded\":2,\"held\":0,\"redacted\":0},\"data\":[{"
	    "\"datenart\":\"kein Name\"}]}",
	};
	struct policy_effect *e = effect();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = {0};

		assert_int_equal(
		    policy_effect_parse(cases[i], strlen(cases[i]), e, &err),
		    -1);
		assert_int_equal(err.kind, ERR_CORRUPT);
	}
	free(e);
}

/* Proves: compliance 9 R5 (as far as a change of rules goes). */
static void more_than_the_tolerance_is_too_much(void **state)
{
	static const struct {
		int64_t pinned, now, tolerance;
		bool exceeds;
	} cases[] = {
	    {120, 500, 10, true}, {120, 132, 10, false}, {120, 133, 10, true},
	    {120, 120, 0, false}, {120, 121, 0, true},	 {120, 0, 0, false},
	    {0, 0, 100, false},	  {0, 1, 100, true},	 {3, 6, 100, false},
	    {9, 10, 10, true},	  {10, 11, 10, false},
	};
	struct policy_effect_excess more;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policy_effect *pinned = effect(), *now = effect();

		put(pinned, "MSG", cases[i].pinned, 0, 1000);
		put(now, "MSG", cases[i].now, 0, 5000);
		assert_int_equal(policy_effect_exceeds(
				     pinned, now, cases[i].tolerance, &more),
				 cases[i].exceeds);
		if (cases[i].exceeds) {
			assert_string_equal(more.figure, "earlier");
			assert_string_equal(more.datenart->text, "MSG");
			assert_int_equal(more.pinned, cases[i].pinned);
			assert_int_equal(more.now, cases[i].now);
		}
		free(pinned);
		free(now);
	}
}

static void one_datenart_does_not_hide_behind_another(void **state)
{
	struct policy_effect *pinned = effect(), *now = effect();
	struct policy_effect_excess more;

	(void)state;
	put(pinned, "DOC", 500, 0, 0);
	put(now, "DOC", 100, 0, 0);
	put(now, "MSG", 400, 0, 0);
	assert_true(policy_effect_exceeds(pinned, now, 10, &more));
	assert_string_equal(more.datenart->text, "MSG");
	assert_int_equal(more.pinned, 0);
	put(pinned, "MSG", 400, 0, 0);
	assert_false(policy_effect_exceeds(pinned, now, 10, &more));
	put(now, "DOC", 0, 1, 0);
	assert_true(policy_effect_exceeds(pinned, now, 10, &more));
	assert_string_equal(more.figure, "never");
	free(pinned);
	free(now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_are_added_up_and_in_order),
	    cmocka_unit_test(more_rows_than_fit_are_counted_all_the_same),
	    cmocka_unit_test(what_is_written_is_read_again),
	    cmocka_unit_test(anything_else_is_refused),
	    cmocka_unit_test(more_than_the_tolerance_is_too_much),
	    cmocka_unit_test(one_datenart_does_not_hide_behind_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
