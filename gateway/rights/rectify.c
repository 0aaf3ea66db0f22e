/* rectify.c - the name a person is called by is put right (Art. 16 GDPR).
 *
 * What was before and what is now are in the proof log as commitments; the
 * provider's own idea of the name no longer replaces it. */
#include "machine.h"

#include <sodium.h>

#include "postern/jsonmem.h"
#include "postern/text.h"
#include "worker/identity.h"
#include "worker/inbound.h"

#define PROFILE_MAX (64u * 1024)

static const char read_sql[] =
    "SELECT year,profile_sealed FROM person WHERE id=?";
static const char write_sql[] =
    "UPDATE person SET profile_sealed=?,rectified_ms=? WHERE id=?";

struct profile {
	struct key_ref key;
	struct buf sealed, before, after;
	bool any;
};

static int read_row(struct worker *w, int64_t person, struct profile *ret,
		    struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	if (store_start(w->store, read_sql, STORE_ARGS(S_INT(person)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	ret->any = rc > 0;
	if (rc > 0) {
		ret->key.year = (uint16_t)store_column(w->store, rows, 0).num;
		v = store_column(w->store, rows, 1);
		rc = buf_append(&ret->sealed, v.bytes, v.len, err);
	}
	store_finish(w->store, &rows);
	ret->key.person = person;
	(void)name_set(&ret->key.datenart, IDENTITY_DATENART,
		       strlen(IDENTITY_DATENART)); /* a constant */
	return rc;
}

/* The name in the row becomes name; what else is there stays. */
static int renew(struct worker *w, struct profile *p, const char *name,
		 struct err *err)
{
	json_t *json = NULL;
	int rc = 0;

	if (p->sealed.len > 0)
		rc = opened_json(w, &p->key, p->key.person, FIELD_PROFILE,
				 &p->sealed, &json, err);
	if (rc == 0 && json == NULL)
		json = json_object();
	if (rc == 0)
		rc = jsonmem_print(json, JSON_COMPACT | JSON_SORT_KEYS,
				   &p->before, err);
	if (rc == 0 &&
	    json_object_set_new(json, "name", json_string(name)) != 0)
		rc = ERR_SET(err, ERR_NOMEM, "profile", 0);
	if (rc == 0)
		rc = jsonmem_print(json, JSON_COMPACT | JSON_SORT_KEYS,
				   &p->after, err);
	json_decref(json);
	return rc;
}

static int write_row(struct worker *w, const struct profile *p, struct err *err)
{
	struct keeper_batch *batch = NULL;
	const uint8_t *sealed = NULL;
	size_t slot, len = 0;
	int rc;

	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	slot = keeper_add_seal(batch, &p->key, p->key.person, FIELD_PROFILE,
			       p->after.bytes, p->after.len);
	if (keeper_run(batch, err) != 0 ||
	    keeper_result(batch, slot, &sealed, &len, err) != 0)
		rc = keeper_failed(err);
	else
		rc = store_run(w->store, write_sql,
			       STORE_ARGS(S_BLOB(sealed, len),
					  S_INT(worker_now(w)),
					  S_INT(p->key.person)),
			       err);
	keeper_batch_free(&batch);
	return rc;
}

static void digest(const struct buf *text, char ret[2 * 32 + 1])
{
	uint8_t hash[crypto_hash_sha256_BYTES];

	(void)crypto_hash_sha256(hash, text->bytes, text->len);
	hex_encode(hash, sizeof(hash), ret);
}

static int tell(struct worker *w, const struct profile *p, struct err *err)
{
	char before[2 * 32 + 1], after[2 * 32 + 1];
	const struct act_fact facts[] = {
	    {"after", after, 0},
	    {"before", before, 0},
	};
	const struct act act = {
	    .event = LEDGER_IDENTITY_RECTIFIED,
	    .reason = LEDGER_R_REQUEST,
	    .by = LEDGER_SYSTEM,
	    .person = p->key.person,
	    .facts = facts,
	    .facts_len = 2,
	};

	digest(&p->before, before);
	digest(&p->after, after);
	return prove(w, &act, err);
}

/* What people decided goes before what was asked for. */
static const char *name_wanted(const json_t *what)
{
	const char *decided =
	    json_string_value(json_object_get(what, "decision"));

	return decided != NULL
		   ? decided
		   : json_string_value(json_object_get(what, "text"));
}

int execute_rectify(struct worker *w, const struct request *r, struct err *err)
{
	struct profile p = {
	    .sealed = BUF_INIT(PROFILE_MAX),
	    .before = BUF_INIT(PROFILE_MAX),
	    .after = BUF_INIT(PROFILE_MAX),
	};
	json_t *what = NULL;
	const char *name;
	int rc = -1;

	if (request_open_sealed(w, r, FIELD_REQUEST, &what, err) != 0 ||
	    read_row(w, r->is.person, &p, err) != 0)
		goto out;
	name = name_wanted(what);
	rc = 0;
	if (!p.any || name == NULL) /* nobody is there to be called so */
		goto out;
	rc = renew(w, &p, name, err);
	if (rc == 0)
		rc = write_row(w, &p, err);
	if (rc == 0)
		rc = tell(w, &p, err);
	deliver_forget(w, 0);
out:
	json_decref(what);
	buf_free(&p.sealed);
	buf_free(&p.before);
	buf_free(&p.after);
	return rc;
}
