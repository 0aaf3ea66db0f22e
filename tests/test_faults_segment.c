/* test_faults_segment.c - segments of the spool while they are made, while
 * disk, memory or descriptors fail: what was appended can be read, in its
 * order, and what a life before left stays as it is.
 *
 * Proves: assurance P1, 4.3. */
#include "writing_house.h"

/* One body of a life before, and no other file. */
static void fresh_spool(struct writing *w)
{
	struct err err = {0};
	char path[128];

	for (unsigned int i = 1; i <= 3; i++) {
		segment_path(w, i, path);
		(void)unlink(path); /* there or not */
	}
	start(w);
	assert_int_equal(append(&w->in, 0, &err), 0);
	down(&w->in);
}

/* Each call of a start fails once; what was stored before is there still. */
static void survive_start(struct writing *w, unsigned int kind, int code)
{
	uint8_t numbers[VISITORS];
	struct err err = {0};
	bool failed = false;

	fresh_spool(w);
	for (uint64_t n = 1; faults_arm(kind, n, code); n++) {
		if (segment_start(&w->in, &err) != 0) {
			faults_off();
			failed = true;
			assert_int_equal(w->in.segment.fd, -1);
			down(&w->in);
			start(w);
		}
		faults_off();
		assert_int_equal(append(&w->in, 1, &err), 0);
		down(&w->in);
		assert_int_equal(stored(w, numbers), 2);
		assert_true(numbers[0] == 0 && numbers[1] == 1);
		fresh_spool(w);
		assert_true(n < 200);
	}
	assert_true(failed);
}

static void a_start_outlives_a_failing_disk(void **state)
{
	survive_start(*state, FAULT_FILES, EIO);
}

static void a_start_outlives_a_lack_of_memory(void **state)
{
	survive_start(*state, FAULT_MEMORY, ENOMEM);
}

static void a_start_outlives_a_mode_and_a_length_refused(void **state)
{
	survive_start(*state, FAULT_SHARE, EPERM);
}

/* What heals by itself is waited for, everything else ends the process; in
 * both cases the segment that was is still the one written to. */
static void a_segment_that_cannot_be_made_leaves_the_one_before(void **state)
{
	static const struct {
		int code;
		enum err_kind kind;
	} cases[] = {
	    {ENOSPC, ERR_BUSY}, {EDQUOT, ERR_BUSY}, {EMFILE, ERR_BUSY},
	    {ENFILE, ERR_BUSY}, {EIO, ERR_STORAGE}, {EROFS, ERR_STORAGE},
	};
	struct writing *w = *state;
	uint8_t numbers[VISITORS];
	struct err err = {0};

	start(w);
	for (uint8_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t n = 0;
		int rc = 0;

		/* The public key may be unreadable: not fatal. */
		while (rc == 0) {
			struct epoch *epoch = epoch_take(&w->in);

			assert_true(
			    faults_arm(FAULT_FILES, ++n, cases[i].code));
			rc = segment_roll(&w->in, epoch, &err);
			faults_off();
			epoch_drop(&epoch);
		}
		assert_int_equal(err.kind, cases[i].kind);
		assert_int_equal(append(&w->in, i, &err), 0);
	}
	assert_int_equal(stored(w, numbers), 6);
	for (uint8_t i = 0; i < 6; i++)
		assert_int_equal(numbers[i], i);
}

static void a_segment_without_room_leaves_no_file(void **state)
{
	struct writing *w = *state;
	struct err err = {0};
	struct epoch *epoch;
	bool without_room = false;

	start(w);
	for (uint64_t n = 1; faults_arm(FAULT_FILES, n, EIO); n++) {
		unsigned int number = (unsigned int)w->in.next_number;

		epoch = epoch_take(&w->in);
		err = (struct err){0};
		(void)segment_roll(&w->in, epoch, &err); /* may fail */
		faults_off();
		epoch_drop(&epoch);
		if (err.kind != ERR_BUSY)
			continue;
		assert_string_equal(err.what, "no room for a segment");
		without_room = true;
		assert_false(exists(w, number));
		assert_int_equal(w->in.next_number, number + 1);
	}
	assert_true(without_room);
}

/* The rest is not given back, and reads as the end. */
static void a_segment_that_stays_long_is_read_like_any_other(void **state)
{
	struct writing *w = *state;
	uint8_t numbers[VISITORS];
	struct err err = {0};
	struct stat st;
	char path[128];

	start(w);
	assert_int_equal(append(&w->in, 1, &err), 0);
	assert_true(faults_arm(FAULT_SHARE, 1, EIO));
	segment_close(&w->in);
	faults_off();
	segment_path(w, 1, path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, SPOOL_SEGMENT_BYTES);
	down(&w->in);
	start(w);
	assert_int_equal(append(&w->in, 2, &err), 0);
	assert_int_equal(stored(w, numbers), 2);
	assert_int_equal(numbers[1], 2);
}

static int interrupted_twice(struct env *env)
{
	(void)env;
	return writing->interrupted++ < 2 ? EINTR : 0;
}

static int broken(struct env *env)
{
	(void)env;
	return EIO;
}

static ssize_t odd_pwritev(struct env *env, int fd, const struct iovec *iov,
			   int iov_len, off_t offset)
{
	int code = writing->write != NULL ? writing->write(env) : EINVAL;

	if (code == 0)
		return pwritev(fd, iov, iov_len, offset);
	if (writing->write == NULL)
		return 0;
	errno = code;
	return -1;
}

