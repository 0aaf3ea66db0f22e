/* test_faults_receive.c - a batch on its way into the archive while memory,
 * keeper or store fail: it is there whole, once, or not at all.
 *
 * Proves: assurance P1, P3. */
#include "receive_faults.h"

static const char pattern[] =
    "message,id=a#,strong=S#,phone=0170#,type=image,media=7,text=x,name=N\n"
    "edit,id=b#,strong=S#,target=a#,text=y\n"
    "reaction,id=r#,strong=S#,target=a#,emoji=+\n"
    "status,id=a#,status=read,strong=S#\n"
    "optout,strong=S#,purpose=marketing\n"
    "delete,id=c#,strong=S#,target=q#\n"
    "message,id=d#,phone=0171#,type=text,text=z\n";

/* Two bodies in a segment of their own: one of two persons nobody knows yet,
 * one that is not understood. */
static void fresh_bodies(struct house *h, uint64_t number)
{
	char body[2 * sizeof(pattern)];

	numbered(pattern, number, body, sizeof(body));
	house_segment(h);
	house_body(h, body);
	house_body(h, "!not understood");
	/* As after a start: old spool keys are forgotten once more. */
	h->w.receive->oldest_pair = 0;
}

/* So many times both bodies, whole and once. */
static void check_whole(struct house *h, int64_t times)
{
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind<>'reaction'"),
			 2 * times);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='reaction'"),
			 times);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='edited'"), times);
	assert_int_equal(HOUSE_COUNT(h, "person"), 2 * times);
	assert_int_equal(HOUSE_COUNT(h, "person WHERE profile_sealed IS NOT"
					" NULL"),
			 times);
	assert_int_equal(HOUSE_COUNT(h, "address WHERE"
					" length(address_sealed)>40"),
			 3 * times);
	assert_int_equal(HOUSE_COUNT(h, "attachment"), times);
	assert_int_equal(HOUSE_COUNT(h, "consent_event"), times);
	assert_int_equal(HOUSE_COUNT(h, "tombstone"), times);
	assert_int_equal(HOUSE_COUNT(h, "quarantine"), times);
	assert_int_equal(h->w.counts.persons_joined, 0);
}

static void survive(struct house *h, unsigned int kind, int code)
{
	uint64_t n;

	fresh_bodies(h, 1);
	for (n = 1; n < 3000 && strike(h, kind, n, code); n++) {
		house_receive(h);
		check_whole(h, (int64_t)n);
		fresh_bodies(h, n + 1);
	}
	assert_in_range(n, 4, 2999);
}

static void a_batch_outlives_a_lack_of_memory(void **state)
{
	survive(*state, FAULT_MEMORY, ENOMEM);
}

static void a_batch_outlives_a_busy_store(void **state)
{
	survive(*state, FAULT_STORE, 0);
}

static void a_batch_outlives_a_broken_store(void **state)
{
	survive(*state, FAULT_SQLITE, EIO);
}

static void a_batch_outlives_a_failing_disk(void **state)
{
	survive(*state, FAULT_FILES, EIO);
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
	uint64_t number = 0;

	for (size_t k = 0; k < 3; k++)
		for (uint64_t n = 1;; n++) {
			fresh_bodies(h, ++number);
			if (!strike(h, FAULT_RESULT, n, kinds[k]))
				break;
			house_receive(h);
			/* Each of both bodies is in one place or the other. */
			assert_true(HOUSE_COUNT(h, "message WHERE"
						   " kind<>'reaction'") +
					2 * HOUSE_COUNT(h, "quarantine") >=
				    4 * (int64_t)number);
			assert_true(n < 1000);
		}
	assert_true(HOUSE_COUNT(h, "message") >= 2);
	assert_true(HOUSE_COUNT(h, "quarantine WHERE reason LIKE 'spool.%'") >
		    0);
}

