/* change.c - see change.h.
 *
 * Source: Art. 17, 5(1)(b) GDPR; channels.md 1.6. */
#include "change.h"

#include "content.h"
#include "decide.h"
#include "hold.h"
#include "outbox.h"
#include "prove_message.h"

static const char content_sql[] =
    "SELECT key_person,datenart,year,content_sealed FROM message WHERE id=?";
/* The row of the old text, as old as the message. */
static const char version_sql[] =
    "INSERT INTO message(id,conversation,key_person,direction,kind,state,"
    "datenart,year,provider_ms,received_ms,target,content_sealed,policy,"
    "outcome,tags) SELECT ?,conversation,key_person,direction,'version',?,?,"
    "year,provider_ms,received_ms,id,?,?,?,tags FROM message WHERE id=? AND"
    " state NOT IN ('deleted','masked','kept') RETURNING 1";
static const char version_of_sql[] =
    "INSERT INTO message_version(message,version) SELECT target,id FROM message"
    " WHERE id=?";
static const char mask_sql[] =
    "UPDATE message SET state='masked' WHERE id=? AND state NOT IN"
    " ('deleted','masked','kept') RETURNING conversation";
static const char keep_sql[] =
    "UPDATE message SET state='kept',content_sealed=?,datenart=? WHERE id=?"
    " AND state NOT IN ('deleted','masked','kept') RETURNING conversation";
static const char untell_sql[] =
    "DELETE FROM outbox WHERE message=? AND kind='helpdesk'";
static const char held_sql[] =
    "SELECT datenart,received_ms FROM message WHERE id=?";
static const char desk_sql[] = "SELECT helpdesk FROM conversation WHERE id=?";

/* --- what it says until now ----------------------------------------------- */

static int content_of_step(const struct step *s, struct buf *ret,
			   struct err *err)
{
	const struct content_more more = {
	    .redacted = s->redacted,
	    .redacted_len = s->redacted_len,
	};

	return content_message(s->event, &more, ret, err);
}

/* The last edit of a message that this batch brought before s. */
static const struct step *edit_before(const struct batch *b,
				      const struct step *s, int64_t message)
{
	for (const struct step *at = s; at > b->steps;) {
		at--;
		if (at->kind == STEP_EDIT && !at->own_row && !at->dropped &&
		    at->target == message)
			return at;
	}
	return NULL;
}

/* *ret_len 0: there is none.  The bytes are copied: the row is left before the
 * keeper is asked. */
static int read_sealed(struct batch *b, int64_t message,
		       struct key_ref *ret_key, struct buf *ret,
		       struct err *err)
{
	struct store *st = b->w->store;
	struct store_rows *rows = NULL;
	struct store_value sealed, v;
	int rc;

	if (store_start(st, content_sql, STORE_ARGS(S_INT(message)), &rows,
			err) != 0)
		return -1;
	rc = store_step(st, rows, err);
	if (rc > 0) {
		ret_key->person = store_column(st, rows, 0).num;
		v = store_column(st, rows, 1);
		ret_key->year = (uint16_t)store_column(st, rows, 2).num;
		sealed = store_column(st, rows, 3);
		rc = sealed.type == STORE_BLOB &&
			     name_set(&ret_key->datenart, v.bytes, v.len)
			 ? buf_append(ret, sealed.bytes, sealed.len, err)
			 : 0;
	}
	store_finish(st, &rows);
	return rc < 0 ? -1 : 0;
}

static int open_archived(struct batch *b, int64_t message, struct buf *ret,
			 struct err *err)
{
	struct buf sealed = BUF_INIT(CONTENT_BYTES_MAX + 1024);
	struct keeper_batch *k = NULL;
	const uint8_t *clear = NULL;
	struct key_ref key = {0};
	struct err why = {0};
	size_t slot, len = 0;
	int rc = -1;

