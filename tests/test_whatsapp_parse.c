/* test_whatsapp_parse.c - payloads beside the samples: odd, old, broken.
 *
 * Proves: channels.md 1.1, 1.2, 1.3, 5.1 to 5.4, 5.8. */
#include "channel_open.h"

#define HEAD                                                                  \
	"{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"9\"," \
	"\"changes\":[{\"field\":\"messages\",\"value\":{\"metadata\":{"      \
	"\"phone_number_id\":\"77\"},"
#define TAIL  "}}]}]}"
#define OWNER "\"contacts\":[{\"wa_id\":\"491\",\"user_id\":\"DE.1\"}],"
#define ONE(type, more)                                                      \
	HEAD OWNER "\"messages\":[{\"id\":\"w1\",\"from\":\"491\","          \
		   "\"timestamp\":\"1790000000\",\"type\":\"" type "\"" more \
		   "}]" TAIL
#define NOTED(field, value)                                                   \
	"{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"9\"," \
	"\"changes\":[{\"field\":\"" field "\",\"value\":" value "}]}]}"
#define SENDER "\"sender\":{\"phone\":\"491\",\"bsuid\":\"DE.1\"}"
#define BASE   "\"account\":\"77\",\"id\":\"w1\",\"ts_ms\":1790000000000," SENDER

struct sample {
	const char *body, *want;
};

static json_t *decoded(const char *body, size_t len)
{
	struct event_list *events = NULL;
	json_t *got;
	char *text;

	if (channel_find("whatsapp")
		->parse((const uint8_t *)body, len, &events, NULL) != 0)
		return NULL;
	text = event_list_print(events);
	got = json_loads(text, JSON_ALLOW_NUL, NULL);
	free(text);
	event_list_free(&events);
	return got;
}

static void check(const struct sample *samples, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		json_t *got = decoded(samples[i].body, strlen(samples[i].body));
		json_t *want =
		    json_loads(samples[i].want, JSON_ALLOW_NUL, NULL);

		assert_non_null(want);
		if (!json_equal(got, want))
			fail_msg("sample %zu differs", i);
		json_decref(got);
		json_decref(want);
	}
}
#define CHECK(samples) check(samples, sizeof(samples) / sizeof(samples[0]))

static void types_without_a_sample_are_read(void **state)
{
	static const struct sample samples[] = {
	    {ONE("order", ",\"order\":{\"text\":\"Bitte schnell\"}"),
	     "[{\"kind\":\"message\"," BASE
	     ",\"type\":\"order\",\"text\":\"Bitte schnell\"}]"},
	    {ONE("request_welcome", ""),
	     "[{\"kind\":\"message\"," BASE ",\"type\":\"unsupported\"}]"},
	    {ONE("unsupported", ",\"errors\":[{\"code\":\"131051\"}]"),
	     "[{\"kind\":\"message\"," BASE
	     ",\"type\":\"unsupported\",\"error\":131051}]"},
	    {ONE("edit", ",\"edit\":{\"original_message_id\":\"w0\","
			 "\"message\":{\"type\":\"text\",\"text\":{\"body\":"
			 "\"neu\"}}}"),
	     "[{\"kind\":\"edit\"," BASE
	     ",\"target\":\"w0\",\"type\":\"text\",\"text\":\"neu\"}]"},
	    {ONE("text", ",\"text\":{\"body\":\"a\"},\"context\":"
			 "{\"forwarded\":true}"),
	     "[{\"kind\":\"message\"," BASE
	     ",\"type\":\"text\",\"text\":\"a\"}]"},
	    {ONE("image", ",\"image\":{\"id\":123,\"caption\":null}"),
	     "[{\"kind\":\"message\"," BASE
	     ",\"type\":\"image\",\"media_id\":\"123\"}]"},
	};

	(void)state;
	CHECK(samples);
}

