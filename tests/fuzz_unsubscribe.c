/* fuzz_unsubscribe.c - a token is read only if it was made; a body says it or
 * does not. */
#include "fuzz_house.h"
#include "postern/unsubscribe.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t key[UNSUBSCRIBE_KEY_BYTES];
	char token[UNSUBSCRIBE_TOKEN_BYTES];
	struct unsubscribe of;

	unsubscribe_key("secret", 6, key);
	(void)unsubscribe_clicked(data, size);
	if (!unsubscribe_read(key, (const char *)data, size, &of))
		return 0;
	unsubscribe_token(key, &of, token);
	MUST(strlen(token) == size && memcmp(token, data, size) == 0);
	return 0;
}
