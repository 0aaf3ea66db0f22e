/* ref.h - provider ids as postern/lookup.h knows them: the first 16 bytes
 * of a blind index over account, id and, for a status, its word.  Receive
 * writes and looks up with these, send writes what it was given. */
#ifndef POSTERN_WORKER_REF_H
#define POSTERN_WORKER_REF_H

#include "postern/keeper.h"
#include "postern/lookup.h"

#define REF_HASH_BYTES LOOKUP_HASH_BYTES

/* Adds the operation; the result's first REF_HASH_BYTES are the hash.
 * account: the channel's, as in its settings.  status may be NULL. */
size_t ref_add(struct keeper_batch *batch, const char *account, const char *id,
	       const char *status);

#endif
