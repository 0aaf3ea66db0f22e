/* keys.c - verifier keys, as words or in files. */
#include <string.h>

#include "verify.h"

#define KEYS_BYTES_MAX 65536

static int add_one(struct verify_keys *k, const char *text, size_t len,
		   struct err *err)
{
	if (k->len == VERIFY_KEYS_MAX)
		return ERR_SET(err, ERR_INPUT, "more keys than 128", 0);
	if (note_key_parse(text, len, &k->keys[k->len], err) != 0)
		return -1;
	k->len++;
	return 0;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

int verify_keys_read(struct verify_keys *k, const void *text, size_t len,
		     struct err *err)
{
	const char *at = text, *end = at + len;

	while (at < end) {
		const char *line = at;
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		if (stop == NULL)
			stop = end;
		at = stop + 1;
		while (line < stop && is_blank(*line))
			line++;
		while (stop > line && is_blank(stop[-1]))
			stop--;
		if (line == stop || *line == '#')
			continue;
		if (add_one(k, line, (size_t)(stop - line), err) != 0)
			return -1;
	}
	return 0;
}

int verify_keys_add(struct verify_keys *k, const char *word, struct err *err)
{
	struct buf text = BUF_INIT(KEYS_BYTES_MAX);
	size_t before = k->len;
	int rc;

	if (word[0] != '@')
		return add_one(k, word, strlen(word), err);
	rc = verify_read(word + 1, KEYS_BYTES_MAX, &text, err);
	if (rc == 0)
		rc = verify_keys_read(k, text.bytes, text.len, err);
	if (rc == 0 && k->len == before)
		rc = ERR_SET(err, ERR_INPUT, "no key in this file", 0);
	buf_free(&text);
	return rc;
}
