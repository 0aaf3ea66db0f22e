/* reserve.h - a file that keeps room on the disk for erasures.
 *
 * The intake makes it; the worker gives it back when the disk is full, so
 * that an erasure can still run (assurance 4.3, row 8). */
#ifndef POSTERN_SPOOL_RESERVE_H
#define POSTERN_SPOOL_RESERVE_H

#include <stdint.h>

#include "postern/err.h"

/* Makes DIR/reserve of so many bytes unless it is there already.  Takes no
 * room when less than twice that is free: ERR_BUSY. */
int reserve_keep(const char *dir, uint64_t bytes, struct err *err);
/* Frees the room.  Fine if there is none. */
int reserve_give(const char *dir, struct err *err);

#endif
