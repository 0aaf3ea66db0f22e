/* store.c - conveniences over a store driver. */
#include "postern/store.h"

#include "lookup_parts.h"

struct store_value store_text(const char *text)
{
	if (text == NULL)
		return S_NULL;
	return (struct store_value){
	    .type = STORE_TEXT, .bytes = text, .len = strlen(text)};
}

void store_close(struct store **st)
{
	if (st == NULL || *st == NULL)
		return;
	if ((*st)->told != NULL)
		(*st)->told->close(*st);
	lookup_free(&(*st)->lookup);
	(*st)->driver->close(st);
}

int store_begin(struct store *st, struct err *err)
{
	if (st->driver->begin(st, err) != 0)
		return -1;
	st->changing = true;
	return 0;
}

/* What the indexes and the log gathered goes with the transaction.  One that
 * could not be committed ends here too: left open by a caller that only passes
 * the error on, it would meet the next store_begin of another step. */
int store_commit(struct store *st, struct err *err)
{
	if ((st->told != NULL && st->told->write(st, err) != 0) ||
	    (st->lookup != NULL && lookup_flush(st, err) != 0) ||
	    st->driver->commit(st, err) != 0) {
		store_roll_back(st);
		return -1;
	}
	st->changing = false;
	if (st->lookup != NULL)
		lookup_keep(st->lookup);
	if (st->told != NULL)
		st->told->forget(st);
	return 0;
}

void store_roll_back(struct store *st)
{
	st->driver->roll_back(st);
	st->changing = false;
	if (st->lookup != NULL)
		lookup_forget(st->lookup);
	if (st->told != NULL)
		st->told->forget(st);
}

int store_start(struct store *st, const char *sql,
		const struct store_value *args, size_t args_len,
		struct store_rows **ret, struct err *err)
{
	return st->driver->start(st, sql, args, args_len, ret, err);
}

int store_step(struct store *st, struct store_rows *rows, struct err *err)
{
	return st->driver->step(rows, err);
}

struct store_value store_column(struct store *st, struct store_rows *rows,
				unsigned int i)
{
	return st->driver->column(rows, i);
}

bool store_word(struct store_value v, char *ret, size_t size)
{
	ret[0] = '\0';
	if (v.type != STORE_TEXT)
		return true;
	if (v.len >= size)
		return false;
	memcpy(ret, v.bytes, v.len);
	ret[v.len] = '\0';
	return true;
}

void store_finish(struct store *st, struct store_rows **rows)
{
	if (rows != NULL && *rows != NULL)
		st->driver->finish(rows);
}

int store_run(struct store *st, const char *sql, const struct store_value *args,
	      size_t args_len, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(st, sql, args, args_len, &rows, err) != 0)
		return -1;
	do {
		rc = store_step(st, rows, err);
	} while (rc > 0);
	store_finish(st, &rows);
	return rc;
}

int store_one_int(struct store *st, const char *sql,
		  const struct store_value *args, size_t args_len, int64_t *ret,
		  bool *ret_found, struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value value;
	int rc;

	if (store_start(st, sql, args, args_len, &rows, err) != 0)
		return -1;
	rc = store_step(st, rows, err);
	if (rc >= 0) {
		value = rc > 0 ? store_column(st, rows, 0) : S_NULL;
		*ret_found = value.type == STORE_INT;
		if (*ret_found)
			*ret = value.num;
		/* An INSERT ... RETURNING takes effect with its last step. */
		while (rc > 0)
			rc = store_step(st, rows, err);
	}
	store_finish(st, &rows);
	return rc;
}

int store_ids(struct store *st, const char *sql, const struct store_value *args,
	      size_t args_len, int64_t *ret, size_t size, size_t *ret_len,
	      struct err *err)
{
	struct store_rows *rows = NULL;
	int rc = 0;

	*ret_len = 0;
	if (store_start(st, sql, args, args_len, &rows, err) != 0)
		return -1;
	while (*ret_len < size && (rc = store_step(st, rows, err)) > 0)
		ret[(*ret_len)++] = store_column(st, rows, 0).num;
	store_finish(st, &rows);
	return rc < 0 ? -1 : 0;
}

int store_checkpoint(struct store *st, struct err *err)
{
	int64_t busy = 0;
	bool found = false;

	if (st->driver->checkpoint_sql == NULL)
		return 0;
	if (store_one_int(st, st->driver->checkpoint_sql, STORE_NO_ARGS, &busy,
			  &found, err) != 0)
		return -1;
	if (busy != 0)
		return ERR_SET(err, ERR_BUSY, "a reader holds the log", 0);
	return 0;
}
