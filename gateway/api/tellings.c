/* tellings.c - who was told of an erasure, and what they say to it.
 *
 * Source: Art. 19 GDPR; compliance 9 N1. */
#include "auth.h"
#include "problem.h"
#include "recipients/telling.h"
#include "route.h"

static const char exists_sql[] = "SELECT id FROM request WHERE id=?";

/* --- the list ------------------------------------------------------------- */

struct list {
	struct worker *w;
	json_t *rows;
};

static const char *state_name(enum telling_state state)
{
	static const char *const names[] = {
	    [TELLING_PENDING] = "pending",
	    [TELLING_SENT] = "sent",
	    [TELLING_CONFIRMED] = "confirmed",
	    [TELLING_IMPOSSIBLE] = "impossible",
	    [TELLING_FAILED] = "failed",
	};

	return names[state];
}

static const char *name_of(const struct worker *w, const struct telling *t)
{
	for (size_t i = 0; i < w->settings->processors_len; i++)
		if (strcmp(t->kind, "processor") == 0 &&
		    strcmp(w->settings->processors[i].name.text,
			   t->recipient) == 0)
			return w->settings->processors[i].title;
	return t->recipient;
}

static json_t *row_of(const struct worker *w, const struct telling *t)
{
	return json_pack(
	    "{s:o, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:o}", "id",
	    job_json_id(w, ID_TELLING, t->id), "kind", t->kind, "recipient",
	    t->recipient, "name", name_of(w, t), "event", t->event, "state",
	    state_name(t->state), "reason",
	    job_json_text(t->reason[0] != '\0' ? t->reason : NULL), "means",
	    telling_reason_text(t->reason, w->settings->controller.language),
	    "told", job_json_time(t->told_ms), "ended",
	    job_json_time(t->ended_ms));
}

static int add(void *ctx, const struct telling *t, struct err *err)
{
	struct list *l = ctx;

	if (json_array_append_new(l->rows, row_of(l->w, t)) != 0)
		return ERR_SET(err, ERR_NOMEM, "recipients", 0);
	return 0;
}

int api_recipients(struct worker *w, struct job *job, struct err *err)
{
	struct list l = {.w = w, .rows = json_array()};
	int64_t id;
	bool found = false;

	if (l.rows == NULL)
		return ERR_SET(err, ERR_NOMEM, "recipients", 0);
	if (store_one_int(w->store, exists_sql, STORE_ARGS(S_INT(job->id)), &id,
			  &found, err) != 0 ||
	    (found && telling_walk_request(w, job->id, add, &l, err) != 0)) {
		json_decref(l.rows);
		return -1;
	}
	if (!found) {
		json_decref(l.rows);
		return job_refuse(job, &problem_absent, NULL);
	}
	return job_json(job, 200,
			json_pack("{s:o, s:o}", "request",
				  job_json_id(w, ID_REQUEST, job->id),
				  "recipients", l.rows),
			err);
}

/* --- what they say -------------------------------------------------------- */

/* The row, if the caller may see it: a helpdesk its own alone. */
static int load(struct worker *w, struct job *job, struct telling *t,
		struct err *err)
{
	bool found = false;

	if (telling_load(w, job->id, t, &found, err) != 0)
		return -1;
	if (!found)
		return job_refuse(job, &problem_absent, NULL);
	if (!job->caller.bound)
		return 0;
	if (strcmp(t->kind, "helpdesk") != 0)
		return job_refuse(job, &problem_absent, NULL);
	return auth_helpdesk(job, t->recipient, strlen(t->recipient));
}

static int answer(struct worker *w, struct job *job, struct err *err)
{
	struct telling t;
	bool found = false;

	if (telling_load(w, job->id, &t, &found, err) != 0)
		return -1;
	return job_json(job, 200, row_of(w, &t), err);
}

/* A helpdesk has forgotten; or staff saw to a recipient in another way. */
int api_telling_confirm(struct worker *w, struct job *job, struct err *err)
{
	bool by_staff = (job->caller.scopes & SCOPE_RIGHTS) != 0;
	struct telling t;

	if (load(w, job, &t, err) != 0)
		return -1;
	/* A helpdesk may do so before it answers the notice: only there it
	 * learnt this id. */
	if (t.state != TELLING_CONFIRMED &&
	    telling_end(w, t.id, TELLING_CONFIRMED,
			by_staff ? "by_hand_done" : "confirmed", err) != 0)
		return -1;
	return answer(w, job, err);
}

int api_telling_retry(struct worker *w, struct job *job, struct err *err)
{
	struct telling t;
	bool refused = false;

	if (load(w, job, &t, err) != 0 ||
	    telling_again(w, t.id, &refused, err) != 0)
		return -1;
	return refused ? job_refuse(job, &problem_conflict, NULL)
		       : answer(w, job, err);
}
