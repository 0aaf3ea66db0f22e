/* fuzz_text.c - hex, base32, base64, names and record ids: what decodes has
 * one spelling (hex: one of either case), and what was encoded decodes. */
#include <sodium.h>
#include <strings.h>

#include "fuzz_house.h"
#include "postern/id.h"
#include "postern/name.h"
#include "postern/text.h"

#define LEN 40

static void decode(const char *text, size_t len)
{
	uint8_t bytes[256];
	char again[2 * sizeof(bytes) + 1];
	size_t ret_len = 0;

	for (size_t n = 0; n <= LEN; n++) {
		if (hex_decode(text, len, bytes, n)) {
			hex_encode(bytes, n, again);
			MUST(strlen(again) == len);
			MUST(strncasecmp(again, text, len) == 0);
		}
		if (base32_decode(text, len, bytes, n)) {
			base32_encode(bytes, n, again);
			MUST(strlen(again) == len);
			MUST(memcmp(again, text, len) == 0);
		}
	}
	if (base64_decode(text, len, bytes, sizeof(bytes), &ret_len)) {
		MUST(ret_len <= sizeof(bytes));
		base64_encode(bytes, ret_len, again);
		MUST(strlen(again) == len);
		MUST(memcmp(again, text, len) == 0);
	}
}

static void encode(const uint8_t *bytes, size_t size)
{
	size_t len = size < LEN ? size : LEN, ret_len = 0;
	char text[2 * LEN + 1];
	uint8_t back[LEN];

	hex_encode(bytes, len, text);
	MUST(hex_decode(text, strlen(text), back, len));
	MUST(len == 0 || memcmp(back, bytes, len) == 0);
	base32_encode(bytes, len, text);
	MUST(base32_decode(text, strlen(text), back, len));
	MUST(len == 0 || memcmp(back, bytes, len) == 0);
	base64_encode(bytes, len, text);
	MUST(strlen(text) == BASE64_LEN(len));
	MUST(base64_decode(text, strlen(text), back, len, &ret_len));
	MUST(ret_len == len && (len == 0 || memcmp(back, bytes, len) == 0));
}

static void names_and_ids(const char *text, size_t len)
{
	static const struct id_mask mask = {{3}};
	struct name name = {{0}};
	struct id_text id;
	int64_t number = 0;

	if (name_set(&name, text, len))
		MUST(strlen(name.text) == len &&
		     memcmp(name.text, text, len) == 0);
	for (int kind = ID_MESSAGE; kind < ID_KINDS; kind++) {
		if (id_parse(&mask, (enum id_kind)kind, text, len, &number,
			     NULL) != 0)
			continue;
		id_format(&mask, (enum id_kind)kind, number, &id);
		MUST(strlen(id.text) == len && memcmp(id.text, text, len) == 0);
	}
}

/* The id of a number: taken as it is, refused with one character changed. */
static void id_changed(const uint8_t *data, size_t size)
{
	static const struct id_mask mask = {{3}};
	struct id_text id;
	int64_t number = 0, back;
	size_t at;

	for (size_t i = 2; i < size && i < 9; i++)
		number = number << 8 | data[i];
	id_format(&mask, ID_MESSAGE, number, &id);
	MUST(id_parse(&mask, ID_MESSAGE, id.text, strlen(id.text), &back,
		      NULL) == 0 &&
	     back == number);
	if (size < 2 || data[1] == 0)
		return;
	at = data[0] % strlen(id.text);
	id.text[at] = (char)(id.text[at] ^ data[1]);
	MUST(id_parse(&mask, ID_MESSAGE, id.text, ID_TEXT_BYTES - 1, &back,
		      NULL) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	if (sodium_init() < 0 || size > 300)
		return 0;
	/* Just as long as it is: reading past its end shows. */
	text = malloc(size + (size == 0));
	MUST(text != NULL);
	memcpy(text, data, size);
	decode(text, size);
	names_and_ids(text, size);
	free(text);
	encode(data, size);
	id_changed(data, size);
	return 0;
}
