/* ref.c - provider ids as blind indexes. */
#include "ref.h"

#include <sodium.h>

#include "postern/blindindex.h"

size_t ref_add(struct keeper_batch *batch, const char *account, const char *id,
	       const char *status)
{
	char text[ADDRESS_LEN_MAX + 1];
	size_t slot;
	int len;

	len = snprintf(text, sizeof(text), "%s\x1f%s%s%s", account, id,
		       status != NULL ? "\x1f" : "",
		       status != NULL ? status : "");
	/* Too long for an index: an empty address is refused in its slot. */
	if (len < 0 || (size_t)len >= sizeof(text))
		len = 0;
	slot = keeper_add_index(batch, "wamid", "", text, (size_t)len);
	sodium_memzero(text, sizeof(text));
	return slot;
}
