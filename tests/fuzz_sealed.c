/* fuzz_sealed.c - arbitrary bytes never open; what was sealed does, and not
 * after any change. */
#include <assert.h>
#include <sodium.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "postern/sealed.h"

static const uint8_t key[SEAL_KEY_BYTES] = {4, 2};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void open_arbitrary(const uint8_t *data, size_t size)
{
	size_t clear_len = 0;
	struct err err = {0};
	uint8_t *out;

	if (!sealed_clear_len(size, &clear_len))
		clear_len = 0;
	else
		assert(sealed_len(clear_len) == size);
	out = malloc(clear_len + 1);
	assert(out != NULL);
	assert(sealed_open(key, "a", 1, data, size, out, &err) == -1);
	assert(err.kind == ERR_CORRUPT);
	free(out);
}

static void round_trip(const uint8_t *data, size_t size)
{
	size_t aad_len = size < SEALED_AAD_MAX ? size : SEALED_AAD_MAX;
	size_t len = sealed_len(size);
	uint8_t *sealed = malloc(len), *out = malloc(size + 1);
	size_t spot;

	assert(sealed != NULL && out != NULL);
	sealed_seal(key, data, aad_len, data, size, sealed);
	assert(sealed_open(key, data, aad_len, sealed, len, out, NULL) == 0);
	assert(size == 0 || memcmp(out, data, size) == 0);
	spot = size == 0 ? 0 : data[0] * (size_t)7919 % len;
	sealed[spot] ^= 0x10;
	assert(sealed_open(key, data, aad_len, sealed, len, out, NULL) == -1);
	free(sealed);
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (sodium_init() < 0)
		abort();
	open_arbitrary(data, size);
	round_trip(data, size);
	return 0;
}
