/* consent_show.c - what a person agreed to: states and how they came about,
 * without a word of what anybody wrote. */
#include "consent_read.h"
#include "postern/text.h"
#include "problem.h"
#include "route.h"
#include "store/family.h"

#define GROUPS_MAX 64
#define LISTED_MAX 32

static const char minor_sql[] =
    PERSON_FAMILY "SELECT 1 FROM person WHERE minor<>0 AND id IN"
		  " (SELECT id FROM family) LIMIT 1";
static const char reviews_sql[] =
    PERSON_FAMILY "SELECT count(*) FROM review WHERE state='open' AND person"
		  " IN (SELECT id FROM family)";

/* --- one purpose on one channel ------------------------------------------- */

static bool same(const struct consent_line *a, const struct consent_line *b)
{
	return name_equal(&a->purpose, &b->purpose) &&
	       name_equal(&a->channel, &b->channel);
}

static bool is_first(const struct consent_lines *l, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (same(&l->all[k], &l->all[i]))
			return false;
	return true;
}

static json_t *message_json(const struct worker *w, int64_t id)
{
	return id != 0 ? job_json_id(w, ID_MESSAGE, id) : json_null();
}

static json_t *wording_json(const struct consent_line *line)
{
	char hex[2 * sizeof(line->wording) + 1];

	if (!line->has_wording)
		return json_null();
	hex_encode(line->wording, sizeof(line->wording), hex);
	return json_string(hex);
}

static json_t *event_json(const struct worker *w,
			  const struct consent_line *line)
{
	return json_pack(
	    "{s:s, s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "event",
	    line->kind, "at", job_json_time(line->at_ms), "until",
	    job_json_time(line->until_ms), "by", line->by, "method",
	    line->method, "source", line->source, "wording", wording_json(line),
	    "language",
	    job_json_text(line->language[0] != '\0' ? line->language : NULL),
	    "prompt", message_json(w, line->prompt), "answer",
	    message_json(w, line->answer));
}

static int group_json(struct worker *w, int64_t person,
		      const struct consent_lines *l, size_t first, json_t **ret,
		      struct err *err)
{
	const struct consent_line *line = &l->all[first];
	const struct consent_of of = {.person = person,
				      .purpose = line->purpose,
				      .channel = line->channel};
	json_t *events = json_array();
	struct consent_view view;

	for (size_t i = first; i < l->len; i++)
		if (same(&l->all[i], line))
			(void)json_array_append_new(events,
						    event_json(w, &l->all[i]));
	if (consent_view_of(w, &of, CONSENT_NOW, &view, err) != 0) {
		json_decref(events);
		return -1;
	}
	*ret = json_pack("{s:s, s:o, s:s, s:b, s:o, s:o, s:o}", "purpose",
			 line->purpose.text, "channel",
			 job_json_text(line->channel.text[0] != '\0'
					   ? line->channel.text
					   : NULL),
			 "state", consent_state_name(view.state), "valid",
			 (int)consent_is_valid(view.state), "since",
			 job_json_time(view.since_ms), "until",
			 job_json_time(view.until_ms), "events", events);
	return 0;
}

static int groups_json(struct worker *w, int64_t person,
		       const struct consent_lines *l, json_t *list,
		       struct err *err)
{
	json_t *one;

	for (size_t i = 0; i < l->len; i++) {
		if (!is_first(l, i) || json_array_size(list) >= GROUPS_MAX)
			continue;
		if (group_json(w, person, l, i, &one, err) != 0)
			return -1;
		(void)json_array_append_new(list, one);
	}
	return 0;
}

/* --- beside them ---------------------------------------------------------- */

static int listed_json(struct worker *w, int64_t person, json_t *list,
		       struct err *err)
{
	struct consent_listed all[LISTED_MAX];
	size_t len = 0;

	if (consent_listed(w, person, all, LISTED_MAX, &len, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++)
		(void)json_array_append_new(
		    list, json_pack("{s:s, s:o, s:o, s:s}", "scope",
				    all[i].scope, "channel",
				    job_json_text(all[i].channel[0] != '\0'
						      ? all[i].channel
						      : NULL),
				    "since", job_json_time(all[i].since_ms),
				    "reason", all[i].reason));
	return 0;
}

static int facts_of(struct worker *w, int64_t person, bool *ret_minor,
		    int64_t *ret_reviews, struct err *err)
{
	int64_t one;
	bool found;

	if (store_one_int(w->store, minor_sql, STORE_ARGS(S_INT(person)), &one,
			  ret_minor, err) != 0)
		return -1;
	return store_one_int(w->store, reviews_sql, STORE_ARGS(S_INT(person)),
			     ret_reviews, &found, err);
}

int api_consent_show(struct worker *w, struct job *job, struct err *err)
{
	json_t *groups = json_array(), *listed = json_array();
	struct consent_lines *lines = NULL;
	char alias[ALIAS_BYTES];
	int64_t reviews = 0;
	bool minor = false;
	int rc = -1;

	if (consent_person_there(w, job, job->id, err) != 0 ||
	    consent_lines_read(w, job->id, NULL, &lines, err) != 0 ||
	    groups_json(w, job->id, lines, groups, err) != 0 ||
	    listed_json(w, job->id, listed, err) != 0 ||
	    facts_of(w, job->id, &minor, &reviews, err) != 0)
		goto out;
	id_alias(&w->mask, job->id, alias);
	/* s:O: both are given back below. */
	rc = job_json(job, 200,
		      json_pack("{s:o, s:s, s:b, s:I, s:O, s:O}", "person",
				job_json_id(w, ID_PERSON, job->id), "alias",
				alias, "minor", (int)minor, "reviews",
				(json_int_t)reviews, "consents", groups,
				"suppressed", listed),
		      err);
out:
	json_decref(groups);
	json_decref(listed);
	consent_lines_free(&lines);
	return rc;
}
