/* contract_channel.c - what every channel driver has to keep. */
#include "channel_open.h"

#define EACH(driver)                                  \
	size_t drivers_len;                           \
	const struct channel_driver *const *drivers = \
	    channel_all(&drivers_len);                \
	const struct channel_driver *driver;          \
	assert_true(drivers_len > 0);                 \
	for (size_t d = 0; d < drivers_len && (driver = drivers[d], true); d++)

static struct channel *opened(const struct channel_driver *driver,
			      enum settings_role role)
{
	struct settings_channel conf;
	struct channel *ch = NULL;

	conf_make(&conf, driver);
	assert_int_equal(driver->open(&conf, role, &ch, NULL), 0);
	conf_free(&conf);
	assert_ptr_equal(ch->driver, driver);
	assert_string_equal(ch->name.text, "kanal");
	return ch;
}

static void every_driver_is_complete_and_found_by_name(void **state)
{
	(void)state;
	EACH(driver)
	{
		assert_ptr_equal(channel_find(driver->name), driver);
		assert_non_null(driver->open);
		assert_non_null(driver->admit);
		assert_non_null(driver->parse);
		assert_non_null(driver->request);
		assert_non_null(driver->answer);
		assert_non_null(driver->close);
		assert_true(driver->body_max > 0);
		assert_true(driver->rate_per_s >= 0);
		assert_true((driver->has & CHANNEL_HAS_WINDOW) == 0 ||
			    driver->window_ms > 0);
		assert_true(driver->rows_len <= SETTINGS_VALUES_MAX);
	}
	assert_null(channel_find("nobody"));
}

static void every_setting_is_described(void **state)
{
	(void)state;
	EACH(driver)
	{
		bool account = driver->account_key == NULL;

		for (size_t i = 0; i < driver->rows_len; i++) {
			const struct setting_row *row = &driver->rows[i];

			assert_true(strlen(row->help) > 10);
			assert_true(row->len_max >= row->len_min);
			assert_int_equal(row->roles != 0,
					 row->type == SETTING_SECRET);
			assert_false(row->required && row->fallback != NULL);
			if (driver->account_key != NULL &&
			    strcmp(driver->account_key, row->key) == 0)
				account = true;
		}
		assert_true(account);
	}
}

static void every_driver_opens_for_every_role(void **state)
{
	static const enum settings_role roles[] = {ROLE_CHECK, ROLE_INTAKE,
						   ROLE_WORKER, ROLE_KEEPER};

	(void)state;
	EACH(driver)
	for (size_t i = 0; i < 4; i++) {
		struct channel *ch = opened(driver, roles[i]);

		driver->close(&ch);
		assert_null(ch);
		driver->close(&ch);
	}
}

static void missing_settings_do_not_open(void **state)
{
	(void)state;
	EACH(driver)
	{
		struct settings_channel conf = {0};
		struct channel *ch = NULL;
		struct err err = {0};

		if (!driver->rows_len)
			continue;
		assert_true(name_set(&conf.name, "leer", 4));
		assert_int_equal(driver->open(&conf, ROLE_INTAKE, &ch, &err),
				 -1);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_null(ch);
	}
}

static void nothing_unsigned_is_admitted(void **state)
{
	(void)state;
	EACH(driver)
	{
		struct channel *ch = opened(driver, ROLE_INTAKE);
		struct fake_request f = {0};
		struct buf answer;

		for (int get = 0; get < 2; get++) {
			assert_int_equal(
			    fake_admit(ch, &f, get == 1, "{}", 2, &answer),
			    ADMIT_FORGED);
			assert_int_equal(answer.len, 0);
			buf_free(&answer);
		}
		if (driver->signature_header != NULL) {
			f.headers_len = 1;
			f.headers[0] = (struct fake_pair){
			    driver->signature_header, "sha256=00", 9};
			assert_int_equal(
			    fake_admit(ch, &f, false, "{}", 2, &answer),
			    ADMIT_FORGED);
			buf_free(&answer);
		}
		driver->close(&ch);
	}
}

static void rubbish_is_refused_without_a_list(void **state)
{
	static const char *const bodies[] = {
	    "", "x", "{", "[", "[[]]", "\"\"", "{\"a\":", "\xff\xfe"};

	(void)state;
	EACH(driver)
	for (size_t i = 0; i < 8; i++) {
		struct event_list *events = NULL;
		struct err err = {0};

		assert_int_equal(driver->parse((const uint8_t *)bodies[i],
					       strlen(bodies[i]), &events,
					       &err),
				 -1);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_null(events);
	}
}

static void an_empty_act_makes_no_call(void **state)
{
	(void)state;
	EACH(driver)
	{
		struct channel *ch = opened(driver, ROLE_WORKER);

		for (int kind = 0; kind <= CHANNEL_MEDIA_DELETE; kind++) {
			struct channel_act act = {
			    .kind = (enum channel_act_kind)kind,
			    .media_bytes = -1};
			struct http_call call = {0};
			struct err err = {0};

			assert_int_equal(driver->request(ch, &act, &call, &err),
					 -1);
			assert_int_equal(err.kind, ERR_INPUT);
			http_call_free(&call);
		}
		driver->close(&ch);
	}
}

static void lost_answers_are_never_success_or_failure(void **state)
{
	(void)state;
	EACH(driver)
	{
		struct channel *ch = opened(driver, ROLE_WORKER);

		assert_int_equal(
		    judged(ch, CHANNEL_SEND_TEXT, HTTP_CUT, 0, NULL).class,
		    CLASS_RETRY_UNKNOWN);
		assert_int_equal(
		    judged(ch, CHANNEL_SEND_TEXT, HTTP_NOT_SENT, 0, NULL).class,
		    CLASS_RETRY);
		driver->close(&ch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_driver_is_complete_and_found_by_name),
	    cmocka_unit_test(every_setting_is_described),
	    cmocka_unit_test(every_driver_opens_for_every_role),
	    cmocka_unit_test(missing_settings_do_not_open),
	    cmocka_unit_test(nothing_unsigned_is_admitted),
	    cmocka_unit_test(rubbish_is_refused_without_a_list),
	    cmocka_unit_test(an_empty_act_makes_no_call),
	    cmocka_unit_test(lost_answers_are_never_success_or_failure),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
