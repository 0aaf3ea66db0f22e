/* load.c - rows of requests, read. */
#include "inside.h"

#include <string.h>

#define COLUMNS                                                             \
	"person,conversation,type,via,state,language,received_ms,state_ms," \
	"ended_ms,receipt_day,due_day,extended,paused_days,reason,"         \
	"outside_id,asker,channel,year,scope,asked_day,proved_day,"         \
	"proof_hash,proof_tries,proof_until_ms,duplicate_of,decided_by,"    \
	"approved_by,fee_cents,answered_ms,heard,entry,verdict,restored"
enum column {
	C_PERSON,
	C_CONVERSATION,
	C_TYPE,
	C_VIA,
	C_STATE,
	C_LANGUAGE,
	C_RECEIVED,
	C_STATE_MS,
	C_ENDED,
	C_RECEIPT_DAY,
	C_DUE_DAY,
	C_EXTENDED,
	C_PAUSED,
	C_REASON,
	C_OUTSIDE,
	C_ASKER,
	C_CHANNEL,
	C_YEAR,
	C_SCOPE,
	C_ASKED,
	C_PROVED,
	C_PROOF_HASH,
	C_PROOF_TRIES,
	C_PROOF_UNTIL,
	C_DUPLICATE,
	C_DECIDED_BY,
	C_APPROVED_BY,
	C_FEE,
	C_ANSWERED,
	C_HEARD,
	C_ENTRY,
	C_VERDICT,
	C_RESTORED,
};

static const char load_sql[] = "SELECT " COLUMNS " FROM request WHERE id=?";
static const char outside_sql[] =
    "SELECT id FROM request WHERE via=? AND outside_id=?";
static const char link_sql[] = "SELECT id FROM request WHERE link_hash=?";
static const char items_sql[] =
    "SELECT datenart,verdict,reason,article,until_day,n FROM request_item"
    " WHERE request=? ORDER BY datenart,verdict,reason,until_day";

#define WORD_BYTES 24

struct reading {
	struct worker *w;
	struct store_rows *rows;
	bool failed;
};

static struct store_value at(struct reading *in, enum column c)
{
	return store_column(in->w->store, in->rows, c);
}

static void word(struct reading *in, enum column c, char *ret, size_t size)
{
	if (!store_word(at(in, c), ret, size))
		in->failed = true;
}

static void read_words(struct reading *in, struct request *r)
{
	char type[WORD_BYTES], via[WORD_BYTES], state[WORD_BYTES];
	struct store_value v = at(in, C_CHANNEL);

	word(in, C_TYPE, type, sizeof(type));
	word(in, C_VIA, via, sizeof(via));
	word(in, C_STATE, state, sizeof(state));
	word(in, C_LANGUAGE, r->is.language, sizeof(r->is.language));
	word(in, C_REASON, r->is.reason, sizeof(r->is.reason));
	word(in, C_OUTSIDE, r->is.outside_id, sizeof(r->is.outside_id));
	word(in, C_ASKER, r->is.asker, sizeof(r->is.asker));
	word(in, C_SCOPE, r->scope, sizeof(r->scope));
	word(in, C_VERDICT, r->verdict, sizeof(r->verdict));
	if (v.type == STORE_TEXT && v.len > 0 &&
	    !name_set(&r->channel, v.bytes, v.len))
		in->failed = true;
	if (in->failed || !rights_type_named(type, &r->is.type) ||
	    !rights_via_named(via, &r->is.via) ||
	    !rights_state_named(state, &r->is.state))
		in->failed = true;
}

static void read_numbers(struct reading *in, struct request *r)
{
	r->is.person = at(in, C_PERSON).num;
	r->is.conversation = at(in, C_CONVERSATION).num;
	r->is.received_ms = at(in, C_RECEIVED).num;
	r->is.state_ms = at(in, C_STATE_MS).num;
	r->is.ended_ms = at(in, C_ENDED).num;
	r->is.receipt_day = at(in, C_RECEIPT_DAY).num;
	r->is.due_day = at(in, C_DUE_DAY).num;
	r->is.extended = at(in, C_EXTENDED).num != 0;
	r->is.paused_days = at(in, C_PAUSED).num;
	r->year = (uint16_t)at(in, C_YEAR).num;
	r->asked_day = at(in, C_ASKED).num;
	r->proved_day = at(in, C_PROVED).num;
	r->proof_tries = at(in, C_PROOF_TRIES).num;
	r->proof_until_ms = at(in, C_PROOF_UNTIL).num;
	r->duplicate_of = at(in, C_DUPLICATE).num;
	r->decided_by = at(in, C_DECIDED_BY).num;
	r->decided = at(in, C_DECIDED_BY).type != STORE_NULL;
	r->approved_by = at(in, C_APPROVED_BY).num;
	r->approved = at(in, C_APPROVED_BY).type != STORE_NULL;
	r->fee_cents = at(in, C_FEE).num;
	r->answered_ms = at(in, C_ANSWERED).num;
	r->heard = at(in, C_HEARD).num;
	r->restored = at(in, C_RESTORED).num != 0;
	r->entry =
	    at(in, C_ENTRY).type != STORE_NULL ? at(in, C_ENTRY).num : -1;
}

