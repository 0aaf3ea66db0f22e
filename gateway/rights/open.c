/* open.c - a request comes in.
 *
 * Whether a person is known must not show, not even in time: the same look-ups
 * and the same rows are made for everybody, one round trip to the keeper, and
 * the entry of the proof log is committed to under the request's own key. */
#include "inside.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "postern/jsonmem.h"
#include "worker/canary.h"
#include "worker/identity.h"
#include "worker/inbound.h"

#define CLEAR_MAX (64u * 1024)

/* One row for a stranger, too. */
static const char owner_sql[] =
    "SELECT coalesce((SELECT person FROM address WHERE address_hash=? AND"
    " to_ms IS NULL ORDER BY id DESC LIMIT 1),0)";
/* Whom a person turned out to be. */
static const char joined_sql[] =
    "WITH RECURSIVE later(id,n) AS (SELECT CAST(? AS BIGINT),0 UNION ALL"
    " SELECT p.joined_into,l.n+1 FROM person p JOIN later l ON p.id=l.id"
    " WHERE p.joined_into IS NOT NULL AND l.n<64)"
    " SELECT id FROM later ORDER BY n DESC LIMIT 1";
static const char insert_sql[] =
    "INSERT INTO request(id,type,state,person,channel,conversation,language,"
    "received_ms,via,state_ms,year,scope,request_sealed,link_hash,"
    "outside_id,asker,next_ms) VALUES(?,?,'received',?,?,?,?,?,?,?,?,?,?,?,?,"
    "?,0)";
static const char callback_sql[] =
    "INSERT INTO request_callback(request,url,kind,next_ms) VALUES(?,?,?,?)"
    " ON CONFLICT(request,url) DO NOTHING";

struct opening {
	struct worker *w;
	const struct rights_ask *ask;
	struct request r;
	char secret[RIGHTS_SECRET_BYTES];
	size_t slots[RIGHTS_IDENTIFIERS_MAX], link, sealed;
	uint8_t link_hash[32];
	const uint8_t *sealed_bytes;
	size_t sealed_len;
};

/* --- one round trip ------------------------------------------------------- */

static json_t *clear_json(const struct rights_ask *ask)
{
	json_t *identifiers = json_array();

	for (size_t i = 0; i < ask->identifiers_len; i++)
		(void)json_array_append_new(
		    identifiers,
		    json_pack("{s:s, s:s}", "kind", ask->identifiers[i].kind,
			      "value", ask->identifiers[i].value));
	return json_pack("{s:o, s:s*}", "identifiers", identifiers, "text",
			 ask->text);
}

static int add_sealed(struct opening *o, struct keeper_batch *batch,
		      struct err *err)
{
	const struct key_ref key = request_key(o->r.is.id, o->r.year);
	struct buf clear = BUF_INIT(CLEAR_MAX);
	json_t *what = clear_json(o->ask);
	int rc = jsonmem_print(what, JSON_COMPACT, &clear, err);

	if (rc == 0)
		o->sealed =
		    keeper_add_seal(batch, &key, o->r.is.id, FIELD_REQUEST,
				    clear.bytes, clear.len);
	json_decref(what);
	buf_free(&clear);
	return rc;
}

static int ask_keeper(struct opening *o, struct keeper_batch *batch,
		      struct err *err)
{
	const struct rights_ask *ask = o->ask;

	for (size_t i = 0; i < ask->identifiers_len; i++)
		o->slots[i] =
		    keeper_add_index(batch, ask->identifiers[i].kind,
				     o->w->settings->controller.country,
				     ask->identifiers[i].value,
				     strlen(ask->identifiers[i].value));
	o->link = rights_hash_add(batch, "link", 0, o->secret);
	if (add_sealed(o, batch, err) != 0)
		return -1;
	if (keeper_run(batch, err) != 0 ||
	    rights_hash_get(batch, o->link, o->link_hash, err) != 0 ||
	    keeper_result(batch, o->sealed, &o->sealed_bytes, &o->sealed_len,
			  err) != 0)
		return keeper_failed(err);
	return 0;
}

/* --- whose it is ---------------------------------------------------------- */

/* Every identifier is looked up, also when the first is known. */
static int look_up(struct opening *o, const struct keeper_batch *batch,
		   struct err *err)
{
	int64_t person = o->ask->person, one;
	bool found;

	for (size_t i = 0; i < o->ask->identifiers_len; i++) {
		static const uint8_t nobody[IDENTITY_HASH_BYTES];
		const uint8_t *hash = nobody;
		size_t len = sizeof(nobody);
		struct err why = {0};

		/* What is no address of its kind is nobody's. */
		if (keeper_result(batch, o->slots[i], &hash, &len, &why) != 0) {
			hash = nobody;
			len = sizeof(nobody);
		}
		if (store_one_int(o->w->store, owner_sql,
				  STORE_ARGS(S_BLOB(hash, len)), &one, &found,
				  err) != 0)
			return -1;
		if (person == 0)
			person = one;
	}
	return store_one_int(o->w->store, joined_sql, STORE_ARGS(S_INT(person)),
			     &o->r.is.person, &found, err);
}

/* --- rows ----------------------------------------------------------------- */

static struct store_value id_or_null(int64_t id)
{
	return id != 0 ? S_INT(id) : S_NULL;
}

static const char *channel_of(const struct rights_ask *ask)
{
	return ask->channel != NULL ? ask->channel->text : "";
}

