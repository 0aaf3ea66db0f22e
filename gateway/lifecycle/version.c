/* version.c - rows of policy_version and policy_approval, read. */
#include "version.h"

#include <stdlib.h>

#define WORD_BYTES 16
#define COLUMNS                                                         \
	"id,digest,name,version,state,author,base,proposed_ms,from_ms," \
	"needed,tolerance,shortens,due_ms,active_ms,ended_ms,ended_by," \
	"reason,shadow_from_ms,shadow_until_ms,effect,recount,seal"

static const char one_sql[] =
    "SELECT " COLUMNS " FROM policy_version WHERE id=?";
static const char walk_sql[] =
    "SELECT " COLUMNS " FROM policy_version WHERE id<? ORDER BY id DESC";
static const char walk_state_sql[] =
    "SELECT " COLUMNS " FROM policy_version WHERE id<? AND state=?"
    " ORDER BY id DESC";
static const char bytes_sql[] = "SELECT bytes FROM policy_version WHERE id=?";
static const char open_sql[] = "SELECT count(*) FROM policy_version WHERE"
			       " state IN ('proposed','approved')";
static const char any_sql[] = "SELECT count(*) FROM policy_version";
static const char approvals_sql[] =
    "SELECT actor,at_ms,seal FROM policy_approval WHERE policy=?"
    " ORDER BY at_ms,actor LIMIT 16";

const char *version_state_name(enum version_state state)
{
	static const char *const names[VERSION_STATES] = {
	    [VERSION_PROPOSED] = "proposed",
	    [VERSION_APPROVED] = "approved",
	    [VERSION_ACTIVE] = "active",
	    [VERSION_SUPERSEDED] = "superseded",
	    [VERSION_STOPPED] = "stopped",
	};

	return names[state];
}

void version_free(struct version *v)
{
	free(v->effect);
	free(v->recount);
	*v = (struct version){0};
}

bool version_open(const struct version *v)
{
	return v->state == VERSION_PROPOSED || v->state == VERSION_APPROVED;
}

/* --- reading -------------------------------------------------------------- */

static bool state_of(struct store_value v, enum version_state *ret)
{
	char word[WORD_BYTES];

	if (!store_word(v, word, sizeof(word)))
		return false;
	for (unsigned int i = 0; i < VERSION_STATES; i++)
		if (strcmp(word, version_state_name(i)) == 0) {
			*ret = i;
			return true;
		}
	return false;
}

static bool seal_of(struct store_value v, uint8_t ret[VERSION_SEAL_BYTES])
{
	if (v.type != STORE_BLOB || v.len != VERSION_SEAL_BYTES)
		return false;
	memcpy(ret, v.bytes, VERSION_SEAL_BYTES);
	return true;
}

static int text_of(struct store_value v, char **ret, struct err *err)
{
	if (v.type != STORE_TEXT)
		return 0;
	*ret = strndup(v.bytes, v.len);
	return *ret != NULL
		   ? 0
		   : ERR_SET(err, ERR_NOMEM, "no memory for a version", 0);
}

static bool read_words(struct store *st, struct store_rows *rows,
		       struct version *v)
{
	struct store_value digest = store_column(st, rows, 1);
	struct store_value name = store_column(st, rows, 2);

	if (digest.type != STORE_BLOB || digest.len != sizeof(v->digest) ||
	    name.type != STORE_TEXT ||
	    !name_set(&v->name, name.bytes, name.len) ||
	    !state_of(store_column(st, rows, 4), &v->state) ||
	    !store_word(store_column(st, rows, 16), v->reason,
			sizeof(v->reason)))
		return false;
	memcpy(v->digest, digest.bytes, sizeof(v->digest));
	v->sealed = seal_of(store_column(st, rows, 21), v->seal);
	return true;
}

static int read_row(struct store *st, struct store_rows *rows,
		    struct version *v, struct err *err)
{
	const struct {
		unsigned int at;
		int64_t *to;
	} numbers[] = {
	    {0, &v->id},
	    {3, &v->number},
	    {5, &v->author},
	    {6, &v->base},
	    {7, &v->proposed_ms},
	    {8, &v->from_ms},
	    {9, &v->needed},
	    {10, &v->tolerance},
	    {12, &v->due_ms},
	    {13, &v->active_ms},
	    {14, &v->ended_ms},
	    {15, &v->ended_by},
	    {17, &v->shadow_from_ms},
	    {18, &v->shadow_until_ms},
	};

	*v = (struct version){0};
	if (!read_words(st, rows, v))
		return ERR_SET(err, ERR_CORRUPT, "a stored policy version", 0);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		*numbers[i].to = store_column(st, rows, numbers[i].at).num;
	v->shortens = store_column(st, rows, 11).num != 0;
	if (text_of(store_column(st, rows, 19), &v->effect, err) == 0 &&
	    text_of(store_column(st, rows, 20), &v->recount, err) == 0)
		return 0;
	version_free(v);
	return -1;
}

