/* test_backup.c - recipients, what is in a backup, and its sealed file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backup/bundle.h"
#include "postern/durable.h"
#include "worker/forgotten.h"

struct house {
	char dir[64], file[96], part[104];
	struct identity_key key;
	struct recipient to;
};

static int open_house(void **state)
{
	struct house *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	(void)snprintf(h->dir, sizeof(h->dir), "/tmp/postern-test-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	(void)snprintf(h->file, sizeof(h->file), "%s/backup", h->dir);
	(void)snprintf(h->part, sizeof(h->part), "%s.part", h->file);
	identity_key_make(&h->key);
	memcpy(h->to.public, h->key.public, sizeof(h->to.public));
	*state = h;
	return 0;
}

static int close_house(void **state)
{
	struct house *h = *state;

	(void)unlink(h->file);
	(void)unlink(h->part);
	(void)rmdir(h->dir);
	free(h);
	return 0;
}

/* --- recipients ----------------------------------------------------------- */

static void a_recipient_and_an_identity_have_one_spelling(void **state)
{
	const struct house *h = *state;
	char text[RECIPIENT_TEXT_BYTES];
	struct identity_key key;
	struct recipient to;

	recipient_format(&h->to, text);
	assert_int_equal(strlen(text), RECIPIENT_TEXT_BYTES - 1);
	assert_true(recipient_parse(text, strlen(text), &to));
	assert_memory_equal(&to, &h->to, sizeof(to));
	for (size_t i = 0; i < strlen(text); i++) {
		text[i] ^= 1;
		assert_false(recipient_parse(text, strlen(text), &to));
		text[i] ^= 1;
	}
	assert_false(recipient_parse(text, strlen(text) - 1, &to));
	identity_key_format(&h->key, text);
	assert_false(recipient_parse(text, strlen(text), &to));
	assert_true(identity_key_parse(text, strlen(text), &key));
	assert_memory_equal(&key, &h->key, sizeof(key));
}

static void an_identity_is_read_past_remarks(void **state)
{
	const struct house *h = *state;
	char text[RECIPIENT_TEXT_BYTES], file[256];
	struct identity_key key;
	int n;

	identity_key_format(&h->key, text);
	n = snprintf(file, sizeof(file), "# Opens\n\n# more\r\n%s\r\n", text);
	assert_true(identity_key_parse(file, (size_t)n, &key));
	assert_memory_equal(&key, &h->key, sizeof(key));
	assert_false(identity_key_parse("# none\n", 7, &key));
	assert_false(identity_key_parse("", 0, &key));
}

/* --- names ---------------------------------------------------------------- */

static void a_name_leads_nowhere_else(void **state)
{
	static const struct {
		const char *name;
		bool good;
	} cases[] = {
	    {"postern.db", true},
	    {"postern.yaml", true},
	    {"policy.yaml", true},
	    {"media/0a/0a112233445566778899aabbccddeeff", true},
	    {"media/0b/0a112233445566778899aabbccddeeff", false},
	    {"media/0a/0A112233445566778899aabbccddeeff", false},
	    {"media/0a/0a112233445566778899aabbccddeef", false},
	    {"media/../0a112233445566778899aabbccddeeff", false},
	    {"keeper.db", false},
	    {"keys/root", false},
	    {"erasures.log", false},
	    {"secrets/desk", false},
	    {"/etc/passwd", false},
	    {"../postern.db", false},
	    {"", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    members_name(cases[i].name, strlen(cases[i].name)),
		    cases[i].good);
}

/* --- the file ------------------------------------------------------------- */

struct got {
	char names[256];
	struct buf bytes;
};

static int got_begin(void *ctx, const char *name, uint64_t len, struct err *err)
{
	struct got *g = ctx;
	size_t at = strlen(g->names);

	(void)err;
	(void)snprintf(g->names + at, sizeof(g->names) - at, "%s:%u ", name,
		       (unsigned int)len);
	return 0;
}

static int got_bytes(void *ctx, const uint8_t *bytes, size_t len,
		     struct err *err)
{
	struct got *g = ctx;

	return buf_append(&g->bytes, bytes, len, err);
}

static int got_end(void *ctx, struct err *err)
{
	(void)ctx;
	(void)err;
	return 0;
}

static int read_back(const struct house *h, const struct identity_key *key,
		     struct got *g, int64_t *ret_made, struct err *err)
{
	const struct members_sink sink = {g, got_begin, got_bytes, got_end};

	*g = (struct got){.bytes = BUF_INIT(1 << 20)};
	return bundle_read(h->file, key, &sink, ret_made, err);
}

/* Members are files. */
static void add_bytes(const struct house *h, struct bundle *b, const char *name,
		      const void *bytes, size_t len)
{
	char path[sizeof(h->dir) + 16];
	struct err err = {0};

	(void)snprintf(path, sizeof(path), "%s/member", h->dir);
	assert_int_equal(
	    durable_create(h->dir, "member", 0600, bytes, len, &err), 0);
	assert_int_equal(bundle_add_file(b, name, path, NULL, NULL, &err), 0);
	assert_int_equal(unlink(path), 0);
}

static void write_one(const struct house *h, const void *bytes, size_t len)
{
	struct bundle *b = NULL;
	struct err err = {0};

	assert_int_equal(bundle_create(h->file, &h->to, 1234567, &b, &err), 0);
	add_bytes(h, b, "postern.yaml", "a: b\n", 5);
	add_bytes(h, b, "postern.db", bytes, len);
	assert_int_equal(access(h->file, F_OK), -1);
	assert_int_equal(bundle_finish(&b, &err), 0);
	assert_null(b);
	assert_int_equal(access(h->part, F_OK), -1);
}

/* Around the size of a chunk, where the final tag is a matter of a byte. */
static void what_went_in_comes_out(void **state)
{
	static const size_t sizes[] = {0,     1,     65536 - 60, 65536 - 41,
				       65536, 65537, 200000};
	const struct house *h = *state;
	uint8_t *bytes = malloc(200000);
	struct err err = {0};
	int64_t made = 0;
	struct got g;

	assert_non_null(bytes);
	randombytes_buf(bytes, 200000);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char names[64];

		write_one(h, bytes, sizes[i]);
		assert_int_equal(read_back(h, &h->key, &g, &made, &err), 0);
		(void)snprintf(names, sizeof(names),
			       "postern.yaml:5 postern.db:%u ",
			       (unsigned int)sizes[i]);
		assert_string_equal(g.names, names);
		assert_int_equal(g.bytes.len, 5 + sizes[i]);
		assert_memory_equal(g.bytes.bytes + 5, bytes, sizes[i]);
		assert_int_equal(made, 1234567);
		buf_free(&g.bytes);
		assert_int_equal(unlink(h->file), 0);
	}
	free(bytes);
}

