/* wholelog.c - is this log what was signed, and does it extend what others saw?
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "postern/text.h"
#include "postern/tilefolder.h"
#include "restored.h"
#include "verify.h"

#define VKEY_BYTES_MAX 65536

struct examination {
	const struct verify_ask *ask;
	const char *path;
	struct verify_log log;
	const struct verify_keys *keys; /* given, or published */
	struct note note;
	struct checkpoint body;
	/* --checkpoint */
	struct buf outside_bytes;
	struct note outside_note;
	struct checkpoint outside;
	struct verify_restored restored; /* from backups, as it says */
	bool before;	    /* the checkpoint is of its name before */
	bool lost;	    /* ... and of entries that did not come back */
	unsigned int shown; /* percent */
	bool showing;
};

/* --- progress ------------------------------------------------------------- */

static void on_progress(void *ctx, uint64_t done, uint64_t all)
{
	struct examination *x = ctx;
	unsigned int percent =
	    all == 0 ? 100 : (unsigned int)((double)done * 100 / (double)all);

	if (!x->showing || percent == x->shown)
		return;
	x->shown = percent;
	(void)fprintf(stderr, "\r%3u %%, %" PRIu64 " of %" PRIu64 " entries",
		      percent, done, all);
}

static void end_progress(struct examination *x)
{
	if (x->showing && x->shown > 0)
		(void)fprintf(stderr, "\r%60s\r", "");
}

/* --- the root of a smaller tree ------------------------------------------- */

/* Reads the tiles that were just checked. */
static int on_read(void *ctx, unsigned int level, uint64_t index,
		   struct merkle_hash *ret, struct err *err)
{
	struct examination *x = ctx;
	unsigned int inside = level % TILE_HEIGHT, width = 0;
	uint64_t first = index << inside;
	size_t from = (size_t)(first % TILE_WIDTH), len = (size_t)1 << inside;
	struct merkle_hash hashes[TILE_WIDTH];

	if (x->log.source.tile(x->log.source.ctx, (int)(level / TILE_HEIGHT),
			       first / TILE_WIDTH, hashes, &width, err) != 0)
		return -1;
	if (width < from + len)
		return ERR_SET(err, ERR_CORRUPT, "a tile is missing", 0);
	tile_root(hashes + from, len, ret);
	return 0;
}

/* Of another name: is it how this log was called before it was restored?  A
 * beginning of it is one whatever it was called. */
static int compare_before(struct examination *x, struct err *err)
{
	struct merkle_hash root = {0};

	if (x->restored.len == 0)
		return ERR_SET(err, ERR_INPUT, "--checkpoint is of another log",
			       0);
	x->before = true;
	x->lost = x->outside.size > x->body.size;
	if (x->lost)
		return 0;
	if (merkle_root(x->outside.size, on_read, x, &root, err) != 0)
		return -1;
	x->lost = !merkle_equal(&root, &x->outside.root);
	return 0;
}

/* What somebody outside keeps has to be a beginning of this log. */
static int compare(struct examination *x, struct ledger_finding *ret,
		   struct err *err)
{
	struct merkle_hash root;

	if (strcmp(x->outside.origin, x->body.origin) != 0)
		return compare_before(x, err);
	if (x->outside.size > x->body.size) {
		*ret = (struct ledger_finding){.fault = LEDGER_SHORT,
					       .index = x->body.size,
					       .size = x->outside.size};
		return 0;
	}
	if (merkle_root(x->outside.size, on_read, x, &root, err) != 0)
		return -1;
	if (!merkle_equal(&root, &x->outside.root))
		*ret = (struct ledger_finding){.fault = LEDGER_BAD_CHECKPOINT,
					       .size = x->outside.size};
	return 0;
}

/* --- answers -------------------------------------------------------------- */

