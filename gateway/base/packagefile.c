/* packagefile.c - see packagefile.h. */
#include "postern/packagefile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "postern/buf.h"
#include "postern/durable.h"
#include "postern/sealed.h"
#include "postern/text.h"

#define RAW_BYTES  32
#define NAME_LEN   (PACKAGE_NAME_BYTES - 1)
#define LINK_END   ".link"
#define LINK_BYTES (NAME_LEN + 8 + 8 + 32)
#define LINK_AAD   "postern-package-link-v1"
/* The intake reads both, as another user. */
#define FILE_MODE 0640

static int set_path(const char *dir, const char *name, const char *end,
		    char ret[DURABLE_PATH_BYTES], struct err *err)
{
	int n;

	if (strspn(name, "0123456789abcdef") != NAME_LEN ||
	    name[NAME_LEN] != '\0')
		return ERR_SET(err, ERR_INPUT, "no name of a package", 0);
	n = snprintf(ret, DURABLE_PATH_BYTES, "%s/" PACKAGE_FOLDER "/%s%s", dir,
		     name, end);
	if (n < 0 || n >= DURABLE_PATH_BYTES)
		return ERR_SET(err, ERR_INPUT, "path is too long", 0);
	return 0;
}

/* --- what follows from a secret ------------------------------------------- */

void packagefile_secret(struct env *env, char ret[PACKAGE_SECRET_BYTES])
{
	uint8_t raw[RAW_BYTES];

	_Static_assert(BASE32_LEN(RAW_BYTES) + 1 == PACKAGE_SECRET_BYTES,
		       "a secret and its NUL");
	env->random(env, raw, sizeof(raw));
	base32_encode(raw, sizeof(raw), ret);
	sodium_memzero(raw, sizeof(raw));
}

/* What it is for decides; the secret is the key, so that neither name nor key
 * tells anything of the other. */
static bool derive(const char *secret, const char *use, uint8_t *ret,
		   size_t ret_len)
{
	uint8_t raw[RAW_BYTES];
	size_t len = strnlen(secret, PACKAGE_SECRET_BYTES);
	bool is = len == PACKAGE_SECRET_BYTES - 1 &&
		  base32_decode(secret, len, raw, sizeof(raw));

	if (is)
		(void)crypto_generichash(ret, ret_len, (const uint8_t *)use,
					 strlen(use), raw, sizeof(raw));
	sodium_memzero(raw, sizeof(raw));
	return is;
}

bool packagefile_link_name(const char *secret, char ret[PACKAGE_NAME_BYTES])
{
	uint8_t name[NAME_LEN / 2];

	if (!derive(secret, "postern-package-name", name, sizeof(name)))
		return false;
	hex_encode(name, sizeof(name), ret);
	return true;
}

/* --- links ---------------------------------------------------------------- */

static void put64(uint8_t *at, int64_t v)
{
	for (int i = 0; i < 8; i++)
		at[i] = (uint8_t)((uint64_t)v >> (56 - 8 * i));
}

int packagefile_link_put(const char *dir, const char *secret,
			 const struct packagefile_link *link, struct err *err)
{
	uint8_t clear[LINK_BYTES], key[SEAL_KEY_BYTES];
	uint8_t sealed[1 + LINK_BYTES + SEALED_CHUNK_OVERHEAD];
	char folder[DURABLE_PATH_BYTES], file[NAME_LEN + sizeof(LINK_END)];
	char name[PACKAGE_NAME_BYTES];
	int rc = -1;

	if (!packagefile_link_name(secret, name) ||
	    !derive(secret, "postern-package-key", key, sizeof(key)))
		return ERR_SET(err, ERR_INPUT, "no secret of a link", 0);
	memcpy(clear, link->file, NAME_LEN);
	put64(clear + NAME_LEN, link->clear_len);
	put64(clear + NAME_LEN + 8, link->expires_ms);
	memcpy(clear + NAME_LEN + 16, link->key, 32);
	sealed_seal(key, LINK_AAD, strlen(LINK_AAD), clear, sizeof(clear),
		    sealed);
	(void)snprintf(file, sizeof(file), "%s" LINK_END, name);
	if (durable_path(dir, PACKAGE_FOLDER, folder, err) == 0)
		/* Its name is as random as the secret: nothing is replaced.
		 */
		rc = durable_put(folder, file, FILE_MODE, sealed,
				 sealed_len(sizeof(clear)), true, err);
	sodium_memzero(clear, sizeof(clear));
	sodium_memzero(key, sizeof(key));
	return rc;
}

/* All of a small file; another length is none of ours. */
static int read_whole(const char *path, uint8_t *ret, size_t len,
		      struct err *err)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	uint8_t more;
	ssize_t n, after = -1;

	if (fd < 0)
		return ERR_SET(err, errno == ENOENT ? ERR_ABSENT : ERR_BUSY,
			       "no such link", errno);
	n = read(fd, ret, len);
	if (n == (ssize_t)len)
		after = read(fd, &more, 1);
	(void)close(fd); /* only read from */
	if (after != 0)
		return ERR_SET(err, ERR_CORRUPT, "a link of another length", 0);
	return 0;
}

