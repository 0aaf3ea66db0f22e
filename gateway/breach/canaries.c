/* canaries.c - see canaries.h. */
#include "canaries.h"

#include "postern/jsonout.h"
#include "worker/alarm.h"
#include "worker/canary.h"
#include "worker/decide.h"
#include "worker/identity.h"
#include "worker/inbound.h"
#include "worker/prove.h"
#include "worker/prove_message.h"

#define CLEAR_MAX (64u * 1024)

static const char person_sql[] =
    "INSERT INTO person(id,created_ms,year,profile_sealed) VALUES(?,?,?,?)";
static const char conversation_sql[] =
    "INSERT INTO conversation(id,person,channel,helpdesk,state,opened_ms,"
    "inbound_ms) VALUES(?,?,?,?,'open',?,?)";
static const char message_sql[] =
    "INSERT INTO message(id,conversation,key_person,direction,kind,state,"
    "datenart,year,provider_ms,received_ms,content_sealed,policy,outcome)"
    " VALUES(?,?,?,'in','text','received',?,?,?,?,?,?,?)";
static const char canary_sql[] =
    "INSERT INTO canary(id,person,conversation,year,canary_sealed,made_ms)"
    " VALUES(?,?,?,?,?,?)";
static const char end_sql[] =
    "UPDATE canary SET ended_ms=?,canary_sealed=NULL WHERE id=? AND ended_ms"
    " IS NULL RETURNING person";
static const char messages_sql[] =
    "SELECT id FROM message WHERE conversation IN"
    " (SELECT id FROM conversation WHERE person=?) ORDER BY id LIMIT 1";
static const char message_gone_sql[] = "DELETE FROM message WHERE id=?";
static const char outbox_gone_sql[] =
    "DELETE FROM outbox WHERE conversation IN"
    " (SELECT id FROM conversation WHERE person=?)";
static const char conversation_gone_sql[] =
    "DELETE FROM conversation WHERE person=?";
static const char person_gone_sql[] = "DELETE FROM person WHERE id=?";

/* What is made in one transaction. */
struct making {
	struct worker *w;
	const struct canary_order *order;
	struct canary *canary;
	struct name datenart;
	int64_t now_ms;
	struct keeper_batch *batch;
	struct buf clear;
	size_t name_slot, profile_slot;
	int64_t messages[CANARY_TEXTS_MAX];
	size_t slots[CANARY_TEXTS_MAX];
};

static struct key_ref key_of(const struct making *m, int64_t person,
			     const char *datenart)
{
	struct key_ref key = {.person = person, .year = env_year(m->now_ms)};

	(void)name_set(&key.datenart, datenart,
		       strlen(datenart)); /* of ours, or of the policy */
	return key;
}

/* {"MEMBER":"TEXT"} */
static int seal(struct making *m, const struct key_ref *key, int64_t record,
		enum seal_field field, const char *member, const char *text,
		size_t *ret_slot, struct err *err)
{
	buf_clear(&m->clear);
	if (buf_append_text(&m->clear, "{", err) != 0 ||
	    jsonout_text(&m->clear, member, strlen(member), err) != 0 ||
	    buf_append_text(&m->clear, ":", err) != 0 ||
	    jsonout_text(&m->clear, text, strlen(text), err) != 0 ||
	    buf_append_text(&m->clear, "}", err) != 0)
		return -1;
	*ret_slot = keeper_add_seal(m->batch, key, record, field,
				    m->clear.bytes, m->clear.len);
	return 0;
}

static int seal_all(struct making *m, struct err *err)
{
	const struct canary *c = m->canary;
	struct key_ref key = key_of(m, c->id, "CANARY");

	if (seal(m, &key, c->id, FIELD_CANARY, "name", m->order->name,
		 &m->name_slot, err) != 0)
		return -1;
	key = key_of(m, c->person, IDENTITY_DATENART);
	if (seal(m, &key, c->person, FIELD_PROFILE, "name", m->order->name,
		 &m->profile_slot, err) != 0)
		return -1;
	key = key_of(m, c->person, m->datenart.text);
	for (size_t i = 0; i < m->order->texts_len; i++) {
		m->messages[i] = worker_id(m->w);
		if (seal(m, &key, m->messages[i], FIELD_CONTENT, "text",
			 m->order->texts[i], &m->slots[i], err) != 0)
			return -1;
	}
	return keeper_run(m->batch, err) != 0 ? keeper_failed(err) : 0;
}

static int sealed_of(const struct making *m, size_t slot,
		     struct store_value *ret, struct err *err)
{
	const uint8_t *sealed = NULL;
	size_t len = 0;

	if (keeper_result(m->batch, slot, &sealed, &len, err) != 0)
		return keeper_failed(err);
	*ret = S_BLOB(sealed, len);
	return 0;
}

static int write_message(struct making *m, size_t i, struct err *err)
{
	struct store_value sealed;

	if (sealed_of(m, m->slots[i], &sealed, err) != 0 ||
	    store_run(m->w->store, message_sql,
		      STORE_ARGS(
			  S_INT(m->messages[i]), S_INT(m->canary->conversation),
			  S_INT(m->canary->person), S_TEXT(m->datenart.text),
			  S_INT(env_year(m->now_ms)), S_INT(m->now_ms),
			  S_INT(m->now_ms), sealed,
			  S_INT(decide_policy_number(m->w)),
			  S_INT(MSG_FORWARDED)),
		      err) != 0)
		return -1;
	return prove_message(m->w, LEDGER_ARCHIVED, m->messages[i], sealed,
			     err);
}

