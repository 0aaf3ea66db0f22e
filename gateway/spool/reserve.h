/* reserve.h - a file that keeps room on the disk for erasures.
 *
 * The intake makes it, and gives it back when the disk is full, so that an
 * erasure can still run: deleting needs room, too (assurance 4.3, row 8). */
#ifndef POSTERN_SPOOL_RESERVE_H
#define POSTERN_SPOOL_RESERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/err.h"

/* Makes DIR/reserve of so many bytes unless it is there already.  Takes no
 * room when less than twice that is free: ERR_BUSY. */
int reserve_keep(const char *dir, uint64_t bytes, struct err *err);
/* Frees the room.  ret_given: there was some.  Fine if there is none. */
int reserve_give(const char *dir, bool *ret_given, struct err *err);

#endif
