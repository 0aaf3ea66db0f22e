/* json.c - what a tree of jsonin.h says; json_read.c makes it. */
#include "jsonin.h"

/* --- finding --------------------------------------------------------------
 */

static const struct jsonin *first_in(const struct jsonin *v)
{
	return v->span > 1 ? v + 1 : NULL;
}

static const struct jsonin *next_in(const struct jsonin *v,
				    const struct jsonin *at)
{
	const struct jsonin *next = at + at->span;

	return next < v + v->span ? next : NULL;
}

static const struct jsonin *member(const struct jsonin *object, const char *key)
{
	size_t len = strlen(key);

	if (!jsonin_is_object(object))
		return NULL;
	for (const struct jsonin *m = first_in(object); m != NULL;
	     m = next_in(object, m))
		if (m->key_len == len && memcmp(m->key, key, len) == 0)
			return m;
	return NULL;
}

static const struct jsonin *of_type(const struct jsonin *v,
				    enum jsonin_type type)
{
	return v != NULL && v->type == type ? v : NULL;
}

bool jsonin_is_object(const struct jsonin *value)
{
	return of_type(value, JSONIN_OBJECT) != NULL;
}

const struct jsonin *jsonin_object(const struct jsonin *object, const char *key)
{
	return of_type(member(object, key), JSONIN_OBJECT);
}

const struct jsonin *jsonin_list(const struct jsonin *object, const char *key)
{
	return of_type(member(object, key), JSONIN_LIST);
}

const struct jsonin *jsonin_first(const struct jsonin *list)
{
	return of_type(list, JSONIN_LIST) != NULL ? first_in(list) : NULL;
}

const struct jsonin *jsonin_next(const struct jsonin *list,
				 const struct jsonin *element)
{
	return next_in(list, element);
}

/* --- reading --------------------------------------------------------------
 */

const char *jsonin_text(const struct jsonin *object, const char *key,
			size_t *ret_len)
{
	const struct jsonin *v = of_type(member(object, key), JSONIN_TEXT);

	if (v == NULL)
		return NULL;
	*ret_len = v->len;
	return v->text;
}

const char *jsonin_id(const struct jsonin *object, const char *key)
{
	size_t len;
	const char *text = jsonin_text(object, key, &len);

	if (text == NULL || len == 0 || len > JSONIN_ID_MAX ||
	    strlen(text) != len)
		return NULL;
	return text;
}

bool jsonin_true(const struct jsonin *object, const char *key)
{
	return of_type(member(object, key), JSONIN_TRUE) != NULL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool jsonin_int(const struct jsonin *object, const char *key, int64_t *ret)
{
	const char *text = jsonin_id(object, key);
	bool negative = text != NULL && text[0] == '-';
	int64_t v = 0;
	size_t n = 0;

	if (text == NULL)
		return false;
	for (text += negative; is_digit(*text); text++) {
		if (++n > 18)
			return false;
		v = v * 10 + (*text - '0');
	}
	if (n == 0 || *text != '\0')
		return false;
	*ret = negative ? -v : v;
	return true;
}

int64_t jsonin_time_ms(const struct jsonin *object, const char *key)
{
	int64_t v;

	/* The upper bound is the year 5138: what is later is no time. */
	if (!jsonin_int(object, key, &v) || v <= 0 || v >= 100000000000000)
		return 0;
	return v < 100000000000 ? v * 1000 : v;
}
