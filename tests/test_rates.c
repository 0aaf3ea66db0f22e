/* test_rates.c - what rates are made of, counted when it happens. */
#include <jansson.h>

#include "api_house.h"
#include "worker/rates.h"

#define IN_HOUSE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)
#define MINUTE_MS   INT64_C(60000)
#define HOUR(ms)    ((ms) - (ms) % FIGURE_HOUR_MS)

/* The figure of an hour; 0: none. */
static int64_t figure(struct api_house *h, int64_t at_ms, const char *name,
		      const char *detail)
{
	static const char sql[] =
	    "SELECT coalesce(sum(n),0) FROM figure WHERE hour_ms=? AND"
	    " channel='shop' AND name=? AND detail=?";
	struct err err = {0};
	int64_t n = -1;
	bool found;

	pthread_mutex_lock(&h->turn);
	assert_int_equal(store_one_int(h->w.store, sql,
				       STORE_ARGS(S_INT(HOUR(at_ms)),
						  S_TEXT(name), S_TEXT(detail)),
				       &n, &found, &err),
			 0);
	pthread_mutex_unlock(&h->turn);
	return n;
}

static void ask_now(struct api_house *h)
{
	house_run(h, "UPDATE conversation SET asked_ms=? WHERE id=?",
		  STORE_ARGS(S_INT(HOUSE_NOW), S_INT(h->conversation)));
}

static void answer_after(struct api_house *h, int64_t ms)
{
	struct err err = {0};

	atomic_store(&h->ahead_ms, ms);
	pthread_mutex_lock(&h->turn);
	assert_int_equal(rates_answered(&h->w, h->conversation, &err), 0);
	pthread_mutex_unlock(&h->turn);
}

static void an_answer_counts_in_the_hour_of_its_question(void **state)
{
	struct api_house *h = *state;

	ask_now(h);
	/* HOUSE_NOW is 14:13:20: the answer is in the next hour. */
	answer_after(h, 50 * MINUTE_MS);
	assert_int_equal(figure(h, HOUSE_NOW, "question.answered_60m", "open"),
			 1);
	ask_now(h);
	answer_after(h, 15 * MINUTE_MS);
	assert_int_equal(figure(h, HOUSE_NOW, "question.answered_15m", "open"),
			 1);
	/* Answered already. */
	answer_after(h, 16 * MINUTE_MS);
	ask_now(h);
	answer_after(h, RATES_ANSWER_MS + 1);
	assert_int_equal(house_count(h, "SELECT sum(n) FROM figure"), 2);
	assert_int_equal(house_count(h, "SELECT count(*) FROM conversation"
					" WHERE asked_ms IS NOT NULL"),
			 0);
}

static void what_lay_about_counts_from_now(void **state)
{
	(void)state;
	assert_int_equal(rates_asked_ms(1000, 1000), 1000);
	assert_int_equal(rates_asked_ms(1000, 1000 + RATES_ANSWER_MS), 1000);
	assert_int_equal(rates_asked_ms(1000, 1001 + RATES_ANSWER_MS),
			 1001 + RATES_ANSWER_MS);
	assert_int_equal(rates_asked_ms(2000, 1000), 1000);
}

static int64_t message(struct api_house *h, const char *kind,
		       const char *campaign)
{
	static const char sql[] =
	    "INSERT INTO message(id, conversation, key_person, direction, kind,"
	    " state, datenart, year, received_ms, policy, campaign)"
	    " VALUES(?,?,?,'out',?,'queued','MSG',2026,?,0,?)";
	int64_t id = worker_id(&h->w);

	house_run(h, sql,
		  STORE_ARGS(S_INT(id), S_INT(h->conversation),
			     S_INT(h->person), S_TEXT(kind), S_INT(HOUSE_NOW),
			     S_TEXT(campaign)));
	return id;
}

static void move(struct api_house *h, int64_t id, const char *state)
{
	struct err err = {0};

	pthread_mutex_lock(&h->turn);
	assert_int_equal(rates_moved(&h->w, id, state, &err), 0);
	pthread_mutex_unlock(&h->turn);
	house_run(h, "UPDATE message SET state=? WHERE id=?",
		  STORE_ARGS(S_TEXT(state), S_INT(id)));
}

static void each_state_counts_once_and_those_that_were_skipped(void **state)
{
	struct api_house *h = *state;
	int64_t one = message(h, "text", NULL), two = message(h, "media", NULL);

	ask_now(h);
	move(h, one, "sent");
	assert_int_equal(figure(h, HOUSE_NOW, "question.answered_15m", "open"),
			 1);
	move(h, one, "read");
	move(h, one, "played");
	/* The status came before the answer of the call. */
	move(h, two, "delivered");
	move(h, two, "delivered");
	assert_int_equal(figure(h, HOUSE_NOW, "message.sent", ""), 2);
	assert_int_equal(figure(h, HOUSE_NOW, "message.delivered", ""), 2);
	assert_int_equal(figure(h, HOUSE_NOW, "message.read", ""), 1);
}

