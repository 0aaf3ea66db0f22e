/* test_hold.c - what a hold is about, and what it is not.
 *
 * Proves: compliance 3.4, 9 H1 to H3; Art. 17(3)(e) GDPR. */
#include "receive_house.h"

#include "postern/caldate.h"

#define HOLD_COLUMNS	"id,year,state,owner,placed_ms,review_day,scope"
#define HOLD_VALUES(id) #id ",2026,'active',7,1,30000,"

/* A row of table hold: further columns, and their values. */
#define HOLD(h, id, columns, values)                              \
	house_sql(h, "INSERT INTO hold(" HOLD_COLUMNS "," columns \
		     ") VALUES(" HOLD_VALUES(id) values ")");     \
	hold_changed(&(h)->w)

static struct hold_facts one(struct house *h)
{
	static struct name shop, msg;

	assert_true(name_set(&shop, "shop", 4));
	assert_true(name_set(&msg, "MSG", 3));
	return (struct hold_facts){
	    .item = house_number(h, "SELECT max(id) FROM message"),
	    .person = house_number(h, "SELECT person FROM conversation"
				      " ORDER BY id LIMIT 1"),
	    .conversation = house_number(h, "SELECT min(id) FROM conversation"),
	    .channel = &shop,
	    .datenart = &msg,
	    .received_ms = HOUSE_NOW,
	};
}

static int64_t held_by(struct house *h, const struct hold_facts *facts)
{
	struct err err = {0};
	int64_t hold = -1;

	assert_int_equal(hold_of(&h->w, facts, &hold, &err), 0);
	return hold;
}

static void without_a_hold_nothing_is_looked_up(void **state)
{
	struct house *h = *state;
	struct hold_facts f;

	house_body(h, hello);
	house_receive(h);
	f = one(h);
	assert_int_equal(held_by(h, &f), 0);
	/* Were it looked up, it would be found. */
	house_sql(h,
		  "INSERT INTO hold(" HOLD_COLUMNS
		  ",person) SELECT " HOLD_VALUES(5) "'person',id FROM person");
	assert_int_equal(held_by(h, &f), 0);
	hold_changed(&h->w);
	assert_int_equal(held_by(h, &f), 5);
}

static void a_person_is_held_under_every_name(void **state)
{
	struct house *h = *state;
	struct hold_facts f;

	house_body(h, hello);
	house_receive(h);
	house_sql(h, "INSERT INTO person(id,joined_into,created_ms,year)"
		     " SELECT 4711,id,1,2026 FROM person");
	HOLD(h, 5, "person", "'person',4711");
	f = one(h);
	assert_int_equal(held_by(h, &f), 5);
	f.person = 4712;
	assert_int_equal(held_by(h, &f), 0);
}

static void a_conversation_is_held_alone(void **state)
{
	struct house *h = *state;
	struct hold_facts f;

	house_body(h, hello);
	house_receive(h);
	house_sql(h, "INSERT INTO hold(" HOLD_COLUMNS
		     ",conversation) SELECT " HOLD_VALUES(
			 5) "'conversation',id FROM conversation");
	hold_changed(&h->w);
	f = one(h);
	assert_int_equal(held_by(h, &f), 5);
	f.conversation++;
	assert_int_equal(held_by(h, &f), 0);
}

static void a_datenart_is_held_in_its_days(void **state)
{
	struct house *h = *state;
	const int64_t day = caldate_local(NULL, HOUSE_NOW);
	struct hold_facts f;
	char sql[256];

	house_body(h, hello);
	house_receive(h);
	(void)snprintf(sql, sizeof(sql),
		       "INSERT INTO hold(" HOLD_COLUMNS
		       ",datenart,from_day,to_day) VALUES(" HOLD_VALUES(
			   5) "'datenart','MSG',%lld,%lld)",
		       (long long)day, (long long)day + 1);
	house_sql(h, sql);
	hold_changed(&h->w);
	f = one(h);
	assert_int_equal(held_by(h, &f), 5);
	f.received_ms = (day + 2) * DAY_MS - 1;
	assert_int_equal(held_by(h, &f), 5);
	f.received_ms++;
	assert_int_equal(held_by(h, &f), 0);
	f.received_ms = day * DAY_MS;
	assert_int_equal(held_by(h, &f), 5);
	f.received_ms--;
	assert_int_equal(held_by(h, &f), 0);
	f = one(h);
	f.datenart = f.channel; /* another one */
	assert_int_equal(held_by(h, &f), 0);
	/* What is not known may be the one that is meant. */
	f.datenart = NULL;
	assert_int_equal(held_by(h, &f), 5);
}

