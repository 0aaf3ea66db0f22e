/* exportline.c - one line of an exported log. */
#include "postern/exportline.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "postern/text.h"

#define HASH_TEXT BASE64_LEN(MERKLE_HASH_BYTES)

static int print_proof(const struct exportline *line, struct buf *ret,
		       struct err *err)
{
	char text[HASH_TEXT + 1];

	for (size_t i = 0; i < line->proof_len; i++) {
		base64_encode(line->proof[i].bytes, MERKLE_HASH_BYTES, text);
		if (buf_append_text(ret, i == 0 ? "\"" : ",\"", err) != 0 ||
		    buf_append_text(ret, text, err) != 0 ||
		    buf_append_u8(ret, '"', err) != 0)
			return -1;
	}
	return 0;
}

int exportline_print(const struct exportline *line, struct buf *ret,
		     struct err *err)
{
	char head[64];

	(void)snprintf(head, sizeof(head),
		       "{\"index\":%" PRIu64 "%s,\"entry\":", line->index,
		       line->outside ? ",\"outside\":true" : "");
	if (buf_append_text(ret, head, err) != 0 ||
	    buf_append(ret, line->entry, line->entry_len, err) != 0 ||
	    buf_append_text(ret, ",\"proof\":[", err) != 0 ||
	    print_proof(line, ret, err) != 0)
		return -1;
	return buf_append_text(ret, "]}\n", err);
}

/* --- reading -------------------------------------------------------------- */

struct rest {
	const char *at;
	size_t left;
};

static bool skip(struct rest *r, const char *text)
{
	size_t len = strlen(text);

	if (r->left < len || memcmp(r->at, text, len) != 0)
		return false;
	r->at += len;
	r->left -= len;
	return true;
}

static bool read_number(struct rest *r, uint64_t *ret)
{
	const char *from = r->at;
	uint64_t value = 0;

	while (r->left > 0 && *r->at >= '0' && *r->at <= '9') {
		unsigned int digit = (unsigned int)(*r->at - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
		r->at++;
		r->left--;
	}
	*ret = value;
	return r->at > from && (*from != '0' || r->at == from + 1);
}

/* Entries have no object inside and no brace in a text: ledgerentry.h. */
static bool read_entry(struct rest *r, struct exportline *ret)
{
	const char *end = memchr(r->at, '}', r->left);

	if (end == NULL || *r->at != '{')
		return false;
	ret->entry = r->at;
	ret->entry_len = (size_t)(end + 1 - r->at);
	r->at += ret->entry_len;
	r->left -= ret->entry_len;
	return ret->entry_len <= LEDGER_ENTRY_MAX;
}

static bool read_hash(struct rest *r, struct exportline *ret)
{
	struct merkle_hash *h = &ret->proof[ret->proof_len];
	size_t len;

	if (ret->proof_len == MERKLE_PROOF_MAX || r->left < HASH_TEXT ||
	    !base64_decode(r->at, HASH_TEXT, h->bytes, MERKLE_HASH_BYTES,
			   &len) ||
	    len != MERKLE_HASH_BYTES)
		return false;
	ret->proof_len++;
	r->at += HASH_TEXT;
	r->left -= HASH_TEXT;
	return true;
}

static bool read_proof(struct rest *r, struct exportline *ret)
{
	if (skip(r, "]"))
		return true;
	do {
		if (!skip(r, "\"") || !read_hash(r, ret) || !skip(r, "\""))
			return false;
	} while (skip(r, ","));
	return skip(r, "]");
}

int exportline_parse(const char *text, size_t len, struct exportline *ret,
		     struct err *err)
{
	struct rest r = {.at = text, .left = len};

	*ret = (struct exportline){0};
	if (len > EXPORTLINE_BYTES_MAX || !skip(&r, "{\"index\":") ||
	    !read_number(&r, &ret->index))
		return ERR_SET(err, ERR_INPUT, "no index", 0);
	ret->outside = skip(&r, ",\"outside\":true");
	if (!skip(&r, ",\"entry\":") || r.left == 0 || !read_entry(&r, ret))
		return ERR_SET(err, ERR_INPUT, "no entry", 0);
	if (!skip(&r, ",\"proof\":[") || !read_proof(&r, ret))
		return ERR_SET(err, ERR_INPUT, "no proof", 0);
	if (!skip(&r, "}") || r.left != 0)
		return ERR_SET(err, ERR_INPUT, "more than index, entry, proof",
			       0);
	return 0;
}
