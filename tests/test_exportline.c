/* test_exportline.c - lines of an exported log, and what receipts carry.
 * Proves: compliance 6.5, 6.7. */
#include "ledger_house.h"

#include "postern/exportline.h"
#include "postern/receiptextra.h"
#include "postern/receiptopening.h"

static void entry_of(uint64_t i, struct buf *ret)
{
	*ret = BUF_INIT(LEDGER_ENTRY_MAX);
	ledger_example_bytes(i, ret);
}

/* --- lines ---------------------------------------------------------------- */

static void make_line(uint64_t i, size_t proof_len, struct buf *entry,
		      struct exportline *ret)
{
	*ret = (struct exportline){
	    .index = i, .outside = i % 2 == 1, .proof_len = proof_len};
	entry_of(i, entry);
	ret->entry = entry->bytes;
	ret->entry_len = entry->len;
	for (size_t p = 0; p < proof_len; p++)
		memset(ret->proof[p].bytes, (int)(p + 1), 32);
}

static void a_line_is_read_as_it_was_written(void **state)
{
	static const size_t lens[] = {0, 1, 20, MERKLE_PROOF_MAX};

	(void)state;
	for (uint64_t i = 0; i < 200; i++) {
		struct buf text = BUF_INIT(EXPORTLINE_BYTES_MAX), entry;
		struct exportline line, back;
		struct err err = {0};

		make_line(i, lens[i % 4], &entry, &line);
		assert_int_equal(exportline_print(&line, &text, &err), 0);
		assert_int_equal(text.bytes[text.len - 1], '\n');
		assert_int_equal(exportline_parse((const char *)text.bytes,
						  text.len - 1, &back, &err),
				 0);
		assert_true(back.index == i && back.outside == line.outside);
		assert_int_equal(back.entry_len, entry.len);
		assert_memory_equal(back.entry, entry.bytes, entry.len);
		assert_int_equal(back.proof_len, line.proof_len);
		assert_memory_equal(back.proof, line.proof,
				    line.proof_len * sizeof(line.proof[0]));
		buf_free(&text);
		buf_free(&entry);
	}
}

static void the_first_index_is_the_largest_too(void **state)
{
	struct buf text = BUF_INIT(EXPORTLINE_BYTES_MAX), entry;
	struct exportline line, back;
	struct err err = {0};

	(void)state;
	make_line(2, 1, &entry, &line);
	line.index = UINT64_MAX;
	assert_int_equal(exportline_print(&line, &text, &err), 0);
	assert_int_equal(exportline_parse((const char *)text.bytes,
					  text.len - 1, &back, &err),
			 0);
	assert_true(back.index == UINT64_MAX);
	buf_free(&text);
	buf_free(&entry);
}

static void anything_else_is_no_line(void **state)
{
#define HASH "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
	static const char *const bad[] = {
	    "",
	    "{}",
	    "{\"index\":}",
	    "{\"index\":01,\"entry\":{},\"proof\":[]}",
	    "{\"index\":-1,\"entry\":{},\"proof\":[]}",
	    "{\"index\":18446744073709551616,\"entry\":{},\"proof\":[]}",
	    "{\"index\":1,\"entry\":[],\"proof\":[]}",
	    "{\"index\":1,\"entry\":{,\"proof\":[]",
	    "{\"index\":1,\"outside\":false,\"entry\":{},\"proof\":[]}",
	    "{\"index\":1,\"entry\":{},\"proof\":[\"" HASH "\",]}",
	    "{\"index\":1,\"entry\":{},\"proof\":[\"AAAA\"]}",
	    "{\"index\":1,\"entry\":{},\"proof\":[" HASH "]}",
	    "{\"index\":1,\"entry\":{},\"proof\":[]} ",
	    "{\"index\":1,\"entry\":{},\"proof\":[]",
	    " {\"index\":1,\"entry\":{},\"proof\":[]}",
	};
	static const char good[] =
	    "{\"index\":1,\"entry\":{},\"proof\":[\"" HASH "\"]}";
	struct exportline line;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err = (struct err){0};
		assert_int_equal(
		    exportline_parse(bad[i], strlen(bad[i]), &line, &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
	}
	assert_int_equal(exportline_parse(good, strlen(good), &line, &err), 0);
	assert_int_equal(line.proof_len, 1);
}

/* --- extra ---------------------------------------------------------------- */

static void expect_entry(const struct buf *extra, const struct buf *entry)
{
	const void *got;
	size_t len;

	assert_true(receiptextra_entry(extra->bytes, extra->len, &got, &len));
	assert_int_equal(len, entry->len);
	assert_memory_equal(got, entry->bytes, len);
}

static void a_receipt_carries_its_entry(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 100; i++) {
		struct buf extra = BUF_INIT(2048), entry;
		struct err err = {0};
		const void *opening;
		size_t len;

		entry_of(i, &entry);
		expect_entry(&entry, &entry);
		assert_int_equal(receiptextra_print(entry.bytes, entry.len,
						    NULL, &extra, &err),
				 0);
		expect_entry(&extra, &entry);
		assert_false(receiptextra_opening(extra.bytes, extra.len,
						  &opening, &len));
		buf_clear(&extra);
		assert_int_equal(receiptextra_print(entry.bytes, entry.len,
						    "{\"key\":\"00\"}", &extra,
						    &err),
				 0);
		expect_entry(&extra, &entry);
		assert_true(receiptextra_opening(extra.bytes, extra.len,
						 &opening, &len));
		assert_int_equal(len, 12);
		assert_memory_equal(opening, "{\"key\":\"00\"}", len);
		buf_free(&extra);
		buf_free(&entry);
	}
}

