/* alone.h - what only postern-verify has. */
#ifndef POSTERN_VERIFY_ALONE_H
#define POSTERN_VERIFY_ALONE_H

/* From here on the process cannot open a connection, start a program or write
 * to a file by its name; a call that would ends it.  -1: the kernel refuses
 * the filter (it has none: 0). */
int alone_enter(void);

#endif
