/* bundle.h - a backup of the data in one sealed file (docs/backup.md).
 *
 *   8 bytes "PSTRNDB1", u64 UTC ms it was made, 80 bytes: a random key sealed
 *   for the recipient (crypto_box_seal), 24 bytes secretstream header, then
 *   chunks of 65536 clear bytes + 17; the last carries TAG_FINAL.
 *
 * Magic, time and box are the AAD of the first chunk.  Written under another
 * name until it is whole; memory does not follow its size. */
#ifndef POSTERN_BACKUP_BUNDLE_H
#define POSTERN_BACKUP_BUNDLE_H

#include "members.h"
#include "recipient.h"

struct bundle; /* one being written */

/* file must not exist (ERR_INPUT); file.part is written over. */
int bundle_create(const char *file, const struct recipient *to, int64_t made_ms,
		  struct bundle **ret, struct err *err);
/* told: bytes so far, NULL: nobody looks.  ERR_ABSENT: no such file. */
typedef void bundle_told(void *ctx, uint64_t bytes);
int bundle_add_file(struct bundle *b, const char *name, const char *path,
		    bundle_told *told, void *ctx, struct err *err);
/* Final tag, sync, its name, sync.  Closes in every case. */
int bundle_finish(struct bundle **b, struct err *err);
void bundle_abandon(struct bundle **b); /* removes; accepts NULL */

/*
 * bundle_read - every file of a backup, in order.
 *
 * ERR_ABSENT: no such file; ERR_INPUT: not a backup; ERR_DENIED: not for this
 * identity; ERR_CORRUPT: changed, cut off or followed by something: what the
 * sink got until then is not to be used.
 */
int bundle_read(const char *file, const struct identity_key *identity,
		const struct members_sink *sink, int64_t *ret_made_ms,
		struct err *err);

#endif
