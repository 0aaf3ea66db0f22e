/* jsonmem.h - JSON to bytes and back, and whether memory was short for it.
 *
 * jansson does not say so: a string it has no memory for is an invalid token,
 * a buffer that cannot grow leaves bytes out, a value that was not made is
 * NULL like one that is no UTF-8.  A message must neither be taken for
 * nonsense nor shortened because of that.  So nothing but this calls jansson's
 * own readers and printers (tests/house), and its failed allocations are noted
 * per thread from the start of the process on; what it frees is wiped. */
#ifndef POSTERN_JSONMEM_H
#define POSTERN_JSONMEM_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "postern/buf.h"
#include "postern/err.h"

/*
 * jsonmem_load - an object or a list and nothing behind it; what json_loadb()
 * takes, but not its reader (jsonread.c).
 *
 *   flags	JSON_ALLOW_NUL, JSON_REJECT_DUPLICATES
 *
 * NULL with *ret_short: memory was short, the text may be good; else: not
 * valid.
 */
json_t *jsonmem_load(const void *bytes, size_t len, size_t flags,
		     bool *ret_short);
/* The same for files people write: ret_at is the byte that could not be read,
 * len if all could. */
json_t *jsonmem_load_at(const void *bytes, size_t len, size_t flags,
			bool *ret_short, size_t *ret_at);

/*
 * jsonmem_print - appends value to ret, all of it; on failure ret may hold a
 * part.
 *
 * ERR_NOMEM (value NULL counts as that); ERR_INPUT: longer than ret may grow.
 */
int jsonmem_print(const json_t *value, size_t flags, struct buf *ret,
		  struct err *err);

/* The same to a file, as a line of its own or nothing, unless the file fails
 * (ERR_STORAGE).  Also ERR_NOMEM when the value itself was made while memory
 * was short on this thread: for verbs, which end after it. */
int jsonmem_print_file(const json_t *value, size_t flags, FILE *file,
		       struct err *err);

/* jsonmem_failures - how many allocations of jansson failed on this thread
 * since it began: a piece of work during which the number grew made or read
 * something that may be incomplete. */
uint64_t jsonmem_failures(void);

/* The same for a stretch of code without calls back: jsonmem_begin() forgets,
 * jsonmem_short() says whether one failed since. */
void jsonmem_begin(void);
bool jsonmem_short(void);

#endif
