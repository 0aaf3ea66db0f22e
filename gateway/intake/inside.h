/* inside.h - what the files of process 1 share.
 *
 * Threads: the event loop(s), a standby for each, one reaper, one that waits
 * for answers through the hatch, and the main thread that waits for the end.
 * Locks, in this order: visitors_lock, commit_lock, queue_lock.  None is held
 * while the HTTP library is called; drive_lock of a loop and the lock of the
 * passages are never held together with another. */
#ifndef POSTERN_INTAKE_INSIDE_H
#define POSTERN_INTAKE_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <microhttpd.h>
#include <sodium.h>

#include "postern/buf.h"
#include "postern/channel.h"
#include "postern/env.h"
#include "postern/hatch.h"
#include "postern/keeper.h"
#include "postern/settings.h"
#include "postern/spool.h"
#include "postern/unsubscribe.h"

#include "intake/guard.h"
#include "intake/intake.h"

#define IDLE_TIMEOUT_S 10
#define KEPT_BYTES     16384u /* buffers up to this stay with a connection */
#define BODIES_BYTES_MAX                                         \
	(32u << 20)	/* clear bytes of large bodies in memory \
			 */
#define DOOR_BYTES 192	/* "type/path", with its NUL */
#define GROUP_MAX  1024 /* records of one pwritev, IOV_MAX */

/* The key that bodies of one quarter of an hour are sealed with.  Counted,
 * because sealed records may still wait when the next one begins. */
struct epoch {
	uint8_t *key; /* SEAL_KEY_BYTES, guarded */
	int64_t ends_ms;
	atomic_uint holders;
};

/* One record on its way to the spool. */
struct entry {
	struct entry *next;
	struct visitor *visitor; /* NULL: given up, the commit frees it */
	struct epoch *epoch;
	struct spool_record head; /* the commit puts it before the payload */
	uint8_t *record;
	size_t len, size;
};

/* One event loop: a library instance and the thread that drives it and
 * commits what it took.  While that thread is at the disk for long, the
 * standby drives. */
struct loop {
	struct intake *in;
	unsigned int number;
	struct MHD_Daemon *daemon;
	pthread_t thread, standby;
	int wake_fd; /* eventfd: somebody may be answered, look at the flags */
	bool runs, stands_by;
	/* who drives, only */
	bool quiet;		       /* takes no connections any more */
	size_t handed;		       /* to be committed */
	int64_t handed_since, sync_ms; /* boot clock; what the last took */
	bool answered;		       /* the library has answers to send */

	pthread_mutex_t drive_lock;
	pthread_cond_t drive_moved;
	bool away;	    /* drive_lock: the thread is at the disk */
	int64_t away_since; /* drive_lock: boot clock */
	bool late;	    /* drive_lock: for too long */
	bool taken;	    /* drive_lock: the standby drives */
	atomic_bool wanted; /* the thread wants to drive again */
};
#define LOOPS_MAX 64

enum visit_step {
	VISIT_LINE,
	VISIT_BODY,
	VISIT_SHOW, /* of published.c: no body is expected */
	VISIT_WAIT,
	VISIT_PASS, /* suspended: the worker is to answer (passage.c) */
	VISIT_ANSWERED
};
enum visit_outcome { OUTCOME_STORED, OUTCOME_BUSY, OUTCOME_FAILED };

/* One connection and the request it is at. */
struct visitor {
	struct visitor *prev, *next; /* visitors_lock */
	struct MHD_Connection *connection;
	struct loop *loop;
	int fd;
	_Atomic int64_t deadline_ms; /* boot clock; INT64_MAX none */
	_Atomic int64_t waits_since; /* handed over at; 0 no */
	atomic_bool pending;	     /* set under queue_lock: to be committed */
	enum visit_outcome outcome;  /* whoever takes pending away */
	/* event loop only */
	enum visit_step step;
	bool in_flight, close;
	size_t target_len;
	size_t charged; /* of in->bodies_bytes */
	const struct door *door;
	const struct way *way; /* of ways.c; NULL: not for the worker */
	enum public_method method;
	char *query;		  /* raw, with its NUL; NULL: none */
	bool query_odd;		  /* too long to be passed */
	bool counted;		  /* in in->passing */
	struct passage *passage;  /* VISIT_PASS */
	struct handout *handout;  /* a file is being sent */
	struct unsubscribe click; /* of oneclick.door */
	struct buf body;	  /* clear text: wiped with the request */
	struct entry *entry;
};

/* One way in: /hooks/<type>/<path> of one channel. */
struct door {
	char address[DOOR_BYTES];
	uint8_t hash[crypto_shorthash_BYTES];
	struct channel *channel; /* NULL: that of oneclick.c */
	size_t body_max;
};

struct segment {
	int fd; /* -1 none */
	uint64_t number, offset;
	bool has_bodies;
	struct epoch *epoch;
};

