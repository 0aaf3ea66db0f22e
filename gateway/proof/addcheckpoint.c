/* addcheckpoint.c - a size, a proof, an empty line, a checkpoint. */
#include "postern/addcheckpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "postern/text.h"

#define OLD	   "old "
#define OLD_LEN	   (sizeof(OLD) - 1)
#define DIGITS_MAX 20 /* 18446744073709551615 */

/* Decimal without leading zeros, all of it. */
static bool read_size(const char *text, size_t len, uint64_t *ret)
{
	uint64_t size = 0;

	if (len == 0 || len > DIGITS_MAX || (len > 1 && text[0] == '0'))
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned int digit = (unsigned int)(text[i] - '0');

		if (text[i] < '0' || text[i] > '9' ||
		    size > (UINT64_MAX - digit) / 10)
			return false;
		size = size * 10 + digit;
	}
	*ret = size;
	return true;
}

/* The length of the line at text without its newline; false: no newline. */
static bool line_len(const char *text, size_t left, size_t *ret)
{
	const char *end = left > 0 ? memchr(text, '\n', left) : NULL;

	if (end == NULL)
		return false;
	*ret = (size_t)(end - text);
	return true;
}

static int read_hash(const char *line, size_t len, struct addcheckpoint *ret,
		     struct err *err)
{
	uint8_t bytes[BASE64_LEN(MERKLE_HASH_BYTES)];
	size_t bytes_len = 0;

	if (ret->proof_len == MERKLE_PROOF_MAX)
		return ERR_SET(err, ERR_INPUT, "more than 63 hashes", 0);
	if (len != BASE64_LEN(MERKLE_HASH_BYTES) ||
	    !base64_decode(line, len, bytes, sizeof(bytes), &bytes_len) ||
	    bytes_len != MERKLE_HASH_BYTES)
		return ERR_SET(err, ERR_INPUT, "a line is no hash", 0);
	memcpy(ret->proof[ret->proof_len++].bytes, bytes, bytes_len);
	return 0;
}

int addcheckpoint_parse(const char *bytes, size_t len,
			struct addcheckpoint *ret, struct err *err)
{
	size_t at, line = 0;

	if (len > ADDCHECKPOINT_BYTES_MAX)
		return ERR_SET(err, ERR_INPUT, "too long", 0);
	if (!line_len(bytes, len, &line) || line <= OLD_LEN ||
	    memcmp(bytes, OLD, OLD_LEN) != 0 ||
	    !read_size(bytes + OLD_LEN, line - OLD_LEN, &ret->old_size))
		return ERR_SET(err, ERR_INPUT, "no line with the old size", 0);
	ret->proof_len = 0;
	for (at = line + 1;; at += line + 1) {
		if (!line_len(bytes + at, len - at, &line))
			return ERR_SET(err, ERR_INPUT, "no empty line", 0);
		if (line == 0)
			break;
		if (read_hash(bytes + at, line, ret, err) != 0)
			return -1;
	}
	at++;
	if (note_parse(bytes + at, len - at, &ret->note, err) != 0)
		return -1;
	return checkpoint_parse(ret->note.text, ret->note.text_len, &ret->body,
				err);
}

int addcheckpoint_print(uint64_t old_size, const struct merkle_hash *proof,
			size_t proof_len, const void *checkpoint, size_t len,
			struct buf *ret, struct err *err)
{
	char line[BASE64_LEN(MERKLE_HASH_BYTES) + 1];
	char size[OLD_LEN + ADDCHECKPOINT_SIZE_BYTES];

	(void)snprintf(size, sizeof(size), OLD "%" PRIu64 "\n", old_size);
	if (buf_append_text(ret, size, err) != 0)
		return -1;
	for (size_t i = 0; i < proof_len; i++) {
		base64_encode(proof[i].bytes, MERKLE_HASH_BYTES, line);
		if (buf_append_text(ret, line, err) != 0 ||
		    buf_append_text(ret, "\n", err) != 0)
			return -1;
	}
	if (buf_append_text(ret, "\n", err) != 0)
		return -1;
	return buf_append(ret, checkpoint, len, err);
}

void addcheckpoint_size_print(uint64_t size, char ret[ADDCHECKPOINT_SIZE_BYTES])
{
	(void)snprintf(ret, ADDCHECKPOINT_SIZE_BYTES, "%" PRIu64 "\n", size);
}

bool addcheckpoint_size_parse(const void *bytes, size_t len, uint64_t *ret)
{
	const char *text = bytes;

	if (len > 0 && text[len - 1] == '\n')
		len--;
	return read_size(text, len, ret);
}
