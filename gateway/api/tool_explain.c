/* tool_explain.c - a text or a made-up event over the API. */
#include "body.h"
#include "policy_tools/made_up.h"
#include "problem.h"
#include "route.h"
#include "tools.h"

/* Four times the longest message of a provider: taking out what has to be
 * costs by the length, and the loop waits. */
#define TEXT_BYTES_MAX 16384
#define WORD_BYTES_MAX 200
#define BYTES_MAX      100000000

struct question {
	struct made_up_wish wish;
	const char *language;
	char bytes[24]; /* what wish.bytes points to */
};

static const char *const known[] = {
    "text",	  "channel", "event",	 "purpose", "consent", "media",
    "bytes",	  "at",	     "helpdesk", "tagged",  "window",  "mechanism",
    "land",	  "speaks",  "language", "policy",  "first",   "suppressed",
    "restricted", "minor",   "template",
};

static int read_texts(struct job *job, const json_t *body, struct question *q)
{
	const struct {
		const char *member;
		const char **ret;
	} all[] = {
	    {"channel", &q->wish.channel},     {"event", &q->wish.event},
	    {"purpose", &q->wish.purpose},     {"consent", &q->wish.consent},
	    {"media", &q->wish.media},	       {"at", &q->wish.at},
	    {"helpdesk", &q->wish.helpdesk},   {"tagged", &q->wish.tagged},
	    {"window", &q->wish.window},       {"land", &q->wish.land},
	    {"mechanism", &q->wish.mechanism}, {"speaks", &q->wish.speaks},
	    {"language", &q->language},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (body_text(job, body, all[i].member, WORD_BYTES_MAX,
			      all[i].ret) != 0)
			return -1;
	return body_text(job, body, "text", TEXT_BYTES_MAX, &q->wish.text);
}

static int read_flags(struct job *job, const json_t *body, struct question *q)
{
	const struct {
		const char *member;
		bool *ret;
	} all[] = {
	    {"first", &q->wish.first},
	    {"suppressed", &q->wish.suppressed},
	    {"restricted", &q->wish.restricted},
	    {"minor", &q->wish.minor},
	    {"template", &q->wish.template},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const json_t *v = json_object_get(body, all[i].member);

		if (v != NULL && !json_is_boolean(v) && !json_is_null(v))
			return body_refuse(job, "not true or false",
					   all[i].member);
		*all[i].ret = json_is_true(v);
	}
	return 0;
}

static int read_question(struct job *job, const json_t *body,
			 struct question *q)
{
	int64_t bytes = -1;

	if (read_texts(job, body, q) != 0 || read_flags(job, body, q) != 0 ||
	    body_int(job, body, "bytes", 0, BYTES_MAX, &bytes) != 0)
		return -1;
	if (bytes < 0)
		return 0;
	(void)snprintf(q->bytes, sizeof(q->bytes), "%lld", (long long)bytes);
	q->wish.bytes = q->bytes;
	return 0;
}

/* A policy that was sent is asked alone; that in force beside the routes and
 * the Land of this instance. */
static int answer_event(struct worker *w, struct job *job,
			const struct question *q, const struct policy *sent,
			struct err *err)
{
	struct made_up e = {
	    .wish = &q->wish,
	    .settings = sent != NULL ? NULL : w->settings,
	};
	struct complaint why;
	enum tongue tongue;
	int rc;

	if (tools_tongue(job, &problem_invalid, q->language, &tongue) != 0)
		return -1;
	if (sent == NULL && made_up_is_text(&q->wish))
		return job_json(job, 200, made_up_text_json(q->wish.text), err);
	if (tools_or_in_force(w, job, sent, &e.policy) != 0)
		return -1;
	rc = made_up_decide(&e, tongue, &why);
	rc = rc == 0 ? job_json(job, 200, made_up_json(&e, tongue), err)
		     : tools_refuse(job, &problem_invalid, &why, err);
	made_up_free(&e);
	return rc;
}

int api_policy_ask(struct worker *w, struct job *job, struct err *err)
{
	struct question q = {0};
	struct policy *sent = NULL;
	json_t *body;
	int rc = -1;

	if (body_object(job, known, sizeof(known) / sizeof(known[0]), &body) !=
	    0)
		return -1;
	if (json_object_size(body) == 0)
		rc = job_refuse(job, &problem_invalid, "a text or an event");
	else if (read_question(job, body, &q) == 0 &&
		 tools_policy(job, body, "policy", &sent, err) == 0)
		rc = answer_event(w, job, &q, sent, err);
	policy_free(&sent);
	json_decref(body);
	return rc;
}
