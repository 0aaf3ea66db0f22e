/* json_read.c - the strict reading of jsonin.h.
 *
 * One block for all texts, no longer than the input, and one for all values,
 * which grows; nothing is allocated per value, so a hostile body costs at
 * most a fixed multiple of its length. */
#include "jsonin.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>

#include "postern/jsonout.h"
#include "postern/text.h"

#define VALUES_FIRST 128
/* Above, an object's keys are sorted to find a pair. */
#define PAIRWISE_MAX 16

/* The tree as it is allocated; the root is values[0]. */
struct tree {
	size_t texts_len;
	char *texts;
	struct jsonin values[];
};

struct reader {
	const uint8_t *at, *end;
	struct tree *tree;
	size_t size, len; /* of values */
	char *out;	  /* next free byte of texts */
	unsigned int depth;
	struct err *err;
};

static int refuse(struct reader *r)
{
	return ERR_SET(r->err, ERR_INPUT, "not valid JSON", 0);
}

/* --- values ---------------------------------------------------------------
 */

static int make_room(struct reader *r)
{
	size_t size = r->size * 2;
	struct tree *tree;

	if (r->len < r->size)
		return 0;
	tree = realloc(r->tree, sizeof(*tree) + size * sizeof(tree->values[0]));
	if (tree == NULL)
		return ERR_SET(r->err, ERR_NOMEM, "no memory for JSON", 0);
	r->tree = tree;
	r->size = size;
	return 0;
}

static struct jsonin *value_at(const struct reader *r, size_t at)
{
	return &r->tree->values[at];
}

static void skip_space(struct reader *r)
{
	while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' ||
				  *r->at == '\n' || *r->at == '\r'))
		r->at++;
}

static bool next_is(struct reader *r, char c)
{
	skip_space(r);
	if (r->at == r->end || *r->at != (uint8_t)c)
		return false;
	r->at++;
	return true;
}

