/* keystore.h - keeper.db: wrapped keys and nothing else.
 *
 * SQLite directly, with the settings of assurance 4.3; opening fails when one
 * of them cannot be had.  Errors: ERR_BUSY (locked or disk full: nothing
 * changed), ERR_STORAGE (the file cannot be trusted: end the process),
 * ERR_ABSENT (no such row), ERR_CORRUPT (a row has an impossible form). */
#ifndef POSTERN_KEEPER_KEYSTORE_H
#define POSTERN_KEEPER_KEYSTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/buf.h"
#include "postern/err.h"
#include "postern/keeper.h"
#include "keeper/wrap.h"

#define KEYSTORE_FILE	"keeper.db"
#define KEYSTORE_SCHEMA 1

struct keystore; /* one open key store; one thread */

/* What is fixed for the store as a whole. */
struct keystore_meta {
	struct wrap_context of; /* instance and epoch */
	uint32_t schema;
	int64_t rotated_ms;
	uint8_t check[WRAPPED_BYTES]; /* zeros under the root key */
};
struct keystore_pair {
	uint32_t pair;
	uint8_t public[32];
	uint8_t wrapped[WRAPPED_BYTES];
	int64_t made_ms;
};

/* Makes an empty store (0600); ERR_INPUT when there is one. */
int keystore_create(const char *dir, struct keystore **ret, struct err *err);
/* ERR_ABSENT: no file.  ERR_INPUT: of a newer version. */
int keystore_open(const char *dir, struct keystore **ret, struct err *err);
void keystore_close(struct keystore **ks);

int keystore_begin(struct keystore *ks, struct err *err);
/* -1 with ERR_STORAGE: the outcome is unknown. */
int keystore_commit(struct keystore *ks, struct err *err);
void keystore_rollback(struct keystore *ks); /* accepts no transaction */
bool keystore_in_transaction(const struct keystore *ks);
/* WAL to database, then empty: what was deleted is in no file afterwards.
 * Waits up to 5 s for readers, then ERR_BUSY. */
int keystore_truncate(struct keystore *ks, struct err *err);

int keystore_meta_get(struct keystore *ks, struct keystore_meta *ret,
		      struct err *err);
int keystore_meta_put(struct keystore *ks, const struct keystore_meta *meta,
		      struct err *err);

int keystore_key_get(struct keystore *ks, const struct key_ref *ref,
		     uint8_t ret[WRAPPED_BYTES], struct err *err);
int keystore_key_put(struct keystore *ks, const struct key_ref *ref,
		     const uint8_t wrapped[WRAPPED_BYTES], int64_t made_ms,
		     struct err *err);
int keystore_key_count(struct keystore *ks, uint64_t *ret, struct err *err);
/* Those of a person (datenart NULL), or of one Datenart. */
int keystore_key_count_of(struct keystore *ks, int64_t person,
			  const struct name *datenart, uint32_t *ret,
			  struct err *err);
/* Deletes keys made up to made_ms_max of the person, or of one Datenart. */
int keystore_key_shred(struct keystore *ks, int64_t person,
		       const struct name *datenart, int64_t made_ms_max,
		       uint32_t *ret_count, struct err *err);

int keystore_instance_get(struct keystore *ks, const char *name,
			  uint8_t ret[WRAPPED_BYTES], struct err *err);
int keystore_instance_put(struct keystore *ks, const char *name,
			  const uint8_t wrapped[WRAPPED_BYTES],
			  struct err *err);

/* No such row: nothing happens. */
int keystore_instance_forget(struct keystore *ks, const char *name,
			     struct err *err);

/* The state of the proof log (logstate.h), onto ret. */
int keystore_log_get(struct keystore *ks, struct buf *ret, struct err *err);
int keystore_log_put(struct keystore *ks, const struct buf *state,
		     struct err *err);
int keystore_log_forget(struct keystore *ks, struct err *err);

int keystore_pair_get(struct keystore *ks, uint32_t pair,
		      struct keystore_pair *ret, struct err *err);
int keystore_pair_newest(struct keystore *ks, struct keystore_pair *ret,
			 struct err *err);
int keystore_pair_put(struct keystore *ks, const struct keystore_pair *pair,
		      struct err *err);
/* Deletes the pairs below pair. */
int keystore_pair_forget(struct keystore *ks, uint32_t below,
			 uint32_t *ret_count, struct err *err);

/* Replaces every wrapped key by what the function makes of it; -1 ends it
 * with ERR_CORRUPT.  Inside a transaction. */
typedef int keystore_rewrap_fn(void *ctx, const struct wrap_row *row,
			       const uint8_t wrapped[WRAPPED_BYTES],
			       uint8_t ret[WRAPPED_BYTES]);
int keystore_rewrap(struct keystore *ks, keystore_rewrap_fn *fn, void *ctx,
		    struct err *err);
/* A compact copy without free pages, into an absent or empty file. */
int keystore_copy(const char *dir, const char *file, struct err *err);

#endif
