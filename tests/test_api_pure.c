/* test_api_pure.c - routes, scopes, bodies and file names: no I/O.
 * Proves: T9, T18. */
#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "api/body.h"
#include "api/filename.h"
#include "api/route.h"

static void addresses_find_their_route_or_say_why(void **state)
{
	static const struct {
		const char *method, *path;
		enum route_match match;
		const char *allow;
	} cases[] = {
	    {"GET", "/v1/messages/msg_1", ROUTE_FOUND, NULL},
	    {"HEAD", "/v1/messages/msg_1", ROUTE_FOUND, NULL},
	    {"POST", "/v1/messages/msg_1/read", ROUTE_FOUND, NULL},
	    {"POST", "/v1/messages/msg_1", ROUTE_OTHER_METHOD,
	     "GET, HEAD, OPTIONS"},
	    {"DELETE", "/v1/tokens/tok_1", ROUTE_FOUND, NULL},
	    {"GET", "/v1/tokens/tok_1", ROUTE_OTHER_METHOD, "DELETE, OPTIONS"},
	    {"PUT", "/v1/tokens", ROUTE_OTHER_METHOD,
	     "GET, HEAD, POST, OPTIONS"},
	    {"GET", "/v1/messages/", ROUTE_UNKNOWN, NULL},
	    {"GET", "/v1/messages", ROUTE_UNKNOWN, NULL},
	    {"GET", "/v1/messages/a/b", ROUTE_UNKNOWN, NULL},
	    {"POST", "/v1/messages/a/read/", ROUTE_UNKNOWN, NULL},
	    {"POST", "/v1/messages//read", ROUTE_UNKNOWN, NULL},
	    {"POST", "/v1/messages/a/rea", ROUTE_UNKNOWN, NULL},
	    {"GET", "/v1", ROUTE_UNKNOWN, NULL},
	    {"GET", "/v1/", ROUTE_UNKNOWN, NULL},
	    {"GET", "v1/status", ROUTE_UNKNOWN, NULL},
	    {"POST", "/v1/consents/import", ROUTE_FOUND, NULL},
	    {"GET", "/V1/status", ROUTE_UNKNOWN, NULL},
	    {"GET", "", ROUTE_UNKNOWN, NULL},
	    {"get", "/v1/status", ROUTE_OTHER_METHOD, "GET, HEAD, OPTIONS"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct route *route = NULL;
		const char *allow = NULL;

		assert_int_equal(
		    route_find(cases[i].method, cases[i].path, &route, &allow),
		    cases[i].match);
		if (cases[i].allow != NULL)
			assert_string_equal(allow, cases[i].allow);
	}
}

static void every_route_has_a_handler_and_a_known_mark(void **state)
{
	const struct route *routes, *found;
	const char *allow, *id;
	enum id_kind kind;
	size_t len, id_len;

	(void)state;
	routes = route_all(&len);
	for (size_t i = 0; i < len; i++) {
		assert_non_null(routes[i].run);
		/* A pattern is an address that fits itself. */
		assert_int_equal(route_find(routes[i].method, routes[i].pattern,
					    &found, &allow),
				 ROUTE_FOUND);
		assert_ptr_equal(found, &routes[i]);
		assert_int_equal(
		    route_id(found, routes[i].pattern, &id, &id_len, &kind),
		    strchr(routes[i].pattern, '{') != NULL);
		/* Whatever changes something needs a scope. */
		assert_true(routes[i].scope != 0 ||
			    strcmp(routes[i].method, "GET") == 0);
	}
}

static void scopes_are_known_words_between_single_spaces(void **state)
{
	static const char *const wrong[] = {
	    "",	    " ",	  "desk ", " desk",
	    "Desk", "desk,audit", "root",  "desk  operator"};
	unsigned int bits;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(scopes_parse(wrong[i], &bits));
	assert_true(scopes_parse("desk operator", &bits));
	assert_int_equal(bits, SCOPE_DESK | SCOPE_OPERATOR);
	assert_true(scopes_parse("desk rights policy audit operator "
				 "policy.approve works_council",
				 &bits));
	assert_int_equal(bits, SCOPES_ALL);
}

static void bodies_are_one_flat_object_without_doubles(void **state)
{
	static const char *const wrong[] = {
	    "null",
	    "[]",
	    "\"a\"",
	    "{",
	    "{}{}",
	    "{\"a\":1,\"a\":2}",
	    "{\"a\":NaN}",
	    "\xef\xbb\xbf{}",
	    "{\"a\":\"\xff\"}",
	    "{\"a\":[[[[[[[[[[[[]]]]]]]]]]]]}",
	};
	json_t *v;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_null(
		    body_read((const uint8_t *)wrong[i], strlen(wrong[i])));
	/* Brackets in texts do not nest. */
	v = body_read((const uint8_t *)"{\"a\":\"[[[[[[[[[[[[\\\"{\"}", 23);
	assert_non_null(v);
	json_decref(v);
	v = body_read(NULL, 0);
	assert_int_equal(json_object_size(v), 0);
	json_decref(v);
}

static void file_names_lose_what_steers(void **state)
{
	static const struct {
		const char *header, *name; /* NULL: refused */
	} cases[] = {
	    {"foto.jpg", "foto.jpg"},
	    {"mein foto.jpg", "mein foto.jpg"},
	    {"UTF-8''foto%20eins.jpg", "foto eins.jpg"},
	    {"utf-8''M%C3%A4rz.pdf", "M\xc3\xa4rz.pdf"},
	    {"UTF-8''..%2F..%2Fetc%2Fpasswd", "___.._etc_passwd"},
	    {"UTF-8''a%5Cb", "a_b"},
	    {"UTF-8''a%0D%0ASet-Cookie%3A", "a__Set-Cookie_"},
	    {"UTF-8''%E2%80%AEgpj.exe", "_gpj.exe"},
	    {"UTF-8''.htaccess", "_htaccess"},
	    {"UTF-8''a%00b", NULL},
	    {"UTF-8''a%", NULL},
	    {"UTF-8''a%2", NULL},
	    {"UTF-8''a%zz", NULL},
	    {"UTF-8''%C0%AF", NULL},
	    {"UTF-8''%ED%A0%80", NULL},
	    {"UTF-8''", NULL},
	    {"a/b", NULL},
	    {"a\"b", NULL},
	    {"\xc3\xa4", NULL},
	};
	char name[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool good =
		    filename_read(cases[i].header, strlen(cases[i].header),
				  name, sizeof(name));

		assert_int_equal(good, cases[i].name != NULL);
		if (good)
			assert_string_equal(name, cases[i].name);
	}
	/* Too long for its place. */
	assert_false(filename_read("abcdef", 6, name, 6));
	assert_true(filename_read("abcde", 5, name, 6));
}

static void dispositions_hold_no_quote_and_no_half_escape(void **state)
{
	char ret[400];

	(void)state;
	filename_disposition("M\xc3\xa4rz \"1\".pdf", ret, sizeof(ret));
	assert_string_equal(ret, "attachment; filename=\"M__rz _1_.pdf\"; "
				 "filename*=UTF-8''M%C3%A4rz%20%221%22.pdf");
	filename_disposition(NULL, ret, sizeof(ret));
	assert_string_equal(ret, "attachment");
	for (size_t size = 1; size < 80; size++) {
		size_t len;

		filename_disposition("\xc3\xa4\xc3\xa4\xc3\xa4", ret, size);
		len = strlen(ret);
		assert_true(len < size);
		assert_false(len >= 1 && ret[len - 1] == '%');
		assert_false(len >= 2 && ret[len - 2] == '%');
	}
}

static void media_types_are_plain_or_replaced(void **state)
{
	(void)state;
	assert_string_equal(filename_type("image/jpeg"), "image/jpeg");
	assert_string_equal(filename_type("image/svg+xml"), "image/svg+xml");
	assert_string_equal(filename_type("text/html; charset=x"),
			    "application/octet-stream");
	assert_string_equal(filename_type("a/b/c"), "application/octet-stream");
	assert_string_equal(filename_type("a\r\nb/c"),
			    "application/octet-stream");
	assert_string_equal(filename_type("/x"), "application/octet-stream");
	assert_string_equal(filename_type(NULL), "application/octet-stream");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(addresses_find_their_route_or_say_why),
	    cmocka_unit_test(every_route_has_a_handler_and_a_known_mark),
	    cmocka_unit_test(scopes_are_known_words_between_single_spaces),
	    cmocka_unit_test(bodies_are_one_flat_object_without_doubles),
	    cmocka_unit_test(file_names_lose_what_steers),
	    cmocka_unit_test(dispositions_hold_no_quote_and_no_half_escape),
	    cmocka_unit_test(media_types_are_plain_or_replaced),
	};

	assert(sodium_init() >= 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