/* --- texts ----------------------------------------------------------------
 */

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* The UTF-16 unit of an \uXXXX escape at p, or -1. */
static long escape_unit(const struct reader *r, const uint8_t *p)
{
	long unit = 0;

	if (r->end - p < 6 || p[0] != '\\' || p[1] != 'u')
		return -1;
	for (size_t i = 2; i < 6; i++) {
		uint8_t c = p[i];

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

/* Never longer than the escape it comes from. */
static void put_code(struct reader *r, long code)
{
	if (code < 0x80) {
		*r->out++ = (char)code;
		return;
	}
	if (code < 0x800) {
		*r->out++ = (char)(0xc0 | code >> 6);
	} else if (code < 0x10000) {
		*r->out++ = (char)(0xe0 | code >> 12);
		*r->out++ = (char)(0x80 | (code >> 6 & 0x3f));
	} else {
		*r->out++ = (char)(0xf0 | code >> 18);
		*r->out++ = (char)(0x80 | (code >> 12 & 0x3f));
		*r->out++ = (char)(0x80 | (code >> 6 & 0x3f));
	}
	*r->out++ = (char)(0x80 | (code & 0x3f));
}

static int take_unit(struct reader *r)
{
	long unit = escape_unit(r, r->at), low;

	if (unit < 0)
		return refuse(r);
	r->at += 6;
	if (unit < 0xD800 || unit > 0xDFFF) {
		put_code(r, unit);
		return 0;
	}
	low = unit < 0xDC00 ? escape_unit(r, r->at) : -1;
	if (low < 0xDC00 || low > 0xDFFF) {
		put_code(r, 0xFFFD); /* alone */
		return 0;
	}
	r->at += 6;
	put_code(r, 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
	return 0;
}

static int take_escape(struct reader *r)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *known;

	if (r->end - r->at < 2)
		return refuse(r);
	if (r->at[1] == 'u')
		return take_unit(r);
	known = r->at[1] != 0 ? strchr(from, r->at[1]) : NULL;
	if (known == NULL)
		return refuse(r);
	*r->out++ = to[known - from];
	r->at += 2;
	return 0;
}

/* Bytes that are taken as they are. */
static size_t plain_len(const struct reader *r)
{
	size_t left = (size_t)(r->end - r->at), sequence = 1;
	size_t n = jsonout_plain(r->at, left);

	while (n < left && r->at[n] >= 0x80 && sequence > 0) {
		sequence = utf8_sequence(r->at + n, left - n);
		n += sequence;
		n += jsonout_plain(r->at + n, left - n);
	}
	return n;
}

/* From the opening quote to behind the closing one. */
static int take_text(struct reader *r, const char **ret, uint32_t *ret_len)
{
	char *begin = r->out;
	size_t n;

	for (r->at++;;) {
		n = plain_len(r);
		memcpy(r->out, r->at, n);
		r->out += n;
		r->at += n;
		if (r->at == r->end)
			return refuse(r);
		if (*r->at == '"')
			break;
		if (*r->at != '\\')
			return refuse(r);
		if (take_escape(r) != 0)
			return -1;
	}
	r->at++;
	*ret = begin;
	*ret_len = (uint32_t)(r->out - begin);
	*r->out++ = '\0';
	return 0;
}

/* --- numbers and words ----------------------------------------------------
 */

static size_t digits(const struct reader *r, const uint8_t *p)
{
	size_t n = 0;

	while (p + n < r->end && is_digit(p[n]))
		n++;
	return n;
}

/* Length of the JSON number here; 0 if there is none. */
static size_t number_len(const struct reader *r)
{
	const uint8_t *p = r->at;
	size_t n;

	if (*p == '-')
		p++;
	n = digits(r, p);
	if (n == 0 || (n > 1 && *p == '0'))
		return 0;
	p += n;
	if (p < r->end && *p == '.') {
		n = digits(r, p + 1);
		if (n == 0)
			return 0;
		p += 1 + n;
	}
	if (p < r->end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < r->end && (*p == '+' || *p == '-'))
			p++;
		n = digits(r, p);
		if (n == 0)
			return 0;
		p += n;
	}
	return (size_t)(p - r->at);
}

/* Its spelling.  A number is never the last byte, since it stands in an
 * object or list: so there is room for its NUL. */
static int take_number(struct reader *r, struct jsonin *v)
{
	size_t len = number_len(r);

	if (len == 0 || r->at + len == r->end)
		return refuse(r);
	v->type = JSONIN_TEXT;
	v->text = r->out;
	v->len = (uint32_t)len;
	memcpy(r->out, r->at, len);
	r->out += len;
	*r->out++ = '\0';
	r->at += len;
	return 0;
}

static int take_word(struct reader *r, struct jsonin *v)
{
	static const struct {
		const char *word;
		enum jsonin_type type;
	} words[] = {
	    {"null", JSONIN_NULL},
	    {"false", JSONIN_FALSE},
	    {"true", JSONIN_TRUE},
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i].word);

		if ((size_t)(r->end - r->at) < len ||
		    memcmp(r->at, words[i].word, len) != 0)
			continue;
		v->type = words[i].type;
		r->at += len;
		return 0;
	}
	return refuse(r);
}

/* --- keys -----------------------------------------------------------------
 */

static bool same_key(const struct jsonin *a, const struct jsonin *b)
{
	return a->key_len == b->key_len &&
	       memcmp(a->key, b->key, a->key_len) == 0;
}

static int key_order(const void *a, const void *b)
{
	const struct jsonin *x = *(const struct jsonin *const *)a;
	const struct jsonin *y = *(const struct jsonin *const *)b;

	if (x->key_len != y->key_len)
		return x->key_len < y->key_len ? -1 : 1;
	return memcmp(x->key, y->key, x->key_len);
}

static bool pair_sorted(const struct jsonin **members, size_t len)
{
	qsort(members, len, sizeof(members[0]), key_order);
	for (size_t i = 1; i < len; i++)
		if (same_key(members[i - 1], members[i]))
			return true;
	return false;
}

static bool pair_among_few(const struct jsonin *first, size_t len)
{
	const struct jsonin *a = first, *b;

	for (size_t i = 0; i < len; i++, a += a->span) {
		b = first;
		for (size_t n = 0; n < i; n++, b += b->span)
			if (same_key(a, b))
				return true;
	}
	return false;
}

/* The len members of a finished object have keys of their own. */
static int check_keys(struct reader *r, size_t object, size_t len)
{
	const struct jsonin *m = value_at(r, object) + 1, **all;
	bool pair;

	if (len <= PAIRWISE_MAX) {
		pair = pair_among_few(m, len);
	} else {
		all = malloc(len * sizeof(*all));
		if (all == NULL)
			return ERR_SET(r->err, ERR_NOMEM, "no memory for JSON",
				       0);
		for (size_t i = 0; i < len; i++, m += m->span)
			all[i] = m;
		pair = pair_sorted(all, len);
		free(all);
	}
	return pair ? ERR_SET(r->err, ERR_INPUT, "the same key twice", 0) : 0;
}

