/* test_sealed.c - sealed bytes open only as what they were sealed as. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "postern/sealed.h"

#define CHUNK (SEALED_CHUNK_BYTES + SEALED_CHUNK_OVERHEAD)

static const uint8_t key[SEAL_KEY_BYTES] = {9, 8, 7};
static const char aad[] = "row 1, column content";

struct sample {
	uint8_t *clear, *sealed, *out;
	size_t clear_len, len;
};

static struct sample make(size_t clear_len)
{
	struct sample s = {.clear_len = clear_len,
			   .len = sealed_len(clear_len)};

	s.clear = malloc(clear_len + 1);
	s.sealed = malloc(s.len + CHUNK);
	s.out = malloc(s.len + CHUNK);
	assert_true(s.clear != NULL && s.sealed != NULL && s.out != NULL);
	randombytes_buf(s.clear, clear_len);
	sealed_seal(key, aad, sizeof(aad), s.clear, clear_len, s.sealed);
	return s;
}

static void drop(struct sample *s)
{
	free(s->clear);
	free(s->sealed);
	free(s->out);
}

static int try_open(const struct sample *s, size_t len)
{
	return sealed_open(key, aad, sizeof(aad), s->sealed, len, s->out, NULL);
}

static void every_length_opens_again(void **state)
{
	static const size_t lens[] = {0,
				      1,
				      1000,
				      SEALED_CHUNK_BYTES - 1,
				      SEALED_CHUNK_BYTES,
				      SEALED_CHUNK_BYTES + 1,
				      2 * SEALED_CHUNK_BYTES,
				      3 * SEALED_CHUNK_BYTES + 17};

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		struct sample s = make(lens[i]);
		size_t clear_len = SIZE_MAX;

		assert_true(sealed_clear_len(s.len, &clear_len));
		assert_int_equal(clear_len, lens[i]);
		assert_int_equal(try_open(&s, s.len), 0);
		assert_memory_equal(s.out, s.clear, lens[i]);
		drop(&s);
	}
}

static void lengths_no_clear_text_has_are_named(void **state)
{
	size_t clear_len = 0;

	(void)state;
	for (size_t len = 0; len <= SEALED_CHUNK_OVERHEAD; len++)
		assert_false(sealed_clear_len(len, &clear_len));
	for (size_t extra = 1; extra <= SEALED_CHUNK_OVERHEAD; extra++)
		assert_false(sealed_clear_len(1 + CHUNK + extra, &clear_len));
	assert_true(sealed_clear_len(1 + CHUNK, &clear_len));
	for (size_t len = 0; len < 3 * SEALED_CHUNK_BYTES; len += 997) {
		assert_true(sealed_clear_len(sealed_len(len), &clear_len));
		assert_int_equal(clear_len, len);
	}
}

static void a_flipped_bit_does_not_open_and_leaves_nothing(void **state)
{
	struct sample s = make(100);

	(void)state;
	for (size_t i = 0; i < s.len; i++) {
		s.sealed[i] ^= 1;
		memset(s.out, 0xee, s.clear_len);
		assert_int_equal(try_open(&s, s.len), -1);
		if (i > 0)
			assert_memory_not_equal(s.out, s.clear, s.clear_len);
		s.sealed[i] ^= 1;
	}
	drop(&s);
}

static void another_key_or_field_does_not_open(void **state)
{
	static const uint8_t other[SEAL_KEY_BYTES] = {9, 8, 6};
	struct sample s = make(50);
	struct err err = {0};

	(void)state;
	assert_int_equal(
	    sealed_open(other, aad, sizeof(aad), s.sealed, s.len, s.out, &err),
	    -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	assert_int_equal(sealed_open(key, "row 2, column content", sizeof(aad),
				     s.sealed, s.len, s.out, &err),
			 -1);
	assert_int_equal(sealed_open(key, aad, sizeof(aad) - 1, s.sealed, s.len,
				     s.out, &err),
			 -1);
	assert_int_equal(
	    sealed_open(key, NULL, 0, s.sealed, s.len, s.out, &err), -1);
	drop(&s);
}

static void a_cut_off_chunk_is_noticed(void **state)
{
	struct sample s = make(2 * SEALED_CHUNK_BYTES);

	(void)state;
	/* The rest is well-formed, but its last chunk is not the final one. */
	assert_int_equal(try_open(&s, 1 + CHUNK), -1);
	/* And the clear text of the chunks before the failure is wiped. */
	for (size_t i = 0; i < SEALED_CHUNK_BYTES; i++)
		assert_int_equal(s.out[i], 0);
	assert_int_equal(try_open(&s, s.len), 0);
	drop(&s);
}

