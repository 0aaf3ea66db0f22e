/* lookup.c - provider ids and conversations over sorted runs.
 *
 * Provider ids: the entries of a transaction are one row of run_young, packed;
 * the rows go when their entries stand in a run.  Conversations: table message
 * itself says what is young, namely the rows above the newest run. */
#include "postern/lookup.h"

#include <assert.h>

#include "lookup_parts.h"

static const char young_sql[] = "SELECT id,entries FROM run_young ORDER BY id";
static const char young_put_sql[] =
    "INSERT INTO run_young(id,entries) VALUES(?,?)";
static const char young_done_sql[] = "DELETE FROM run_young WHERE id<=?";
static const char messages_sql[] =
    "SELECT id,conversation FROM message WHERE id>? ORDER BY id";

static int64_t number(const uint8_t *bytes)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < 8; i++)
		v = v << 8 | bytes[i];
	return (int64_t)v;
}

/* --- opening -------------------------------------------------------------- */

static int read_young(struct lookup *l, struct store_value packed,
		      struct err *err)
{
	const uint8_t *bytes = packed.bytes;
	struct runs_entry entry;

	if (packed.type != STORE_BLOB || packed.len % RUNS_ENTRY_BYTES != 0)
		return ERR_SET(err, ERR_CORRUPT, "young entries", 0);
	for (size_t at = 0; at < packed.len; at += RUNS_ENTRY_BYTES) {
		memcpy(entry.key, bytes + at, RUNS_KEY_BYTES);
		entry.value = number(bytes + at + RUNS_KEY_BYTES);
		if (runs_young_add(l->refs, &entry, err) != 0)
			return -1;
	}
	return 0;
}

