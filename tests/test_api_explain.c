/* test_api_explain.c - what became of a stored message, and why. */
#include <assert.h>
#include <jansson.h>

#include "api_house.h"

#define IN_HOUSE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)
#define SECRET	    "Wo ist mein Paket?"

static json_t *explained(struct api_house *h, int64_t message, int status,
			 const char *token)
{
	char path[128];

	return ask_json(
	    h, status, "GET",
	    path_to(h, path, "policy/explain", ID_MESSAGE, message, ""), token,
	    NULL, NULL);
}

static const char *text_of(const json_t *object, const char *member,
			   const char *tongue)
{
	return json_string_value(json_object_get(
	    json_object_get(json_object_get(object, member), "text"), tongue));
}

static void reasons_are_told_and_content_is_not(void **state)
{
	static const char content[] =
	    "{\"text\":\"" SECRET "\",\"why\":[{\"code\":\"channel.tag\","
	    "\"line\":12},{\"code\":\"keyword.stop\",\"line\":0}]}";
	struct api_house *h = *state;
	int64_t id = house_inbound(h, h->conversation, content);
	json_t *v = explained(h, id, 200, h->operator);
	const json_t *why = json_object_get(v, "why"), *one;
	char *all = json_dumps(v, 0);

	assert_null(strstr(all, "Paket"));
	assert_string_equal(text_in(v, "content"), "opened");
	assert_string_equal(text_in(v, "datenart"), "MSG");
	assert_string_equal(text_in(v, "channel"), "shop");
	assert_string_equal(text_in(v, "helpdesk"), "desk");
	assert_int_equal(json_array_size(why), 2);
	one = json_array_get(why, 0);
	assert_string_equal(text_in(one, "code"), "channel.tag");
	assert_int_equal(json_integer_value(json_object_get(one, "line")), 12);
	assert_non_null(strstr(json_string_value(json_object_get(
				   json_object_get(one, "text"), "en")),
			       "on the channel shop, as MSG"));
	free(all);
	json_decref(v);
}

static void a_message_without_reasons_has_none(void **state)
{
	struct api_house *h = *state;
	json_t *v = explained(h, h->inbound, 200, h->operator);

	assert_string_equal(text_in(v, "content"), "opened");
	assert_int_equal(json_array_size(json_object_get(v, "why")), 0);
	assert_string_equal(text_in(v, "outcome"), "undecided");
	assert_string_equal(text_of(v, "rule", "de"),
			    "90 Tage ab Ende des Vorgangs, mindestens 30 Tage");
	assert_true(json_is_null(
	    json_object_get(json_object_get(v, "rule"), "erase_from")));
	assert_true(json_is_null(
	    json_object_get(json_object_get(v, "policy"), "stamp")));
	json_decref(v);
}

/* HOUSE_NOW is 2026-09-21T14:13:20Z. */
static void the_due_day_follows_from_the_start_event(void **state)
{
	static const char sql[] =
	    "UPDATE conversation SET state='closed', closed_ms=? WHERE id=?";
	static const char raw[] =
	    "UPDATE message SET datenart='RAW' WHERE id=?";
	struct api_house *h = *state;
	const json_t *rule;
	json_t *v;

	house_run(h, sql, STORE_ARGS(S_INT(HOUSE_NOW), S_INT(h->conversation)));
	v = explained(h, h->inbound, 200, h->operator);
	rule = json_object_get(v, "rule");
	assert_string_equal(text_in(rule, "start"), "process_end");
	assert_string_equal(text_in(rule, "started"), "2026-09-21");
	assert_string_equal(text_in(rule, "last_day"), "2026-12-20");
	assert_string_equal(text_in(rule, "erase_from"), "2026-12-21");
	json_decref(v);
	house_run(h, raw, STORE_ARGS(S_INT(h->inbound)));
	v = explained(h, h->inbound, 200, h->operator);
	rule = json_object_get(v, "rule");
	assert_string_equal(text_in(rule, "start"), "collection");
	assert_string_equal(text_in(rule, "erase_from"), "2026-09-25");
	/* Another Datenart has another key: it does not open. */
	assert_string_not_equal(text_in(v, "content"), "opened");
	json_decref(v);
}

static void the_policy_of_then_is_named_as_far_as_it_is_known(void **state)
{
	static const char sql[] =
	    "UPDATE message SET policy=?, outcome=2, tags=1 WHERE id=?";
	static const char version[] =
	    "INSERT INTO policy_version(id, digest, name, version, state,"
	    " bytes, author, proposed_ms, from_ms) VALUES(1,?,'shop',41,"
	    "'superseded',?,0,0,0)";
	struct api_house *h = *state;
	uint8_t old[POLICY_DIGEST_BYTES] = {0xff, 1, 2, 3, 4, 5, 6, 7, 8};
	uint64_t stamp = 0;
	const json_t *policy;
	json_t *v;

	for (size_t i = 0; i < 8; i++)
		stamp = stamp << 8 | policy_digest(h->policy)[i];
	house_run(h, sql, STORE_ARGS(S_INT((int64_t)stamp), S_INT(h->inbound)));
	v = explained(h, h->inbound, 200, h->operator);
	policy = json_object_get(v, "policy");
	assert_true(json_is_true(json_object_get(policy, "in_force")));
	assert_int_equal(strlen(text_in(policy, "digest")), 64);
	assert_string_equal(text_in(v, "outcome"), "reduced");
	assert_true(json_is_true(json_object_get(v, "special")));
	json_decref(v);

	house_run(
	    h, sql,
	    STORE_ARGS(S_INT(INT64_C(-0xfefdfcfbfaf8f9)), S_INT(h->inbound)));
	v = explained(h, h->inbound, 200, h->operator);
	policy = json_object_get(v, "policy");
	assert_string_equal(text_in(policy, "stamp"), "ff01020304050707");
	assert_true(json_is_null(json_object_get(policy, "digest")));
	json_decref(v);

	old[7] = 7;
	old[6] = 7;
	house_run(h, version,
		  STORE_ARGS(S_BLOB(old, sizeof(old)), S_BLOB("x", 1)));
	v = explained(h, h->inbound, 200, h->operator);
	policy = json_object_get(v, "policy");
	assert_true(json_is_false(json_object_get(policy, "in_force")));
	assert_int_equal(json_integer_value(json_object_get(policy, "version")),
			 41);
	json_decref(v);
}

static void only_those_who_answer_for_the_policy_may_ask(void **state)
{
	struct api_house *h = *state;
	char policy[TOKEN_TEXT_BYTES], audit[TOKEN_TEXT_BYTES];

	house_token(h, "policy", NULL, 90, policy);
	house_token(h, "audit", NULL, 90, audit);
	json_decref(explained(h, h->inbound, 200, policy));
	json_decref(explained(h, h->inbound, 403, audit));
	json_decref(explained(h, h->inbound, 403, h->desk));
	json_decref(explained(h, h->inbound + 1, 404, policy));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_HOUSE(reasons_are_told_and_content_is_not),
	    IN_HOUSE(a_message_without_reasons_has_none),
	    IN_HOUSE(the_due_day_follows_from_the_start_event),
	    IN_HOUSE(the_policy_of_then_is_named_as_far_as_it_is_known),
	    IN_HOUSE(only_those_who_answer_for_the_policy_may_ask),
	};

	assert(sodium_init() >= 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