static void what_is_no_answer_of_anybody_does_not_count(void **state)
{
	static const char *const kinds[] = {"notice", "ask", "reply",
					    "reaction"};
	struct api_house *h = *state;

	ask_now(h);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		move(h, message(h, kinds[i], NULL), "read");
	move(h, message(h, "text", NULL), "failed");
	move(h, h->inbound, "read");
	assert_int_equal(house_count(h, "SELECT count(*) FROM figure"), 0);
	assert_int_equal(house_count(h, "SELECT count(*) FROM conversation"
					" WHERE asked_ms IS NOT NULL"),
			 1);
}

static void nothing_is_added_after_three_days(void **state)
{
	struct api_house *h = *state;
	int64_t id = message(h, "text", NULL);

	atomic_store(&h->ahead_ms, RATES_FATE_MS);
	move(h, id, "sent");
	atomic_store(&h->ahead_ms, RATES_FATE_MS + 1);
	move(h, id, "read");
	assert_int_equal(figure(h, HOUSE_NOW, "message.sent", ""), 1);
	assert_int_equal(house_count(h, "SELECT sum(n) FROM figure"), 1);
}

static void opt_out(struct api_house *h)
{
	struct err err = {0};

	pthread_mutex_lock(&h->turn);
	assert_int_equal(
	    rates_opted_out(&h->w, h->person, &h->channel.name, &err), 0);
	pthread_mutex_unlock(&h->turn);
}

static void opting_out_belongs_to_the_last_campaign(void **state)
{
	struct api_house *h = *state;

	opt_out(h); /* of nothing */
	ask_now(h);
	move(h, message(h, "template", "news sommer"), "sent");
	move(h, message(h, "template", "news herbst"), "sent");
	opt_out(h);
	opt_out(h);
	assert_int_equal(figure(h, HOUSE_NOW, "message.sent", "news sommer"),
			 1);
	assert_int_equal(
	    figure(h, HOUSE_NOW, "campaign.opted_out", "news herbst"), 1);
	/* Advertising is no answer. */
	assert_int_equal(house_count(h, "SELECT sum(n) FROM figure"), 3);
	move(h, message(h, "template", "news winter"), "sent");
	atomic_store(&h->ahead_ms, RATES_FATE_MS + 1);
	opt_out(h);
	assert_int_equal(house_count(h, "SELECT sum(n) FROM figure"), 4);
}

static void a_campaign_is_made_of_names_alone(void **state)
{
	static const struct {
		const char *purpose, *template, *campaign;
	} rows[] = {
	    {"news", "rabatt_2026", "news rabatt_2026"},
	    {"news", NULL, "news"},
	    {"news", "An Frau Muster", "news other"},
	    {"news", "", "news other"},
	    {"support", "rabatt_2026", ""},
	    {NULL, "rabatt_2026", ""},
	    {"nothing of ours", NULL, ""},
	};
	struct api_house *h = *state;
	char campaign[FIGURE_DETAIL_BYTES];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rates_campaign(&h->w, &h->channel.name, rows[i].purpose,
			       rows[i].template, campaign);
		assert_string_equal(campaign, rows[i].campaign);
	}
}

static void runs_of_the_same_are_one_row(void **state)
{
	struct api_house *h = *state;
	struct figure_run run = {0};
	struct err err = {0};

	pthread_mutex_lock(&h->turn);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    rates_asked(&h->w, &run, &h->channel.name, HOUSE_NOW, &err),
		    0);
	assert_int_equal(run.n, 3);
	assert_int_equal(rates_asked(&h->w, &run, &h->channel.name,
				     HOUSE_NOW + FIGURE_HOUR_MS, &err),
			 0);
	assert_int_equal(figure_run_end(&h->w, &run, &err), 0);
	assert_int_equal(figure_run_end(&h->w, &run, &err), 0);
	pthread_mutex_unlock(&h->turn);
	assert_int_equal(figure(h, HOUSE_NOW, "question.asked", "open"), 3);
	assert_int_equal(
	    figure(h, HOUSE_NOW + FIGURE_HOUR_MS, "question.asked", "open"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_HOUSE(an_answer_counts_in_the_hour_of_its_question),
	    cmocka_unit_test(what_lay_about_counts_from_now),
	    IN_HOUSE(each_state_counts_once_and_those_that_were_skipped),
	    IN_HOUSE(what_is_no_answer_of_anybody_does_not_count),
	    IN_HOUSE(nothing_is_added_after_three_days),
	    IN_HOUSE(opting_out_belongs_to_the_last_campaign),
	    IN_HOUSE(a_campaign_is_made_of_names_alone),
	    IN_HOUSE(runs_of_the_same_are_one_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