static int read_all_young(struct store *st, struct lookup *l, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	l->young_row = runs_up_to(l->refs);
	if (store_start(st, young_sql, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	while ((rc = store_step(st, rows, err)) > 0) {
		l->young_row = store_column(st, rows, 0).num;
		if (read_young(l, store_column(st, rows, 1), err) != 0) {
			rc = -1;
			break;
		}
	}
	store_finish(st, &rows);
	l->refs_kept = l->refs->young_len;
	return rc;
}

int lookup_of(struct store *st, struct lookup **ret, struct err *err)
{
	struct lookup *l;

	if (st->lookup == NULL) {
		l = calloc(1, sizeof(*l));
		if (l == NULL)
			return ERR_SET(err, ERR_NOMEM, "lookup", 0);
		if (runs_open(st, RUNS_REF, &l->refs, err) != 0 ||
		    runs_open(st, RUNS_CONVERSATION, &l->conversations, err) !=
			0 ||
		    read_all_young(st, l, err) != 0) {
			lookup_free(&l);
			return -1;
		}
		st->lookup = l;
	}
	*ret = st->lookup;
	return 0;
}

void lookup_free(struct lookup **l)
{
	if (*l == NULL)
		return;
	runs_free(&(*l)->refs);
	runs_free(&(*l)->conversations);
	free(*l);
	*l = NULL;
}

/* --- with a transaction --------------------------------------------------- */

int lookup_flush(struct store *st, struct err *err)
{
	struct lookup *l = st->lookup;
	size_t len = l->refs->young_len - l->refs_kept;
	uint8_t *packed, *at;
	int rc;

	if (len == 0 || l->flushed)
		return 0;
	packed = malloc(len * RUNS_ENTRY_BYTES);
	if (packed == NULL)
		return ERR_SET(err, ERR_NOMEM, "young entries", 0);
	at = packed;
	for (size_t i = l->refs_kept; i < l->refs->young_len; i++) {
		const struct runs_entry *e = &l->refs->young[i];

		memcpy(at, e->key, RUNS_KEY_BYTES);
		for (unsigned int b = 0; b < 8; b++)
			at[RUNS_KEY_BYTES + b] =
			    (uint8_t)((uint64_t)e->value >> (56 - 8 * b));
		at += RUNS_ENTRY_BYTES;
	}
	rc = store_run(st, young_put_sql,
		       STORE_ARGS(S_INT(l->young_row + 1),
				  S_BLOB(packed, len * RUNS_ENTRY_BYTES)),
		       err);
	free(packed);
	l->flushed = rc == 0;
	return rc;
}

void lookup_keep(struct lookup *l)
{
	l->young_row += l->flushed;
	l->flushed = false;
	l->refs_kept = l->refs->young_len;
	l->conversations_kept = l->conversations->young_len;
}

void lookup_forget(struct lookup *l)
{
	l->flushed = false;
	runs_young_cut(l->refs, l->refs_kept);
	runs_young_cut(l->conversations, l->conversations_kept);
}

/* --- provider ids --------------------------------------------------------- */

int lookup_ref_put(struct store *st, const uint8_t hash[LOOKUP_HASH_BYTES],
		   int64_t message, bool *ret_new, struct err *err)
{
	struct runs_entry entry = {.value = message};
	struct lookup *l;
	int64_t value = 0;
	bool known = false;

	assert(st->changing);
	if (lookup_of(st, &l, err) != 0 ||
	    runs_get(l->refs, hash, &value, &known, err) != 0)
		return -1;
	if (!known) {
		memcpy(entry.key, hash, RUNS_KEY_BYTES);
		if (runs_young_add(l->refs, &entry, err) != 0)
			return -1;
	}
	*ret_new = !known;
	return 0;
}

int lookup_ref_get(struct store *st, const uint8_t hash[LOOKUP_HASH_BYTES],
		   int64_t *ret, bool *ret_known, struct err *err)
{
	struct lookup *l;
	int64_t value = 0;
	bool known = false;

	if (lookup_of(st, &l, err) != 0 ||
	    runs_get(l->refs, hash, &value, &known, err) != 0)
		return -1;
	*ret = known ? value : 0;
	if (ret_known != NULL)
		*ret_known = known;
	return 0;
}

/* --- conversations -------------------------------------------------------- */

/* The last message that is in the index. */
static int64_t last_seen(const struct runs *r)
{
	return r->young_len > 0 ? number(r->young[r->young_len - 1].key + 8)
				: runs_up_to(r);
}

static int catch_up(struct store *st, struct lookup *l, struct err *err)
{
	struct runs_entry entry = {.value = 0};
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(st, messages_sql,
			STORE_ARGS(S_INT(last_seen(l->conversations))), &rows,
			err) != 0)
		return -1;
	while ((rc = store_step(st, rows, err)) > 0) {
		runs_key(store_column(st, rows, 1).num,
			 store_column(st, rows, 0).num, entry.key);
		if (runs_young_add(l->conversations, &entry, err) != 0) {
			rc = -1;
			break;
		}
	}
	store_finish(st, &rows);
	if (!st->changing)
		l->conversations_kept = l->conversations->young_len;
	return rc;
}

int lookup_conversation(struct store *st, int64_t conversation, int64_t before,
			int64_t *ret, size_t size, size_t *ret_len,
			struct err *err)
{
	struct lookup *l;

	if (lookup_of(st, &l, err) != 0 || catch_up(st, l, err) != 0)
		return -1;
	return runs_below(l->conversations, conversation, before, ret, size,
			  ret_len, err);
}

/* --- keeping the runs few ------------------------------------------------- */

static int tend_refs(struct lookup *l, bool *ret_worked, struct err *err)
{
	if (l->refs->young_len < l->refs->young_max)
		return runs_tend(l->refs, ret_worked, err);
	*ret_worked = true;
	if (runs_seal(l->refs, l->young_row, young_done_sql, err) != 0)
		return -1;
	l->refs_kept = 0;
	return 0;
}

static int tend_conversations(struct lookup *l, bool *ret_worked,
			      struct err *err)
{
	struct runs *r = l->conversations;

	if (r->young_len < r->young_max)
		return runs_tend(r, ret_worked, err);
	*ret_worked = true;
	if (runs_seal(r, last_seen(r), NULL, err) != 0)
		return -1;
	l->conversations_kept = 0;
	return 0;
}

int lookup_tend(struct store *st, bool *ret_worked, struct err *err)
{
	static int (*const tend[])(struct lookup *, bool *, struct err *) = {
	    tend_refs,
	    tend_conversations,
	};
	struct lookup *l;
	bool worked = false;

	assert(!st->changing);
	if (lookup_of(st, &l, err) != 0 || catch_up(st, l, err) != 0)
		return -1;
	for (int i = 0; i < 2 && !worked; i++) {
		l->turn = !l->turn;
		if (tend[l->turn](l, &worked, err) != 0)
			return -1;
	}
	if (ret_worked != NULL)
		*ret_worked = worked;
	return 0;
}