	if (read_sealed(b, message, &key, &sealed, err) != 0)
		goto out;
	rc = 0;
	if (sealed.len == 0)
		goto out;
	rc = -1;
	if (keeper_batch_new(b->w->keeper, &k, err) != 0)
		goto out;
	slot = keeper_add_open(k, &key, message, FIELD_CONTENT, sealed.bytes,
			       sealed.len);
	if (keeper_run(k, err) != 0) {
		(void)keeper_failed(err);
		goto out;
	}
	/* Its key is gone, or it is damaged: there is nothing to keep. */
	rc = keeper_result(k, slot, &clear, &len, &why) == 0
		 ? buf_append(ret, clear, len, err)
		 : 0;
out:
	keeper_batch_free(&k);
	buf_free(&sealed);
	return rc;
}

/* Into ret, as it is sealed; empty: there is none. */
static int old_content(struct batch *b, const struct step *s, int64_t message,
		       struct buf *ret, struct err *err)
{
	const struct step *edit = edit_before(b, s, message);
	const struct planned *planned = batch_planned(b, message);

	buf_clear(ret);
	if (edit != NULL)
		return content_of_step(edit, ret, err);
	if (planned == NULL)
		return open_archived(b, message, ret, err);
	return planned->step->tombstoned
		   ? 0
		   : content_of_step(planned->step, ret, err);
}

/* --- planned -------------------------------------------------------------- */

static void decide(struct batch *b, const struct step *s, enum policy_act act,
		   const struct name *helpdesk, struct policy_decision *ret)
{
	const struct policy_facts facts = {
	    .act = act,
	    .channel = &s->item->channel,
	    .helpdesk = helpdesk,
	    .normal = b->normal.len > 0 ? (const char *)b->normal.bytes : NULL,
	    .normal_len = b->normal.len,
	    .consent = CONSENT_GIVEN, /* settled when it came */
	};

	policy_decide(b->w->policy, &facts, ret);
}

