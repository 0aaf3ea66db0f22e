/* id.c - ids inside and outside.
 *
 * Outside: tag (8 bytes) || id XOR pad (8 bytes), where
 *   tag = BLAKE2b(key, prefix || "t" || id), pad = BLAKE2b(key, prefix || "m"
 *   || tag), each cut to 8 bytes; base32 behind the prefix of the kind.
 * Deterministic on purpose: one record has one name. */
#include "postern/id.h"

#include <sodium.h>

#include "postern/text.h"

#define HALF_BYTES   8
#define PREFIX_BYTES 3
#define EPOCH_MS     INT64_C(1704067200000) /* 2024-01-01 */

static const char *const prefixes[] = {
    [ID_MESSAGE] = "msg",  [ID_CONVERSATION] = "cnv", [ID_PERSON] = "per",
    [ID_REQUEST] = "req",  [ID_HOLD] = "hld",	      [ID_ATTACHMENT] = "att",
    [ID_DELIVERY] = "dlv", [ID_TOKEN] = "tok",	      [ID_QUARANTINE] = "qrn",
    [ID_POLICY] = "pol",   [ID_CONSENT] = "cns",      [ID_RESTRICTION] = "rst",
    [ID_ACT] = "act",	   [ID_ERASURE] = "ers",      [ID_SWEEP] = "swp",
    [ID_REVIEW] = "rev",   [ID_NOTE] = "nte",	      [ID_PACKAGE] = "pkg",
    [ID_TELLING] = "tel",  [ID_BREACH] = "brc",	      [ID_CANARY] = "cny",
    [ID_BACKUP] = "bak",   [ID_ALARM] = "alm",	      [ID_REVEAL] = "rvl",
};

static void store_u64(uint64_t v, uint8_t ret[HALF_BYTES])
{
	for (unsigned int i = 0; i < HALF_BYTES; i++)
		ret[i] = (uint8_t)(v >> (56 - 8 * i));
}

static uint64_t load_u64(const uint8_t bytes[HALF_BYTES])
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < HALF_BYTES; i++)
		v = v << 8 | bytes[i];
	return v;
}

static void keyed(const struct id_mask *mask, const char *prefix, char use,
		  const uint8_t in[HALF_BYTES], uint8_t ret[HALF_BYTES])
{
	uint8_t message[PREFIX_BYTES + 1 + HALF_BYTES];
	uint8_t hash[crypto_generichash_BYTES];

	memcpy(message, prefix, PREFIX_BYTES);
	message[PREFIX_BYTES] = (uint8_t)use;
	memcpy(message + PREFIX_BYTES + 1, in, HALF_BYTES);
	(void)crypto_generichash(hash, sizeof(hash), message, sizeof(message),
				 mask->key, sizeof(mask->key));
	memcpy(ret, hash, HALF_BYTES);
	sodium_memzero(hash, sizeof(hash));
}

void id_format(const struct id_mask *mask, enum id_kind kind, int64_t id,
	       struct id_text *ret)
{
	const char *prefix = prefixes[kind];
	uint8_t plain[HALF_BYTES], pad[HALF_BYTES], out[2 * HALF_BYTES];

	store_u64((uint64_t)id, plain);
	keyed(mask, prefix, 't', plain, out);
	keyed(mask, prefix, 'm', out, pad);
	for (size_t i = 0; i < HALF_BYTES; i++)
		out[HALF_BYTES + i] = plain[i] ^ pad[i];
	memcpy(ret->text, prefix, PREFIX_BYTES);
	ret->text[PREFIX_BYTES] = '_';
	base32_encode(out, sizeof(out), ret->text + PREFIX_BYTES + 1);
}

int id_parse(const struct id_mask *mask, enum id_kind kind, const char *text,
	     size_t text_len, int64_t *ret_id, struct err *err)
{
	const char *prefix = prefixes[kind];
	uint8_t in[2 * HALF_BYTES], plain[HALF_BYTES], tag[HALF_BYTES];
	uint64_t id;

	if (text == NULL || text_len != ID_TEXT_BYTES - 1 ||
	    memcmp(text, prefix, PREFIX_BYTES) != 0 ||
	    text[PREFIX_BYTES] != '_' ||
	    !base32_decode(text + PREFIX_BYTES + 1, text_len - PREFIX_BYTES - 1,
			   in, sizeof(in)))
		return ERR_SET(err, ERR_ABSENT, "not an id", 0);
	keyed(mask, prefix, 'm', in, plain);
	for (size_t i = 0; i < HALF_BYTES; i++)
		plain[i] ^= in[HALF_BYTES + i];
	keyed(mask, prefix, 't', plain, tag);
	id = load_u64(plain);
	if (sodium_memcmp(tag, in, HALF_BYTES) != 0 || id > INT64_MAX)
		return ERR_SET(err, ERR_ABSENT, "no id of this instance", 0);
	*ret_id = (int64_t)id;
	return 0;
}

bool id_spelled(const char *text, size_t text_len, enum id_kind *ret_kind)
{
	uint8_t bytes[2 * HALF_BYTES];

	if (text_len != ID_TEXT_BYTES - 1 || text[PREFIX_BYTES] != '_' ||
	    !base32_decode(text + PREFIX_BYTES + 1, text_len - PREFIX_BYTES - 1,
			   bytes, sizeof(bytes)))
		return false;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (memcmp(text, prefixes[i], PREFIX_BYTES) == 0) {
			*ret_kind = (enum id_kind)i;
			return true;
		}
	return false;
}

int64_t id_time_ms(int64_t id)
{
	return id >> 20 > 0 ? EPOCH_MS + (id >> 20) : 0;
}

int64_t id_at(int64_t wall_ms)
{
	int64_t ms = wall_ms - EPOCH_MS;

	return ms > 0 && ms <= INT64_MAX >> 20 ? ms << 20 : 0;
}

int64_t id_next(struct id_source *source, int64_t wall_ms)
{
	int64_t ms = wall_ms - EPOCH_MS;
	int64_t id = 0;

	if (ms > 0 && ms <= INT64_MAX >> 20)
		id = ms << 20;
	if (id <= source->last)
		id = source->last + 1;
	source->last = id;
	return id;
}

void id_alias(const struct id_mask *mask, int64_t person, char ret[ALIAS_BYTES])
{
	uint8_t plain[HALF_BYTES], hash[HALF_BYTES];
	char digits[BASE32_LEN(5) + 1];

	store_u64((uint64_t)person, plain);
	keyed(mask, prefixes[ID_PERSON], 'a', plain, hash);
	base32_encode(hash, 5, digits);
	for (char *c = digits; *c != 0; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - 'a' + 'A');
	(void)snprintf(ret, ALIAS_BYTES, "Kunde %.4s-%.4s", digits, digits + 4);
}
