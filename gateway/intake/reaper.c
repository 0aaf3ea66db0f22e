/* reaper.c - absolute deadlines and the look at the disk.
 *
 * The library's own time-out is one of inactivity: a byte now and then keeps
 * a connection for ever.  This thread shuts the socket of whoever is over the
 * deadline, under the lock that a closing connection takes too, so that the
 * descriptor is still that connection's. */
#include "intake/inside.h"

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "postern/log.h"
#include "spool/reserve.h"

#define LOOK_MS	      200
#define TRIM_LOOKS    25
#define TRIM_VISITORS 64
#define FULL_BYTES    (UINT64_C(4) << 20) /* a transaction may fail */

/* Shuts the late, takes back what is not committed in time.  Returns the set
 * of loops that have somebody to answer. */
static uint64_t visitors_look(struct intake *in, int64_t now, int64_t late_ms)
{
	uint64_t touched = 0;

	pthread_mutex_lock(&in->visitors_lock);
	for (struct visitor *v = in->visitors; v != NULL; v = v->next) {
		int64_t since = atomic_load(&v->waits_since);

		if (since != 0) {
			if (now - since >= late_ms && writer_give_up(in, v))
				touched |= UINT64_C(1) << v->loop->number;
		} else if (now >= atomic_load(&v->deadline_ms)) {
			atomic_store(&v->deadline_ms, INT64_MAX);
			(void)shutdown(v->fd, SHUT_RDWR); /* may be closed */
			TALLY(in, reaped);
		}
	}
	pthread_mutex_unlock(&in->visitors_lock);
	return touched;
}

void reaper_release(struct intake *in, int64_t late_ms)
{
	int64_t now = in->env->boot_ms(in->env);

	/* First, so that there is somebody to answer. */
	loops_look(in, now);
	loops_wake(in, visitors_look(in, now, late_ms));
}

/* Room kept for erasures; being without it is no reason not to serve. */
void reserve_take(const struct intake_conf *conf)
{
	struct err err = {0};

	if (conf->settings->limits.reserve_bytes > 0 &&
	    reserve_keep(conf->dir,
			 (uint64_t)conf->settings->limits.reserve_bytes,
			 &err) != 0)
		LOG(LOG_LEVEL_WARN, "intake.no_reserve", LOG_ERR(&err));
}

/* Nothing is taken any more; what the worker and the keeper delete needs room
 * in their logs of writes. */
static void reserve_give_up(const struct intake *in)
{
	struct err err = {0};
	bool given;

	if (reserve_give(in->conf->dir, &given, &err) != 0)
		LOG(LOG_LEVEL_ERROR, "intake.reserve_stays", LOG_ERR(&err));
	else if (given)
		LOG0(LOG_LEVEL_ERROR, "intake.reserve_given");
}

void disk_look(struct intake *in)
{
	uint64_t low = (uint64_t)in->conf->settings->limits.disk_low_bytes;
	struct statvfs st;
	uint64_t room;
	bool was = atomic_load(&in->disk_low), is;

	if (fstatvfs(in->folder_fd, &st) != 0)
		return; /* the writer will meet whatever is wrong */
	room = (uint64_t)st.f_bavail * st.f_frsize;
	/* A little more is wanted to come back than to stay. */
	is = room < (was ? low + low / 8 + SPOOL_SEGMENT_BYTES : low);
	if (room < (low < FULL_BYTES ? low : FULL_BYTES) &&
	    !in->reserve_given) {
		in->reserve_given = true;
		reserve_give_up(in);
	}
	if (is == was)
		return;
	atomic_store(&in->disk_low, is);
	if (is)
		LOG(LOG_LEVEL_ERROR, "intake.disk_low",
		    LOG_NUM("free_bytes", room));
	else {
		LOG(LOG_LEVEL_INFO, "intake.disk_free",
		    LOG_NUM("free_bytes", room));
		reserve_take(in->conf);
		in->reserve_given = false;
	}
}

/* A crowd's buffers stay in the heap when it has gone.  They were wiped, but
 * the memory is others'.  Looked at once a while: giving back walks the heap
 * under its lock. */
static void heap_look(struct intake *in, size_t *peak, unsigned int *looks)
{
	size_t now;

	pthread_mutex_lock(&in->visitors_lock);
	now = in->visitors_len;
	pthread_mutex_unlock(&in->visitors_lock);
	if (now > *peak)
		*peak = now;
	if (++*looks < TRIM_LOOKS)
		return;
	*looks = 0;
	if (*peak >= 2 * now + TRIM_VISITORS)
		(void)malloc_trim(0); /* nothing to give is fine */
	*peak = now;
}

static void *reaper_run(void *arg)
{
	struct intake *in = arg;
	struct pollfd p = {.fd = in->reaper_fd, .events = POLLIN};
	unsigned int looks = 0;
	size_t peak = 0;
	int rc;

	(void)pthread_setname_np(pthread_self(), "intake-reaper");
	do {
		rc = poll(&p, 1, LOOK_MS);
		reaper_release(in,
			       in->conf->settings->limits.commit_deadline_ms);
		disk_look(in);
		heap_look(in, &peak, &looks);
	} while (rc == 0 || (rc < 0 && errno == EINTR));
	return NULL;
}

int reaper_start(struct intake *in, struct err *err)
{
	int rc = pthread_create(&in->reaper, NULL, reaper_run, in);

	if (rc != 0)
		return ERR_SET(err, ERR_NOMEM, "no reaper thread", rc);
	return 0;
}

void reaper_stop(struct intake *in)
{
	const uint64_t one = 1;

	(void)!write(in->reaper_fd, &one, sizeof(one)); /* an eventfd of ours */
	(void)pthread_join(in->reaper, NULL);		/* it was created */
}
