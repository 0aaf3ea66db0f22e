/* restore.h - a backup becomes the data of a folder again; while no gateway
 * runs.
 *
 * In two halves: everything is made ready in DIR/restore, and DIR/restore.ready
 * says that it is whole; then it is moved into place, and that file goes last.
 * Killed in the first half nothing happened, killed in the second the same verb
 * goes on, and nothing is served before it did. */
#ifndef POSTERN_BACKUP_RESTORE_H
#define POSTERN_BACKUP_RESTORE_H

#include "postern/env.h"
#include "recipient.h"

#define RESTORE_FOLDER "restore"
#define RESTORE_READY  "restore.ready"

struct restore_order {
	const char *dir, *file;
	const struct identity_key *identity;
	const char *keys_file; /* NULL: the keys are in dir */
	const void *passphrase;
	size_t passphrase_len;
	/* There is no erasures.log any more: who was erased since the backup
	 * nobody knows, and it is restored all the same. */
	bool without_erasures;
};
struct restore_result {
	bool went_on; /* with one that was killed */
	int64_t made_ms;
	uint64_t entries;    /* of the proof log, in the backup */
	uint64_t erased;     /* records and keys that are to go again */
	uint64_t parked;     /* rows of the outbox nobody repeats */
	uint64_t restricted; /* restrictions set since */
	uint64_t withdrawn;  /* consents ended since */
	uint64_t suppressed; /* addresses that want no advertising since */
	uint64_t held;	     /* holds placed since */
	uint64_t requests;   /* of persons, that wait for somebody now */
};
/*
 * restore_run - ERR_BUSY: a gateway serves dir.  ERR_DENIED: not for this
 * identity.  ERR_ABSENT: no such file, no keys, or no erasures.log.
 * ERR_INPUT: not a backup, or dir has keys and others were named.
 * ERR_CORRUPT: changed or cut off, or the passphrase is wrong.  err->what says
 * which, for people.
 */
int restore_run(struct env *env, const struct restore_order *order,
		struct restore_result *ret, struct err *err);
/* Is one half done?  Then nothing may be served. */
bool restore_pending(const char *dir);

/* --- restore_data.c ------------------------------------------------------- */

/* What is written into the archive before it gets its place. */
struct restore_data {
	const char *dir;     /* of the instance: what was erased since */
	const char *staging; /* where postern.db lies */
	int64_t made_ms, now_ms;
	bool without_erasures;
};
int restore_data_prepare(const struct restore_data *d,
			 struct restore_result *ret, struct err *err);

#endif
