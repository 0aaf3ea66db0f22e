/* jsonmem.c - jansson's allocations. */
#include "postern/jsonmem.h"

#include <jansson.h>
#include <malloc.h>
#include <sodium.h>
#include <stdlib.h>

static _Thread_local bool memory_short;

static void *malloc_noted(size_t size)
{
	void *p = malloc(size);

	if (p == NULL)
		memory_short = true;
	return p;
}

static void free_wiped(void *p)
{
	if (p != NULL)
		sodium_memzero(p, malloc_usable_size(p));
	free(p);
}

void jsonmem_watch(void)
{
	json_set_alloc_funcs(malloc_noted, free_wiped);
}

void jsonmem_begin(void)
{
	memory_short = false;
}

bool jsonmem_short(void)
{
	return memory_short;
}
