/* test_faults_witness.c - a witness is killed at, or fails, every call of its
 * own between reading a request and answering it: it never answers for two
 * histories. */
#include "faults.h"
#include "witness_house.h"

#include <sys/wait.h>

#include "postern/log.h"

#define BASE 5
#define NEXT 9

/* Two histories that are one up to BASE. */
static struct tree_log good, other;

static int set_up(void **state)
{
	if (house_set_up(state) != 0)
		return -1;
	good = tree_log(LOG_NAME_HERE, 0);
	other = forked(&good, BASE);
	return 0;
}

/* As it was before: BASE signed, nothing else. */
static void begin_again(struct house *h)
{
	witness_close(&h->w);
	assert_int_equal(nftw(h->logs, house_drop, 8, FTW_DEPTH | FTW_PHYS), 0);
	assert_int_equal(mkdir(h->logs, 0700), 0);
	assert_int_equal(house_open(h, NULL), 0);
	assert_int_equal(add(h, &good, 0, BASE), 200);
}

/* The other history, whatever is known of it: was it ever signed? */
static bool signs_other(struct house *h)
{
	uint64_t seen = BASE;

	if (add(h, &other, BASE, NEXT) == 200)
		return true;
	if (h->answer.status != 409)
		return false;
	assert_true(addcheckpoint_size_parse(h->answer.body.bytes,
					     h->answer.body.len, &seen));
	return add(h, &other, seen, NEXT) == 200;
}

/* What is on the disk is whole, and goes on. */
static void goes_on(struct house *h, bool with_other)
{
	struct tree_log *log = with_other ? &other : &good;
	unsigned int status = add(h, log, NEXT, NEXT + 3);

	if (status == 409) /* it had signed BASE only */
		status = add(h, log, BASE, NEXT + 3);
	assert_int_equal(status, 200);
}

/* --- killed ----------------------------------------------------------------
 */

/* In a child that ends at its n-th call; the status it answered, 0: none.
 * *ret_struck: it came so far. */
static unsigned int answered_by_child(struct house *h, uint64_t nth,
				      bool *ret_struck)
{
	struct buf body = request(&good, BASE, NEXT);
	unsigned int said = 0;
	int ends[2], status = -1;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		faults.ends = true;
		(void)faults_arm(FAULT_FILES | FAULT_SHARE, nth, 0);
		faults.kinds = FAULT_FILES | FAULT_SHARE;
		(void)witness_add(h->w, (const char *)body.bytes, body.len,
				  &h->answer, NULL);
		faults_off();
		_exit(write(ends[1], &h->answer.status,
			    sizeof(h->answer.status)) ==
			      (ssize_t)sizeof(h->answer.status)
			  ? 0
			  : 1);
	}
	(void)close(ends[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (read(ends[0], &said, sizeof(said)) != (ssize_t)sizeof(said))
		said = 0;
	(void)close(ends[0]);
	buf_free(&body);
	assert_true(WIFEXITED(status));
	*ret_struck = WEXITSTATUS(status) == FAULT_ENDED;
	assert_true(*ret_struck || WEXITSTATUS(status) == 0);
	return said;
}

static void killed_at_any_call_it_signs_one_history(void **state)
{
	struct house *h = *state;
	uint64_t before = 0, after = 0;
	bool struck = true;

	for (uint64_t n = 1; struck; n++) {
		unsigned int said;
		bool with_other;

		begin_again(h);
		said = answered_by_child(h, n, &struck);
		assert_int_equal(said, struck ? 0 : 200);
		house_reopen(h);
		with_other = signs_other(h);
		assert_false(said == 200 && with_other);
		before += struck && with_other;
		after += struck && !with_other;
		house_reopen(h);
		goes_on(h, with_other);
	}
	/* It was killed on both sides of the moment it is stored. */
	assert_true(before >= 5);
	assert_true(after >= 3);
}

/* --- failing ---------------------------------------------------------------
 */

static void failing_at_any_call_it_signs_one_history(void **state)
{
	static const struct {
		unsigned int kinds;
		int code;
	} rows[] = {
	    {FAULT_FILES | FAULT_SHARE, EIO},
	    {FAULT_FILES | FAULT_SHARE, ENOSPC},
	    {FAULT_MEMORY, 0},
	};
	struct house *h = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin_again(h);
		for (uint64_t n = 1; faults_arm(rows[i].kinds, n, rows[i].code);
		     n++) {
			struct buf body;
			unsigned int said;
			bool with_other;
			int rc;

			faults_off();
			begin_again(h);
			body = request(&good, BASE, NEXT);
			faults.kinds = rows[i].kinds;
			rc = witness_add(h->w, (const char *)body.bytes,
					 body.len, &h->answer, NULL);
			faults_off();
			buf_free(&body);
			said = h->answer.status;
			assert_int_equal(rc, said == 500 ? -1 : 0);
			assert_true(said == 200 || said == 500 || said == 503);
			assert_true(said == 200 || faults.struck);
			if (said == 500) /* the process ends */
				house_reopen(h);
			with_other = signs_other(h);
			assert_false(said == 200 && with_other);
			house_reopen(h);
			goes_on(h, with_other);
		}
	}
}

/* A start that cannot read what was signed does not begin anew. */
static void failing_at_the_start_it_does_not_forget(void **state)
{
	static const unsigned int kinds[] = {FAULT_FILES, FAULT_MEMORY};
	struct house *h = *state;

	begin_again(h);
	assert_int_equal(add(h, &good, BASE, NEXT), 200);
	for (size_t i = 0; i < 2; i++)
		for (uint64_t n = 1; faults_arm(kinds[i], n, EIO); n++) {
			struct err err = {0};
			int rc;

			witness_close(&h->w);
			rc = house_open(h, &err);
			faults_off();
			if (rc != 0) {
				assert_null(h->w);
				assert_int_equal(house_open(h, NULL), 0);
			}
			assert_false(signs_other(h));
		}
}

#define IN_HOUSE(f) cmocka_unit_test_setup_teardown(f, set_up, house_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_HOUSE(killed_at_any_call_it_signs_one_history),
	    IN_HOUSE(failing_at_any_call_it_signs_one_history),
	    IN_HOUSE(failing_at_the_start_it_does_not_forget),
	};

	if (sodium_init() < 0)
		return 1;
	/* What goes wrong is said, many times. */
	log_set_level((enum log_level)(LOG_LEVEL_ERROR + 1));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
