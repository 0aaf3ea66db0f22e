/* ledger.c - when the proof log is signed, and whether this archive is the one
 * that was signed.
 *
 * Order of writes: entries and tree are committed -> the keeper remembers size
 * and root, synced -> its note and the entry that tells of it are committed
 * here.  A crash before the last step leaves a note that the keeper gives once
 * more; so every size that was signed has its note in the archive. */
#include <unistd.h>

#include <inttypes.h>

#include "inbound.h"
#include "ledgerclock.h"
#include "postern/keeperlog.h"
#include "postern/ledger.h"
#include "postern/log.h"
#include "prove.h"

#define GROW_MAX  1024 /* entries of one turn, a few ms */
#define SCAN_MAX  1024
#define END_MAX	  (64 * GROW_MAX) /* entries of an orderly end */
#define LOOK_MS	  50
#define MINUTE_MS (60 * (int64_t)1000)

/* What a keeper that is away leaves open is open: messages wait for it anyway,
 * and whoever may unlock it has to get through. */
enum trust { TRUST_UNKNOWN, TRUST_KEEPER_AWAY, TRUST_GIVEN, TRUST_REFUSED };

struct ledger_clock {
	enum trust trust;
	bool said_origin;
	uint64_t signed_size;	/* last note that is in the archive */
	uint64_t scanned;	/* entries before it were looked at */
	uint64_t fresh;		/* that count, from signed_size to scanned */
	int64_t signed_boot_ms; /* when; may be before this boot */
	int64_t look_boot_ms;	/* not before */
};

/* --- opening -------------------------------------------------------------- */

/* The note that was kept last; size 0: none. */
static int last_kept(struct worker *w, uint64_t *ret_size, int64_t *ret_at_ms,
		     struct err *err)
{
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct checkpoint body;
	struct err own = {0};
	int rc = ledger_last(w->store, &note, &body, ret_at_ms, &own);

	buf_free(&note);
	*ret_size = rc == 0 ? body.size : 0;
	if (rc == 0 || own.kind == ERR_ABSENT)
		return 0;
	*err = own;
	return -1;
}

int ledgerclock_open(struct worker *w, struct ledger_clock **ret,
		     struct err *err)
{
	const int64_t every = w->settings->ledger.checkpoint_minutes;
	struct ledger_clock *c = calloc(1, sizeof(*c));
	int64_t at_ms = 0, age_ms;

	if (c == NULL)
		return ERR_SET(err, ERR_NOMEM, "proof log", 0);
	if (last_kept(w, &c->signed_size, &at_ms, err) != 0) {
		free(c);
		return -1;
	}
	/* A clock that was set must make it neither silent nor busy. */
	age_ms = worker_now(w) - at_ms;
	if (age_ms < 0 || age_ms > every * MINUTE_MS)
		age_ms = every * MINUTE_MS;
	c->signed_boot_ms = worker_boot(w) - age_ms;
	c->scanned = c->signed_size;
	*ret = c;
	return 0;
}

void ledgerclock_close(struct ledger_clock **c)
{
	free(*c);
	*c = NULL;
}

/* --- the keeper ----------------------------------------------------------- */

/* The log of an archive that was restored is another one than before, and has
 * another name (docs/backup.md). */
static int name_of(struct worker *w, char ret[NOTE_NAME_BYTES], struct err *err)
{
	const char *name = w->settings->ledger.origin;
	uint64_t generation = 0;
	bool restored = false;
	int n;

	if (meta_get_u64(w->store, "ledger_generation", &generation, &restored,
			 err) != 0)
		return -1;
	n = restored && name[0] != '\0'
		? snprintf(ret, NOTE_NAME_BYTES, "%s/restored-%" PRIu64, name,
			   generation)
		: snprintf(ret, NOTE_NAME_BYTES, "%s", name);
	return n >= 0 && n < NOTE_NAME_BYTES
		   ? 0
		   : ERR_SET(err, ERR_BUSY, "the name of the log is too long",
			     0);
}

