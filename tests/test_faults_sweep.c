/* A sweep under faults: whichever call of the store or the keeper fails, the
 * same records go, each once, and the log says so once.  Proves: compliance
 * 3.2 ("idempotent, resumable"). */
#include "faults.h"

#include "sweep_house.h"

#define TEXTS 4
#define RULES                                                   \
	"  MSG: {from: process_end, delete: P90D}\n"            \
	"  BRIEF: {from: collection, statutory: {norm: "        \
	"HGB_Buchungsbeleg_10_finance, after: P3M}, restrict: " \
	"{from: process_end, after: P90D}}\n"

/* A process that ends takes along what it knew. */
static void restart(struct house *h)
{
	sweep_close(&h->w);
	house_die(h);
	h->w.kept_known = h->w.restrictions_known = false;
	h->w.sweepclock.loaded = false;
	house_open(h, "sqlite");
}

/* Messages of two persons whose time is over on the day of the run, a letter
 * that is restricted then, and a body nobody understood. */
static void fill(struct house *h, int64_t day, uint64_t number)
{
	const struct caldate d = caldate_of(day - 100);
	char id[32], who[32];

	sweep_at(h, d.year, (int)d.month, (int)d.day, 9);
	for (int i = 0; i < TEXTS; i++) {
		(void)snprintf(id, sizeof(id), "m%llu.%d",
			       (unsigned long long)number, i);
		(void)snprintf(who, sizeof(who), "S%llu.%d",
			       (unsigned long long)number, i % 2);
		sweep_message(h, id, who);
	}
	(void)snprintf(id, sizeof(id), "!%llu", (unsigned long long)number);
	house_body(h, id);
	house_receive(h);
	house_sql(h, "UPDATE message SET datenart='BRIEF' WHERE id=(SELECT"
		     " max(id) FROM message)");
	sweep_closed(h);
}

/* One run in which the n-th call of a kind fails; false: there was none. */
static bool strike(struct house *h, unsigned int kind, uint64_t n, int code)
{
	struct err err = {0};

	if (!faults_arm(kind, n, code))
		return false;
	for (int i = 0; i < 500; i++) {
		bool moved = false;

		if (h->w.sweep != NULL)
			h->w.sweep->pause_until_ms = 0;
		err = (struct err){0};
		if (sweep_step(&h->w, &moved, &err) != 0) {
			faults_off();
			prove_drop(&h->w);
			if (err.kind != ERR_BUSY && err.kind != ERR_NOMEM &&
			    err.kind != ERR_INPUT)
				restart(h);
			break;
		}
		if (!h->w.sweep->running && !h->w.sweep->look)
			break;
	}
	faults_off();
	return true;
}

static int64_t told(struct house *h, const char *event)
{
	char sql[160];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT count(*) FROM ledger_entry WHERE instr("
		       "CAST(body AS TEXT),'\"e\":\"%s\"')>0",
		       event);
	return house_number(h, sql);
}

static void check_end(struct house *h, uint64_t runs)
{
	assert_string_equal(sweep_last(h), "done ");
	assert_int_equal(HOUSE_COUNT(h, "message WHERE datenart<>'BRIEF'"), 0);
	assert_int_equal(HOUSE_COUNT(h, "message"), (int64_t)runs);
	assert_int_equal(HOUSE_COUNT(h, "kept WHERE verdict='restrict_until'"),
			 (int64_t)runs);
	assert_int_equal(HOUSE_COUNT(h, "quarantine"), 0);
	assert_int_equal(HOUSE_COUNT(h, "sweep_key"), 0);
	/* Two conversations lose three messages, and each is told once. */
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='messages.expired'"
					" AND state='waiting'"),
			 2 * (int64_t)runs);
	assert_int_equal(
	    house_number(h, "SELECT sum(length(detail)-length(replace(detail,"
			    "' ',''))) FROM outbox WHERE type="
			    "'messages.expired'"),
	    3 * (int64_t)runs);
	assert_int_equal(HOUSE_COUNT(h, "meta WHERE name='unlink'"), 0);
	/* Each once. */
	assert_int_equal(HOUSE_COUNT(h, "sweep WHERE state='done' AND done=4"),
			 (int64_t)runs);
	assert_int_equal(told(h, "erase.planned"), (int64_t)runs);
	assert_int_equal(told(h, "erase.executed"), (int64_t)runs);
}

/* Every stride-th call fails, one in each run. */
static void survive(struct house *h, unsigned int kind, int code,
		    uint64_t stride)
{
	int64_t day = sweep_day(2027, 1, 1);
	uint64_t n = 1, runs = 1;

	h->settings.sweep.few = 1000;
	h->desk.told_expired = true;
	/* No letter goes while this lasts. */
	house_use(h, SHOP_WITH(RULES));
	fill(h, day, 0);
	sweep_at(h, 2027, 1, 1, 3);
	sweep_run(h);
	check_end(h, runs);
	for (;; n += stride, runs++) {
		struct caldate d;
		int64_t id = 0;

		day += 101; /* what was closed is later than before */
		d = caldate_of(day);
		fill(h, day, runs);
		sweep_at(h, d.year, (int)d.month, (int)d.day, 3);
		assert_null(sweep_asked(h, true, 0, &id));
		if (!strike(h, kind, n, code))
			break;
		sweep_settle(h);
		check_end(h, runs + 1);
		assert_true(n < 20000);
	}
	/* It is not the first calls alone that were struck. */
	assert_in_range(runs, 4, 34);
}

static void a_sweep_outlives_a_busy_store(void **state)
{
	survive(*state, FAULT_STORE, 0, 17);
}

static void a_sweep_outlives_a_broken_store(void **state)
{
	survive(*state, FAULT_SQLITE, EIO, 61);
}

static void a_sweep_outlives_a_lack_of_memory(void **state)
{
	survive(*state, FAULT_MEMORY, ENOMEM, 13);
}

static void a_sweep_outlives_a_keeper_that_comes_and_goes(void **state)
{
	survive(*state, FAULT_KEEPER, ERR_BUSY, 1);
}

/* The commit may have happened or not: both lead to the same end. */
static void a_sweep_outlives_a_commit_nobody_knows_of(void **state)
{
	survive(*state, FAULT_UNKNOWN, 0, 1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, sweep_make, sweep_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_sweep_outlives_a_busy_store),
	    CASE(a_sweep_outlives_a_broken_store),
	    CASE(a_sweep_outlives_a_lack_of_memory),
	    CASE(a_sweep_outlives_a_keeper_that_comes_and_goes),
	    CASE(a_sweep_outlives_a_commit_nobody_knows_of),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("faults_sweep", tests, NULL, NULL);
}