/* --- lists and objects ----------------------------------------------------
 */

static int take_value(struct reader *r);

static int take_member(struct reader *r)
{
	const char *key;
	uint32_t key_len;
	size_t at = r->len;

	skip_space(r);
	if (r->at == r->end || *r->at != '"')
		return refuse(r);
	if (take_text(r, &key, &key_len) != 0)
		return -1;
	if (memchr(key, '\0', key_len) != NULL || !next_is(r, ':'))
		return refuse(r);
	if (take_value(r) != 0)
		return -1;
	value_at(r, at)->key = key;
	value_at(r, at)->key_len = key_len;
	return 0;
}

static int take_list(struct reader *r)
{
	r->at++;
	if (next_is(r, ']'))
		return 0;
	do {
		if (take_value(r) != 0)
			return -1;
	} while (next_is(r, ','));
	return next_is(r, ']') ? 0 : refuse(r);
}

static int take_object(struct reader *r, size_t at)
{
	size_t len = 0;

	r->at++;
	if (next_is(r, '}'))
		return 0;
	do {
		if (take_member(r) != 0)
			return -1;
		len++;
	} while (next_is(r, ','));
	if (!next_is(r, '}'))
		return refuse(r);
	return check_keys(r, at, len);
}

static int take_nested(struct reader *r, size_t at, bool object)
{
	int rc;

	if (++r->depth > JSONIN_DEPTH_MAX)
		return ERR_SET(r->err, ERR_INPUT, "nested too deeply", 0);
	value_at(r, at)->type = object ? JSONIN_OBJECT : JSONIN_LIST;
	rc = object ? take_object(r, at) : take_list(r);
	r->depth--;
	return rc;
}

/* Recursive, but never deeper than JSONIN_DEPTH_MAX. */
static int take_value(struct reader *r)
{
	size_t at = r->len;
	struct jsonin *v;
	int rc;

	skip_space(r);
	if (r->at == r->end)
		return refuse(r);
	if (make_room(r) != 0)
		return -1;
	v = value_at(r, r->len++);
	*v = (struct jsonin){0};
	if (*r->at == '{' || *r->at == '[') {
		rc = take_nested(r, at, *r->at == '{');
	} else if (*r->at == '"') {
		v->type = JSONIN_TEXT;
		rc = take_text(r, &v->text, &v->len);
	} else if (*r->at == '-' || is_digit(*r->at)) {
		rc = take_number(r, v);
	} else {
		rc = take_word(r, v);
	}
	/* The values may have moved. */
	value_at(r, at)->span = (uint32_t)(r->len - at);
	return rc;
}

/* --- the whole ------------------------------------------------------------
 */

static void tree_free(struct tree *tree)
{
	if (tree->texts != NULL)
		sodium_memzero(tree->texts, tree->texts_len);
	free(tree->texts);
	free(tree);
}

void jsonin_free(struct jsonin **root)
{
	uint8_t *value = (uint8_t *)*root;

	*root = NULL;
	if (value != NULL)
		tree_free((struct tree *)(void *)(value - offsetof(struct tree,
								   values)));
}

static int read_root(struct reader *r)
{
	skip_space(r);
	if (r->at == r->end || (*r->at != '{' && *r->at != '['))
		return refuse(r);
	if (take_value(r) != 0)
		return -1;
	skip_space(r);
	return r->at == r->end ? 0 : refuse(r);
}

int jsonin_read(const uint8_t *bytes, size_t len, struct jsonin **ret,
		struct err *err)
{
	struct reader r = {.at = bytes, .end = bytes + len, .err = err};

	if (len == 0 || len > UINT32_MAX / 2)
		return ERR_SET(err, ERR_INPUT, "no JSON", 0);
	r.size = VALUES_FIRST;
	r.tree = calloc(1, sizeof(*r.tree) + r.size * sizeof(struct jsonin));
	if (r.tree == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for JSON", 0);
	r.tree->texts = malloc(len);
	r.tree->texts_len = len;
	r.out = r.tree->texts;
	if (r.out == NULL) {
		tree_free(r.tree);
		return ERR_SET(err, ERR_NOMEM, "no memory for JSON", 0);
	}
	if (read_root(&r) != 0) {
		tree_free(r.tree);
		return -1;
	}
	assert((size_t)(r.out - r.tree->texts) <= len);
	*ret = r.tree->values;
	return 0;
}
