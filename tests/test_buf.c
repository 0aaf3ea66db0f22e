/* test_buf.c - errors, names, buffers and the reader of frames. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "postern/buf.h"
#include "postern/err.h"
#include "postern/name.h"

static int fail_somewhere(struct err *err)
{
	return ERR_SET(err, ERR_DENIED, "no entry", 13);
}

static void an_error_holds_kind_place_literal_and_number(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(fail_somewhere(&err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_string_equal(err.where, "fail_somewhere");
	assert_string_equal(err.what, "no entry");
	assert_int_equal(err.native, 13);
	assert_int_equal(fail_somewhere(NULL), -1);
}

static void every_error_kind_has_a_name_and_a_status(void **state)
{
	(void)state;
	for (int kind = ERR_NONE; kind <= ERR_NOMEM; kind++) {
		assert_string_not_equal(err_kind_name((enum err_kind)kind),
					"unknown");
		assert_in_range(err_http_status((enum err_kind)kind), 400, 503);
	}
	assert_string_equal(err_kind_name((enum err_kind)99), "unknown");
	assert_int_equal(err_http_status(ERR_INPUT), 400);
	assert_int_equal(err_http_status(ERR_DENIED), 403);
	assert_int_equal(err_http_status(ERR_ABSENT), 404);
	assert_int_equal(err_http_status(ERR_BUSY), 503);
	assert_int_equal(err_http_status(ERR_UNCERTAIN), 500);
}

static void a_name_is_one_to_32_plain_characters(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		bool good;
	} cases[] = {
	    {"kundenservice", 13, true},
	    {"MSG_SUPPORT", 11, true},
	    {"a", 1, true},
	    {"9-b", 3, true},
	    {"abcdefghijklmnopqrstuvwxyz012345", 32, true},
	    {"abcdefghijklmnopqrstuvwxyz0123456", 33, false},
	    {"", 0, false},
	    {"-a", 2, false},
	    {"_a", 2, false},
	    {"a b", 3, false},
	    {"a\0b", 3, false},
	    {"a/b", 3, false},
	    {"\xc3\xa4", 2, false},
	};
	struct name name = {.text = "before"};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct name n = name;

		assert_int_equal(name_set(&n, cases[i].text, cases[i].len),
				 cases[i].good);
		if (cases[i].good)
			assert_memory_equal(n.text, cases[i].text,
					    cases[i].len);
		else
			assert_true(name_equal(&n, &name));
	}
	assert_false(name_set(&name, NULL, 3));
}

static void a_buffer_stops_at_its_cap_and_keeps_its_content(void **state)
{
	struct buf b = BUF_INIT(100);
	struct err err = {0};

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(buf_append(&b, "0123456789", 10, &err), 0);
	assert_int_equal(buf_append(&b, "x", 1, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(buf_append(&b, "x", SIZE_MAX, &err), -1);
	assert_int_equal(b.len, 100);
	assert_memory_equal(b.bytes + 90, "0123456789", 10);
	assert_int_equal(strlen(buf_text(&b)), 100);
	buf_free(&b);
	assert_null(b.bytes);
	buf_free(&b);
	buf_free(NULL);
}

static void clearing_a_buffer_wipes_what_it_held(void **state)
{
	struct buf b = BUF_INIT(64);

	(void)state;
	assert_int_equal(buf_append_text(&b, "geheim", NULL), 0);
	buf_clear(&b);
	assert_int_equal(b.len, 0);
	for (size_t i = 0; i < b.size; i++)
		assert_int_equal(b.bytes[i], 0);
	buf_free(&b);
}

static void an_empty_buffer_is_an_empty_text(void **state)
{
	struct buf b = BUF_INIT(0);

	(void)state;
	assert_string_equal(buf_text(&b), "");
	assert_int_equal(b.len, 0);
	buf_free(&b);
}

static void integers_come_back_as_they_were_written(void **state)
{
	struct buf b = BUF_INIT(64);
	struct cut c;

	(void)state;
	assert_int_equal(buf_append_u8(&b, 0xfe, NULL), 0);
	assert_int_equal(buf_append_u16(&b, 0xfedc, NULL), 0);
	assert_int_equal(buf_append_u32(&b, 0xfedcba98, NULL), 0);
	assert_int_equal(buf_append_u64(&b, 0xfedcba9876543210, NULL), 0);
	assert_int_equal(b.bytes[1], 0xfe); /* big endian */
	c = CUT(b.bytes, b.len);
	assert_int_equal(cut_u8(&c), 0xfe);
	assert_int_equal(cut_u16(&c), 0xfedc);
	assert_int_equal(cut_u32(&c), 0xfedcba98);
	assert_true(cut_u64(&c) == 0xfedcba9876543210);
	assert_int_equal(c.left, 0);
	assert_false(c.failed);
	buf_free(&b);
}

static void a_cut_never_reads_past_its_end(void **state)
{
	const uint8_t bytes[3] = {1, 2, 3};
	struct cut c = CUT(bytes, sizeof(bytes));

	(void)state;
	assert_int_equal(cut_u16(&c), 0x0102);
	assert_int_equal(cut_u16(&c), 0);
	assert_true(c.failed);
	/* What was left is not given out after a failure either. */
	assert_int_equal(cut_u8(&c), 0);
	assert_null(cut_bytes(&c, 0));
	c = CUT(bytes, sizeof(bytes));
	assert_null(cut_bytes(&c, SIZE_MAX));
	assert_true(c.failed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_error_holds_kind_place_literal_and_number),
	    cmocka_unit_test(every_error_kind_has_a_name_and_a_status),
	    cmocka_unit_test(a_name_is_one_to_32_plain_characters),
	    cmocka_unit_test(a_buffer_stops_at_its_cap_and_keeps_its_content),
	    cmocka_unit_test(clearing_a_buffer_wipes_what_it_held),
	    cmocka_unit_test(an_empty_buffer_is_an_empty_text),
	    cmocka_unit_test(integers_come_back_as_they_were_written),
	    cmocka_unit_test(a_cut_never_reads_past_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
