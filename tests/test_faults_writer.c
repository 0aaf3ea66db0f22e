/* test_faults_writer.c - the group commit while room, descriptors or the disk
 * fail: who is told that it is stored can be read, in its order, and what
 * could not be written is told to nobody.
 *
 * Proves: assurance P1, P2, 4.3. */
#include <sys/resource.h>

#include "writing_house.h"

/* In place of the event loops: nobody has a connection here. */
void loops_wake(struct intake *in, uint64_t set)
{
	(void)in;
	writing->woken |= set;
	writing->wakes++;
}

static void commit(struct writing *w)
{
	writer_commit(&w->in, &w->loops[0]);
}

/* How many were told this. */
static int told(struct writing *w, enum visit_outcome outcome)
{
	int count = 0;

	for (size_t i = 0; i < VISITORS; i++)
		count += w->visitors[i].entry != NULL &&
			 !w->visitors[i].pending &&
			 w->visitors[i].outcome == outcome;
	return count;
}

/* What is too much for a segment goes into the next. */
static void what_does_not_fit_goes_into_the_next_segment(void **state)
{
	struct writing *w = *state;
	uint8_t numbers[VISITORS];
	uint64_t woken = 0;

	start(w);
	for (uint8_t i = 0; i < 4; i++)
		push(w, i, LARGE);
	push(w, 4, SMALL); /* fits beside the first two */
	commit(w);
	assert_int_equal(told(w, OUTCOME_STORED), 5);
	assert_int_equal(w->in.own_counts.groups, 2);
	assert_int_equal(stored(w, numbers), 5);
	assert_true(exists(w, 1) && exists(w, 2) && !exists(w, 3));
	assert_int_equal(read(w->h->conf.wake_fd, &woken, sizeof(woken)),
			 sizeof(woken));
	assert_int_equal(woken, 2);
}

/* Who commits knows; the others are woken, once for each group. */
static void the_other_loop_is_woken(void **state)
{
	struct writing *w = *state;

	start(w);
	push(w, 0, SMALL);
	commit(w);
	assert_int_equal(w->wakes, 0);
	for (size_t i = 1; i < 5; i++)
		push(w, i, SMALL);
	commit(w);
	assert_int_equal(told(w, OUTCOME_STORED), 5);
	assert_int_equal(w->wakes, 1);
	assert_int_equal(w->woken, 2);
	commit(w); /* nothing */
	assert_int_equal(w->in.own_counts.groups, 2);
}

static void a_group_has_its_most(void **state)
{
	struct writing *w = *state;
	uint8_t numbers[VISITORS];

	assert_int_equal(close(w->h->conf.wake_fd), 0);
	w->h->conf.wake_fd = -1; /* nobody to wake */
	start(w);
	for (size_t i = 0; i < GROUP_MAX + 2; i++)
		push(w, i, SMALL);
	commit(w);
	assert_int_equal(told(w, OUTCOME_STORED), GROUP_MAX + 2);
	assert_int_equal(w->in.own_counts.groups, 2);
	assert_int_equal(stored(w, numbers), GROUP_MAX + 2);
	for (size_t i = 0; i < GROUP_MAX + 2; i++)
		assert_int_equal(numbers[i], (uint8_t)i);
}

/* A record is never behind the key of another quarter. */
static void each_quarter_has_its_segment(void **state)
{
	struct writing *w = *state;
	uint8_t numbers[VISITORS];

	start(w);
	push(w, 0, SMALL);
	w->h->faults.boot_ahead_ms = SPOOL_EPOCH_MS;
	push(w, 1, SMALL);
	push(w, 2, SMALL);
	commit(w);
	assert_int_equal(told(w, OUTCOME_STORED), 3);
	assert_int_equal(w->in.segment.number, 2);
	assert_int_equal(stored(w, numbers), 3);
}

static void who_gave_up_is_told_nothing(void **state)
{
	struct writing *w = *state;
	uint8_t numbers[VISITORS];

	start(w);
	push(w, 0, SMALL);
	push(w, 1, SMALL);
	assert_true(writer_give_up(&w->in, &w->visitors[0]));
	assert_int_equal(w->visitors[0].outcome, OUTCOME_BUSY);
	assert_false(writer_give_up(&w->in, &w->visitors[0]));
	commit(w);
	assert_int_equal(told(w, OUTCOME_STORED), 1);
	assert_false(writer_give_up(&w->in, &w->visitors[1]));
	/* Stored all the same: the provider sends it again, and it is known. */
	assert_int_equal(stored(w, numbers), 2);
}

/* --- the writer while something fails ------------------------------------- */

static void let_no_file_open(bool none)
{
	static struct rlimit before;
	struct rlimit now;

	if (none)
		assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	now = before;
	if (none)
		now.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &now), 0);
}

static void without_room_it_is_told_to_come_again(void **state)
{
	struct writing *w = *state;
	uint8_t numbers[VISITORS];

	start(w);
	for (size_t i = 0; i < 3; i++)
		push(w, i, LARGE);
	let_no_file_open(true);
	commit(w);
	let_no_file_open(false);
	assert_int_equal(told(w, OUTCOME_STORED), 2);
	assert_int_equal(told(w, OUTCOME_BUSY), 1);
	assert_true(w->in.disk_low && !w->in.broken);
	push(w, 3, LARGE);
	let_no_file_open(true);
	commit(w); /* still none, said once */
	let_no_file_open(false);
	assert_int_equal(told(w, OUTCOME_BUSY), 2);
	push(w, 4, LARGE);
	commit(w);
	assert_int_equal(told(w, OUTCOME_STORED), 3);
	assert_int_equal(stored(w, numbers), 3);
	assert_int_equal(numbers[2], 4);
}