/* "" when nobody has the conversation. */
static int desk_of(struct worker *w, int64_t conversation, struct name *ret,
		   struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	*ret = (struct name){0};
	if (store_start(w->store, desk_sql, STORE_ARGS(S_INT(conversation)),
			&rows, err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0) {
		v = store_column(w->store, rows, 0);
		if (v.type != STORE_TEXT || !name_set(ret, v.bytes, v.len))
			*ret = (struct name){0};
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int decide_edit(struct batch *b, const struct step *s,
		       struct policy_decision *ret, struct err *err)
{
	struct name helpdesk;

	if (decide_normalise(b, s->event, err) != 0 ||
	    desk_of(b->w, s->conversation, &helpdesk, err) != 0)
		return -1;
	decide(b, s, ACT_EDIT, helpdesk.text[0] != '\0' ? &helpdesk : NULL,
	       ret);
	b->normal.len = 0; /* wiped with the batch */
	return 0;
}

/* --- what a hold is over -------------------------------------------------- */

/* A message of this batch is in no table yet. */
static int facts_of(struct batch *b, const struct step *s, int64_t message,
		    struct name *datenart, struct hold_facts *ret,
		    struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	*ret = (struct hold_facts){
	    .item = message,
	    .person = s->person,
	    .conversation = s->conversation,
	    .channel = &s->item->channel,
	    .received_ms = s->item->received_ms,
	};
	if (store_start(b->w->store, held_sql, STORE_ARGS(S_INT(message)),
			&rows, err) != 0)
		return -1;
	rc = store_step(b->w->store, rows, err);
	if (rc > 0) {
		v = store_column(b->w->store, rows, 0);
		if (v.type == STORE_TEXT && name_set(datenart, v.bytes, v.len))
			ret->datenart = datenart;
		ret->received_ms = store_column(b->w->store, rows, 1).num;
	}
	store_finish(b->w->store, &rows);
	return rc < 0 ? -1 : 0;
}

/* Does a law order to keep it?  datenart NULL: it has no row yet. */
static bool ordered(const struct batch *b, int64_t message,
		    const struct name *datenart)
{
	const struct planned *p = batch_planned(b, message);
	struct policy_rule rule;

	if (datenart == NULL && p != NULL)
		datenart = &p->step->key.datenart;
	return datenart != NULL &&
	       policy_rule_of(b->w->policy, datenart, &rule) &&
	       rule.has_statutory && statutory_orders(rule.norm);
}

/* What a hold is over, or a law orders to keep, is not forgotten because its
 * sender takes it back: it is hidden, as on_delete: mask has it, and goes by
 * its rule when that ends.  Source: design 1.8; § 257 HGB, § 147 AO. */
static int hold_back(struct batch *b, const struct step *s, int64_t message,
		     enum policy_forget *forget, struct err *err)
{
	struct hold_facts facts;
	struct name datenart;
	int64_t hold = 0;

	if (*forget != FORGET_ALL || message == 0)
		return 0;
	if (facts_of(b, s, message, &datenart, &facts, err) != 0 ||
	    hold_of(b->w, &facts, &hold, err) != 0)
		return -1;
	if (hold != 0 || ordered(b, message, facts.datenart))
		*forget = FORGET_MASK;
	return 0;
}

static int keep_version(struct batch *b, struct step *s,
			const struct policy_decision *d, struct err *err)
{
	struct buf old = BUF_INIT(CONTENT_BYTES_MAX);
	int rc = old_content(b, s, s->target, &old, err);

	s->kept_keys[0] = s->key;
	if (d->forget == FORGET_NOT)
		s->kept_keys[0].datenart = d->keep_as;
	if (rc == 0 && old.len > 0) {
		s->version = worker_id(b->w);
		s->kept_slots[0] =
		    keeper_add_seal(b->sealed, &s->kept_keys[0], s->version,
				    FIELD_CONTENT, old.bytes, old.len);
	}
	buf_free(&old);
	return rc;
}

int change_plan_edit(struct batch *b, struct step *s, struct err *err)
{
	struct policy_decision d;
	int rc;

	if (decide_edit(b, s, &d, err) != 0 ||
	    redaction_accept(b, s, &d, err) != 0 ||
	    hold_back(b, s, s->target, &d.forget, err) != 0)
		return -1;
	s->forget = d.forget;
	s->unseen = d.special && !d.forward;
	if (d.forget != FORGET_ALL && keep_version(b, s, &d, err) != 0)
		return -1;
	/* What it says now may be of Art. 9; what it was is not undone. */
	s->special = d.special;
	if (d.special)
		s->key.datenart = d.datenart;
	s->decision = &d;
	rc = plan_content(b, s, s->target, err);
	s->decision = NULL;
	return rc;
}

static int keep_as(struct batch *b, struct step *s, size_t i,
		   const struct name *datenart, struct err *err)
{
	int64_t message = i == 0 ? s->target : s->edit_row, conversation = 0;
	struct buf old = BUF_INIT(CONTENT_BYTES_MAX);
	int rc;

	if (message == 0)
		return 0;
	rc = old_content(b, s, message, &old, err);
	if (rc == 0)
		rc = plan_key_of(b, message, &s->kept_keys[i], &conversation,
				 err);
	if (rc == 0 && old.len > 0) {
		s->kept_keys[i].datenart = *datenart;
		s->kept_slots[i] =
		    keeper_add_seal(b->sealed, &s->kept_keys[i], message,
				    FIELD_CONTENT, old.bytes, old.len);
	}
	buf_free(&old);
	return rc;
}

int change_plan_delete(struct batch *b, struct step *s, struct err *err)
{
	struct policy_decision d;

	decide(b, s, ACT_DELETE, NULL, &d);
	if (hold_back(b, s, s->target, &d.forget, err) != 0 ||
	    hold_back(b, s, s->edit_row, &d.forget, err) != 0)
		return -1;
	s->forget = d.forget;
	if (d.forget != FORGET_NOT)
		return 0;
	if (keep_as(b, s, 0, &d.keep_as, err) != 0)
		return -1;
	return keep_as(b, s, 1, &d.keep_as, err);
}

int change_plan_tombstoned(struct batch *b, struct step *s, struct err *err)
{
	struct policy_decision d;

	decide(b, s, ACT_DELETE, NULL, &d);
	if (hold_back(b, s, s->message, &d.forget, err) != 0)
		return -1;
	s->forget = d.forget;
	if (d.forget == FORGET_NOT)
		s->key.datenart = d.keep_as;
	return 0;
}

/* --- written -------------------------------------------------------------- */

static int sealed_of(const struct batch *b, size_t slot,
		     struct store_value *ret, struct err *err)
{
	const uint8_t *sealed = NULL;
	size_t len = 0;

	if (keeper_result(b->sealed, slot, &sealed, &len, err) != 0)
		return keeper_failed(err);
	*ret = S_BLOB(sealed, len);
	return 0;
}

int change_write_version(struct batch *b, const struct step *s, struct err *err)
{
	struct store_value sealed;
	int64_t one = 0;
	bool written = false;

	if (s->kept_slots[0] == NO_SLOT)
		return 0;
	if (sealed_of(b, s->kept_slots[0], &sealed, err) != 0 ||
	    store_one_int(
		b->w->store, version_sql,
		STORE_ARGS(S_INT(s->version),
			   S_TEXT(s->forget == FORGET_NOT ? "kept" : "masked"),
			   S_TEXT(s->kept_keys[0].datenart.text), sealed,
			   S_INT(decide_policy_number(b->w)), S_INT(MSG_KEPT),
			   S_INT(s->target)),
		&one, &written, err) != 0)
		return -1;
	if (!written) /* deleted meanwhile, and stays so */
		return 0;
	if (prove_message(b->w, LEDGER_ARCHIVED, s->version, sealed, err) != 0)
		return -1;
	return store_run(b->w->store, version_of_sql,
			 STORE_ARGS(S_INT(s->version)), err);
}

/* What was not told yet is not told any more. */
static int hide(struct batch *b, int64_t conversation, int64_t message,
		struct err *err)
{
	if (store_run(b->w->store, untell_sql, STORE_ARGS(S_INT(message)),
		      err) != 0)
		return -1;
	return outbox_tell(b->w, conversation, message, "message.deleted",
			   "masked", err);
}

int change_mask(struct batch *b, int64_t message, struct err *err)
{
	int64_t conversation = 0;
	bool found = false;

	if (message == 0)
		return 0;
	if (store_one_int(b->w->store, mask_sql, STORE_ARGS(S_INT(message)),
			  &conversation, &found, err) != 0)
		return -1;
	return found ? hide(b, conversation, message, err) : 0;
}

int change_keep(struct batch *b, const struct step *s, size_t i,
		struct err *err)
{
	int64_t message = i == 0 ? s->target : s->edit_row, conversation = 0;
	const struct name *datenart = &s->kept_keys[i].datenart;
	struct store_value sealed;
	struct name helpdesk;
	bool found = false;

	if (s->kept_slots[i] == NO_SLOT)
		return 0;
	if (sealed_of(b, s->kept_slots[i], &sealed, err) != 0 ||
	    store_one_int(
		b->w->store, keep_sql,
		STORE_ARGS(sealed, S_TEXT(datenart->text), S_INT(message)),
		&conversation, &found, err) != 0)
		return -1;
	if (!found)
		return 0;
	if (prove_message(b->w, LEDGER_CHANGED, message, sealed, err) != 0 ||
	    desk_of(b->w, conversation, &helpdesk, err) != 0)
		return -1;
	if (!policy_helpdesk_sees(b->w->policy, &helpdesk, datenart))
		return hide(b, conversation, message, err);
	return outbox_tell(b->w, conversation, message, "message.deleted",
			   "kept", err);
}
