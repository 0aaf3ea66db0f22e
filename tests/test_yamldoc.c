/* test_yamldoc.c - the strict subset: what is refused, where, and what is
 * read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "postern/buf.h"
#include "postern/yamldoc.h"

static struct diag diag;

static struct yaml_doc *parse_bytes(const void *bytes, size_t len)
{
	struct yaml_doc *doc = NULL;
	int rc;

	diag_init(&diag, "t.yaml");
	rc = yaml_parse(bytes, len, &diag, &doc);
	assert_int_equal(rc == 0, doc != NULL);
	assert_int_equal(rc == 0, diag.findings_len == 0);
	return doc;
}

static struct yaml_doc *parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static void maps_lists_and_scalars_keep_their_positions(void **state)
{
	struct yaml_doc *doc = parse("a: 1\n"
				     "b:\n"
				     "  - x\n"
				     "  - {c: \"2\"}\n");
	const struct yaml *root, *b, *c;

	(void)state;
	assert_non_null(doc);
	root = yaml_root(doc);
	assert_int_equal(root->type, YAML_MAP);
	assert_int_equal(root->children, 2);
	b = yaml_get(root, "b");
	assert_non_null(b);
	assert_int_equal(b->key_line, 2);
	assert_int_equal(b->line, 3);
	assert_int_equal(b->column, 3);
	assert_string_equal(b->first->text, "x");
	c = yaml_get(b->first->next, "c");
	assert_non_null(c);
	assert_int_equal(c->line, 4);
	assert_int_equal(c->key_column, 6);
	assert_true(c->quoted);
	assert_null(yaml_get(b, "c"));
	assert_null(yaml_get(NULL, "c"));
	yaml_free(&doc);
	assert_null(doc);
	yaml_free(&doc);
}

static void what_the_subset_refuses_has_line_and_column(void **state)
{
	static const struct {
		const char *text;
		size_t line, column;
		const char *says;
	} cases[] = {
	    {"", 0, 0, "empty"},
	    {"# only a comment\n", 0, 0, "empty; "},
	    {"a: &x 1\n", 1, 4, "anchor"},
	    {"a: 1\nb: *x\n", 2, 4, "alias"},
	    {"a: !!str 1\n", 1, 4, "tag"},
	    {"a: !x {}\n", 1, 4, "tag"},
	    {"a: 1\nb: 2\na: 3\n", 3, 1, "'a' twice"},
	    {"a: {b: 1, b: 2}\n", 1, 11, "'b' twice"},
	    {"a: 1\n---\nb: 2\n", 2, 1, "second document"},
	    {"? [a]\n: 1\n", 1, 3, "key"},
	    {"'': 1\n", 1, 1, "empty key"},
	    {"a: \"x\\0y\"\n", 1, 4, "NUL"},
	    {"a: [1\n", 2, 1, "; close brackets"},
	    {"a: \xff\n", 1, 4, "UTF-8"},
	    {"a:\n\t- 1\n", 2, 1, "a tab; indent with spaces"},
	    {"a: \xc3\xa4\n \tb: 1\n", 2, 2, "a tab; indent with spaces"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_null(parse(cases[i].text));
		assert_int_equal(diag.findings[0].line, cases[i].line);
		assert_int_equal(diag.findings[0].column, cases[i].column);
		assert_non_null(strstr(diag.findings[0].text, cases[i].says));
	}
}

static void several_findings_are_told_at_once(void **state)
{
	(void)state;
	assert_null(parse("a: &x 1\na: !!int 2\nb: 1\nb: 2\n"));
	assert_int_equal(diag.findings_len, 4);
}

static void depth_nodes_and_bytes_are_bounded(void **state)
{
	static uint8_t blank[1024 * 1024 + 1];
	struct yaml_doc *doc;
	struct buf b = BUF_INIT(200000);

	(void)state;
	doc = parse("[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]");
	assert_non_null(doc);
	yaml_free(&doc);
	assert_null(parse("[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"));
	assert_non_null(strstr(diag.findings[0].text, "deeper"));

	memset(blank, ' ', sizeof(blank));
	assert_null(parse_bytes(blank, sizeof(blank)));
	assert_non_null(strstr(diag.findings[0].text, "larger"));

	for (int i = 0; i < 20000; i++)
		assert_int_equal(buf_append_text(&b, "- 1\n", NULL), 0);
	assert_null(parse_bytes(b.bytes, b.len));
	assert_non_null(strstr(diag.findings[0].text, "entries"));
	doc = parse_bytes(b.bytes, b.len - 4);
	assert_non_null(doc);
	assert_int_equal(yaml_root(doc)->children, 19999);
	yaml_free(&doc);
	buf_free(&b);
}

static void keys_of_a_map_are_bounded(void **state)
{
	struct buf b = BUF_INIT(20000);
	struct yaml_doc *doc;
	char line[24];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(line, sizeof(line), "k%d: 1\n", i);
		assert_int_equal(buf_append_text(&b, line, NULL), 0);
	}
	doc = parse_bytes(b.bytes, b.len);
	assert_non_null(doc);
	assert_int_equal(yaml_root(doc)->children, 1000);
	yaml_free(&doc);
	assert_int_equal(buf_append_text(&b, "one: more\n", NULL), 0);
	assert_null(parse_bytes(b.bytes, b.len));
	assert_non_null(strstr(diag.findings[0].text, "1000 keys"));
	assert_int_equal(diag.findings[0].line, 1001);
	buf_free(&b);
}

static void utf_16_is_refused(void **state)
{
	(void)state;
	assert_null(parse_bytes("\xff\xfe"
				"a\0:\0 \0"
				"1\0",
				10));
}

static void unknown_keys_are_told_with_the_nearest(void **state)
{
	static const char *const known[] = {"channels", "routes"};
	struct yaml_doc *doc = parse("chanels: 1\nroutes: 2\n  \nzzz: 3\n");

	(void)state;
	assert_non_null(doc);
	assert_int_equal(yaml_unknown_keys(yaml_root(doc), known, 2, &diag), 2);
	assert_non_null(strstr(diag.findings[0].text,
			       "'chanels'; did you mean 'channels'?"));
	assert_int_equal(diag.findings[1].line, 4);
	assert_non_null(strstr(diag.findings[1].text, "remove it"));
	assert_int_equal(
	    yaml_unknown_keys(yaml_get(yaml_root(doc), "zzz"), known, 2, &diag),
	    0);
	yaml_free(&doc);
}

static void only_plain_scalars_have_types(void **state)
{
	struct yaml_doc *doc =
	    parse("t: true\nf: false\ny: yes\nq: \"true\"\ni: -17\nz: 0\n"
		  "o: 017\nh: 0x10\np: +1\nbig: 9223372036854775807\n"
		  "over: 9223372036854775808\nn: null\ntilde: ~\nnone:\n"
		  "sn: 'null'\nqi: '5'\nl: []\n");
	const struct yaml *r;
	bool flag = false;
	int64_t num = 0;

	(void)state;
	assert_non_null(doc);
	r = yaml_root(doc);
	assert_true(yaml_bool(yaml_get(r, "t"), &flag) && flag);
	assert_true(yaml_bool(yaml_get(r, "f"), &flag) && !flag);
	assert_false(yaml_bool(yaml_get(r, "y"), &flag));
	assert_false(yaml_bool(yaml_get(r, "q"), &flag));
	assert_true(yaml_int(yaml_get(r, "i"), &num) && num == -17);
	assert_true(yaml_int(yaml_get(r, "z"), &num) && num == 0);
	assert_true(yaml_int(yaml_get(r, "big"), &num) && num == INT64_MAX);
	for (size_t i = 0; i < 6; i++) {
		static const char *const no[] = {"o",	 "h",  "p",
						 "over", "qi", "l"};

		assert_false(yaml_int(yaml_get(r, no[i]), &num));
	}
	assert_true(yaml_null(yaml_get(r, "n")));
	assert_true(yaml_null(yaml_get(r, "tilde")));
	assert_true(yaml_null(yaml_get(r, "none")));
	assert_false(yaml_null(yaml_get(r, "sn")));
	assert_false(yaml_null(yaml_get(r, "l")));
	assert_false(yaml_null(NULL));
	yaml_free(&doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(maps_lists_and_scalars_keep_their_positions),
	    cmocka_unit_test(what_the_subset_refuses_has_line_and_column),
	    cmocka_unit_test(several_findings_are_told_at_once),
	    cmocka_unit_test(depth_nodes_and_bytes_are_bounded),
	    cmocka_unit_test(keys_of_a_map_are_bounded),
	    cmocka_unit_test(utf_16_is_refused),
	    cmocka_unit_test(unknown_keys_are_told_with_the_nearest),
	    cmocka_unit_test(only_plain_scalars_have_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
