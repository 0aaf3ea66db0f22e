/* test_api_tools.c - the policy tools over the API: answers, bounds, and what
 * is refused.  That they say what the verbs say: tests/e2e/57-policy-api.py. */
#include <assert.h>
#include <jansson.h>

#include "api_house.h"

#define IN_HOUSE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)
#define ROOT	    "/v1/policy"
#define LINES	    "Content-Type: application/x-ndjson\r\n"
/* As the house's own, but for how long, and with a test. */
#define POLICY(keep, store)                                                \
	"policy: neu\nversion: 2\n"                                        \
	"purposes:\n  support: {basis: contract}\n"                        \
	"data:\n"                                                          \
	"  MSG: {from: process_end, delete: " keep "}\n"                   \
	"  MEDIA: {from: process_end, delete: P90D}\n"                     \
	"  RAW: {from: collection, delete: P3D}\n"                         \
	"channels:\n  shop: {purpose: support, data: MSG}\n"               \
	"helpdesks:\n  desk: {sees: [text], data: [MSG]}\n"                \
	"tests:\n  - name: one\n    given: {channel: shop, text: Hallo}\n" \
	"    expect: {store: " store "}\n"
#define FACTS                                                                \
	"{\"name\":\"a\",\"today\":\"2026-11-21\",\"trigger\":\"schedule\"," \
	"\"basis\":\"contract\",\"purpose\":\"support\","                    \
	"\"purpose_active\":false,\"rule_due\":\"2026-11-21\","              \
	"\"statutory_last_day\":null,\"legal_hold\":false,"                  \
	"\"restriction\":null}"

static json_t *get(struct api_house *h, int status, const char *path)
{
	return ask_json(h, status, "GET", path, h->operator, NULL, NULL);
}

/* The body is built, so that it may hold a policy; takes the reference. */
static json_t *post(struct api_house *h, int status, const char *path,
		    json_t *body)
{
	char *text = json_dumps(body, 0);
	json_t *v;

	assert_non_null(text);
	v = ask_json(h, status, "POST", path, h->operator, text, NULL);
	free(text);
	json_decref(body);
	return v;
}

static struct answer lines(struct api_house *h, const char *type,
			   const char *body)
{
	return ask(h, (struct call){.method = "POST",
				    .path = ROOT "/decide",
				    .token = h->operator,
				    .headers = type,
				    .body = body,
				    .body_len = strlen(body)});
}

static int64_t number(const json_t *v, const char *member)
{
	const json_t *n = json_object_get(v, member);

	assert_true(json_is_integer(n));
	return json_integer_value(n);
}

static void days_are_counted(void **state)
{
	struct api_house *h = *state;
	json_t *v = get(h, 200, ROOT "/due?start=2027-08-30&period=P6M");

	assert_string_equal(text_in(v, "last_day"), "2028-02-29");
	assert_string_equal(text_in(v, "erase_from"), "2028-03-01");
	json_decref(v);
	v = get(h, 200,
		ROOT "/due?start=2026-03-15&statutory=HGB_Handelsbrief_6");
	assert_string_equal(text_in(v, "last_day"), "2032-12-31");
	json_decref(v);
	v = get(h, 400, ROOT "/due?start=2027-02-30&period=P6M");
	assert_non_null(strstr(text_in(v, "detail"), "start is no date"));
	json_decref(v);
	v = get(h, 400, ROOT "/due?start=2027-02-03&statutory=HGB");
	assert_non_null(strstr(text_in(v, "detail"), "statutory is no such"));
	json_decref(v);
	json_decref(get(h, 400, ROOT "/due?period=P6M"));
	json_decref(get(h, 400, ROOT "/due?start=2027-02-03"));
	json_decref(get(h, 400, ROOT "/due?start=2027-02-03&what=x"));
}

