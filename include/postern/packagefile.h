/* packagefile.h - the copy of a person's data as it lies in DIR/packages, and
 * the one link that opens it.
 *
 *   packages/<32 hex>		the ZIP, sealed (sealedfile.h) under a key of
 *				its own
 *   packages/<32 hex>.link	which file, how long, until when, and its key,
 *				sealed (sealed.h) under a key that follows from
 *				the secret of the link; so does its name
 *
 * Whoever has the secret needs nothing else, so the process that faces the
 * internet can hand the file out without the archive and without the keeper.
 * Without the secret the two files say nothing.
 *
 * Source: compliance 2.2, 7.1. */
#ifndef POSTERN_PACKAGEFILE_H
#define POSTERN_PACKAGEFILE_H

#include <stdbool.h>

#include "postern/sealedfile.h"

#define PACKAGE_FOLDER	     "packages" /* below DIR */
#define PACKAGE_SECRET_BYTES 53		/* base32 of 256 bit, with NUL */
#define PACKAGE_NAME_BYTES   33		/* 32 hex, with NUL */

struct packagefile_link {
	char file[PACKAGE_NAME_BYTES];
	int64_t clear_len, expires_ms;
	uint8_t key[32];
};

void packagefile_secret(struct env *env, char ret[PACKAGE_SECRET_BYTES]);
/* The name of its link, without ".link".  False: not spelled as a secret. */
bool packagefile_link_name(const char *secret, char ret[PACKAGE_NAME_BYTES]);
/* Written before the row that names it. */
int packagefile_link_put(const char *dir, const char *secret,
			 const struct packagefile_link *link, struct err *err);
/*
 * packagefile_link_get - what a secret opens.
 *
 * ERR_ABSENT: no link, or it has expired at now_ms - all the same to whoever
 * asks.  ERR_CORRUPT: it was changed.  Wipe ret->key.
 */
int packagefile_link_get(const char *dir, const char *secret, int64_t now_ms,
			 struct packagefile_link *ret, struct err *err);
/* The same, and its file, to be read in order; errors as above. */
int packagefile_open(const char *dir, const char *secret, int64_t now_ms,
		     struct sealedfile **ret, int64_t *ret_len,
		     struct err *err);

/* The worker's end. */
int packagefile_create(struct env *env, const char *dir, const uint8_t key[32],
		       struct sealedfile **ret,
		       char ret_file[PACKAGE_NAME_BYTES], struct err *err);
int packagefile_read(const char *dir, const char *file, const uint8_t key[32],
		     int64_t clear_len, struct sealedfile **ret,
		     struct err *err);
/*
 * packagefile_tidy - removes all that keep does not want.
 *
 * Called with the name as it is in the folder.  A folder that is not there has
 * nothing in it.
 */
typedef bool packagefile_keep(void *ctx, const char *name);
int packagefile_tidy(const char *dir, packagefile_keep *keep, void *ctx,
		     struct err *err);

#endif
