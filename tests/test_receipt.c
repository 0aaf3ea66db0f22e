/* test_receipt.c - receipts.
 * Proves: L3 as far as bytes go; compliance 6.5; c2sp.org/tlog-proof. */
#include "checkpoint_house.h"

#define HEAD "c2sp.org/tlog-proof@v1\n"
#define NOTE "o\n1\n" ROOT "\n\n\xe2\x80\x94 x AAAAAAA=\n"

static enum err_kind verified(const struct receipt *r, uint64_t entry_index,
			      const struct note_key *keys, size_t keys_len)
{
	struct err err = {0};
	struct checkpoint c;
	char entry[32];
	size_t len = example_entry(entry_index, entry);

	if (receipt_verify(r, keys, keys_len, entry, len, &c, &err) != 0)
		return err.kind;
	assert_int_equal(c.size, 257);
	assert_string_equal(c.origin, ORIGIN);
	return ERR_NONE;
}

static void check_receipt(const char *name, uint64_t index, const char *extra,
			  size_t proof_len)
{
	size_t len = 0;
	char *text = fixture_text(name, &len);
	struct buf again = BUF_INIT(RECEIPT_BYTES_MAX);
	struct note_key keys[2];
	struct receipt r;

	example_keys(keys);
	assert_int_equal(receipt_parse(text, len, &r, NULL), 0);
	assert_int_equal(r.index, index);
	assert_int_equal(r.proof_len, proof_len);
	assert_int_equal(r.extra.len, strlen(extra));
	if (r.extra.len > 0)
		assert_memory_equal(r.extra.bytes, extra, strlen(extra));
	/* The leaf "entry-<index>", and no other; with or without a witness. */
	assert_int_equal(verified(&r, index, keys, 2), ERR_NONE);
	assert_int_equal(verified(&r, index, keys, 1), ERR_NONE);
	assert_int_equal(verified(&r, index + 1, keys, 2), ERR_CORRUPT);
	assert_int_equal(verified(&r, index, keys + 1, 1), ERR_DENIED);
	assert_int_equal(receipt_print(&r, &again, NULL), 0);
	assert_int_equal(again.len, len);
	assert_memory_equal(again.bytes, text, len);
	receipt_free(&r);
	buf_free(&again);
	free(text);
}

static void receipts_of_the_example_prove_their_entry(void **state)
{
	(void)state;
	check_receipt("c2sp/receipt-000-of-257.tlog-proof", 0, "opening", 9);
	check_receipt("c2sp/receipt-256-of-257.tlog-proof", 256, "", 1);
}

/* It is the receipt of entry 0 and says 1: neither of them is there. */
static void the_invalid_receipt_is_refused(void **state)
{
	size_t len = 0;
	char *text =
	    fixture_text("c2sp/receipt-wrong-index.invalid.tlog-proof", &len);
	struct note_key keys[2];
	struct receipt r;

	(void)state;
	example_keys(keys);
	assert_int_equal(receipt_parse(text, len, &r, NULL), 0);
	for (uint64_t i = 0; i < 257; i++)
		assert_int_equal(verified(&r, i, keys, 2), ERR_CORRUPT);
	receipt_free(&r);
	free(text);
}

/* Whether it still proves entry 0, as both keys say. */
static bool still_proves(const char *text, size_t len,
			 const struct note_key keys[2])
{
	struct checkpoint c;
	struct receipt r;
	bool good[2], ret;

	if (receipt_parse(text, len, &r, NULL) != 0)
		return false;
	ret = verified(&r, 0, keys, 2) == ERR_NONE &&
	      checkpoint_open(r.checkpoint, r.checkpoint_len, keys, 2, &c, good,
			      NULL) == 0 &&
	      good[0] && good[1];
	receipt_free(&r);
	return ret;
}

/* But those of extra, which nothing covers. */
static void any_other_byte_of_a_receipt_is_noticed(void **state)
{
	size_t len = 0, unnoticed = 0;
	char *text = fixture_text("c2sp/receipt-000-of-257.tlog-proof", &len);
	const char *extra = strstr(text, "b3BlbmluZw==");
	struct note_key keys[2];

	(void)state;
	assert_non_null(extra);
	example_keys(keys);
	assert_true(still_proves(text, len, keys));
	for (size_t i = 0; i < len; i++) {
		text[i] ^= 1;
		if (still_proves(text, len, keys)) {
			unnoticed++;
			assert_true(text + i >= extra &&
				    text + i < extra + strlen("b3BlbmluZw"));
		}
		text[i] ^= 1;
	}
	assert_true(unnoticed > 0);
	free(text);
}

