/* erasure_walk.c - slice by slice over what a person wrote and was written.
 *
 * The row of the erasure says where: the conversation, and messages below
 * which are still to come.  Time follows the person's messages alone. */
#include "erasure_inside.h"

#include "postern/lookup.h"

#define SLICE	 32
#define EACH_MAX 1024

static int next_conversation(struct run *r, bool *ret_end, struct err *err)
{
	int64_t next = 0;

	if (trail_conversation(r->w, r->e.person, r->e.cursor, &next, err) != 0)
		return -1;
	*ret_end = next == 0;
	if (next != 0) {
		r->e.cursor = next;
		r->e.message = INT64_MAX;
	}
	return 0;
}

int erasure_walk(struct run *r, walk_visit *message, walk_visit *conversation,
		 bool *ret_end, struct err *err)
{
	struct erasure *e = &r->e;
	int64_t ids[SLICE];
	size_t len;

	*ret_end = false;
	if (e->cursor == 0 || e->message == 0)
		return next_conversation(r, ret_end, err);
	if (lookup_conversation(r->w->store, e->cursor, e->message, ids, SLICE,
				&len, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++)
		if (message(r, ids[i], err) != 0)
			return -1;
	if (len == SLICE) {
		e->message = ids[len - 1];
		return 0;
	}
	e->message = 0;
	return conversation(r, e->cursor, err);
}

int erasure_each(struct run *r, const char *sql, int64_t of, walk_visit *visit,
		 struct err *err)
{
	struct store *st = r->w->store;
	struct store_rows *rows = NULL;
	int64_t *ids = calloc(EACH_MAX, sizeof(*ids));
	size_t len = 0;
	int rc = -1;

	if (ids == NULL)
		return ERR_SET(err, ERR_NOMEM, "ids to go through", 0);
	if (store_start(st, sql, STORE_ARGS(S_INT(of)), &rows, err) != 0)
		goto out;
	while ((rc = store_step(st, rows, err)) > 0 && len < EACH_MAX)
		ids[len++] = store_column(st, rows, 0).num;
	store_finish(st, &rows);
	/* More than any message has, or anybody wrote about a case: not a part
	 * of it and then the next step. */
	if (rc > 0)
		rc =
		    ERR_SET(err, ERR_INPUT, "more than can be gone through", 0);
	for (size_t i = 0; rc == 0 && i < len; i++)
		rc = visit(r, ids[i], err);
out:
	free(ids);
	return rc;
}

int erasure_run(struct run *r, const char *sql, struct err *err)
{
	return store_run(r->w->store, sql, STORE_ARGS(S_INT(r->e.person)), err);
}
