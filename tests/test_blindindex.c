/* test_blindindex.c - addresses, their one spelling and its keyed hash.
 * Proves: compliance 7.1 (audit key), 7.5. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <sodium.h>

#include "postern/blindindex.h"
#include "postern/receiptopening.h"
#include "postern/text.h"

static FILE *fixture(const char *name)
{
	const char *root = getenv("FIXTURES");
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s/blind-index/%s",
		       root != NULL ? root : "../shared/fixtures", name);
	return fopen(path, "re");
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	assert_non_null(text);
	return text;
}

static void hex_of(const json_t *object, const char *key, uint8_t ret[32])
{
	const char *text = text_of(object, key);

	assert_true(hex_decode(text, strlen(text), ret, 32));
}

static void check_row(const json_t *row, const uint8_t key[32],
		      const char *country)
{
	const char *kind = text_of(row, "kind");
	const char *input = text_of(row, "input");
	char spelt[ADDRESS_LEN_MAX + 2];
	uint8_t want[32], got[32];
	size_t len = 0;
	struct err err;

	assert_int_equal(blind_index_normalise(kind, country, input,
					       strlen(input), spelt, &len,
					       &err),
			 0);
	assert_string_equal(spelt, text_of(row, "normalised"));
	assert_int_equal(len, strlen(spelt));
	assert_int_equal(
	    blind_index(key, kind, country, input, strlen(input), got, &err),
	    0);
	hex_of(row, "index_hex", want);
	assert_memory_equal(got, want, 32);
}

static void every_vector_of_the_fixture_is_met(void **state)
{
	FILE *file = fixture("vectors.jsonl");
	char line[4096];
	uint8_t key[32];
	char country[8] = "";
	size_t rows = 0;

	(void)state;
	if (file == NULL)
		skip();
	while (fgets(line, sizeof(line), file) != NULL) {
		json_t *row = json_loads(line, 0, NULL);

		assert_non_null(row);
		if (json_object_get(row, "key_hex") != NULL) {
			hex_of(row, "key_hex", key);
			(void)snprintf(country, sizeof(country), "%s",
				       text_of(row, "default_country"));
		} else {
			check_row(row, key, country);
			rows++;
		}
		json_decref(row);
	}
	(void)fclose(file);
	assert_int_equal(rows, 14);
}

static void the_audit_commitment_of_the_fixture_is_met(void **state)
{
	FILE *file = fixture("audit-commitment.json");
	uint8_t key[32], want[32], got[32];
	const char *payload;
	json_t *row;

	(void)state;
	if (file == NULL)
		skip();
	row = json_loadf(file, 0, NULL);
	(void)fclose(file);
	assert_non_null(row);
	hex_of(row, "key_hex", key);
	hex_of(row, "commitment_hex", want);
	payload = text_of(row, "payload");
	audit_commitment(key, text_of(row, "record_id"), payload,
			 strlen(payload), got);
	assert_memory_equal(got, want, 32);
	json_decref(row);
}

static void the_derived_keys_of_the_fixture_are_met(void **state)
{
	FILE *file = fixture("kdf.json");
	uint8_t master[32], want[32], got[32];
	json_t *root, *row;
	size_t i;

	(void)state;
	if (file == NULL)
		skip();
	root = json_loadf(file, 0, NULL);
	(void)fclose(file);
	assert_non_null(root);
	hex_of(root, "master_hex", master);
	assert_int_equal(json_array_size(json_object_get(root, "rows")), 4);
	json_array_foreach(json_object_get(root, "rows"), i, row)
	{
		const char *context = text_of(row, "context");
		json_int_t id =
		    json_integer_value(json_object_get(row, "subkey_id"));

		assert_int_equal(strlen(context), crypto_kdf_CONTEXTBYTES);
		assert_int_equal(crypto_kdf_derive_from_key(
				     got, 32, (uint64_t)id, context, master),
				 0);
		hex_of(row, "subkey_hex", want);
		assert_memory_equal(got, want, 32);
	}
	json_decref(root);
}

static void what_is_no_address_is_refused(void **state)
{
	static const struct {
		const char *kind, *country, *input;
		size_t len;
	} cases[] = {
	    {"phone", "49", "", 0},
	    {"phone", "49", "  ( ) -", 7},
	    {"phone", "49", "00", 2},
	    {"phone", "49", "+", 1},
	    {"phone", "49", "(0)", 3},
	    {"phone", "", "0170123", 7},   /* national, no country */
	    {"phone", NULL, "0170123", 7}, /* the same */
	    {"email", "49", "<>", 2},
	    {"email", "49", " < > ", 5},
	    {"username", "49", "@", 1},
	    {"threema", "49", "\t\n", 2},
	    {"psid", "49", "12\0003", 4}, /* NUL inside */
	    {"", "49", "x", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char spelt[ADDRESS_LEN_MAX + 2];
		uint8_t key[32] = {0}, index[32];
		struct err err = {0};
		size_t len = 4711;

		assert_int_equal(
		    blind_index_normalise(cases[i].kind, cases[i].country,
					  cases[i].input, cases[i].len, spelt,
					  &len, &err),
		    -1);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_int_equal(len, 4711); /* written only on success */
		assert_int_equal(blind_index(key, cases[i].kind,
					     cases[i].country, cases[i].input,
					     cases[i].len, index, &err),
				 -1);
	}
}

