/* test_api_stats.c - figures without persons, and those too small to show. */
#include <jansson.h>

#include "api_house.h"
#include "postern/caldate.h"

#define IN_HOUSE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)

/* HOUSE_NOW is 2026-09-21T14:13:20Z; the house has no zone. */
static void count(struct api_house *h, const char *hour, const char *name,
		  const char *detail, int n)
{
	static const char sql[] =
	    "INSERT INTO figure(hour_ms,channel,name,detail,n)"
	    " VALUES(?,'shop',?,?,?)";
	int64_t at_ms = 0;

	assert_true(instant_parse(hour, &at_ms));
	house_run(
	    h, sql,
	    STORE_ARGS(S_INT(at_ms), S_TEXT(name), S_TEXT(detail), S_INT(n)));
}

static json_t *stats(struct api_house *h, const char *query)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "/v1/stats%s", query);
	return ask_json(h, 200, "GET", path, h->operator, NULL, NULL);
}

/* The one row of a kind and period; NULL: none. */
static const json_t *row(const json_t *v, const char *kind, const char *period)
{
	const json_t *list = json_object_get(v, kind), *found = NULL, *one;
	size_t i;

	assert_true(json_is_array(list));
	json_array_foreach((json_t *)list, i, one)
	{
		if (strcmp(text_in(one, "period"), period) != 0)
			continue;
		assert_null(found);
		found = one;
	}
	return found;
}

/* -1: left out. */
static int64_t number(const json_t *row, const char *member)
{
	const json_t *v = json_object_get(row, member);

	assert_non_null(v);
	return json_is_null(v) ? -1 : json_integer_value(v);
}

static void questions_are_told_by_day_and_hour(void **state)
{
	struct api_house *h = *state;
	const json_t *one;
	json_t *v;

	count(h, "2026-09-18T08:00:00Z", "question.asked", "open", 20);
	count(h, "2026-09-18T08:00:00Z", "question.answered_15m", "open", 9);
	count(h, "2026-09-18T08:00:00Z", "question.answered_60m", "open", 6);
	count(h, "2026-09-18T21:00:00Z", "question.asked", "outside", 3);
	v = stats(h, "?from=2026-09-18&to=2026-09-18");
	assert_string_equal(text_in(v, "step"), "day");
	assert_int_equal(json_array_size(json_object_get(v, "questions")), 2);
	one = json_array_get(json_object_get(v, "questions"), 0);
	assert_string_equal(text_in(one, "channel"), "shop");
	assert_string_equal(text_in(one, "hours"), "open");
	assert_int_equal(number(one, "asked"), 20);
	assert_int_equal(number(one, "answered_15m"), 9);
	assert_int_equal(number(one, "answered_60m"), 15);
	one = json_array_get(json_object_get(v, "questions"), 1);
	assert_string_equal(text_in(one, "hours"), "outside");
	assert_int_equal(number(one, "asked"), -1);
	json_decref(v);
	v = stats(h, "?from=2026-09-18&to=2026-09-18&step=hour");
	one = row(v, "questions", "2026-09-18T08:00:00Z");
	assert_int_equal(number(one, "asked"), 20);
	/* Three in one evening hour: the day is named, the hour is not. */
	assert_null(row(v, "questions", "2026-09-18T21:00:00Z"));
	assert_int_equal(number(row(v, "questions", "2026-09-18"), "asked"),
			 -1);
	json_decref(v);
}

static void nothing_is_told_of_a_day_that_is_not_over(void **state)
{
	struct api_house *h = *state;
	json_t *v;

	count(h, "2026-09-21T08:00:00Z", "question.asked", "open", 20);
	count(h, "2026-09-21T08:00:00Z", "consent.given", "news", 20);
	/* What is read two days later still counts. */
	count(h, "2026-09-19T08:00:00Z", "message.sent", "", 30);
	count(h, "2026-09-17T08:00:00Z", "message.sent", "", 30);
	v = stats(h, "?from=2026-09-01&to=2026-09-30");
	assert_int_equal(json_array_size(json_object_get(v, "questions")), 0);
	assert_int_equal(json_array_size(json_object_get(v, "events")), 0);
	assert_int_equal(json_array_size(json_object_get(v, "messages")), 1);
	assert_int_equal(number(row(v, "messages", "2026-09-17"), "sent"), 30);
	assert_string_equal(
	    text_in(json_object_get(v, "shown_until"), "events"), "2026-09-20");
	assert_string_equal(
	    text_in(json_object_get(v, "shown_until"), "messages"),
	    "2026-09-17");
	json_decref(v);
}