static void a_receipt_that_is_cut_is_refused(void **state)
{
	size_t len = 0;
	char *text = fixture_text("c2sp/receipt-000-of-257.tlog-proof", &len);
	struct note_key keys[2];
	struct receipt r;

	(void)state;
	example_keys(keys);
	for (size_t cut = 0; cut < len; cut++) {
		if (receipt_parse(text, cut, &r, NULL) != 0)
			continue;
		/* Without the witness's line it is a receipt still. */
		assert_int_equal(text[cut - 1], '\n');
		assert_true(strstr(text + cut, "\xe2\x80\x94 witness") ==
			    text + cut);
		receipt_free(&r);
	}
	free(text);
}

static void what_is_no_receipt_is_refused(void **state)
{
	static const char *const bad[] = {
	    "",
	    HEAD,
	    "c2sp.org/tlog-proof@v2\nindex 0\n\n" NOTE,
	    "c2sp.org/tlog-proof@v1 \nindex 0\n\n" NOTE,
	    "c2sp.org/tlog-proof@v1\r\nindex 0\n\n" NOTE,
	    HEAD "\nindex 0\n\n" NOTE,
	    HEAD "index 00\n\n" NOTE,
	    HEAD "index -1\n\n" NOTE,
	    HEAD "index \n\n" NOTE,
	    HEAD "index  0\n\n" NOTE,
	    HEAD "Index 0\n\n" NOTE,
	    HEAD "index 9223372036854775808\n\n" NOTE,
	    HEAD "index 0\nindex 0\n\n" NOTE,
	    HEAD "index 0\n" NOTE,
	    HEAD "index 0\n\n\n" NOTE "x",
	    HEAD "index 0\n\n",
	    HEAD "index 0\n\no\n1\n" ROOT "\n",
	    HEAD "index 0\n" ROOT "x\n\n" NOTE,
	    HEAD "index 0\nAAAA\n\n" NOTE,
	    HEAD "extra \nindex 0\n\n" NOTE,
	    HEAD "extra AAA\nindex 0\n\n" NOTE,
	    HEAD "extra AAB=\nindex 0\n\n" NOTE,
	    HEAD "extra  AAAA\nindex 0\n\n" NOTE,
	    HEAD "extra AAAA\nextra AAAA\nindex 0\n\n" NOTE,
	    HEAD "index 0\nextra AAAA\n\n" NOTE,
	    HEAD "extra AAAA\n",
	    HEAD "extra AAAA",
	};
	struct receipt r = {.index = 77};
	struct err err;

	(void)state;
	for (size_t i = 0; i < LEN(bad); i++) {
		err = (struct err){0};
		if (receipt_parse(bad[i], strlen(bad[i]), &r, &err) == 0)
			fail_msg("read: %s", bad[i]);
		assert_int_equal(err.kind, ERR_INPUT);
	}
	assert_int_equal(r.index, 77);
	assert_int_equal(receipt_parse(HEAD "index 0\n\n" NOTE,
				       strlen(HEAD "index 0\n\n" NOTE), &r,
				       NULL),
			 0);
	receipt_free(&r);
	receipt_free(NULL);
}

static void limits_of_a_receipt_hold(void **state)
{
	struct buf text = BUF_INIT(2 * RECEIPT_BYTES_MAX);
	struct buf again = BUF_INIT(2 * RECEIPT_BYTES_MAX);
	struct receipt r = {.checkpoint = NOTE, .checkpoint_len = strlen(NOTE)};

	(void)state;
	for (size_t len = MERKLE_PROOF_MAX; len <= MERKLE_PROOF_MAX + 1;
	     len++) {
		struct receipt back;

		buf_clear(&text);
		assert_int_equal(buf_append_text(&text, HEAD "index 5\n", NULL),
				 0);
		for (size_t i = 0; i < len; i++)
			assert_int_equal(
			    buf_append_text(&text, ROOT "\n", NULL), 0);
		assert_int_equal(buf_append_text(&text, "\n" NOTE, NULL), 0);
		assert_int_equal(receipt_parse((const char *)text.bytes,
					       text.len, &back, NULL),
				 len <= MERKLE_PROOF_MAX ? 0 : -1);
		if (len <= MERKLE_PROOF_MAX)
			receipt_free(&back);
	}
	r.extra = BUF_INIT(RECEIPT_EXTRA_MAX + 1);
	for (size_t i = 0; i < RECEIPT_EXTRA_MAX; i++)
		assert_int_equal(buf_append_u8(&r.extra, (uint8_t)i, NULL), 0);
	assert_int_equal(receipt_print(&r, &again, NULL), 0);
	assert_int_equal(buf_append_u8(&r.extra, 0, NULL), 0);
	assert_int_equal(receipt_print(&r, &text, NULL), -1);
	receipt_free(&r);
	assert_int_equal(
	    receipt_parse((const char *)again.bytes, again.len, &r, NULL), 0);
	assert_int_equal(r.extra.len, RECEIPT_EXTRA_MAX);
	assert_int_equal(r.extra.bytes[RECEIPT_EXTRA_MAX - 1], 255);
	/* All or nothing. */
	text.cap = text.len + again.len - 1;
	assert_int_equal(receipt_print(&r, &text, NULL), -1);
	assert_int_equal(text.len, text.cap + 1 - again.len);
	receipt_free(&r);
	buf_free(&text);
	buf_free(&again);
}