/* Found by fuzz_blindindex: else one person would have two indexes. */
static void the_spelling_of_a_spelling_is_itself(void **state)
{
	static const struct {
		const char *kind, *input, *spelt;
	} cases[] = {
	    {"email", "<<A@b.example>>", "a@b.example"},
	    {"email", "< <a@b.example> >", "a@b.example"},
	    {"email", "a@b.example>", "a@b.example"},
	    {"username", "@ anna", "anna"},
	    {"username", " @@ @Anna ", "anna"},
	    {"phone", " (0)170 (0)1 ", "+1701"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char once[ADDRESS_LEN_MAX + 2], twice[ADDRESS_LEN_MAX + 2];
		struct err err;
		size_t len;

		assert_int_equal(blind_index_normalise(
				     cases[i].kind, "49", cases[i].input,
				     strlen(cases[i].input), once, &len, &err),
				 0);
		assert_string_equal(once, cases[i].spelt);
		assert_int_equal(blind_index_normalise(cases[i].kind, "49",
						       once, len, twice, &len,
						       &err),
				 0);
		assert_string_equal(twice, once);
	}
}

static void lengths_end_at_the_limit_after_normalising(void **state)
{
	static const char *const kinds[] = {"phone", "email", "threema",
					    "username", "psid"};
	char input[ADDRESS_LEN_MAX + 3];
	char spelt[ADDRESS_LEN_MAX + 2];

	(void)state;
	memset(input, 'a', sizeof(input));
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct err err;
		size_t len;

		assert_int_equal(blind_index_normalise(kinds[i], "49", input,
						       ADDRESS_LEN_MAX, spelt,
						       &len, &err),
				 0);
		assert_int_equal(len, ADDRESS_LEN_MAX);
		assert_int_equal(blind_index_normalise(kinds[i], "49", input,
						       ADDRESS_LEN_MAX + 1,
						       spelt, &len, &err),
				 -1);
	}
	/* bare digits gain a plus sign */
	memset(input, '4', sizeof(input));
	for (size_t n = ADDRESS_LEN_MAX - 1; n <= ADDRESS_LEN_MAX; n++) {
		struct err err;
		size_t len;

		assert_int_equal(blind_index_normalise("phone", "49", input, n,
						       spelt, &len, &err),
				 n == ADDRESS_LEN_MAX ? -1 : 0);
	}
}

static void the_same_text_of_another_kind_has_another_index(void **state)
{
	uint8_t key[32] = {1}, a[32], b[32];
	struct err err;

	(void)state;
	assert_int_equal(blind_index(key, "psid", NULL, "123", 3, a, &err), 0);
	assert_int_equal(blind_index(key, "bsuid", NULL, "123", 3, b, &err), 0);
	assert_memory_not_equal(a, b, 32);
	key[0] = 2;
	assert_int_equal(blind_index(key, "psid", NULL, "123", 3, b, &err), 0);
	assert_memory_not_equal(a, b, 32);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_vector_of_the_fixture_is_met),
	    cmocka_unit_test(the_audit_commitment_of_the_fixture_is_met),
	    cmocka_unit_test(the_derived_keys_of_the_fixture_are_met),
	    cmocka_unit_test(what_is_no_address_is_refused),
	    cmocka_unit_test(the_spelling_of_a_spelling_is_itself),
	    cmocka_unit_test(lengths_end_at_the_limit_after_normalising),
	    cmocka_unit_test(the_same_text_of_another_kind_has_another_index),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
