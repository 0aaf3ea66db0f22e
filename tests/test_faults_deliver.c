/* test_faults_deliver.c - delivery while memory, keeper or store fail: every
 * message reaches its helpdesk, in order, and no row is left behind.
 *
 * Proves: assurance P2. */
#include "deliver_house.h"

#include "faults.h"

#define NOTES_MAX 60
#define DESK	  (&dh.desks[0])

/* Steps with the n-th call failing, then the rest without. */
static void survive(unsigned int kind, int code)
{
	int64_t c = dh_conversation("desk");
	char text[16], said[256];
	uint64_t n, told = 0;

	for (n = 1; told < NOTES_MAX && faults_arm(kind, n, code); n++) {
		struct err err = {0};
		bool moved = false;
		int rc;

		faults_off();
		if (COUNT_OF("outbox") == 0) {
			(void)snprintf(text, sizeof(text), "text %03d",
				       (int)told++);
			(void)dh_tell("desk", c, text);
		}
		faults.kinds = kind;
		rc = deliver_step(&dh.w, &moved, &err);
		faults_off();
		assert_true(rc == 0 || err.kind == ERR_BUSY ||
			    err.kind == ERR_NOMEM);
		(void)http_poll(dh.w.http, NULL, 0, 5, &err);
	}
	dh_pass(60000);
	assert_int_equal(COUNT_OF("outbox"), 0);
	/* A message may be told twice when its answer was not written down,
	 * never passed over. */
	for (size_t i = 0, next = 0; i < DESK->len; i++) {
		size_t number =
		    strtoul(dh_said(DESK, i, "text", said) + 5, NULL, 10);

		assert_true(number <= next);
		next += number == next;
		if (i + 1 == DESK->len)
			assert_int_equal(next, told);
	}
	assert_true(told > 0 && DESK->len >= told);
}

static void messages_outlive_a_lack_of_memory(void **state)
{
	(void)state;
	survive(FAULT_MEMORY, ENOMEM);
}

static void messages_outlive_a_busy_store(void **state)
{
	(void)state;
	survive(FAULT_STORE, 0);
}

static void messages_outlive_a_keeper_that_comes_and_goes(void **state)
{
	(void)state;
	survive(FAULT_KEEPER, ERR_BUSY);
}

/* A field that does not open: told without it, dropped or a dead letter, and
 * never a message that says something else. */
static void what_does_not_open_is_told_or_visible(void **state)
{
	static const int kinds[] = {ERR_CORRUPT, ERR_ABSENT, ERR_INPUT};
	static const char *const desks[] = {"desk", "back"};
	int64_t c[2];

	(void)state;
	for (size_t i = 0; i < 2; i++)
		c[i] = dh_conversation(desks[i]);
	for (size_t k = 0; k < 6; k++)
		for (uint64_t n = 1; n < 100; n++) {
			if (!faults_arm(FAULT_RESULT, n, kinds[k / 2]))
				break;
			faults.kinds = 0;
			(void)dh_tell(desks[k % 2], c[k % 2], "x");
			faults.kinds = FAULT_RESULT;
			dh_run();
			faults_off();
			assert_int_equal(COUNT_OF("outbox WHERE state<>'dead'"),
					 0);
			dh_sql("DELETE FROM outbox", STORE_NO_ARGS);
		}
}

static void a_start_that_fails_leaves_nothing(void **state)
{
	struct err err = {0};
	int rc = -1;

	(void)state;
	deliver_close(&dh.w.deliver);
	for (uint64_t n = 1; rc != 0; n++) {
		assert_true(faults_arm(FAULT_MEMORY, n, ENOMEM));
		rc = deliver_open(&dh.w, &dh.w.deliver, &err);
		faults_off();
		assert_int_equal(dh.w.deliver != NULL, rc == 0);
	}
	(void)dh_tell("desk", dh_conversation("desk"), "x");
	dh_run();
	assert_int_equal(COUNT_OF("outbox"), 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, dh_make, dh_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(messages_outlive_a_lack_of_memory),
	    CASE(messages_outlive_a_busy_store),
	    CASE(messages_outlive_a_keeper_that_comes_and_goes),
	    CASE(what_does_not_open_is_told_or_visible),
	    CASE(a_start_that_fails_leaves_nothing),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
