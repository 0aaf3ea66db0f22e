/* lines.c - what the text formats of the proof log share. */
#include "lines.h"

#include "postern/text.h"

bool lines_next(struct lines *l, const char **ret, size_t *ret_len)
{
	const char *end = l->left > 0 ? memchr(l->at, '\n', l->left) : NULL;

	if (end == NULL)
		return false;
	*ret = l->at;
	*ret_len = (size_t)(end - l->at);
	l->left -= *ret_len + 1;
	l->at = end + 1;
	return true;
}

bool text_is_plain(const char *text, size_t len)
{
	const uint8_t *at = (const uint8_t *)text;
	size_t i, step;

	if (len == 0 || text[len - 1] != '\n')
		return false;
	for (i = 0; i < len; i += step) {
		step = utf8_sequence(at + i, len - i);
		if (step == 0 || (at[i] < 0x20 && at[i] != '\n'))
			return false;
	}
	return true;
}

bool number_parse(const char *text, size_t len, uint64_t *ret)
{
	uint64_t number = 0;

	if (len == 0 || len > NUMBER_TEXT_MAX || (len > 1 && text[0] == '0'))
		return false;
	for (size_t i = 0; i < len; i++) {
		uint64_t digit = (uint64_t)(unsigned char)text[i] - '0';

		if (digit > 9 || number > ((uint64_t)INT64_MAX - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*ret = number;
	return true;
}

bool hash_parse(const char *text, size_t len, struct merkle_hash *ret)
{
	struct merkle_hash hash;
	size_t got;

	if (len != HASH_TEXT_LEN ||
	    !base64_decode(text, len, hash.bytes, sizeof(hash.bytes), &got) ||
	    got != sizeof(hash.bytes))
		return false;
	*ret = hash;
	return true;
}

int hash_print(const struct merkle_hash *hash, struct buf *ret, struct err *err)
{
	char text[HASH_TEXT_LEN + 2];

	base64_encode(hash->bytes, sizeof(hash->bytes), text);
	text[HASH_TEXT_LEN] = '\n';
	return buf_append(ret, text, HASH_TEXT_LEN + 1, err);
}
