/* format.c - one spool record, pure. */
#include "postern/spool.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>
#include <xxhash.h>

#define MAGIC_1	    0x50535231u /* "PSR1": read, no longer written */
#define MAGIC_2	    0x50535232u /* "PSR2" */
#define CHECKED	    64		/* header bytes the check covers */
#define CHECK_BYTES 16
#define AT_CHANNEL  24
#define AT_CHECK    64

static void put_u32(uint8_t *at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void put_u64(uint8_t *at, uint64_t v)
{
	put_u32(at, (uint32_t)(v >> 32));
	put_u32(at + 4, (uint32_t)v);
}

static uint32_t get_u32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	       (uint32_t)at[2] << 8 | (uint32_t)at[3];
}

static uint64_t get_u64(const uint8_t *at)
{
	return (uint64_t)get_u32(at) << 32 | get_u32(at + 4);
}

/* Both parts at once, without the state of a stream: the header with the
 * payload's hash behind it is what is hashed last. */
static void check_2(const uint8_t *header, const uint8_t *payload,
		    size_t payload_len, uint8_t ret[CHECK_BYTES])
{
	uint8_t bytes[CHECKED + CHECK_BYTES];
	XXH128_canonical_t sum;

	_Static_assert(sizeof(sum.digest) == CHECK_BYTES, "check length");
	XXH128_canonicalFromHash(&sum, XXH3_128bits(payload, payload_len));
	memcpy(bytes, header, CHECKED);
	memcpy(bytes + CHECKED, sum.digest, CHECK_BYTES);
	XXH128_canonicalFromHash(&sum, XXH3_128bits(bytes, sizeof(bytes)));
	memcpy(ret, sum.digest, CHECK_BYTES);
}

/* What waits during an upgrade may still be of this kind. */
static void check_1(const uint8_t *header, const uint8_t *payload,
		    size_t payload_len, uint8_t ret[CHECK_BYTES])
{
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, NULL, 0, CHECK_BYTES);
	(void)crypto_generichash_update(&state, header, CHECKED);
	(void)crypto_generichash_update(&state, payload, payload_len);
	(void)crypto_generichash_final(&state, ret, CHECK_BYTES);
}

static bool check_fits(const uint8_t *header, const uint8_t *payload,
		       size_t payload_len)
{
	uint8_t check[CHECK_BYTES];

	if (get_u32(header) == MAGIC_1)
		check_1(header, payload, payload_len, check);
	else
		check_2(header, payload, payload_len, check);
	return memcmp(check, header + AT_CHECK, CHECK_BYTES) == 0;
}

void spool_header(const struct spool_record *record,
		  uint8_t ret[SPOOL_HEADER_BYTES])
{
	assert(record->payload_len <= SPOOL_PAYLOAD_MAX);
	memset(ret, 0, SPOOL_HEADER_BYTES);
	put_u32(ret, MAGIC_2);
	ret[4] = (uint8_t)record->kind;
	ret[5] = record->verdict;
	put_u32(ret + 8, (uint32_t)record->payload_len);
	put_u64(ret + 16, (uint64_t)record->received_ms);
	memcpy(ret + AT_CHANNEL, record->channel.text,
	       strnlen(record->channel.text, NAME_LEN_MAX));
	check_2(ret, record->payload, record->payload_len, ret + AT_CHECK);
}

static bool all_zero(const uint8_t *bytes, size_t len)
{
	return sodium_is_zero(bytes, len) == 1;
}

static bool magic_fits(uint32_t magic)
{
	return magic == MAGIC_1 || magic == MAGIC_2;
}

static bool kind_fits(uint8_t kind, size_t payload_len)
{
	switch (kind) {
	case SPOOL_KEY:
		return payload_len == SPOOL_BOX_BYTES;
	case SPOOL_BODY:
		return payload_len > 0 && payload_len <= SPOOL_PAYLOAD_MAX;
	default:
		return false;
	}
}

/* The channel's name; key records have none. */
static bool channel_read(const uint8_t *header, struct name *ret)
{
	const char *text = (const char *)header + AT_CHANNEL;
	size_t len = strnlen(text, NAME_LEN_MAX);

	if (!all_zero(header + AT_CHANNEL + len, NAME_LEN_MAX - len))
		return false;
	if (header[4] == SPOOL_KEY)
		return len == 0;
	return name_set(ret, text, len);
}

int spool_parse(const uint8_t *bytes, size_t len, struct spool_record *ret,
		size_t *ret_record_len, struct err *err)
{
	struct spool_record record = {0};

	if (len < SPOOL_HEADER_BYTES)
		return ERR_SET(err, ERR_ABSENT, "too few bytes", 0);
	if (all_zero(bytes, SPOOL_HEADER_BYTES))
		return ERR_SET(err, ERR_ABSENT, "end of the segment", 0);
	record.payload_len = get_u32(bytes + 8);
	if (!magic_fits(get_u32(bytes)) ||
	    !kind_fits(bytes[4], record.payload_len))
		return ERR_SET(err, ERR_CORRUPT, "no record", 0);
	if (bytes[6] != 0 || bytes[7] != 0 || get_u32(bytes + 12) != 0 ||
	    !all_zero(bytes + 56, 8) || get_u64(bytes + 16) > INT64_MAX)
		return ERR_SET(err, ERR_CORRUPT, "a fixed field differs", 0);
	if (!channel_read(bytes, &record.channel))
		return ERR_SET(err, ERR_CORRUPT, "no channel name", 0);
	if (len - SPOOL_HEADER_BYTES < record.payload_len)
		return ERR_SET(err, ERR_ABSENT, "record not complete", 0);
	record.payload = bytes + SPOOL_HEADER_BYTES;
	if (!check_fits(bytes, record.payload, record.payload_len))
		return ERR_SET(err, ERR_CORRUPT, "the check fails", 0);
	record.kind = (enum spool_kind)bytes[4];
	record.verdict = bytes[5];
	record.received_ms = (int64_t)get_u64(bytes + 16);
	*ret = record;
	*ret_record_len = SPOOL_HEADER_BYTES + record.payload_len;
	return 0;
}

size_t spool_aad(const struct name *channel, int64_t received_ms,
		 uint8_t ret[SPOOL_AAD_BYTES])
{
	static const char label[16] = {"postern-spool-v1"};

	memset(ret, 0, SPOOL_AAD_BYTES);
	memcpy(ret, label, sizeof(label));
	memcpy(ret + sizeof(label), channel->text,
	       strnlen(channel->text, NAME_LEN_MAX));
	put_u64(ret + sizeof(label) + NAME_LEN_MAX, (uint64_t)received_ms);
	return sizeof(label) + NAME_LEN_MAX + 8;
}
