/* canaries.c - made-up persons: made, listed, ended. */
#include "body.h"
#include "breach/canaries.h"
#include "postern/jsonmem.h"
#include "problem.h"
#include "route.h"

#define NAME_MAX_BYTES 200
#define TEXT_MAX_BYTES 4000

static const char list_sql[] =
    "SELECT id,person,conversation,year,canary_sealed,made_ms,ended_ms FROM"
    " canary ORDER BY id";

static json_t *canary_json(struct worker *w, const struct canary *c,
			   json_t *name)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "id",
			 job_json_id(w, ID_CANARY, c->id), "person",
			 job_json_id(w, ID_PERSON, c->person), "conversation",
			 job_json_id(w, ID_CONVERSATION, c->conversation),
			 "name", name, "made", job_json_time(c->made_ms),
			 "ended", job_json_time(c->ended_ms));
}

static int read_texts(struct job *job, const json_t *body,
		      struct canary_order *ret)
{
	const json_t *texts = json_object_get(body, "texts");

	ret->texts_len = json_array_size(texts);
	if (!json_is_array(texts) || ret->texts_len == 0 ||
	    ret->texts_len > CANARY_TEXTS_MAX)
		return body_refuse(job, "a list of one to sixteen texts",
				   "texts");
	for (size_t i = 0; i < ret->texts_len; i++) {
		const json_t *one = json_array_get(texts, i);

		ret->texts[i] = json_string_value(one);
		if (ret->texts[i] == NULL || ret->texts[i][0] == '\0' ||
		    json_string_length(one) > TEXT_MAX_BYTES ||
		    json_string_length(one) != strlen(ret->texts[i]))
			return body_refuse(job, "a text of up to 4000 bytes",
					   "texts");
	}
	return 0;
}

static int read_order(struct worker *w, struct job *job, const json_t *body,
		      struct name names[2], struct canary_order *ret)
{
	const char *channel = NULL, *desk = NULL;

	if (body_text(job, body, "channel", NAME_LEN_MAX, &channel) != 0 ||
	    body_text(job, body, "helpdesk", NAME_LEN_MAX, &desk) != 0 ||
	    body_text(job, body, "name", NAME_MAX_BYTES, &ret->name) != 0)
		return -1;
	if (ret->name == NULL)
		return body_refuse(job, "how the made-up person is called",
				   "name");
	if (channel == NULL || worker_channel_index(w, channel) < 0 ||
	    !name_set(&names[0], channel, strlen(channel)))
		return body_refuse(job, "no such channel", "channel");
	ret->channel = &names[0];
	if (desk == NULL)
		return read_texts(job, body, ret);
	if (worker_helpdesk_index(w, desk) < 0 ||
	    !name_set(&names[1], desk, strlen(desk)))
		return body_refuse(job, "no such helpdesk", "helpdesk");
	ret->helpdesk = &names[1];
	return read_texts(job, body, ret);
}

int api_canary_make(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"channel", "helpdesk", "name",
					    "texts"};
	struct canary_order order = {0};
	struct name names[2];
	struct canary made;
	json_t *body;
	int rc = -1;

	if (body_object(job, known, 4, &body) != 0)
		return -1;
	if (read_order(w, job, body, names, &order) != 0)
		goto out;
	rc = canary_make(w, &order, &made, err);
	if (rc == 0)
		rc = job_json(job, 201,
			      canary_json(w, &made, json_string(order.name)),
			      err);
	else if (err->kind == ERR_INPUT)
		(void)body_refuse(job, "the policy does not know it",
				  "channel");
out:
	json_decref(body);
	return rc;
}

int api_canary_end(struct worker *w, struct job *job, struct err *err)
{
	if (canary_end(w, job->id, err) != 0)
		return err->kind == ERR_ABSENT
			   ? job_refuse(job, &problem_absent, NULL)
			   : -1;
	return job_json(job, 200,
			json_pack("{s:o, s:s}", "id",
				  job_json_id(w, ID_CANARY, job->id), "state",
				  "ended"),
			err);
}

/* --- the list ------------------------------------------------------------- */

#define LIST_MAX 1000
#define NO_NAME	 SIZE_MAX

struct listed {
	struct canary canary;
	size_t slot;
};

static void take_row(struct worker *w, struct store_rows *rows,
		     struct keeper_batch *batch, struct listed *ret)
{
	struct store *st = w->store;
	struct store_value sealed = store_column(st, rows, 4);
	struct key_ref key = {.year = (uint16_t)store_column(st, rows, 3).num};

	ret->canary = (struct canary){
	    .id = store_column(st, rows, 0).num,
	    .person = store_column(st, rows, 1).num,
	    .conversation = store_column(st, rows, 2).num,
	    .made_ms = store_column(st, rows, 5).num,
	    .ended_ms = store_column(st, rows, 6).num,
	};
	key.person = ret->canary.id;
	(void)name_set(&key.datenart, "CANARY", 6); /* a constant */
	ret->slot =
	    sealed.type == STORE_BLOB
		? keeper_add_open(batch, &key, ret->canary.id, FIELD_CANARY,
				  sealed.bytes, sealed.len)
		: NO_NAME;
}

static json_t *name_of(const struct keeper_batch *batch, size_t slot)
{
	const uint8_t *clear;
	json_t *name, *v;
	bool no_memory;
	size_t len;

	if (slot == NO_NAME ||
	    keeper_result(batch, slot, &clear, &len, NULL) != 0)
		return json_null();
	v = jsonmem_load(clear, len, 0, &no_memory);
	name = json_object_get(v, "name");
	name = name != NULL ? json_incref(name) : json_null();
	json_decref(v);
	return name;
}

static int read_list(struct worker *w, struct keeper_batch *batch,
		     struct listed *list, size_t *ret_len, struct err *err)
{
	struct store_rows *rows;
	size_t len = 0;
	int got = 0;

	if (store_start(w->store, list_sql, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	while (len < LIST_MAX && (got = store_step(w->store, rows, err)) > 0)
		take_row(w, rows, batch, &list[len++]);
	store_finish(w->store, &rows);
	if (got < 0)
		return -1;
	*ret_len = len;
	return len > 0 ? keeper_run(batch, err) : 0;
}

int api_canaries_list(struct worker *w, struct job *job, struct err *err)
{
	struct listed *list = calloc(LIST_MAX, sizeof(*list));
	struct keeper_batch *batch = NULL;
	json_t *all = json_array();
	size_t len = 0;
	int rc = -1;

	if (list == NULL) {
		ERR_SET(err, ERR_NOMEM, "no memory for a list", 0);
		goto out;
	}
	if (keeper_batch_new(w->keeper, &batch, err) != 0 ||
	    read_list(w, batch, list, &len, err) != 0)
		goto out;
	for (size_t i = 0; i < len; i++)
		(void)json_array_append_new(
		    all, canary_json(w, &list[i].canary,
				     name_of(batch, list[i].slot)));
	rc = job_json(job, 200, json_pack("{s:O}", "canaries", all), err);
out:
	keeper_batch_free(&batch);
	json_decref(all);
	free(list);
	return rc;
}
