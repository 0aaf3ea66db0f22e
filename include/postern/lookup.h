/* lookup.h - finding messages other than by their id.
 *
 * Two indexes beside the tables, written in sorted runs so that the archive
 * keeps its speed as it grows (docs/archive.md): from a provider's id, and
 * from a conversation.  They belong to a store handle, are read when first
 * used and freed with it; what a transaction adds is kept or forgotten with
 * it by store_commit and store_roll_back.  One thread, as the handle. */
#ifndef POSTERN_LOOKUP_H
#define POSTERN_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"
#include "postern/store.h"

#define LOOKUP_HASH_BYTES 16

/*
 * lookup_ref_put - remember a provider's id, unique over all ever stored.
 *
 *   hash	keyed hash of account and id.
 *   message	what it stands for; 0: nothing, only known.
 *   ret_new	false: it was there, and stays as it was.
 *
 * Inside a transaction only.  Errors as of the store.
 */
int lookup_ref_put(struct store *st, const uint8_t hash[LOOKUP_HASH_BYTES],
		   int64_t message, bool *ret_new, struct err *err);
/* The message of a provider's id; 0 with *ret_known telling whether the id is
 * known.  ret_known may be NULL. */
int lookup_ref_get(struct store *st, const uint8_t hash[LOOKUP_HASH_BYTES],
		   int64_t *ret, bool *ret_known, struct err *err);

/*
 * lookup_conversation - ids of a conversation's messages, newest first.
 *
 *   before	only ids below; INT64_MAX: from the newest.
 *   size	of ret; fewer than that came: there are no more.
 *
 * Takes what is in table message, also of this transaction: nobody has to
 * announce a message, but rows must be added in the order of their ids.  A row
 * that was deleted since may still be named: the caller finds it missing.
 */
int lookup_conversation(struct store *st, int64_t conversation, int64_t before,
			int64_t *ret, size_t size, size_t *ret_len,
			struct err *err);

/* Outside a transaction: one bounded slice of the work that keeps the runs
 * few, if any is due.  To be called after each batch.  *ret_worked may be
 * NULL. */
int lookup_tend(struct store *st, bool *ret_worked, struct err *err);

#endif
