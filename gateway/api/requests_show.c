/* requests_show.c - a request as it stands: states, deadline, settlement. */
#include "requests.h"

#include "forget/erasure.h"
#include "listing.h"
#include "package/package.h"
#include "postern/caldate.h"
#include "problem.h"
#include "route.h"

static const char events_sql[] =
    "SELECT state,at_ms,reason,actor FROM request_event WHERE request=?"
    " ORDER BY id";
static const char letters_sql[] =
    "SELECT what,state,reason,made_ms,sent_ms FROM request_letter WHERE"
    " request=? ORDER BY id";

static json_t *day_json(int64_t day)
{
	char text[CALDATE_BYTES];

	if (day == 0)
		return json_null();
	caldate_format(day, text);
	return json_string(text);
}

static json_t *word_json(const char *word)
{
	return job_json_text(word[0] != '\0' ? word : NULL);
}

static json_t *id_json(const struct worker *w, enum id_kind kind, int64_t id)
{
	return id != 0 ? job_json_id(w, kind, id) : json_null();
}

/* --- lists ---------------------------------------------------------------- */

static int event_row(struct worker *w, struct store_rows *rows, json_t **ret,
		     struct err *err)
{
	(void)err; /* nothing is asked of anybody */
	*ret = json_pack(
	    "{s:o, s:o, s:o, s:o}", "state", listing_text(w, rows, 0), "at",
	    listing_time(w, rows, 1), "reason", listing_text(w, rows, 2), "by",
	    listing_id(w, rows, 3, ID_TOKEN));
	return 0;
}

static int letter_row(struct worker *w, struct store_rows *rows, json_t **ret,
		      struct err *err)
{
	(void)err; /* nothing is asked of anybody */
	*ret = json_pack(
	    "{s:o, s:o, s:o, s:o, s:o}", "what", listing_text(w, rows, 0),
	    "state", listing_text(w, rows, 1), "reason",
	    listing_text(w, rows, 2), "made", listing_time(w, rows, 3), "sent",
	    listing_time(w, rows, 4));
	return 0;
}

static int list_json(struct worker *w, const char *sql, int64_t id,
		     listing_row *row, json_t *into, const char *member,
		     struct err *err)
{
	json_t *list = json_array();
	int rc = listing_into(w, list, sql, STORE_ARGS(S_INT(id)), row, err);

	(void)json_object_set_new(into, member, list);
	return rc;
}

static int item_json(void *ctx, const struct rights_item *item, struct err *err)
{
	(void)err;
	(void)json_array_append_new(
	    ctx, json_pack("{s:s, s:s, s:s, s:o, s:o, s:I}", "datenart",
			   item->datenart.text, "verdict",
			   erasure_verdict_names[item->verdict], "reason",
			   item->reason, "article", word_json(item->article),
			   "until", day_json(item->until_day), "n",
			   (json_int_t)item->n));
	return 0;
}

static int items_json(struct worker *w, int64_t id, json_t *into,
		      struct err *err)
{
	json_t *list = json_array();
	int rc = rights_items(w, id, item_json, list, err);

	(void)json_object_set_new(into, "items", list);
	return rc;
}

/* --- what runs ------------------------------------------------------------ */

static int erasure_json(struct worker *w, int64_t id, json_t *into,
			struct err *err)
{
	struct erasure_view v;
	bool found = false;

	if (erasure_of_request(w, id, &v, &found, err) != 0)
		return -1;
	(void)json_object_set_new(
	    into, "erasure",
	    !found ? json_null()
		   : json_pack("{s:o, s:s, s:I, s:I, s:I, s:I, s:o}", "id",
			       job_json_id(w, ID_ERASURE, v.id), "step",
			       erasure_step_name(v.step), "erased",
			       (json_int_t)v.n, "files", (json_int_t)v.files,
			       "keys", (json_int_t)v.keys, "kept",
			       (json_int_t)v.kept, "waits",
			       day_json(v.waits.is ? v.waits.day : 0)));
	return 0;
}

static int package_json(struct worker *w, int64_t id, json_t *into,
			struct err *err)
{
	struct package_view v;
	bool found = false;

	if (package_of_request(w, id, &v, &found, err) != 0)
		return -1;
	(void)json_object_set_new(
	    into, "package",
	    !found ? json_null()
		   : json_pack("{s:o, s:s, s:I, s:I, s:o}", "id",
			       job_json_id(w, ID_PACKAGE, v.id), "state",
			       package_state_name(v.state), "messages",
			       (json_int_t)v.messages, "of",
			       (json_int_t)v.of_messages, "expires",
			       job_json_time(v.expires_ms)));
	return 0;
}

/* --- the whole ------------------------------------------------------------ */

bool requests_proved(const struct request *r)
{
	return r->proved_day != 0 ||
	       (r->asked_day == 0 && r->is.state != RIGHTS_RECEIVED);
}

static json_t *plain_json(struct worker *w, const struct request *r)
{
	return json_pack(
	    "{s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:b, s:I, s:o,"
	    " s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:b}",
	    "id", job_json_id(w, ID_REQUEST, r->is.id), "type",
	    rights_type_name(r->is.type), "state",
	    rights_state_name(r->is.state), "via", rights_via_name(r->is.via),
	    "language", r->is.language, "received_at",
	    job_json_time(r->is.received_ms), "receipt_day",
	    day_json(r->is.receipt_day), "due", day_json(r->is.due_day),
	    "due_at", job_json_time(r->is.due_ends_ms), "due_basis",
	    "Art. 12(3) GDPR", "extended", (int)r->is.extended, "paused_days",
	    (json_int_t)r->is.paused_days, "ended_at",
	    job_json_time(r->is.ended_ms), "answered_at",
	    job_json_time(r->answered_ms), "scope", word_json(r->scope),
	    "reason", word_json(r->is.reason), "verdict", word_json(r->verdict),
	    "person",
	    id_json(w, ID_PERSON, requests_proved(r) ? r->is.person : 0),
	    "duplicate_of", id_json(w, ID_REQUEST, r->duplicate_of),
	    "fee_cents", (json_int_t)r->fee_cents, "decided_by",
	    id_json(w, ID_TOKEN, r->decided_by), "restored", (int)r->restored);
}

json_t *requests_json(struct worker *w, const struct request *r,
		      struct err *err)
{
	json_t *ret = plain_json(w, r);

	if (list_json(w, events_sql, r->is.id, event_row, ret, "events", err) ==
		0 &&
	    list_json(w, letters_sql, requests_proved(r) ? r->is.id : 0,
		      letter_row, ret, "letters", err) == 0 &&
	    items_json(w, r->is.id, ret, err) == 0 &&
	    erasure_json(w, r->is.id, ret, err) == 0 &&
	    package_json(w, r->is.id, ret, err) == 0)
		return ret;
	json_decref(ret);
	return NULL;
}

int requests_load(struct worker *w, struct job *job, struct request *ret,
		  struct err *err)
{
	bool found = false;

	if (request_load(w, job->id, ret, &found, err) != 0)
		return -1;
	return found ? 0 : job_refuse(job, &problem_absent, NULL);
}

int api_request_get(struct worker *w, struct job *job, struct err *err)
{
	struct request r;
	json_t *json;

	if (requests_load(w, job, &r, err) != 0)
		return -1;
	json = requests_json(w, &r, err);
	return json != NULL ? job_json(job, 200, json, err) : -1;
}
