/* recordfield.c - fields of a record, and where one is wrong. */
#include "recordfield.h"

#include <stdio.h>
#include <string.h>

/* --- places --------------------------------------------------------------- */

struct at at_top(struct consentrecord_fault *fault)
{
	return (struct at){.fault = fault};
}

struct at at_key(const struct at *up, const char *key)
{
	struct at ret = *up;
	size_t len = strlen(ret.path);

	/* Cut off where it is too long: the beginning finds the place. */
	(void)snprintf(ret.path + len, sizeof(ret.path) - len, "%s%s",
		       len > 0 ? "." : "", key);
	return ret;
}

struct at at_index(const struct at *up, size_t index)
{
	struct at ret = *up;
	size_t len = strlen(ret.path);

	(void)snprintf(ret.path + len, sizeof(ret.path) - len, "[%zu]", index);
	return ret;
}

int at_bad(const struct at *at, const char *what, const char *want)
{
	memcpy(at->fault->field, at->path, sizeof(at->path));
	at->fault->what = what;
	at->fault->want = want;
	return -1;
}

/* --- values --------------------------------------------------------------- */

size_t many_len(const json_t *v)
{
	if (v == NULL || json_is_null(v))
		return 0;
	return json_is_array(v) ? json_array_size(v) : 1;
}

const json_t *many_at(const json_t *v, size_t index)
{
	return json_is_array(v) ? json_array_get(v, index) : v;
}

const char *said_by(const json_t *v)
{
	const char *text = json_string_value(v);

	if (json_is_object(v)) {
		text = json_string_value(json_object_get(v, "@id"));
		if (text == NULL)
			text = json_string_value(json_object_get(v, "@value"));
	}
	return text != NULL && text[strspn(text, " \t\r\n")] != '\0' ? text
								     : NULL;
}

const char *dpv_term(const char *text)
{
	static const char *const prefixes[] = {"dpv:", "https://w3id.org/dpv#"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0)
			return text + strlen(prefixes[i]);
	return NULL;
}

bool has_type(const json_t *v, const char *term)
{
	const json_t *types = json_object_get(v, "@type");

	for (size_t i = 0; i < many_len(types); i++) {
		const char *text = json_string_value(many_at(types, i));

		if (text != NULL && (text = dpv_term(text)) != NULL &&
		    strcmp(text, term) == 0)
			return true;
	}
	return false;
}

/* --- what has to be there ------------------------------------------------- */

const char *need_said(const struct at *up, const json_t *object,
		      const char *key, const char *want)
{
	const json_t *v = json_object_get(object, key);
	const struct at at = at_key(up, key);
	const char *ret = NULL;

	if (many_len(v) == 0)
		(void)at_bad(&at, "is missing", want);
	else if (many_len(v) > 1)
		(void)at_bad(&at, "is said more than once", want);
	else if ((ret = said_by(many_at(v, 0))) == NULL)
		(void)at_bad(&at, "says nothing", want);
	return ret;
}

int need_period(const struct at *up, const json_t *object, const char *key)
{
	static const char want[] = "a period such as P24M";
	const json_t *v = json_object_get(object, key);
	const struct at at = at_key(up, key);
	struct period period;
	const char *text;

	if (many_len(v) == 0)
		return at_bad(&at, "is missing", want);
	v = many_at(v, 0);
	text = json_is_object(v) && json_object_get(v, "rdf:value") != NULL
		   ? said_by(json_object_get(v, "rdf:value"))
		   : said_by(v);
	if (text == NULL || !period_parse(text, &period))
		return at_bad(&at, "is no period", want);
	return 0;
}

int may_each(const struct at *up, const json_t *object, const char *key,
	     field_check check)
{
	const json_t *all = json_object_get(object, key);
	const struct at list = at_key(up, key);

	for (size_t i = 0; i < many_len(all); i++) {
		const struct at at = at_index(&list, i);

		if (check(&at, many_at(all, i)) != 0)
			return -1;
	}
	return 0;
}

int need_each(const struct at *up, const json_t *object, const char *key,
	      const char *want, field_check check)
{
	const json_t *all = json_object_get(object, key);
	const struct at list = at_key(up, key);

	if (many_len(all) == 0)
		return at_bad(&list, all == NULL ? "is missing" : "is empty",
			      want);
	return may_each(up, object, key, check);
}

int check_said(const struct at *at, const json_t *v)
{
	return said_by(v) != NULL
		   ? 0
		   : at_bad(at, "says nothing", "a text or an @id");
}

/* --- spellings ------------------------------------------------------------ */

bool is_uuid4(const char *text)
{
	static const char form[] = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";
	static const char hex[] = "0123456789abcdefABCDEF";

	if (strncmp(text, "urn:uuid:", 9) == 0)
		text += 9;
	if (strlen(text) != sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < sizeof(form) - 1; i++) {
		const char *of = form[i] == 'x' ? hex : "89abAB";

		if (form[i] == 'x' || form[i] == 'y') {
			if (strchr(of, text[i]) == NULL)
				return false;
		} else if (text[i] != form[i]) {
			return false;
		}
	}
	return true;
}

static bool all_of(const char *text, size_t len, const char *letters)
{
	return strspn(text, letters) >= len;
}

#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define DIGIT "0123456789"

bool is_place(const char *text)
{
	size_t len = strlen(text);

	if (len < 2 || !all_of(text, 2, UPPER))
		return false;
	return len == 2 || (len >= 4 && len <= 6 && text[2] == '-' &&
			    all_of(text + 3, len - 3, UPPER DIGIT));
}

bool is_language(const char *text)
{
	size_t first = strspn(text, LOWER);

	if (first < 2 || first > 3)
		return false;
	return text[first] == '\0' ||
	       (text[first] == '-' && strlen(text) <= 35 &&
		text[first + 1] != '\0' &&
		strspn(text + first, UPPER LOWER DIGIT "-") ==
		    strlen(text + first));
}
