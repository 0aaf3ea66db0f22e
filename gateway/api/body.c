/* body.c - JSON bodies into fixed shapes. */
#include "body.h"

#include "problem.h"
#include "postern/jsonmem.h"

#define MEMBER_SHOWN_MAX 40

/* jansson nests 2048 deep; what we take never needs more than a few levels. */
static bool depth_fits(const uint8_t *bytes, size_t len)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		uint8_t c = bytes[i];

		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
		} else if (c == '"') {
			quoted = true;
		} else if (c == '{' || c == '[') {
			if (++depth > BODY_DEPTH_MAX)
				return false;
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return true;
}

json_t *body_read(const uint8_t *bytes, size_t len)
{
	json_t *v;
	bool no_memory; /* the refusal finds out: job.h */

	if (len == 0)
		return json_object();
	if (!depth_fits(bytes, len))
		return NULL;
	v = jsonmem_load(bytes, len, JSON_REJECT_DUPLICATES, &no_memory);
	if (v != NULL && json_is_object(v))
		return v;
	json_decref(v);
	return NULL;
}

static bool is_known(const char *name, const char *const *known,
		     size_t known_len)
{
	for (size_t i = 0; i < known_len; i++)
		if (strcmp(known[i], name) == 0)
			return true;
	return false;
}

const char *body_stranger(const json_t *object, const char *const *known,
			  size_t known_len)
{
	/* jansson walks objects through a pointer that could change them. */
	json_t *o = (json_t *)(uintptr_t)object;

	for (void *at = json_object_iter(o); at != NULL;
	     at = json_object_iter_next(o, at)) {
		const char *name = json_object_iter_key(at);

		if (!is_known(name, known, known_len))
			return name;
	}
	return NULL;
}

static bool is_plain(const char *member)
{
	size_t len = strlen(member);

	return len > 0 && len <= MEMBER_SHOWN_MAX &&
	       strspn(member, "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.") == len;
}

int body_refuse(struct job *job, const char *what, const char *member)
{
	char detail[JOB_DETAIL_MAX + 1];

	(void)snprintf(detail, sizeof(detail), "%s: %s", what,
		       is_plain(member) ? member : "(not shown)");
	return job_refuse(job, &problem_invalid, detail);
}

int body_object(struct job *job, const char *const *known, size_t known_len,
		json_t **ret)
{
	json_t *v = body_read(job->body.bytes, job->body.len);
	const char *stranger;

	if (v == NULL)
		return job_refuse(job, &problem_malformed,
				  "the body is not one JSON object");
	stranger = body_stranger(v, known, known_len);
	if (stranger != NULL) {
		(void)body_refuse(job, "unknown member", stranger);
		json_decref(v);
		return -1;
	}
	*ret = v;
	return 0;
}

int body_text(struct job *job, const json_t *object, const char *member,
	      size_t len_max, const char **ret)
{
	const json_t *v = json_object_get(object, member);

	if (v == NULL || json_is_null(v)) {
		*ret = NULL;
		return 0;
	}
	if (!json_is_string(v))
		return body_refuse(job, "not a text", member);
	if (json_string_length(v) == 0 || json_string_length(v) > len_max ||
	    strlen(json_string_value(v)) != json_string_length(v))
		return body_refuse(job, "empty or too long", member);
	*ret = json_string_value(v);
	return 0;
}

int body_int(struct job *job, const json_t *object, const char *member,
	     int64_t min, int64_t max, int64_t *ret)
{
	const json_t *v = json_object_get(object, member);

	if (v == NULL || json_is_null(v))
		return 0;
	if (!json_is_integer(v))
		return body_refuse(job, "not a whole number", member);
	if (json_integer_value(v) < min || json_integer_value(v) > max)
		return body_refuse(job, "out of range", member);
	*ret = json_integer_value(v);
	return 0;
}
