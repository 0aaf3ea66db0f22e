/* listing.h - rows of a statement as a list of objects. */
#ifndef POSTERN_API_LISTING_H
#define POSTERN_API_LISTING_H

#include "job.h"

/* One row as an object.  -1: error.  *ret NULL where memory was short, which
 * job_json() notices. */
typedef int listing_row(struct worker *w, struct store_rows *rows, json_t **ret,
			struct err *err);
/* Appends them to list. */
int listing_into(struct worker *w, json_t *list, const char *sql,
		 const struct store_value *args, size_t args_len,
		 listing_row *row, struct err *err);
/* Answers 200 with {member: [...]}. */
int listing_answer(struct worker *w, struct job *job, const char *member,
		   const char *sql, const struct store_value *args,
		   size_t args_len, listing_row *row, struct err *err);
/* The row of an id as an object; refuses with 404 where there is none. */
int listing_one(struct worker *w, struct job *job, unsigned int status,
		const char *sql, int64_t id, listing_row *row, struct err *err);

/* A column; null where it has none, of ids and times also where it is 0. */
json_t *listing_text(struct worker *w, struct store_rows *rows,
		     unsigned int column);
json_t *listing_id(struct worker *w, struct store_rows *rows,
		   unsigned int column, enum id_kind kind);
json_t *listing_time(struct worker *w, struct store_rows *rows,
		     unsigned int column);
json_t *listing_number(struct worker *w, struct store_rows *rows,
		       unsigned int column);

#endif
