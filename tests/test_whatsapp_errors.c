/* test_whatsapp_errors.c - what answers of the provider mean.
 *
 * Proves: channels.md 1.4, 4.4, 5.6. */
#include "channel_open.h"

static int open_channel(void **state)
{
	const struct channel_driver *driver = channel_find("whatsapp");
	struct settings_channel conf;
	struct channel *ch = NULL;

	conf_make(&conf, driver);
	assert_int_equal(driver->open(&conf, ROLE_WORKER, &ch, NULL), 0);
	conf_free(&conf);
	*state = ch;
	return 0;
}

static int close_channel(void **state)
{
	struct channel *ch = *state;

	ch->driver->close(&ch);
	return 0;
}

static struct channel_outcome with_code(const struct channel *ch, long status,
					long code)
{
	char body[128];

	(void)snprintf(body, sizeof(body),
		       code % 2 == 0 ? "{\"error\":{\"code\":%ld}}"
				     : "{\"error\":{\"code\":\"%ld\"}}",
		       code);
	return judged(ch, CHANNEL_SEND_TEXT, HTTP_ANSWERED, status, body);
}

static void every_known_code_has_its_class_whatever_the_status(void **state)
{
	static const struct {
		enum channel_class class;
		long codes[32];
	} classes[] = {
	    {CLASS_RETRY,
	     {1, 2, 4, 613, 80007, 130429, 131000, 131016, 131056, 131057,
	      133016, 135000}},
	    {CLASS_WINDOW_CLOSED, {131047}},
	    {CLASS_PERMANENT,
	     {33,     100,    130403, 130472, 130497, 131008, 131009,
	      131021, 131026, 131030, 131049, 131050, 131051, 131053,
	      131062, 132000, 132001, 132005, 132007, 132008, 132012,
	      132015, 132016, 132068, 132069, 137000}},
	    {CLASS_CONFIG,
	     {3, 10, 190, 200, 250, 299, 368, 131005, 131031, 131037, 131042,
	      131045, 131048, 131063, 131064}},
	};
	static const long statuses[] = {200, 400, 401, 429, 500, 503};

	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		for (const long *code = classes[i].codes; *code != 0; code++)
			for (size_t n = 0; n < 6; n++) {
				struct channel_outcome o =
				    with_code(*state, statuses[n], *code);

				assert_int_equal(o.class, classes[i].class);
				assert_int_equal(o.error, *code);
			}
	assert_int_equal(with_code(*state, 400, 0).class, CLASS_CONFIG);
	assert_int_equal(with_code(*state, 400, 135000).attempts_max, 1);
	assert_int_equal(with_code(*state, 400, 131000).attempts_max, 3);
	assert_true(with_code(*state, 400, 131056).pair_only);
	assert_true(with_code(*state, 400, 131050).withdraw_marketing);
	assert_false(with_code(*state, 400, 131049).withdraw_marketing);
}

/* These say nothing about the message: they cost it no attempt. */
static void limits_on_pace_are_told_apart(void **state)
{
	static const long paces[] = {4, 613, 80007, 130429, 131056, 133016};
	static const long others[] = {1, 2, 131000, 131016, 131057, 135000};
	static const long final[] = {100, 131047, 131048, 190};

	for (size_t i = 0; i < 6; i++) {
		assert_true(with_code(*state, 400, paces[i]).too_fast);
		assert_true(with_code(*state, 429, paces[i]).too_fast);
		assert_false(with_code(*state, 500, others[i]).too_fast);
		assert_true(with_code(*state, 429, others[i]).too_fast);
	}
	for (size_t i = 0; i < 4; i++)
		assert_false(with_code(*state, 429, final[i]).too_fast);
	assert_true(judged(*state, CHANNEL_SEND_TEXT, HTTP_ANSWERED, 429,
			   "<html>proxy</html>")
			.too_fast);
	assert_true(judged(*state, CHANNEL_MEDIA_FETCH, HTTP_ANSWERED, 429, "")
			.too_fast);
	assert_false(
	    judged(*state, CHANNEL_SEND_TEXT, HTTP_ANSWERED, 503, "").too_fast);
}