static int read_row(struct reading *in, struct request *r, struct err *err)
{
	struct store_value hash = at(in, C_PROOF_HASH);

	read_words(in, r);
	read_numbers(in, r);
	if (hash.len == sizeof(r->proof_hash)) {
		memcpy(r->proof_hash, hash.bytes, hash.len);
		r->has_proof = true;
	}
	if (in->failed)
		return ERR_SET(err, ERR_CORRUPT, "row of a request", 0);
	if (r->is.due_day != 0)
		r->is.due_ends_ms =
		    caldate_begins_ms(in->w->zone, r->is.due_day + 1);
	return 0;
}

int request_load(struct worker *w, int64_t id, struct request *ret,
		 bool *ret_found, struct err *err)
{
	struct reading in = {.w = w};
	struct request r = {.is = {.id = id}};
	int rc;

	if (store_start(w->store, load_sql, STORE_ARGS(S_INT(id)), &in.rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, in.rows, err);
	*ret_found = rc > 0;
	if (rc > 0)
		rc = read_row(&in, &r, err);
	store_finish(w->store, &in.rows);
	if (rc == 0)
		*ret = r;
	return rc;
}

int request_need(struct worker *w, int64_t id, struct request *ret,
		 struct err *err)
{
	bool found = false;

	if (request_load(w, id, ret, &found, err) != 0)
		return -1;
	return found ? 0 : ERR_SET(err, ERR_ABSENT, "no such request", 0);
}

int rights_load(struct worker *w, int64_t id, struct rights_request *ret,
		bool *ret_found, struct err *err)
{
	struct request r;

	if (request_load(w, id, &r, ret_found, err) != 0)
		return -1;
	if (*ret_found)
		*ret = r.is;
	return 0;
}

/* --- finding -------------------------------------------------------------- */

int rights_find_outside(struct worker *w, enum rights_via via,
			const char *outside_id, int64_t *ret_id,
			struct err *err)
{
	bool found;

	*ret_id = 0;
	return store_one_int(
	    w->store, outside_sql,
	    STORE_ARGS(S_TEXT(rights_via_name(via)), S_TEXT(outside_id)),
	    ret_id, &found, err);
}

int rights_find_link(struct worker *w, const char *secret, int64_t *ret_id,
		     struct err *err)
{
	uint8_t hash[32];
	bool found;

	*ret_id = 0;
	if (strlen(secret) != RIGHTS_SECRET_BYTES - 1)
		return 0;
	if (rights_hash(w, "link", 0, secret, hash, err) != 0)
		return -1;
	return store_one_int(w->store, link_sql,
			     STORE_ARGS(S_BLOB(hash, sizeof(hash))), ret_id,
			     &found, err);
}

/* --- the settlement list -------------------------------------------------- */

static bool verdict_named(const char *name, enum erasure_verdict *ret)
{
	for (unsigned int i = 0; i < ERASURE_VERDICTS; i++)
		if (strcmp(erasure_verdict_names[i], name) == 0) {
			*ret = (enum erasure_verdict)i;
			return true;
		}
	return false;
}

static int read_item(struct worker *w, struct store_rows *rows,
		     struct rights_item *ret, struct err *err)
{
	struct store_value datenart = store_column(w->store, rows, 0);
	char verdict[WORD_BYTES];

	*ret = (struct rights_item){
	    .until_day = store_column(w->store, rows, 4).num,
	    .n = store_column(w->store, rows, 5).num,
	};
	if (!name_set(&ret->datenart, datenart.bytes, datenart.len) ||
	    !store_word(store_column(w->store, rows, 1), verdict,
			sizeof(verdict)) ||
	    !verdict_named(verdict, &ret->verdict) ||
	    !store_word(store_column(w->store, rows, 2), ret->reason,
			sizeof(ret->reason)) ||
	    !store_word(store_column(w->store, rows, 3), ret->article,
			sizeof(ret->article)))
		return ERR_SET(err, ERR_CORRUPT, "settlement of a request", 0);
	return 0;
}

int rights_items(struct worker *w, int64_t id, rights_item_each *each,
		 void *ctx, struct err *err)
{
	struct store_rows *rows = NULL;
	struct rights_item item;
	int rc;

	if (store_start(w->store, items_sql, STORE_ARGS(S_INT(id)), &rows,
			err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0) {
		rc = read_item(w, rows, &item, err);
		if (rc == 0)
			rc = each(ctx, &item, err);
		if (rc != 0)
			break;
	}
	store_finish(w->store, &rows);
	return rc;
}