static void swapped_or_repeated_chunks_are_noticed(void **state)
{
	struct sample s = make(3 * SEALED_CHUNK_BYTES);
	uint8_t *first = s.sealed + 1, *second = first + CHUNK;
	uint8_t *spare = malloc(CHUNK);

	(void)state;
	assert_non_null(spare);
	memcpy(spare, first, CHUNK);
	memcpy(first, second, CHUNK);
	assert_int_equal(try_open(&s, s.len), -1); /* repeated */
	memcpy(second, spare, CHUNK);
	assert_int_equal(try_open(&s, s.len), -1); /* swapped */
	memcpy(second, first, CHUNK);
	memcpy(first, spare, CHUNK);
	assert_int_equal(try_open(&s, s.len), 0);
	free(spare);
	drop(&s);
}

static void the_same_text_never_seals_to_the_same_bytes(void **state)
{
	struct sample s = make(64);
	uint8_t again[128];

	(void)state;
	sealed_seal(key, aad, sizeof(aad), s.clear, s.clear_len, again);
	assert_memory_not_equal(again + 1, s.sealed + 1, 24);
	assert_memory_not_equal(again + 25, s.sealed + 25, 64);
	drop(&s);
}

static void a_length_no_value_has_is_damage(void **state)
{
	static uint8_t out[CHUNK + 1], chunk[CHUNK + 1];
	static const size_t lens[] = {0, SEALED_CHUNK_OVERHEAD - 1, CHUNK + 1};
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		err.kind = ERR_NONE;
		assert_int_equal(sealed_chunk_open(key, aad, sizeof(aad), 0,
						   true, chunk, lens[i], out,
						   &err),
				 -1);
		assert_int_equal(err.kind, ERR_CORRUPT);
	}
	chunk[0] = SEALED_VERSION;
	for (size_t len = 0; len <= SEALED_CHUNK_OVERHEAD; len++) {
		err.kind = ERR_NONE;
		assert_int_equal(
		    sealed_open(key, aad, sizeof(aad), chunk, len, out, &err),
		    -1);
		assert_int_equal(err.kind, ERR_CORRUPT);
	}
}

/* Nothing is sealed and opened without a byte of memory for it. */
static void an_empty_value_needs_no_room(void **state)
{
	uint8_t sealed[1 + SEALED_CHUNK_OVERHEAD];

	(void)state;
	sealed_seal(key, aad, sizeof(aad), NULL, 0, sealed);
	assert_int_equal(sealed_open(key, aad, sizeof(aad), sealed,
				     sizeof(sealed), NULL, NULL),
			 0);
	for (size_t i = 0; i < sizeof(sealed); i++) {
		sealed[i] ^= 1;
		assert_int_equal(sealed_open(key, aad, sizeof(aad), sealed,
					     sizeof(sealed), NULL, NULL),
				 -1);
		sealed[i] ^= 1;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_length_opens_again),
	    cmocka_unit_test(lengths_no_clear_text_has_are_named),
	    cmocka_unit_test(a_flipped_bit_does_not_open_and_leaves_nothing),
	    cmocka_unit_test(another_key_or_field_does_not_open),
	    cmocka_unit_test(a_cut_off_chunk_is_noticed),
	    cmocka_unit_test(swapped_or_repeated_chunks_are_noticed),
	    cmocka_unit_test(a_length_no_value_has_is_damage),
	    cmocka_unit_test(an_empty_value_needs_no_room),
	    cmocka_unit_test(the_same_text_never_seals_to_the_same_bytes),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
