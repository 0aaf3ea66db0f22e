/* checkpoint.c - the body of a checkpoint, read, written and believed. */
#include "postern/checkpoint.h"

#include <string.h>

#include "lines.h"

static bool origin_line(struct lines *l, char ret[NOTE_NAME_BYTES])
{
	const char *line;
	size_t len;

	if (!lines_next(l, &line, &len) || len == 0 || len >= NOTE_NAME_BYTES)
		return false;
	memcpy(ret, line, len);
	ret[len] = '\0';
	return true;
}

static bool number_line(struct lines *l, uint64_t *ret)
{
	const char *line;
	size_t len;

	return lines_next(l, &line, &len) && number_parse(line, len, ret);
}

static bool hash_line(struct lines *l, struct merkle_hash *ret)
{
	const char *line;
	size_t len;

	return lines_next(l, &line, &len) && hash_parse(line, len, ret);
}

static bool extensions(struct lines *l)
{
	const char *line;
	size_t len;

	while (lines_next(l, &line, &len))
		if (len == 0)
			return false;
	return l->left == 0;
}

int checkpoint_parse(const char *text, size_t len, struct checkpoint *ret,
		     struct err *err)
{
	struct lines l = {.at = text, .left = len};
	struct checkpoint c = {.size = 0};

	if (len > NOTE_TEXT_MAX || !text_is_plain(text, len))
		return ERR_SET(err, ERR_INPUT,
			       "a checkpoint is lines of UTF-8 without "
			       "control characters",
			       0);
	if (!origin_line(&l, c.origin))
		return ERR_SET(err, ERR_INPUT, "a checkpoint has no origin", 0);
	if (!number_line(&l, &c.size))
		return ERR_SET(err, ERR_INPUT, "a checkpoint has no size", 0);
	if (!hash_line(&l, &c.root))
		return ERR_SET(err, ERR_INPUT, "a checkpoint has no root", 0);
	if (!extensions(&l))
		return ERR_SET(err, ERR_INPUT, "a checkpoint has an empty line",
			       0);
	*ret = c;
	return 0;
}

static int print_lines(const struct checkpoint *c, struct buf *ret,
		       struct err *err)
{
	char head[NOTE_NAME_BYTES + NUMBER_TEXT_MAX + 3];
	int len = snprintf(head, sizeof(head), "%s\n%llu\n", c->origin,
			   (unsigned long long)c->size);

	if (c->origin[0] == '\0' || strchr(c->origin, '\n') != NULL ||
	    !text_is_plain(head, (size_t)len) || c->size > MERKLE_SIZE_MAX)
		return ERR_SET(err, ERR_INPUT, "no checkpoint", 0);
	if (buf_append(ret, head, (size_t)len, err) != 0)
		return -1;
	return hash_print(&c->root, ret, err);
}

int checkpoint_print(const struct checkpoint *c, struct buf *ret,
		     struct err *err)
{
	size_t was = ret->len;

	if (print_lines(c, ret, err) == 0)
		return 0;
	ret->len = was;
	return -1;
}

static bool signed_by_log(const struct note *note, const struct note_key *keys,
			  size_t keys_len, const char *origin)
{
	for (size_t i = 0; i < keys_len; i++)
		if (keys[i].type == NOTE_ED25519 &&
		    strcmp(keys[i].name, origin) == 0 &&
		    note_check(note, &keys[i], NULL) == NOTE_GOOD)
			return true;
	return false;
}

int checkpoint_open(const char *bytes, size_t len, const struct note_key *keys,
		    size_t keys_len, struct checkpoint *ret, bool *ret_good,
		    struct err *err)
{
	struct checkpoint c;
	struct note note;

	if (note_parse(bytes, len, &note, err) != 0 ||
	    checkpoint_parse(note.text, note.text_len, &c, err) != 0)
		return -1;
	if (note_verify(&note, keys, keys_len, ret_good, err) != 0)
		return -1;
	if (!signed_by_log(&note, keys, keys_len, c.origin)) {
		for (size_t i = 0; ret_good != NULL && i < keys_len; i++)
			ret_good[i] = false;
		return ERR_SET(err, ERR_DENIED,
			       "not signed by a known key of its origin", 0);
	}
	*ret = c;
	return 0;
}