/* The message, its file and what was not told go together, or stay. */
static void a_deletion_is_whole_or_not_at_all(void **state)
{
	static const unsigned int kinds[] = {FAULT_STORE, FAULT_SQLITE};
	struct house *h = *state;
	unsigned int number = 0;
	char path[128], line[96];

	(void)snprintf(path, sizeof(path), "%s/media/01", h->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	for (size_t k = 0; k < 2; k++)
		for (uint64_t n = 1;; n++) {
			number++;
			(void)snprintf(line, sizeof(line),
				       "message,id=m%u,strong=S1,type=image,"
				       "media=7",
				       number);
			house_body(h, line);
			house_receive(h);
			house_sql(h, "UPDATE attachment SET state='kept', file="
				     "'0123456789abcdef0123456789abcdef'"
				     " WHERE state='wanted'");
			(void)snprintf(line, sizeof(line),
				       "delete,id=x%u,strong=S1,target=m%u",
				       number, number);
			house_body(h, line);
			if (!strike(h, kinds[k], n, EIO)) {
				house_receive(h);
				break;
			}
			assert_int_equal(
			    HOUSE_COUNT(h, "message WHERE state<>'deleted'"),
			    HOUSE_COUNT(h, "attachment WHERE state='kept'"));
			house_receive(h);
			assert_int_equal(
			    HOUSE_COUNT(h, "message WHERE state='deleted'"),
			    number);
			assert_int_equal(
			    HOUSE_COUNT(h, "attachment WHERE state='gone'"),
			    number);
		}
	assert_true(number > 20);
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

/* Set aside whole, or read once more. */
static void a_body_that_does_not_open_outlives_a_lack_of_memory(void **state)
{
	struct house *h = *state;
	uint64_t n;

	house_body_on(h, "shop", hello, true);
	for (n = 1; strike(h, FAULT_MEMORY, n, ENOMEM); n++) {
		house_receive(h);
		assert_int_equal(HOUSE_COUNT(h, "quarantine WHERE"
						" reason='spool.damaged'"),
				 n);
		house_body_on(h, "shop", hello, true);
	}
	assert_true(n > 3);
}

/* Its key was away for a while: it opens from what lies in quarantine. */
static void a_replay_opens_what_did_not_open(void **state)
{
	struct house *h = *state;
	struct quarantine_row row = {0};
	struct err err = {0};
	size_t len = 0;
	int rc = -1;

	for (size_t k = 0; k < 4; k++) {
		house_body(h, hello);
		assert_true(strike(h, FAULT_RESULT, 1, ERR_ABSENT));
		assert_int_equal(quarantine_list(&h->w, 0, &row, 1, &len, &err),
				 0);
		assert_int_equal(len, 1);
		assert_string_equal(row.reason, "spool.key_gone");
		rc = -1;
		for (uint64_t n = 1; rc != 0; n++) {
			assert_true(faults_arm(all[k], n, ERR_CORRUPT));
			rc = receive_replay(&h->w, row.id, &err);
			faults_off();
			assert_int_equal(HOUSE_COUNT(h, "quarantine"), rc != 0);
		}
		assert_int_equal(HOUSE_COUNT(h, "message"), 1);
		content_is(CONTENT(h, "1=1"), "text", CANARY);
	}
	assert_int_equal(h->w.counts.duplicates, 3);
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
	    CASE(a_batch_outlives_a_broken_store),
	    CASE(a_batch_outlives_a_failing_disk),
	    CASE(a_batch_outlives_a_keeper_that_comes_and_goes),
	    CASE(what_does_not_open_stops_no_other_batch),
	    CASE(a_deletion_is_whole_or_not_at_all),
	    CASE(a_replay_is_whole_or_not_at_all),
	    CASE(a_body_that_does_not_open_outlives_a_lack_of_memory),
	    CASE(a_replay_opens_what_did_not_open),
	    CASE(a_start_that_fails_leaves_nothing),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
