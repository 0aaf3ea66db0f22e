/* writer.c - group commit.
 *
 * An event loop that has taken what there was takes all that waits, its own
 * and the other loops', writes it with one call and syncs once; then
 * everybody in it may be answered.  Nobody waits for company: while one group
 * is synced, the next gathers in the sockets by itself.
 *
 * A thread of its own for this would be woken and wake for each group: on two
 * processors that costs more than the sync. */
#include "intake/inside.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "postern/log.h"

void writer_push(struct intake *in, struct visitor *v)
{
	struct entry *e = v->entry;

	e->next = NULL;
	e->visitor = v;
	atomic_store_explicit(&v->waits_since, in->env->boot_ms(in->env),
			      memory_order_relaxed);
	pthread_mutex_lock(&in->queue_lock);
	atomic_store(&v->pending, true);
	*in->queue_end = e;
	in->queue_end = &e->next;
	pthread_mutex_unlock(&in->queue_lock);
}

bool writer_give_up(struct intake *in, struct visitor *v)
{
	bool mine;

	pthread_mutex_lock(&in->queue_lock);
	mine = atomic_load(&v->pending);
	if (mine) {
		v->outcome = OUTCOME_BUSY;
		v->entry->visitor = NULL; /* the commit frees it */
		v->entry = NULL;
		atomic_store(&v->pending, false);
	}
	pthread_mutex_unlock(&in->queue_lock);
	return mine;
}

/* Tells everybody in the list, which ends here. */
static void group_finish(struct intake *in, struct entry *list,
			 enum visit_outcome outcome)
{
	struct entry *e, *next;
	struct visitor *v;
	uint64_t touched = 0;

	pthread_mutex_lock(&in->queue_lock);
	for (e = list; e != NULL; e = next) {
		next = e->next;
		epoch_drop(&e->epoch);
		v = e->visitor;
		if (v == NULL) { /* given up; only sealed bytes in it */
			free(e->record);
			free(e);
			continue;
		}
		v->outcome = outcome;
		if (v->loop != in->committer)
			touched |= UINT64_C(1) << v->loop->number;
		/* From here on it may be gone, with its entry. */
		atomic_store(&v->pending, false);
	}
	pthread_mutex_unlock(&in->queue_lock);
	if (touched != 0)
		loops_wake(in, touched);
}

/* Takes out of *list what goes into one write: same key, room left. */
static struct entry *group_take(const struct intake *in, struct entry **list,
				struct iovec *iov, int *ret_len,
				size_t *ret_bytes)
{
	struct entry *group = NULL, **end = &group, **at = list;
	size_t bytes = 0;
	int len = 0;

	while (*at != NULL && len < GROUP_MAX) {
		struct entry *e = *at;

		if (e->epoch != in->segment.epoch ||
		    !segment_fits(&in->segment, bytes + e->len)) {
			at = &e->next;
			continue;
		}
		*at = e->next;
		e->next = NULL;
		*end = e;
		end = &e->next;
		spool_header(&e->head, e->record);
		iov[len].iov_base = e->record;
		iov[len].iov_len = e->len;
		bytes += e->len;
		len++;
	}
	*ret_len = len;
	*ret_bytes = bytes;
	return group;
}

static void worker_wake(const struct intake *in)
{
	const uint64_t one = 1;

	/* A full counter has woken it already. */
	if (in->conf->wake_fd >= 0)
		(void)!write(in->conf->wake_fd, &one, sizeof(one));
}

/* After a failed write or sync nothing can be said about the file: answer
 * 503 and let the process end (assurance 4.3, row 4). */
static void storage_failed(struct intake *in, struct entry *list,
			   const struct err *err)
{
	const uint64_t one = 1;

	/* Said once: nothing is written after it. */
	atomic_store(&in->broken, true);
	LOG(LOG_LEVEL_ERROR, "intake.storage_failed", LOG_ERR(err));
	group_finish(in, list, OUTCOME_FAILED);
	(void)!write(in->broken_fd, &one, sizeof(one)); /* main looks too */
}

/* No room for a segment: those who wanted one come again later. */
static void room_missing(struct intake *in, struct entry *list,
			 const struct err *err)
{
	if (!atomic_exchange(&in->disk_low, true))
		LOG(LOG_LEVEL_ERROR, "intake.no_room", LOG_ERR(err));
	group_finish(in, list, OUTCOME_BUSY);
}

/* One write and sync for the part of *list that fits the segment. */
static int group_write(struct intake *in, struct entry **list, struct err *err)
{
	struct iovec iov[GROUP_MAX];
	struct entry *group;
	size_t bytes;
	int len;

	group = group_take(in, list, iov, &len, &bytes);
	/* The first fits, or a segment was made for it. */
	assert(group != NULL);
	if (segment_append(in, iov, len, bytes, err) != 0) {
		storage_failed(in, group, err);
		return -1;
	}
	TALLY(in, groups);
	TALLY_ADD(in, bytes, bytes);
	group_finish(in, group, OUTCOME_STORED);
	worker_wake(in);
	return 0;
}

static void list_commit(struct intake *in, struct entry *list)
{
	struct err err = {0};

	while (list != NULL) {
		if (atomic_load(&in->broken)) {
			group_finish(in, list, OUTCOME_FAILED);
			return;
		}
		if ((list->epoch != in->segment.epoch ||
		     !segment_fits(&in->segment, list->len)) &&
		    segment_roll(in, list->epoch, &err) != 0) {
			if (err.kind == ERR_BUSY)
				room_missing(in, list, &err);
			else
				storage_failed(in, list, &err);
			return;
		}
		if (group_write(in, &list, &err) != 0) {
			group_finish(in, list, OUTCOME_FAILED);
			return;
		}
	}
}

/* When its quarter is over, a segment with bodies is closed without waiting
 * for traffic, so that the worker can unlink it and its key can die. */
static void epoch_look(struct intake *in)
{
	struct segment *s = &in->segment;
	struct epoch *now;
	struct err err = {0};

	if (!s->has_bodies || atomic_load(&in->broken) ||
	    in->env->boot_ms(in->env) < s->epoch->ends_ms)
		return;
	now = epoch_take(in);
	if (now != NULL && now != s->epoch &&
	    segment_roll(in, now, &err) != 0) {
		if (err.kind == ERR_BUSY)
			room_missing(in, NULL, &err);
		else
			storage_failed(in, NULL, &err);
	}
	epoch_drop(&now);
}

void writer_look(struct intake *in)
{
	pthread_mutex_lock(&in->commit_lock);
	epoch_look(in);
	pthread_mutex_unlock(&in->commit_lock);
}

void writer_commit(struct intake *in, const struct loop *by)
{
	struct entry *list;

	pthread_mutex_lock(&in->commit_lock);
	in->committer = by;
	pthread_mutex_lock(&in->queue_lock);
	list = in->queue;
	in->queue = NULL;
	in->queue_end = &in->queue;
	pthread_mutex_unlock(&in->queue_lock);
	/* None: another loop took them along. */
	if (list != NULL)
		list_commit(in, list);
	pthread_mutex_unlock(&in->commit_lock);
}
