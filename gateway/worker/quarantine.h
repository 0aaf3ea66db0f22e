/* quarantine.h - bodies that are authentic but were not understood.
 *
 * Nothing acknowledged is lost: the body lies sealed in table quarantine
 * until an operator has it replayed (receive_replay, worker.h) after an
 * update, or its retention ends. */
#ifndef POSTERN_WORKER_QUARANTINE_H
#define POSTERN_WORKER_QUARANTINE_H

#include "worker.h"

struct quarantined {
	int64_t id;
	const struct name *channel;
	int64_t received_ms;
	const char *reason; /* static */
	size_t bytes;	    /* of the clear body */
};

/* Key of the raw bytes: person 0, Datenart RAW, this year; record: the id. */
void quarantine_key(int64_t received_ms, struct key_ref *ret);
/* One row, inside the caller's transaction. */
int quarantine_add(struct worker *w, const struct quarantined *q,
		   const void *sealed, size_t sealed_len, struct err *err);
int quarantine_remove(struct worker *w, int64_t id, struct err *err);

/* One row as read; free sealed.  ERR_ABSENT: none of this id. */
struct quarantine_row {
	int64_t id, received_ms, bytes;
	struct name channel;
	char reason[33]; /* one of ours */
	uint16_t year;
	uint8_t *sealed; /* NULL in a list */
	size_t sealed_len;
};
int quarantine_get(struct worker *w, int64_t id, struct quarantine_row *ret,
		   struct err *err);
/* Up to rows_max rows with an id above after, oldest first, without bytes. */
int quarantine_list(struct worker *w, int64_t after,
		    struct quarantine_row *ret_rows, size_t rows_max,
		    size_t *ret_len, struct err *err);

#endif