struct intake {
	struct env *env;
	const struct intake_conf *conf;
	struct intake_counts *counts, own_counts;
	struct door *doors;
	size_t doors_len;
	uint8_t door_key[crypto_shorthash_KEYBYTES]; /* new at each start */
	struct loop *loops;
	size_t loops_len;
	struct MHD_Response *stored, *stored_close;
	struct {
		bool opened;
		uint8_t key[UNSUBSCRIBE_KEY_BYTES];
		struct door door;
		struct MHD_Response *ask, *done;
	} oneclick;
	bool in_place; /* the library keeps texts where they were received */

	pthread_mutex_t visitors_lock;
	struct visitor *visitors;
	size_t visitors_len;

	pthread_mutex_t epoch_lock;
	struct epoch *epoch;

	pthread_mutex_t queue_lock;
	struct entry *queue, **queue_end;

	/* commit_lock: one group at a time */
	pthread_mutex_t commit_lock;
	const struct loop *committer; /* needs no waking */
	int folder_fd;
	uint64_t next_number;
	struct spool_public pub;
	struct segment segment;

	pthread_t reaper;
	int reaper_fd, broken_fd; /* eventfds */
	atomic_bool stopping, loops_end, broken, disk_low;
	bool reserve_given; /* of the reaper: since the disk is low */
	atomic_size_t bodies_bytes;
	atomic_uint in_flight, waiting;
	struct passages *passages; /* passage.c; NULL: no hatch */
	struct ways *ways;	   /* ways.c */
	struct handouts *handouts; /* handout.c */
	atomic_uint passing;	   /* visitors at addresses of the worker */
};

#define TALLY(in, n) TALLY_ADD(in, n, 1)
#define TALLY_ADD(in, n, v) \
	atomic_fetch_add_explicit(&(in)->counts->n, (v), memory_order_relaxed)

/* --- doors.c -------------------------------------------------------------- */
int doors_open(struct intake *in, struct err *err);
void doors_close(struct intake *in);
/* The door of a URL, or NULL.  Compares keyed hashes, so that the time says
 * nothing about how much of a path was right. */
const struct door *door_find(const struct intake *in, const char *url);

/* --- oneclick.c ----------------------------------------------------------- */
int oneclick_open(struct intake *in, struct err *err);
void oneclick_close(struct intake *in);
/* The door, or NULL; *ret: whose address it is, if it is one. */
const struct door *oneclick_find(const struct intake *in, const char *url,
				 struct unsubscribe *ret);
bool oneclick_is(const struct intake *in, const struct visitor *v);
bool oneclick_known(const struct visitor *v);
/* Does the body say it? */
bool oneclick_means_it(const struct visitor *v);
/* The body becomes the token.  ERR_NOMEM. */
int oneclick_take(struct intake *in, struct visitor *v, struct err *err);

/* --- published.c ---------------------------------------------------------- */
/* Below /ledger/, while the settings want it shown.  Answered when the whole
 * request is there: the library closes the connection otherwise. */
bool published_is(const struct intake *in, const char *url);
enum MHD_Result published_reply(struct intake *in, struct visitor *v,
				const char *url);

/* --- ways.c: addresses that the worker answers ---------------------------- */
int ways_open(struct intake *in, struct err *err);
void ways_close(struct intake *in);
/* The way of a URL, or NULL. */
const struct way *way_find(const struct intake *in, const char *url);
/* Of the raw request target: its query, before the library takes it apart. */
void way_note(const struct intake *in, struct visitor *v, const char *raw);
/* Is there room for one more, by its kind of address?  *ret_s: when not, after
 * how many seconds. */
bool way_lets(struct intake *in, const struct visitor *v, const char *url,
	      int *ret_s);

/* --- passage.c: through the hatch and back -------------------------------- */
int passages_open(struct intake *in, struct err *err);
int passages_start(struct intake *in, struct err *err);
/* After the loops ended: who still waits gets 503 from whoever runs them on. */
void passages_stop(struct intake *in);
void passages_close(struct intake *in);
/* Nobody is waited for any more. */
void passages_release(struct intake *in);
/* Before a turn of the loop: those that have their answer go on. */
void passages_resume(struct loop *l);
/* Headers are there; the whole request is there; the answer is there. */
enum MHD_Result passage_begin(struct intake *in, struct visitor *v,
			      const struct guard_request *rq,
			      const struct guard_facts *facts);
enum MHD_Result passage_go(struct intake *in, struct visitor *v,
			   const char *url);
enum MHD_Result passage_end(struct intake *in, struct visitor *v);
void passage_forget(struct intake *in, struct visitor *v);
/* Puts a request in and knocks; the answer comes to *ret_fd. */
int passage_put(struct intake *in, const struct public_request *rq, int *ret_fd,
		struct err *err);
/* The thread that waits for answers looks around. */
void passages_wake(struct intake *in);

/* --- handout.c: copies of a person's data --------------------------------- */
int handouts_open(struct intake *in, struct err *err);
void handouts_close(struct intake *in);
bool handout_is(const struct visitor *v, const char *url);
/* False: there is nothing to hand out, and nothing was answered. */
bool handout_reply(struct intake *in, struct visitor *v, const char *url,
		   enum MHD_Result *ret);
