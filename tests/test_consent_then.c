/* test_consent_then.c - what a person had agreed to when a message came. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lifecycle/consent_then.h"

/* Persons 1 and 2 are one; 3 is somebody else.  Ids tell what was before what:
 * messages are 100, 200, ... and come at 1000 times that. */
static struct store *made(void)
{
	static const char persons[] =
	    "INSERT INTO person(id,joined_into,created_ms,year,minor) VALUES"
	    "(1,NULL,0,2026,0),(2,1,0,2026,0),(3,NULL,0,2026,0),"
	    "(4,NULL,0,2026,1)";
	struct store *st = NULL;
	struct err err = {0};

	assert_int_equal(store_open("memory", "", &st, &err), 0);
	assert_int_equal(store_run(st, persons, STORE_NO_ARGS, &err), 0);
	return st;
}

struct said {
	int64_t id, person;
	const char *kind, *purpose, *channel, *by, *method;
	int64_t until_ms, answer;
};
#define SAID(...) ((struct said){__VA_ARGS__})

/* What a case does not say. */
static struct store_value or_else(const char *text, const char *otherwise)
{
	return S_TEXT(text != NULL ? text : otherwise);
}

static void say(struct store *st, const struct said *s)
{
	static const char sql[] =
	    "INSERT INTO consent_event(id,person,purpose,kind,source,at_ms,"
	    "channel,by_whom,method,until_ms,answer) VALUES"
	    "(?,?,?,?,'',?,?,?,?,?,?)";
	struct err err = {0};

	assert_int_equal(
	    store_run(st, sql,
		      STORE_ARGS(S_INT(s->id), S_INT(s->person),
				 or_else(s->purpose, "rat"), S_TEXT(s->kind),
				 S_INT(s->id * 1000),
				 or_else(s->channel, "shop"),
				 or_else(s->by, "subject"),
				 or_else(s->method, "reply"),
				 s->until_ms != 0 ? S_INT(s->until_ms) : S_NULL,
				 s->answer != 0 ? S_INT(s->answer) : S_NULL),
		      &err),
	    0);
}

static void review(struct store *st, int64_t id, int64_t person,
		   int64_t decided_ms)
{
	static const char sql[] =
	    "INSERT INTO review(id,kind,state,person,created_ms,due_ms,"
	    "decided_ms) VALUES(?,'withdrawal','open',?,0,0,?)";
	struct err err = {0};

	assert_int_equal(
	    store_run(st, sql,
		      STORE_ARGS(S_INT(id), S_INT(person),
				 decided_ms != 0 ? S_INT(decided_ms) : S_NULL),
		      &err),
	    0);
}

static bool valid(struct consent_then *c, int64_t person, int64_t message,
		  bool marketing)
{
	const struct name purpose = {"rat"}, shop = {"shop"};
	const struct consent_then_ask ask = {
	    .side = marketing ? SIMULATE_BEFORE : SIMULATE_AFTER,
	    .purpose = &purpose,
	    .channel = &shop,
	    .marketing = marketing,
	    .person = person,
	    .conversation = 10 + person,
	    .message = message,
	    .received_ms = message * 1000,
	};
	struct err err = {0};
	bool is = false;

	assert_int_equal(consent_then_valid(c, &ask, &is, &err), 0);
	return is;
}

static bool valid_in(struct store *st, int64_t person, int64_t message,
		     bool marketing)
{
	struct consent_then *c = NULL;
	struct err err = {0};
	bool first, again;

	assert_int_equal(consent_then_open(st, &c, &err), 0);
	first = valid(c, person, message, marketing);
	again = valid(c, person, message, marketing); /* from memory */
	consent_then_close(&c);
	assert_int_equal(first, again);
	return first;
}

struct one {
	const char *name;
	struct said said[3];
	int64_t person, message;
	bool marketing, valid;
};

