/* jsonmem.h - whether jansson was short of memory.
 *
 * It does not say so: a string it has no memory for is an invalid token, a
 * buffer that cannot grow leaves bytes out, a value that was not made is NULL
 * like one that is no UTF-8.  A message must neither be taken for nonsense nor
 * shortened because of that. */
#ifndef POSTERN_JSONMEM_H
#define POSTERN_JSONMEM_H

#include <stdbool.h>

/* jsonmem_watch - from now on jansson's failed allocations are noted, and it
 * wipes what it frees.  For the start of a process, before threads. */
void jsonmem_watch(void);

/* jsonmem_begin - forgets what this thread noted. */
void jsonmem_begin(void);

/* jsonmem_short - did an allocation fail since?  False without a watch. */
bool jsonmem_short(void);

#endif