static const char *fault_name(enum ledger_fault fault)
{
	static const char *const names[] = {
	    [LEDGER_SOUND] = "sound",
	    [LEDGER_BAD_SIGNATURE] = "bad_signature",
	    [LEDGER_BAD_ENTRY] = "bad_entry",
	    [LEDGER_MISSING_ENTRY] = "missing_entry",
	    [LEDGER_BAD_TILE] = "bad_tile",
	    [LEDGER_BAD_ROOT] = "bad_root",
	    [LEDGER_SHORT] = "short",
	    [LEDGER_BAD_CHECKPOINT] = "bad_checkpoint",
	};
	size_t i = (size_t)fault;

	return i < sizeof(names) / sizeof(names[0]) ? names[i] : "unknown";
}

static bool names_index(enum ledger_fault fault)
{
	return fault == LEDGER_BAD_ENTRY || fault == LEDGER_MISSING_ENTRY ||
	       fault == LEDGER_BAD_TILE || fault == LEDGER_SHORT;
}

static void tell_trust(struct answer *a, const struct examination *x)
{
	answer_list(a, "verified");
	for (size_t i = 0; i < x->keys->len; i++)
		if (note_check(&x->note, &x->keys->keys[i], NULL) == NOTE_GOOD)
			answer_item(a, x->keys->keys[i].name,
				    strlen(x->keys->keys[i].name));
	answer_list_end(a);
	if (x->keys == &x->log.published)
		answer_text(a, "remark", "%s",
			    "the key was taken from the folder itself, or its "
			    "gateway: it shows that the log agrees with "
			    "itself, not whose "
			    "it is; --vkey KEY gives one from elsewhere");
}

static void tell_log(struct answer *a, const struct examination *x)
{
	char root[BASE64_LEN(MERKLE_HASH_BYTES) + 1];

	base64_encode(x->body.root.bytes, MERKLE_HASH_BYTES, root);
	answer_text(a, "log", "%s", x->body.origin);
	answer_number(a, "size", x->body.size);
	answer_text(a, "root", "%s", root);
	if (x->log.source.first > 0)
		answer_number(a, "pruned", x->log.source.first);
	if (x->log.waiting > 0)
		answer_number(a, "waiting", x->log.waiting);
	if (x->ask->against != NULL && !x->lost)
		answer_number(a, "extends", x->outside.size);
}

static int tell_sound(const struct examination *x)
{
	const struct note *cosigned =
	    x->ask->against != NULL ? &x->outside_note : &x->note;
	const char *why = NULL;
	bool good = verify_cosigned(x->ask, cosigned, &why);
	struct answer a;

	answer_begin(&a, x->ask, good ? "sound" : "refused",
		     good ? "the %" PRIu64 " entries of %s are what was "
			    "signed%s%s"
			  : "of %" PRIu64 " entries, log %s: %s%s",
		     x->body.size, x->body.origin, good ? "" : why,
		     good && x->ask->against != NULL
			 ? ", and extend the checkpoint given"
			 : "");
	tell_log(&a, x);
	if (x->before)
		answer_text(&a, "before",
			    "the checkpoint is of %s: so this log was called "
			    "before it was restored from a backup",
			    x->outside.origin);
	if (x->log.contents != NULL)
		answer_text(&a, "messages", "%s", "those the log knows");
	if (x->log.source.foreign)
		answer_text(&a, "entries", "%s",
			    "not those of a Postern log; what they say was "
			    "not looked at");
	tell_trust(&a, x);
	(void)verify_witnesses(&a, x->ask, cosigned, &why);
	if (good)
		answer_good(&a);
	return answer_end(&a);
}

static int tell_finding(const struct examination *x,
			const struct ledger_finding *f)
{
	struct buf text = BUF_INIT(VERIFY_TEXT_BYTES);
	struct err err = {0};
	struct answer a;

	if (ledger_finding_print(f, false, &text, &err) != 0 ||
	    buf_text(&text) == NULL) {
		buf_free(&text);
		return verify_failed(x->ask, "%s", err.what);
	}
	answer_begin(&a, x->ask, fault_name(f->fault), "%s",
		     (const char *)text.bytes);
	if (names_index(f->fault))
		answer_number(&a, "index", f->index);
	answer_number(&a, "checkpoint", f->size);
	if (x->body.origin[0] != '\0')
		tell_log(&a, x);
	buf_free(&text);
	return answer_end(&a);
}

