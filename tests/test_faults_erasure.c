/* test_faults_erasure.c - an erasure while memory, keeper, store or disk fail,
 * at any place: the same end, each step once.
 *
 * Proves: compliance 9 E5; assurance P7, P10. */
#include "erase_house.h"

#include "faults.h"

#define FILE_OF "%016llx0000000000000000"

/* Somebody with three texts and a file; the last one, that came with the file,
 * is a letter. */
static int64_t somebody(struct house *h, uint64_t number, bool letter)
{
	char body[512], file[64], sql[256];
	int64_t person;

	for (int i = 0; i < 3; i++) {
		(void)snprintf(
		    body, sizeof(body),
		    "message,id=f%llu-%d,strong=F%llu,"
		    "phone=0170%07llu,type=text,name=Eva %llu,"
		    "text=" CANARY,
		    (unsigned long long)number, i, (unsigned long long)number,
		    (unsigned long long)number, (unsigned long long)number);
		house_body(h, body);
	}
	house_receive(h);
	person = house_number(h, "SELECT max(id) FROM person");
	(void)snprintf(file, sizeof(file), FILE_OF, (unsigned long long)number);
	erase_attach(h, house_number(h, "SELECT max(id) FROM message"),
		     (int64_t)number + 1000, "MEDIA", file);
	if (letter) {
		house_sql(h, "UPDATE message SET datenart='LETTER' WHERE"
			     " id=(SELECT max(id) FROM message)");
		(void)snprintf(sql, sizeof(sql),
			       "INSERT INTO consent_event(id,person,purpose,"
			       "kind,source,at_ms,channel,by_whom,method)"
			       " SELECT coalesce(max(id),0)+1,%lld,"
			       "'marketing','given','reply',1,'shop','subject',"
			       "'reply' FROM consent_event",
			       (long long)person);
		house_sql(h, sql);
	}
	(void)snprintf(sql, sizeof(sql),
		       "UPDATE conversation SET state='closed',closed_ms=%lld"
		       " WHERE state='open'",
		       (long long)house_wall(&h->env));
	house_sql(h, sql);
	return person;
}

/* A process that ends takes along what it knew. */
static void restart(struct house *h)
{
	house_die(h);
	h->w.kept_known = h->w.restrictions_known = false;
	house_open(h, "sqlite");
}

/* One run in which the n-th call of a kind fails; false: there was none. */
static bool strike(struct house *h, unsigned int kind, uint64_t n, int code)
{
	struct err err = {0};
	bool moved = true;

	if (!faults_arm(kind, n, code))
		return false;
	for (int i = 0; i < 500 && moved; i++) {
		err = (struct err){0};
		if (erase_turn(h, &moved, &err) == 0)
			continue;
		faults_off();
		prove_drop(&h->w);
		if (err.kind != ERR_BUSY && err.kind != ERR_NOMEM &&
		    err.kind != ERR_INPUT)
			restart(h);
		break;
	}
	faults_off();
	return true;
}

static int64_t events(struct house *h, const char *event)
{
	char sql[160];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT count(*) FROM ledger_entry WHERE instr("
		       "CAST(body AS TEXT),'\"e\":\"%s\"')>0",
		       event);
	return house_number(h, sql);
}