static void unusable_items_are_counted_and_spoil_nothing(void **state)
{
	static const struct sample samples[] = {
	    {HEAD OWNER "\"messages\":[17,{\"from\":\"491\",\"type\":\"text\"},"
			"{\"id\":\"w1\",\"from\":\"491\",\"timestamp\":"
			"\"1790000000\",\"type\":\"text\",\"text\":{\"body\":"
			"\"gut\"}},{\"id\":\"w2\",\"from\":\"491\",\"type\":"
			"\"revoke\"}],\"statuses\":[{\"id\":\"s1\"},null]" TAIL,
	     "[{\"kind\":\"ignored\",\"account\":\"77\",\"field\":\"messages\"}"
	     ","
	     "{\"kind\":\"ignored\",\"account\":\"77\",\"field\":\"messages\"},"
	     "{\"kind\":\"message\"," BASE
	     ",\"type\":\"text\",\"text\":\"gut\"},"
	     "{\"kind\":\"ignored\",\"account\":\"77\",\"field\":\"messages\"},"
	     "{\"kind\":\"ignored\",\"account\":\"77\",\"field\":\"messages\"},"
	     "{\"kind\":\"ignored\",\"account\":\"77\",\"field\":"
	     "\"messages\"}]"},
	    {"{\"object\":\"whatsapp_business_account\",\"entry\":[1,{\"id\":"
	     "\"9\"},{\"id\":\"9\",\"changes\":[{},{\"field\":\"security\","
	     "\"value\":{\"event\":\"PIN_CHANGED\"}}]}]}",
	     "[{\"kind\":\"ignored\"},{\"kind\":\"ignored\",\"account\":\"9\"},"
	     "{\"kind\":\"ignored\",\"account\":\"9\"},{\"kind\":"
	     "\"account_notice\",\"account\":\"9\",\"field\":\"security\","
	     "\"event\":\"PIN_CHANGED\"}]"},
	    {ONE("reaction", ",\"reaction\":{\"emoji\":\"x\"}"),
	     "[{\"kind\":\"ignored\",\"account\":\"77\",\"field\":"
	     "\"messages\"}]"},
	};

	(void)state;
	CHECK(samples);
}

static void numbers_may_be_text_and_text_numbers(void **state)
{
	static const struct sample samples[] = {
	    {HEAD "\"statuses\":[{\"id\":99999999999999999999,\"status\":"
		  "\"failed\",\"timestamp\":1790000000123,\"recipient_id\":"
		  "491,\"errors\":[{\"code\":\"131026\"}]}]" TAIL,
	     "[{\"kind\":\"status\",\"account\":\"77\",\"id\":"
	     "\"99999999999999999999\",\"status\":\"failed\",\"ts_ms\":"
	     "1790000000123,\"recipient\":{\"phone\":\"491\"},\"error\":"
	     "131026}]"},
	    {HEAD "\"errors\":[{\"code\":\"130429\"},{\"code\":131000}]" TAIL,
	     "[{\"kind\":\"channel_error\",\"account\":\"77\",\"code\":130429},"
	     "{\"kind\":\"channel_error\",\"account\":\"77\",\"code\":"
	     "131000}]"},
	    {HEAD OWNER
	     "\"messages\":[{\"id\":\"w1\",\"from\":\"+491\",\"timestamp\":"
	     "1790000000,\"type\":\"text\",\"text\":{\"body\":5}}]" TAIL,
	     "[{\"kind\":\"message\"," BASE
	     ",\"type\":\"text\",\"text\":\"5\"}]"},
	    {"{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":5,"
	     "\"changes\":[{\"field\":\"flows\",\"value\":{\"x\":1e999,"
	     "\"y\":-0.5}}]}]}",
	     "[{\"kind\":\"ignored\",\"account\":\"5\",\"field\":\"flows\"}]"},
	};

	(void)state;
	CHECK(samples);
}

static void contacts_are_joined_by_who_they_are(void **state)
{
	static const struct sample samples[] = {
	    {HEAD "\"contacts\":[{\"wa_id\":\"492\",\"user_id\":\"DE.2\"},"
		  "{\"wa_id\":\"+491\",\"user_id\":\"DE.1\",\"profile\":{"
		  "\"username\":\"@eins\"}}],\"messages\":[{\"id\":\"w1\","
		  "\"from\":\"491\",\"type\":\"text\",\"text\":{\"body\":"
		  "\"a\"}},{\"id\":\"w2\",\"from_user_id\":\"DE.2\",\"type\":"
		  "\"text\",\"text\":{\"body\":\"b\"}},{\"id\":\"w3\",\"from\":"
		  "\"493\",\"type\":\"text\",\"text\":{\"body\":\"c\"}}]" TAIL,
	     "[{\"kind\":\"message\",\"account\":\"77\",\"id\":\"w1\","
	     "\"sender\":{\"phone\":\"491\",\"bsuid\":\"DE.1\",\"username\":"
	     "\"eins\"},\"type\":\"text\",\"text\":\"a\"},"
	     "{\"kind\":\"message\",\"account\":\"77\",\"id\":\"w2\","
	     "\"sender\":{\"phone\":\"492\",\"bsuid\":\"DE.2\"},\"type\":"
	     "\"text\",\"text\":\"b\"},"
	     "{\"kind\":\"message\",\"account\":\"77\",\"id\":\"w3\","
	     "\"sender\":{\"phone\":\"493\"},\"type\":\"text\",\"text\":"
	     "\"c\"}]"},
	    /* The only contact, but of somebody else. */
	    {HEAD OWNER "\"messages\":[{\"id\":\"w1\",\"from_user_id\":"
			"\"DE.7\",\"type\":\"text\",\"text\":{\"body\":"
			"\"a\"}}]" TAIL,
	     "[{\"kind\":\"message\",\"account\":\"77\",\"id\":\"w1\","
	     "\"sender\":{\"bsuid\":\"DE.7\"},\"type\":\"text\",\"text\":"
	     "\"a\"}]"},
	};

	(void)state;
	CHECK(samples);
}

