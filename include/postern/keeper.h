/* keeper.h - the client end of the process that holds every key.
 *
 * Operations are put in a batch and answered in one or few round trips.  The
 * keeper makes a data key per (person, Datenart, start year) when first used
 * and has it on disk before it answers, so a caller may commit what it got.
 * AAD of a sealed field: person, Datenart, year, record id, field - a blob
 * moved to another row or column does not open.
 *
 * One thread per struct keeper. */
#ifndef POSTERN_KEEPER_H
#define POSTERN_KEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"
#include "postern/name.h"

struct key_ref {
	int64_t person; /* 0: the instance itself (quarantine) */
	struct name datenart;
	uint16_t year; /* start year, UTC */
};

enum seal_field {
	FIELD_CONTENT = 1, /* message content, JSON */
	FIELD_PROFILE,	   /* profile name and username, JSON */
	FIELD_ADDRESS,	   /* an address as the provider spells it */
	FIELD_RAW,	   /* a quarantined raw body */
	FIELD_MEDIA,	   /* attachment: media id, name, type, hash; JSON */
	FIELD_ANSWER,	   /* stored API answer */
	FIELD_EVIDENCE,	   /* of a consent event, JSON */
	FIELD_REQUEST,	   /* what a data subject asked for, JSON */
	FIELD_REPLY,	   /* where to answer, and the answer; JSON */
	FIELD_HOLD,	   /* reason, matter and words of a hold; JSON */
	FIELD_NOTE,	   /* what staff noted, JSON */
	FIELD_PACKAGE,	   /* key of a package */
	FIELD_BREACH,	   /* texts of the register, JSON */
	FIELD_CANARY,	   /* what a made-up person is called, JSON */
	FIELD_TELLING,	   /* what a recipient knows a person by, JSON */
};

struct keeper;	     /* a connection; reconnects by itself */
struct keeper_batch; /* operations of one run */

/* Connects lazily to the socket at path.  Never fails for an absent keeper. */
int keeper_open(const char *socket_path, struct keeper **ret, struct err *err);
void keeper_close(struct keeper **k);

int keeper_batch_new(struct keeper *k, struct keeper_batch **ret,
		     struct err *err);
void keeper_batch_free(struct keeper_batch **b); /* wipes */

/* Each adds one operation and gives its slot.  Input bytes are copied.
 * Memory exhaustion is remembered and reported by keeper_run. */
size_t keeper_add_seal(struct keeper_batch *b, const struct key_ref *key,
		       int64_t record, enum seal_field field, const void *clear,
		       size_t clear_len);
size_t keeper_add_open(struct keeper_batch *b, const struct key_ref *key,
		       int64_t record, enum seal_field field,
		       const void *sealed, size_t sealed_len);
/* A spool body: boxed spool key as found at the segment's head (SPOOL_BOX_BYTES
 * with the pair's number), the record's AAD and its sealed bytes. */
size_t keeper_add_open_spool(struct keeper_batch *b, const void *box,
			     size_t box_len, const void *aad, size_t aad_len,
			     const void *sealed, size_t sealed_len);
/* 32-byte blind index of an address (blindindex.h). */
size_t keeper_add_index(struct keeper_batch *b, const char *kind,
			const char *country, const char *address,
			size_t address_len);
/* 32-byte keyed hash under a key of its own per use: "token",
 * "idempotency", "fingerprint", "suppression", "policy", "staff". */
size_t keeper_add_hash(struct keeper_batch *b, const char *use,
		       const void *bytes, size_t len);
/* 32-byte audit commitment under the audit key derived from key. */
size_t keeper_add_commit(struct keeper_batch *b, const struct key_ref *key,
			 const char *record_id, const void *payload,
			 size_t len);
/* 32-byte key of one large file, derived from the data key and record. */
size_t keeper_add_file_key(struct keeper_batch *b, const struct key_ref *key,
			   int64_t record);
/* Destroys every data key of the person (datenart NULL) or of one Datenart;
 * result: u32 number of keys destroyed. */
size_t keeper_add_shred(struct keeper_batch *b, int64_t person,
			const struct name *datenart);
/* How many of these there are, u32: that they are gone is read back. */
size_t keeper_add_count_keys(struct keeper_batch *b, int64_t person,
			     const struct name *datenart);
