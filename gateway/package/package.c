/* package.c - rows of packages, their keys, links and files. */
#include <sodium.h>

#include "rows.h"
#include "store/family.h"
#include "worker/canary.h"

static const char open_sql[] =
    "SELECT id FROM package WHERE request=? AND kind=? AND ended_ms IS NULL";
static const char begin_sql[] =
    "INSERT INTO package(id,request,person,kind,language,state,year,made_ms)"
    " VALUES(?,?,?,?,?,'making',?,?)";
static const char view_sql[] =
    "SELECT id,kind,state,messages,of_messages,bytes,made_ms,ready_ms,"
    "expires_ms,sha256,manifest FROM package WHERE request=?"
    " ORDER BY id DESC LIMIT 1";
static const char ready_sql[] =
    "SELECT id,request,person,kind,language,year,file,bytes,"
    "expires_ms,key_sealed FROM package"
    " WHERE id=? AND state='ready' AND expires_ms>?";
static const char waits_sql[] =
    "SELECT id,request,person,kind,language,year,file,bytes,"
    "expires_ms,key_sealed FROM package"
    " WHERE ended_ms IS NULL AND state='making' ORDER BY id LIMIT 1";
static const char link_sql[] = "UPDATE package SET link=? WHERE id=?";
static const char linked_sql[] =
    "SELECT id,request,person,kind,language,year,file,bytes,"
    "expires_ms,key_sealed FROM package"
    " WHERE ended_ms IS NULL AND state='ready' AND link=?";
static const char ready_set_sql[] =
    "UPDATE package SET "
    "state='ready',key_sealed=?,file=?,bytes=?,sha256=?,manifest=?,"
    "messages=?,of_messages=?,ready_ms=?,expires_ms=? WHERE id=?";
static const char end_sql[] =
    "UPDATE package SET "
    "state=?,reason=?,ended_ms=?,file=NULL,link=NULL,key_sealed=NULL"
    " WHERE id=?";
static const char progress_sql[] =
    "UPDATE package SET messages=?,of_messages=? WHERE id=?";
static const char person_sql[] =
    PERSON_FAMILY "SELECT id FROM package WHERE person IN"
		  " (SELECT id FROM family) ORDER BY id LIMIT 64";
static const char forget_sql[] = "DELETE FROM package WHERE id=?";
static const char named_sql[] =
    "SELECT count(*) FROM package WHERE ended_ms IS NULL AND file=?";
static const char linked_name_sql[] =
    "SELECT count(*) FROM package WHERE ended_ms IS NULL AND link=?";

#define FORGET_STEP 64

static const char *const kinds[PACKAGE_KINDS] = {"access", "portability"};
static const char *const states[PACKAGE_STATES] = {"making", "ready", "fetched",
						   "expired", "failed"};

const char *package_kind_name(enum package_kind kind)
{
	return kinds[kind];
}

const char *package_state_name(enum package_state state)
{
	return states[state];
}

/* Index of the word in names; len: none. */
static size_t word_in(struct store_value v, const char *const *names,
		      size_t len)
{
	char word[16] = "";
	size_t i;

	(void)store_word(v, word, sizeof(word)); /* too long is none of them */
	for (i = 0; i < len && strcmp(word, names[i]) != 0; i++)
		;
	return i;
}

/* --- begun, seen ---------------------------------------------------------- */

int package_begin(struct worker *w, const struct package_order *order,
		  int64_t *ret_id, struct err *err)
{
	int64_t id = 0, now_ms = worker_now(w);
	bool found = false;

	if (store_one_int(
		w->store, open_sql,
		STORE_ARGS(S_INT(order->request), S_TEXT(kinds[order->kind])),
		&id, &found, err) != 0)
		return -1;
	if (!found) {
		id = worker_id(w);
		if (store_run(w->store, begin_sql,
			      STORE_ARGS(S_INT(id), S_INT(order->request),
					 S_INT(order->person),
					 S_TEXT(kinds[order->kind]),
					 S_TEXT(order->language),
					 S_INT(env_year(now_ms)),
					 S_INT(now_ms)),
			      err) != 0)
			return -1;
		if (canary_touched(w, order->person, CANARY_EXPORTED, err) != 0)
			return -1;
		w->packages_idle = false;
	}
	*ret_id = id;
	return 0;
}