/* Not a log that was tampered with: one that says that it was taken back. */
static int tell_restored(const struct examination *x)
{
	const uint64_t came =
	    verify_restored_below(&x->restored, x->outside.size);
	struct answer a;

	answer_begin(&a, x->ask, "restored",
		     "%s was restored from a backup of the first %" PRIu64
		     " entries of the log before it; of the %" PRIu64
		     " that %s signed, those from %" PRIu64 " on are not in it",
		     x->body.origin, came, x->outside.size, x->outside.origin,
		     came);
	answer_number(&a, "came_back", came);
	answer_number(&a, "checkpoint", x->outside.size);
	tell_log(&a, x);
	return answer_end(&a);
}

/* The log is sound, but what it speaks of is not what it says. */
static int tell_contents(const struct examination *x, struct buf *text)
{
	struct answer a;

	if (buf_text(text) == NULL)
		return verify_failed(x->ask, "no memory");
	answer_begin(&a, x->ask, "bad_message", "%s",
		     (const char *)text->bytes);
	tell_log(&a, x);
	return answer_end(&a);
}

/* Nothing is signed: nothing can be held against it. */
static int tell_unsigned(const struct examination *x)
{
	struct answer a;

	answer_begin(&a, x->ask, "unsigned",
		     "no checkpoint of this log was signed yet; nothing can "
		     "be said of its %" PRIu64 " entries",
		     x->log.waiting);
	answer_number(&a, "waiting", x->log.waiting);
	return answer_end(&a);
}

/* --- a folder of tiles ---------------------------------------------------- */

static void close_folder(void *owner)
{
	struct tilefolder *f = owner;

	tilefolder_close(&f);
}

static int open_folder(const char *path, struct verify_log *ret,
		       struct err *err)
{
	struct buf text = BUF_INIT(VKEY_BYTES_MAX);
	struct err none = {0};
	struct tilefolder *f;

	if (tilefolder_open(path, &f, err) != 0)
		return -1;
	ret->owner = f;
	ret->close = close_folder;
	ret->note = tilefolder_note(f, &ret->note_len);
	tilefolder_source(f, &ret->source);
	if (tilefolder_file(f, "vkey", VKEY_BYTES_MAX, &text, &none) == 0)
		(void)verify_keys_read(&ret->published, text.bytes, text.len,
				       &none); /* then it publishes none */
	buf_free(&text);
	return 1;
}

/* --- the check ------------------------------------------------------------ */

static int read_outside(struct examination *x)
{
	const struct verify_ask *ask = x->ask;
	struct err err = {0};

	if (ask->against == NULL)
		return 0;
	if (verify_read(ask->against, NOTE_BYTES_MAX, &x->outside_bytes,
			&err) != 0 ||
	    note_parse((const char *)x->outside_bytes.bytes,
		       x->outside_bytes.len, &x->outside_note, &err) != 0 ||
	    checkpoint_parse(x->outside_note.text, x->outside_note.text_len,
			     &x->outside, &err) != 0)
		return verify_failed(ask, "%s: %s", ask->against, err.what);
	if (note_verify(&x->outside_note, x->keys->keys, x->keys->len, NULL,
			&err) != 0)
		return verify_failed(
		    ask,
		    "%s: not signed by a key of this log (of one before a "
		    "restore, give its key with --vkey, too)",
		    ask->against);
	return 0;
}

static int find_keys(struct examination *x)
{
	x->keys = x->ask->keys.len > 0 ? &x->ask->keys : &x->log.published;
	if (x->keys->len > 0)
		return 0;
	return verify_failed(
	    x->ask, "%s: publishes no key; --vkey KEY or @FILE", x->path);
}

/* A note that cannot be read is a finding of the check below. */
static void read_own(struct examination *x)
{
	struct note note;
	struct checkpoint body;

	if (note_parse(x->log.note, x->log.note_len, &note, NULL) != 0 ||
	    checkpoint_parse(note.text, note.text_len, &body, NULL) != 0)
		return;
	x->note = note;
	x->body = body;
}