/* Spool pairs older than the one in the oldest segment left are destroyed. */
size_t keeper_add_forget_spool(struct keeper_batch *b, uint32_t oldest_in_use);

/*
 * keeper_run - do all of them.
 *
 * ERR_BUSY: the keeper is away or locked; nothing that matters happened, run
 * again (a data key may have been made).  ERR_INPUT: an operation is too
 * large.  ERR_STORAGE: the key store failed.  Blocks at most 10 s.
 */
int keeper_run(struct keeper_batch *b, struct err *err);
/*
 * keeper_result - the bytes of one slot after a run that returned 0; they
 * live as long as the batch.
 *
 * ERR_CORRUPT: did not open.  ERR_ABSENT: its key was destroyed.
 * ERR_INPUT: refused (not an address, ...).
 */
int keeper_result(const struct keeper_batch *b, size_t slot,
		  const uint8_t **ret, size_t *ret_len, struct err *err);

struct keeper_status {
	bool locked;
	uint64_t data_keys; /* wrapped keys in the store */
	uint32_t root_epoch;
	uint32_t spool_pair;
	int64_t rotated_s; /* root key made at */
	char source[16];   /* "file", "credential", "passphrase" */
	char reason[64];   /* why it is locked, for people; else "" */
};
int keeper_status(struct keeper *k, struct keeper_status *ret, struct err *err);
int keeper_lock(struct keeper *k, struct err *err);
/* passphrase may be empty for a root key in a file or credential. */
int keeper_unlock(struct keeper *k, const void *passphrase, size_t len,
		  struct err *err);
/* New root key: re-wraps every data key in one transaction; new spool pair. */
int keeper_rotate(struct keeper *k, struct err *err);

/* --- the process itself and its files, for main.c ------------------------ */

struct env;
struct keeper_conf {
	const char *dir;	/* data directory */
	const char *credential; /* path of a systemd credential, or NULL */
	int listen_fd;		/* SEQPACKET listener */
	unsigned int peer_uid;	/* of the worker; root and own uid also pass */
	/* Stream socket to the supervisor.  EOF: stop.  Write the one byte 'R'
	 * (MSG_NOSIGNAL) once this process serves. */
	int lifeline_fd;
};
/* Runs until the lifeline closes or SIGTERM.  Returns the exit status. */
int keeper_serve(struct env *env, const struct keeper_conf *conf);
/* Makes keys/root (0600; with a passphrase: Argon2id-wrapped), keeper.db and
 * keys/spool.pub.  ERR_INPUT if any exists: a key is never replaced. */
int keeper_init(struct env *env, const char *dir, const void *passphrase,
		size_t passphrase_len, struct err *err);
/* Keyed hash for the first operator token, from the files just made. */
int keeper_init_hash(const char *dir, const void *passphrase,
		     size_t passphrase_len, const char *use, const void *bytes,
		     size_t len, uint8_t ret[32], struct err *err);
/* Copies root key and key store, sealed under a passphrase, into file (new,
 * 0600), which nobody restores after expires_ms (UTC; INT64_MAX: never).
 * Works beside a running keeper. */
int keeper_backup(struct env *env, const char *dir, const char *file,
		  const void *passphrase, size_t passphrase_len,
		  int64_t expires_ms, struct err *err);

/*
 * keeper_restore - the inverse, into a directory without keys.
 *
 * Erasures named in dir's erasures.log are done again before the key store
 * gets its name.  ERR_INPUT: keys exist there, or not a backup; ERR_CORRUPT:
 * wrong passphrase, truncated or changed.  ERR_DENIED: it has expired.  Nothing
 * is left on failure.
 */
int keeper_restore(struct env *env, const char *dir, const char *file,
		   const void *passphrase, size_t passphrase_len,
		   struct err *err);

/* --- spool keys, shared with the intake ---------------------------------- */

#define SPOOL_BOX_BYTES (4 + 32 + 48) /* u32 pair, crypto_box_seal(key) */
/* keys/spool.pub: u32 pair, 32-byte public key, 16-byte BLAKE2b check. */
struct spool_public {
	uint32_t pair;
	uint8_t key[32];
};
int spool_public_read(const char *path, struct spool_public *ret,
		      struct err *err);

#endif
