/* opendsr_answer.c - what a processor says about a request of ours. */
#include "postern/opendsr.h"

#include <string.h>

#include "postern/jsonmem.h"

static bool read_status(const json_t *doc, struct opendsr_answer *ret)
{
	const json_t *v = json_object_get(doc, "request_status");
	const char *text = json_string_value(v);

	if (v == NULL)
		return true;
	for (int i = OPENDSR_PENDING; text != NULL && i <= OPENDSR_CANCELLED;
	     i++)
		if (strcmp(opendsr_status_name((enum opendsr_status)i), text) ==
		    0) {
			ret->told = true;
			ret->status = (enum opendsr_status)i;
			return true;
		}
	return false;
}

static bool read_url(const json_t *doc, struct opendsr_answer *ret)
{
	const json_t *v = json_object_get(doc, "status_callback_url");
	size_t len = json_string_length(v);

	if (v == NULL)
		return true;
	if (!json_is_string(v) || len >= sizeof(ret->url) ||
	    strlen(json_string_value(v)) != len)
		return false;
	memcpy(ret->url, json_string_value(v), len + 1);
	return true;
}

int opendsr_answer_read(const void *bytes, size_t len,
			struct opendsr_answer *ret, struct err *err)
{
	struct opendsr_answer a = {0};
	bool is_short = false, good;
	const char *id;
	json_t *doc =
	    jsonmem_load(bytes, len, JSON_REJECT_DUPLICATES, &is_short);

	if (is_short)
		return ERR_SET(err, ERR_NOMEM, "answer", 0);
	id = json_string_value(json_object_get(doc, "subject_request_id"));
	good = id != NULL && opendsr_uuid(id) && read_status(doc, &a) &&
	       read_url(doc, &a);
	if (good)
		memcpy(a.id, id, OPENDSR_UUID_BYTES);
	json_decref(doc);
	if (!good)
		return ERR_SET(err, ERR_INPUT, "not an OpenDSR answer", 0);
	*ret = a;
	return 0;
}