static void check_end(struct house *h, int64_t person, uint64_t number,
		      bool letter)
{
	char sql[256], file[64];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT count(*) FROM message WHERE"
		       " key_person=%lld",
		       (long long)person);
	assert_int_equal(house_number(h, sql), letter ? 1 : 0);
	(void)snprintf(sql, sizeof(sql),
		       "SELECT count(*) FROM address WHERE person=%lld",
		       (long long)person);
	assert_int_equal(house_number(h, sql), letter ? 2 : 0);
	(void)snprintf(sql, sizeof(sql),
		       "SELECT count(*) FROM person WHERE id=%lld",
		       (long long)person);
	assert_int_equal(house_number(h, sql), letter ? 1 : 0);
	(void)snprintf(sql, sizeof(sql),
		       "SELECT count(*) FROM erasure WHERE person=%lld AND"
		       " ended_ms IS NOT NULL AND n=%d AND of_n=4 AND files=%d"
		       " AND kept=%d",
		       (long long)person, letter ? 2 : 4, letter ? 0 : 1,
		       letter ? 4 : 0);
	assert_int_equal(house_number(h, sql), 1);
	(void)snprintf(sql, sizeof(sql),
		       "SELECT count(*) FROM erasure_step WHERE erasure=(SELECT"
		       " id FROM erasure WHERE person=%lld)",
		       (long long)person);
	assert_int_equal(house_number(h, sql), ERASURE_STEPS);
	assert_int_equal(HOUSE_COUNT(h, "erasure_probe"), 0);
	assert_int_equal(HOUSE_COUNT(h, "alarm"), 0);
	assert_int_equal(HOUSE_COUNT(h, "meta WHERE name='unlink'"), 0);
	(void)snprintf(file, sizeof(file), FILE_OF, (unsigned long long)number);
	/* What came with a letter stays with it. */
	assert_int_equal(erase_there(h, file), letter);
	if (!letter)
		assert_int_equal(erase_keys(h, person), 0);
	else
		assert_true(erase_keys(h, person) > 0);
	/* Told once, each. */
	if (letter)
		assert_int_equal(events(h, "consent.revoked"),
				 HOUSE_COUNT(h, "erasure"));
	assert_int_equal(events(h, "erase.planned"), HOUSE_COUNT(h, "erasure"));
	assert_int_equal(events(h, "erase.executed"),
			 HOUSE_COUNT(h, "erasure"));
	assert_int_equal(events(h, "erase.verified"),
			 HOUSE_COUNT(h, "erasure"));
}

/* Every stride-th call fails, one in each run. */
static void survive(struct house *h, unsigned int kind, int code,
		    unsigned int stride, bool letter)
{
	uint64_t n = 1, number = 1;

	for (;; n += stride, number++) {
		int64_t person = somebody(h, number, letter);

		(void)erase_begin(h, person, 0);
		if (!strike(h, kind, n, code))
			break;
		erase_run(h);
		check_end(h, person, number, letter);
		assert_true(n < 20000);
	}
	erase_run(h);
	/* It is not the first calls alone that were struck. */
	assert_true(number > 3);
}

static void an_erasure_outlives_a_lack_of_memory(void **state)
{
	survive(*state, FAULT_MEMORY, ENOMEM, 7, false);
}

static void an_erasure_outlives_a_busy_store(void **state)
{
	survive(*state, FAULT_STORE, 0, 9, false);
}

static void what_is_kept_outlives_a_busy_store(void **state)
{
	survive(*state, FAULT_STORE, 0, 13, true);
}

static void an_erasure_outlives_a_broken_store(void **state)
{
	survive(*state, FAULT_SQLITE, EIO, 23, false);
}

static void an_erasure_outlives_a_failing_disk(void **state)
{
	survive(*state, FAULT_FILES, EIO, 1, false);
}

static void an_erasure_outlives_a_keeper_that_comes_and_goes(void **state)
{
	survive(*state, FAULT_KEEPER, ERR_BUSY, 1, false);
}

/* The commit may have happened or not: both lead to the same end. */
static void an_erasure_outlives_a_commit_nobody_knows_of(void **state)
{
	survive(*state, FAULT_UNKNOWN, 0, 1, false);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, erase_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(an_erasure_outlives_a_lack_of_memory),
	    CASE(an_erasure_outlives_a_busy_store),
	    CASE(what_is_kept_outlives_a_busy_store),
	    CASE(an_erasure_outlives_a_broken_store),
	    CASE(an_erasure_outlives_a_failing_disk),
	    CASE(an_erasure_outlives_a_keeper_that_comes_and_goes),
	    CASE(an_erasure_outlives_a_commit_nobody_knows_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