static int write_all(struct making *m, struct err *err)
{
	struct store *st = m->w->store;
	const struct canary *c = m->canary;
	const struct name *desk = m->order->helpdesk;
	const int64_t year = env_year(m->now_ms);
	struct store_value name, profile;

	if (sealed_of(m, m->name_slot, &name, err) != 0 ||
	    sealed_of(m, m->profile_slot, &profile, err) != 0 ||
	    store_run(st, person_sql,
		      STORE_ARGS(S_INT(c->person), S_INT(m->now_ms),
				 S_INT(year), profile),
		      err) != 0 ||
	    store_run(st, conversation_sql,
		      STORE_ARGS(S_INT(c->conversation), S_INT(c->person),
				 S_TEXT(m->order->channel->text),
				 S_TEXT(desk != NULL ? desk->text : NULL),
				 S_INT(m->now_ms), S_INT(m->now_ms)),
		      err) != 0)
		return -1;
	for (size_t i = 0; i < m->order->texts_len; i++)
		if (write_message(m, i, err) != 0)
			return -1;
	return store_run(st, canary_sql,
			 STORE_ARGS(S_INT(c->id), S_INT(c->person),
				    S_INT(c->conversation), S_INT(year), name,
				    S_INT(m->now_ms)),
			 err);
}

static int tell(struct worker *w, enum ledger_event event, int64_t id,
		struct err *err)
{
	const struct act act = {.event = event,
				.by = LEDGER_STAFF,
				.kind = ID_CANARY,
				.object = id};

	return prove(w, &act, err);
}

int canary_make(struct worker *w, const struct canary_order *order,
		struct canary *ret, struct err *err)
{
	struct making m = {.w = w,
			   .order = order,
			   .canary = ret,
			   .now_ms = worker_now(w),
			   .clear = BUF_INIT(CLEAR_MAX)};
	struct policy_channel channel;
	int rc = -1;

	if (!policy_channel_of(w->policy, order->channel, &channel))
		return ERR_SET(err, ERR_INPUT, "no such channel", 0);
	m.datenart = channel.data;
	*ret = (struct canary){.id = worker_id(w),
			       .person = worker_id(w),
			       .conversation = worker_id(w),
			       .made_ms = m.now_ms};
	if (keeper_batch_new(w->keeper, &m.batch, err) != 0)
		return -1;
	if (seal_all(&m, err) == 0 && write_all(&m, err) == 0)
		rc = tell(w, LEDGER_CANARY_MADE, ret->id, err);
	keeper_batch_free(&m.batch);
	buf_free(&m.clear);
	canary_changed(w);
	return rc;
}

/* --- its end -------------------------------------------------------------- */

static int forget_messages(struct worker *w, int64_t person, struct err *err)
{
	int64_t id = 0;
	bool found = true;

	for (;;) {
		if (store_one_int(w->store, messages_sql,
				  STORE_ARGS(S_INT(person)), &id, &found,
				  err) != 0)
			return -1;
		if (!found)
			return 0;
		if (store_run(w->store, message_gone_sql, STORE_ARGS(S_INT(id)),
			      err) != 0 ||
		    prove_message(w, LEDGER_REMOVED, id, S_NULL, err) != 0)
			return -1;
	}
}

/* Before the commit: a key that is gone leaves rows that do not open. */
static int shred(struct worker *w, int64_t id, int64_t person, struct err *err)
{
	struct keeper_batch *batch = NULL;
	int rc = 0;

	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	(void)keeper_add_shred(batch, id, NULL);
	(void)keeper_add_shred(batch, person, NULL);
	if (keeper_run(batch, err) != 0)
		rc = keeper_failed(err);
	keeper_batch_free(&batch);
	return rc;
}

int canary_end(struct worker *w, int64_t id, struct err *err)
{
	struct store *st = w->store;
	int64_t person = 0;
	bool found = false;

	if (store_one_int(st, end_sql,
			  STORE_ARGS(S_INT(worker_now(w)), S_INT(id)), &person,
			  &found, err) != 0)
		return -1;
	if (!found)
		return ERR_SET(err, ERR_ABSENT, "no such canary", 0);
	deliver_forget(w, 0);
	if (forget_messages(w, person, err) != 0 ||
	    store_run(st, outbox_gone_sql, STORE_ARGS(S_INT(person)), err) !=
		0 ||
	    store_run(st, conversation_gone_sql, STORE_ARGS(S_INT(person)),
		      err) != 0 ||
	    store_run(st, person_gone_sql, STORE_ARGS(S_INT(person)), err) !=
		0 ||
	    alarm_end(w, "canary.touched", id, err) != 0 ||
	    tell(w, LEDGER_CANARY_ENDED, id, err) != 0)
		return -1;
	canary_changed(w);
	return shred(w, id, person, err);
}