/* What was signed is there; is what it is about? */
static int look_inside(struct examination *x)
{
	struct buf text = BUF_INIT(VERIFY_TEXT_BYTES);
	struct err err = {0};
	int status, rc = 1;

	if (x->log.contents != NULL)
		rc = x->log.contents(x->log.owner, on_progress, x, &text, &err);
	end_progress(x);
	if (rc == 1)
		status = tell_sound(x);
	else if (rc == 0)
		status = tell_contents(x, &text);
	else
		status = verify_failed(x->ask,
				       "%s: its messages cannot be checked: "
				       "%s",
				       x->path, err.what);
	buf_free(&text);
	return status;
}

static int go_over(struct examination *x, struct ledger_finding *ret,
		   struct err *err)
{
	struct ledger_source source;
	int rc;

	verify_restored_watch(&x->restored, &x->log.source, &source);
	rc = ledger_verify(&source, x->log.note, x->log.note_len, x->keys->keys,
			   x->keys->len, on_progress, x, ret, err);
	end_progress(x);
	return rc;
}

/* The tiles of another log are right although no entry is one of ours, not
 * even the first.  A first one that was changed is found again. */
static int go_over_foreign(struct examination *x, struct ledger_finding *ret,
			   struct err *err)
{
	struct verify_keys published = x->log.published;

	if (x->log.close != close_folder || ret->fault != LEDGER_BAD_ENTRY ||
	    ret->index != x->log.source.first)
		return 0;
	x->log.close(x->log.owner);
	x->log = (struct verify_log){0};
	if (open_folder(x->path, &x->log, err) < 0)
		return -1;
	x->log.published = published;
	x->log.source.foreign = true;
	read_own(x);
	return go_over(x, ret, err);
}

static int examine(struct examination *x)
{
	struct ledger_finding found = {0};
	struct err err = {0};
	int status, rc;

	if (x->log.note == NULL)
		return tell_unsigned(x);
	status = find_keys(x);
	if (status == 0)
		status = read_outside(x);
	if (status != 0)
		return status;
	read_own(x);
	if (x->ask->log_only)
		x->log.contents = NULL;
	x->showing = isatty(STDERR_FILENO) != 0;
	rc = go_over(x, &found, &err);
	if (rc == 0)
		rc = go_over_foreign(x, &found, &err);
	if (rc == 0 && found.fault == LEDGER_SOUND && x->ask->against != NULL)
		rc = compare(x, &found, &err);
	if (rc != 0)
		return verify_failed(x->ask, "%s: cannot be checked: %s",
				     x->path, err.what);
	if (x->lost)
		return tell_restored(x);
	return found.fault == LEDGER_SOUND ? look_inside(x)
					   : tell_finding(x, &found);
}

/* --- which kind of folder ------------------------------------------------- */

static bool has_file(const char *folder, const char *name)
{
	char path[1100];
	int n = snprintf(path, sizeof(path), "%s/%s", folder, name);

	return n > 0 && (size_t)n < sizeof(path) && verify_exists(path);
}

static int open_log(struct examination *x, struct err *err)
{
	bool tiles = has_file(x->path, "checkpoint");
	int rc = 0;

	if (!tiles && x->ask->data != NULL)
		rc = x->ask->data(x->path, &x->log, err);
	else if (!tiles && has_file(x->path, "postern.db"))
		return ERR_SET(err, ERR_INPUT,
			       "is the data folder of a gateway; postern "
			       "ledger verify reads it",
			       0);
	return rc != 0 ? rc : open_folder(x->path, &x->log, err);
}

int verify_log_ask(struct verify_ask *ask)
{
	struct examination x = {.ask = ask,
				.path = ask->folder != NULL ? ask->folder
							    : ask->dir,
				.outside_bytes = BUF_INIT(NOTE_BYTES_MAX)};
	struct err err = {0};
	int status;

	if (verify_export_ask(ask, x.path, &status) != 0)
		return status;
	if (open_log(&x, &err) < 0)
		status = verify_failed(ask, "%s: %s", x.path, err.what);
	else
		status = examine(&x);
	if (x.log.close != NULL)
		x.log.close(x.log.owner);
	buf_free(&x.outside_bytes);
	return status;
}
