/* test_id.c - ids outside look random, cannot be made up and do not mix. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "postern/id.h"

static const struct id_mask mask = {.key = {1, 2, 3, 4, 5}};
static const struct id_mask other_mask = {.key = {1, 2, 3, 4, 6}};

static void an_id_comes_back_under_its_own_kind_only(void **state)
{
	static const int64_t ids[] = {0, 1, 1 << 20, INT64_MAX};

	(void)state;
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		for (int made = ID_MESSAGE; made < ID_KINDS; made++)
			for (int asked = ID_MESSAGE; asked < ID_KINDS;
			     asked++) {
				struct id_text t = {0};
				int64_t id = -1;
				int rc;

				id_format(&mask, (enum id_kind)made, ids[i],
					  &t);
				rc =
				    id_parse(&mask, (enum id_kind)asked, t.text,
					     strlen(t.text), &id, NULL);
				assert_int_equal(rc, made == asked ? 0 : -1);
				assert_true(id == (rc == 0 ? ids[i] : -1));
			}
}

static void spelling_is_known_without_the_mask(void **state)
{
	static const char *const bad[] = {
	    "",
	    "msg_",
	    "msg_0000000000000000000000000",
	    "msg_000000000000000000000000000",
	    "msg-00000000000000000000000000",
	    "abc_00000000000000000000000000",
	    "msg_0000000000000000000000000l",
	    "msg_00000000000000000000000001", /* bits that no id has */
	};
	enum id_kind kind = ID_POLICY;
	struct id_text t = {0};

	(void)state;
	for (int made = ID_MESSAGE; made <= ID_POLICY; made++) {
		id_format(&mask, (enum id_kind)made, 12, &t);
		assert_true(id_spelled(t.text, strlen(t.text), &kind));
		assert_int_equal(kind, made);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(id_spelled(bad[i], strlen(bad[i]), &kind));
}

static void the_prefix_of_another_kind_does_not_pass(void **state)
{
	struct id_text t = {0};
	struct err err = {0};
	int64_t id = 0;

	(void)state;
	id_format(&mask, ID_MESSAGE, 7, &t);
	assert_memory_equal(t.text, "msg_", 4);
	assert_int_equal(strlen(t.text), ID_TEXT_BYTES - 1);
	memcpy(t.text, "att_", 4);
	assert_int_equal(
	    id_parse(&mask, ID_ATTACHMENT, t.text, strlen(t.text), &id, &err),
	    -1);
	assert_int_equal(err.kind, ERR_ABSENT);
}

static void a_changed_character_anywhere_is_refused(void **state)
{
	struct id_text t = {0};
	int64_t id = 0;

	(void)state;
	id_format(&mask, ID_PERSON, 1234567, &t);
	for (size_t i = 0; i < ID_TEXT_BYTES - 1; i++) {
		struct id_text u = t;

		u.text[i] = u.text[i] == '7' ? '8' : '7';
		assert_int_equal(id_parse(&mask, ID_PERSON, u.text,
					  strlen(u.text), &id, NULL),
				 -1);
	}
	assert_int_equal(
	    id_parse(&mask, ID_PERSON, t.text, ID_TEXT_BYTES - 2, &id, NULL),
	    -1);
	assert_int_equal(id_parse(&mask, ID_PERSON, NULL, 0, &id, NULL), -1);
	assert_int_equal(
	    id_parse(&other_mask, ID_PERSON, t.text, strlen(t.text), &id, NULL),
	    -1);
}

static void neighbours_share_nothing_outside(void **state)
{
	struct id_text a = {0}, b = {0};
	size_t same = 0;

	(void)state;
	id_format(&mask, ID_MESSAGE, 1000, &a);
	id_format(&mask, ID_MESSAGE, 1001, &b);
	for (size_t i = 4; i < ID_TEXT_BYTES - 1; i++)
		same += a.text[i] == b.text[i];
	assert_true(same < 10);
}

static void ids_grow_even_when_the_clock_goes_back(void **state)
{
	const int64_t now = INT64_C(1795284000000);
	struct id_source source = {0};
	int64_t last = id_next(&source, now);

	(void)state;
	assert_true(last > 0);
	for (int i = 0; i < 1000; i++) {
		int64_t id = id_next(&source, now - i * 1000);

		assert_true(id > last);
		last = id;
	}
	assert_true(id_next(&source, now + 60000) > last + 1000);
	assert_true(id_next(&source, 0) == source.last);
	assert_true(id_next(&source, INT64_MAX) > 0);
}

static void an_alias_is_stable_and_says_nothing(void **state)
{
	char a[ALIAS_BYTES], b[ALIAS_BYTES];

	(void)state;
	id_alias(&mask, 42, a);
	id_alias(&mask, 42, b);
	assert_string_equal(a, b);
	assert_int_equal(strlen(a), strlen("Kunde K7QF-29XM"));
	assert_memory_equal(a, "Kunde ", 6);
	assert_int_equal(a[10], '-');
	for (size_t i = 6; i < strlen(a); i++)
		assert_non_null(
		    strchr("-0123456789ABCDEFGHJKMNPQRSTVWXYZ", a[i]));
	id_alias(&mask, 43, b);
	assert_string_not_equal(a, b);
	id_alias(&other_mask, 42, b);
	assert_string_not_equal(a, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_id_comes_back_under_its_own_kind_only),
	    cmocka_unit_test(spelling_is_known_without_the_mask),
	    cmocka_unit_test(the_prefix_of_another_kind_does_not_pass),
	    cmocka_unit_test(a_changed_character_anywhere_is_refused),
	    cmocka_unit_test(neighbours_share_nothing_outside),
	    cmocka_unit_test(ids_grow_even_when_the_clock_goes_back),
	    cmocka_unit_test(an_alias_is_stable_and_says_nothing),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
