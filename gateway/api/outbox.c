/* outbox.c - what is still to be told, what is dead, and what to do then. */
#include "problem.h"
#include "route.h"
#include "worker/deadletter.h"

#define PAGE_DEFAULT 100
#define PAGE_MAX     1000

static json_t *item_json(const struct worker *w, const struct outbox_item *i)
{
	return json_pack(
	    "{s:o, s:s, s:s, s:o, s:o, s:s, s:s, s:o, s:I, s:o, s:o}", "id",
	    job_json_id(w, ID_DELIVERY, i->id), "kind", i->kind, "destination",
	    i->destination.text, "conversation",
	    job_json_id(w, ID_CONVERSATION, i->conversation), "message",
	    i->message != 0 ? job_json_id(w, ID_MESSAGE, i->message)
			    : json_null(),
	    "type", i->type, "state", i->state, "reason",
	    job_json_text(i->reason[0] != '\0' ? i->reason : NULL), "attempts",
	    (json_int_t)i->attempts, "next", job_json_time(i->next_ms),
	    "created", job_json_time(i->created_ms));
}

static bool is_state(const char *state)
{
	return state[0] == '\0' || strcmp(state, "waiting") == 0 ||
	       strcmp(state, "unknown") == 0 || strcmp(state, "dead") == 0 ||
	       strcmp(state, "held") == 0 || strcmp(state, "restricted") == 0 ||
	       strcmp(state, "gathering") == 0 ||
	       strcmp(state, "restored") == 0;
}

static int read_range(struct worker *w, struct job *job, int64_t *ret_after,
		      int64_t *ret_limit)
{
	const char *after = job->query[QUERY_AFTER];

	*ret_after = 0;
	if (!is_state(job->query[QUERY_STATE]))
		return job_refuse(job, &problem_malformed,
				  "state is waiting, held, restricted, "
				  "gathering, restored, unknown or dead");
	if (after[0] != '\0' && id_parse(&w->mask, ID_DELIVERY, after,
					 strlen(after), ret_after, NULL) != 0)
		return job_refuse(job, &problem_malformed,
				  "after is no outbox row");
	return job_limit(job, PAGE_DEFAULT, PAGE_MAX, ret_limit);
}

int api_outbox_list(struct worker *w, struct job *job, struct err *err)
{
	const char *state = job->query[QUERY_STATE];
	struct outbox_item *items;
	int64_t after, limit;
	json_t *list;
	size_t len;

	if (read_range(w, job, &after, &limit) != 0)
		return -1;
	items = calloc((size_t)limit, sizeof(*items));
	if (items == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for a list", 0);
	if (outbox_list(w, state[0] != '\0' ? state : NULL, after, items,
			(size_t)limit, &len, err) != 0) {
		free(items);
		return -1;
	}
	list = json_array();
	for (size_t i = 0; i < len; i++)
		(void)json_array_append_new(list, item_json(w, &items[i]));
	free(items);
	return job_json(job, 200,
			json_pack("{s:o, s:b}", "outbox", list, "more",
				  (int)(len == (size_t)limit)),
			err);
}

static int answer(struct worker *w, struct job *job, const char *state,
		  struct err *err)
{
	return job_json(job, 200,
			json_pack("{s:o, s:s}", "id",
				  job_json_id(w, ID_DELIVERY, job->id), "state",
				  state),
			err);
}

int api_outbox_retry(struct worker *w, struct job *job, struct err *err)
{
	if (outbox_retry(w, job->id, err) != 0)
		return err->kind == ERR_DENIED
			   ? job_refuse(job, &problem_conflict,
					"it waits for a consent")
			   : -1;
	return answer(w, job, "waiting", err);
}

int api_outbox_drop(struct worker *w, struct job *job, struct err *err)
{
	if (outbox_drop(w, job->id, err) != 0)
		return -1;
	return answer(w, job, "dropped", err);
}
