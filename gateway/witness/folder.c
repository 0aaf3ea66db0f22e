/* folder.c - the files of a witness: made once, never replaced. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/durable.h"
#include "postern/secret.h"
#include "postern/text.h"
#include "witness/witness.h"

#define KEY_FILE      "witness.key"
#define SETTINGS_FILE "witness.yaml"
#define LOGS_FOLDER   "logs"
#define GATEWAYS_FILE "postern.yaml"

#define SEED_BYTES   crypto_sign_SEEDBYTES
#define SEED_TEXT    BASE64_LEN(SEED_BYTES)
#define SETTINGS_MAX 65536

/* --- key ------------------------------------------------------------------ */

/* The secret half is made of the seed and nothing else. */
static int key_of(const uint8_t seed[SEED_BYTES], const char *name,
		  struct note_key *ret,
		  uint8_t ret_secret[WITNESS_SECRET_BYTES], struct err *err)
{
	uint8_t public[crypto_sign_PUBLICKEYBYTES];

	static_assert(crypto_sign_SECRETKEYBYTES == WITNESS_SECRET_BYTES,
		      "Ed25519");
	(void)crypto_sign_seed_keypair(public, ret_secret, seed); /* always 0 */
	return note_key_make(name, NOTE_COSIGNATURE, public, ret, err);
}

int witness_key(const char *dir, const char *name, struct note_key *ret,
		uint8_t ret_secret[WITNESS_SECRET_BYTES], struct err *err)
{
	char path[DURABLE_PATH_BYTES];
	uint8_t seed[SEED_TEXT];
	struct secret text = {0};
	size_t len = 0;
	int rc = -1;

	if (durable_path(dir, KEY_FILE, path, err) != 0 ||
	    secret_read(path, SEED_TEXT, &text, err) != 0)
		return -1;
	if (text.len != SEED_TEXT ||
	    !base64_decode((const char *)text.bytes, text.len, seed,
			   sizeof(seed), &len) ||
	    len != SEED_BYTES)
		(void)ERR_SET(err, ERR_CORRUPT, "witness.key holds no key", 0);
	else
		rc = key_of(seed, name, ret, ret_secret, err);
	sodium_memzero(seed, sizeof(seed));
	secret_wipe(&text);
	return rc;
}

static int make_key(const char *dir, struct err *err)
{
	uint8_t seed[SEED_BYTES];
	char text[SEED_TEXT + 2];
	struct err why = {0};
	int rc;

	randombytes_buf(seed, sizeof(seed));
	base64_encode(seed, sizeof(seed), text);
	memcpy(text + SEED_TEXT, "\n", 2);
	rc = durable_put(dir, KEY_FILE, 0600, text, SEED_TEXT + 1, false, &why);
	sodium_memzero(seed, sizeof(seed));
	sodium_memzero(text, sizeof(text));
	/* One that is there already was made by an init that was cut short. */
	if (rc != 0 && why.native == EEXIST)
		return 0;
	if (rc != 0 && err != NULL)
		*err = why;
	return rc;
}

/* --- settings ------------------------------------------------------------- */

static int print_settings(const struct witness_settings *s, struct buf *ret,
			  struct err *err)
{
	char line[NOTE_VKEY_BYTES + WITNESS_LISTEN_BYTES + NOTE_NAME_BYTES];
	char vkey[NOTE_VKEY_BYTES];

	(void)snprintf(line, sizeof(line), "listen: \"%s\"\nname: \"%s\"\n",
		       s->listen, s->name);
	if (buf_append_text(
		ret, "# A witness of proof logs; see docs/ledger.md.\n", err) ||
	    buf_append_text(ret, line, err) != 0 ||
	    buf_append_text(ret, "# Keys of the logs it watches.\nlogs:\n",
			    err) != 0)
		return -1;
	for (size_t i = 0; i < s->logs_len; i++) {
		note_key_print(&s->logs[i], vkey);
		(void)snprintf(line, sizeof(line), "  - \"%s\"\n", vkey);
		if (buf_append_text(ret, line, err) != 0)
			return -1;
	}
	return 0;
}

static int make_settings(const char *dir, const struct witness_settings *s,
			 struct err *err)
{
	struct buf text = BUF_INIT(SETTINGS_MAX);
	struct witness_settings again;
	struct diag diag;
	int rc = print_settings(s, &text, err);

	/* A name with a quotation mark, say, would be another one when read. */
	diag_init(&diag, SETTINGS_FILE);
	if (rc == 0 &&
	    (witness_settings_parse(text.bytes, text.len, &diag, &again) != 0 ||
	     strcmp(again.name, s->name) != 0 ||
	     strcmp(again.listen, s->listen) != 0))
		rc = ERR_SET(err, ERR_INPUT,
			     "name or address with a character no settings "
			     "file can hold",
			     0);
	if (rc == 0)
		rc = durable_put(dir, SETTINGS_FILE, 0600, text.bytes, text.len,
				 false, err);
	buf_free(&text);
	return rc;
}

/* --- making --------------------------------------------------------------- */

static bool is_there(const char *dir, const char *name)
{
	char path[DURABLE_PATH_BYTES];
	struct stat st;

	return durable_path(dir, name, path, NULL) == 0 &&
	       lstat(path, &st) == 0;
}

static int make_folder(const char *path, struct err *err)
{
	return mkdir(path, 0700) == 0 || errno == EEXIST
		   ? 0
		   : ERR_SET(err, ERR_STORAGE, "cannot make the folder", errno);
}

int witness_make(const char *dir, const struct witness_settings *s,
		 struct err *err)
{
	char logs[DURABLE_PATH_BYTES];

	if (durable_path(dir, LOGS_FOLDER, logs, err) != 0)
		return -1;
	/* Its key must not lie beside the one it watches. */
	if (is_there(dir, GATEWAYS_FILE))
		return ERR_SET(err, ERR_INPUT,
			       "this folder is a gateway's; give the witness "
			       "one of its own with -d",
			       0);
	if (is_there(dir, SETTINGS_FILE))
		return ERR_SET(err, ERR_INPUT,
			       "there is a witness in this folder; nothing was "
			       "changed",
			       0);
	/* The settings last: they say that the rest is there. */
	return make_folder(dir, err) != 0 || make_folder(logs, err) != 0 ||
		       make_key(dir, err) != 0 ||
		       make_settings(dir, s, err) != 0
		   ? -1
		   : 0;
}

int witness_lock(const char *dir, int *ret_fd, struct err *err)
{
	char path[DURABLE_PATH_BYTES];
	int fd;

	if (durable_path(dir, "lock", path, err) != 0)
		return -1;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return ERR_SET(err, ERR_STORAGE, "cannot open the lock", errno);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		(void)ERR_SET(err, ERR_BUSY, "another process serves it",
			      errno);
		(void)close(fd); /* nothing written */
		return -1;
	}
	*ret_fd = fd;
	return 0;
}
