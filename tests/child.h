/* child.h - the end of a process that a test forked. */
#ifndef POSTERN_TESTS_CHILD_H
#define POSTERN_TESTS_CHILD_H

#include <stdlib.h>
#include <unistd.h>

/* There only when built with --coverage: _exit() writes no counters. */
__attribute__((weak)) extern void __gcov_dump(void);

/* Without what the test program itself registered for its end. */
_Noreturn static inline void child_end(int code)
{
	if (__gcov_dump != NULL)
		__gcov_dump();
	_exit(code);
}

#endif