static void a_changed_number_never_names_the_new_id_as_sender(void **state)
{
	static const struct sample samples[] = {
	    {HEAD OWNER
	     "\"messages\":[{\"id\":\"w1\",\"from\":\"490\",\"type\":"
	     "\"system\",\"system\":{\"type\":\"user_changed_number\","
	     "\"wa_id\":\"+491\",\"user_id\":\"DE.1\"}}]" TAIL,
	     "[{\"kind\":\"identity_changed\",\"account\":\"77\",\"id\":\"w1\","
	     "\"sender\":{\"phone\":\"490\"},\"new_phone\":\"491\","
	     "\"new_bsuid\":\"DE.1\"}]"},
	    {ONE("system", ",\"system\":{\"type\":\"something_else\"}"),
	     "[{\"kind\":\"ignored\",\"account\":\"77\",\"field\":"
	     "\"messages\"}]"},
	};

	(void)state;
	CHECK(samples);
}

#define PREFERENCE(category, value)                                       \
	NOTED("user_preferences",                                         \
	      "{\"metadata\":{\"phone_number_id\":\"77\"},"               \
	      "\"user_preferences\":[{\"user_id\":\"DE.1\",\"category\":" \
	      "\"" category "\",\"value\":" value "}]}")
#define PREFERRED(kind, purpose)                                             \
	"[{\"kind\":\"" kind "\",\"account\":\"77\"" purpose ",\"sender\":{" \
	"\"bsuid\":\"DE.1\"}}]"

static void unknown_preferences_are_never_consent(void **state)
{
	static const struct sample samples[] = {
	    {PREFERENCE("marketing_messages", "\"stop\""),
	     PREFERRED("optout", ",\"purpose\":\"marketing\"")},
	    {PREFERENCE("marketing_messages", "\"more\""),
	     PREFERRED("preference_unknown", ",\"purpose\":\"marketing\"")},
	    {PREFERENCE("marketing_messages", "\"RESUME\""),
	     PREFERRED("preference_unknown", ",\"purpose\":\"marketing\"")},
	    {PREFERENCE("marketing_messages", "true"),
	     PREFERRED("preference_unknown", ",\"purpose\":\"marketing\"")},
	    {PREFERENCE("all_messages", "\"resume\""),
	     PREFERRED("preference_unknown", "")},
	};

	(void)state;
	CHECK(samples);
}

static void every_account_field_is_a_notice(void **state)
{
	static const char *const fields[] = {"account_update",
					     "account_alerts",
					     "account_review_update",
					     "phone_number_quality_update",
					     "phone_number_name_update",
					     "business_capability_update",
					     "message_template_status_update",
					     "message_template_quality_update",
					     "template_category_update",
					     "security",
					     "business_username_update"};
	static const char *const ignored[] = {"history",
					      "smb_app_state_sync",
					      "flows",
					      "calls",
					      "payment_configuration_update",
					      "automatic_events",
					      "partner_solutions",
					      "group_settings_update",
					      "tomorrow"};
	char body[512];

	(void)state;
	for (size_t i = 0; i < 11 + 9; i++) {
		const char *field = i < 11 ? fields[i] : ignored[i - 11];
		json_t *got, *want;

		(void)snprintf(body, sizeof(body), NOTED("%s", "{}"), field);
		got = decoded(body, strlen(body));
		want = json_pack("[{s:s,s:s,s:s}]", "kind",
				 i < 11 ? "account_notice" : "ignored",
				 "account", "9", "field", field);
		assert_true(json_equal(got, want));
		json_decref(got);
		json_decref(want);
	}
}

static void text_keeps_every_character_it_can(void **state)
{
	static const struct sample samples[] = {
	    {ONE("text", ",\"text\":{\"body\":\"a\\u0000b\"}"),
	     "[{\"kind\":\"message\"," BASE
	     ",\"type\":\"text\",\"text\":\"a\\u0000b\"}]"},
	    {ONE("text", ",\"text\":{\"body\":\"\\ud83d x \\udc00\\u00e4\"}"),
	     "[{\"kind\":\"message\"," BASE
	     ",\"type\":\"text\",\"text\":\"\\ufffd x \\ufffd\\u00e4\"}]"},
	    {ONE("text", ",\"text\":{\"body\":\"\\uD83D\\uDE00\\/\\\\ud83d\"}"),
	     "[{\"kind\":\"message\"," BASE
	     ",\"type\":\"text\",\"text\":\"\\ud83d\\ude00/\\\\ud83d\"}]"},
	    {ONE("text", ",\"text\":{\"body\":\"\\ud83d\\ud83d\\ude00\"}"),
	     "[{\"kind\":\"message\"," BASE
	     ",\"type\":\"text\",\"text\":\"\\ufffd\\ud83d\\ude00\"}]"},
	};

	(void)state;
	CHECK(samples);
}