/* A name in the settings counts until something was signed. */
static int ask_keeper(struct worker *w, struct keeper_log *ret, struct err *err)
{
	struct ledger_clock *c = w->ledger;
	char name[NOTE_NAME_BYTES];

	if (name_of(w, name, err) != 0)
		return -1;
	if (keeper_log_status(w->keeper, name, ret, err) == 0)
		return 0;
	if (err->kind == ERR_DENIED) {
		if (!c->said_origin)
			LOG0(LOG_LEVEL_WARN, "ledger.origin_stays");
		c->said_origin = true;
		if (keeper_log_status(w->keeper, "", ret, err) == 0)
			return 0;
	}
	/* Whatever it is: it is of the keeper, not of the archive. */
	err->kind = ERR_BUSY;
	return -1;
}

/* --- does it extend what was signed? -------------------------------------- */

/* For whoever stands before a gateway that does not serve.
 * Proves: compliance, L5. */
static void tell(const char *what, uint64_t signed_size, uint64_t entries)
{
	char text[512];
	int n = snprintf(
	    text, sizeof(text),
	    "postern: the keeper signed a proof log of %llu entries last; "
	    "postern.db %s (%llu entries).  It was replaced by an older copy "
	    "or changed, so nothing is served.  Put back the newest "
	    "postern.db; see \"A log that goes back\" in docs/operation.md.\n",
	    (unsigned long long)signed_size, what, (unsigned long long)entries);

	if (n > 0 && (size_t)n < sizeof(text))
		(void)!write(STDERR_FILENO, text, (size_t)n);
}

static void refuse(struct worker *w, uint64_t signed_size, uint64_t entries)
{
	bool shorter = entries < signed_size;

	w->ledger->trust = TRUST_REFUSED;
	LOG(LOG_LEVEL_ERROR, "ledger.refused",
	    log_table("archive", shorter ? "shorter" : "other"),
	    LOG_NUM("signed", (int64_t)signed_size),
	    LOG_NUM("entries", (int64_t)entries));
	tell(shorter ? "is shorter" : "holds another one", signed_size,
	     entries);
}

/* The tree up to size, as far as there are entries. */
static int grow_to(struct worker *w, uint64_t size, uint64_t *ret_size,
		   struct err *err)
{
	bool left = true;

	if (ledger_size(w->store, ret_size, err) != 0)
		return -1;
	while (left && *ret_size < size)
		if (ledger_grow(w->store, GROW_MAX, &left, err) != 0 ||
		    ledger_size(w->store, ret_size, err) != 0)
			return -1;
	return 0;
}

static int compare(struct worker *w, const struct keeper_log *log,
		   struct err *err)
{
	uint64_t size = 0, entries = 0;
	struct merkle_hash root;

	if (ledger_entries(w->store, &entries, err) != 0 ||
	    ledger_size(w->store, &size, err) != 0)
		return -1;
	/* Also of entries that the tree still has. */
	if (entries < log->size || entries < size) {
		refuse(w, log->size, entries);
		return 0;
	}
	if (grow_to(w, log->size, &size, err) != 0 ||
	    ledger_root(w->store, log->size, &root, err) != 0)
		return -1;
	if (!merkle_equal(&root, &log->root))
		refuse(w, log->size, entries);
	else
		w->ledger->trust = TRUST_GIVEN;
	return 0;
}

int ledgerclock_prove(struct worker *w, struct err *err)
{
	struct ledger_clock *c = w->ledger;
	struct keeper_log log = {0};
	struct err away = {0};

	if (c->trust == TRUST_GIVEN || c->trust == TRUST_REFUSED)
		return 0;
	if (ask_keeper(w, &log, &away) != 0) {
		c->trust = TRUST_KEEPER_AWAY;
		return 0;
	}
	return compare(w, &log, err);
}

bool ledgerclock_refused(const struct worker *w)
{
	return w->ledger != NULL && w->ledger->trust == TRUST_REFUSED;
}

bool ledgerclock_lets(const struct worker *w, bool operator_only)
{
	if (w->ledger == NULL)
		return true;
	return w->ledger->trust == TRUST_GIVEN ||
	       (operator_only && w->ledger->trust == TRUST_KEEPER_AWAY);
}

