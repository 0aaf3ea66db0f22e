/* prune.c - entries whose time has passed, in two steps (postern/ledger.h).
 *
 * What goes is looked at before it is named: an entry that is not what the
 * tree says is evidence, and stays. */
#include <assert.h>

#include "postern/ledgerbatch.h"
#include "rows.h"

static const char bundle_sql[] =
    "SELECT id,body FROM ledger_entry WHERE id>=? AND id<? ORDER BY id";
static const char remove_sql[] = "DELETE FROM ledger_entry WHERE id<?";

struct pruning {
	struct store *st;
	const struct ledger_cut *cut;
	uint64_t first; /* that is still there */
	uint64_t end;	/* covered by a checkpoint, and not among the last */
	uint64_t signed_size;
	uint64_t named; /* index of the last log.pruned */
	uint64_t stays; /* and its n */
};

static int look(struct pruning *p, struct err *err)
{
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct checkpoint body = {.size = 0};
	struct err why = {0};
	uint64_t entries, last;
	int rc = ledger_last(p->st, &note, &body, NULL, &why);

	buf_free(&note);
	if (rc != 0 && why.kind != ERR_ABSENT) {
		if (err != NULL)
			*err = why;
		return -1;
	}
	if (ledger_first(p->st, &p->first, err) != 0 ||
	    ledger_entries(p->st, &entries, err) != 0 ||
	    ledger_meta_get(p->st, LEDGER_META_PRUNED, &p->named, err) != 0 ||
	    ledger_meta_get(p->st, LEDGER_META_STAYS, &p->stays, err) != 0)
		return -1;
	if (p->first % TILE_WIDTH != 0)
		return ERR_SET(err, ERR_CORRUPT, "an entry is missing", 0);
	last = entries == 0 ? 0 : entries - 1;
	p->signed_size = body.size;
	p->end = body.size < last ? body.size : last;
	return 0;
}

/* --- naming --------------------------------------------------------------- */

/* 1: all of it is as the tree says and old enough, 0: something is younger. */
static int look_at_rows(struct pruning *p, uint64_t at, struct store_rows *rows,
			const struct merkle_hash *hashes, struct err *err)
{
	struct store_value body;
	struct merkle_hash leaf;
	struct ledger_told told;
	bool old = true;
	size_t i = 0;
	int rc;

	while ((rc = store_step(p->st, rows, err)) > 0) {
		body = store_column(p->st, rows, 1);
		merkle_leaf(body.bytes, body.len, &leaf);
		if (store_column(p->st, rows, 0).num != (int64_t)(at + i) ||
		    !merkle_equal(&leaf, &hashes[i]) ||
		    ledger_entry_parse(body.bytes, body.len, &told, NULL) != 0)
			return ERR_SET(err, ERR_CORRUPT,
				       "an entry is not what the tree says", 0);
		old = old && told.at_ms < p->cut->before_ms;
		i++;
	}
	if (rc == 0 && i != TILE_WIDTH)
		return ERR_SET(err, ERR_CORRUPT, "an entry is missing", 0);
	return rc < 0 ? -1 : old;
}

static int is_old(struct pruning *p, uint64_t at, struct err *err)
{
	struct merkle_hash hashes[TILE_WIDTH];
	struct store_rows *rows = NULL;
	unsigned int width;
	int rc;

	if (ledger_tile(p->st, 0, at / TILE_WIDTH, hashes, &width, err) != 0)
		return -1;
	if (width != TILE_WIDTH)
		return ERR_SET(err, ERR_CORRUPT, "a tile lacks hashes", 0);
	if (store_start(p->st, bundle_sql,
			STORE_ARGS(S_INT(at), S_INT(at + TILE_WIDTH)), &rows,
			err) != 0)
		return -1;
	rc = look_at_rows(p, at, rows, hashes, err);
	store_finish(p->st, &rows);
	return rc;
}

static int name(struct pruning *p, struct err *err)
{
	struct ledger_entry e = {.event = LEDGER_LOG_PRUNED,
				 .at_ms = p->cut->now_ms,
				 .actor = LEDGER_SYSTEM,
				 .reason = LEDGER_R_RETENTION,
				 .counted = true};
	uint64_t to = p->first, index;
	int old = 1;

	while (to + TILE_WIDTH <= p->end && to - p->first < p->cut->max) {
		old = is_old(p, to, err);
		if (old <= 0)
			break;
		to += TILE_WIDTH;
	}
	if (old < 0)
		return -1;
	if (to == p->first)
		return 0;
	e.count = to;
	if (ledger_append(p->st, NULL, &e, &index, err) != 0 ||
	    ledger_meta_set(p->st, LEDGER_META_PRUNED, index, err) != 0)
		return -1;
	return ledger_meta_set(p->st, LEDGER_META_STAYS, to, err);
}

/* --- removing ------------------------------------------------------------- */

static uint64_t remove_to(const struct pruning *p)
{
	uint64_t bundles = (p->cut->max + TILE_WIDTH - 1) / TILE_WIDTH;
	uint64_t left = (p->stays - p->first) / TILE_WIDTH;

	return p->first + (bundles < left ? bundles : left) * TILE_WIDTH;
}

static int remove_rows(struct pruning *p, uint64_t to, struct err *err)
{
	/* What lies behind entries messages.* means nothing without them. */
	if (ledger_batch_prune(p->st, to, err) != 0)
		return -1;
	return store_run(p->st, remove_sql, STORE_ARGS(S_INT(to)), err);
}

/* --- a step --------------------------------------------------------------- */

static int step(struct pruning *p, uint64_t *ret_gone, bool *ret_left,
		struct err *err)
{
	uint64_t to;

	*ret_gone = 0;
	*ret_left = false;
	if (look(p, err) != 0)
		return -1;
	if (p->stays <= p->first)
		return name(p, err);
	if (p->named >= p->signed_size)
		return 0; /* not signed yet */
	to = remove_to(p);
	*ret_gone = to - p->first;
	*ret_left = to < p->stays;
	return remove_rows(p, to, err);
}

int ledger_prune(struct store *st, const struct ledger_cut *cut,
		 uint64_t *ret_gone, bool *ret_left, struct err *err)
{
	struct pruning p = {.st = st, .cut = cut};
	uint64_t gone;
	bool left;

	assert(cut->max > 0);
	if (store_begin(st, err) != 0)
		return -1;
	if (step(&p, &gone, &left, err) != 0) {
		store_roll_back(st);
		return -1;
	}
	if (store_commit(st, err) != 0)
		return -1;
	*ret_gone = gone;
	*ret_left = left;
	return 0;
}
