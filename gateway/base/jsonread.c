/* jsonread.c - JSON text to a tree.
 *
 * Not jansson's own reader: where memory is short that one drops bytes of a
 * token and then, in a text that lost its closing quote, writes past the end
 * (2.14, lex_scan_string).  Its tree is sound and is what is made here, by the
 * same rules; tests/fuzz_json.c holds both readers side by side. */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>

#include "postern/jsonmem.h"

#define DEPTH_MAX  2048 /* as jansson's */
#define NUMBER_MAX 512	/* digits of a real number */

struct in {
	const char *at, *end;
	size_t flags;
	unsigned int depth;
	bool no_memory;
};

/* Bytes of a text: in the input, or decoded and then to be freed. */
struct text {
	const char *bytes;
	size_t len;
	char *owned;
};

static json_t *read_value(struct in *in);

static void text_free(struct text *t)
{
	if (t->owned != NULL)
		sodium_memzero(t->owned, t->len);
	free(t->owned);
}

static int peek(const struct in *in)
{
	return in->at < in->end ? (unsigned char)*in->at : -1;
}

static void skip_space(struct in *in)
{
	int c = peek(in);

	while (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
		in->at++;
		c = peek(in);
	}
}

static bool take(struct in *in, char c)
{
	skip_space(in);
	if (peek(in) != (unsigned char)c)
		return false;
	in->at++;
	return true;
}

/* --- texts ---------------------------------------------------------------- */

