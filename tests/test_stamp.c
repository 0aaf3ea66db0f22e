/* test_stamp.c - time stamps of RFC 3161, against files that the openssl
 * command made.  Proves: compliance 6.6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <openssl/ts.h>
#include <sodium.h>

#include "postern/stamp.h"

struct file {
	uint8_t bytes[STAMP_BYTES_MAX];
	size_t len;
};
struct files {
	struct file data, stamp, root;
};

static void read_file(const char *name, struct file *ret)
{
	const char *root = getenv("FIXTURES");
	char path[1024];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/rfc3161/%s",
		       root != NULL ? root : "../shared/fixtures", name);
	file = fopen(path, "re");
	if (file == NULL)
		skip();
	ret->len = fread(ret->bytes, 1, sizeof(ret->bytes), file);
	assert_int_equal(fclose(file), 0);
	assert_true(ret->len > 0);
}

static int set_up(void **state)
{
	*state = calloc(1, sizeof(struct files));
	return *state != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
	free(*state);
	return 0;
}

static struct files *files_of(void **state, const char *stamp)
{
	struct files *f = *state;

	read_file("checkpoint.txt", &f->data);
	read_file("test-root.pem", &f->root);
	read_file(stamp, &f->stamp);
	return f;
}

static int verify(const struct files *f, const uint8_t *nonce,
		  struct stamp *ret, struct err *err)
{
	const struct stamp_trust trust = {
	    .root_pem = (const char *)f->root.bytes,
	    .root_len = f->root.len,
	    .nonce = nonce,
	};

	*err = (struct err){0};
	return stamp_verify(f->stamp.bytes, f->stamp.len, f->data.bytes,
			    f->data.len, &trust, ret, err);
}

static void a_stamp_says_when_and_by_whom(void **state)
{
	struct files *f = files_of(state, "checkpoint.tsr");
	struct stamp got;
	struct err err;

	assert_int_equal(verify(f, NULL, &got, &err), 0);
	assert_true(got.at_ms == 1795284884000); /* 2026-11-21T18:14:44Z */
	assert_string_equal(got.serial, "1002");
	assert_string_equal(got.policy, "1.3.6.1.4.1.99999.1.1");
}

