/* test_faults_proof.c - texts of the proof log while memory is short: all of
 * them or nothing, and never called malformed because of it. */
#include "proof_house.h"

#include "faults.h"
#include "postern/checkpoint.h"

#define NOTE "log.example\n1\n%s\n\n\xe2\x80\x94 x AAAAAAA=\n"

static struct {
	struct checkpoint body;
	struct receipt receipt;
	struct buf text; /* of the receipt */
	char note[256];
} made;

static int make(void **state)
{
	char root[BASE64_LEN(32) + 1];

	(void)state;
	made.body = (struct checkpoint){.origin = "log.example", .size = 1};
	example_leaf(0, &made.body.root);
	base64_encode(made.body.root.bytes, 32, root);
	(void)snprintf(made.note, sizeof(made.note), NOTE, root);
	made.receipt = (struct receipt){.extra = BUF_INIT(4096),
					.proof_len = 60,
					.checkpoint = made.note,
					.checkpoint_len = strlen(made.note)};
	for (int i = 0; i < 200; i++)
		assert_int_equal(buf_append_u8(&made.receipt.extra, 7, NULL),
				 0);
	made.text = BUF_INIT(RECEIPT_BYTES_MAX);
	return receipt_print(&made.receipt, &made.text, NULL);
}

static int unmake(void **state)
{
	(void)state;
	receipt_free(&made.receipt);
	buf_free(&made.text);
	return 0;
}

static void a_receipt_is_not_malformed_for_want_of_memory(void **state)
{
	uint64_t n;

	(void)state;
	for (n = 1; faults_arm(FAULT_MEMORY, n, ENOMEM); n++) {
		struct receipt r = {.index = 77};
		struct err err = {0};
		int rc = receipt_parse((const char *)made.text.bytes,
				       made.text.len, &r, &err);

		faults_off();
		assert_int_equal(rc, faults.struck ? -1 : 0);
		assert_int_equal(err.kind, rc == 0 ? ERR_NONE : ERR_NOMEM);
		if (rc == 0)
			receipt_free(&r);
		else
			assert_int_equal(r.index, 77);
	}
	assert_true(n > 2);
}

/* However little the buffer may hold or memory there is. */
static void a_receipt_is_written_whole_or_not_at_all(void **state)
{
	uint64_t n;

	(void)state;
	for (n = 1; faults_arm(FAULT_MEMORY, n, ENOMEM); n++) {
		struct buf b = BUF_INIT(RECEIPT_BYTES_MAX);
		struct err err = {0};
		int rc = receipt_print(&made.receipt, &b, &err);

		faults_off();
		assert_int_equal(rc, faults.struck ? -1 : 0);
		assert_int_equal(err.kind, rc == 0 ? ERR_NONE : ERR_NOMEM);
		assert_int_equal(b.len, rc == 0 ? made.text.len : 0);
		buf_free(&b);
	}
	assert_true(n > 3);
	for (size_t cap = 1; cap <= made.text.len + 1; cap++) {
		struct buf b = BUF_INIT(cap);

		assert_int_equal(buf_append(&b, "x", 1, NULL), 0);
		assert_int_equal(receipt_print(&made.receipt, &b, NULL),
				 cap > made.text.len ? 0 : -1);
		assert_int_equal(b.len, cap > made.text.len ? cap : 1);
		buf_free(&b);
	}
}

static void a_checkpoint_is_written_whole_or_not_at_all(void **state)
{
	size_t len = strlen("log.example\n1\n") + BASE64_LEN(32) + 1;
	uint64_t n;

	(void)state;
	for (n = 1; faults_arm(FAULT_MEMORY, n, ENOMEM); n++) {
		struct buf b = BUF_INIT(1024);
		int rc = checkpoint_print(&made.body, &b, NULL);

		faults_off();
		assert_int_equal(rc, faults.struck ? -1 : 0);
		assert_int_equal(b.len, rc == 0 ? len : 0);
		buf_free(&b);
	}
	assert_true(n > 2);
	for (size_t cap = 0; cap <= len; cap++) {
		struct buf b = BUF_INIT(cap);

		assert_int_equal(checkpoint_print(&made.body, &b, NULL),
				 cap == len ? 0 : -1);
		assert_int_equal(b.len, cap == len ? len : 0);
		buf_free(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_receipt_is_not_malformed_for_want_of_memory),
	    cmocka_unit_test(a_receipt_is_written_whole_or_not_at_all),
	    cmocka_unit_test(a_checkpoint_is_written_whole_or_not_at_all),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, make, unmake);
}