static void after_a_failed_write_nobody_is_acknowledged(void **state)
{
	struct writing *w = *state;
	uint8_t numbers[VISITORS];
	uint64_t count = 0;

	start(w);
	push(w, 0, SMALL);
	w->h->faults.boot_ahead_ms = SPOOL_EPOCH_MS;
	push(w, 1, SMALL); /* of the next quarter: never tried */
	w->h->faults.write_fail_from = w->h->faults.writes + 1;
	commit(w);
	assert_int_equal(told(w, OUTCOME_FAILED), 2);
	assert_true(w->in.broken);
	w->h->faults.write_fail_from = 0;
	push(w, 2, SMALL); /* nor would it be now */
	commit(w);
	assert_int_equal(told(w, OUTCOME_FAILED), 3);
	assert_int_equal(told(w, OUTCOME_STORED), 0);
	assert_int_equal(stored(w, numbers), 0);
	assert_int_equal(read(w->in.broken_fd, &count, sizeof(count)),
			 sizeof(count));
	assert_int_equal(count, 1);
}

static void a_segment_that_breaks_at_its_head_ends_it(void **state)
{
	struct writing *w = *state;
	uint8_t numbers[VISITORS];

	start(w);
	push(w, 0, SMALL);
	w->h->faults.boot_ahead_ms = SPOOL_EPOCH_MS;
	push(w, 1, SMALL);
	/* The first is written, then the head of the second's segment. */
	w->h->faults.write_fail_from = w->h->faults.writes + 2;
	commit(w);
	assert_int_equal(told(w, OUTCOME_STORED), 1);
	assert_int_equal(told(w, OUTCOME_FAILED), 1);
	assert_true(w->in.broken);
	assert_int_equal(stored(w, numbers), 1);
	assert_int_equal(numbers[0], 0);
}

/* --- a quarter that ends while nobody writes ------------------------------ */

static void a_quarter_ends_without_traffic(void **state)
{
	struct writing *w = *state;

	start(w);
	w->h->faults.boot_ahead_ms = SPOOL_EPOCH_MS;
	writer_look(&w->in); /* without bodies there is no hurry */
	assert_int_equal(w->in.segment.number, 1);
	push(w, 0, SMALL); /* of a new quarter, so a new segment */
	commit(w);
	writer_look(&w->in);
	assert_int_equal(w->in.segment.number, 2);
	w->h->faults.boot_ahead_ms = 2 * SPOOL_EPOCH_MS;
	writer_look(&w->in);
	assert_int_equal(w->in.segment.number, 3);
	assert_false(w->in.segment.has_bodies);
}

static void a_quarter_that_cannot_end_now_ends_later(void **state)
{
	struct writing *w = *state;
	uint8_t numbers[VISITORS];

	start(w);
	push(w, 0, SMALL);
	commit(w);
	w->h->faults.boot_ahead_ms = SPOOL_EPOCH_MS;
	let_no_file_open(true);
	writer_look(&w->in);
	let_no_file_open(false);
	assert_true(w->in.disk_low && !w->in.broken);
	assert_int_equal(w->in.segment.number, 1);
	push(w, 1, SMALL);
	commit(w);
	assert_int_equal(told(w, OUTCOME_STORED), 2);
	assert_true(w->in.segment.number > 1);
	assert_int_equal(stored(w, numbers), 2);
}

/* The old key serves a little longer. */
static void without_memory_for_a_key_the_quarter_goes_on(void **state)
{
	struct writing *w = *state;
	uint8_t numbers[VISITORS];
	uint64_t n = 1;

	start(w);
	push(w, 0, SMALL);
	commit(w);
	w->h->faults.boot_ahead_ms = SPOOL_EPOCH_MS;
	for (; n <= 2; n++) { /* the epoch, its key */
		assert_true(faults_arm(FAULT_MEMORY, n, ENOMEM));
		writer_look(&w->in);
		faults_off();
		assert_int_equal(w->in.segment.number, 1);
	}
	push(w, 1, SMALL);
	commit(w);
	assert_int_equal(w->in.segment.number, 2);
	assert_int_equal(stored(w, numbers), 2);
}

static void a_quarter_that_ends_on_a_broken_disk_ends_the_process(void **state)
{
	struct writing *w = *state;

	start(w);
	push(w, 0, SMALL);
	commit(w);
	w->h->faults.boot_ahead_ms = SPOOL_EPOCH_MS;
	w->h->faults.sync_fail_from = w->h->faults.syncs + 1;
	writer_look(&w->in);
	assert_true(w->in.broken);
	writer_look(&w->in); /* not tried again */
	assert_int_equal(w->in.next_number, 3);
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(what_does_not_fit_goes_into_the_next_segment),
	    CASE(the_other_loop_is_woken),
	    CASE(a_group_has_its_most),
	    CASE(each_quarter_has_its_segment),
	    CASE(who_gave_up_is_told_nothing),
	    CASE(without_room_it_is_told_to_come_again),
	    CASE(after_a_failed_write_nobody_is_acknowledged),
	    CASE(a_segment_that_breaks_at_its_head_ends_it),
	    CASE(a_quarter_ends_without_traffic),
	    CASE(without_memory_for_a_key_the_quarter_goes_on),
	    CASE(a_quarter_that_cannot_end_now_ends_later),
	    CASE(a_quarter_that_ends_on_a_broken_disk_ends_the_process),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
