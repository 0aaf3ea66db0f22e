/* listing.c - see listing.h. */
#include "listing.h"

#include "problem.h"

int listing_into(struct worker *w, json_t *list, const char *sql,
		 const struct store_value *args, size_t args_len,
		 listing_row *row, struct err *err)
{
	struct store_rows *rows = NULL;
	int got;

	if (store_start(w->store, sql, args, args_len, &rows, err) != 0)
		return -1;
	while ((got = store_step(w->store, rows, err)) > 0) {
		json_t *one = NULL;

		if (row(w, rows, &one, err) != 0) {
			got = -1;
			break;
		}
		(void)json_array_append_new(list, one);
	}
	store_finish(w->store, &rows);
	return got;
}

int listing_answer(struct worker *w, struct job *job, const char *member,
		   const char *sql, const struct store_value *args,
		   size_t args_len, listing_row *row, struct err *err)
{
	json_t *list = json_array();

	if (listing_into(w, list, sql, args, args_len, row, err) != 0) {
		json_decref(list);
		return -1;
	}
	return job_json(job, 200, json_pack("{s:o}", member, list), err);
}

int listing_one(struct worker *w, struct job *job, unsigned int status,
		const char *sql, int64_t id, listing_row *row, struct err *err)
{
	struct store_rows *rows = NULL;
	json_t *one = NULL;
	int got;

	if (store_start(w->store, sql, STORE_ARGS(S_INT(id)), &rows, err) != 0)
		return -1;
	got = store_step(w->store, rows, err);
	if (got > 0 && row(w, rows, &one, err) != 0)
		got = -1;
	store_finish(w->store, &rows);
	if (got < 0)
		return -1;
	return got == 0 ? job_refuse(job, &problem_absent, NULL)
			: job_json(job, status, one, err);
}

json_t *listing_text(struct worker *w, struct store_rows *rows,
		     unsigned int column)
{
	struct store_value v = store_column(w->store, rows, column);

	return v.type == STORE_TEXT ? json_stringn(v.bytes, v.len)
				    : json_null();
}

json_t *listing_id(struct worker *w, struct store_rows *rows,
		   unsigned int column, enum id_kind kind)
{
	struct store_value v = store_column(w->store, rows, column);

	return v.type == STORE_INT && v.num != 0 ? job_json_id(w, kind, v.num)
						 : json_null();
}

json_t *listing_time(struct worker *w, struct store_rows *rows,
		     unsigned int column)
{
	struct store_value v = store_column(w->store, rows, column);

	return job_json_time(v.type == STORE_INT ? v.num : 0);
}

json_t *listing_number(struct worker *w, struct store_rows *rows,
		       unsigned int column)
{
	struct store_value v = store_column(w->store, rows, column);

	return v.type == STORE_INT ? json_integer(v.num) : json_null();
}
