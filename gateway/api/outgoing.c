/* outgoing.c - a message on its way to a person. */
#include "outgoing.h"

#include "body.h"
#include "postern/jsonmem.h"
#include "problem.h"
#include "seal.h"
#include "worker/outbox.h"
#include "worker/prove_message.h"

#define TRIAL_ADDRESS "491510000000"

static const char sql_message[] =
    "INSERT INTO message(id, conversation, key_person, direction, kind, state,"
    " datenart, year, received_ms, target, content_sealed, policy,"
    " campaign) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)";
static const char sql_quoted[] =
    "SELECT key_person, datenart, year, content_sealed, direction"
    " FROM message WHERE id=? AND conversation=?";
static const char sql_kinds[] =
    PERSON_FAMILY "SELECT DISTINCT kind FROM address WHERE to_ms IS NULL"
		  " AND person IN (SELECT id FROM family) LIMIT 4";

int outgoing_put(struct worker *w, const struct conversation *cnv,
		 const struct outgoing *out, int64_t *ret_message,
		 struct err *err)
{
	int64_t now_ms = worker_now(w), id = worker_id(w);
	struct key_ref key = {.person = cnv->person,
			      .datenart = out->datenart,
			      .year = env_year(now_ms)};
	struct keeper_batch *batch = NULL;
	const uint8_t *sealed;
	size_t len;
	int rc = -1;

	if (seal_json(w, &key, id, FIELD_CONTENT, out->content, &batch, &sealed,
		      &len, err) != 0)
		return -1;
	if (store_run(
		w->store, sql_message,
		STORE_ARGS(
		    S_INT(id), S_INT(cnv->id), S_INT(cnv->person),
		    S_TEXT("out"), S_TEXT(out->kind), S_TEXT("queued"),
		    S_TEXT(out->datenart.text), S_INT(key.year), S_INT(now_ms),
		    out->target != 0 ? S_INT(out->target) : S_NULL,
		    S_BLOB(sealed, len), S_INT(decide_policy_number(w)),
		    out->campaign[0] != '\0' ? S_TEXT(out->campaign) : S_NULL),
		err) != 0 ||
	    prove_message(w, LEDGER_ARCHIVED, id, S_BLOB(sealed, len), err) !=
		0 ||
	    outbox_add(w, "channel", cnv->channel.text, cnv->id, id, "send",
		       NULL, now_ms, err) != 0)
		goto out;
	*ret_message = id;
	rc = 0;
out:
	keeper_batch_free(&batch);
	return rc;
}

struct quoted_row {
	struct key_ref key;
	struct buf sealed;
	bool inbound;
};

static int quoted_row(struct worker *w, int64_t message, int64_t conversation,
		      struct quoted_row *ret, bool *ret_found, struct err *err)
{
	struct store_rows *rows;
	struct store_value sealed, direction;
	int got, rc = -1;

	if (store_start(w->store, sql_quoted,
			STORE_ARGS(S_INT(message), S_INT(conversation)), &rows,
			err) != 0)
		return -1;
	got = store_step(w->store, rows, err);
	if (got < 0)
		goto out;
	*ret_found = got > 0;
	rc = 0;
	if (got == 0)
		goto out;
	ret->key.person = store_column(w->store, rows, 0).num;
	(void)column_name(store_column(w->store, rows, 1), &ret->key.datenart);
	ret->key.year = (uint16_t)store_column(w->store, rows, 2).num;
	sealed = store_column(w->store, rows, 3);
	direction = store_column(w->store, rows, 4);
	ret->inbound =
	    direction.len == 2 && memcmp(direction.bytes, "in", 2) == 0;
	rc = buf_append(&ret->sealed, sealed.bytes, sealed.len, err);
out:
	store_finish(w->store, &rows);
	return rc;
}

