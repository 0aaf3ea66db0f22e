/* sweep_rows.c - rows beside the records that have a rule of their own: proofs
 * that somebody was informed, who looked at what, delivery data, files of
 * requests and breaches.
 *
 * Source: compliance 3.2, default catalogue; § 26 BDSG (staff). */
#include "sweep_inside.h"

#include "worker/inbound.h"
#include "worker/prove.h"

#define TELLINGS_MAX 256

/* person, key_person, received_ms, start_ms */
static const char *const load_sql[SWEEP_CLASSES] = {
    [SWEEP_NOTICES] = "SELECT person,0,at_ms,0 FROM notice_sent WHERE id=?",
    [SWEEP_VIEWS] = "SELECT person,0,at_ms,0 FROM viewed WHERE id=?",
    [SWEEP_META] = "SELECT c.person,0,m.received_ms,0 FROM message m JOIN"
		   " conversation c ON c.id=m.conversation WHERE m.id=? AND"
		   " m.direction='out' AND (m.provider_ms IS NOT NULL OR"
		   " m.state IN ('delivered','read','played'))",
    [SWEEP_REQUEST] = "SELECT person,0,received_ms,coalesce(ended_ms,0) FROM"
		      " request WHERE id=?",
    [SWEEP_BREACH] = "SELECT 0,0,detected_ms,coalesce(closed_ms,0) FROM breach"
		     " WHERE id=?",
    /* Whatever the rule says, never one that holds or kept something. */
    [SWEEP_HOLD] = "SELECT 0,0,placed_ms,released_ms FROM hold WHERE id=? AND"
		   " released_ms IS NOT NULL AND NOT EXISTS (SELECT 1 FROM"
		   " kept WHERE kept.hold=hold.id)",
};

int sweep_row_load(struct worker *w, const struct sweep_step *step, int64_t id,
		   struct item *ret, bool *ret_found, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (step->class == SWEEP_CONTACT)
		rc = sweep_contact_load(w, id, ret, ret_found, err);
	else if (step->class == SWEEP_CONSENT)
		rc = sweep_consent_load(w, id, ret, ret_found, err);
	else {
		*ret = (struct item){.id = id};
		*ret_found = false;
		if (store_start(w->store, load_sql[step->class],
				STORE_ARGS(S_INT(id)), &rows, err) != 0)
			return -1;
		rc = store_step(w->store, rows, err);
		*ret_found = rc > 0;
		if (rc > 0) {
			ret->person = store_column(w->store, rows, 0).num;
			ret->key_person = store_column(w->store, rows, 1).num;
			ret->received_ms = store_column(w->store, rows, 2).num;
			ret->start_ms = store_column(w->store, rows, 3).num;
		}
		store_finish(w->store, &rows);
	}
	ret->kind = ITEM_KINDS;
	ret->datenart = step->datenart;
	return rc < 0 ? -1 : 0;
}

/* --- files that have a key of their own ----------------------------------- */

static int shred(struct worker *w, const int64_t *ids, size_t len,
		 const char *datenart, struct err *err)
{
	struct act act = {.event = LEDGER_KEY_DESTROYED,
			  .reason = LEDGER_R_RETENTION,
			  .counted = true};
	struct keeper_batch *batch = NULL;
	const uint8_t *count = NULL;
	struct name name;
	size_t bytes = 0;
	int rc = -1;

	(void)name_set(&name, datenart, strlen(datenart)); /* a constant */
	/* No key goes whose end the log cannot tell. */
	if (prove_write(w, err) != 0 ||
	    keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++)
		(void)keeper_add_shred(batch, ids[i], &name);
	if (keeper_run(batch, err) != 0) {
		(void)keeper_failed(err);
		goto out;
	}
	for (size_t i = 0; i < len; i++) {
		struct cut cut;

		if (keeper_result(batch, i, &count, &bytes, err) != 0) {
			(void)keeper_failed(err);
			goto out;
		}
		cut = CUT(count, bytes);
		act.count += cut_u32(&cut);
	}
	rc = act.count > 0 ? prove(w, &act, err) : 0;
out:
	keeper_batch_free(&batch);
	return rc;
}

static int run_all(struct worker *w, const char *const *sql, size_t len,
		   int64_t id, struct err *err)
{
	for (size_t i = 0; i < len; i++)
		if (store_run(w->store, sql[i], STORE_ARGS(S_INT(id)), err) !=
		    0)
			return -1;
	return 0;
}

