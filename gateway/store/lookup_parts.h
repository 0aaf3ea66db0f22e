/* lookup_parts.h - what store.c and tests see of the indexes of a handle. */
#ifndef POSTERN_STORE_LOOKUP_PARTS_H
#define POSTERN_STORE_LOOKUP_PARTS_H

#include "postern/lookup.h"
#include "runs.h"

struct lookup {
	struct runs *refs, *conversations;
	/* Young entries the last commit holds. */
	size_t refs_kept, conversations_kept;
	int64_t young_row; /* last id in run_young */
	bool flushed;	   /* the open transaction has a row of its own */
	bool turn;	   /* whose slice is next */
};

/* The indexes of a handle, read when first asked for. */
int lookup_of(struct store *st, struct lookup **ret, struct err *err);
void lookup_free(struct lookup **l);
/* Before a commit: what the transaction added, as a row. */
int lookup_flush(struct store *st, struct err *err);
/* After it, and after a roll back. */
void lookup_keep(struct lookup *l);
void lookup_forget(struct lookup *l);

#endif