static int take_digest(struct store_value v, uint8_t ret[32], struct err *err)
{
	if (v.type == STORE_NULL)
		return 0;
	if (v.len != 32)
		return ERR_SET(err, ERR_CORRUPT, "row of a package", 0);
	memcpy(ret, v.bytes, 32);
	return 0;
}

static int take_view(struct store *st, struct store_rows *rows,
		     struct package_view *ret, struct err *err)
{
	size_t kind = word_in(store_column(st, rows, 1), kinds, PACKAGE_KINDS);
	size_t state =
	    word_in(store_column(st, rows, 2), states, PACKAGE_STATES);

	if (kind == PACKAGE_KINDS || state == PACKAGE_STATES)
		return ERR_SET(err, ERR_CORRUPT, "row of a package", 0);
	*ret = (struct package_view){
	    .id = store_column(st, rows, 0).num,
	    .kind = (enum package_kind)kind,
	    .state = (enum package_state)state,
	    .messages = store_column(st, rows, 3).num,
	    .of_messages = store_column(st, rows, 4).num,
	    .bytes = store_column(st, rows, 5).num,
	    .made_ms = store_column(st, rows, 6).num,
	    .ready_ms = store_column(st, rows, 7).num,
	    .expires_ms = store_column(st, rows, 8).num,
	};
	if (take_digest(store_column(st, rows, 9), ret->sha256, err) != 0)
		return -1;
	return take_digest(store_column(st, rows, 10), ret->manifest, err);
}