static int tellings_of(struct worker *w, int64_t request, int64_t *ret,
		       size_t *ret_len, struct err *err)
{
	static const char sql[] = "SELECT id FROM telling WHERE request=? AND"
				  " telling_sealed IS NOT NULL";
	struct store_rows *rows = NULL;
	int rc = 0;

	*ret_len = 0;
	if (store_start(w->store, sql, STORE_ARGS(S_INT(request)), &rows,
			err) != 0)
		return -1;
	while (*ret_len < TELLINGS_MAX &&
	       (rc = store_step(w->store, rows, err)) > 0)
		ret[(*ret_len)++] = store_column(w->store, rows, 0).num;
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int forget_request(struct worker *w, int64_t id, struct err *err)
{
	static const char *const sql[] = {
	    "DELETE FROM request_event WHERE request=?",
	    "DELETE FROM request_item WHERE request=?",
	    "DELETE FROM request_callback WHERE request=?",
	    "DELETE FROM telling WHERE request=?",
	    ("DELETE FROM erasure_step WHERE erasure IN (SELECT id FROM erasure"
	     " WHERE request=? AND ended_ms IS NOT NULL)"),
	    "DELETE FROM erasure WHERE request=? AND ended_ms IS NOT NULL",
	    "DELETE FROM package WHERE request=? AND ended_ms IS NOT NULL",
	    "DELETE FROM request WHERE id=?",
	};
	int64_t tellings[TELLINGS_MAX];
	size_t len = 0;

	if (tellings_of(w, id, tellings, &len, err) != 0 ||
	    run_all(w, sql, sizeof(sql) / sizeof(sql[0]), id, err) != 0 ||
	    (len > 0 && shred(w, tellings, len, "TELLING", err) != 0))
		return -1;
	return shred(w, &id, 1, "REQUEST", err);
}

static int forget_breach(struct worker *w, int64_t id, struct err *err)
{
	static const char *const sql[] = {
	    "DELETE FROM breach_phase WHERE breach=?",
	    "DELETE FROM breach WHERE id=?",
	};

	if (run_all(w, sql, sizeof(sql) / sizeof(sql[0]), id, err) != 0)
		return -1;
	return shred(w, &id, 1, "BREACH", err);
}

static int forget_hold(struct worker *w, int64_t id, struct err *err)
{
	static const char *const sql[] = {
	    "DELETE FROM hold_item WHERE hold=?",
	    "DELETE FROM hold_approval WHERE hold=?",
	    "DELETE FROM hold WHERE id=?",
	};

	if (run_all(w, sql, sizeof(sql) / sizeof(sql[0]), id, err) != 0)
		return -1;
	return shred(w, &id, 1, "HOLD", err);
}

int sweep_row_forget(struct worker *w, const struct sweep_step *step,
		     const struct item *item, struct err *err)
{
	static const char *const sql[SWEEP_CLASSES] = {
	    [SWEEP_NOTICES] = "DELETE FROM notice_sent WHERE id=?",
	    [SWEEP_VIEWS] = "DELETE FROM viewed WHERE id=?",
	    /* That it was sent stays as long as the message. */
	    [SWEEP_META] = "UPDATE message SET state=CASE WHEN state IN"
			   " ('delivered','read','played') THEN 'sent' ELSE"
			   " state END,provider_ms=NULL WHERE id=?",
	};

	switch (step->class) {
	case SWEEP_CONTACT:
		return sweep_contact_forget(w, item->id, err);
	case SWEEP_CONSENT:
		return sweep_consent_forget(w, item->id, err);
	case SWEEP_REQUEST:
		return forget_request(w, item->id, err);
	case SWEEP_BREACH:
		return forget_breach(w, item->id, err);
	case SWEEP_HOLD:
		return forget_hold(w, item->id, err);
	case SWEEP_NOTICES:
	case SWEEP_VIEWS:
	case SWEEP_META:
		return store_run(w->store, sql[step->class],
				 STORE_ARGS(S_INT(item->id)), err);
	case SWEEP_ITEMS:
	case SWEEP_CLASSES:
	default:
		return ERR_SET(err, ERR_INPUT, "no row of the sweep", 0);
	}
}
