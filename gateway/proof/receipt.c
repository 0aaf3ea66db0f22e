/* receipt.c - receipts (c2sp.org/tlog-proof): that one entry is in a log of a
 * signed size. */
#include "postern/checkpoint.h"

#include <string.h>

#include "lines.h"
#include "postern/text.h"

#define FIRST_LINE "c2sp.org/tlog-proof@v1"
#define EXTRA	   "extra "
#define INDEX	   "index "

/* Points behind the word if the line starts with it. */
static bool after(const char *word, const char **line, size_t *len)
{
	size_t word_len = strlen(word);

	if (*len < word_len || memcmp(*line, word, word_len) != 0)
		return false;
	*line += word_len;
	*len -= word_len;
	return true;
}

static int extra_bytes(const char *base64, size_t len, struct buf *ret,
		       struct err *err)
{
	size_t got;

	/* Nothing to say is no line. */
	if (len == 0 || len > BASE64_LEN(RECEIPT_EXTRA_MAX))
		return ERR_SET(err, ERR_INPUT,
			       "a receipt's extra is empty or too long", 0);
	if (buf_reserve(ret, len / 4 * 3, err) != 0)
		return -1;
	if (!base64_decode(base64, len, ret->bytes, ret->size, &got) ||
	    got > RECEIPT_EXTRA_MAX)
		return ERR_SET(err, ERR_INPUT,
			       "a receipt's extra is not base64, or too long",
			       0);
	ret->len = got;
	return 0;
}

/* Up to and with the empty line before the checkpoint. */
static int proof_lines(struct lines *l, struct receipt *ret, struct err *err)
{
	const char *line;
	size_t len;

	for (;;) {
		if (!lines_next(l, &line, &len))
			return ERR_SET(err, ERR_INPUT,
				       "a receipt has no checkpoint", 0);
		if (len == 0)
			return 0;
		if (ret->proof_len == MERKLE_PROOF_MAX ||
		    !hash_parse(line, len, &ret->proof[ret->proof_len]))
			return ERR_SET(err, ERR_INPUT,
				       "a receipt's proof is not up to 63 "
				       "hashes",
				       0);
		ret->proof_len++;
	}
}

static int head_lines(struct lines *l, struct receipt *ret, struct err *err)
{
	const char *line = "";
	size_t len = 0;

	if (!lines_next(l, &line, &len) || !after(FIRST_LINE, &line, &len) ||
	    len != 0)
		return ERR_SET(err, ERR_INPUT, "not a receipt", 0);
	if (!lines_next(l, &line, &len))
		return ERR_SET(err, ERR_INPUT, "a receipt has no index", 0);
	if (after(EXTRA, &line, &len)) {
		if (extra_bytes(line, len, &ret->extra, err) != 0)
			return -1;
		len = 0;
		(void)lines_next(l, &line, &len); /* else no index */
	}
	if (!after(INDEX, &line, &len) || !number_parse(line, len, &ret->index))
		return ERR_SET(err, ERR_INPUT, "a receipt has no index", 0);
	return 0;
}

static int receipt_lines(struct lines *l, struct receipt *ret, struct err *err)
{
	struct note note;

	if (head_lines(l, ret, err) != 0 || proof_lines(l, ret, err) != 0)
		return -1;
	ret->checkpoint = l->at;
	ret->checkpoint_len = l->left;
	return note_parse(l->at, l->left, &note, err);
}

int receipt_parse(const char *bytes, size_t len, struct receipt *ret,
		  struct err *err)
{
	struct receipt r = {.extra = BUF_INIT(RECEIPT_EXTRA_MAX + 2)};
	struct lines l = {.at = bytes, .left = len};

	if (len > RECEIPT_BYTES_MAX)
		return ERR_SET(err, ERR_INPUT, "a receipt is too long", 0);
	if (receipt_lines(&l, &r, err) != 0) {
		receipt_free(&r);
		return -1;
	}
	*ret = r;
	return 0;
}

void receipt_free(struct receipt *r)
{
	if (r != NULL)
		buf_free(&r->extra);
}

static int print_extra(const struct buf *extra, struct buf *ret,
		       struct err *err)
{
	size_t len = BASE64_LEN(extra->len);

	if (extra->len == 0)
		return 0;
	if (extra->len > RECEIPT_EXTRA_MAX)
		return ERR_SET(err, ERR_INPUT, "a receipt's extra is too long",
			       0);
	if (buf_append_text(ret, EXTRA, err) != 0 ||
	    buf_reserve(ret, len + 1, err) != 0)
		return -1;
	base64_encode(extra->bytes, extra->len, (char *)ret->bytes + ret->len);
	ret->bytes[ret->len + len] = '\n'; /* where its NUL was */
	ret->len += len + 1;
	return 0;
}

static int print_lines(const struct receipt *r, struct buf *ret,
		       struct err *err)
{
	char index[sizeof(INDEX) + NUMBER_TEXT_MAX + 2];

	(void)snprintf(index, sizeof(index), INDEX "%llu\n",
		       (unsigned long long)r->index);
	if (buf_append_text(ret, FIRST_LINE "\n", err) != 0 ||
	    print_extra(&r->extra, ret, err) != 0 ||
	    buf_append_text(ret, index, err) != 0)
		return -1;
	for (size_t i = 0; i < r->proof_len; i++)
		if (hash_print(&r->proof[i], ret, err) != 0)
			return -1;
	if (buf_append(ret, "\n", 1, err) != 0)
		return -1;
	return buf_append(ret, r->checkpoint, r->checkpoint_len, err);
}

int receipt_print(const struct receipt *r, struct buf *ret, struct err *err)
{
	size_t was = ret->len;
	struct note note;

	if (r->proof_len > MERKLE_PROOF_MAX || r->index > MERKLE_SIZE_MAX)
		return ERR_SET(err, ERR_INPUT, "no receipt", 0);
	if (note_parse(r->checkpoint, r->checkpoint_len, &note, err) != 0)
		return -1;
	if (print_lines(r, ret, err) == 0)
		return 0;
	ret->len = was;
	return -1;
}

int receipt_verify(const struct receipt *r, const struct note_key *keys,
		   size_t keys_len, const void *entry, size_t entry_len,
		   struct checkpoint *ret_checkpoint, struct err *err)
{
	struct merkle_hash leaf;
	struct checkpoint c;

	if (checkpoint_open(r->checkpoint, r->checkpoint_len, keys, keys_len,
			    &c, NULL, err) != 0)
		return -1;
	merkle_leaf(entry, entry_len, &leaf);
	if (!merkle_verify_inclusion(r->index, c.size, &leaf, r->proof,
				     r->proof_len, &c.root))
		return ERR_SET(err, ERR_CORRUPT,
			       "the entry is not at this place of the log", 0);
	*ret_checkpoint = c;
	return 0;
}
