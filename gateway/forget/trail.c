/* trail.c - see trail.h. */
#include "trail.h"

#include "store/family.h"

static const char family_sql[] =
    PERSON_FAMILY "SELECT id FROM family ORDER BY id";
static const char next_sql[] = PERSON_FAMILY
    "SELECT min(id) FROM (SELECT min(id) AS id FROM conversation WHERE person"
    " IN (SELECT id FROM family) AND id>? UNION ALL SELECT min(conversation)"
    " FROM participant WHERE person IN (SELECT id FROM family) AND"
    " conversation>?)";

int trail_family(struct worker *w, int64_t person, struct family *ret,
		 struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	ret->len = 0;
	if (store_start(w->store, family_sql, STORE_ARGS(S_INT(person)), &rows,
			err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0) {
		if (ret->len == TRAIL_FAMILY_MAX) {
			rc = ERR_SET(err, ERR_INPUT, "too many joined", 0);
			break;
		}
		ret->ids[ret->len++] = store_column(w->store, rows, 0).num;
	}
	store_finish(w->store, &rows);
	return rc;
}

bool trail_has(const struct family *family, int64_t person)
{
	for (size_t i = 0; i < family->len; i++)
		if (family->ids[i] == person)
			return true;
	return false;
}

int trail_conversation(struct worker *w, int64_t person, int64_t after,
		       int64_t *ret, struct err *err)
{
	bool found = false;

	*ret = 0;
	return store_one_int(
	    w->store, next_sql,
	    STORE_ARGS(S_INT(person), S_INT(after), S_INT(after)), ret, &found,
	    err);
}

int trail_conversations(struct worker *w, int64_t person, trail_each *each,
			void *ctx, struct err *err)
{
	int64_t at = 0;
	int rc;

	for (;;) {
		if (trail_conversation(w, person, at, &at, err) != 0)
			return -1;
		if (at == 0)
			return 0;
		rc = each(ctx, at, err);
		if (rc != 0)
			return rc;
	}
}