/* --- signing -------------------------------------------------------------- */

/* Note and entry in one transaction. */
static int keep(struct worker *w, uint64_t size, const struct merkle_hash *root,
		const struct buf *note, struct err *err)
{
	const struct ledger_entry entry = {.event = LEDGER_LOG_CHECKPOINT,
					   .at_ms = worker_now(w),
					   .actor = LEDGER_SYSTEM,
					   .counted = true,
					   .count = size,
					   .rooted = true,
					   .root = *root};

	if (store_begin(w->store, err) != 0)
		return -1;
	if (ledger_keep_checkpoint(w->store, size, entry.at_ms, note->bytes,
				   note->len, err) != 0 ||
	    ledger_append(w->store, &w->mask, &entry, NULL, err) != 0) {
		store_roll_back(w->store);
		return -1;
	}
	return store_commit(w->store, err);
}

/* The keeper's note of this size, proved from what it signed last. */
static int ask_note(struct worker *w, const struct keeper_log *log,
		    uint64_t size, const struct merkle_hash *root,
		    struct buf *ret, struct err *err)
{
	struct merkle_hash proof[MERKLE_PROOF_MAX];
	size_t len = 0;

	if (log->size > 0 && log->size < size &&
	    ledger_prove_consistency(w->store, log->size, size, proof, &len,
				     err) != 0)
		return -1;
	if (keeper_log_sign(w->keeper, size, root, proof, len, ret, err) == 0)
		return 0;
	/* The archive was exchanged under us, or somebody else signs. */
	if (err->kind == ERR_DENIED)
		refuse(w, log->size, size);
	err->kind = ERR_BUSY;
	return -1;
}

static int sign_size(struct worker *w, const struct keeper_log *log,
		     uint64_t size, struct err *err)
{
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct ledger_clock *c = w->ledger;
	struct merkle_hash root;
	int rc = -1;

	if (ledger_root(w->store, size, &root, err) != 0 ||
	    ask_note(w, log, size, &root, &note, err) != 0 ||
	    keep(w, size, &root, &note, err) != 0)
		goto out;
	c->signed_size = size;
	c->signed_boot_ms = worker_boot(w);
	c->scanned = size;
	c->fresh = 0;
	w->prune_boot_ms = 0; /* it may wait for this note */
	LOG(LOG_LEVEL_INFO, "ledger.signed", LOG_NUM("size", (int64_t)size));
	rc = 0;
out:
	buf_free(&note);
	return rc;
}

/* What the keeper signed and nobody kept comes first. */
static int sign(struct worker *w, uint64_t size, struct err *err)
{
	struct keeper_log log = {0};

	if (ask_keeper(w, &log, err) != 0)
		return -1;
	if (log.size > w->ledger->signed_size && log.size <= size) {
		if (sign_size(w, &log, log.size, err) != 0)
			return -1;
		if (ask_keeper(w, &log, err) != 0)
			return -1;
	}
	if (size == log.size && size == w->ledger->signed_size && !log.rotating)
		return 0;
	return sign_size(w, &log, size, err);
}

int ledgerclock_sign(struct worker *w, struct err *err)
{
	uint64_t size = 0, entries = 0;

	if (!ledgerclock_lets(w, false))
		return ERR_SET(err, ERR_BUSY, "not compared yet", 0);
	if (ledger_entries(w->store, &entries, err) != 0 ||
	    grow_to(w, entries, &size, err) != 0)
		return -1;
	if (size == 0)
		return ERR_SET(err, ERR_ABSENT, "the log is empty", 0);
	return sign(w, size, err);
}