static const struct one cases[] = {
    {"nothing", {{0}}, 1, 200, false, false},
    {"given before",
     {SAID(.id = 150, .person = 1, .kind = "given")},
     1,
     200,
     false,
     true},
    {"given later",
     {SAID(.id = 250, .person = 1, .kind = "given")},
     1,
     200,
     false,
     false},
    {"given by the message",
     {SAID(.id = 250, .person = 1, .kind = "given", .answer = 200)},
     1,
     200,
     false,
     true},
    {"stopped by the message",
     {SAID(.id = 150, .person = 1, .kind = "given"),
      SAID(.id = 250, .person = 1, .kind = "withdrawn", .method = "keyword",
	   .answer = 200)},
     1,
     200,
     false,
     true},
    {"stopped before the message",
     {SAID(.id = 150, .person = 1, .kind = "given"),
      SAID(.id = 250, .person = 1, .kind = "withdrawn", .method = "keyword",
	   .answer = 200)},
     1,
     300,
     false,
     false},
    {"given anew",
     {SAID(.id = 150, .person = 1, .kind = "withdrawn"),
      SAID(.id = 160, .person = 1, .kind = "renewed")},
     1,
     200,
     false,
     true},
    {"asked again, which is no answer",
     {SAID(.id = 150, .person = 1, .kind = "given"),
      SAID(.id = 160, .person = 1, .kind = "reminded")},
     1,
     200,
     false,
     true},
    {"still runs",
     {SAID(.id = 150, .person = 1, .kind = "given", .until_ms = 200001)},
     1,
     200,
     false,
     true},
    {"ran out",
     {SAID(.id = 150, .person = 1, .kind = "given", .until_ms = 200000)},
     1,
     200,
     false,
     false},
    {"by who turned out to be the same",
     {SAID(.id = 150, .person = 1, .kind = "given")},
     2,
     200,
     false,
     true},
    {"by who turned out to be the same, the other way",
     {SAID(.id = 150, .person = 2, .kind = "given")},
     1,
     200,
     false,
     true},
    {"by somebody else",
     {SAID(.id = 150, .person = 3, .kind = "given")},
     1,
     200,
     false,
     false},
    {"on every channel",
     {SAID(.id = 150, .person = 3, .kind = "given", .channel = "")},
     3,
     200,
     false,
     true},
    {"on another channel",
     {SAID(.id = 150, .person = 3, .kind = "given", .channel = "kiosk")},
     3,
     200,
     false,
     false},
    {"of another purpose",
     {SAID(.id = 150, .person = 3, .kind = "given", .purpose = "news")},
     3,
     200,
     false,
     false},
    {"every purpose ended",
     {SAID(.id = 150, .person = 3, .kind = "given"),
      SAID(.id = 160, .person = 3, .kind = "withdrawn", .purpose = "all")},
     3,
     200,
     false,
     false},
    {"all advertising ended, and it is none",
     {SAID(.id = 150, .person = 3, .kind = "given"),
      SAID(.id = 160, .person = 3, .kind = "withdrawn",
	   .purpose = "marketing")},
     3,
     200,
     false,
     true},
    {"all advertising ended",
     {SAID(.id = 150, .person = 3, .kind = "given"),
      SAID(.id = 160, .person = 3, .kind = "withdrawn",
	   .purpose = "marketing")},
     3,
     200,
     true,
     false},
    {"a minor alone",
     {SAID(.id = 150, .person = 4, .kind = "given")},
     4,
     200,
     false,
     false},
    {"a minor's guardian",
     {SAID(.id = 150, .person = 4, .kind = "given", .by = "guardian")},
     4,
     200,
     false,
     true},
};

static void what_was_said_before_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct one *one = &cases[i];
		struct store *st = made();

		for (size_t k = 0; k < 3 && one->said[k].id != 0; k++)
			say(st, &one->said[k]);
		if (valid_in(st, one->person, one->message, one->marketing) !=
		    one->valid)
			fail_msg("%s", one->name);
		store_close(&st);
	}
}

static void advertising_rests_while_somebody_looks(void **state)
{
	struct store *st = made();

	(void)state;
	say(st, &SAID(.id = 50, .person = 3, .kind = "given"));
	review(st, 150, 3, 350000);
	assert_true(valid_in(st, 3, 100, true));
	assert_false(valid_in(st, 3, 200, true));
	assert_false(valid_in(st, 3, 300, true));
	assert_true(valid_in(st, 3, 400, true));
	assert_true(valid_in(st, 3, 200, false)); /* no advertising */
	review(st, 450, 3, 0);
	assert_false(valid_in(st, 3, 900, true));
	store_close(&st);
}

/* More than is kept for one conversation is read each time. */
static void a_long_history_is_read_too(void **state)
{
	struct store *st = made();

	(void)state;
	for (int64_t i = 0; i < 12; i++)
		say(st, &SAID(.id = 150 + 100 * i, .person = 2,
			      .kind = i % 2 == 0 ? "given" : "withdrawn"));
	for (int64_t i = 0; i < 13; i++)
		assert_int_equal(valid_in(st, 1, 100 + 100 * i, true),
				 i % 2 == 1);
	for (int64_t i = 0; i < 6; i++)
		review(st, 151 + 200 * i, 1, (200 + 200 * i) * 1000);
	for (int64_t i = 0; i < 13; i++)
		assert_int_equal(valid_in(st, 1, 100 + 100 * i, true),
				 i % 2 == 1);
	review(st, 1241, 1, 0);
	assert_false(valid_in(st, 1, 1400, true));
	store_close(&st);
}

static void many_conversations_share_the_room(void **state)
{
	struct store *st = made();
	struct consent_then *c = NULL;
	struct err err = {0};

	(void)state;
	say(st, &SAID(.id = 50, .person = 3, .kind = "given"));
	assert_int_equal(consent_then_open(st, &c, &err), 0);
	for (int round = 0; round < 2; round++)
		for (int64_t p = 3; p < 60000; p += p == 3 ? 97 : 1000) {
			assert_int_equal(valid(c, p, 200, false), p == 3);
			assert_int_equal(valid(c, p, 200, true), p == 3);
		}
	consent_then_close(&c);
	store_close(&st);
}

static void a_row_of_other_words_is_damage(void **state)
{
	const struct name purpose = {"rat"}, shop = {"shop"};
	const struct consent_then_ask ask = {.purpose = &purpose,
					     .channel = &shop,
					     .person = 3,
					     .conversation = 13,
					     .message = 200};
	struct store *st = made();
	struct consent_then *c = NULL;
	struct err err = {0};
	bool is;

	(void)state;
	say(st,
	    &SAID(.id = 50, .person = 3, .kind = "something very long indeed"));
	assert_int_equal(consent_then_open(st, &c, &err), 0);
	assert_int_equal(consent_then_valid(c, &ask, &is, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	consent_then_close(&c);
	store_close(&st);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_said_before_counts),
	    cmocka_unit_test(advertising_rests_while_somebody_looks),
	    cmocka_unit_test(a_long_history_is_read_too),
	    cmocka_unit_test(many_conversations_share_the_room),
	    cmocka_unit_test(a_row_of_other_words_is_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
