/* fuzz_blindindex.c - addresses: what is taken has one spelling, which is its
 * own and has the same index; blanks around it change nothing. */
#include <sodium.h>

#include "fuzz_house.h"
#include "postern/blindindex.h"

static const char *const kinds[] = {"phone", "email", "threema", "username",
				    "psid"};
static const char *const countries[] = {NULL, "", "1", "49"};
#define KINDS	  (sizeof(kinds) / sizeof(kinds[0]))
#define COUNTRIES (sizeof(countries) / sizeof(countries[0]))

static void check_same(const char *kind, const char *country,
		       const char *address, size_t len, const char *spelt)
{
	char again[ADDRESS_LEN_MAX + 2];
	size_t again_len;
	struct err err;

	MUST(blind_index_normalise(kind, country, address, len, again,
				   &again_len, &err) == 0);
	MUST(again_len == strlen(spelt) && strcmp(again, spelt) == 0);
}

static void check_blanks(const char *kind, const char *country,
			 const char *address, size_t len, const char *spelt)
{
	char *more = malloc(len + 3);

	MUST(more != NULL);
	more[0] = '\t';
	if (len > 0)
		memcpy(more + 1, address, len);
	more[len + 1] = '\n';
	more[len + 2] = ' ';
	check_same(kind, country, more, len + 3, spelt);
	free(more);
}

static void check_index(const char *kind, const char *country,
			const char *address, size_t len, const char *spelt)
{
	static const uint8_t key[32] = {7};
	uint8_t one[BLIND_INDEX_BYTES], other[BLIND_INDEX_BYTES];
	struct err err;

	MUST(blind_index(key, kind, country, address, len, one, &err) == 0);
	MUST(blind_index(key, kind, country, spelt, strlen(spelt), other,
			 &err) == 0);
	MUST(memcmp(one, other, sizeof(one)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = {data, size};
	const char *kind = kinds[feed_byte(&f) % KINDS];
	const char *country = countries[feed_byte(&f) % COUNTRIES];
	char *address = malloc(f.left > 0 ? f.left : 1);
	char spelt[ADDRESS_LEN_MAX + 2];
	size_t len = 0;
	struct err err = {0};

	MUST(address != NULL);
	if (f.left > 0)
		memcpy(address, f.at, f.left);
	if (blind_index_normalise(kind, country, address, f.left, spelt, &len,
				  &err) == 0) {
		MUST(len > 0 && len <= ADDRESS_LEN_MAX);
		MUST(strlen(spelt) == len);
		check_same(kind, country, spelt, len, spelt);
		check_blanks(kind, country, address, f.left, spelt);
		check_index(kind, country, address, f.left, spelt);
	} else {
		MUST(err.kind == ERR_INPUT && len == 0);
	}
	free(address);
	return 0;
}
