/* faults_memory.c - allocations that fail, also under the sanitizers. */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "faults_inside.h"

/* With the address sanitizer its allocator stays the one that is asked. */
#ifdef SANITIZED
#define REAL(name) __interceptor_##name
#else
#define REAL(name) __libc_##name
#endif

void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t count, size_t size);
void *REAL(realloc)(void *old, size_t size);

static bool no_memory(void)
{
	int64_t ms;

	return faults_page() != NULL &&
	       fault(CALL_MALLOC, FILE_OTHER, &ms) == FAULT_ERROR;
}

void *malloc(size_t size)
{
	return no_memory() ? NULL : REAL(malloc)(size);
}

void *calloc(size_t count, size_t size)
{
	return no_memory() ? NULL : REAL(calloc)(count, size);
}

void *realloc(void *old, size_t size)
{
	return no_memory() ? NULL : REAL(realloc)(old, size);
}

#ifdef SANITIZED

/* Children have no environment to read options from. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "exitcode=99:detect_leaks=1:allocator_may_return_null=1:"
	       "handle_segv=1:fast_unwind_on_malloc=1";
}

const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void)
{
	return "print_stacktrace=1:exitcode=99";
}

/* The search for leaks looks at the process as a debugger does. */
int prctl(int option, ...)
{
	unsigned long a[4];
	va_list more;

	va_start(more, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(more, unsigned long);
	va_end(more);
	if (option == PR_SET_DUMPABLE)
		return 0;
	return (int)syscall(SYS_prctl, option, a[0], a[1], a[2], a[3]);
}

#endif
