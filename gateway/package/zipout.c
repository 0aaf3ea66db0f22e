/* zipout.c - see zipout.h. */
#include "zipout.h"

#include <archive.h>
#include <archive_entry.h>
#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

struct zipout {
	struct archive *zip;
	struct archive_entry *entry;
	struct sealedfile *file;
	struct err err; /* of the file, under the library */
	bool nowhere;	/* what the library writes is not wanted any more */
	time_t at_s;
	crypto_hash_sha256_state whole, one;
	int64_t whole_bytes, one_bytes;
};

/* The library's texts are not passed on: they may name files. */
static int failed(struct zipout *z, struct err *err)
{
	if (z->err.kind != ERR_NONE)
		*err = z->err;
	else
		(void)ERR_SET(err, ERR_NOMEM, "a ZIP", archive_errno(z->zip));
	return -1;
}

static la_ssize_t take(struct archive *zip, void *ctx, const void *bytes,
		       size_t len)
{
	struct zipout *z = ctx;

	(void)zip;
	/* Told that writing failed, the library would never free what it packs
	 * with; so it is not told, and z->err is looked at after each call. */
	if (!z->nowhere && sealedfile_write(z->file, bytes, len, &z->err) != 0)
		z->nowhere = true;
	(void)crypto_hash_sha256_update(&z->whole, bytes, len);
	z->whole_bytes += (int64_t)len;
	return (la_ssize_t)len;
}

static int open_zip(struct zipout *z, struct err *err)
{
	z->zip = archive_write_new();
	z->entry = archive_entry_new();
	if (z->zip == NULL || z->entry == NULL)
		return ERR_SET(err, ERR_NOMEM, "a ZIP", 0);
	/* No padding behind the end. */
	if (archive_write_set_format_zip(z->zip) != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(z->zip, 1) != ARCHIVE_OK ||
	    archive_write_open(z->zip, z, NULL, take, NULL) != ARCHIVE_OK)
		return failed(z, err);
	return 0;
}

int zipout_open(struct env *env, const char *dir, const uint8_t key[32],
		struct zipout **ret, char *ret_file, struct err *err)
{
	struct zipout *z = calloc(1, sizeof(*z));

	if (z == NULL)
		return ERR_SET(err, ERR_NOMEM, "a ZIP", 0);
	z->at_s = (time_t)(env->wall_ms(env) / 1000);
	(void)crypto_hash_sha256_init(&z->whole);
	if (packagefile_create(env, dir, key, &z->file, ret_file, err) != 0 ||
	    open_zip(z, err) != 0) {
		zipout_abandon(&z);
		return -1;
	}
	*ret = z;
	return 0;
}

int zipout_begin(struct zipout *z, const char *path, int64_t bytes, bool packed,
		 struct err *err)
{
	archive_entry_clear(z->entry);
	archive_entry_set_pathname(z->entry, path);
	archive_entry_set_filetype(z->entry, AE_IFREG);
	archive_entry_set_perm(z->entry, 0644);
	archive_entry_set_mtime(z->entry, z->at_s, 0);
	if (bytes >= 0)
		archive_entry_set_size(z->entry, bytes);
	if ((packed ? archive_write_zip_set_compression_store(z->zip)
		    : archive_write_zip_set_compression_deflate(z->zip)) !=
		ARCHIVE_OK ||
	    archive_write_header(z->zip, z->entry) != ARCHIVE_OK || z->nowhere)
		return failed(z, err);
	(void)crypto_hash_sha256_init(&z->one);
	z->one_bytes = 0;
	return 0;
}

int zipout_write(struct zipout *z, const void *bytes, size_t len,
		 struct err *err)
{
	const uint8_t *at = bytes;

	(void)crypto_hash_sha256_update(&z->one, bytes, len);
	z->one_bytes += (int64_t)len;
	while (len > 0) {
		la_ssize_t n = archive_write_data(z->zip, at, len);

		/* 0: more than was announced. */
		if (n <= 0 || z->nowhere)
			return failed(z, err);
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int zipout_end(struct zipout *z, uint8_t ret_sha256[32], int64_t *ret_bytes,
	       struct err *err)
{
	if (archive_write_finish_entry(z->zip) != ARCHIVE_OK || z->nowhere)
		return failed(z, err);
	(void)crypto_hash_sha256_final(&z->one, ret_sha256);
	*ret_bytes = z->one_bytes;
	return 0;
}

static void free_all(struct zipout **z)
{
	if ((*z)->zip != NULL)
		(void)archive_write_free((*z)->zip);
	archive_entry_free((*z)->entry);
	sodium_memzero(*z, sizeof(**z));
	free(*z);
	*z = NULL;
}

int zipout_finish(struct zipout **z, uint8_t ret_sha256[32], int64_t *ret_bytes,
		  struct err *err)
{
	struct zipout *done = *z;

	if (archive_write_close(done->zip) != ARCHIVE_OK || done->nowhere) {
		(void)failed(done, err);
		zipout_abandon(z);
		return -1;
	}
	if (sealedfile_finish(&done->file, err) != 0) {
		free_all(z);
		return -1;
	}
	(void)crypto_hash_sha256_final(&done->whole, ret_sha256);
	*ret_bytes = done->whole_bytes;
	free_all(z);
	return 0;
}

void zipout_abandon(struct zipout **z)
{
	if (z == NULL || *z == NULL)
		return;
	/* Ended in its order, but nowhere: so it frees all it has. */
	(*z)->nowhere = true;
	if ((*z)->zip != NULL)
		(void)archive_write_close((*z)->zip);
	sealedfile_abandon(&(*z)->file);
	free_all(z);
}