int package_of_request(struct worker *w, int64_t request,
		       struct package_view *ret, bool *ret_found,
		       struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(w->store, view_sql, STORE_ARGS(S_INT(request)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	*ret_found = rc > 0;
	if (rc > 0)
		rc = take_view(w->store, rows, ret, err);
	store_finish(w->store, &rows);
	return rc;
}

/* --- rows.h --------------------------------------------------------------- */

static int take_row(struct store *st, struct store_rows *rows,
		    struct package_row *ret, struct err *err)
{
	size_t kind = word_in(store_column(st, rows, 3), kinds, PACKAGE_KINDS);
	struct store_value sealed = store_column(st, rows, 9);

	*ret = (struct package_row){
	    .id = store_column(st, rows, 0).num,
	    .request = store_column(st, rows, 1).num,
	    .person = store_column(st, rows, 2).num,
	    .kind = (enum package_kind)kind,
	    .year = (uint16_t)store_column(st, rows, 5).num,
	    .bytes = store_column(st, rows, 7).num,
	    .expires_ms = store_column(st, rows, 8).num,
	    .sealed_len = sealed.len,
	};
	if (kind == PACKAGE_KINDS || sealed.len > sizeof(ret->sealed) ||
	    !store_word(store_column(st, rows, 4), ret->language,
			sizeof(ret->language)) ||
	    !store_word(store_column(st, rows, 6), ret->file,
			sizeof(ret->file)))
		return ERR_SET(err, ERR_CORRUPT, "row of a package", 0);
	if (sealed.len > 0)
		memcpy(ret->sealed, sealed.bytes, sealed.len);
	return 0;
}

static int find_row(struct worker *w, const char *sql,
		    const struct store_value *args, size_t args_len,
		    struct package_row *ret, bool *ret_found, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(w->store, sql, args, args_len, &rows, err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	*ret_found = rc > 0;
	if (rc > 0)
		rc = take_row(w->store, rows, ret, err);
	store_finish(w->store, &rows);
	return rc;
}

int package_row_ready(struct worker *w, int64_t id, struct package_row *ret,
		      bool *ret_found, struct err *err)
{
	return find_row(w, ready_sql,
			STORE_ARGS(S_INT(id), S_INT(worker_now(w))), ret,
			ret_found, err);
}

int package_row_waits(struct worker *w, struct package_row *ret,
		      bool *ret_found, struct err *err)
{
	return find_row(w, waits_sql, STORE_NO_ARGS, ret, ret_found, err);
}

void package_key_ref(const struct package_row *row, struct key_ref *ret)
{
	*ret = (struct key_ref){.person = row->id, .year = row->year};
	(void)name_set(&ret->datenart, PACKAGE_DATENART,
		       strlen(PACKAGE_DATENART)); /* a constant */
}

int package_key_seal(struct worker *w, struct package_row *row,
		     const uint8_t key[32], struct err *err)
{
	struct keeper_batch *batch = NULL;
	const uint8_t *sealed = NULL;
	struct key_ref ref;
	size_t slot, len = 0;
	int rc = -1;

	package_key_ref(row, &ref);
	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	slot = keeper_add_seal(batch, &ref, row->id, FIELD_PACKAGE, key, 32);
	if (keeper_run(batch, err) == 0 &&
	    keeper_result(batch, slot, &sealed, &len, err) == 0) {
		rc = len <= sizeof(row->sealed)
			 ? 0
			 : ERR_SET(err, ERR_BUSY, "key of a package", 0);
		if (rc == 0) {
			memcpy(row->sealed, sealed, len);
			row->sealed_len = len;
		}
	}
	keeper_batch_free(&batch);
	return rc;
}

int package_key(struct worker *w, const struct package_row *row,
		uint8_t ret[32], struct err *err)
{
	struct keeper_batch *batch = NULL;
	const uint8_t *key = NULL;
	struct key_ref ref;
	size_t slot, len = 0;
	int rc = -1;

	package_key_ref(row, &ref);
	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	slot = keeper_add_open(batch, &ref, row->id, FIELD_PACKAGE, row->sealed,
			       row->sealed_len);
	if (keeper_run(batch, err) == 0 &&
	    keeper_result(batch, slot, &key, &len, err) == 0) {
		rc = len == 32 ? 0
			       : ERR_SET(err, ERR_BUSY, "key of a package", 0);
		if (rc == 0)
			memcpy(ret, key, 32);
	}
	keeper_batch_free(&batch);
	return rc;
}

int package_row_ready_set(struct worker *w, const struct package_row *row,
			  const struct package_made *made, struct err *err)
{
	return store_run(
	    w->store, ready_set_sql,
	    STORE_ARGS(S_BLOB(row->sealed, row->sealed_len), S_TEXT(made->file),
		       S_INT(made->bytes), S_BLOB(made->sha256, 32),
		       S_BLOB(made->manifest, 32), S_INT(made->messages),
		       S_INT(made->messages), S_INT(worker_now(w)),
		       S_INT(made->expires_ms), S_INT(row->id)),
	    err);
}

int package_row_progress(struct worker *w, int64_t id, int64_t messages,
			 int64_t of_messages, struct err *err)
{
	return store_run(
	    w->store, progress_sql,
	    STORE_ARGS(S_INT(messages), S_INT(of_messages), S_INT(id)), err);
}

/* Should the transaction be taken back, the rows are there without a key:
 * whoever ends them, ends them again. */
static int shred(struct worker *w, const int64_t *ids, size_t len,
		 struct err *err)
{
	struct keeper_batch *batch = NULL;
	int rc;

	if (len == 0)
		return 0;
	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++)
		(void)keeper_add_shred(batch, ids[i], NULL); /* run says it */
	rc = keeper_run(batch, err);
	keeper_batch_free(&batch);
	return rc;
}

int package_row_end(struct worker *w, const struct package_row *row,
		    enum package_state state, const char *reason,
		    struct err *err)
{
	if (store_run(w->store, end_sql,
		      STORE_ARGS(S_TEXT(states[state]), S_TEXT(reason),
				 S_INT(worker_now(w)), S_INT(row->id)),
		      err) != 0)
		return -1;
	w->packages_tidy = false;
	return shred(w, &row->id, 1, err);
}

/* --- links ---------------------------------------------------------------- */

int package_link(struct worker *w, int64_t id, char ret[PACKAGE_LINK_BYTES],
		 struct err *err)
{
	char secret[PACKAGE_SECRET_BYTES], name[PACKAGE_NAME_BYTES];
	struct packagefile_link link = {0};
	struct package_row row;
	bool found = false;
	int rc = -1;

	if (package_row_ready(w, id, &row, &found, err) != 0)
		return -1;
	if (!found)
		return ERR_SET(err, ERR_ABSENT, "no package is ready", 0);
	if (package_key(w, &row, link.key, err) != 0)
		return -1;
	memcpy(link.file, row.file, sizeof(link.file));
	link.clear_len = row.bytes;
	link.expires_ms = row.expires_ms;
	packagefile_secret(w->env, secret);
	(void)packagefile_link_name(secret, name); /* it is one */
	/* The old one, and this one if the transaction is taken back. */
	w->packages_tidy = false;
	if (packagefile_link_put(w->settings->dir, secret, &link, err) != 0 ||
	    store_run(w->store, link_sql, STORE_ARGS(S_TEXT(name), S_INT(id)),
		      err) != 0)
		goto out;
	(void)snprintf(ret, PACKAGE_LINK_BYTES, PACKAGE_LINK_PATH "%s", secret);
	rc = 0;
out:
	sodium_memzero(secret, sizeof(secret));
	sodium_memzero(&link, sizeof(link));
	return rc;
}

int package_fetched(struct worker *w, const char *secret, bool *ret_found,
		    struct err *err)
{
	char name[PACKAGE_NAME_BYTES];
	struct package_row row;

	*ret_found = false;
	if (!packagefile_link_name(secret, name))
		return 0;
	if (find_row(w, linked_sql, STORE_ARGS(S_TEXT(name)), &row, ret_found,
		     err) != 0)
		return -1;
	return *ret_found ? package_row_end(w, &row, PACKAGE_FETCHED, NULL, err)
			  : 0;
}

/* --- forgetting ----------------------------------------------------------- */

static int read_ids(struct worker *w, int64_t person, int64_t *ret,
		    size_t *ret_len, struct err *err)
{
	struct store_rows *rows = NULL;
	size_t len = 0;
	int rc;

	if (store_start(w->store, person_sql, STORE_ARGS(S_INT(person)), &rows,
			err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0 && len < FORGET_STEP)
		ret[len++] = store_column(w->store, rows, 0).num;
	store_finish(w->store, &rows);
	*ret_len = len;
	return rc < 0 ? -1 : 0;
}

int package_forget_person(struct worker *w, int64_t person, struct err *err)
{
	int64_t ids[FORGET_STEP];
	size_t len = FORGET_STEP;

	while (len == FORGET_STEP) {
		if (read_ids(w, person, ids, &len, err) != 0)
			return -1;
		for (size_t i = 0; i < len; i++)
			if (store_run(w->store, forget_sql,
				      STORE_ARGS(S_INT(ids[i])), err) != 0)
				return -1;
		if (len > 0)
			w->packages_tidy = false;
		if (shred(w, ids, len, err) != 0)
			return -1;
	}
	return 0;
}

struct tidying {
	struct worker *w;
	struct err err;
	bool failed;
};

static bool keeps(void *ctx, const char *name)
{
	struct tidying *t = ctx;
	char bare[PACKAGE_NAME_BYTES];
	const char *dot = strchr(name, '.');
	bool found = false;
	int64_t n = 0;

	if (strcmp(package_makes(t->w), name) == 0)
		return true;
	if (dot != NULL && strcmp(dot, ".link") != 0)
		return false;
	(void)snprintf(bare, sizeof(bare), "%s", name);
	if (store_one_int(t->w->store,
			  dot != NULL ? linked_name_sql : named_sql,
			  STORE_ARGS(S_TEXT(bare)), &n, &found, &t->err) != 0)
		t->failed = true;
	return t->failed || n > 0;
}

int package_tidy(struct worker *w, struct err *err)
{
	struct tidying t = {.w = w};

	if (w->packages_tidy)
		return 0;
	if (packagefile_tidy(w->settings->dir, keeps, &t, err) != 0)
		return -1;
	if (t.failed) {
		*err = t.err;
		return -1;
	}
	w->packages_tidy = true;
	return 0;
}
