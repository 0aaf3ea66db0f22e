/* faults_stack.c - which place of the program makes a call.
 *
 * The n-th allocation is another one in every run, and most of tens of
 * thousands are the same few places.  A place is the chain of our own
 * functions; of a library's in between, the one that was called and the one
 * that calls: what it does inside itself is not ours to test.  Addresses count
 * as offsets, so that a place is the same wherever it was loaded. */
#include <dlfcn.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <unwind.h>

#include "faults_inside.h"

#define DEPTH 60

struct walk {
	uint64_t hash, last,
	    hidden; /* the newest of a library's, not counted */
	unsigned int depth;
	bool inside; /* a library */
};

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 29;
}

static void count(struct walk *w, uint64_t place)
{
	if (place != 0 && place != w->last) /* who calls himself counts once */
		w->hash = mix(w->hash, place);
	w->last = place;
}

static _Unwind_Reason_Code step(struct _Unwind_Context *at, void *arg)
{
	struct walk *w = arg;
	void *ip = (void *)_Unwind_GetIP(at); /* NOLINT */
	struct dl_find_object found;
	uint64_t place;
	bool ours;

	if (ip == NULL || w->depth++ >= DEPTH)
		return _URC_END_OF_STACK;
	/* Takes no lock and allocates nothing. */
	if (_dl_find_object(ip, &found) != 0)
		return _URC_NO_REASON;
	place = (uint64_t)((char *)ip - (char *)found.dlfo_map_start);
	ours = found.dlfo_link_map->l_name[0] == 0;
	if (!ours)
		place ^= (uint64_t)((char *)found.dlfo_map_end -
				    (char *)found.dlfo_map_start)
			 << 32;
	if (!ours && w->inside) {
		w->hidden = place;
		return _URC_NO_REASON;
	}
	if (ours)
		count(w, w->hidden);
	count(w, place);
	w->hidden = 0;
	w->inside = !ours;
	return _URC_NO_REASON;
}

uint64_t stack_hash(uint64_t seed)
{
	struct walk w = {.hash = mix(1, seed)};

	(void)_Unwind_Backtrace(step, &w); /* its end is no error */
	count(&w, w.hidden);
	return w.hash == 0 || w.hash >= FAULTS_FRESH ? 1 : w.hash;
}

bool stack_kept(const struct fault_page *page, uint64_t hash)
{
	uint64_t at = 1;

	for (uint64_t i = 0; i < FAULTS_STACKS && at != 0 && at != hash; i++)
		at = atomic_load(&page->stacks[(hash + i) % FAULTS_STACKS]);
	return at == hash;
}

void stack_keep(struct fault_page *page, uint64_t hash)
{
	for (uint64_t i = 0; i < FAULTS_STACKS; i++) {
		uint64_t none = 0;
		_Atomic uint64_t *slot =
		    &page->stacks[(hash + i) % FAULTS_STACKS];

		if (atomic_load(slot) == hash ||
		    atomic_compare_exchange_strong(slot, &none, hash) ||
		    none == hash)
			return;
	}
}

/* --- crashes -------------------------------------------------------------- */

static _Unwind_Reason_Code say(struct _Unwind_Context *at, void *arg)
{
	void *ip = (void *)_Unwind_GetIP(at); /* NOLINT */
	unsigned int *depth = arg;
	const char *file, *cut;
	Dl_info found = {0};
	char line[256];
	int n;

	if (ip == NULL || (*depth)++ >= DEPTH || dladdr(ip, &found) == 0)
		return ip == NULL || *depth >= DEPTH ? _URC_END_OF_STACK
						     : _URC_NO_REASON;
	cut = strrchr(found.dli_fname, '/');
	file = cut != NULL ? cut + 1 : found.dli_fname;
	n = snprintf(line, sizeof(line), "crash %ld at %s %s %#tx\n",
		     syscall(SYS_getpid), file,
		     found.dli_sname != NULL ? found.dli_sname : "?",
		     (char *)ip - (char *)found.dli_fbase);
	(void)syscall(SYS_write, STDERR_FILENO, line, n < 255 ? n : 255);
	return _URC_NO_REASON;
}

/* Nothing of the product writes a core: the log has to tell where. */
static void crashed(int signal)
{
	unsigned int depth = 0;

	(void)_Unwind_Backtrace(say, &depth); /* its end is no error */
	/* SA_RESETHAND: this time it ends the process. */
	(void)syscall(SYS_tgkill, syscall(SYS_getpid), syscall(SYS_gettid),
		      signal);
}

void crashes_tell(void)
{
	const struct sigaction how = {
	    .sa_handler = crashed, .sa_flags = (int)SA_RESETHAND | SA_NODEFER};

	(void)sigaction(SIGSEGV, &how, NULL); /* valid signals */
	(void)sigaction(SIGBUS, &how, NULL);
	(void)sigaction(SIGABRT, &how, NULL);
}
