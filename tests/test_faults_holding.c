/* test_faults_holding.c - holds and restrictions while memory, keeper, store
 * or files fail: each is there or is not, what a hold is over is held at every
 * moment, and what was found is found once.
 *
 * Proves: compliance 9 H1 to H3, X3. */
#include "holding_house.h"

#include "faults.h"
#include "worker/restriction.h"
#include "worker/restrictionlog.h"

#define CALLS_MAX 3000

static const struct {
	unsigned int kind;
	int code;
} kinds[] = {
    {FAULT_STORE, 0},
    {FAULT_KEEPER, 0},
    {FAULT_MEMORY, ENOMEM},
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

/* Whatever ended the process: another one opens what it left. */
static void again(struct house *h)
{
	holding_close(&h->w);
	hold_close(&h->w);
	house_die(h);
	house_open(h, "sqlite");
	h->w.restrictions_known = h->w.restrictions_logged = false;
}

typedef int (*act)(struct house *h, struct err *err);

static int in_transaction(struct house *h, act body, struct err *err)
{
	if (worker_begin(&h->w, err) != 0)
		return -1;
	if (body(h, err) != 0) {
		worker_roll_back(&h->w);
		return -1;
	}
	return worker_commit(&h->w, err);
}

/* Under one fault; a failure of a kind that ends the process does. */
static int strike(struct house *h, act body)
{
	struct err err = {0};
	int rc = in_transaction(h, body, &err);

	faults_off();
	hold_changed(&h->w);
	h->w.restrictions_known = false;
	if (rc != 0 && err.kind != ERR_BUSY && err.kind != ERR_NOMEM)
		again(h);
	return rc;
}

/* --- placing -------------------------------------------------------------- */

static int place_hold(struct house *h, struct err *err)
{
	const struct holding_order o = holding_order_of(h);
	const char *refused = NULL;
	int64_t id = 0;

	if (holding_place(&h->w, &o, &id, &refused, err) != 0)
		return -1;
	assert_null(refused);
	return 0;
}

static void a_hold_is_placed_or_is_not(void **state)
{
	struct house *h = *state;
	uint64_t n;

	holding_tokens(h);
	for (size_t k = 0; k < KINDS; k++) {
		for (n = 1; n < CALLS_MAX &&
			    faults_arm(kinds[k].kind, n, kinds[k].code);
		     n++) {
			int rc = strike(h, place_hold);

			assert_int_equal(
			    HOUSE_COUNT(h, "hold WHERE released_ms IS NULL"),
			    rc == 0);
			house_sql(h, "UPDATE hold SET released_ms=1");
			hold_changed(&h->w);
		}
		assert_true(n > 2 && n < CALLS_MAX);
	}
}

/* --- looking -------------------------------------------------------------- */

static void look(struct house *h)
{
	struct err err = {0};
	bool moved = false;

	for (int i = 0; i < 3; i++) {
		if (h->w.holding != NULL)
			h->w.holding->scan_boot_ms =
			    h->w.holding->days_boot_ms = 0;
		if (holding_step(&h->w, &moved, &err) != 0)
			break;
	}
	faults_off();
	if (err.kind != ERR_NONE && err.kind != ERR_BUSY &&
	    err.kind != ERR_NOMEM)
		again(h);
}

static void what_is_meant_is_held_at_every_moment(void **state)
{
	struct house *h = *state;
	const struct holding_order o = holding_order_of(h);
	int64_t meant, other, id;
	uint64_t n;

	holding_tokens(h);
	house_body(h, "message,id=m1,strong=S1,type=text,text=Order 4711\n"
		      "message,id=m2,strong=S1,type=text,text=Hallo");
	house_receive(h);
	meant = house_number(h, "SELECT min(id) FROM message");
	other = house_number(h, "SELECT max(id) FROM message");
	id = holding_placed(h, &o);
	for (size_t k = 0; k < KINDS; k++) {
		for (n = 1; n < CALLS_MAX &&
			    faults_arm(kinds[k].kind, n, kinds[k].code);
		     n++) {
			look(h);
			assert_int_equal(holding_over(h, meant), id);
			holding_turns(h);
			assert_int_equal(holding_over(h, meant), id);
			assert_int_equal(holding_over(h, other), 0);
			assert_int_equal(HOUSE_COUNT(h, "hold_item"), 1);
			house_sql(h, "DELETE FROM hold_item");
			house_sql(h, "UPDATE hold SET scanned=0");
			hold_changed(&h->w);
			holding_close(&h->w);
		}
		assert_true(n > 2 && n < CALLS_MAX);
	}
}

/* --- restricting ---------------------------------------------------------- */

static int restrict_all(struct house *h, struct err *err)
{
	const struct restriction r = {
	    .conversation = house_number(h, "SELECT max(id) FROM conversation"),
	    .person = house_number(h, "SELECT max(person) FROM conversation"),
	    .ground = "a",
	};

	return restriction_place(&h->w, &r, err);
}

/* The file may know of one that is none; never the other way round. */
static void what_is_restricted_is_in_the_file(void **state)
{
	static const unsigned int of[] = {FAULT_STORE, FAULT_KEEPER,
					  FAULT_FILES};
	struct restriction_replayed done;
	struct house *h = *state;
	struct err err = {0};
	uint64_t n;

	house_body(h, hello);
	house_receive(h);
	for (size_t k = 0; k < sizeof(of) / sizeof(of[0]); k++) {
		for (n = 1; n < CALLS_MAX && faults_arm(of[k], n, EIO); n++) {
			int rc = strike(h, restrict_all);

			assert_int_equal(
			    HOUSE_COUNT(h, "restriction WHERE logged=1"),
			    rc == 0);
			house_sql(h, "DELETE FROM restriction");
			assert_int_equal(store_begin(h->w.store, &err), 0);
			assert_int_equal(restriction_log_replay(
					     h->w.store, h->dir, &done, &err),
					 0);
			store_roll_back(h->w.store);
			assert_true(rc != 0 || done.set > 0);
			h->w.restrictions_known = false;
		}
		assert_true(n > 2 && n < CALLS_MAX);
	}
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_hold_is_placed_or_is_not),
	    CASE(what_is_meant_is_held_at_every_moment),
	    CASE(what_is_restricted_is_in_the_file),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests_name(
				       "faults holding", tests, NULL, NULL);
}
