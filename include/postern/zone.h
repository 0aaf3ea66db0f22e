/* zone.h - the clock on the wall of one place, from a TZif file (RFC 9636).
 *
 * Pure: the bytes come from zonefile.h or a test.  Not the C library's zone,
 * which is one per process and read from the environment. */
#ifndef POSTERN_ZONE_H
#define POSTERN_ZONE_H

#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"

struct zone;

/* More than any published zone has; what is larger is refused. */
#define ZONE_FILE_MAX	     65536
#define ZONE_TRANSITIONS_MAX 2000

/*
 * zone_parse - bytes of a TZif file of version 2 or later.
 *
 * Its footer rules the time after the last change it lists.  Files that count
 * leap seconds are refused.  Caller frees with zone_free().
 *
 * Returns 0, or -1 with ERR_INPUT (not such a file) or ERR_NOMEM.
 */
int zone_parse(const uint8_t *bytes, size_t len, struct zone **ret,
	       struct err *err);
void zone_free(struct zone **z);

/* Seconds the local clock is ahead of UTC at a point in time; z NULL: 0. */
int32_t zone_offset_s(const struct zone *z, int64_t utc_s);
/* When the local clock shows local_s (seconds since 1970-01-01T00:00 local).
 * Shown twice: the first time; skipped: the moment it was jumped over. */
int64_t zone_utc_s(const struct zone *z, int64_t local_s);

#endif
