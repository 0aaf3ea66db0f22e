/* rootkey.h - the file that holds the root key.
 *
 * Text, so that it can be printed, typed and put into a credential:
 *
 *   postern-root-key 1
 *   instance <32 hex>      the key store it belongs to
 *   epoch <number>         grows by one with every rotation
 *   made <UTC ms>
 *   key <64 hex>           or, with a passphrase:
 *   argon2id <ops> <memory> <32 hex salt>
 *   wrapped <144 hex>
 *   check <32 hex>         BLAKE2b of everything above */
#ifndef POSTERN_KEEPER_ROOTKEY_H
#define POSTERN_KEEPER_ROOTKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"
#include "keeper/wrap.h"

#define ROOTKEY_FILE_MAX   1024
#define ROOTKEY_SALT_BYTES 16

struct rootkey {
	struct wrap_context of; /* instance and epoch */
	int64_t made_ms;
	bool phrase; /* under a passphrase */
	uint64_t ops, memory;
	uint8_t salt[ROOTKEY_SALT_BYTES];
	uint8_t body[WRAPPED_BYTES]; /* the key, or the key wrapped */
};

/* Writes the file's text; ret is secret unless there is a passphrase. */
size_t rootkey_format(const struct rootkey *k, char ret[ROOTKEY_FILE_MAX]);
/* Pure.  ERR_INPUT with a reason (reason.h). */
int rootkey_parse(const char *text, size_t len, struct rootkey *ret,
		  struct err *err);
/* Reads and parses.  Refuses a file of somebody else or one that others may
 * read (a credential may be readable by its group: systemd shows its access
 * list there).  ERR_ABSENT, ERR_INPUT, with a reason. */
int rootkey_read(const char *path, bool credential, struct rootkey *ret,
		 struct err *err);
/* The key that wraps the root key.  Slow and large (Argon2id). */
int rootkey_derive(const struct rootkey *k, const void *phrase, size_t len,
		   uint8_t ret[WRAP_KEY_BYTES], struct err *err);
/* Chooses salt and cost for a new passphrase. */
void rootkey_new_phrase(struct rootkey *k);
/* Puts root into k, under kek when k->phrase. */
void rootkey_put(struct rootkey *k, const uint8_t kek[WRAP_KEY_BYTES],
		 const uint8_t root[WRAP_KEY_BYTES]);
/* Takes it out again; ERR_INPUT with a reason. */
int rootkey_take(const struct rootkey *k, const uint8_t kek[WRAP_KEY_BYTES],
		 uint8_t ret[WRAP_KEY_BYTES], struct err *err);

#endif
