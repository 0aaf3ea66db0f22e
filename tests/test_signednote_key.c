/* test_signednote_key.c - the keys of notes, their texts, and what they sign.
 * Proves: compliance 6.2; c2sp.org/signed-note. */
#include "note_house.h"

static void a_key_is_read_as_it_was_written(void **state)
{
	char vkey[NOTE_VKEY_BYTES];
	struct note_key longest, back;
	char name[NOTE_NAME_BYTES];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[NOTE_NAME_BYTES - 1] = '\0';
	assert_int_equal(note_key_make(name, NOTE_ED25519, log_key.key.bytes,
				       &longest, NULL),
			 0);
	note_key_print(&longest, vkey);
	assert_int_equal(strlen(vkey), NOTE_VKEY_BYTES - 1);
	assert_int_equal(note_key_parse(vkey, strlen(vkey), &back, NULL), 0);
	assert_memory_equal(&back, &longest, sizeof(back));
	note_key_print(&witness.key, vkey);
	assert_int_equal(note_key_parse(vkey, strlen(vkey), &back, NULL), 0);
	assert_memory_equal(&back, &witness.key, sizeof(back));
	name[NOTE_NAME_BYTES - 1] = 'n';
	assert_false(note_name_valid(name, NOTE_NAME_BYTES));
}

/* log.example with the seed of ones, and what can be wrong with it. */
static void what_is_no_key_is_refused(void **state)
{
	char good[NOTE_VKEY_BYTES], bad[NOTE_VKEY_BYTES + 8];
	struct note_key key = {.id = 77};
	size_t len;

	(void)state;
	note_key_print(&log_key.key, good);
	len = strlen(good);
	/* Any other byte, and any end before the end. */
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(note_key_parse(good, i, &key, NULL), -1);
		memcpy(bad, good, len + 1);
		bad[i] ^= 1;
		assert_int_equal(note_key_parse(bad, len, &key, NULL), -1);
	}
	for (const char *c = "=A\n"; *c != '\0'; c++) {
		(void)snprintf(bad, sizeof(bad), "%s%c", good, *c);
		assert_int_equal(note_key_parse(bad, len + 1, &key, NULL), -1);
	}
	memcpy(bad, good, len + 1);
	for (size_t i = strlen("log.example+"); bad[i] != '+'; i++)
		if (bad[i] >= 'a')
			bad[i] = (char)(bad[i] - 'a' + 'A');
	assert_string_not_equal(bad, good);
	assert_int_equal(note_key_parse(bad, len, &key, NULL), -1);
	assert_int_equal(key.id, 77);
	assert_int_equal(note_key_parse(good, len, &key, NULL), 0);
}

static void a_key_of_another_type_is_refused(void **state)
{
	static const uint8_t types[] = {0x00, 0x02, 0x05, 0x06, 0xff};
	uint8_t bytes[33];
	char vkey[128], base64[BASE64_LEN(33) + 1];
	struct note_key key;
	struct err err;

	(void)state;
	memcpy(bytes + 1, log_key.key.bytes, 32);
	for (size_t i = 0; i < LEN(types); i++) {
		bytes[0] = types[i];
		base64_encode(bytes, sizeof(bytes), base64);
		(void)snprintf(vkey, sizeof(vkey), "log.example+%08x+%s",
			       note_key_id("log.example",
					   (enum note_key_type)types[i],
					   log_key.key.bytes),
			       base64);
		err = (struct err){0};
		assert_int_equal(note_key_parse(vkey, strlen(vkey), &key, &err),
				 -1);
		assert_string_equal(err.what, "a type of key not known here");
	}
}

/* With some of these, a signature of anything could be made to verify. */
static void a_weak_key_is_refused(void **state)
{
	static const uint8_t one[32] = {1}, zero[32] = {0};
	uint8_t large[32];
	struct note_key key;

	(void)state;
	memset(large, 0xff, sizeof(large));
	assert_int_equal(note_key_make("x", NOTE_ED25519, one, &key, NULL), -1);
	assert_int_equal(note_key_make("x", NOTE_ED25519, zero, &key, NULL),
			 -1);
	assert_int_equal(note_key_make("x", NOTE_ED25519, large, &key, NULL),
			 -1);
}

