/* certificate.c - the receipt of an answered request (compliance 6.7).
 *
 * The entry request.answered is committed to under a key that was made for it
 * and lies sealed with the request: whoever has the receipt can open it, the
 * log says nothing to anybody else. */
#include "machine.h"

#include <sodium.h>
#include <string.h>

#include "postern/jsonmem.h"
#include "postern/ledger.h"
#include "postern/receiptextra.h"
#include "postern/text.h"
#include "worker/stamping.h"

#define KEY_BYTES   32
#define OPENING_MAX 2048

static const char newest_sql[] = "SELECT max(id) FROM ledger_entry";
static const char entry_sql[] = "UPDATE request SET entry=? WHERE id=?";

/* --- making the entry ----------------------------------------------------- */

struct opening {
	struct id_text record;
	char payload[PROVE_SAYS_MAX];
	uint8_t key[KEY_BYTES];
};

static int tell(struct worker *w, const struct request *r,
		const struct certified *what, struct opening *o,
		struct err *err)
{
	char waits[CALDATE_BYTES] = "";
	const struct act_fact facts[] = {
	    {"at", NULL, worker_now(w)},
	    {"entry", NULL, what->entry > 0 ? what->entry : 0},
	    {"erased", NULL, (int64_t)what->erased},
	    {"files", NULL, (int64_t)what->files},
	    {"kept", NULL, (int64_t)what->kept},
	    {"keys", NULL, (int64_t)what->keys},
	    {"type", rights_type_name(r->is.type), 0},
	    {"waits", waits, 0},
	};
	const size_t len = sizeof(facts) / sizeof(facts[0]);
	const struct act act = {
	    .event = LEDGER_REQUEST_ANSWERED,
	    .by = LEDGER_SYSTEM,
	    .kind = ID_REQUEST,
	    .object = r->is.id,
	    .one_off = o->key,
	    .facts = facts,
	    .facts_len = len,
	    .counted = true,
	    .count = what->erased,
	};

	if (what->waits.is)
		caldate_format(what->waits.day, waits);
	id_format(&w->mask, ID_REQUEST, r->is.id, &o->record);
	if (prove_says(facts, len, o->payload, err) != 0)
		return -1;
	return prove(w, &act, err);
}

static int keep_opening(struct worker *w, const struct request *r,
			const struct opening *o, struct err *err)
{
	char hex[2 * KEY_BYTES + 1];
	json_t *what = NULL;
	int rc;

	if (request_open_sealed(w, r, FIELD_REQUEST, &what, err) != 0)
		return -1;
	if (what == NULL)
		what = json_object();
	hex_encode(o->key, KEY_BYTES, hex);
	(void)json_object_set_new(what, "opening",
				  json_pack("{s:s, s:s, s:s}", "key", hex,
					    "payload", o->payload, "record",
					    o->record.text));
	sodium_memzero(hex, sizeof(hex));
	rc = request_seal(w, r, FIELD_REQUEST, what, err);
	json_decref(what);
	return rc;
}

int certify(struct worker *w, struct request *r, const struct certified *what,
	    struct err *err)
{
	struct opening o = {0};
	bool found = false;
	int rc = -1;

	w->env->random(w->env, o.key, sizeof(o.key));
	/* Written now: it is the newest one then. */
	if (tell(w, r, what, &o, err) == 0 && prove_write(w, err) == 0 &&
	    store_one_int(w->store, newest_sql, STORE_NO_ARGS, &r->entry,
			  &found, err) == 0 &&
	    keep_opening(w, r, &o, err) == 0)
		rc = store_run(w->store, entry_sql,
			       STORE_ARGS(S_INT(r->entry), S_INT(r->is.id)),
			       err);
	sodium_memzero(&o, sizeof(o));
	return rc == 0 ? stamping_ask(w, err) : -1;
}

/* --- handing it out ------------------------------------------------------- */

/* Sorted, no spaces: one spelling. */
static int opening_print(struct worker *w, const struct request *r,
			 struct buf *ret, struct err *err)
{
	json_t *what = NULL;
	int rc = request_open_sealed(w, r, FIELD_REQUEST, &what, err);
	const json_t *opening = json_object_get(what, "opening");

	if (rc == 0 && opening == NULL)
		rc = ERR_SET(err, ERR_ABSENT, "the receipt's key is gone", 0);
	if (rc == 0)
		rc = jsonmem_print(opening, JSON_COMPACT | JSON_SORT_KEYS, ret,
				   err);
	json_decref(what);
	return rc;
}

static int print(struct worker *w, const struct request *r, const char *opening,
		 struct buf *ret, struct err *err)
{
	struct buf entry = BUF_INIT(LEDGER_ENTRY_MAX);
	struct buf extra = BUF_INIT(LEDGER_ENTRY_MAX + OPENING_MAX + 64);
	int rc = ledger_read(w->store, (uint64_t)r->entry, &entry, err);

	if (rc == 0)
		rc = receiptextra_print(entry.bytes, entry.len, opening, &extra,
					err);
	if (rc == 0)
		rc = ledger_receipt(w->store, (uint64_t)r->entry, extra.bytes,
				    extra.len, ret, err);
	buf_free(&entry);
	buf_free(&extra);
	return rc;
}

int rights_certificate(struct worker *w, int64_t id, struct buf *ret,
		       const char **ret_refused, struct err *err)
{
	struct buf opening = BUF_INIT(OPENING_MAX);
	struct request r;
	int rc = -1;

	*ret_refused = NULL;
	if (request_need(w, id, &r, err) != 0)
		return -1;
	if (r.entry < 0) {
		*ret_refused = "state";
		return 0;
	}
	if (opening_print(w, &r, &opening, err) == 0 &&
	    buf_text(&opening) != NULL)
		rc = print(w, &r, (const char *)opening.bytes, ret, err);
	buf_free(&opening);
	if (rc != 0 && err->kind == ERR_ABSENT) {
		*ret_refused = "pending"; /* no checkpoint covers it yet */
		return 0;
	}
	return rc;
}
