/* failing.c - the memory engine, failing the n-th call.
 *
 * begin, commit, start and step count as calls.  A failed call did nothing
 * and says ERR_BUSY, so a caller must be able to roll back and do it all
 * again. */
#include <assert.h>

#include "sqlite.h"

struct failing_store {
	struct store base;
	struct store *inner;
	uint64_t calls, nth; /* nth 0: never */
	bool once;
};

struct failing_rows {
	struct failing_store *st;
	struct store_rows *inner;
};

static struct failing_store *of(struct store *st)
{
	assert(st->driver == &store_failing);
	return (struct failing_store *)st;
}

static int count(struct failing_store *f, struct err *err)
{
	f->calls++;
	if (f->nth == 0 || f->calls < f->nth || (f->once && f->calls != f->nth))
		return 0;
	return ERR_SET(err, ERR_BUSY, "made to fail", 0);
}

void store_failing_set(struct store *st, uint64_t nth, bool once)
{
	struct failing_store *f = of(st);

	f->calls = 0;
	f->nth = nth;
	f->once = once;
}

uint64_t store_failing_calls(const struct store *st)
{
	assert(st->driver == &store_failing);
	return ((const struct failing_store *)st)->calls;
}

static int failing_open(const char *path, struct store **ret, struct err *err)
{
	struct failing_store *f = calloc(1, sizeof(*f));

	(void)path; /* in memory */
	if (f == NULL)
		return ERR_SET(err, ERR_NOMEM, "store", 0);
	f->base.driver = &store_failing;
	if (sqlite_open_memory(&store_memory, &f->inner, err) != 0) {
		free(f);
		return -1;
	}
	*ret = &f->base;
	return 0;
}

static int failing_begin(struct store *st, struct err *err)
{
	if (count(of(st), err) != 0)
		return -1;
	return store_begin(of(st)->inner, err);
}

static int failing_commit(struct store *st, struct err *err)
{
	if (count(of(st), err) != 0)
		return -1;
	return store_commit(of(st)->inner, err);
}

static void failing_roll_back(struct store *st)
{
	store_roll_back(of(st)->inner);
}

static int failing_start(struct store *st, const char *sql,
			 const struct store_value *args, size_t args_len,
			 struct store_rows **ret, struct err *err)
{
	struct failing_rows *rows;

	if (count(of(st), err) != 0)
		return -1;
	rows = calloc(1, sizeof(*rows));
	if (rows == NULL)
		return ERR_SET(err, ERR_NOMEM, "rows", 0);
	rows->st = of(st);
	if (store_start(of(st)->inner, sql, args, args_len, &rows->inner,
			err) != 0) {
		free(rows);
		return -1;
	}
	*ret = (struct store_rows *)rows;
	return 0;
}

static int failing_step(struct store_rows *rows, struct err *err)
{
	struct failing_rows *r = (struct failing_rows *)rows;

	if (count(r->st, err) != 0)
		return -1;
	return store_step(r->st->inner, r->inner, err);
}

static struct store_value failing_column(struct store_rows *rows,
					 unsigned int i)
{
	struct failing_rows *r = (struct failing_rows *)rows;

	return store_column(r->st->inner, r->inner, i);
}

static void failing_finish(struct store_rows **rows)
{
	struct failing_rows *r = (struct failing_rows *)*rows;

	*rows = NULL;
	if (r == NULL)
		return;
	store_finish(r->st->inner, &r->inner);
	free(r);
}

static void failing_close(struct store **st)
{
	struct failing_store *f = of(*st);

	*st = NULL;
	store_close(&f->inner);
	free(f);
}

const struct store_driver store_failing = {
    .name = "failing",
    .open = failing_open,
    .begin = failing_begin,
    .commit = failing_commit,
    .roll_back = failing_roll_back,
    .start = failing_start,
    .step = failing_step,
    .column = failing_column,
    .finish = failing_finish,
    .close = failing_close,
};
