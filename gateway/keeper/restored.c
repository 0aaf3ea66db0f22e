/* restored.c - key files beside a restore of the data, while no keeper runs.
 *
 * No root key is needed for any of it: rows are deleted, none is opened. */
#include <errno.h>

#include "keeper/logstate.h"
#include "keeper/vault.h"
#include "postern/keeperrestore.h"

int keeper_erasures_again(const char *dir, const char *log_dir,
			  uint32_t *ret_count, struct err *err)
{
	struct keystore *store = NULL;
	int rc = -1;

	if (keystore_open(dir, &store, err) != 0)
		return -1;
	if (keystore_begin(store, err) == 0 &&
	    erasure_replay(log_dir, store, ret_count, err) == 0 &&
	    keystore_commit(store, err) == 0)
		rc = keystore_truncate(store, err);
	keystore_rollback(store);
	keystore_close(&store);
	return rc;
}

static int walk(FILE *file, keeper_erasures_fn *each, void *ctx,
		struct err *err)
{
	struct erasure e;
	int rc;

	while ((rc = erasure_next(file, &e, err)) > 0)
		if (each(ctx, e.at_ms, e.person, e.all ? NULL : &e.datenart,
			 err) != 0)
			return -1;
	return rc;
}

int keeper_erasures_each(const char *log_dir, keeper_erasures_fn *each,
			 void *ctx, struct err *err)
{
	char path[DURABLE_PATH_BYTES];
	FILE *file;
	int rc;

	if (durable_path(log_dir, ERASURE_FILE, path, err) != 0)
		return -1;
	file = fopen(path, "re");
	if (file == NULL)
		return ERR_SET(err, errno == ENOENT ? ERR_ABSENT : ERR_STORAGE,
			       "cannot read erasures.log", errno);
	rc = walk(file, each, ctx, err);
	(void)fclose(file); /* read only */
	return rc;
}

/* --- the proof log -------------------------------------------------------- */

int keeper_log_last(const char *dir, char ret_origin[NOTE_NAME_BYTES],
		    uint64_t *ret_size, struct err *err)
{
	struct log_state *s = calloc(1, sizeof(*s));
	struct keystore *store = NULL;
	int rc = -1;

	if (s == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory", 0);
	if (keystore_open(dir, &store, err) == 0)
		rc = log_state_load(store, s, err);
	if (rc == 0) {
		memcpy(ret_origin, s->origin, NOTE_NAME_BYTES);
		*ret_size = s->size;
	}
	keystore_close(&store);
	free(s);
	return rc;
}

int keeper_log_end(const char *dir, struct err *err)
{
	struct keystore *store = NULL;
	char name[LOG_NAME_MAX];
	int rc = -1;

	if (keystore_open(dir, &store, err) != 0)
		return -1;
	if (keystore_begin(store, err) != 0 ||
	    keystore_log_forget(store, err) != 0)
		goto out;
	for (size_t i = 0; i < KEEPER_LOG_KEYS_MAX; i++) {
		log_key_name(i, name);
		if (keystore_instance_forget(store, name, err) != 0)
			goto out;
	}
	if (keystore_commit(store, err) == 0)
		rc = keystore_truncate(store, err);
out:
	keystore_rollback(store);
	keystore_close(&store);
	return rc;
}
