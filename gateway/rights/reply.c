/* reply.c - where a person is answered. */
#include "machine.h"

#include <string.h>

#include "store/family.h"
#include "worker/identity.h"
#include "worker/inbound.h"

static const char own_sql[] = "SELECT id,channel FROM conversation WHERE id=?";
static const char newest_sql[] = PERSON_FAMILY
    "SELECT id,channel FROM conversation WHERE person IN (SELECT id FROM"
    " family) AND (?='' OR channel=?) ORDER BY coalesce(inbound_ms,0) DESC,"
    " id DESC LIMIT 1";
static const char addresses_sql[] =
    PERSON_FAMILY "SELECT id,key_person,year,kind,address_sealed FROM address"
		  " WHERE person IN (SELECT id FROM family) AND to_ms IS NULL"
		  " ORDER BY from_ms DESC,id DESC LIMIT 16";
static const char place_sql[] =
    "UPDATE request SET channel=?,conversation=? WHERE id=?";

/* --- which conversation --------------------------------------------------- */

static int take_conversation(struct worker *w, struct store_rows *rows,
			     struct request *r, struct err *err)
{
	struct store_value channel = store_column(w->store, rows, 1);

	if (!name_set(&r->channel, channel.bytes, channel.len))
		return ERR_SET(err, ERR_CORRUPT, "channel is no name", 0);
	r->is.conversation = store_column(w->store, rows, 0).num;
	return 0;
}

int reply_find(struct worker *w, struct request *r, bool *ret_found,
	       struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	*ret_found = false;
	if (r->is.conversation != 0)
		rc = store_start(w->store, own_sql,
				 STORE_ARGS(S_INT(r->is.conversation)), &rows,
				 err);
	else
		rc = store_start(w->store, newest_sql,
				 STORE_ARGS(S_INT(r->is.person),
					    S_TEXT(r->channel.text),
					    S_TEXT(r->channel.text)),
				 &rows, err);
	if (rc != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	*ret_found = rc > 0;
	if (rc > 0)
		rc = take_conversation(w, rows, r, err);
	store_finish(w->store, &rows);
	return rc;
}

/* --- addresses ------------------------------------------------------------ */

struct address {
	char kind[24];
	size_t slot;
};
struct addresses {
	struct address all[PARTY_ADDRESSES_MAX];
	size_t len;
};

static bool kind_known(const struct addresses *a, const char *kind)
{
	for (size_t i = 0; i < a->len; i++)
		if (strcmp(a->all[i].kind, kind) == 0)
			return true;
	return false;
}

/* The newest of each kind, as when a reply is sent. */
static void take_address(struct worker *w, struct store_rows *rows,
			 struct keeper_batch *batch, struct addresses *a)
{
	struct store_value sealed = store_column(w->store, rows, 4);
	struct key_ref key = {
	    .person = store_column(w->store, rows, 1).num,
	    .year = (uint16_t)store_column(w->store, rows, 2).num,
	};
	char kind[24];

	if (a->len == PARTY_ADDRESSES_MAX || sealed.len == 0 ||
	    !store_word(store_column(w->store, rows, 3), kind, sizeof(kind)) ||
	    kind_known(a, kind))
		return;
	(void)name_set(&key.datenart, IDENTITY_DATENART,
		       strlen(IDENTITY_DATENART)); /* a constant */
	memcpy(a->all[a->len].kind, kind, sizeof(kind));
	a->all[a->len++].slot =
	    keeper_add_open(batch, &key, store_column(w->store, rows, 0).num,
			    FIELD_ADDRESS, sealed.bytes, sealed.len);
}

static int read_addresses(struct worker *w, const struct request *r,
			  struct keeper_batch *batch, struct addresses *ret,
			  struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(w->store, addresses_sql,
			STORE_ARGS(S_INT(r->is.person)), &rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0)
		take_address(w, rows, batch, ret);
	store_finish(w->store, &rows);
	if (rc < 0)
		return -1;
	return keeper_run(batch, err) != 0 ? keeper_failed(err) : 0;
}

static json_t *addresses_json(const struct keeper_batch *batch,
			      const struct addresses *a)
{
	json_t *list = json_array();
	const uint8_t *text = NULL;
	struct err ignored;
	size_t len = 0;

	/* A shredded one is no address any more. */
	for (size_t i = 0; i < a->len; i++)
		if (keeper_result(batch, a->all[i].slot, &text, &len,
				  &ignored) == 0)
			(void)json_array_append_new(
			    list,
			    json_pack("{s:s, s:o}", "kind", a->all[i].kind,
				      "text",
				      json_stringn((const char *)text, len)));
	return list;
}

int reply_remember(struct worker *w, struct request *r, struct err *err)
{
	struct addresses a = {0};
	struct keeper_batch *batch = NULL;
	json_t *what = NULL;
	int rc = -1;

	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	if (read_addresses(w, r, batch, &a, err) == 0) {
		what = json_pack("{s:s, s:o}", "channel", r->channel.text, "to",
				 addresses_json(batch, &a));
		rc = request_seal(w, r, FIELD_REPLY, what, err);
	}
	json_decref(what);
	keeper_batch_free(&batch);
	if (rc != 0)
		return -1;
	return store_run(w->store, place_sql,
			 STORE_ARGS(S_TEXT(r->channel.text),
				    S_INT(r->is.conversation), S_INT(r->is.id)),
			 err);
}

int reply_forget(struct worker *w, const struct request *r, struct err *err)
{
	return request_seal(w, r, FIELD_REPLY, NULL, err);
}