static long take_hex(struct in *in)
{
	long unit = 0;

	for (int i = 0; i < 4; i++, in->at++) {
		int c = peek(in);

		if (c >= '0' && c <= '9')
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

/* The code point behind "\u", of both halves of a pair; -1: none. */
static long take_point(struct in *in)
{
	long first = take_hex(in), second;

	if (first < 0xD800 || first > 0xDFFF)
		return first;
	if (first > 0xDBFF || peek(in) != '\\')
		return -1;
	in->at++;
	if (peek(in) != 'u')
		return -1;
	in->at++;
	second = take_hex(in);
	if (second < 0xDC00 || second > 0xDFFF)
		return -1;
	return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
}

static char *put_point(char *to, unsigned long point)
{
	if (point < 0x80) {
		*to++ = (char)point;
		return to;
	}
	if (point < 0x800) {
		*to++ = (char)(0xC0 | point >> 6);
	} else {
		if (point < 0x10000) {
			*to++ = (char)(0xE0 | point >> 12);
		} else {
			*to++ = (char)(0xF0 | point >> 18);
			*to++ = (char)(0x80 | (point >> 12 & 0x3F));
		}
		*to++ = (char)(0x80 | (point >> 6 & 0x3F));
	}
	*to++ = (char)(0x80 | (point & 0x3F));
	return to;
}

/* Behind the backslash.  An escape is never shorter than what it means. */
static char *take_escape(struct in *in, char *to)
{
	static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
	const char *name;
	int c = peek(in);
	long point;

	if (c <= 0)
		return NULL;
	in->at++;
	if (c == 'u') {
		point = take_point(in);
		if (point < 0 ||
		    (point == 0 && (in->flags & JSON_ALLOW_NUL) == 0))
			return NULL;
		return put_point(to, (unsigned long)point);
	}
	name = strchr(names, c);
	if (name == NULL)
		return NULL;
	*to = means[name - names];
	return to + 1;
}

/* len bytes until the closing quote, some of them escapes. */
static bool decode(struct in *in, size_t len, struct text *ret)
{
	struct in part = {
	    .at = in->at, .end = in->at + len, .flags = in->flags};
	char *to = malloc(len);

	*ret = (struct text){.bytes = to, .owned = to, .len = len};
	if (to == NULL) {
		in->no_memory = true;
		return false;
	}
	while (to != NULL && part.at < part.end) {
		if (*part.at != '\\') {
			*to++ = *part.at++;
			continue;
		}
		part.at++;
		to = take_escape(&part, to);
	}
	if (to == NULL) {
		text_free(ret);
		return false;
	}
	ret->len = (size_t)(to - ret->owned);
	return true;
}

/* Behind the opening quote; free the text if it is one. */
static bool take_text(struct in *in, struct text *ret)
{
	const char *at = in->at;
	bool escapes = false;
	size_t len;

	while (at < in->end && *at != '"') {
		if ((unsigned char)*at < 0x20)
			return false;
		if (*at == '\\') {
			escapes = true;
			at++;
		}
		at++;
	}
	if (at >= in->end)
		return false;
	len = (size_t)(at - in->at);
	*ret = (struct text){.bytes = in->at, .len = len};
	if (escapes && !decode(in, len, ret))
		return false;
	in->at = at + 1;
	return true;
}

static json_t *read_text(struct in *in)
{
	struct text text;
	json_t *v;

	in->at++;
	if (!take_text(in, &text))
		return NULL;
	v = json_stringn(text.bytes, text.len); /* only UTF-8 */
	text_free(&text);
	return v;
}

/* --- numbers and words ---------------------------------------------------- */

static size_t digits(struct in *in)
{
	const char *from = in->at;

	while (peek(in) >= '0' && peek(in) <= '9')
		in->at++;
	return (size_t)(in->at - from);
}

static bool take_fraction(struct in *in, bool *ret_real)
{
	if (peek(in) == '.') {
		in->at++;
		*ret_real = true;
		if (digits(in) == 0)
			return false;
	}
	if (peek(in) == 'e' || peek(in) == 'E') {
		in->at++;
		*ret_real = true;
		if (peek(in) == '+' || peek(in) == '-')
			in->at++;
		if (digits(in) == 0)
			return false;
	}
	return true;
}

static json_t *number_of(const char *from, size_t len, bool real)
{
	char text[NUMBER_MAX];
	long long whole;
	double v;

	if (len >= sizeof(text))
		return NULL;
	memcpy(text, from, len);
	text[len] = '\0';
	errno = 0;
	if (!real) {
		whole = strtoll(text, NULL, 10);
		return errno == 0 ? json_integer(whole) : NULL;
	}
	v = strtod(text, NULL);
	return json_real(v); /* refuses what is not finite */
}

static json_t *read_number(struct in *in)
{
	const char *from = in->at, *first;
	bool real = false;
	size_t n;

	if (peek(in) == '-')
		in->at++;
	first = in->at;
	n = digits(in);
	if (n == 0 || (n > 1 && *first == '0') || !take_fraction(in, &real))
		return NULL;
	return number_of(from, (size_t)(in->at - from), real);
}

static json_t *read_word(struct in *in, const char *word, json_t *value)
{
	size_t len = strlen(word);

	if ((size_t)(in->end - in->at) < len || memcmp(in->at, word, len) != 0)
		return NULL;
	in->at += len;
	return value;
}

/* --- objects and lists ---------------------------------------------------- */

static bool read_member(struct in *in, json_t *object)
{
	struct text key;
	json_t *value = NULL;
	bool good = false;

	if (!take(in, '"') || !take_text(in, &key))
		return false;
	if (memchr(key.bytes, '\0', key.len) == NULL &&
	    ((in->flags & JSON_REJECT_DUPLICATES) == 0 ||
	     json_object_getn(object, key.bytes, key.len) == NULL) &&
	    take(in, ':'))
		value = read_value(in);
	/* Fails for NULL, frees the value if it fails. */
	good = json_object_setn_new(object, key.bytes, key.len, value) == 0;
	text_free(&key);
	return good;
}

static bool read_element(struct in *in, json_t *list)
{
	return json_array_append_new(list, read_value(in)) == 0;
}

/* Behind the opening bracket. */
static json_t *read_all(struct in *in, json_t *v, char end,
			bool (*one)(struct in *in, json_t *v))
{
	if (v == NULL || take(in, end))
		return v;
	do {
		if (!one(in, v)) {
			json_decref(v);
			return NULL;
		}
	} while (take(in, ','));
	if (take(in, end))
		return v;
	json_decref(v);
	return NULL;
}

static json_t *read_nested(struct in *in, char c)
{
	json_t *v;

	if (++in->depth > DEPTH_MAX)
		return NULL;
	in->at++;
	v = c == '{' ? read_all(in, json_object(), '}', read_member)
		     : read_all(in, json_array(), ']', read_element);
	in->depth--;
	return v;
}

static json_t *read_value(struct in *in)
{
	int c;

	skip_space(in);
	c = peek(in);
	switch (c) {
	case '{':
	case '[':
		return read_nested(in, (char)c);
	case '"':
		return read_text(in);
	case 't':
		return read_word(in, "true", json_true());
	case 'f':
		return read_word(in, "false", json_false());
	case 'n':
		return read_word(in, "null", json_null());
	default:
		return c == '-' || (c >= '0' && c <= '9') ? read_number(in)
							  : NULL;
	}
}

json_t *jsonmem_load_at(const void *bytes, size_t len, size_t flags,
			bool *ret_short, size_t *ret_at)
{
	struct in in = {.at = bytes, .end = bytes, .flags = flags};
	const uint64_t before = jsonmem_failures();
	json_t *root = NULL;

	if (len > 0)
		in.end += len;
	skip_space(&in);
	if (peek(&in) == '{' || peek(&in) == '[')
		root = read_value(&in);
	skip_space(&in);
	*ret_short = in.no_memory || jsonmem_failures() != before;
	*ret_at = len - (size_t)(in.end - in.at);
	if (in.at != in.end || *ret_short) {
		json_decref(root);
		return NULL;
	}
	return root;
}

json_t *jsonmem_load(const void *bytes, size_t len, size_t flags,
		     bool *ret_short)
{
	size_t at;

	return jsonmem_load_at(bytes, len, flags, ret_short, &at);
}