static void other_bytes_carry_none(void **state)
{
	static const char *const others[] = {
	    "",
	    "opening",
	    "{}",
	    "{\"entry\":",
	    "{\"entry\":{}}",
	    "{\"entry\":{\"v\":1}}",
	    "{\"entry\":\"{}\"}",
	};
	const void *got;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		assert_false(receiptextra_entry(others[i], strlen(others[i]),
						&got, &len));
		assert_false(receiptextra_opening(others[i], strlen(others[i]),
						  &got, &len));
	}
}

#define KEY64  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define RECORD "req_00000000000000000000000000"

static void an_opening_has_one_spelling_and_fits_one_entry(void **state)
{
	static const char good[] =
	    "{\"key\":\"" KEY64 "\",\"payload\":\"{\\\"n\\\":1}\","
	    "\"record\":\"" RECORD "\"}";
	static const char *const others[] = {
	    "",
	    "{}",
	    "{\"key\":\"" KEY64 "\"}",
	    "{\"key\":\"00\",\"payload\":\"x\",\"record\":\"" RECORD "\"}",
	    "{\"key\":\"" KEY64
	    "\",\"payload\":\"\\u0041\",\"record\":\"" RECORD "\"}",
	    "{\"key\":\"" KEY64 "\",\"payload\":\"x\",\"record\":\"nobody\"}",
	    "{\"key\":\"" KEY64 "\",\"payload\":\"x\",\"record\":\"" RECORD
	    "\"} ",
	};
	struct ledger_told told = {.committed = true};
	struct receiptopening o;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(
		    receiptopening_read(others[i], strlen(others[i]), &o));
	assert_true(receiptopening_read(good, strlen(good), &o));
	assert_string_equal(o.payload, "{\"n\":1}");
	for (size_t len = 0; len < strlen(good); len++)
		assert_false(receiptopening_read(good, len, &o));
	assert_true(receiptopening_read(good, strlen(good), &o));
	memcpy(told.object.text, RECORD, sizeof(RECORD));
	audit_commitment(o.key, RECORD, o.payload, o.payload_len,
			 told.commitment);
	assert_true(receiptopening_fits(&o, &told));
	o.payload[5] = '2';
	assert_false(receiptopening_fits(&o, &told));
	o.payload[5] = '1';
	told.object.text[4] = '1';
	assert_false(receiptopening_fits(&o, &told));
	told.object.text[4] = '0';
	told.committed = false;
	assert_false(receiptopening_fits(&o, &told));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_is_read_as_it_was_written),
	    cmocka_unit_test(an_opening_has_one_spelling_and_fits_one_entry),
	    cmocka_unit_test(the_first_index_is_the_largest_too),
	    cmocka_unit_test(anything_else_is_no_line),
	    cmocka_unit_test(a_receipt_carries_its_entry),
	    cmocka_unit_test(other_bytes_carry_none),
	};

	return cmocka_run_group_tests_name("exportline", tests, NULL, NULL);
}
