/* mask.c - see mask.h. */
#include "mask.h"

#include "worker/content.h"

json_t *mask_json(struct redaction *r, json_t *text)
{
	struct buf scratch = BUF_INIT(CONTENT_BYTES_MAX);
	json_t *shown = text;
	int changed;

	if (r->len == 0 || !json_is_string(text))
		return text;
	changed = redaction_mask(r, json_string_value(text),
				 json_string_length(text), &scratch, NULL);
	if (changed != 0) {
		shown = changed > 0 ? json_stringn((const char *)scratch.bytes,
						   scratch.len)
				    : NULL;
		json_decref(text);
	}
	buf_free(&scratch);
	return shown;
}

void mask_begin(struct redaction *r)
{
	memset(r->counts, 0, r->len * sizeof(r->counts[0]));
}

static bool has_name(const json_t *list, const char *name)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_string_value(json_array_get(list, i)), name) ==
		    0)
			return true;
	return false;
}

json_t *mask_names(const struct redaction *r, const json_t *content)
{
	const json_t *stored = json_object_get(content, "redacted");
	json_t *list = json_array();
	const char *name;

	for (size_t i = 0; i < json_array_size(stored); i++) {
		name = json_string_value(json_array_get(stored, i));
		if (name != NULL)
			(void)json_array_append_new(list, json_string(name));
	}
	for (size_t i = 0; i < r->len; i++)
		if (r->counts[i] > 0 && !has_name(list, r->finders[i].name))
			(void)json_array_append_new(
			    list, json_string(r->finders[i].name));
	return list;
}
