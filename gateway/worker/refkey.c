/* refkey.c - keys of provider ids and of events without one. */
#include "refkey.h"

#include <sodium.h>

#include "postern/blindindex.h"
#include "postern/text.h"

#define PART_SEPARATOR 0x1f
#define REF_KIND       "wamid" /* as in ref.c */

const char *refkey_account(const struct settings_channel *conf,
			   const struct channel_driver *driver)
{
	const char *account = NULL;

	if (driver->account_key != NULL)
		account = setting_text(conf->values, conf->values_len,
				       driver->account_key);
	return account != NULL ? account : conf->name.text;
}

/* Any length, as a text an index accepts. */
static size_t add_hashed(struct keeper_batch *b, const char *const *parts,
			 size_t parts_len)
{
	static const uint8_t separator = PART_SEPARATOR;
	crypto_generichash_state state;
	uint8_t hash[32];
	char text[2 * sizeof(hash) + 1];
	size_t slot;

	(void)crypto_generichash_init(&state, NULL, 0, sizeof(hash));
	for (size_t i = 0; i < parts_len; i++) {
		if (i > 0)
			(void)crypto_generichash_update(&state, &separator, 1);
		if (parts[i] != NULL)
			(void)crypto_generichash_update(
			    &state, (const uint8_t *)parts[i],
			    strlen(parts[i]));
	}
	(void)crypto_generichash_final(&state, hash, sizeof(hash));
	hex_encode(hash, sizeof(hash), text);
	slot = keeper_add_index(b, REF_KIND, "", text, strlen(text));
	sodium_memzero(&state, sizeof(state));
	sodium_memzero(text, sizeof(text));
	return slot;
}

size_t refkey_add(struct keeper_batch *b, const char *const *parts,
		  size_t parts_len)
{
	char text[ADDRESS_LEN_MAX];
	size_t len = 0, part_len, slot;

	for (size_t i = 0; i < parts_len; i++) {
		part_len = parts[i] != NULL ? strlen(parts[i]) : 0;
		if (len + part_len + 1 > sizeof(text))
			return add_hashed(b, parts, parts_len);
		if (i > 0)
			text[len++] = PART_SEPARATOR;
		if (part_len > 0)
			memcpy(text + len, parts[i], part_len);
		len += part_len;
	}
	slot = keeper_add_index(b, REF_KIND, "", text, len);
	sodium_memzero(text, sizeof(text));
	return slot;
}

int refkey_get(const struct keeper_batch *b, size_t slot,
	       uint8_t ret[REF_HASH_BYTES], struct err *err)
{
	const uint8_t *index = NULL;
	size_t len = 0;

	if (keeper_result(b, slot, &index, &len, err) != 0)
		return -1;
	if (len < REF_HASH_BYTES)
		return ERR_SET(err, ERR_CORRUPT, "index too short", 0);
	memcpy(ret, index, REF_HASH_BYTES);
	return 0;
}