static void campaigns_have_what_became_of_them(void **state)
{
	static const char ad[] = "news rabatt_2026";
	struct api_house *h = *state;
	const json_t *one;
	json_t *v;

	count(h, "2026-09-14T08:00:00Z", "message.sent", ad, 40);
	count(h, "2026-09-14T08:00:00Z", "message.delivered", ad, 30);
	count(h, "2026-09-14T08:00:00Z", "message.read", ad, 20);
	count(h, "2026-09-14T08:00:00Z", "campaign.opted_out", ad, 6);
	count(h, "2026-09-14T08:00:00Z", "message.sent", "news", 40);
	count(h, "2026-09-14T08:00:00Z", "message.delivered", "news", 38);
	count(h, "2026-09-14T08:00:00Z", "campaign.opted_out", "news", 2);
	v = stats(h, "?from=2026-09-14&to=2026-09-14&channel=shop");
	assert_int_equal(json_array_size(json_object_get(v, "campaigns")), 2);
	one = json_array_get(json_object_get(v, "campaigns"), 0);
	if (json_is_string(json_object_get(one, "template")))
		one = json_array_get(json_object_get(v, "campaigns"), 1);
	assert_string_equal(text_in(one, "purpose"), "news");
	assert_int_equal(number(one, "sent"), 40);
	assert_int_equal(number(one, "delivered"), -1); /* 2 were not */
	assert_int_equal(number(one, "opted_out"), -1);
	one = json_array_get(json_object_get(v, "campaigns"), 0);
	if (!json_is_string(json_object_get(one, "template")))
		one = json_array_get(json_object_get(v, "campaigns"), 1);
	assert_string_equal(text_in(one, "template"), "rabatt_2026");
	assert_int_equal(number(one, "delivered"), 30);
	assert_int_equal(number(one, "read"), 20);
	assert_int_equal(number(one, "opted_out"), 6);
	json_decref(v);
	v = stats(h, "?from=2026-09-14&to=2026-09-14&channel=other");
	assert_int_equal(json_array_size(json_object_get(v, "campaigns")), 0);
	json_decref(v);
}

static void a_month_adds_up_what_single_days_cannot_tell(void **state)
{
	struct api_house *h = *state;
	char hour[32];
	json_t *v;

	for (int day = 1; day <= 28; day++) {
		(void)snprintf(hour, sizeof(hour), "2026-08-%02dT08:00:00Z",
			       day);
		count(h, hour, "consent.given", "news", 1);
	}
	count(h, "2026-09-01T08:00:00Z", "consent.given", "news", 9);
	v = stats(h, "?from=2026-08-10&to=2026-09-10&step=month");
	assert_string_equal(text_in(v, "from"), "2026-08-01");
	assert_string_equal(text_in(v, "to"), "2026-09-30");
	assert_int_equal(json_array_size(json_object_get(v, "events")), 1);
	assert_int_equal(number(row(v, "events", "2026-08"), "count"), 28);
	json_decref(v);
	v = stats(h, "?from=2026-08-01&to=2026-08-02");
	assert_int_equal(number(row(v, "events", "2026-08-01"), "count"), -1);
	json_decref(v);
}

static void odd_ranges_are_refused(void **state)
{
	static const char *const queries[] = {
	    "?from=2026-09-02&to=2026-09-01",
	    "?from=gestern",
	    "?to=2026-02-30",
	    "?step=week",
	    "?from=2026-01-01&to=2026-09-01&step=day",
	    "?from=2026-09-01&to=2026-09-20&step=hour",
	    "?from=0001-01-01&to=0001-01-02",
	    "?to=9999-12-31",
	    "?channel=%22",
	    "?staff=1",
	    "?state=dead", /* of another address */
	};
	struct api_house *h = *state;
	char path[128];

	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		(void)snprintf(path, sizeof(path), "/v1/stats%s", queries[i]);
		json_decref(
		    ask_json(h, 400, "GET", path, h->operator, NULL, NULL));
	}
}

static void a_helpdesk_has_no_business_here(void **state)
{
	struct api_house *h = *state;

	json_decref(ask_json(h, 403, "GET", "/v1/stats", h->desk, NULL, NULL));
	json_decref(ask_json(h, 401, "GET", "/v1/stats", "x", NULL, NULL));
}

static void the_last_days_stand_in_the_metrics(void **state)
{
	static const char *const there[] = {
	    "postern_day_questions{channel=\"shop\",hours=\"open\","
	    "answered=\"any\"} 20\n",
	    "postern_day_questions{channel=\"shop\",hours=\"open\","
	    "answered=\"15m\"} 9\n",
	    "postern_day_messages{channel=\"shop\",purpose=\"news\","
	    "template=\"rabatt\",state=\"opted_out\"} 7\n",
	    "postern_day_events{channel=\"shop\",name=\"consent.given\","
	    "detail=\"news\"} 5\n",
	    "postern_day_begin_seconds{figures=\"events\"} 1789862400\n",
	};
	struct api_house *h = *state;
	struct call c = {.method = "GET", .path = "/metrics"};
	struct answer a;

	count(h, "2026-09-20T08:00:00Z", "question.asked", "open", 20);
	count(h, "2026-09-20T09:00:00Z", "question.asked", "outside", 4);
	count(h, "2026-09-20T08:00:00Z", "question.answered_15m", "open", 9);
	count(h, "2026-09-17T08:00:00Z", "message.sent", "news rabatt", 40);
	count(h, "2026-09-17T08:00:00Z", "campaign.opted_out", "news rabatt",
	      7);
	count(h, "2026-09-20T08:00:00Z", "consent.given", "news", 5);
	count(h, "2026-09-20T08:00:00Z", "consent.refused", "news", 4);
	a = ask(h, c);
	assert_int_equal(a.status, 200);
	for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++)
		if (strstr(a.body, there[i]) == NULL)
			fail_msg("not there: %s", there[i]);
	assert_null(strstr(a.body, "outside"));
	assert_null(strstr(a.body, "consent.refused"));
	answer_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_HOUSE(questions_are_told_by_day_and_hour),
	    IN_HOUSE(nothing_is_told_of_a_day_that_is_not_over),
	    IN_HOUSE(campaigns_have_what_became_of_them),
	    IN_HOUSE(a_month_adds_up_what_single_days_cannot_tell),
	    IN_HOUSE(odd_ranges_are_refused),
	    IN_HOUSE(a_helpdesk_has_no_business_here),
	    IN_HOUSE(the_last_days_stand_in_the_metrics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
