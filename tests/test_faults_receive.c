/* test_faults_receive.c - a batch on its way into the archive while memory,
 * keeper or store fail: it is there whole, once, or not at all.
 *
 * Proves: assurance P1, P3. */
#include "receive_house.h"

#include "faults.h"

static const char body[] =
    "message,id=a,strong=S1,phone=0170555,type=image,media=7,text=x,name=N\n"
    "edit,id=b,strong=S1,target=a,text=y\n"
    "reaction,id=r,strong=S1,target=a,emoji=+\n"
    "status,id=a,status=read,strong=S1\n"
    "optout,strong=S1,purpose=marketing\n"
    "delete,id=c,strong=S1,target=q\n"
    "message,id=d,phone=0170777,type=text,text=z\n";

/* Messages and quarantined bodies that are there for so many bodies. */
static void check_whole(struct house *h, int64_t done)
{
	int64_t messages = HOUSE_COUNT(h, "message WHERE kind<>'reaction'"),
		aside = HOUSE_COUNT(h, "quarantine WHERE"
				       " reason='body.not_understood'");

	assert_true(aside <= done);
	assert_true(messages == 0 || messages >= 2);
	assert_int_equal(HOUSE_COUNT(h, "person") > 0, messages > 0);
	if (done > 0)
		assert_int_equal(aside, done);
}

static void survive(struct house *h, unsigned int kind, int code)
{
	int64_t done = 0;
	uint64_t n;

	house_body(h, body);
	for (n = 1; n < 3000 && faults_arm(kind, n, code); n++) {
		struct err err = {0};
		bool moved = false;
		int rc = receive_step(&h->w, &moved, &err);

		faults_off();
		/* Any other kind would end the process. */
		assert_true(rc == 0 || err.kind == ERR_BUSY ||
			    err.kind == ERR_NOMEM || err.kind == ERR_CORRUPT);
		if (moved) {
			/* Another of both kinds, for the next fault. */
			house_receive(h);
			check_whole(h, done);
			done++;
			house_body(h, body);
			house_body(h, "!not understood");
		}
	}
	house_receive(h);
	check_whole(h, HOUSE_COUNT(h, "quarantine"));
	assert_int_equal(h->w.counts.persons_joined, 0);
	assert_true(HOUSE_COUNT(h, "message WHERE kind<>'reaction'") >= 2);
	assert_int_equal(HOUSE_COUNT(h, "person"), 2);
	assert_true(n > 3);
}

static void a_batch_outlives_a_lack_of_memory(void **state)
{
	survive(*state, FAULT_MEMORY, ENOMEM);
}

static void a_batch_outlives_a_busy_store(void **state)
{
	survive(*state, FAULT_STORE, 0);
}

static void a_batch_outlives_a_keeper_that_comes_and_goes(void **state)
{
	survive(*state, FAULT_KEEPER, ERR_BUSY);
}

/* A slot that does not open: its body is set aside or told again, and what
 * came after it arrives. */
static void what_does_not_open_stops_no_other_batch(void **state)
{
	static const int kinds[] = {ERR_CORRUPT, ERR_ABSENT, ERR_INPUT};
	struct house *h = *state;
	char fresh[256];

	for (size_t k = 0; k < 3; k++)
		for (uint64_t n = 1; faults_arm(FAULT_RESULT, n, kinds[k]);
		     n++) {
			struct err err = {0};
			bool moved = false, struck;

			(void)snprintf(
			    fresh, sizeof(fresh),
			    "message,id=a%zu-%u,strong=S1,type=image,"
			    "media=7,text=x,name=N\n"
			    "edit,id=b%zu-%u,strong=S1,target=a%zu-%u"
			    ",text=y\n",
			    k, (unsigned int)n, k, (unsigned int)n, k,
			    (unsigned int)n);
			house_body(h, fresh);
			(void)receive_step(&h->w, &moved, &err);
			struck = faults.struck;
			faults_off();
			house_receive(h);
			faults.struck = struck;
			assert_true(n < 1000);
		}
	assert_true(HOUSE_COUNT(h, "message") >= 2);
	assert_true(HOUSE_COUNT(h, "quarantine") > 0);
}

static const unsigned int all[] = {FAULT_MEMORY, FAULT_STORE, FAULT_KEEPER,
				   FAULT_RESULT, FAULT_FILES};

/* A replay that fails leaves the body where it was. */
static void a_replay_is_whole_or_not_at_all(void **state)
{
	struct house *h = *state;
	struct quarantine_row row = {0};
	struct err err = {0};
	size_t len = 0;

	for (size_t k = 0; k < 4; k++) {
		int64_t before = HOUSE_COUNT(h, "message");
		char fresh[96];
		int rc = -1;

		h->lenient = false;
		(void)snprintf(fresh, sizeof(fresh),
			       "!message,id=m%zu,strong=S1,type=text,text=x",
			       k);
		house_body(h, fresh);
		house_receive(h);
		assert_int_equal(quarantine_list(&h->w, 0, &row, 1, &len, &err),
				 0);
		assert_int_equal(len, 1);
		h->lenient = true;
		for (uint64_t n = 1; rc != 0; n++) {
			assert_true(faults_arm(all[k], n, ERR_CORRUPT));
			rc = receive_replay(&h->w, row.id, &err);
			faults_off();
			assert_int_equal(HOUSE_COUNT(h, "message"),
					 before + (rc == 0));
			assert_int_equal(HOUSE_COUNT(h, "quarantine"), rc != 0);
		}
	}
}

static void a_start_that_fails_leaves_nothing(void **state)
{
	struct house *h = *state;
	struct err err = {0};

	receive_close(&h->w.receive);
	for (size_t k = 0; k < 5; k++) {
		int rc = -1;

		for (uint64_t n = 1; rc != 0; n++) {
			assert_true(faults_arm(all[k], n, EIO));
			rc = receive_open(&h->w, &h->w.receive, &err);
			faults_off();
			assert_int_equal(h->w.receive != NULL, rc == 0);
		}
		receive_close(&h->w.receive);
	}
	assert_int_equal(receive_open(&h->w, &h->w.receive, &err), 0);
	house_body(h, hello);
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_batch_outlives_a_lack_of_memory),
	    CASE(a_batch_outlives_a_busy_store),
	    CASE(a_batch_outlives_a_keeper_that_comes_and_goes),
	    CASE(what_does_not_open_stops_no_other_batch),
	    CASE(a_replay_is_whole_or_not_at_all),
	    CASE(a_start_that_fails_leaves_nothing),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
