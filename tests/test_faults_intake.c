/* test_faults_intake.c - the spool from the side that writes it, while disk,
 * memory or descriptors fail: what was told to be stored can be read, in its
 * order, and what could not be written is told to nobody.
 *
 * Proves: assurance P1, P2, 4.3; RFC 9110 15.6.4 (503). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "faults.h"
#include "intake/inside.h"
#include "intake_house.h"

#define VISITORS (GROUP_MAX + 2)
#define SMALL	 40
#define LARGE	 (3u << 20) /* two of them in a segment */

struct writing {
	struct house *h;
	struct intake in;
	struct loop loops[2]; /* the first commits */
	struct visitor visitors[VISITORS];
	uint64_t woken; /* set of loops */
	int wakes;
	int (*write)(struct env *env); /* 0, or an errno in place of it */
	int interrupted;
};
static struct writing *writing;

/* In place of the event loops: nobody has a connection here. */
void loops_wake(struct intake *in, uint64_t set)
{
	(void)in;
	writing->woken |= set;
	writing->wakes++;
}

/* --- set up --------------------------------------------------------------- */

static int setup(void **state)
{
	struct writing *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	writing = w;
	w->h = house_new();
	w->h->conf = (struct intake_conf){
	    .dir = w->h->dir,
	    .settings = &w->h->settings,
	    .wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
	};
	w->in.env = &w->h->env;
	w->in.conf = &w->h->conf;
	w->in.counts = &w->in.own_counts;
	w->in.queue_end = &w->in.queue;
	w->in.folder_fd = w->in.segment.fd = -1;
	w->in.broken_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_int_equal(pthread_mutex_init(&w->in.epoch_lock, NULL), 0);
	assert_int_equal(pthread_mutex_init(&w->in.queue_lock, NULL), 0);
	assert_int_equal(pthread_mutex_init(&w->in.commit_lock, NULL), 0);
	w->loops[1].number = 1;
	*state = w;
	return 0;
}

/* As after the end of a process, or before its start. */
static void down(struct intake *in)
{
	segment_close(in);
	epoch_drop(&in->epoch);
	if (in->folder_fd >= 0)
		assert_int_equal(close(in->folder_fd), 0);
	in->folder_fd = -1;
}

static int teardown(void **state)
{
	struct writing *w = *state;

	down(&w->in);
	for (size_t i = 0; i < VISITORS; i++)
		if (w->visitors[i].entry != NULL) {
			free(w->visitors[i].entry->record);
			free(w->visitors[i].entry);
		}
	if (w->h->conf.wake_fd >= 0)
		assert_int_equal(close(w->h->conf.wake_fd), 0);
	assert_int_equal(close(w->in.broken_fd), 0);
	house_free(w->h);
	free(w);
	return 0;
}

static void start(struct writing *w)
{
	struct err err = {0};

	assert_int_equal(segment_start(&w->in, &err), 0);
}

/* --- bodies, and how to find them again ----------------------------------- */

static struct entry *entry_of(struct epoch *epoch, uint8_t number, size_t len)
{
	struct entry *e = calloc(1, sizeof(*e));

	assert_non_null(e);
	e->len = e->size = SPOOL_HEADER_BYTES + len;
	e->record = calloc(1, e->len);
	assert_non_null(e->record);
	e->record[SPOOL_HEADER_BYTES] = number;
	e->epoch = epoch;
	e->head = (struct spool_record){
	    .kind = SPOOL_BODY,
	    .verdict = 1,
	    .received_ms = 1,
	    .channel = {"shop"},
	    .payload = e->record + SPOOL_HEADER_BYTES,
	    .payload_len = len,
	};
	return e;
}

/* The body of a visitor, into the writer's queue. */
static void push(struct writing *w, size_t number, size_t len)
{
	struct visitor *v = &w->visitors[number];

	v->loop = &w->loops[number % 2];
	v->entry = entry_of(epoch_take(&w->in), (uint8_t)number, len);
	writer_push(&w->in, v);
}

/* One body without a writer. */
static int append(struct intake *in, uint8_t number, struct err *err)
{
	struct entry *e = entry_of(NULL, number, SMALL);
	const struct iovec iov = {e->record, e->len};
	int rc;

	spool_header(&e->head, e->record);
	rc = segment_append(in, &iov, 1, e->len, err);
	free(e->record);
	free(e);
	return rc;
}

/* Numbers of the bodies in the spool, in its order; how many. */
static size_t stored(const struct writing *w, uint8_t ret[VISITORS])
{
	struct spool_position from = {0};
	struct spool_reader *r = NULL;
	struct spool_item items[16];
	struct err err = {0};
	size_t all = 0, len = 1, damaged = 0;

	assert_int_equal(spool_reader_open(w->h->dir, from, &r, &err), 0);
	while (len > 0) {
		assert_int_equal(
		    spool_read(r, items, 16, 8u << 20, &len, &damaged, &err),
		    0);
		for (size_t i = 0; i < len; i++)
			ret[all++] = items[i].record.payload[0];
	}
	spool_reader_close(&r);
	return all;
}

static void segment_path(const struct writing *w, unsigned int number,
			 char ret[128])
{
	(void)snprintf(ret, 128, "%s/spool/%016u.seg", w->h->dir, number);
}

static bool exists(const struct writing *w, unsigned int number)
{
	char path[128];

	segment_path(w, number, path);
	return access(path, F_OK) == 0;
}

/* --- segments ------------------------------------------------------------- */

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

/* --- the writer ----------------------------------------------------------- */

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
