/* requests_file.c - the file of a request: what was asked and what was
 * answered, word for word.  Each look is in the proof log. */
#include "requests.h"

#include "rights/letters.h"
#include "route.h"

static const char letters_sql[] =
    "SELECT id,what,state,made_ms,sent_ms FROM request_letter WHERE request=?"
    " AND id>? ORDER BY id LIMIT 1";

struct letter_at {
	int64_t id, made_ms, sent_ms;
	char what[24], state[12];
};

static int next_letter(struct worker *w, int64_t request, struct letter_at *at,
		       bool *ret_found, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(w->store, letters_sql,
			STORE_ARGS(S_INT(request), S_INT(at->id)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	*ret_found = rc > 0;
	if (rc > 0) {
		at->id = store_column(w->store, rows, 0).num;
		(void)store_word(store_column(w->store, rows, 1), at->what,
				 sizeof(at->what));
		(void)store_word(store_column(w->store, rows, 2), at->state,
				 sizeof(at->state));
		at->made_ms = store_column(w->store, rows, 3).num;
		at->sent_ms = store_column(w->store, rows, 4).num;
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

/* A code is for the person alone. */
static int letter_json(struct worker *w, const struct request *r,
		       const struct letter_at *at, json_t *list,
		       struct err *err)
{
	const bool secret = strcmp(at->what, "challenge") == 0;
	json_t *opened = NULL, *text;

	if (!secret && letter_open(w, r, at->id, &opened, err) != 0)
		return -1;
	text = json_object_get(opened, "text");
	(void)json_array_append_new(
	    list,
	    json_pack("{s:s, s:s, s:o, s:o, s:O?}", "what", at->what, "state",
		      at->state, "made", job_json_time(at->made_ms), "sent",
		      job_json_time(at->sent_ms), "text", text));
	json_decref(opened);
	return 0;
}

static int letters_json(struct worker *w, const struct request *r, json_t *list,
			struct err *err)
{
	struct letter_at at = {.id = 0};
	bool found = true;

	for (;;) {
		if (next_letter(w, r->is.id, &at, &found, err) != 0)
			return -1;
		if (!found)
			return 0;
		if (letter_json(w, r, &at, list, err) != 0)
			return -1;
	}
}

/* The opening of the receipt and the page are nobody's but the person's. */
static json_t *asked_json(json_t *what)
{
	if (what == NULL)
		return json_null();
	(void)json_object_del(what, "opening");
	(void)json_object_del(what, "page");
	return json_incref(what);
}

int api_request_file(struct worker *w, struct job *job, struct err *err)
{
	json_t *what = NULL, *letters = json_array();
	struct request r;
	int rc = -1;

	if (requests_load(w, job, &r, err) == 0 &&
	    request_open_sealed(w, &r, FIELD_REQUEST, &what, err) == 0 &&
	    (!requests_proved(&r) || letters_json(w, &r, letters, err) == 0))
		rc = job_json(job, 200,
			      json_pack("{s:o, s:o, s:O}", "id",
					job_json_id(w, ID_REQUEST, r.is.id),
					"asked", asked_json(what), "letters",
					letters),
			      err);
	json_decref(what);
	json_decref(letters);
	return rc;
}
