/* look.c - the archive of an instance, only to read. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "ledger_verbs.h"
#include "policy_verbs/files.h"
#include "postern/ledgerbatch.h"
#include "postern/settings.h"

#define ARCHIVE	       "postern.db"
#define VKEY	       "ledger/vkey" /* of what is published */
#define VKEY_BYTES_MAX 65536

static int path_in(const char *dir, const char *name, char *ret, size_t size)
{
	int n = snprintf(ret, size, "%s/%s", dir, name);

	return n > 0 && (size_t)n < size ? 0 : -1;
}

int ledger_look(const char *dir, struct store **ret, struct err *err)
{
	char path[PATH_MAX], full[PATH_MAX];
	const char *engine;

	if (path_in(dir, ARCHIVE, path, sizeof(path)) != 0)
		return ERR_SET(err, ERR_INPUT, "the path is too long", 0);
	if (realpath(path, full) == NULL)
		return errno == ENOENT || errno == ENOTDIR
			   ? ERR_SET(err, ERR_ABSENT,
				     "no archive (postern.db) in this folder",
				     errno)
			   : ERR_SET(err, ERR_BUSY,
				     "the archive cannot be opened", errno);
	if (store_engines(&engine, 1) != 1)
		return ERR_SET(err, ERR_INPUT, "no engine", 0);
	return store_look(engine, full, ret, err);
}

/* --- keys and roots ------------------------------------------------------- */

/* The gateway is asked first: the file lags behind a rotation while the folder
 * cannot be written, and a sound log would be accused. */
void ledger_look_keys(const char *dir, struct verify_keys *ret)
{
	struct buf text = BUF_INIT(VKEY_BYTES_MAX);
	char path[PATH_MAX];
	struct err err = {0};

	ledger_ask_keys(dir, ret);
	if (ret->len == 0 && path_in(dir, VKEY, path, sizeof(path)) == 0 &&
	    verify_read(path, VKEY_BYTES_MAX, &text, &err) == 0)
		(void)verify_keys_read(ret, text.bytes, text.len,
				       &err); /* what cannot be read is none */
	buf_free(&text);
}

bool ledger_look_root(const char *dir, char *ret, size_t size)
{
	struct settings *s = NULL;
	bool found = false;

	if (files_settings(dir, false, &s) == 0 &&
	    s->ledger.stamp.root[0] != '\0')
		found =
		    s->ledger.stamp.root[0] == '/'
			? (size_t)snprintf(ret, size, "%s",
					   s->ledger.stamp.root) < size
			: path_in(dir, s->ledger.stamp.root, ret, size) == 0;
	settings_free(&s);
	return found;
}

/* --- a log ---------------------------------------------------------------- */

struct looking {
	struct store *st;
	struct ledger_reading *reading;
	struct buf note;
};

static void close_looking(void *owner)
{
	struct looking *l = owner;

	ledger_source_close(&l->reading);
	store_close(&l->st);
	buf_free(&l->note);
	free(l);
}

static int read_last(struct looking *l, struct verify_log *ret, struct err *err)
{
	struct checkpoint body = {0};
	uint64_t entries;
	int64_t at_ms;

	if (ledger_last(l->st, &l->note, &body, &at_ms, err) == 0) {
		ret->note = (const char *)l->note.bytes;
		ret->note_len = l->note.len;
	} else if (err->kind != ERR_ABSENT) {
		return -1;
	}
	if (ledger_entries(l->st, &entries, err) != 0)
		return -1;
	ret->waiting = entries > body.size ? entries - body.size : 0;
	return 0;
}

/* Messages are named as everywhere outside. */
static int read_mask(struct store *st, struct id_mask *ret, struct err *err)
{
	static const char sql[] = "SELECT value FROM meta WHERE name='id_mask'";
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc = store_start(st, sql, STORE_NO_ARGS, &rows, err);

	if (rc == 0)
		rc = store_step(st, rows, err);
	if (rc == 1) {
		v = store_column(st, rows, 0);
		rc = v.len == sizeof(ret->key) ? 1 : 0;
		if (rc == 1)
			memcpy(ret->key, v.bytes, sizeof(ret->key));
	}
	store_finish(st, &rows);
	if (rc == 0)
		return ERR_SET(err, ERR_CORRUPT, "no id mask in the archive",
			       0);
	return rc == 1 ? 0 : -1;
}

static int check_messages(void *owner, ledger_progress progress, void *ctx,
			  struct buf *ret, struct err *err)
{
	struct looking *l = owner;
	struct ledger_message_finding found = {0};
	struct id_mask mask;

	if (read_mask(l->st, &mask, err) != 0 ||
	    ledger_check_messages(l->st, progress, ctx, &found, err) != 0)
		return -1;
	if (found.fault == LEDGER_MESSAGES_SOUND)
		return 1;
	return ledger_message_finding_print(&found, &mask, false, ret, err) == 0
		   ? 0
		   : -1;
}

int ledger_look_log(const char *dir, struct verify_log *ret, struct err *err)
{
	struct looking *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return ERR_SET(err, ERR_NOMEM, "archive", 0);
	l->note = BUF_INIT(NOTE_BYTES_MAX);
	if (ledger_look(dir, &l->st, err) != 0) {
		bool none = err->kind == ERR_ABSENT;

		close_looking(l);
		return none ? 0 : -1;
	}
	if (read_last(l, ret, err) != 0 ||
	    ledger_source_open(l->st, &l->reading, &ret->source, err) != 0) {
		close_looking(l);
		return -1;
	}
	ret->owner = l;
	ret->close = close_looking;
	ret->contents = check_messages;
	ledger_look_keys(dir, &ret->published);
	return 1;
}
