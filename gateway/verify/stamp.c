/* stamp.c - does this time stamp stand for these bytes?
 *
 * What is trusted is the root certificate of the authority.  One that lies
 * beside the stamp proves only that the folder agrees with itself, so its
 * fingerprint is told and has to be compared with one from elsewhere. */
#include "postern/stamp.h"

#include <dirent.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "postern/text.h"
#include "verify.h"

#define PATH_BYTES     1100
#define PEM_BYTES_MAX  65536
#define DATA_BYTES_MAX NOTE_BYTES_MAX

struct paths {
	char data[PATH_BYTES], root[PATH_BYTES];
	bool beside; /* the root was found beside the stamp */
};

/* --- which files ---------------------------------------------------------- */

/* Our exports have "1234.checkpoint" beside "1234.tsr"; a text of the same
 * name is what one stamps by hand. */
static bool same_stem(const char *stamp, char *ret)
{
	static const char *const kinds[] = {"checkpoint", "txt"};
	const char *slash = strrchr(stamp, '/');
	const char *name = slash != NULL ? slash + 1 : stamp;
	const char *dot = strrchr(name, '.');
	int len = dot != NULL ? (int)(dot - stamp) : (int)strlen(stamp);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		int n =
		    snprintf(ret, PATH_BYTES, "%.*s.%s", len, stamp, kinds[i]);

		if (n > 0 && n < PATH_BYTES && verify_exists(ret))
			return true;
	}
	return false;
}

static int find_data(const struct verify_ask *ask, struct paths *ret)
{
	static const char *const names[] = {"checkpoint.txt", "checkpoint"};

	if (ask->stamped != NULL)
		return snprintf(ret->data, PATH_BYTES, "%s", ask->stamped) <
			       PATH_BYTES
			   ? 0
			   : verify_failed(ask, "--data is too long");
	if (same_stem(ask->stamp, ret->data))
		return 0;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (verify_beside(ask->stamp, names[i], ret->data,
				  PATH_BYTES) &&
		    verify_exists(ret->data))
			return 0;
	return verify_failed(ask, "what is stamped? No checkpoint.txt and no "
				  "checkpoint beside the stamp; --data FILE");
}

/* The one "*root*.pem" of the folder; the number of them. */
static size_t look_for_root(const char *stamp, char *ret)
{
	char folder[PATH_BYTES];
	struct dirent *one;
	size_t found = 0;
	DIR *dir;

	if (!verify_beside(stamp, ".", folder, sizeof(folder)))
		return 0;
	dir = opendir(folder);
	while (dir != NULL && (one = readdir(dir)) != NULL)
		if (fnmatch("*root*.pem", one->d_name, 0) == 0 &&
		    verify_beside(stamp, one->d_name, ret, PATH_BYTES))
			found++;
	if (dir != NULL)
		(void)closedir(dir);
	return found;
}

static int find_root(const struct verify_ask *ask, struct paths *ret)
{
	size_t found;

	if (ask->root_pem != NULL)
		return snprintf(ret->root, PATH_BYTES, "%s", ask->root_pem) <
			       PATH_BYTES
			   ? 0
			   : verify_failed(ask, "--root is too long");
	if (ask->root != NULL && ask->dir != NULL &&
	    ask->root(ask->dir, ret->root, PATH_BYTES))
		return 0;
	found = look_for_root(ask->stamp, ret->root);
	ret->beside = found == 1;
	if (found == 1)
		return 0;
	return verify_failed(
	    ask, found == 0 ? "whom is trusted? No root certificate is "
			      "set and none lies beside the stamp; "
			      "--root PEM"
			    : "several *root*.pem lie beside the stamp; "
			      "--root PEM");
}

/* --- the root certificate ------------------------------------------------- */

#define BEGIN "-----BEGIN CERTIFICATE-----"
#define END   "-----END CERTIFICATE-----"

/* SHA-256 of the first certificate, as browsers and openssl print it. */
static bool fingerprint(const struct buf *pem, char ret[65])
{
	const char *text = (const char *)pem->bytes;
	const char *from = strstr(text, BEGIN);
	const char *end = from != NULL ? strstr(from, END) : NULL;
	static uint8_t der[PEM_BYTES_MAX];
	static char base64[PEM_BYTES_MAX];
	uint8_t hash[crypto_hash_sha256_BYTES];
	size_t len = 0, der_len;

	if (end == NULL)
		return false;
	for (from += sizeof(BEGIN) - 1; from < end; from++)
		if (*from != '\n' && *from != '\r' && *from != ' ')
			base64[len++] = *from;
	if (!base64_decode(base64, len, der, sizeof(der), &der_len))
		return false;
	(void)crypto_hash_sha256(hash, der, der_len); /* cannot fail */
	hex_encode(hash, sizeof(hash), ret);
	return true;
}

static void tell_root(struct answer *a, const struct paths *p,
		      const struct buf *pem)
{
	char print[65];

	answer_text(a, "root", "%s", p->root);
	if (fingerprint(pem, print))
		answer_text(a, "fingerprint", "%s", print);
	if (p->beside)
		answer_text(a, "remark", "%s",
			    "this root lies beside the stamp: compare its "
			    "SHA-256 fingerprint with one the authority "
			    "publishes");
}

/* --- the check ------------------------------------------------------------ */

struct pieces {
	struct buf stamp, data, pem;
};

static int read_one(const struct verify_ask *ask, const char *path, size_t max,
		    struct buf *ret)
{
	struct err err = {0};

	if (verify_read(path, max, ret, &err) != 0)
		return verify_failed(ask, "%s: %s", path, err.what);
	return buf_text(ret) != NULL ? 0 : verify_failed(ask, "no memory");
}

static int judge(const struct verify_ask *ask, const struct paths *p,
		 const struct pieces *f)
{
	const struct stamp_trust trust = {
	    .root_pem = (const char *)f->pem.bytes, .root_len = f->pem.len};
	struct stamp stamp = {0};
	struct err err = {0};
	struct answer a;
	bool good;

	good = stamp_verify(f->stamp.bytes, f->stamp.len, f->data.bytes,
			    f->data.len, &trust, &stamp, &err) == 0;
	answer_begin(&a, ask, good ? "accepted" : "refused", "%s",
		     good ? "these bytes existed at the time of the stamp"
			  : err.what);
	answer_text(&a, "data", "%s", p->data);
	if (good) {
		answer_time(&a, "time", stamp.at_ms / 1000);
		answer_text(&a, "serial", "%s", stamp.serial);
		answer_text(&a, "policy", "%s", stamp.policy);
		answer_good(&a);
	}
	tell_root(&a, p, &f->pem);
	return answer_end(&a);
}

int verify_stamp_ask(struct verify_ask *ask)
{
	struct pieces f = {.stamp = BUF_INIT(STAMP_BYTES_MAX),
			   .data = BUF_INIT(DATA_BYTES_MAX),
			   .pem = BUF_INIT(PEM_BYTES_MAX)};
	struct paths p = {0};
	int status = find_data(ask, &p);

	if (status == 0)
		status = find_root(ask, &p);
	if (status == 0)
		status = read_one(ask, ask->stamp, STAMP_BYTES_MAX, &f.stamp);
	if (status == 0)
		status = read_one(ask, p.data, DATA_BYTES_MAX, &f.data);
	if (status == 0)
		status = read_one(ask, p.root, PEM_BYTES_MAX - 1, &f.pem);
	if (status == 0)
		status = judge(ask, &p, &f);
	buf_free(&f.stamp);
	buf_free(&f.data);
	buf_free(&f.pem);
	return status;
}
