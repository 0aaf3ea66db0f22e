/* jsonmem.c - jansson's allocations, and printing.  Reading: jsonread.c. */
#include "postern/jsonmem.h"

#include <errno.h>
#include <malloc.h>
#include <sodium.h>
#include <stdlib.h>

#define TEXT_MAX (64u * 1024 * 1024)

static _Thread_local uint64_t failures, failures_before;

static void *malloc_noted(size_t size)
{
	void *p = malloc(size);

	if (p == NULL)
		failures++;
	return p;
}

static void free_wiped(void *p)
{
	if (p != NULL)
		sodium_memzero(p, malloc_usable_size(p));
	free(p);
}

/* Before main(), so that nobody can forget it and no thread is there yet. */
__attribute__((constructor)) static void watch(void)
{
	json_set_alloc_funcs(malloc_noted, free_wiped);
}

uint64_t jsonmem_failures(void)
{
	return failures;
}

void jsonmem_begin(void)
{
	failures_before = failures;
}

bool jsonmem_short(void)
{
	return failures != failures_before;
}

struct printing {
	struct buf *buf;
	struct err err; /* why it stopped growing; NONE: jansson's memory */
};

static int append(const char *bytes, size_t len, void *ctx)
{
	struct printing *p = ctx;

	if (p->err.kind != ERR_NONE)
		return -1;
	return buf_append(p->buf, bytes, len, &p->err);
}

int jsonmem_print(const json_t *value, size_t flags, struct buf *ret,
		  struct err *err)
{
	const uint64_t before = failures;
	struct printing p = {.buf = ret};

	if (value == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for JSON", 0);
	/* Of a member's name jansson 2.14 forgets the failure. */
	if (json_dump_callback(value, append, &p, flags) == 0 &&
	    p.err.kind == ERR_NONE && failures == before)
		return 0;
	return p.err.kind == ERR_INPUT
		   ? ERR_SET(err, ERR_INPUT, "JSON is too long", 0)
		   : ERR_SET(err, ERR_NOMEM, "no memory for JSON", 0);
}

int jsonmem_print_file(const json_t *value, size_t flags, FILE *file,
		       struct err *err)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	int rc = -1;

	if (failures != 0) {
		ERR_SET(err, ERR_NOMEM, "no memory for JSON", 0);
		goto out;
	}
	if (jsonmem_print(value, flags, &text, err) != 0 ||
	    buf_append(&text, "\n", 1, err) != 0)
		goto out;
	if (fwrite(text.bytes, 1, text.len, file) != text.len)
		ERR_SET(err, ERR_STORAGE, "JSON could not be written", errno);
	else
		rc = 0;
out:
	buf_free(&text);
	return rc;
}