static void take_link(const uint8_t *clear, struct packagefile_link *ret)
{
	struct cut c = CUT(clear, LINK_BYTES);

	memcpy(ret->file, cut_bytes(&c, NAME_LEN), NAME_LEN);
	ret->file[NAME_LEN] = '\0';
	ret->clear_len = (int64_t)cut_u64(&c);
	ret->expires_ms = (int64_t)cut_u64(&c);
	memcpy(ret->key, cut_bytes(&c, 32), 32);
}

int packagefile_link_get(const char *dir, const char *secret, int64_t now_ms,
			 struct packagefile_link *ret, struct err *err)
{
	uint8_t sealed[1 + LINK_BYTES + SEALED_CHUNK_OVERHEAD];
	uint8_t clear[LINK_BYTES], key[SEAL_KEY_BYTES];
	char path[DURABLE_PATH_BYTES], name[PACKAGE_NAME_BYTES];
	int rc = -1;

	_Static_assert(sizeof(sealed) == LINK_BYTES + 41, "sealed.h");
	if (!packagefile_link_name(secret, name))
		return ERR_SET(err, ERR_ABSENT, "no such link", 0);
	if (set_path(dir, name, LINK_END, path, err) != 0 ||
	    read_whole(path, sealed, sizeof(sealed), err) != 0)
		return -1;
	(void)derive(secret, "postern-package-key", key, sizeof(key));
	if (sealed_open(key, LINK_AAD, strlen(LINK_AAD), sealed, sizeof(sealed),
			clear, err) == 0) {
		take_link(clear, ret);
		rc = now_ms < ret->expires_ms
			 ? 0
			 : ERR_SET(err, ERR_ABSENT, "no such link", 0);
	}
	if (rc != 0)
		sodium_memzero(ret, sizeof(*ret));
	sodium_memzero(clear, sizeof(clear));
	sodium_memzero(key, sizeof(key));
	return rc;
}

int packagefile_open(const char *dir, const char *secret, int64_t now_ms,
		     struct sealedfile **ret, int64_t *ret_len, struct err *err)
{
	struct packagefile_link link;
	int rc = -1;

	if (packagefile_link_get(dir, secret, now_ms, &link, err) != 0)
		return -1;
	rc = packagefile_read(dir, link.file, link.key, link.clear_len, ret,
			      err);
	if (rc == 0)
		*ret_len = link.clear_len;
	sodium_memzero(&link, sizeof(link));
	return rc;
}

/* --- files ---------------------------------------------------------------- */

int packagefile_create(struct env *env, const char *dir, const uint8_t key[32],
		       struct sealedfile **ret,
		       char ret_file[PACKAGE_NAME_BYTES], struct err *err)
{
	char path[DURABLE_PATH_BYTES], file[PACKAGE_NAME_BYTES];
	uint8_t name[NAME_LEN / 2];

	env->random(env, name, sizeof(name));
	hex_encode(name, sizeof(name), file);
	if (set_path(dir, file, "", path, err) != 0 ||
	    sealedfile_create(env, path, FILE_MODE, key, ret, err) != 0)
		return -1;
	memcpy(ret_file, file, sizeof(file));
	return 0;
}

int packagefile_read(const char *dir, const char *file, const uint8_t key[32],
		     int64_t clear_len, struct sealedfile **ret,
		     struct err *err)
{
	char path[DURABLE_PATH_BYTES];

	if (set_path(dir, file, "", path, err) != 0)
		return -1;
	return sealedfile_open(path, key, clear_len, ret, err);
}

int packagefile_tidy(const char *dir, packagefile_keep *keep, void *ctx,
		     struct err *err)
{
	char folder[DURABLE_PATH_BYTES];
	bool removed = false;
	struct dirent *e;
	DIR *d;
	int rc = 0;

	if (durable_path(dir, PACKAGE_FOLDER, folder, err) != 0)
		return -1;
	d = opendir(folder);
	if (d == NULL)
		return errno == ENOENT ? 0
				       : ERR_SET(err, ERR_BUSY,
						 "folder of packages", errno);
	while (rc == 0 && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.' || keep(ctx, e->d_name))
			continue;
		removed = true;
		if (unlinkat(dirfd(d), e->d_name, 0) != 0 && errno != ENOENT)
			rc = ERR_SET(err, ERR_STORAGE,
				     "cannot remove a package", errno);
	}
	if (removed && fsync(dirfd(d)) != 0 && rc == 0)
		rc =
		    ERR_SET(err, ERR_STORAGE, "cannot sync a directory", errno);
	(void)closedir(d); /* only read from */
	return rc;
}
