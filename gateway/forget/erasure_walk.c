/* erasure_walk.c - slice by slice over what a person wrote and was written.
 *
 * The row of the erasure says where: the conversation, and messages below
 * which are still to come.  Time follows the person's messages alone. */
#include "erasure_inside.h"

#include "postern/lookup.h"

#define SLICE 32
#define PAGE  64 /* the limit of the statements for erasure_each() */

const char erasure_files_sql[] =
    "SELECT id FROM attachment WHERE message=? AND id>? AND state<>'gone'"
    " ORDER BY id LIMIT 64";
const char erasure_loose_sql[] =
    "SELECT id FROM attachment WHERE message IS NULL AND conversation=?"
    " AND id>? AND state<>'gone' ORDER BY id LIMIT 64";
const char erasure_notes_sql[] =
    "SELECT id FROM note WHERE conversation=? AND id>? ORDER BY id LIMIT 64";

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
	int64_t ids[PAGE], after = 0;
	size_t len = PAGE;

	while (len == PAGE) {
		if (store_ids(r->w->store, sql,
			      STORE_ARGS(S_INT(of), S_INT(after)), ids, PAGE,
			      &len, err) != 0)
			return -1;
		for (size_t i = 0; i < len; i++) {
			if (visit(r, ids[i], err) != 0)
				return -1;
			after = ids[i];
		}
	}
	return 0;
}

int erasure_run(struct run *r, const char *sql, struct err *err)
{
	return store_run(r->w->store, sql, STORE_ARGS(S_INT(r->e.person)), err);
}