static int insert(struct opening *o, struct err *err)
{
	const struct rights_ask *ask = o->ask;
	const struct request *r = &o->r;

	return store_run(
	    o->w->store, insert_sql,
	    STORE_ARGS(S_INT(r->is.id), S_TEXT(rights_type_name(ask->type)),
		       S_INT(r->is.person), S_TEXT(channel_of(ask)),
		       id_or_null(ask->conversation), S_TEXT(r->is.language),
		       S_INT(r->is.received_ms),
		       S_TEXT(rights_via_name(ask->via)), S_INT(r->is.state_ms),
		       S_INT(r->year), S_TEXT(ask->scope),
		       S_BLOB(o->sealed_bytes, o->sealed_len),
		       S_BLOB(o->link_hash, sizeof(o->link_hash)),
		       S_TEXT(ask->outside_id), S_TEXT(ask->asker)),
	    err);
}

static int insert_callbacks(struct opening *o, struct err *err)
{
	const char *kind = o->ask->callback_kind != NULL
			       ? o->ask->callback_kind
			       : rights_via_name(o->ask->via);

	for (size_t i = 0; i < o->ask->callbacks_len; i++)
		if (store_run(o->w->store, callback_sql,
			      STORE_ARGS(S_INT(o->r.is.id),
					 S_TEXT(o->ask->callbacks[i]),
					 S_TEXT(kind), S_INT(o->r.is.state_ms)),
			      err) != 0)
			return -1;
	return 0;
}

static int64_t actor_of(const struct rights_ask *ask)
{
	return ask->via == RIGHTS_API || ask->via == RIGHTS_MAIL ||
		       ask->via == RIGHTS_DESK
		   ? 0
		   : BY_SUBJECT;
}

/* Proof is asked for on the day it comes; who is trusted needs none. */
static int first_state(struct opening *o, struct err *err)
{
	struct request *r = &o->r;
	const int64_t today = request_today(o->w);

	r->asked_day = o->ask->proved ? 0 : today;
	if (request_due_write(o->w, r, err) != 0)
		return -1;
	return request_enter(
	    o->w, r, o->ask->proved ? RIGHTS_VERIFIED : RIGHTS_IDENTITY_PENDING,
	    NULL, BY_SYSTEM, err);
}

static int write_rows(struct opening *o, struct err *err)
{
	if (insert(o, err) != 0 || insert_callbacks(o, err) != 0 ||
	    request_begun(o->w, &o->r, actor_of(o->ask), err) != 0)
		return -1;
	return first_state(o, err);
}

/* --- the whole ------------------------------------------------------------ */

static void answer(const struct opening *o, struct rights_opened *ret)
{
	*ret = (struct rights_opened){
	    .id = o->r.is.id,
	    .state = o->r.is.state,
	    .received_ms = o->r.is.received_ms,
	    .due_day = o->r.is.due_day,
	};
	(void)snprintf(ret->status_link, sizeof(ret->status_link),
		       "/privacy/status/%s", o->secret);
}

/* The other side asks again: what there is, without a link. */
static int repeated(struct worker *w, const struct rights_ask *ask,
		    struct rights_opened *ret, bool *ret_found, struct err *err)
{
	struct request r;
	int64_t id = 0;

	*ret_found = false;
	if (ask->outside_id == NULL)
		return 0;
	if (rights_find_outside(w, ask->via, ask->outside_id, &id, err) != 0)
		return -1;
	if (id == 0)
		return 0;
	if (request_need(w, id, &r, err) != 0)
		return -1;
	*ret_found = true;
	*ret = (struct rights_opened){
	    .id = id,
	    .state = r.is.state,
	    .received_ms = r.is.received_ms,
	    .due_day = r.is.due_day,
	    .repeated = true,
	};
	return 0;
}

static void begin(struct opening *o)
{
	const struct rights_ask *ask = o->ask;
	const char *language = ask->language;

	if (language == NULL ||
	    (strcmp(language, "de") != 0 && strcmp(language, "en") != 0))
		language = o->w->settings->controller.language;
	o->r = (struct request){
	    .is = {.id = worker_id(o->w),
		   .conversation = ask->conversation,
		   .type = ask->type,
		   .via = ask->via,
		   .state = RIGHTS_RECEIVED,
		   .received_ms = ask->received_ms,
		   .state_ms = worker_now(o->w)},
	    .entry = -1,
	};
	o->r.year = env_year(o->r.is.state_ms);
	if (ask->channel != NULL)
		o->r.channel = *ask->channel;
	(void)snprintf(o->r.is.language, sizeof(o->r.is.language), "%s",
		       language[0] != '\0' ? language : "de");
	rights_secret(o->w, o->secret);
}

int rights_open(struct worker *w, const struct rights_ask *ask,
		struct rights_opened *ret, struct err *err)
{
	struct opening o = {.w = w, .ask = ask};
	struct keeper_batch *batch = NULL;
	bool found = false;
	int rc = -1;

	assert(ask->identifiers_len <= RIGHTS_IDENTIFIERS_MAX &&
	       ask->callbacks_len <= RIGHTS_CALLBACKS_MAX);
	if (repeated(w, ask, ret, &found, err) != 0)
		return -1;
	if (found)
		return 0;
	begin(&o);
	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	if (ask_keeper(&o, batch, err) == 0 && look_up(&o, batch, err) == 0 &&
	    canary_touched(w, o.r.is.person, CANARY_ASKED, err) == 0 &&
	    write_rows(&o, err) == 0) {
		answer(&o, ret);
		w->rights.asked = true;
		rc = 0;
	}
	keeper_batch_free(&batch);
	sodium_memzero(o.secret, sizeof(o.secret));
	return rc;
}