/* The provider's id out of a message's content; empty when there is none. */
static int open_provider_id(struct worker *w, int64_t message,
			    const struct quoted_row *row, char *ret,
			    size_t ret_size, struct err *err)
{
	struct keeper_batch *batch = NULL;
	const uint8_t *clear;
	json_t *content = NULL;
	const char *id;
	size_t slot, len;
	bool no_memory;
	int rc = -1;

	ret[0] = '\0';
	if (row->sealed.len == 0)
		return 0;
	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	slot = keeper_add_open(batch, &row->key, message, FIELD_CONTENT,
			       row->sealed.bytes, row->sealed.len);
	if (keeper_run(batch, err) != 0)
		goto out;
	rc = 0;
	/* Erased or damaged: there is nothing to quote any more. */
	if (keeper_result(batch, slot, &clear, &len, NULL) != 0)
		goto out;
	content = jsonmem_load(clear, len, 0, &no_memory);
	if (no_memory) {
		rc = ERR_SET(err, ERR_NOMEM, "no memory for content", 0);
		goto out;
	}
	id = json_string_value(json_object_get(content, "id"));
	if (id != NULL && strlen(id) < ret_size)
		memcpy(ret, id, strlen(id) + 1);
out:
	json_decref(content);
	keeper_batch_free(&batch);
	return rc;
}

int outgoing_quoted(struct worker *w, struct job *job,
		    const struct conversation *cnv, const char *member,
		    const char *text, struct quoted *ret, struct err *err)
{
	struct quoted_row row = {.sealed = BUF_INIT(1024 * 1024)};
	bool found = false;
	int64_t id;
	int rc = -1;

	if (id_parse(&w->mask, ID_MESSAGE, text, strlen(text), &id, NULL) != 0)
		return body_refuse(job, "no message of this conversation",
				   member);
	if (quoted_row(w, id, cnv->id, &row, &found, err) != 0)
		goto out;
	if (!found) {
		(void)body_refuse(job, "no message of this conversation",
				  member);
		goto out;
	}
	if (open_provider_id(w, id, &row, ret->id, sizeof(ret->id), err) != 0)
		goto out;
	if (ret->id[0] == '\0') {
		(void)job_refuse(job, &problem_conflict,
				 "that message cannot be referred to (any "
				 "more, or yet)");
		goto out;
	}
	ret->message = id;
	ret->inbound = row.inbound;
	rc = 0;
out:
	buf_free(&row.sealed);
	return rc;
}

/* Which kinds of address the person has; the texts themselves stay sealed,
 * the driver's answer does not depend on them. */
static int trial_party(struct worker *w, int64_t person,
		       char kinds[PARTY_ADDRESSES_MAX][24], struct party *ret,
		       struct err *err)
{
	struct store_rows *rows;
	int got;

	if (store_start(w->store, sql_kinds, STORE_ARGS(S_INT(person)), &rows,
			err) != 0)
		return -1;
	while ((got = store_step(w->store, rows, err)) > 0 &&
	       ret->addresses_len < PARTY_ADDRESSES_MAX) {
		size_t i = ret->addresses_len;

		if (!column_text(store_column(w->store, rows, 0), kinds[i],
				 sizeof(kinds[i])))
			continue;
		ret->addresses[i] = (struct party_address){
		    .kind = kinds[i], .text = TRIAL_ADDRESS};
		ret->addresses_len++;
	}
	store_finish(w->store, &rows);
	return got < 0 ? -1 : 0;
}

int outgoing_possible(struct worker *w, struct job *job,
		      const struct conversation *cnv,
		      const struct channel_act *act, struct err *err)
{
	struct channel *ch = w->channels[cnv->channel_index];
	char kinds[PARTY_ADDRESSES_MAX][24];
	struct channel_act trial = *act;
	struct http_call call = {0};
	struct err e = {0};
	int rc;

	trial.to = (struct party){0};
	if (trial_party(w, cnv->person, kinds, &trial.to, err) != 0)
		return -1;
	/* Nobody to try it with: the send step finds out. */
	if (trial.to.addresses_len == 0)
		return 0;
	trial.reference = "trial";
	rc = ch->driver->request(ch, &trial, &call, &e);
	http_call_free(&call);
	if (rc != 0 && e.kind == ERR_INPUT)
		return job_refuse(job, &problem_channel_cannot, NULL);
	if (rc != 0)
		*err = e;
	return rc;
}

int outgoing_answer(struct worker *w, struct job *job, int64_t message,
		    struct err *err)
{
	struct id_text id;

	id_format(&w->mask, ID_MESSAGE, message, &id);
	if (job_json(
		job, 202,
		json_pack("{s:s, s:s}", "message", id.text, "state", "queued"),
		err) != 0)
		return -1;
	(void)snprintf(job->location, sizeof(job->location), "/v1/messages/%s",
		       id.text);
	return 0;
}
