/* fuzz_http_address.c - allow list entries, addresses and Retry-After.
 *
 * Properties: an entry that is malformed permits nothing; a public verdict
 * never falls on loopback, link-local or private; waits stay in 0..24 h. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "postern/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_address(const char *entry, const void *at, size_t len)
{
	bool allowed = http_allowed(&entry, 1, "desk.example", at, len);

	if (allowed && !http_allow_entry(entry))
		abort();
}

static void check_public(const uint8_t *data)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};

	memcpy(&in4.sin_addr, data, 4);
	memcpy(&in6.sin6_addr, data, 16);
	if (http_address_public(&in4, sizeof(in4)) &&
	    (data[0] == 127 || data[0] == 10 || data[0] == 0 ||
	     data[0] >= 224 || (data[0] == 169 && data[1] == 254) ||
	     (data[0] == 192 && data[1] == 168)))
		abort();
	if (http_address_public(&in6, sizeof(in6)) && (data[0] & 0xe0) != 0x20)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sockaddr_in in4 = {.sin_family = AF_INET};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
	int64_t wait;
	char *text;

	if (size < 18)
		return 0;
	text = malloc(size - 18 + 1);
	if (text == NULL)
		return 0;
	memcpy(text, data + 18, size - 18);
	text[size - 18] = '\0';
	memcpy(&in4.sin_addr, data, 4);
	memcpy(&in4.sin_port, data + 16, 2);
	memcpy(&in6.sin6_addr, data, 16);
	memcpy(&in6.sin6_port, data + 16, 2);
	check_public(data);
	check_address(text, &in4, sizeof(in4));
	check_address(text, &in6, sizeof(in6));
	check_address(text, data, size);
	wait = http_retry_after_ms(text, (int64_t)data[0] << 35);
	if (wait < -1 || wait > 86400000)
		abort();
	free(text);
	return 0;
}
