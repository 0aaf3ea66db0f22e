/* members.h - what is inside a backup: files, one after the other.
 *
 *   u8 1, u16 length of the name, name, u64 length, bytes; ...; u8 0
 *
 * Big endian.  A name is one of ours (members_name), so that no backup writes
 * anywhere else.  Pure, fuzzed. */
#ifndef POSTERN_BACKUP_MEMBERS_H
#define POSTERN_BACKUP_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/buf.h"
#include "postern/err.h"

#define MEMBER_NAME_MAX 48

/* "postern.db", "postern.yaml", "policy.yaml", "media/xx/<32 hex>". */
bool members_name(const char *name, size_t len);
/* The head of one, onto ret. */
int members_head(const char *name, uint64_t len, struct buf *ret,
		 struct err *err);

/* Where they go; each returns 0 or -1, which ends it. */
struct members_sink {
	void *ctx;
	int (*begin)(void *ctx, const char *name, uint64_t len,
		     struct err *err);
	int (*bytes)(void *ctx, const uint8_t *bytes, size_t len,
		     struct err *err);
	int (*end)(void *ctx, struct err *err);
};
struct members {
	uint8_t head[1 + 2 + MEMBER_NAME_MAX + 8];
	size_t head_len;
	uint64_t left; /* of the member that is open */
	bool open, over;
};
/* The next bytes, cut anywhere.  ERR_CORRUPT: not of this form. */
int members_feed(struct members *m, const uint8_t *bytes, size_t len,
		 const struct members_sink *sink, struct err *err);

#endif