static void a_body_that_cannot_be_understood_is_refused_whole(void **state)
{
	static const char *const bodies[] = {
	    "",
	    "{",
	    "[]",
	    "null",
	    "5",
	    "{}",
	    "{\"object\":\"page\",\"entry\":[]}",
	    "{\"object\":\"whatsapp_business_account\"}",
	    "{\"object\":\"whatsapp_business_account\",\"entry\":{}}",
	    "{\"object\":\"whatsapp_business_account\",\"entry\":[],"
	    "\"entry\":[]}",
	    "{\"object\":\"whatsapp_business_account\",\"entry\":[]} x",
	    "{\"object\":\"whatsapp_business_account\",\"entry\":[01]}",
	    "{\"object\":\"whatsapp_business_account\",\"entry\":[1.]}",
	    "{\"object\":\"whatsapp_business_account\",\"entry\":[-]}",
	    "{\"object\":\"whatsapp_business_account\",\"entry\":[],5:6}",
	    "{\"object\":\"whatsapp_business_account\",\"entry\":[\"\xff\"]}",
	    "\xef\xbb\xbf{\"object\":\"whatsapp_business_account\","
	    "\"entry\":[]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		assert_null(decoded(bodies[i], strlen(bodies[i])));
}

static void nesting_ends_at_sixty_four(void **state)
{
	char body[512];

	(void)state;
	for (int depth = 64; depth <= 65; depth++) {
		struct event_list *events = NULL;
		char *at = body + snprintf(body, sizeof(body),
					   "{\"object\":"
					   "\"whatsapp_business_account\","
					   "\"entry\":");

		memset(at, '[', (size_t)depth - 1);
		memset(at + depth - 1, ']', (size_t)depth - 1);
		memcpy(at + 2 * (depth - 1), "}", 2);
		assert_int_equal(channel_find("whatsapp")
				     ->parse((const uint8_t *)body,
					     strlen(body), &events, NULL),
				 depth == 64 ? 0 : -1);
		event_list_free(&events);
	}
}

static void an_echo_keeps_its_text_without_showing_it(void **state)
{
	static const char body[] = NOTED(
	    "smb_message_echoes",
	    "{\"metadata\":{\"phone_number_id\":\"77\"},\"message_echoes\":[{"
	    "\"id\":\"e1\",\"to\":\"+491\",\"to_user_id\":\"DE.1\",\"type\":"
	    "\"text\",\"text\":{\"body\":\"Antwort\"}}]}");
	struct event_list *events = NULL;
	const struct event *e;
	char *text;

	(void)state;
	assert_int_equal(
	    channel_find("whatsapp")
		->parse((const uint8_t *)body, strlen(body), &events, NULL),
	    0);
	e = &events->events[0];
	assert_int_equal(e->kind, EVENT_ECHO);
	assert_string_equal(e->text, "Antwort");
	assert_string_equal(e->to, "491");
	assert_int_equal(e->party.addresses_len, 2);
	text = event_list_print(events);
	assert_null(strstr(text, "Antwort"));
	free(text);
	event_list_free(&events);
}

static void a_failed_status_tells_who_stopped_marketing(void **state)
{
	static const char body[] = HEAD
	    "\"statuses\":[{\"id\":\"s\",\"status\":\"failed\","
	    "\"recipient_id\":\"491\",\"errors\":[{\"code\":131050}]}]" TAIL;
	struct event_list *events = NULL;

	(void)state;
	assert_int_equal(
	    channel_find("whatsapp")
		->parse((const uint8_t *)body, strlen(body), &events, NULL),
	    0);
	assert_true(events->events[0].withdraw_marketing);
	event_list_free(&events);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(types_without_a_sample_are_read),
	    cmocka_unit_test(unusable_items_are_counted_and_spoil_nothing),
	    cmocka_unit_test(numbers_may_be_text_and_text_numbers),
	    cmocka_unit_test(contacts_are_joined_by_who_they_are),
	    cmocka_unit_test(a_changed_number_never_names_the_new_id_as_sender),
	    cmocka_unit_test(unknown_preferences_are_never_consent),
	    cmocka_unit_test(every_account_field_is_a_notice),
	    cmocka_unit_test(text_keeps_every_character_it_can),
	    cmocka_unit_test(a_body_that_cannot_be_understood_is_refused_whole),
	    cmocka_unit_test(nesting_ends_at_sixty_four),
	    cmocka_unit_test(an_echo_keeps_its_text_without_showing_it),
	    cmocka_unit_test(a_failed_status_tells_who_stopped_marketing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
