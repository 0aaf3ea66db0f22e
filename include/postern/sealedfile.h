/* sealedfile.h - large files that are never clear on disk.
 *
 * A file is the 24-byte header of crypto_secretstream_xchacha20poly1305 and
 * chunks of up to 65536 clear bytes; the last one, possibly empty, carries
 * TAG_FINAL.  The length of a file therefore follows from the clear length,
 * and a cut, grown or reordered file never reads to its end.
 *
 * Who makes one chooses key and path, and lets a row name it only after
 * sealedfile_finish().  Source: compliance 7.1, assurance P6. */
#ifndef POSTERN_SEALEDFILE_H
#define POSTERN_SEALEDFILE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "postern/env.h"
#include "postern/err.h"

struct sealedfile;

/* path must not exist yet.  ERR_BUSY: the disk is full, ERR_STORAGE: it
 * failed, ERR_ABSENT: there is no such folder. */
int sealedfile_create(struct env *env, const char *path, mode_t mode,
		      const uint8_t key[32], struct sealedfile **ret,
		      struct err *err);
int sealedfile_write(struct sealedfile *f, const void *clear, size_t len,
		     struct err *err);
/* Final tag, fsync file and folder.  Closes in every case. */
int sealedfile_finish(struct sealedfile **f, struct err *err);
void sealedfile_abandon(struct sealedfile **f); /* closes and unlinks */

/* ERR_ABSENT: no such file; ERR_CORRUPT: its length is wrong. */
int sealedfile_open(const char *path, const uint8_t key[32], int64_t clear_len,
		    struct sealedfile **ret, struct err *err);
/* 0 bytes at the end, and only if the final tag and clear_len were right. */
int sealedfile_read(struct sealedfile *f, uint8_t *ret, size_t size,
		    size_t *ret_len, struct err *err);
void sealedfile_close(struct sealedfile **f); /* wipes; accepts NULL */

/* Removes it and makes that durable; what is gone is no error. */
int sealedfile_unlink(const char *path, struct err *err);

#endif