static void a_write_that_is_interrupted_goes_on_and_one_of_nothing_ends(
    void **state)
{
	struct writing *w = *state;
	uint8_t numbers[VISITORS];
	struct err err = {0};

	start(w);
	w->h->env.pwritev = odd_pwritev;
	w->write = interrupted_twice;
	assert_int_equal(append(&w->in, 1, &err), 0);
	assert_int_equal(w->interrupted, 3);
	w->write = NULL; /* writes nothing */
	assert_int_equal(append(&w->in, 2, &err), -1);
	assert_true(err.kind == ERR_STORAGE && err.native == EIO);
	w->write = broken;
	assert_int_equal(append(&w->in, 3, &err), -1);
	assert_true(err.kind == ERR_STORAGE && err.native == EIO);
	assert_int_equal(stored(w, numbers), 1);
}

static void a_head_that_is_not_on_disk_begins_no_segment(void **state)
{
	struct writing *w = *state;
	struct err err = {0};
	struct epoch *epoch;

	start(w);
	epoch = epoch_take(&w->in);
	w->h->faults.write_fail_from = w->h->faults.writes + 1;
	assert_int_equal(segment_roll(&w->in, epoch, &err), -1);
	assert_int_equal(err.kind, ERR_STORAGE);
	w->h->faults.write_fail_from = 0;
	w->h->faults.sync_fail_from = w->h->faults.syncs + 1;
	assert_int_equal(segment_roll(&w->in, epoch, &err), -1);
	assert_int_equal(err.kind, ERR_STORAGE);
	w->h->faults.sync_fail_from = 0;
	assert_int_equal(w->in.segment.number, 1);
	assert_int_equal(segment_roll(&w->in, epoch, &err), 0);
	assert_int_equal(w->in.segment.number, 4);
	epoch_drop(&epoch);
}

/* --- the keeper's public key ---------------------------------------------- */

/* With a check that is right. */
static void write_public(const struct writing *w, const uint8_t key[32])
{
	uint8_t file[4 + 32 + 16] = {0, 0, 0, 9};
	char path[128];
	int fd;

	memcpy(file + 4, key, 32);
	(void)crypto_generichash(file + 36, 16, file, 36, NULL, 0);
	(void)snprintf(path, sizeof(path), "%s/keys/spool.pub", w->h->dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, file, sizeof(file)), sizeof(file));
	assert_int_equal(close(fd), 0);
}

/* A point that everybody knows the secret of seals nothing. */
static void nothing_is_sealed_to_a_key_of_zeros(void **state)
{
	static const uint8_t zeros[32];
	struct writing *w = *state;
	struct err err = {0};

	write_public(w, zeros);
	assert_int_equal(segment_start(&w->in, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	assert_int_equal(w->in.segment.fd, -1);
}

static void a_key_file_that_is_gone_later_does_no_harm(void **state)
{
	struct writing *w = *state;
	uint8_t numbers[VISITORS];
	struct err err = {0};
	struct epoch *epoch;
	char path[128];

	start(w);
	(void)snprintf(path, sizeof(path), "%s/keys/spool.pub", w->h->dir);
	assert_int_equal(unlink(path), 0);
	epoch = epoch_take(&w->in);
	assert_int_equal(segment_roll(&w->in, epoch, &err), 0);
	epoch_drop(&epoch);
	assert_int_equal(append(&w->in, 1, &err), 0);
	assert_int_equal(stored(w, numbers), 1);
	assert_int_equal(w->in.pub.pair, 1);
}

static void a_folder_too_far_away_is_said(void **state)
{
	struct writing *w = *state;
	char far[601];
	struct err err = {0};

	memset(far, 'x', sizeof(far) - 1);
	far[sizeof(far) - 1] = '\0';
	w->h->conf.dir = far;
	assert_int_equal(segment_start(&w->in, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	w->h->conf.dir = w->h->dir;
}

/* What a life before left torn is neither written to nor taken away. */
static void what_is_torn_stays_as_it_is(void **state)
{
	struct writing *w = *state;
	uint8_t numbers[VISITORS], tail[4] = {0};
	struct err err = {0};
	char path[128];
	int fd;

	for (uint8_t i = 1; i <= 3; i++) {
		start(w);
		assert_int_equal(append(&w->in, i, &err), 0);
		down(&w->in);
	}
	segment_path(w, 3, path);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, "torn", 4), 4);
	assert_int_equal(close(fd), 0);
	segment_path(w, 4, path);
	assert_int_equal(symlink("nowhere", path), 0);
	start(w);
	assert_int_equal(w->in.segment.number, 5);
	segment_path(w, 4, path);
	assert_int_equal(unlink(path), 0);
	segment_path(w, 3, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(lseek(fd, -4, SEEK_END) > 0);
	assert_int_equal(read(fd, tail, 4), 4);
	assert_int_equal(close(fd), 0);
	assert_memory_equal(tail, "torn", 4);
	assert_int_equal(append(&w->in, 4, &err), 0);
	assert_int_equal(stored(w, numbers), 4);
	assert_int_equal(numbers[3], 4);
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_start_outlives_a_failing_disk),
	    CASE(a_start_outlives_a_lack_of_memory),
	    CASE(a_start_outlives_a_mode_and_a_length_refused),
	    CASE(a_segment_that_cannot_be_made_leaves_the_one_before),
	    CASE(a_segment_without_room_leaves_no_file),
	    CASE(a_segment_that_stays_long_is_read_like_any_other),
	    CASE(a_write_that_is_interrupted_goes_on_and_one_of_nothing_ends),
	    CASE(a_head_that_is_not_on_disk_begins_no_segment),
	    CASE(nothing_is_sealed_to_a_key_of_zeros),
	    CASE(a_key_file_that_is_gone_later_does_no_harm),
	    CASE(a_folder_too_far_away_is_said),
	    CASE(what_is_torn_stays_as_it_is),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
