/* restricted.c - whose data are not to be erased for now. */
#include "restricted.h"

#include <stdlib.h>

#include "store/family.h"

static const char conversations_sql[] =
    "SELECT conversation FROM restriction WHERE lifted_ms IS NULL AND"
    " conversation IS NOT NULL";
static const char persons_sql[] =
    "SELECT person FROM restriction WHERE lifted_ms IS NULL AND conversation"
    " IS NULL";
/* The person among them: nobody need be joined. */
static const char family_sql[] = PERSON_FAMILY "SELECT id FROM family";

struct ids {
	int64_t *at;
	size_t len, size;
};
struct restricted {
	struct ids persons, conversations;
};

static int add(struct ids *ids, int64_t id, struct err *err)
{
	size_t size = ids->size > 0 ? 2 * ids->size : 16;
	int64_t *at;

	if (ids->len == ids->size) {
		at = realloc(ids->at, size * sizeof(*at));
		if (at == NULL)
			return ERR_SET(err, ERR_NOMEM, "restrictions", 0);
		ids->at = at;
		ids->size = size;
	}
	ids->at[ids->len++] = id;
	return 0;
}

static int read_ids(struct store *st, const char *sql,
		    const struct store_value *args, size_t args_len,
		    struct ids *ret, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(st, sql, args, args_len, &rows, err) != 0)
		return -1;
	while ((rc = store_step(st, rows, err)) > 0) {
		rc = add(ret, store_column(st, rows, 0).num, err);
		if (rc != 0)
			break;
	}
	store_finish(st, &rows);
	return rc;
}

static int ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static bool has(const struct ids *ids, int64_t id)
{
	return ids->len > 0 &&
	       bsearch(&id, ids->at, ids->len, sizeof(id), ascending) != NULL;
}

static void sort(struct ids *ids)
{
	if (ids->len > 1)
		qsort(ids->at, ids->len, sizeof(ids->at[0]), ascending);
}

/* Whoever joined with them later is restricted too. */
static int widen(struct store *st, const struct ids *named, struct ids *ret,
		 struct err *err)
{
	for (size_t i = 0; i < named->len; i++)
		if (read_ids(st, family_sql, STORE_ARGS(S_INT(named->at[i])),
			     ret, err) != 0)
			return -1;
	return 0;
}

int restricted_load(struct store *st, struct restricted **ret, struct err *err)
{
	struct restricted *r = calloc(1, sizeof(*r));
	struct ids named = {0};
	int rc = -1;

	if (r == NULL)
		return ERR_SET(err, ERR_NOMEM, "restrictions", 0);
	if (read_ids(st, conversations_sql, STORE_NO_ARGS, &r->conversations,
		     err) != 0 ||
	    read_ids(st, persons_sql, STORE_NO_ARGS, &named, err) != 0 ||
	    widen(st, &named, &r->persons, err) != 0)
		goto out;
	sort(&r->conversations);
	sort(&r->persons);
	*ret = r;
	r = NULL;
	rc = 0;
out:
	free(named.at);
	restricted_free(&r);
	return rc;
}

void restricted_free(struct restricted **r)
{
	if (*r != NULL) {
		free((*r)->persons.at);
		free((*r)->conversations.at);
	}
	free(*r);
	*r = NULL;
}

bool restricted_is(const struct restricted *r, int64_t person,
		   int64_t conversation)
{
	return has(&r->conversations, conversation) || has(&r->persons, person);
}
