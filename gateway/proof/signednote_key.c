/* signednote_key.c - the keys of signed notes and their texts ("vkey"). */
#include "signednote.h"

#include <sodium.h>

#include "postern/text.h"

#define ID_HEX	  8
#define KEY_BYTES (1 + 32) /* type and key */

uint32_t note_key_id(const char *name, enum note_key_type type,
		     const uint8_t key[32])
{
	const uint8_t head[2] = {'\n', (uint8_t)type};
	uint8_t hash[crypto_hash_sha256_BYTES];
	crypto_hash_sha256_state sha;

	(void)crypto_hash_sha256_init(&sha);
	(void)crypto_hash_sha256_update(&sha, (const uint8_t *)name,
					strlen(name));
	(void)crypto_hash_sha256_update(&sha, head, sizeof(head));
	(void)crypto_hash_sha256_update(&sha, key, 32);
	(void)crypto_hash_sha256_final(&sha, hash);
	return (uint32_t)hash[0] << 24 | (uint32_t)hash[1] << 16 |
	       (uint32_t)hash[2] << 8 | hash[3];
}

/* White space of Unicode beyond ASCII, in UTF-8.  From sequence to sequence
 * only the last byte counts on. */
static bool is_space(const uint8_t *s, size_t len)
{
	static const struct {
		const char *from;
		uint8_t to;
	} spaces[] = {
	    {"\xc2\x85", 0x85},	    {"\xc2\xa0", 0xa0},
	    {"\xe1\x9a\x80", 0x80}, {"\xe2\x80\x80", 0x8a},
	    {"\xe2\x80\xa8", 0xa9}, {"\xe2\x80\xaf", 0xaf},
	    {"\xe2\x81\x9f", 0x9f}, {"\xe3\x80\x80", 0x80},
	};

	for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
		const char *from = spaces[i].from;

		if (strlen(from) == len && memcmp(s, from, len - 1) == 0 &&
		    s[len - 1] >= (uint8_t)from[len - 1] &&
		    s[len - 1] <= spaces[i].to)
			return true;
	}
	return false;
}

/* Also of a name that is too long for a key of ours. */
bool note_name_plain(const char *name, size_t len)
{
	const uint8_t *at = (const uint8_t *)name;
	size_t i, step;

	for (i = 0; i < len; i += step) {
		step = utf8_sequence(at + i, len - i);
		if (step == 0 || at[i] <= ' ' || at[i] == '+' ||
		    is_space(at + i, step))
			return false;
	}
	return len > 0;
}

bool note_name_valid(const char *name, size_t len)
{
	return len < NOTE_NAME_BYTES && note_name_plain(name, len);
}

int note_key_make(const char *name, enum note_key_type type,
		  const uint8_t key[32], struct note_key *ret, struct err *err)
{
	size_t len = strlen(name);

	if (!note_name_valid(name, len))
		return ERR_SET(err, ERR_INPUT, "no name for a key", 0);
	if (type != NOTE_ED25519 && type != NOTE_COSIGNATURE)
		return ERR_SET(err, ERR_INPUT, "a type of key not known here",
			       0);
	/* Also not one with which anything would verify. */
	if (crypto_core_ed25519_is_valid_point(key) != 1)
		return ERR_SET(err, ERR_INPUT, "not an Ed25519 key", 0);
	*ret =
	    (struct note_key){.id = note_key_id(name, type, key), .type = type};
	memcpy(ret->name, name, len);
	memcpy(ret->bytes, key, sizeof(ret->bytes));
	return 0;
}

/* name+hex+base64, of which base64 may have a '+' too. */
static bool split(const char *text, size_t len, size_t *ret_name,
		  size_t *ret_base64)
{
	const char *plus = len > 0 ? memchr(text, '+', len) : NULL;

	if (plus == NULL)
		return false;
	*ret_name = (size_t)(plus - text);
	*ret_base64 = *ret_name + 1 + ID_HEX + 1;
	return *ret_base64 < len && text[*ret_base64 - 1] == '+';
}

static bool id_parse(const char *hex, uint32_t *ret)
{
	uint8_t id[ID_HEX / 2];

	for (size_t i = 0; i < ID_HEX; i++)
		if (hex[i] >= 'A' && hex[i] <= 'F')
			return false;
	if (!hex_decode(hex, ID_HEX, id, sizeof(id)))
		return false;
	*ret = (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 |
	       (uint32_t)id[2] << 8 | id[3];
	return true;
}

int note_key_parse(const char *text, size_t len, struct note_key *ret,
		   struct err *err)
{
	size_t name_len, base64, got;
	char name[NOTE_NAME_BYTES];
	uint8_t key[KEY_BYTES];
	struct note_key made;
	uint32_t id;

	if (!split(text, len, &name_len, &base64) ||
	    !id_parse(text + name_len + 1, &id))
		return ERR_SET(err, ERR_INPUT,
			       "a key is name+8 hex digits+base64", 0);
	if (!note_name_valid(text, name_len))
		return ERR_SET(err, ERR_INPUT, "no name for a key", 0);
	memcpy(name, text, name_len);
	name[name_len] = '\0';
	if (!base64_decode(text + base64, len - base64, key, sizeof(key),
			   &got) ||
	    got != sizeof(key))
		return ERR_SET(err, ERR_INPUT,
			       "a key is base64 of its type and 32 bytes", 0);
	if (note_key_make(name, key[0], key + 1, &made, err) != 0)
		return -1;
	if (made.id != id)
		return ERR_SET(err, ERR_INPUT,
			       "the hex digits are not those of this name and "
			       "key",
			       0);
	*ret = made;
	return 0;
}

void note_key_print(const struct note_key *key, char ret[NOTE_VKEY_BYTES])
{
	char base64[BASE64_LEN(KEY_BYTES) + 1];
	uint8_t bytes[KEY_BYTES];

	bytes[0] = (uint8_t)key->type;
	memcpy(bytes + 1, key->bytes, sizeof(key->bytes));
	base64_encode(bytes, sizeof(bytes), base64);
	(void)snprintf(ret, NOTE_VKEY_BYTES, "%s+%08x+%s", key->name, key->id,
		       base64);
}