static void lines_are_decided(void **state)
{
	struct api_house *h = *state;
	struct answer a = lines(h, LINES, FACTS "\n\n" FACTS "\n");
	json_t *v;

	assert_int_equal(a.status, 200);
	assert_non_null(
	    strstr(a.text, "Content-Type: application/x-ndjson\r\n"));
	v = json_loadb(a.body, a.body_len, JSON_DISABLE_EOF_CHECK, NULL);
	assert_string_equal(text_in(v, "name"), "a");
	assert_string_equal(text_in(v, "decision"), "erase");
	json_decref(v);
	assert_non_null(memchr(a.body, '\n', a.body_len - 1));
	answer_free(&a);
	/* A bad line: nothing is decided, and its place is told. */
	a = lines(h, LINES, FACTS "\n{\"today\":1}\n");
	assert_int_equal(a.status, 400);
	assert_null(strstr(a.body, "erase"));
	v = json_loadb(a.body, a.body_len, 0, NULL);
	assert_int_equal(
	    number(json_array_get(json_object_get(v, "findings"), 0), "line"),
	    2);
	json_decref(v);
	answer_free(&a);
	a = lines(h, "Content-Type: application/json\r\n", FACTS);
	assert_int_equal(a.status, 415);
	answer_free(&a);
}

