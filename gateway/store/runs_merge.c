/* runs_merge.c - sorted runs: many become few, a slice at a time.
 *
 * A merge writes its run next to those it reads, in state 'making'; readers
 * do not know it.  The transaction that makes it live makes its inputs dead,
 * and their blocks go in slices of their own.  A merge that a crash or a
 * failing disk cut off is dead too and begins anew. */
#include "runs.h"

#define BLOCK_SHIFT 20

static const char dead_sql[] =
    "UPDATE run SET state='dead', fences=?, filter=? WHERE id=?";
static const char first_sql[] =
    "SELECT min(id) FROM run_block WHERE id>=? AND id<?";
static const char drop_sql[] = "DELETE FROM run_block WHERE id>=? AND id<?";
static const char gone_sql[] = "DELETE FROM run WHERE id=?";

struct cursor {
	struct run *run;
	size_t block; /* next to read */
	size_t at, len;
	uint8_t bytes[RUNS_BLOCK_BYTES];
};

struct runs_merge {
	struct runs_writer w;
	struct cursor cursors[RUNS_INPUTS_MAX];
	size_t len, open; /* open: the first ones still have entries */
	bool begun;
};

static void merge_free(struct runs_merge **m)
{
	if (*m != NULL && (*m)->w.r != NULL)
		runs_writer_abandon(&(*m)->w);
	free(*m);
	*m = NULL;
}

void runs_merges_free(struct runs *r)
{
	for (size_t i = 0; i < RUNS_LEVELS; i++)
		merge_free(&r->merges[i]);
}

/* --- reading the inputs --------------------------------------------------- */

/* A cursor at its end gives its place to the last open one. */
static int refill(struct runs_merge *m, size_t i, struct err *err)
{
	struct cursor *c = &m->cursors[i];
	struct cursor *last = &m->cursors[m->open - 1];
	struct run *done;

	c->at = c->len = 0;
	if (c->block < c->run->blocks_len)
		return runs_block(m->w.r->st, c->run, c->block++, c->bytes,
				  &c->len, err);
	m->open--;
	if (c == last)
		return 0;
	done = c->run;
	*c = *last;
	last->run = done;
	return 0;
}

static size_t least(const struct runs_merge *m)
{
	size_t best = 0;

	for (size_t i = 1; i < m->open; i++) {
		const struct cursor *a = &m->cursors[i];
		const struct cursor *b = &m->cursors[best];

		if (memcmp(a->bytes + a->at * RUNS_ENTRY_BYTES,
			   b->bytes + b->at * RUNS_ENTRY_BYTES,
			   RUNS_KEY_BYTES) < 0)
			best = i;
	}
	return best;
}

static int move_entries(struct runs_merge *m, size_t len, struct err *err)
{
	struct cursor *c;
	size_t i;

	while (len-- > 0 && m->open > 0) {
		i = least(m);
		c = &m->cursors[i];
		if (runs_writer_add(&m->w, c->bytes + c->at * RUNS_ENTRY_BYTES,
				    err) != 0)
			return -1;
		if (++c->at == c->len && refill(m, i, err) != 0)
			return -1;
	}
	return 0;
}

/* --- one merge ------------------------------------------------------------ */

/* The oldest of a level, if they are enough: what is merged is a stretch
 * without gaps, so runs stay in the order of time. */
static int merge_new(struct runs *r, int64_t level, struct err *err)
{
	struct runs_merge *m;
	size_t count = 0;

	for (size_t i = 0; i < r->len; i++)
		count += r->at[i]->level == level;
	if (count < r->fanout)
		return 0;
	m = calloc(1, sizeof(*m));
	if (m == NULL)
		return ERR_SET(err, ERR_NOMEM, "merge", 0);
	for (size_t i = r->len; i-- > 0 && m->len < RUNS_INPUTS_MAX;)
		if (r->at[i]->level == level)
			m->cursors[m->len++].run = r->at[i];
	r->merges[level] = m;
	return 0;
}

static int merge_begin(struct runs *r, struct runs_merge *m, int64_t level,
		       struct err *err)
{
	size_t expected = 0;
	int64_t up_to = 0;

