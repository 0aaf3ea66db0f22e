/* deliver.h - inside the step deliver. */
#ifndef POSTERN_WORKER_DELIVER_H
#define POSTERN_WORKER_DELIVER_H

#include "breaker.h"
#include "deliver_kept.h"
#include "deliver_queue.h"
#include "worker.h"

/* One helpdesk. */
struct target {
	const struct settings_helpdesk *conf;
	struct helpdesk *hd;
	struct queue *queue;
	struct breaker breaker;
	size_t under_way;   /* until settled: may be told again after a kill */
	size_t finished;    /* ... of these, answered */
	int64_t cursor;	    /* rows up to this id were loaded */
	bool more;	    /* ... and there may be others after it */
	bool woken;	    /* an attachment may have arrived */
	int64_t blocked_ms; /* boot clock: blocked rows were last looked at */
	bool gone;	    /* 410: stops until the settings change */
};

enum flight_after { AFTER_DELETE, AFTER_REST, AFTER_DEAD };

/* One row that was popped and is not yet settled. */
struct flight {
	struct deliver *d;
	struct target *target;
	struct queue_row *row;
	uint64_t number; /* of the breaker */
	enum flight_after after;
	bool early;		  /* it started before the row's due_ms */
	bool keeps_due;		  /* to rest: until the row's due_ms */
	bool named;		  /* to rest: because the helpdesk said so */
	int64_t attempts, due_ms; /* to rest until, boot clock */
	const char *reason;
	struct flight *previous, *next;
};

struct deliver {
	struct worker *w;
	struct target *targets; /* in the order of settings->helpdesks */
	size_t targets_len;
	size_t turn;		 /* who is asked first */
	struct flight *flying;	 /* under way */
	struct flight *finished; /* to be settled in one transaction */
	bool settle;		 /* enough have finished */
	int64_t finished_ms;	 /* boot clock: the first of finished */
	int64_t kept_ms;	 /* boot clock: the last message was kept */
	uint64_t kept_waited_us; /* http_waited_us() then */
	struct kept_ring kept;
	int64_t keeper_ms; /* boot clock: ask the keeper not before */
};

/* --- deliver_load.c -------------------------------------------------------
 */
/* Is there anything to load, and room for it? */
bool deliver_may_load(const struct target *t);
int deliver_load(struct worker *w, struct target *t, struct err *err);

/* --- deliver_settle.c -----------------------------------------------------
 */
/* What the outcome of a call means for its row and its destination. */
void deliver_judge(struct flight *f, const struct helpdesk_outcome *outcome);
/* Puts a flight where deliver_settle finds it. */
void deliver_finish(struct flight *f);
/* All finished flights in one transaction, then in memory, as soon as enough
 * have finished: a commit costs as much as ten rows. */
int deliver_settle(struct deliver *d, bool *ret_moved, struct err *err);
/* Boot clock; INT64_MAX: nothing has finished. */
int64_t deliver_settle_due_ms(const struct deliver *d);

/* --- deliver_note.c, deliver_read.c
 * -------------------------------------------------------
 */

enum note_fate {
	NOTE_READY,   /* note can be sent */
	NOTE_ABSENT,  /* the row is no longer waiting: forget it */
	NOTE_DROP,    /* its content was erased: delete the row */
	NOTE_BLOCKED, /* an attachment is still wanted */
	NOTE_DEAD,    /* can never be sent: reason */
};

struct note; /* one row made into a helpdesk_note, with all it owns */

/*
 * notes_read - rows of the outbox as notes, with one keeper batch for all.
 *
 *   rows	ids of outbox rows
 *   ret_notes	as many; each to be freed with note_free()
 *
 * ERR_BUSY: the keeper is away or locked; nothing was made.  Other errors are
 * the store's.
 */
int notes_read(struct worker *w, const int64_t *rows, size_t rows_len,
	       struct note **ret_notes, struct err *err);
void note_free(struct note **n); /* wipes */
enum note_fate note_fate(const struct note *n);
/* Static token; of NOTE_DEAD only. */
const char *note_reason(const struct note *n);
/* Valid as long as the note. */
const struct helpdesk_note *note_get(const struct note *n);

/* A row that waited, rested or was dead is to be tried at once. */
void deliver_readmit(struct worker *w, const char *helpdesk,
		     const struct queue_row *row);

#endif
