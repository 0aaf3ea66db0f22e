/* buf.c - a growing byte buffer with a cap, and the reader for its frames.
 *
 * Buffers carry clear text, so memory is never handed to realloc: what is
 * left behind is wiped first. */
#include "postern/buf.h"

#include <sodium.h>

#define BUF_FIRST_BYTES 64

static int grow(struct buf *b, size_t size, struct err *err)
{
	size_t want = b->size < BUF_FIRST_BYTES ? BUF_FIRST_BYTES : b->size;
	uint8_t *bytes;

	while (want < size)
		want = want > SIZE_MAX / 2 ? size : want * 2;
	bytes = malloc(want);
	if (bytes == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for a buffer", 0);
	if (b->len > 0)
		memcpy(bytes, b->bytes, b->len);
	if (b->bytes != NULL)
		sodium_memzero(b->bytes, b->size);
	free(b->bytes);
	b->bytes = bytes;
	b->size = want;
	return 0;
}

int buf_reserve(struct buf *b, size_t len, struct err *err)
{
	if (len > b->cap || b->len > b->cap - len)
		return ERR_SET(err, ERR_INPUT, "buffer limit passed", 0);
	if (b->size - b->len >= len && b->bytes != NULL)
		return 0;
	return grow(b, b->len + len, err);
}

int buf_append(struct buf *b, const void *bytes, size_t len, struct err *err)
{
	if (buf_reserve(b, len, err) != 0)
		return -1;
	if (len > 0)
		memcpy(b->bytes + b->len, bytes, len);
	b->len += len;
	return 0;
}

int buf_append_text(struct buf *b, const char *text, struct err *err)
{
	return buf_append(b, text, strlen(text), err);
}

static int append_int(struct buf *b, uint64_t v, size_t len, struct err *err)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
	return buf_append(b, bytes, len, err);
}

int buf_append_u8(struct buf *b, uint8_t v, struct err *err)
{
	return append_int(b, v, 1, err);
}

int buf_append_u16(struct buf *b, uint16_t v, struct err *err)
{
	return append_int(b, v, 2, err);
}

int buf_append_u32(struct buf *b, uint32_t v, struct err *err)
{
	return append_int(b, v, 4, err);
}

int buf_append_u64(struct buf *b, uint64_t v, struct err *err)
{
	return append_int(b, v, 8, err);
}

const char *buf_text(struct buf *b)
{
	/* The NUL may stand one past the cap: it is not content. */
	if (b->size - b->len < 1 && grow(b, b->len + 1, NULL) != 0)
		return NULL;
	b->bytes[b->len] = 0;
	return (const char *)b->bytes;
}

void buf_clear(struct buf *b)
{
	if (b->bytes != NULL)
		sodium_memzero(b->bytes, b->size);
	b->len = 0;
}

void buf_free(struct buf *b)
{
	if (b == NULL)
		return;
	buf_clear(b);
	free(b->bytes);
	b->bytes = NULL;
	b->size = 0;
}

const uint8_t *cut_bytes(struct cut *c, size_t len)
{
	const uint8_t *at = c->at;

	if (c->failed || len > c->left) {
		c->failed = 1;
		c->left = 0;
		return NULL;
	}
	if (len > 0)
		c->at += len;
	c->left -= len;
	return at;
}

static uint64_t cut_int(struct cut *c, size_t len)
{
	const uint8_t *at = cut_bytes(c, len);
	uint64_t v = 0;

	for (size_t i = 0; at != NULL && i < len; i++)
		v = v << 8 | at[i];
	return v;
}

uint8_t cut_u8(struct cut *c)
{
	return (uint8_t)cut_int(c, 1);
}

uint16_t cut_u16(struct cut *c)
{
	return (uint16_t)cut_int(c, 2);
}

uint32_t cut_u32(struct cut *c)
{
	return (uint32_t)cut_int(c, 4);
}

uint64_t cut_u64(struct cut *c)
{
	return cut_int(c, 8);
}
