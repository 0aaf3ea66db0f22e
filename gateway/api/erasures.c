/* erasures.c - everything of a person is deleted because the controller says
 * so, and how far an erasure is.
 *
 * Source: Art. 17(1) GDPR; compliance 7.4. */
#include "body.h"
#include "forget/erasure.h"
#include "postern/caldate.h"
#include "problem.h"
#include "route.h"

static const char person_sql[] = "SELECT id FROM person WHERE id=?";
static const char steps_sql[] =
    "SELECT step,done_ms,n FROM erasure_step WHERE erasure=? ORDER BY step";

static json_t *steps_json(struct worker *w, int64_t id, struct err *err)
{
	struct store_rows *rows = NULL;
	json_t *list = json_array();
	int rc;

	if (store_start(w->store, steps_sql, STORE_ARGS(S_INT(id)), &rows,
			err) != 0) {
		json_decref(list);
		return NULL;
	}
	while ((rc = store_step(w->store, rows, err)) > 0) {
		enum erasure_step step =
		    (enum erasure_step)store_column(w->store, rows, 0).num;

		(void)json_array_append_new(
		    list,
		    json_pack(
			"{s:s, s:o, s:I}", "step", erasure_step_name(step),
			"done",
			job_json_time(store_column(w->store, rows, 1).num), "n",
			(json_int_t)store_column(w->store, rows, 2).num));
	}
	store_finish(w->store, &rows);
	if (rc == 0)
		return list;
	json_decref(list);
	return NULL;
}

static json_t *waits_json(const struct erasure_view *v)
{
	char day[CALDATE_BYTES];

	if (!v->waits.is)
		return json_null();
	caldate_format(v->waits.day, day);
	return json_string(day);
}

static int show(struct worker *w, struct job *job, unsigned int status,
		int64_t id, struct err *err)
{
	struct erasure_view v;
	bool found = false;
	json_t *steps;

	if (erasure_look(w, id, &v, &found, err) != 0)
		return -1;
	if (!found)
		return job_refuse(job, &problem_absent, NULL);
	steps = steps_json(w, id, err);
	if (steps == NULL)
		return -1;
	return job_json(
	    job, status,
	    json_pack("{s:o, s:o, s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:o,"
		      " s:o, s:I, s:I, s:o}",
		      "id", job_json_id(w, ID_ERASURE, v.id), "request",
		      v.request != 0 ? job_json_id(w, ID_REQUEST, v.request)
				     : json_null(),
		      "step", erasure_step_name(v.step), "started",
		      job_json_time(v.started_ms), "ended",
		      job_json_time(v.ended_ms), "erased", (json_int_t)v.n,
		      "of", (json_int_t)v.of_n, "files", (json_int_t)v.files,
		      "keys", (json_int_t)v.keys, "kept", (json_int_t)v.kept,
		      "backups_until", waits_json(&v), "entry",
		      v.entry >= 0 ? json_integer(v.entry) : json_null(),
		      "recipients", (json_int_t)v.told, "recipients_open",
		      (json_int_t)v.told_open, "steps", steps),
	    err);
}

int api_erasure_get(struct worker *w, struct job *job, struct err *err)
{
	return show(w, job, 200, job->id, err);
}

static int person_of(struct worker *w, struct job *job, const json_t *body,
		     int64_t *ret, struct err *err)
{
	const char *text = NULL;
	int64_t id = 0;
	bool found = false;

	if (body_text(job, body, "person", ID_TEXT_BYTES, &text) != 0)
		return -1;
	if (text == NULL ||
	    id_parse(&w->mask, ID_PERSON, text, strlen(text), &id, NULL) != 0)
		return body_refuse(job, "no id of a person", "person");
	if (store_one_int(w->store, person_sql, STORE_ARGS(S_INT(id)), ret,
			  &found, err) != 0)
		return -1;
	return found ? 0 : job_refuse(job, &problem_absent, NULL);
}

/* Decided by the controller: nothing of it is needed any more.  What a law or
 * a hold keeps is kept all the same. */
int api_erasure_begin(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"person"};
	struct erasure_order order = {.trigger = TRIGGER_ART17};
	json_t *body;
	int64_t id = 0;
	int rc = -1;

	if (body_object(job, known, 1, &body) != 0)
		return -1;
	if (person_of(w, job, body, &order.person, err) == 0)
		rc = erasure_begin(w, &order, &id, err);
	json_decref(body);
	return rc == 0 ? show(w, job, 202, id, err) : -1;
}
