/* fuzz_signature.c - any bytes as a signature header: accepted is only what
 * says the same 32 bytes again. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "channel/whatsapp.h"
#include "postern/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	uint8_t mac[32];
	char text[72] = "sha256=";

	if (!whatsapp_signature_parse((const char *)bytes, len, mac))
		return 0;
	hex_encode(mac, sizeof(mac), text + 7);
	if (len != 71 || memcmp(bytes, text, 7) != 0 ||
	    strncasecmp((const char *)bytes, text, 71) != 0)
		abort();
	return 0;
}