void handout_end(struct intake *in, struct visitor *v, bool sent);
/* What was handed out whole and is not told yet; in the hatch's thread. */
void handouts_tell(struct intake *in);

/* --- listener.c ----------------------------------------------------------- */
/* Whether the library keeps texts where they were received. */
bool listener_in_place(void);
/* Starts the library for one loop, with that loop's share of connections. */
int listener_open(struct loop *l, struct err *err);
void listener_close(struct loop *l);

/* --- loop.c --------------------------------------------------------------- */
int loops_start(struct intake *in, struct err *err);
/* With stopping set: takes no more connections. */
void loops_quiesce(struct intake *in);
/* Ends the threads: no request moves any more. */
void loops_join(struct intake *in);
/* After the reaper ended, which looks at them. */
void loops_close(struct intake *in);
/* Those of the set (bit: number) have somebody to answer. */
void loops_wake(struct intake *in, uint64_t set);
/* Sends the standby in where the disk takes long. */
void loops_look(struct intake *in, int64_t now_ms);

/* --- visit.c: the steps of one request ------------------------------------ */
enum MHD_Result visit_begin(struct intake *in, struct visitor *v,
			    const struct guard_request *rq);
enum MHD_Result visit_take(struct intake *in, struct visitor *v,
			   const char *bytes, size_t *len);
enum MHD_Result visit_end(struct intake *in, struct visitor *v);
/* While it waits the library asks at each turn. */
enum MHD_Result visit_wait(struct intake *in, struct visitor *v);
/* The request is over: wipes, keeps small buffers. */
void visit_forget(struct intake *in, struct visitor *v);

/* --- admit.c -------------------------------------------------------------- */
enum channel_admission admit_request(struct visitor *v, bool get,
				     struct buf *ret_answer);
/* The first value of a header, "" without; *ret_count: how often it came. */
const char *admit_header(struct visitor *v, const char *name, size_t *ret_len,
			 unsigned int *ret_count);
/* Body to sealed record in v->entry, whose header is still to be written.
 * ERR_NOMEM. */
int admit_seal(struct intake *in, struct visitor *v, struct err *err);

/* --- reply.c -------------------------------------------------------------- */
int replies_make(struct intake *in, struct err *err);
void replies_free(struct intake *in);
enum MHD_Result reply_stored(struct intake *in, struct visitor *v);
/* application/problem+json with a random instance; always closes. */
enum MHD_Result reply_problem(struct intake *in, struct visitor *v,
			      unsigned int status, int retry_after_s);
/* What an answer that closes carries; -1: no memory. */
int reply_headers(struct MHD_Response *r, const char *type);
/* Made before, and kept. */
enum MHD_Result reply_made(struct visitor *v, struct MHD_Response *r);
enum MHD_Result reply_text(struct visitor *v, unsigned int status,
			   const void *text, size_t len);
/* 200 with a file that others may keep; takes r. */
enum MHD_Result reply_file(struct visitor *v, struct MHD_Response *r,
			   const char *type, const char *cache);
/* What the worker said; the body is copied, and wiped when it was sent. */
enum MHD_Result reply_answer(struct visitor *v, const struct hatch_answer *a);
/* While a body is still coming the library queues nothing: written to the
 * socket directly.  The connection must be closed after it. */
void reply_now(struct intake *in, struct visitor *v, unsigned int status);

/* --- epoch.c -------------------------------------------------------------- */
/* The present epoch, held; NULL without memory. */
struct epoch *epoch_take(struct intake *in);
void epoch_drop(struct epoch **e); /* wipes with the last holder */

/* --- segment.c ------------------------------------------------------------ */
int segment_start(struct intake *in, struct err *err);
/* Closes the segment and makes the next one, on disk before it returns.
 * ERR_BUSY: no room now. */
int segment_roll(struct intake *in, struct epoch *epoch, struct err *err);
void segment_close(struct intake *in);
bool segment_fits(const struct segment *s, size_t len);
/* Writes and syncs; ERR_STORAGE: nothing of it may be acknowledged. */
int segment_append(struct intake *in, const struct iovec *iov, int iov_len,
		   size_t len, struct err *err);

/* --- writer.c ------------------------------------------------------------- */
/* Hands v->entry over. */
void writer_push(struct intake *in, struct visitor *v);
/* Takes v back unanswered; true: it was to be committed. */
bool writer_give_up(struct intake *in, struct visitor *v);
/* Writes and syncs all that was handed over, of all loops.  May take as long
 * as the disk; by is the loop whose thread this is. */
void writer_commit(struct intake *in, const struct loop *by);
/* Closes a segment whose quarter is over. */
void writer_look(struct intake *in);

/* --- reaper.c ------------------------------------------------------------- */
int reaper_start(struct intake *in, struct err *err);
void reaper_stop(struct intake *in);
void disk_look(struct intake *in);
void reserve_take(const struct intake_conf *conf);
/* Answers all that wait with 503 when late_ms have passed since. */
void reaper_release(struct intake *in, int64_t late_ms);

#endif