static void it_is_for_one_identity(void **state)
{
	const struct house *h = *state;
	struct identity_key other;
	struct err err = {0};
	int64_t made;
	struct got g;

	write_one(h, "SQLite", 6);
	identity_key_make(&other);
	assert_int_equal(read_back(h, &other, &g, &made, &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_string_equal(g.names, "");
	buf_free(&g.bytes);
}

static void no_file_is_written_over(void **state)
{
	const struct house *h = *state;
	struct bundle *b = NULL;
	struct err err = {0};

	write_one(h, "x", 1);
	assert_int_equal(bundle_create(h->file, &h->to, 1, &b, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_null(b);
}

static void what_is_given_up_leaves_nothing(void **state)
{
	const struct house *h = *state;
	struct bundle *b = NULL;
	struct err err = {0};

	assert_int_equal(bundle_create(h->file, &h->to, 1, &b, &err), 0);
	assert_int_equal(
	    bundle_add_file(b, "postern.db", "/nowhere", NULL, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	bundle_abandon(&b);
	assert_int_equal(access(h->file, F_OK), -1);
	assert_int_equal(access(h->part, F_OK), -1);
}

/* --- forgotten.log -------------------------------------------------------- */

static void a_line_of_ours_is_read_and_nothing_else(void **state)
{
	static const char *const bad[] = {
	    "",
	    "gone",
	    "gone 1 message",
	    "gone 1 message ",
	    "gone x message 2",
	    "gone 1 Message 2",
	    "gone 1 message 2 ",
	    "gone 1 message -2",
	    "gone 1 message 99999999999999999999",
	    "erased 1 2 * 3",
	};
	struct buf line = BUF_INIT(256);
	struct forgotten f;

	(void)state;
	assert_int_equal(forgotten_add(&line, 1795345961929, "attachment",
				       95712719070560257, NULL),
			 0);
	assert_true(
	    forgotten_parse((const char *)line.bytes, line.len - 1, &f));
	assert_int_equal(f.at_ms, 1795345961929);
	assert_int_equal(f.id, 95712719070560257);
	assert_string_equal(f.kind, "attachment");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(forgotten_parse(bad[i], strlen(bad[i]), &f));
	buf_free(&line);
}

int main(void)
{
#define HOUSED(test) \
	cmocka_unit_test_setup_teardown(test, open_house, close_house)
	const struct CMUnitTest tests[] = {
	    HOUSED(a_recipient_and_an_identity_have_one_spelling),
	    HOUSED(an_identity_is_read_past_remarks),
	    cmocka_unit_test(a_name_leads_nowhere_else),
	    HOUSED(what_went_in_comes_out),
	    HOUSED(it_is_for_one_identity),
	    HOUSED(no_file_is_written_over),
	    HOUSED(what_is_given_up_leaves_nothing),
	    cmocka_unit_test(a_line_of_ours_is_read_and_nothing_else),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
