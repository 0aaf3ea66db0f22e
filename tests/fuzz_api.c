/* fuzz_api.c - what strangers send to the API: bodies, addresses, names,
 * tokens.  The first byte chooses; the rest is the input. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "api/body.h"
#include "api/filename.h"
#include "api/route.h"
#include "postern/token.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_body(const uint8_t *data, size_t size)
{
	static const char *const known[] = {"text", "template", "purpose"};
	json_t *v = body_read(data, size);
	const char *stranger;

	if (v == NULL)
		return;
	assert(json_is_object(v));
	stranger = body_stranger(v, known, 3);
	assert(stranger == NULL || json_object_get(v, stranger) != NULL);
	json_decref(v);
}

static void try_address(const char *text)
{
	static const struct id_mask mask = {{1}};
	const struct route *route;
	const char *allow = NULL, *id;
	enum id_kind kind;
	size_t len;
	int64_t number;

	if (route_find("GET", text, &route, &allow) != ROUTE_FOUND &&
	    route_find("POST", text, &route, &allow) != ROUTE_FOUND)
		return;
	if (route_id(route, text, &id, &len, &kind)) {
		assert(id >= text && id + len <= text + strlen(text));
		assert(len > 0);
		(void)id_parse(&mask, kind, id, len, &number, NULL);
	}
}

static void try_name(const char *text, size_t size)
{
	char name[64], header[128];

	if (filename_read(text, size, name, sizeof(name))) {
		assert(strlen(name) < sizeof(name));
		assert(strpbrk(name, "/\\\r\n\"") == NULL);
		assert(name[0] != '.');
	}
	filename_disposition(text, header, sizeof(header));
	assert(strlen(header) < sizeof(header));
	assert(strpbrk(header, "\r\n") == NULL);
	(void)filename_type(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int bits;
	int64_t id;
	char *text;

	if (size == 0 || sodium_init() < 0)
		return 0;
	text = malloc(size);
	if (text == NULL)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	switch (data[0] % 5) {
	case 0:
		try_body(data + 1, size - 1);
		break;
	case 1:
		try_address(text);
		break;
	case 2:
		try_name(text, strlen(text));
		break;
	case 3:
		(void)token_parse(text, size - 1, &id, NULL, NULL);
		break;
	default:
		(void)scopes_parse(text, &bits);
	}
	free(text);
	return 0;
}