int version_load(struct store *st, int64_t id, struct version *ret,
		 bool *ret_found, struct err *err)
{
	struct store_rows *rows = NULL;
	int got;

	if (store_start(st, one_sql, STORE_ARGS(S_INT(id)), &rows, err) != 0)
		return -1;
	got = store_step(st, rows, err);
	*ret_found = got > 0;
	if (got > 0 && read_row(st, rows, ret, err) != 0)
		got = -1;
	store_finish(st, &rows);
	return got < 0 ? -1 : 0;
}

int version_walk(struct store *st, int64_t before, enum version_state state,
		 version_each *each, void *ctx, struct err *err)
{
	const bool every = state == VERSION_STATES;
	const struct store_value args[] = {
	    S_INT(before), S_TEXT(every ? "" : version_state_name(state))};
	struct store_rows *rows = NULL;
	struct version v;
	int got, rc = 0;

	if (store_start(st, every ? walk_sql : walk_state_sql, args,
			every ? 1 : 2, &rows, err) != 0)
		return -1;
	while (rc == 0 && (got = store_step(st, rows, err)) != 0) {
		rc = got < 0 ? -1 : read_row(st, rows, &v, err);
		if (rc != 0)
			break;
		rc = each(ctx, &v, err);
		version_free(&v);
	}
	store_finish(st, &rows);
	return rc < 0 ? -1 : 0;
}

struct only {
	struct version *v;
	int64_t n;
};

/* Takes the texts over: version_walk frees what is left in v. */
static int take(void *ctx, const struct version *v, struct err *err)
{
	struct only *one = ctx;

	if (one->n++ > 0)
		return 0;
	*one->v = *v;
	one->v->effect = v->effect != NULL ? strdup(v->effect) : NULL;
	one->v->recount = v->recount != NULL ? strdup(v->recount) : NULL;
	if ((v->effect != NULL && one->v->effect == NULL) ||
	    (v->recount != NULL && one->v->recount == NULL))
		return ERR_SET(err, ERR_NOMEM, "no memory for a version", 0);
	return 0;
}

int version_in_force(struct store *st, struct version *ret, bool *ret_found,
		     struct err *err)
{
	struct only one = {.v = ret};
	int64_t n = 0;
	bool found;

	*ret = (struct version){0};
	if (version_walk(st, INT64_MAX, VERSION_ACTIVE, take, &one, err) != 0 ||
	    store_one_int(st, any_sql, STORE_NO_ARGS, &n, &found, err) != 0) {
		version_free(ret);
		return -1;
	}
	*ret_found = one.n == 1;
	if (one.n == 1 || n == 0)
		return 0;
	version_free(ret);
	return ERR_SET(err, ERR_CORRUPT,
		       "not exactly one policy version is in force", 0);
}

int version_bytes(struct store *st, int64_t id, struct buf *ret,
		  struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	int got, rc = -1;

	if (store_start(st, bytes_sql, STORE_ARGS(S_INT(id)), &rows, err) != 0)
		return -1;
	got = store_step(st, rows, err);
	if (got > 0) {
		v = store_column(st, rows, 0);
		rc = v.type == STORE_BLOB && v.len <= VERSION_BYTES_MAX
			 ? buf_append(ret, v.bytes, v.len, err)
			 : ERR_SET(err, ERR_CORRUPT, "a stored policy", 0);
	} else if (got == 0) {
		(void)ERR_SET(err, ERR_ABSENT, "no such policy version", 0);
	}
	store_finish(st, &rows);
	return rc;
}

int version_count_open(struct store *st, int64_t *ret, struct err *err)
{
	bool found;

	return store_one_int(st, open_sql, STORE_NO_ARGS, ret, &found, err);
}

int version_approvals(struct store *st, int64_t version,
		      struct approval ret[APPROVALS_MAX], size_t *ret_len,
		      struct err *err)
{
	struct store_rows *rows = NULL;
	int got = 0;

	*ret_len = 0;
	if (store_start(st, approvals_sql, STORE_ARGS(S_INT(version)), &rows,
			err) != 0)
		return -1;
	while (*ret_len < APPROVALS_MAX &&
	       (got = store_step(st, rows, err)) > 0) {
		struct approval *a = &ret[(*ret_len)++];

		a->actor = store_column(st, rows, 0).num;
		a->at_ms = store_column(st, rows, 1).num;
		a->sealed = seal_of(store_column(st, rows, 2), a->seal);
	}
	store_finish(st, &rows);
	return got < 0 ? -1 : 0;
}
