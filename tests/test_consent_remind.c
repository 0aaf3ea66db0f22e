/* test_consent_remind.c - questions asked once more.
 * Proves: compliance 4.3. */
#include "receive_house.h"

#include "worker/consent.h"
#include "worker/consent_expire.h"

#define DAY	    INT64_C(86400000)
#define SAYS(id, t) "message,id=" id ",strong=S1,type=text,text=" t

static void say(struct house *h, const char *body)
{
	house_body(h, body);
	house_receive(h);
}

#define REMINDING                                                         \
	"policy: shop\nversion: 1\npurposes:\n"                           \
	"  support: {basis: contract}\n"                                  \
	"  werbung: {basis: consent, ask: frage, reminder: P3D}\n"        \
	"data:\n  MSG: {from: process_end, delete: P90D}\n"               \
	"  MEDIA: {from: process_end, delete: P90D}\n"                    \
	"  RAW: {from: collection, delete: P3D}\n"                        \
	"channels:\n  shop: {purpose: support, data: MSG, media: {data: " \
	"MEDIA}}\n" HOUSE_POLICY_DESK "notices:\n"

static void remind(struct house *h)
{
	bool moved = true;

	h->w.remind.boot = 0;
	h->w.ready = true;
	while (moved) {
		struct err err = {0};

		moved = false;
		h->w.expire_boot = -DAY;
		if (consent_step(&h->w, &moved, &err) != 0) {
			print_error("%s: %s\n", err.where, err.what);
			fail();
		}
	}
}

static int64_t asks(struct house *h)
{
	return HOUSE_COUNT(h, "message WHERE kind='ask'");
}

/* Source: compliance 4.3. */
static void a_question_is_asked_once_more_in_the_same_words(void **state)
{
	struct house *h = *state;

	house_use(h, REMINDING "  frage: \"Duerfen wir? JA\"\n");
	say(h, SAYS("m1", "Start"));
	h->ahead_ms = 3 * DAY - 1000;
	remind(h);
	assert_int_equal(asks(h), 1);
	/* Another wording today: the question is the one that was asked. */
	house_use(h, REMINDING "  frage: \"Anders gefragt? JA\"\n");
	h->ahead_ms = 3 * DAY;
	remind(h);
	assert_int_equal(asks(h), 2);
	content_is(CONTENT(h, "kind='ask' ORDER BY id DESC LIMIT 1"), "text",
		   "Duerfen wir? JA");
	assert_int_equal(
	    HOUSE_COUNT(h, "consent_event n JOIN consent_event r ON"
			   " r.kind='requested' WHERE n.kind='reminded' AND"
			   " n.wording=r.wording AND n.prompt<>r.prompt"),
	    1);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE kind='channel'"), 2);
	h->ahead_ms = 5 * DAY;
	remind(h);
	say(h, SAYS("m2", "Start")); /* nor by asking for it */
	assert_int_equal(asks(h), 2);
	say(h, SAYS("m3", "Ja"));
	assert_int_equal(HOUSE_COUNT(h, "consent_event WHERE kind='given'"), 1);
}

static void who_answered_is_not_reminded(void **state)
{
	struct house *h = *state;

	house_use(h, REMINDING "  frage: \"Duerfen wir? JA\"\n");
	say(h, SAYS("m1", "Start"));
	say(h, SAYS("m2", "Nein"));
	say(h, "message,id=m3,strong=S2,type=text,text=Start");
	say(h, "message,id=m4,strong=S2,type=text,text=Start");
	h->ahead_ms = 4 * DAY;
	remind(h);
	/* One asked twice by herself, one said no. */
	assert_int_equal(asks(h), 3);
	assert_int_equal(HOUSE_COUNT(h, "consent_event WHERE kind='reminded'"),
			 1);
}

static void a_reminder_waits_for_no_clock_that_was_set_back(void **state)
{
	struct house *h = *state;

	house_use(h, REMINDING "  frage: \"Duerfen wir? JA\"\n");
	h->ahead_ms = 4 * DAY;
	remind(h);
	h->ahead_ms = 0;
	say(h, SAYS("m1", "Start"));
	h->ahead_ms = 3 * DAY;
	remind(h);
	assert_int_equal(asks(h), 1);
	h->ahead_ms = 4 * DAY + 1;
	remind(h);
	assert_int_equal(asks(h), 1);
}

static void many_are_reminded_in_steps(void **state)
{
	struct house *h = *state;
	char body[96];

	house_use(h, REMINDING "  frage: \"Duerfen wir? JA\"\n");
	for (int i = 0; i < 70; i++) {
		(void)snprintf(body, sizeof(body),
			       "message,id=m%d,strong=S%d,type=text,text=Start",
			       i, i);
		house_body(h, body);
	}
	house_receive(h);
	assert_int_equal(asks(h), 70);
	h->ahead_ms = 3 * DAY;
	remind(h);
	assert_int_equal(asks(h), 140);
	remind(h);
	assert_int_equal(asks(h), 140);
}

/* What the provider would not take is not tried. */
static void a_closed_window_is_no_place_for_a_reminder(void **state)
{
	static struct channel_driver windowed;
	struct house *h = *state;

	house_use(h, REMINDING "  frage: \"Duerfen wir? JA\"\n");
	say(h, SAYS("m1", "Start"));
	windowed = *h->door.driver;
	windowed.has |= CHANNEL_HAS_WINDOW;
	windowed.window_ms = DAY;
	h->door.driver = &windowed;
	h->ahead_ms = 3 * DAY;
	remind(h);
	assert_int_equal(asks(h), 1);
	assert_int_equal(HOUSE_COUNT(h, "consent_event WHERE kind='reminded'"),
			 0);
}

#define CASE(test) \
	cmocka_unit_test_setup_teardown(test, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_question_is_asked_once_more_in_the_same_words),
	    CASE(who_answered_is_not_reminded),
	    CASE(a_reminder_waits_for_no_clock_that_was_set_back),
	    CASE(many_are_reminded_in_steps),
	    CASE(a_closed_window_is_no_place_for_a_reminder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