static void names_are_names(void **state)
{
	static const char *const good[] = {"a",
					   "example.com/log",
					   "M\xc3\xbcller",
					   "\xe2\x80\x8bx",
					   "\xe2\x80\xa7",
					   "\xe2\x81\xa0",
					   "\xc2\xa1"};
	static const char *const bad[] = {"",
					  " ",
					  "a b",
					  "a+b",
					  "a\n",
					  "\x7f\x01",
					  "\xc2\x85",
					  "a\xc2\xa0",
					  "\xe1\x9a\x80",
					  "\xe2\x80\x80",
					  "\xe2\x80\x8a",
					  "\xe2\x80\xa8",
					  "\xe2\x80\xa9",
					  "\xe2\x80\xaf",
					  "\xe2\x81\x9f",
					  "\xe3\x80\x80",
					  "\x80",
					  "\xed\xa0\x80",
					  "a\xe2\x80"};

	(void)state;
	for (size_t i = 0; i < LEN(good); i++)
		assert_true(note_name_valid(good[i], strlen(good[i])));
	for (size_t i = 0; i < LEN(bad); i++)
		assert_false(note_name_valid(bad[i], strlen(bad[i])));
	assert_false(note_name_valid("a\0b", 3));
	for (size_t i = 0; i < LEN(bad); i++) {
		char vkey[NOTE_VKEY_BYTES];
		struct note_key key;

		assert_int_equal(note_key_make(bad[i], NOTE_ED25519,
					       log_key.key.bytes, &key, NULL),
				 -1);
		/* As if it were one: with the id that it would have. */
		key = log_key.key;
		(void)snprintf(key.name, sizeof(key.name), "%s", bad[i]);
		key.id = note_key_id(key.name, key.type, key.bytes);
		note_key_print(&key, vkey);
		assert_int_equal(note_key_parse(vkey, strlen(vkey), &key, NULL),
				 -1);
	}
}

/* --- signing -------------------------------------------------------------- */

static void only_the_key_of_the_name_signs(void **state)
{
	struct buf b = BUF_INIT(4096);
	struct err err;

	(void)state;
	assert_int_equal(note_sign(TEXT, strlen(TEXT), &log_key.key,
				   witness.secret, &b, &err),
			 -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(note_sign(TEXT, strlen(TEXT), &witness.key,
				   witness.secret, &b, &err),
			 -1);
	assert_int_equal(note_cosign(TEXT, strlen(TEXT), &log_key.key,
				     log_key.secret, 5, &b, &err),
			 -1);
	assert_int_equal(note_cosign(TEXT, strlen(TEXT), &witness.key,
				     witness.secret, 0, &b, &err),
			 -1);
	assert_int_equal(note_cosign(TEXT, strlen(TEXT), &witness.key,
				     witness.secret, (uint64_t)INT64_MAX + 1,
				     &b, &err),
			 -1);
	assert_int_equal(
	    note_sign("a", 1, &log_key.key, log_key.secret, &b, &err), -1);
	assert_int_equal(
	    note_sign("a\t\n", 3, &log_key.key, log_key.secret, &b, &err), -1);
	assert_int_equal(b.len, 0);
	b.cap = 100; /* a line is longer */
	assert_int_equal(note_sign(TEXT, strlen(TEXT), &log_key.key,
				   log_key.secret, &b, &err),
			 -1);
	assert_int_equal(b.len, 0);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_key_is_read_as_it_was_written),
	    cmocka_unit_test(what_is_no_key_is_refused),
	    cmocka_unit_test(a_key_of_another_type_is_refused),
	    cmocka_unit_test(a_weak_key_is_refused),
	    cmocka_unit_test(names_are_names),
	    cmocka_unit_test(only_the_key_of_the_name_signs),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, signers, NULL);
}
