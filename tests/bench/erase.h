/* erase.h - one person is erased out of an archive, by the worker's own turn
 * and a keeper process. */
#ifndef POSTERN_TESTS_BENCH_ERASE_H
#define POSTERN_TESTS_BENCH_ERASE_H

#include "archive_world.h"

/*
 * bench_erase - erases persons of about 100 messages, one after the other.
 *
 * A person is some of the archive who turned out to be one, so that the
 * messages lie far apart.  Prints the times; false: one took a second or more,
 * or something was left.
 */
bool bench_erase(struct world *world);

#endif