static void a_query_asks_for_what_the_row_says(void **state)
{
	static const struct {
		const char *sql;
		bool held;
	} cases[] = {
	    {"channel='shop',direction='in',kind='text'", true},
	    {"channel='other'", false},
	    {"direction='out'", false},
	    {"kind='image'", false},
	    {"tags=6", true},
	    {"tags=8", false},
	    {"datenart='MEDIA'", false},
	};
	struct house *h = *state;
	struct hold_facts f;
	char sql[256];

	house_body(h, hello);
	house_receive(h);
	house_sql(h, "UPDATE message SET tags=4");
	f = one(h);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		HOLD(h, 5, "tags", "'query',0");
		(void)snprintf(sql, sizeof(sql), "UPDATE hold SET %s",
			       cases[i].sql);
		house_sql(h, sql);
		assert_int_equal(held_by(h, &f), cases[i].held ? 5 : 0);
		house_sql(h, "DELETE FROM hold");
	}
}

/* Until it was looked at, it may be what is looked for. */
static void words_hold_what_was_not_looked_at(void **state)
{
	struct house *h = *state;
	struct hold_facts f, file;
	char sql[256];

	house_body(h, hello);
	house_receive(h);
	f = file = one(h);
	HOLD(h, 5, "words", "'query',1");
	assert_int_equal(held_by(h, &f), 5);
	house_sql(h, "UPDATE hold SET scanned=(SELECT max(id)+100 FROM"
		     " message)");
	hold_changed(&h->w);
	assert_int_equal(held_by(h, &f), 0);
	house_sql(h, "INSERT INTO hold_item SELECT id,5 FROM message");
	assert_int_equal(held_by(h, &f), 5);
	/* Its file is held with it. */
	house_sql(h, "INSERT INTO attachment(id,message,conversation,"
		     "key_person,channel,datenart,year,state,media_sealed,"
		     "created_ms) SELECT id+1,id,conversation,key_person,"
		     "'shop','MEDIA',2026,'kept',x'00',1 FROM message");
	file.item++;
	assert_int_equal(held_by(h, &file), 5);
	house_sql(h, "DELETE FROM hold_item");
	assert_int_equal(held_by(h, &file), 0);
	(void)snprintf(sql, sizeof(sql),
		       "INSERT INTO hold_look(item) VALUES(%lld)",
		       (long long)f.item);
	house_sql(h, sql);
	assert_int_equal(held_by(h, &f), 5);
	assert_int_equal(held_by(h, &file), 5);
}

static void one_that_ended_holds_nothing(void **state)
{
	struct house *h = *state;
	struct hold_facts f;

	house_body(h, hello);
	house_receive(h);
	f = one(h);
	HOLD(h, 5, "datenart", "'datenart','MSG'");
	HOLD(h, 6, "datenart", "'datenart','MSG'");
	assert_int_equal(held_by(h, &f), 5);
	house_sql(h, "UPDATE hold SET released_ms=9 WHERE id=5");
	hold_changed(&h->w);
	assert_int_equal(held_by(h, &f), 6);
	house_sql(h, "UPDATE hold SET released_ms=9");
	hold_changed(&h->w);
	assert_int_equal(held_by(h, &f), 0);
}

/* What was read inside a transaction may have been undone with it. */
static void a_rolled_back_hold_is_none(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	struct hold_facts f;

	house_body(h, hello);
	house_receive(h);
	f = one(h);
	assert_int_equal(worker_begin(&h->w, &err), 0);
	HOLD(h, 5, "datenart", "'datenart','MSG'");
	assert_int_equal(held_by(h, &f), 5);
	worker_roll_back(&h->w);
	assert_int_equal(held_by(h, &f), 0);
}

/* It must not be taken for one that is about nothing. */
static void a_row_nobody_understands_stops_everything(void **state)
{
	struct house *h = *state;
	struct hold_facts f = {.item = 1};
	struct err err = {0};
	int64_t hold = 0;

	HOLD(h, 5, "datenart", "'somewhere','MSG'");
	assert_int_equal(hold_of(&h->w, &f, &hold, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(without_a_hold_nothing_is_looked_up),
	    CASE(a_person_is_held_under_every_name),
	    CASE(a_conversation_is_held_alone),
	    CASE(a_datenart_is_held_in_its_days),
	    CASE(a_query_asks_for_what_the_row_says),
	    CASE(words_hold_what_was_not_looked_at),
	    CASE(one_that_ended_holds_nothing),
	    CASE(a_rolled_back_hold_is_none),
	    CASE(a_row_nobody_understands_stops_everything),
	};

	return sodium_init() < 0
		   ? 1
		   : cmocka_run_group_tests_name("hold", tests, NULL, NULL);
}
