/* zonefile.h - the system's file of a time zone, for zone_parse(). */
#ifndef POSTERN_ZONEFILE_H
#define POSTERN_ZONEFILE_H

#include "postern/buf.h"
#include "postern/err.h"

/*
 * zonefile_read - the bytes of an IANA zone such as "Europe/Berlin".
 *
 * ret is appended to and keeps its cap.  Blocks for a file read.
 *
 * Returns 0, or -1 with ERR_INPUT (no name of a zone), ERR_ABSENT (the system
 * does not have it: tzdata is missing or old), ERR_BUSY or ERR_NOMEM.
 */
int zonefile_read(const char *name, struct buf *ret, struct err *err);

#endif
