/* runs_write.c - sorted runs: writing one. */
#include "runs.h"

#include <assert.h>

#define BLOCK_SHIFT 20
#define BLOCKS_MAX  ((size_t)1 << BLOCK_SHIFT)
#define LINE_BITS   512
#define LINE_BYTES  64

static const char make_sql[] =
    "INSERT INTO run(id,kind,level,state,entries,up_to,fences,filter)"
    " VALUES(?,?,?,'making',0,?,?,?)";
static const char block_sql[] = "INSERT INTO run_block(id,entries) VALUES(?,?)";
static const char live_sql[] =
    "UPDATE run SET state='live', entries=?, fences=?, filter=? WHERE id=?";

int64_t runs_level_of(const struct runs *r, size_t entries)
{
	int64_t level = 0;

	for (size_t of = r->young_max; of * r->fanout <= entries; level++)
		of *= r->fanout;
	return level < RUNS_LEVELS - 1 ? level : RUNS_LEVELS - 1;
}

static int make_filter(struct runs *r, struct run *run, size_t expected,
		       struct err *err)
{
	size_t bytes =
	    (expected * RUNS_FILTER_BITS / LINE_BITS + 1) * LINE_BYTES;

	if (!r->filtered || r->filter_total + bytes > RUNS_FILTER_MAX)
		return 0;
	run->filter = calloc(1, bytes);
	if (run->filter == NULL)
		return ERR_SET(err, ERR_NOMEM, "filter", 0);
	run->filter_bytes = bytes;
	r->filter_total += bytes;
	return 0;
}

int runs_writer_begin(struct runs_writer *w, struct runs *r, int64_t level,
		      size_t expected, int64_t up_to, struct err *err)
{
	struct run *run = calloc(1, sizeof(*run));

	w->r = r;
	w->run = run;
	w->block_len = 0;
	w->blocks_max = expected / r->block_entries + 1;
	if (run == NULL || w->blocks_max > BLOCKS_MAX)
		return ERR_SET(err, ERR_NOMEM, "run", 0);
	/* Never used again in this life, even when it comes to nothing. */
	r->last_id +=
	    r->last_id == 0 ? RUNS_KINDS + (int64_t)r->kind : RUNS_KINDS;
	run->id = r->last_id;
	run->level = level;
	run->up_to = up_to;
	run->fences = malloc(w->blocks_max * RUNS_KEY_BYTES);
	if (run->fences == NULL)
		return ERR_SET(err, ERR_NOMEM, "fences", 0);
	if (make_filter(r, run, expected, err) != 0)
		return -1;
	return store_run(r->st, make_sql,
			 STORE_ARGS(S_INT(run->id), S_INT(r->kind),
				    S_INT(level), S_INT(up_to), S_BLOB("", 0),
				    S_BLOB("", 0)),
			 err);
}

static int write_block(struct runs_writer *w, struct err *err)
{
	struct run *run = w->run;

	assert(run->blocks_len < w->blocks_max);
	memcpy(run->fences + run->blocks_len * RUNS_KEY_BYTES, w->block,
	       RUNS_KEY_BYTES);
	if (store_run(
		w->r->st, block_sql,
		STORE_ARGS(
		    S_INT(run->id << BLOCK_SHIFT | (int64_t)run->blocks_len),
		    S_BLOB(w->block, w->block_len * RUNS_ENTRY_BYTES)),
		err) != 0)
		return -1;
	run->blocks_len++;
	w->block_len = 0;
	return 0;
}

int runs_writer_add(struct runs_writer *w, const uint8_t *entry,
		    struct err *err)
{
	memcpy(w->block + w->block_len * RUNS_ENTRY_BYTES, entry,
	       RUNS_ENTRY_BYTES);
	w->block_len++;
	w->run->entries++;
	if (w->run->filter != NULL)
		runs_filter_add(w->run, entry);
	return w->block_len == w->r->block_entries ? write_block(w, err) : 0;
}

int runs_writer_end(struct runs_writer *w, struct err *err)
{
	struct run *run = w->run;

	if (w->block_len > 0 && write_block(w, err) != 0)
		return -1;
	return store_run(
	    w->r->st, live_sql,
	    STORE_ARGS(S_INT(run->entries),
		       S_BLOB(run->fences, run->blocks_len * RUNS_KEY_BYTES),
		       S_BLOB(run->filter, run->filter_bytes), S_INT(run->id)),
	    err);
}

void runs_writer_abandon(struct runs_writer *w)
{
	run_free(w->r, &w->run);
}

/* --- the young become a run ----------------------------------------------- */

static void put_entry(const struct runs_entry *e, uint8_t *ret)
{
	memcpy(ret, e->key, RUNS_KEY_BYTES);
	for (unsigned int i = 0; i < 8; i++)
		ret[RUNS_KEY_BYTES + i] =
		    (uint8_t)((uint64_t)e->value >> (56 - 8 * i));
}

static int entry_compare(const void *a, const void *b)
{
	return memcmp(a, b, RUNS_KEY_BYTES);
}

static int write_sorted(struct runs *r, const uint8_t *entries, int64_t up_to,
			struct runs_writer *w, struct err *err)
{
	if (runs_writer_begin(w, r, 0, r->young_len, up_to, err) != 0)
		return -1;
	for (size_t i = 0; i < r->young_len; i++)
		if (runs_writer_add(w, entries + i * RUNS_ENTRY_BYTES, err) !=
		    0)
			return -1;
	return runs_writer_end(w, err);
}

int runs_seal(struct runs *r, int64_t up_to, const char *done_sql,
	      struct err *err)
{
	struct runs_writer *w = calloc(1, sizeof(*w));
	uint8_t *entries = malloc(r->young_len * RUNS_ENTRY_BYTES + 1);
	int rc = -1;

	if (w == NULL || entries == NULL) {
		(void)ERR_SET(err, ERR_NOMEM, "run", 0);
		goto out;
	}
	for (size_t i = 0; i < r->young_len; i++)
		put_entry(&r->young[i], entries + i * RUNS_ENTRY_BYTES);
	qsort(entries, r->young_len, RUNS_ENTRY_BYTES, entry_compare);
	if (store_begin(r->st, err) != 0)
		goto out;
	/* A place in the list first: after the commit nothing may fail. */
	if (write_sorted(r, entries, up_to, w, err) != 0 ||
	    (done_sql != NULL &&
	     store_run(r->st, done_sql, STORE_ARGS(S_INT(up_to)), err) != 0) ||
	    runs_list_add(r, w->run, err) != 0)
		goto roll_back;
	w->run = NULL;
	if (store_commit(r->st, err) != 0) {
		w->run = r->at[0];
		memmove(r->at, r->at + 1, --r->len * sizeof(struct run *));
		goto roll_back;
	}
	runs_young_cut(r, 0);
	rc = 0;
	goto out;
roll_back:
	store_roll_back(r->st);
	w->r = r;
	runs_writer_abandon(w);
out:
	free(entries);
	free(w);
	return rc;
}
