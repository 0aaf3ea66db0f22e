/* container.h - a few byte strings in one file under a passphrase. */
#ifndef POSTERN_KEEPER_CONTAINER_H
#define POSTERN_KEEPER_CONTAINER_H

#include <stddef.h>

#include "postern/err.h"

struct container; /* one being written or read */

/* In its header, so that nobody changes it: UTC. */
struct container_life {
	int64_t made_ms, expires_ms; /* INT64_MAX: never */
};
/* A new file, 0600.  ERR_INPUT: it exists. */
int container_create(const char *file, const void *phrase, size_t phrase_len,
		     const struct container_life *life, struct container **ret,
		     struct err *err);
/* Each adds one string: u32 length and the bytes. */
int container_add_bytes(struct container *c, const void *bytes, size_t len,
			struct err *err);
int container_add_file(struct container *c, const char *path, size_t len_max,
		       struct err *err);
/* Final tag, sync of file and folder.  Closes in every case; on failure the
 * file is gone. */
int container_finish(struct container **c, struct err *err);
void container_abandon(struct container **c); /* removes; accepts NULL */

/* ERR_ABSENT, ERR_INPUT: no such container; ERR_CORRUPT: wrong passphrase. */
int container_open(const char *file, const void *phrase, size_t phrase_len,
		   struct container_life *ret_life, struct container **ret,
		   struct err *err);
/* The next string.  ERR_CORRUPT: changed, truncated or too long. */
int container_take_bytes(struct container *c, void *ret, size_t size,
			 size_t *ret_len, struct err *err);
/* The next string into a new file, 0600, synced. */
int container_take_file(struct container *c, const char *path, struct err *err);
/* ERR_CORRUPT unless everything was taken and the final tag was there. */
int container_end(struct container *c, struct err *err);
void container_close(struct container **c); /* wipes */

#endif
