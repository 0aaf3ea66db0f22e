/* replay_inside.h - the two halves of a replay, for each other only. */
#ifndef POSTERN_BACKUP_REPLAY_INSIDE_H
#define POSTERN_BACKUP_REPLAY_INSIDE_H

#include "forget/item.h"
#include "replay.h"

struct replay {
	struct worker *w;
	uint64_t phase, cursor, count; /* count: records that went again */
};
/* Where it is from now on, and how many more went; in the transaction. */
int replay_put(struct replay *r, uint64_t phase, uint64_t cursor, uint64_t more,
	       struct err *err);
/* A slice in one transaction, with all that goes with deleting. */
typedef int replay_slice(struct replay *r, const void *what,
			 struct forgetting *f, struct err *err);
int replay_in_tx(struct replay *r, replay_slice *slice, const void *what,
		 struct err *err);
int replay_forget(struct replay *r, struct forgetting *f, enum item_kind kind,
		  int64_t id, struct err *err);

/* --- replay_rest.c: from REPLAY_RECORDS on -------------------------------- */
int replay_rest(struct replay *r, struct err *err);

#endif
