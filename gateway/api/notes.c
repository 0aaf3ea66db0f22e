/* notes.c - what staff write down about a conversation.
 *
 * Data of the person like any message: sealed under the person's key, by the
 * Datenart of the conversation, and part of what the person may ask for.  Who
 * wrote one is a pseudonym.
 *
 * Source: Art. 15 GDPR; compliance 2.2, 3.6. */
#include "body.h"
#include "conversation.h"
#include "postern/jsonmem.h"
#include "problem.h"
#include "route.h"
#include "seal.h"

#define NOTE_MAX     8192
#define PAGE_DEFAULT 50
#define PAGE_MAX     200

static const char insert_sql[] =
    "INSERT INTO note(id,conversation,key_person,datenart,year,at_ms,staff,"
    "note_sealed) VALUES(?,?,?,?,?,?,?,?)";
static const char list_sql[] =
    "SELECT id,key_person,datenart,year,at_ms,staff,note_sealed FROM note"
    " WHERE conversation=? AND id<? ORDER BY id DESC LIMIT ?";

/* --- writing -------------------------------------------------------------- */

static int set_key(struct worker *w, struct job *job,
		   const struct conversation *cnv, struct key_ref *ret)
{
	struct policy_channel channel;

	*ret = (struct key_ref){.person = cnv->person,
				.datenart = cnv->datenart,
				.year = env_year(worker_now(w))};
	if (cnv->tagged)
		return 0;
	if (!policy_channel_of(w->policy, &cnv->channel, &channel))
		return job_refuse(job, &problem_conflict,
				  "the policy does not know the channel");
	ret->datenart = channel.data;
	return 0;
}

static int put(struct worker *w, struct job *job,
	       const struct conversation *cnv, const char *text,
	       struct err *err)
{
	const int64_t id = worker_id(w), now_ms = worker_now(w);
	struct keeper_batch *batch = NULL;
	const uint8_t *sealed;
	struct key_ref key;
	json_t *note;
	size_t len;
	int rc;

	if (set_key(w, job, cnv, &key) != 0)
		return -1;
	note = json_pack("{s:s}", "text", text);
	rc = seal_json(w, &key, id, FIELD_NOTE, note, &batch, &sealed, &len,
		       err);
	if (rc == 0)
		rc = store_run(w->store, insert_sql,
			       STORE_ARGS(S_INT(id), S_INT(cnv->id),
					  S_INT(key.person),
					  S_TEXT(key.datenart.text),
					  S_INT(key.year), S_INT(now_ms),
					  S_TEXT(job->caller.staff.pseudonym),
					  S_BLOB(sealed, len)),
			       err);
	keeper_batch_free(&batch);
	json_decref(note);
	if (rc != 0)
		return -1;
	return job_json(job, 201,
			json_pack("{s:o,s:o}", "note",
				  job_json_id(w, ID_NOTE, id), "at",
				  job_json_time(now_ms)),
			err);
}

int api_note_put(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"text"};
	struct conversation cnv;
	const char *text = NULL;
	json_t *body;
	int rc = -1;

	if (body_object(job, known, 1, &body) != 0)
		return -1;
	if (conversation_load(w, job, job->id, &cnv, err) != 0 ||
	    body_text(job, body, "text", NOTE_MAX, &text) != 0)
		goto out;
	rc = text != NULL ? put(w, job, &cnv, text, err)
			  : body_refuse(job, "is missing", "text");
out:
	json_decref(body);
	return rc;
}

/* --- reading -------------------------------------------------------------- */

struct note {
	int64_t id, at_ms;
	char staff[LEDGER_STAFF_HEX + 1];
	size_t slot;
};
struct notes {
	struct note all[PAGE_MAX];
	size_t len;
	struct keeper_batch *batch;
};

static int add_row(struct worker *w, struct store_rows *rows, struct notes *n,
		   struct err *err)
{
	struct store *st = w->store;
	struct note *note = &n->all[n->len++];
	struct store_value sealed = store_column(st, rows, 6);
	struct key_ref key = {.person = store_column(st, rows, 1).num,
			      .year = (uint16_t)store_column(st, rows, 3).num};

	note->id = store_column(st, rows, 0).num;
	note->at_ms = store_column(st, rows, 4).num;
	if (!column_name(store_column(st, rows, 2), &key.datenart) ||
	    !column_text(store_column(st, rows, 5), note->staff,
			 sizeof(note->staff)))
		return ERR_SET(err, ERR_CORRUPT, "row of a note", 0);
	note->slot = keeper_add_open(n->batch, &key, note->id, FIELD_NOTE,
				     sealed.bytes, sealed.len);
	return 0;
}

static int read_rows(struct worker *w, int64_t conversation, int64_t before,
		     int64_t limit, struct notes *n, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(
		w->store, list_sql,
		STORE_ARGS(S_INT(conversation), S_INT(before), S_INT(limit)),
		&rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0)
		if (add_row(w, rows, n, err) != 0) {
			rc = -1;
			break;
		}
	store_finish(w->store, &rows);
	return rc;
}

static json_t *note_json(const struct worker *w, const struct notes *n,
			 const struct note *note)
{
	const uint8_t *clear;
	json_t *value = NULL, *text;
	struct err ignored = {0};
	bool no_memory;
	size_t len;

	if (keeper_result(n->batch, note->slot, &clear, &len, &ignored) == 0)
		value = jsonmem_load(clear, len, 0, &no_memory);
	text = json_object_get(value, "text");
	text = text != NULL ? json_incref(text) : json_null();
	json_decref(value);
	return json_pack(
	    "{s:o,s:o,s:s,s:o}", "id", job_json_id(w, ID_NOTE, note->id), "at",
	    job_json_time(note->at_ms), "staff", note->staff, "text", text);
}

static int read_before(struct worker *w, struct job *job, int64_t *ret)
{
	const char *before = job->query[QUERY_BEFORE];

	*ret = INT64_MAX;
	if (before[0] != '\0' &&
	    id_parse(&w->mask, ID_NOTE, before, strlen(before), ret, NULL) != 0)
		return job_refuse(job, &problem_malformed, "before is no note");
	return 0;
}

/* The newest first. */
int api_note_list(struct worker *w, struct job *job, struct err *err)
{
	struct conversation cnv;
	struct notes *n = NULL;
	json_t *list;
	int64_t before, limit;
	int rc = -1;

	if (conversation_load(w, job, job->id, &cnv, err) != 0 ||
	    read_before(w, job, &before) != 0 ||
	    job_limit(job, PAGE_DEFAULT, PAGE_MAX, &limit) != 0)
		return -1;
	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return ERR_SET(err, ERR_NOMEM, "notes", 0);
	if (keeper_batch_new(w->keeper, &n->batch, err) != 0 ||
	    read_rows(w, cnv.id, before, limit, n, err) != 0 ||
	    keeper_run(n->batch, err) != 0)
		goto out;
	list = json_array();
	for (size_t i = 0; i < n->len; i++)
		(void)json_array_append_new(list, note_json(w, n, &n->all[i]));
	rc = job_json(job, 200, json_pack("{s:o}", "notes", list), err);
out:
	keeper_batch_free(&n->batch);
	free(n);
	return rc;
}