static void unknown_errors_follow_the_rules_for_all_channels(void **state)
{
	static const char json[] = "{\"error\":{\"code\":999999}}";
	static const char page[] = "<html>proxy</html>";
	static const struct {
		enum http_fate fate;
		long status;
		const char *body;
		enum channel_class class;
	} cases[] = {
	    {HTTP_ANSWERED, 500, json, CLASS_RETRY},
	    {HTTP_ANSWERED, 502, json, CLASS_RETRY},
	    {HTTP_ANSWERED, 429, json, CLASS_RETRY},
	    {HTTP_ANSWERED, 400, json, CLASS_PERMANENT},
	    {HTTP_ANSWERED, 404, json, CLASS_PERMANENT},
	    {HTTP_ANSWERED, 429, page, CLASS_RETRY},
	    {HTTP_ANSWERED, 503, page, CLASS_RETRY},
	    {HTTP_ANSWERED, 500, page, CLASS_RETRY_UNKNOWN},
	    {HTTP_ANSWERED, 502, page, CLASS_RETRY_UNKNOWN},
	    {HTTP_ANSWERED, 504, NULL, CLASS_RETRY_UNKNOWN},
	    {HTTP_ANSWERED, 403, page, CLASS_PERMANENT},
	    {HTTP_ANSWERED, 200, page, CLASS_RETRY_UNKNOWN},
	    {HTTP_ANSWERED, 200, "{}", CLASS_RETRY_UNKNOWN},
	    {HTTP_ANSWERED, 200, "{\"messages\":[]}", CLASS_RETRY_UNKNOWN},
	    {HTTP_CUT, 0, NULL, CLASS_RETRY_UNKNOWN},
	    {HTTP_CUT, 200, NULL, CLASS_RETRY_UNKNOWN},
	    {HTTP_TOO_LARGE, 200, NULL, CLASS_RETRY_UNKNOWN},
	    {HTTP_NOT_SENT, 0, NULL, CLASS_RETRY},
	    {HTTP_REFUSED, 0, NULL, CLASS_CONFIG},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(judged(*state, CHANNEL_SEND_TEXT,
					cases[i].fate, cases[i].status,
					cases[i].body)
				     .class,
				 cases[i].class);
}

static void what_may_be_repeated_has_no_unknown_outcome(void **state)
{
	static const enum channel_act_kind kinds[] = {
	    CHANNEL_MARK_READ, CHANNEL_MEDIA_LOCATE, CHANNEL_MEDIA_FETCH,
	    CHANNEL_MEDIA_UPLOAD, CHANNEL_MEDIA_DELETE};

	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(
		    judged(*state, kinds[i], HTTP_CUT, 0, NULL).class,
		    CLASS_RETRY);
		assert_int_equal(
		    judged(*state, kinds[i], HTTP_ANSWERED, 504, NULL).class,
		    CLASS_RETRY);
	}
}

static void a_medium_on_a_foreign_host_is_given_up(void **state)
{
	assert_int_equal(
	    judged(*state, CHANNEL_MEDIA_FETCH, HTTP_REFUSED, 0, NULL).class,
	    CLASS_PERMANENT);
	assert_int_equal(
	    judged(*state, CHANNEL_MEDIA_FETCH, HTTP_ANSWERED, 404, NULL).class,
	    CLASS_RETRY_NEW_URL);
}

static void a_named_wait_is_passed_on(void **state)
{
	struct channel *ch = *state;
	struct channel_act act = {.kind = CHANNEL_SEND_TEXT};
	struct http_reply reply = {
	    .fate = HTTP_ANSWERED, .status = 429, .retry_after_ms = 7000};
	struct channel_outcome o;

	ch->driver->answer(ch, &act, &reply, &o);
	assert_int_equal(o.wait_ms, 7000);
	assert_int_equal(o.class, CLASS_RETRY);
}

static void an_accepted_message_gives_its_id(void **state)
{
	struct channel_outcome o = judged(
	    *state, CHANNEL_SEND_TEXT, HTTP_ANSWERED, 200,
	    "{\"messages\":[{\"id\":\"wamid.X\",\"message_status\":\"a\"}]}");

	assert_int_equal(o.class, CLASS_OK);
	assert_string_equal(o.id, "wamid.X");
	o = judged(*state, CHANNEL_MEDIA_UPLOAD, HTTP_ANSWERED, 200,
		   "{\"id\":4711}");
	assert_int_equal(o.class, CLASS_OK);
	assert_string_equal(o.id, "4711");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		every_known_code_has_its_class_whatever_the_status),
	    cmocka_unit_test(limits_on_pace_are_told_apart),
	    cmocka_unit_test(unknown_errors_follow_the_rules_for_all_channels),
	    cmocka_unit_test(what_may_be_repeated_has_no_unknown_outcome),
	    cmocka_unit_test(a_medium_on_a_foreign_host_is_given_up),
	    cmocka_unit_test(a_named_wait_is_passed_on),
	    cmocka_unit_test(an_accepted_message_gives_its_id),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, open_channel, close_channel);
}
