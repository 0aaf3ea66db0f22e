/* json.c - the strict reading of jsonin.h over jansson. */
#include "jsonin.h"

#include <sodium.h>
#include <stdlib.h>

#include "postern/jsonmem.h"

/* The bytes jansson will see: same text, numbers quoted, surrogates mended. */
struct pass {
	const uint8_t *in;
	size_t in_len, at;
	uint8_t *out; /* twice in_len: a quoted number grows by two bytes */
	size_t out_len;
	unsigned int depth;
};

static void copy(struct pass *p, size_t len)
{
	memcpy(p->out + p->out_len, p->in + p->at, len);
	p->out_len += len;
	p->at += len;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* The UTF-16 unit of an \uXXXX escape at offset at, or -1. */
static long escape_unit(const struct pass *p, size_t at)
{
	long unit = 0;

	if (at + 6 > p->in_len || p->in[at] != '\\' || p->in[at + 1] != 'u')
		return -1;
	for (size_t i = at + 2; i < at + 6; i++) {
		uint8_t c = p->in[i];

		if (is_digit(c))
			unit = unit * 16 + (c - '0');
		else if (c >= 'a' && c <= 'f')
			unit = unit * 16 + (c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			unit = unit * 16 + (c - 'A' + 10);
		else
			return -1;
	}
	return unit;
}

static void pass_escape(struct pass *p)
{
	long unit = escape_unit(p, p->at), next;

	if (unit < 0xD800 || unit > 0xDFFF) {
		copy(p, p->at + 1 < p->in_len ? 2 : 1);
		return;
	}
	next = escape_unit(p, p->at + 6);
	if (unit < 0xDC00 && next >= 0xDC00 && next <= 0xDFFF) {
		copy(p, 12);
		return;
	}
	memcpy(p->out + p->out_len, "\\uFFFD", 6);
	p->out_len += 6;
	p->at += 6;
}

/* From the opening quote to behind the closing one (or the end). */
static void pass_string(struct pass *p)
{
	copy(p, 1);
	while (p->at < p->in_len) {
		uint8_t c = p->in[p->at];

		if (c == '\\') {
			pass_escape(p);
			continue;
		}
		copy(p, 1);
		if (c == '"')
			return;
	}
}

static size_t digits(const struct pass *p, size_t at)
{
	size_t n = 0;

	while (at + n < p->in_len && is_digit(p->in[at + n]))
		n++;
	return n;
}

/* Length of the JSON number here; 0 if there is none. */
static size_t number_len(const struct pass *p)
{
	size_t at = p->at, n;

	if (p->in[at] == '-')
		at++;
	n = digits(p, at);
	if (n == 0 || (n > 1 && p->in[at] == '0'))
		return 0;
	at += n;
	if (at < p->in_len && p->in[at] == '.') {
		n = digits(p, at + 1);
		if (n == 0)
			return 0;
		at += 1 + n;
	}
	if (at < p->in_len && (p->in[at] == 'e' || p->in[at] == 'E')) {
		at++;
		if (at < p->in_len && (p->in[at] == '+' || p->in[at] == '-'))
			at++;
		n = digits(p, at);
		if (n == 0)
			return 0;
		at += n;
	}
	return at - p->at;
}

/* Only what may follow a value; so a number used as a key, or glued to
 * something, stays unquoted and jansson refuses it. */
static bool value_ends(const struct pass *p, size_t at)
{
	while (at < p->in_len && (p->in[at] == ' ' || p->in[at] == '\t' ||
				  p->in[at] == '\n' || p->in[at] == '\r'))
		at++;
	return at < p->in_len &&
	       (p->in[at] == ',' || p->in[at] == ']' || p->in[at] == '}');
}

static void pass_number(struct pass *p)
{
	size_t len = number_len(p);

	if (len == 0 || !value_ends(p, p->at + len)) {
		copy(p, 1);
		return;
	}
	p->out[p->out_len++] = '"';
	copy(p, len);
	p->out[p->out_len++] = '"';
}

static int pass_all(struct pass *p, struct err *err)
{
	while (p->at < p->in_len) {
		uint8_t c = p->in[p->at];

		if (c == '"') {
			pass_string(p);
			continue;
		}
		if (c == '-' || is_digit(c)) {
			pass_number(p);
			continue;
		}
		if ((c == '{' || c == '[') && ++p->depth > JSONIN_DEPTH_MAX)
			return ERR_SET(err, ERR_INPUT, "nested too deeply", 0);
		if ((c == '}' || c == ']') && p->depth > 0)
			p->depth--;
		copy(p, 1);
	}
	return 0;
}

int jsonin_read(const uint8_t *bytes, size_t len, json_t **ret, struct err *err)
{
	struct pass p = {.in = bytes, .in_len = len};
	bool no_memory;
	json_t *root;
	int rc = -1;

	if (len == 0 || len > SIZE_MAX / 4)
		return ERR_SET(err, ERR_INPUT, "no JSON", 0);
	p.out = malloc(2 * len + 8);
	if (p.out == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for JSON", 0);
	if (pass_all(&p, err) != 0)
		goto out;
	root =
	    jsonmem_load(p.out, p.out_len,
			 JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &no_memory);
	if (root == NULL) {
		if (no_memory)
			ERR_SET(err, ERR_NOMEM, "no memory for JSON", 0);
		else
			ERR_SET(err, ERR_INPUT, "not valid JSON", 0);
		goto out;
	}
	*ret = root;
	rc = 0;
out:
	sodium_memzero(p.out, p.out_len);
	free(p.out);
	return rc;
}

const json_t *jsonin_object(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_object(v) ? v : NULL;
}

const json_t *jsonin_list(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	return json_is_array(v) ? v : NULL;
}

const char *jsonin_text(const json_t *object, const char *key, size_t *ret_len)
{
	const json_t *v = json_object_get(object, key);

	if (!json_is_string(v))
		return NULL;
	*ret_len = json_string_length(v);
	return json_string_value(v);
}

const char *jsonin_id(const json_t *object, const char *key)
{
	size_t len;
	const char *text = jsonin_text(object, key, &len);

	if (text == NULL || len == 0 || len > JSONIN_ID_MAX ||
	    strlen(text) != len)
		return NULL;
	return text;
}

bool jsonin_true(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

bool jsonin_int(const json_t *object, const char *key, int64_t *ret)
{
	const char *text = jsonin_id(object, key);
	bool negative = text != NULL && text[0] == '-';
	int64_t v = 0;
	size_t n = 0;

	if (text == NULL)
		return false;
	for (text += negative; is_digit((uint8_t)*text); text++) {
		if (++n > 18)
			return false;
		v = v * 10 + (*text - '0');
	}
	if (n == 0 || *text != '\0')
		return false;
	*ret = negative ? -v : v;
	return true;
}

int64_t jsonin_time_ms(const json_t *object, const char *key)
{
	int64_t v;

	/* The upper bound is the year 5138: what is later is no time. */
	if (!jsonin_int(object, key, &v) || v <= 0 || v >= 100000000000000)
		return 0;
	return v < 100000000000 ? v * 1000 : v;
}
