/* buf.h - a growing byte buffer with a cap, wiped when freed. */
#ifndef POSTERN_BUF_H
#define POSTERN_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"

struct buf {
	uint8_t *bytes;
	size_t len;  /* bytes in use */
	size_t size; /* bytes allocated */
	size_t cap;  /* len never passes this */
};

/* An empty buffer that may grow to cap bytes. */
#define BUF_INIT(cap_bytes) ((struct buf){.cap = (cap_bytes)})

/* All return 0, or -1 with ERR_INPUT (cap passed) or ERR_NOMEM; the content
 * is unchanged then. */
int buf_append(struct buf *b, const void *bytes, size_t len, struct err *err);
int buf_append_text(struct buf *b, const char *text, struct err *err);
int buf_reserve(struct buf *b, size_t len, struct err *err);
/* Big-endian integers, for frames and records. */
int buf_append_u8(struct buf *b, uint8_t v, struct err *err);
int buf_append_u16(struct buf *b, uint16_t v, struct err *err);
int buf_append_u32(struct buf *b, uint32_t v, struct err *err);
int buf_append_u64(struct buf *b, uint64_t v, struct err *err);
/* Makes sure a NUL follows the content (not counted in len); returns the
 * text, or NULL when it cannot grow. */
const char *buf_text(struct buf *b);
/* Wipe and keep the memory; wipe and free it. */
void buf_clear(struct buf *b);
void buf_free(struct buf *b);

/* A reader over bytes somebody else owns; every read checks the length. */
struct cut {
	const uint8_t *at;
	size_t left;
	int failed; /* set once a read passed the end; later reads give 0 */
};

#define CUT(bytes_, len_) ((struct cut){.at = (bytes_), .left = (len_)})

uint8_t cut_u8(struct cut *c);
uint16_t cut_u16(struct cut *c);
uint32_t cut_u32(struct cut *c);
uint64_t cut_u64(struct cut *c);
/* Points into the bytes; NULL (and failed) when fewer are left. */
const uint8_t *cut_bytes(struct cut *c, size_t len);

#endif