static void more_lines_than_a_turn_takes_are_refused(void **state)
{
	struct api_house *h = *state;
	char many[502];
	struct answer a;

	memset(many, '\n', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	a = lines(h, LINES, many);
	assert_int_equal(a.status, 413);
	answer_free(&a);
	many[500] = '\0';
	a = lines(h, LINES, many);
	assert_int_equal(a.status, 200);
	assert_int_equal(a.body_len, 0);
	answer_free(&a);
}

static void tests_of_a_policy_are_run(void **state)
{
	struct api_house *h = *state;
	json_t *v = post(h, 200, ROOT "/test", json_object());

	/* That in force has none. */
	assert_int_equal(number(v, "passed"), 0);
	assert_true(json_array_size(json_object_get(v, "uncovered")) > 0);
	json_decref(v);
	v = post(h, 200, ROOT "/test",
		 json_pack("{s:s}", "policy", POLICY("P30D", "MSG")));
	assert_int_equal(number(v, "passed"), 1);
	json_decref(v);
	v = post(h, 200, ROOT "/test",
		 json_pack("{s:s}", "policy", POLICY("P30D", "RAW")));
	assert_int_equal(number(v, "failed"), 1);
	assert_non_null(strstr(
	    text_in(json_array_get(json_object_get(v, "tests"), 0), "why"),
	    "store"));
	json_decref(v);
	v = post(h, 400, ROOT "/test",
		 json_pack("{s:s}", "policy", POLICY("30 days", "MSG")));
	assert_int_equal(
	    number(json_array_get(json_object_get(v, "findings"), 0), "line"),
	    6);
	json_decref(v);
	json_decref(
	    post(h, 400, ROOT "/test", json_pack("{s:i}", "policy", 1)));
	json_decref(post(h, 400, ROOT "/test", json_pack("{s:s}", "x", "y")));
}

static void texts_and_events_are_explained(void **state)
{
	struct api_house *h = *state;
	json_t *v =
	    post(h, 200, ROOT "/explain", json_pack("{s:s}", "text", "Stopp!"));

	assert_string_equal(text_in(v, "keyword"), "STOP");
	assert_string_equal(text_in(v, "normalised"), "stopp");
	json_decref(v);
	v = post(h, 200, ROOT "/explain",
		 json_pack("{s:s, s:s, s:b, s:i}", "text", "Hallo", "media",
			   "image", "first", true, "bytes", 7));
	/* The only channel; the policy in force. */
	assert_string_equal(text_in(json_object_get(v, "facts"), "channel"),
			    "shop");
	assert_string_equal(text_in(json_object_get(v, "decision"), "data"),
			    "MSG");
	assert_int_equal(number(json_object_get(v, "policy"), "version"), 1);
	json_decref(v);
	v = post(h, 200, ROOT "/explain",
		 json_pack("{s:s, s:s}", "text", "Stopp!", "policy",
			   POLICY("P30D", "MSG")));
	assert_int_equal(number(json_object_get(v, "policy"), "version"), 2);
	json_decref(v);
	v = post(h, 400, ROOT "/explain",
		 json_pack("{s:s}", "channel", "lager"));
	assert_non_null(strstr(text_in(v, "detail"),
			       "channel is none of the policy; one of shop"));
	json_decref(v);
	json_decref(post(h, 400, ROOT "/explain", json_object()));
	json_decref(
	    post(h, 400, ROOT "/explain", json_pack("{s:s}", "first", "yes")));
}

static void policies_are_compared(void **state)
{
	struct api_house *h = *state;
	const char *shorter = POLICY("P30D", "MSG");
	json_t *v =
	    post(h, 200, ROOT "/diff",
		 json_pack("{s:s, s:s, s:s}", "old", POLICY("P60D", "MSG"),
			   "new", shorter, "language", "en"));
	const json_t *change = json_array_get(json_object_get(v, "changes"), 0);

	assert_true(json_is_true(json_object_get(v, "shortens_retention")));
	assert_string_equal(text_in(change, "effect"), "shorter");
	assert_int_equal(number(change, "line_new"), 6);
	json_decref(v);
	v = post(h, 200, ROOT "/diff", json_pack("{s:s}", "new", shorter));
	assert_string_equal(text_in(json_object_get(v, "old"), "file"),
			    "in force");
	assert_string_equal(text_in(json_object_get(v, "old"), "name"), "shop");
	json_decref(v);
	v = post(h, 400, ROOT "/diff", json_pack("{s:s}", "new", "pol_x"));
	assert_non_null(strstr(text_in(v, "detail"), "no such version"));
	json_decref(v);
	json_decref(post(h, 400, ROOT "/diff", json_object()));
	json_decref(
	    post(h, 400, ROOT "/diff",
		 json_pack("{s:s, s:s}", "new", shorter, "language", "fr")));
}

static void papers_are_rendered(void **state)
{
	struct api_house *h = *state;
	const json_t *paper;
	json_t *v =
	    get(h, 200, ROOT "/render?what=kanaele&language=en&format=md");

	assert_true(json_is_true(
	    json_object_get(json_object_get(v, "policy"), "in_force")));
	assert_int_equal(json_array_size(json_object_get(v, "papers")), 1);
	paper = json_array_get(json_object_get(v, "papers"), 0);
	assert_string_equal(text_in(paper, "format"), "md");
	assert_non_null(strstr(text_in(paper, "text"), "shop"));
	json_decref(v);
	v = get(h, 200, ROOT "/render");
	assert_int_equal(json_array_size(json_object_get(v, "papers")), 4);
	json_decref(v);
	json_decref(get(h, 400, ROOT "/render?what=all"));
	json_decref(get(h, 400, ROOT "/render?format=pdf"));
	json_decref(get(h, 400, ROOT "/render?language=fr"));
}

static void only_those_who_answer_for_the_policy_may_ask(void **state)
{
	static const char *const posts[] = {"/test", "/explain", "/diff"};
	static const char *const gets[] = {ROOT "/render", ROOT
					   "/due?start=2027-08-30&period=P6M"};
	struct api_house *h = *state;
	char may[TOKEN_TEXT_BYTES];

	house_token(h, "policy", NULL, 90, may);
	for (size_t i = 0; i < 2; i++) {
		json_decref(
		    ask_json(h, 403, "GET", gets[i], h->desk, NULL, NULL));
		json_decref(ask_json(h, 200, "GET", gets[i], may, NULL, NULL));
	}
	for (size_t i = 0; i < sizeof(posts) / sizeof(posts[0]); i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), ROOT "%s", posts[i]);
		json_decref(ask_json(h, 403, "POST", path, h->desk,
				     "{\"text\":\"x\"}", NULL));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_HOUSE(days_are_counted),
	    IN_HOUSE(lines_are_decided),
	    IN_HOUSE(more_lines_than_a_turn_takes_are_refused),
	    IN_HOUSE(tests_of_a_policy_are_run),
	    IN_HOUSE(texts_and_events_are_explained),
	    IN_HOUSE(policies_are_compared),
	    IN_HOUSE(papers_are_rendered),
	    IN_HOUSE(only_those_who_answer_for_the_policy_may_ask),
	};

	assert(sodium_init() >= 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