static void of_other_bytes_it_says_nothing(void **state)
{
	struct files *f = files_of(state, "other.invalid-for-checkpoint.tsr");
	struct stamp got;
	struct err err;

	assert_int_equal(verify(f, NULL, &got, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	read_file("other.txt", &f->data);
	assert_int_equal(verify(f, NULL, &got, &err), 0);
}

static void a_changed_one_is_refused(void **state)
{
	struct files *f = files_of(state, "checkpoint.flipped.tsr");
	struct stamp got;
	struct err err;

	assert_int_equal(verify(f, NULL, &got, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
}

static void what_the_authority_refused_is_told_apart(void **state)
{
	struct files *f = files_of(state, "rejected-badalg.tsr");
	struct stamp got;
	struct err err;

	assert_int_equal(verify(f, NULL, &got, &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_int_equal(err.native, TS_STATUS_REJECTION);
}

static void an_unknown_root_is_not_trusted(void **state)
{
	struct files *f = files_of(state, "checkpoint.tsr");
	struct stamp got;
	struct err err;

	f->root.len = 0;
	assert_int_equal(verify(f, NULL, &got, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	/* The signer's own certificate is no root of trust. */
	read_file("test-tsa.pem", &f->root);
	assert_int_equal(verify(f, NULL, &got, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
}

static void one_of_another_request_is_refused(void **state)
{
	static const uint8_t asked[STAMP_NONCE_BYTES] = {
	    0,	  0,	0,    0,    0,	  0,	0,    0,
	    0x98, 0x19, 0x5f, 0x73, 0xe1, 0x9e, 0x9b, 0x57};
	struct files *f = files_of(state, "checkpoint.tsr");
	uint8_t other[STAMP_NONCE_BYTES];
	struct stamp got;
	struct err err;

	assert_int_equal(verify(f, asked, &got, &err), 0);
	memcpy(other, asked, sizeof(other));
	other[15] ^= 1;
	assert_int_equal(verify(f, other, &got, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
}

/* A flip in what is not signed may leave it valid; it must not say more. */
static void no_flipped_bit_makes_it_say_something_else(void **state)
{
	struct files *f = files_of(state, "checkpoint.tsr");
	unsigned int refused = 0;
	struct stamp was, got;
	struct err err;

	assert_int_equal(verify(f, NULL, &was, &err), 0);
	for (size_t i = 0; i < f->stamp.len; i++) {
		f->stamp.bytes[i] ^= (uint8_t)(1u << (i % 8));
		if (verify(f, NULL, &got, &err) != 0)
			refused++;
		else
			assert_memory_equal(&got, &was, sizeof(got));
		f->stamp.bytes[i] ^= (uint8_t)(1u << (i % 8));
	}
	assert_true(refused > f->stamp.len / 2);
	for (size_t len = 0; len < f->stamp.len; len++) {
		size_t whole = f->stamp.len;

		f->stamp.len = len;
		assert_int_equal(verify(f, NULL, &got, &err), -1);
		f->stamp.len = whole;
	}
	f->stamp.len++; /* a byte behind its end */
	assert_int_equal(verify(f, NULL, &got, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
}

static void the_query_asks_for_all_that_is_checked(void **state)
{
	struct files *f = files_of(state, "checkpoint.tsq");
	struct buf asked = BUF_INIT(4096);
	uint8_t nonce[STAMP_NONCE_BYTES];
	const uint8_t *at;
	TS_REQ *mine, *theirs;
	struct err err = {0};

	for (size_t i = 0; i < sizeof(nonce); i++)
		nonce[i] = (uint8_t)(200 + i);
	assert_int_equal(
	    stamp_request(f->data.bytes, f->data.len, nonce, &asked, &err), 0);
	at = asked.bytes;
	mine = d2i_TS_REQ(NULL, &at, (long)asked.len);
	at = f->stamp.bytes;
	theirs = d2i_TS_REQ(NULL, &at, (long)f->stamp.len);
	assert_non_null(mine);
	assert_non_null(theirs);
	assert_int_equal(TS_REQ_get_version(mine), 1);
	assert_int_not_equal(TS_REQ_get_cert_req(mine), 0);
	assert_non_null(TS_REQ_get_nonce(mine));
	assert_int_equal(
	    ASN1_OCTET_STRING_cmp(
		TS_MSG_IMPRINT_get_msg(TS_REQ_get_msg_imprint(mine)),
		TS_MSG_IMPRINT_get_msg(TS_REQ_get_msg_imprint(theirs))),
	    0);
	TS_REQ_free(mine);
	TS_REQ_free(theirs);
	buf_free(&asked);
}

static void cosignatures_are_not_stamped(void **state)
{
#define OWN   "log.example\n7\nAAAA\n\n\xe2\x80\x94 log.example b2xk\n"
#define OWN_2 OWN "\xe2\x80\x94 log.example bmV3\n"
	static const struct {
		const char *note;
		size_t covered;
	} rows[] = {
	    {OWN, sizeof(OWN) - 1},
	    {OWN_2, sizeof(OWN_2) - 1}, /* while its key is rotated */
	    {OWN_2 "\xe2\x80\x94 witness.example eA==\n", sizeof(OWN_2) - 1},
	    {OWN "\xe2\x80\x94 log.example.net eA==\n", sizeof(OWN) - 1},
	    {OWN "\xe2\x80\x94 log.example cut", sizeof(OWN) - 1},
	    {"no note", 7},
	    {"", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    stamp_covers(rows[i].note, strlen(rows[i].note)),
		    rows[i].covered);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_stamp_says_when_and_by_whom),
	    TEST(of_other_bytes_it_says_nothing),
	    TEST(a_changed_one_is_refused),
	    TEST(what_the_authority_refused_is_told_apart),
	    TEST(an_unknown_root_is_not_trusted),
	    TEST(one_of_another_request_is_refused),
	    TEST(no_flipped_bit_makes_it_say_something_else),
	    cmocka_unit_test(cosignatures_are_not_stamped),
	    TEST(the_query_asks_for_all_that_is_checked),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
