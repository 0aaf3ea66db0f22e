/* holding_words.c - is one of these words in that text?  Pure. */
#include <stdlib.h>
#include <string.h>

#include "holding_words.h"
#include "postern/jsonmem.h"
#include "postern/keyword.h"

#define DEPTH_MAX 8

/* Members of what is sealed that nobody wrote. */
static const char *const silent[] = {"id",     "reply_to", "target",
				     "why",    "redacted", "mime",
				     "sha256", "notice",   "version"};

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A number is not found inside a longer one: 4711 is not 14711. */
static bool cut_out(const char *text, size_t len, size_t at, size_t word_len)
{
	const size_t end = at + word_len;

	return (at == 0 || !digit(text[at]) || !digit(text[at - 1])) &&
	       (end == len || !digit(text[end - 1]) || !digit(text[end]));
}

bool holding_word_in(const char *text, size_t len, const char *word,
		     size_t word_len)
{
	const char *at = text, *end = text + len;

	if (word_len == 0)
		return false;
	while ((at = memmem(at, (size_t)(end - at), word, word_len)) != NULL) {
		if (cut_out(text, len, (size_t)(at - text), word_len))
			return true;
		at++;
	}
	return false;
}

/* --- the words of a hold -------------------------------------------------- */

static int add(struct holding_words *w, const char *text, struct err *err)
{
	size_t len = strlen(text);

	if (w->len == HOLDING_WORDS_MAX || len > HOLDING_WORD_MAX)
		return ERR_SET(err, ERR_CORRUPT, "words of a hold", 0);
	w->lens[w->len] = keyword_normalise(text, len, w->words[w->len]);
	w->len++;
	return 0;
}

int holding_words_read(const void *json, size_t len, struct holding_words *ret,
		       struct err *err)
{
	const json_t *list, *one;
	json_t *all;
	bool no_memory;
	int rc = 0;

	ret->len = 0;
	all = jsonmem_load(json, len, 0, &no_memory);
	if (all == NULL)
		return no_memory
			   ? ERR_SET(err, ERR_NOMEM, "words of a hold", 0)
			   : ERR_SET(err, ERR_CORRUPT, "words of a hold", 0);
	list = json_object_get(all, "words");
	for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
		one = json_array_get(list, i);
		rc = json_is_string(one)
			 ? add(ret, json_string_value(one), err)
			 : ERR_SET(err, ERR_CORRUPT, "words of a hold", 0);
	}
	json_decref(all);
	return rc;
}

/* --- what they are looked for in ------------------------------------------ */

static int in_text(struct holding_look *l, const char *text, size_t len,
		   struct err *err)
{
	size_t normal;

	buf_clear(&l->normal);
	if (buf_reserve(&l->normal, len + 1, err) != 0)
		return -1;
	normal = keyword_normalise(text, len, (char *)l->normal.bytes);
	l->normal.len = normal; /* so that it is wiped */
	for (size_t i = 0; i < l->words->len && !l->found; i++)
		l->found =
		    holding_word_in((const char *)l->normal.bytes, normal,
				    l->words->words[i], l->words->lens[i]);
	return 0;
}

static bool is_silent(const char *name)
{
	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++)
		if (strcmp(silent[i], name) == 0)
			return true;
	return false;
}

static int in_value(struct holding_look *l, json_t *v, bool all, int depth,
		    struct err *err);

static int in_members(struct holding_look *l, json_t *v, bool all, int depth,
		      struct err *err)
{
	for (void *at = json_object_iter(v); at != NULL && !l->found;
	     at = json_object_iter_next(v, at))
		if ((all || !is_silent(json_object_iter_key(at))) &&
		    in_value(l, json_object_iter_value(at), all, depth, err) !=
			0)
			return -1;
	return 0;
}

static int in_value(struct holding_look *l, json_t *v, bool all, int depth,
		    struct err *err)
{
	if (json_is_string(v))
		return in_text(l, json_string_value(v), json_string_length(v),
			       err);
	if (depth == 0) {
		/* So deep nobody writes: it may say anything. */
		l->found |= json_is_object(v) || json_is_array(v);
		return 0;
	}
	if (json_is_object(v))
		return in_members(l, v, all, depth - 1, err);
	for (size_t i = 0; i < json_array_size(v) && !l->found; i++)
		if (in_value(l, json_array_get(v, i), all, depth - 1, err) != 0)
			return -1;
	return 0;
}

int holding_words_in(const struct holding_words *words, const void *clear,
		     size_t len, bool raw, bool *ret, struct err *err)
{
	struct holding_look l = {.words = words, .normal = BUF_INIT(len + 1)};
	bool no_memory;
	json_t *v = jsonmem_load(clear, len, JSON_ALLOW_NUL, &no_memory);
	int rc;

	if (v == NULL && no_memory)
		return ERR_SET(err, ERR_NOMEM, "text to look at", 0);
	rc = v != NULL ? in_value(&l, v, raw, DEPTH_MAX, err)
		       : in_text(&l, clear, len, err);
	json_decref(v);
	buf_free(&l.normal);
	*ret = l.found;
	return rc;
}