static int tell_rotated(struct worker *w, struct err *err)
{
	const struct act act = {.event = LEDGER_LOG_KEY_ROTATED,
				.by = LEDGER_STAFF};

	if (worker_begin(w, err) != 0)
		return -1;
	if (prove(w, &act, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	return worker_commit(w, err);
}

/* The entry first: it is covered by the note that both sign. */
int ledgerclock_rotate(struct worker *w, struct err *err)
{
	struct keeper_log log;

	if (!ledgerclock_lets(w, false))
		return ERR_SET(err, ERR_BUSY, "not compared yet", 0);
	if (ask_keeper(w, &log, err) != 0 ||
	    (!log.rotating && tell_rotated(w, err) != 0))
		return -1;
	if (keeper_log_rotate(w->keeper, &log, err) != 0) {
		if (err->kind != ERR_DENIED)
			err->kind = ERR_BUSY;
		return -1;
	}
	return ledgerclock_sign(w, err);
}

/* --- when ----------------------------------------------------------------- */

/* What the log says about itself must not keep it going for ever. */
static bool about_itself(const struct buf *entry)
{
	static const char mark[] = "\"e\":\"log.";

	return memmem(entry->bytes, entry->len, mark, sizeof(mark) - 1) != NULL;
}

/* Counts entries of the tree that nobody signed yet, some in a turn. */
static int scan(struct worker *w, uint64_t size, bool *ret_left,
		struct err *err)
{
	struct buf entry = BUF_INIT(LEDGER_ENTRY_MAX);
	struct ledger_clock *c = w->ledger;
	uint64_t end = size;
	int rc = 0;

	if (end - c->scanned > SCAN_MAX)
		end = c->scanned + SCAN_MAX;
	for (; c->scanned < end && rc == 0; c->scanned++) {
		entry.len = 0;
		rc = ledger_read(w->store, c->scanned, &entry, err);
		if (rc == 0)
			c->fresh += !about_itself(&entry);
	}
	buf_free(&entry);
	*ret_left = c->scanned < size;
	return rc;
}

static bool due(const struct worker *w)
{
	const struct ledger_clock *c = w->ledger;
	const int64_t every_ms =
	    w->settings->ledger.checkpoint_minutes * MINUTE_MS;

	if (c->fresh >= (uint64_t)w->settings->ledger.checkpoint_entries)
		return true;
	return c->fresh > 0 && worker_boot(w) - c->signed_boot_ms >= every_ms;
}

static int look(struct worker *w, bool *ret_moved, struct err *err)
{
	bool growing = false, scanning = false;
	uint64_t size = 0;

	if (ledger_grow(w->store, GROW_MAX, &growing, err) != 0 ||
	    ledger_size(w->store, &size, err) != 0 ||
	    scan(w, size, &scanning, err) != 0)
		return -1;
	if (growing || scanning) {
		*ret_moved = true;
		w->ledger->look_boot_ms = 0;
	}
	return due(w) ? sign(w, size, err) : 0;
}

int ledgerclock_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct ledger_clock *c = w->ledger;

	if (c == NULL)
		return 0;
	if (c->trust != TRUST_GIVEN) {
		if (ledgerclock_prove(w, err) != 0)
			return -1;
		if (c->trust == TRUST_KEEPER_AWAY)
			return ERR_SET(err, ERR_BUSY, "no keeper", 0);
		*ret_moved = true;
		return 0;
	}
	if (worker_boot(w) < c->look_boot_ms)
		return 0;
	c->look_boot_ms = worker_boot(w) + LOOK_MS;
	return look(w, ret_moved, err);
}

void ledgerclock_end(struct worker *w)
{
	struct ledger_clock *c = w->ledger;
	bool growing = true, scanning = true;
	struct err err = {0};
	uint64_t size = 0;

	if (c == NULL || c->trust != TRUST_GIVEN)
		return;
	for (int i = 0; i < END_MAX / GROW_MAX && (growing || scanning); i++)
		if (ledger_grow(w->store, GROW_MAX, &growing, &err) != 0 ||
		    ledger_size(w->store, &size, &err) != 0 ||
		    scan(w, size, &scanning, &err) != 0)
			goto failed;
	if (c->fresh == 0 || sign(w, size, &err) == 0)
		return;
failed:
	LOG(LOG_LEVEL_WARN, "ledger.end_unsigned", LOG_ERR(&err));
}