	for (size_t i = 0; i < m->len; i++) {
		expected += m->cursors[i].run->entries;
		if (m->cursors[i].run->up_to > up_to)
			up_to = m->cursors[i].run->up_to;
	}
	if (runs_writer_begin(&m->w, r, level + 1, expected, up_to, err) != 0)
		return -1;
	m->begun = true;
	m->open = m->len;
	for (size_t i = m->len; i-- > 0;)
		if (refill(m, i, err) != 0)
			return -1;
	return 0;
}

static int merge_write(struct runs *r, struct runs_merge *m, int64_t level,
		       struct err *err)
{
	if (!m->begun && merge_begin(r, m, level, err) != 0)
		return -1;
	if (move_entries(m, r->slice_blocks * r->block_entries, err) != 0)
		return -1;
	if (m->open > 0)
		return 0;
	if (runs_writer_end(&m->w, err) != 0)
		return -1;
	for (size_t i = 0; i < m->len; i++)
		if (store_run(r->st, dead_sql,
			      STORE_ARGS(S_BLOB("", 0), S_BLOB("", 0),
					 S_INT(m->cursors[i].run->id)),
			      err) != 0)
			return -1;
	return 0;
}

/* Readers see the new run instead of its inputs. */
static void merge_end(struct runs *r, struct runs_merge *m)
{
	struct err ignored = {0};
	size_t kept = 0;

	for (size_t i = 0; i < m->len; i++) {
		/* Without memory the blocks go after the next start. */
		(void)runs_dead_add(r, m->cursors[i].run->id, &ignored);
		m->cursors[i].run->level = -1;
	}
	for (size_t i = 0; i < r->len; i++) {
		if (r->at[i]->level < 0)
			run_free(r, &r->at[i]);
		else
			r->at[kept++] = r->at[i];
	}
	r->len = kept;
	/* There is room: inputs left. */
	(void)runs_list_add(r, m->w.run, &ignored);
	m->w.run = NULL;
}

static int merge_slice(struct runs *r, int64_t level, struct err *err)
{
	struct runs_merge *m = r->merges[level];
	struct err ignored = {0};

	if (store_begin(r->st, err) != 0)
		return -1; /* not touched: goes on later */
	if (merge_write(r, m, level, err) != 0 || store_commit(r->st, err) != 0)
		goto fail;
	if (m->open == 0) {
		merge_end(r, m);
		merge_free(&r->merges[level]);
	}
	return 0;
fail:
	store_roll_back(r->st);
	/* Cursors and writer are ahead of the archive: begin anew. */
	if (m->begun && m->w.run != NULL)
		(void)runs_dead_add(r, m->w.run->id, &ignored);
	merge_free(&r->merges[level]);
	return -1;
}

/* --- blocks nobody needs -------------------------------------------------- */

static int drop_some(struct runs *r, int64_t id, bool *ret_gone,
		     struct err *err)
{
	int64_t end = (id + 1) << BLOCK_SHIFT, first = 0, last;
	bool found = false;

	if (store_one_int(r->st, first_sql,
			  STORE_ARGS(S_INT(id << BLOCK_SHIFT), S_INT(end)),
			  &first, &found, err) != 0)
		return -1;
	*ret_gone = !found;
	if (!found)
		return store_run(r->st, gone_sql, STORE_ARGS(S_INT(id)), err);
	last = first + RUNS_DROP_BLOCKS;
	return store_run(
	    r->st, drop_sql,
	    STORE_ARGS(S_INT(first), S_INT(last < end ? last : end)), err);
}

static int drop_slice(struct runs *r, struct err *err)
{
	bool gone = false;

	if (store_begin(r->st, err) != 0)
		return -1;
	if (drop_some(r, r->dead[r->dead_len - 1], &gone, err) != 0 ||
	    store_commit(r->st, err) != 0) {
		store_roll_back(r->st);
		return -1;
	}
	if (gone)
		r->dead_len--;
	return 0;
}

int runs_tend(struct runs *r, bool *ret_worked, struct err *err)
{
	*ret_worked = true;
	for (int64_t level = 0; level < RUNS_LEVELS - 1; level++) {
		if (r->merges[level] == NULL && merge_new(r, level, err) != 0)
			return -1;
		if (r->merges[level] != NULL)
			return merge_slice(r, level, err);
	}
	if (r->dead_len > 0)
		return drop_slice(r, err);
	*ret_worked = false;
	return 0;
}