/* As text: one byte of extra more than there may be, and a receipt of any kind
 * that is longer than all. */
static void a_receipt_has_a_length(void **state)
{
	struct buf text = BUF_INIT(2 * RECEIPT_BYTES_MAX);
	struct receipt r;
	struct err err;

	(void)state;
	for (size_t more = 0; more <= 4; more += 4) {
		size_t digits = RECEIPT_EXTRA_MAX / 3 * 4 + more;

		/* 65536 is 3 * 21845 + 1. */
		buf_clear(&text);
		assert_int_equal(buf_append_text(&text, HEAD "extra ", NULL),
				 0);
		for (size_t i = 0; i < digits; i++)
			assert_int_equal(buf_append_u8(&text, 'A', NULL), 0);
		assert_int_equal(
		    buf_append_text(&text, "\nindex 0\n\n" NOTE, NULL), 0);
		assert_int_equal(
		    receipt_parse((const char *)text.bytes, text.len, &r, &err),
		    more == 0 ? 0 : -1);
		if (more == 0)
			receipt_free(&r);
	}
	while (text.len < RECEIPT_BYTES_MAX)
		assert_int_equal(buf_append_u8(&text, 'A', NULL), 0);
	assert_int_equal(
	    receipt_parse((const char *)text.bytes, text.len, &r, &err), -1);
	assert_string_not_equal(err.what, "a receipt is too long");
	assert_int_equal(buf_append_u8(&text, 'A', NULL), 0);
	assert_int_equal(
	    receipt_parse((const char *)text.bytes, text.len, &r, &err), -1);
	assert_string_equal(err.what, "a receipt is too long");
	buf_clear(&text);
	assert_int_equal(buf_append_text(&text, HEAD "extra ", NULL), 0);
	while (text.len < BASE64_LEN(RECEIPT_EXTRA_MAX) + 40)
		assert_int_equal(buf_append_u8(&text, 'A', NULL), 0);
	assert_int_equal(buf_append_text(&text, "\nindex 0\n\n" NOTE, NULL), 0);
	assert_int_equal(
	    receipt_parse((const char *)text.bytes, text.len, &r, &err), -1);
	assert_string_equal(err.what, "a receipt's extra is empty or too long");
	buf_free(&text);
}

static void what_is_no_receipt_is_not_written(void **state)
{
	struct receipt r = {.checkpoint = NOTE, .checkpoint_len = strlen(NOTE)};
	struct buf b = BUF_INIT(4096);

	(void)state;
	r.index = MERKLE_SIZE_MAX + 1;
	assert_int_equal(receipt_print(&r, &b, NULL), -1);
	r.index = 0;
	r.proof_len = MERKLE_PROOF_MAX + 1;
	assert_int_equal(receipt_print(&r, &b, NULL), -1);
	r.proof_len = 0;
	r.checkpoint_len--;
	assert_int_equal(receipt_print(&r, &b, NULL), -1);
	assert_int_equal(b.len, 0);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(receipts_of_the_example_prove_their_entry),
	    cmocka_unit_test(the_invalid_receipt_is_refused),
	    cmocka_unit_test(any_other_byte_of_a_receipt_is_noticed),
	    cmocka_unit_test(a_receipt_that_is_cut_is_refused),
	    cmocka_unit_test(what_is_no_receipt_is_refused),
	    cmocka_unit_test(limits_of_a_receipt_hold),
	    cmocka_unit_test(a_receipt_has_a_length),
	    cmocka_unit_test(what_is_no_receipt_is_not_written),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
