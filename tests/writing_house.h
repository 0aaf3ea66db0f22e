/* writing_house.h - the spool's writing side without event loops, for the
 * tests that let disk, memory or descriptors fail under it. */
#ifndef POSTERN_TESTS_WRITING_HOUSE_H
#define POSTERN_TESTS_WRITING_HOUSE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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

/* --- set up --------------------------------------------------------------- */

static inline int setup(void **state)
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
static inline void down(struct intake *in)
{
	segment_close(in);
	epoch_drop(&in->epoch);
	if (in->folder_fd >= 0)
		assert_int_equal(close(in->folder_fd), 0);
	in->folder_fd = -1;
}

static inline int teardown(void **state)
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

static inline void start(struct writing *w)
{
	struct err err = {0};

	assert_int_equal(segment_start(&w->in, &err), 0);
}

/* --- bodies, and how to find them again ----------------------------------- */

static inline struct entry *entry_of(struct epoch *epoch, uint8_t number,
				     size_t len)
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
static inline void push(struct writing *w, size_t number, size_t len)
{
	struct visitor *v = &w->visitors[number];

	v->loop = &w->loops[number % 2];
	v->entry = entry_of(epoch_take(&w->in), (uint8_t)number, len);
	writer_push(&w->in, v);
}

/* One body without a writer. */
static inline int append(struct intake *in, uint8_t number, struct err *err)
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
static inline size_t stored(const struct writing *w, uint8_t ret[VISITORS])
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

static inline void segment_path(const struct writing *w, unsigned int number,
				char ret[128])
{
	(void)snprintf(ret, 128, "%s/spool/%016u.seg", w->h->dir, number);
}

static inline bool exists(const struct writing *w, unsigned int number)
{
	char path[128];

	segment_path(w, number, path);
	return access(path, F_OK) == 0;
}

#endif
