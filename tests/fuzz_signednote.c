/* fuzz_signednote.c - a note and a key are read only as they would be written;
 * what is signed verifies, and nothing else does. */
#include <sodium.h>

#include "fuzz_house.h"
#include "postern/signednote.h"
#include "postern/text.h"

static struct note_key keys[2];
static uint8_t secrets[2][64];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const names[] = {"log.example", "witness.example/w"};
	static const enum note_key_type types[] = {NOTE_ED25519,
						   NOTE_COSIGNATURE};
	uint8_t public[32], seed[32];

	(void)argc;
	(void)argv;
	MUST(sodium_init() >= 0);
	for (size_t i = 0; i < 2; i++) {
		memset(seed, (int)i + 1, sizeof(seed));
		(void)crypto_sign_seed_keypair(public, secrets[i], seed);
		MUST(note_key_make(names[i], types[i], public, &keys[i],
				   NULL) == 0);
	}
	return 0;
}

static void add(struct buf *b, const void *bytes, size_t len)
{
	MUST(buf_append(b, bytes, len, NULL) == 0);
}

static void add_signature(struct buf *b, const struct note_signature *s)
{
	char base64[BASE64_LEN(4 + NOTE_SIGNATURE_BYTES) + 1];
	uint8_t bytes[4 + NOTE_SIGNATURE_BYTES];

	for (size_t i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(s->id >> (24 - 8 * i));
	memcpy(bytes + 4, s->bytes, s->bytes_len);
	base64_encode(bytes, 4 + s->bytes_len, base64);
	add(b, "\xe2\x80\x94 ", 4);
	add(b, s->name, s->name_len);
	add(b, " ", 1);
	add(b, base64, strlen(base64));
	add(b, "\n", 1);
}

/* Unless a signature is of a type that is passed over. */
static void written_again(const struct note *note, const char *bytes,
			  size_t len)
{
	struct buf b = BUF_INIT(2 * NOTE_BYTES_MAX);

	MUST(note->text == bytes && note->text_len < len);
	MUST(note->signatures_len >= 1);
	add(&b, note->text, note->text_len);
	add(&b, "\n", 1);
	for (size_t i = 0; i < note->signatures_len; i++) {
		const struct note_signature *s = &note->signatures[i];

		MUST(s->name > bytes && s->name + s->name_len < bytes + len);
		if (s->bytes_len == 0)
			goto out;
		add_signature(&b, s);
	}
	MUST(b.len == len && memcmp(b.bytes, bytes, len) == 0);
out:
	buf_free(&b);
}

static void judged(const struct note *note)
{
	bool good[2] = {true, true}, any = false, bad = false;
	int rc = note_verify(note, keys, 2, good, NULL);

	for (size_t i = 0; i < 2; i++) {
		enum note_verdict v = note_check(note, &keys[i], NULL);

		any = any || v == NOTE_GOOD;
		bad = bad || v == NOTE_BAD;
		MUST(good[i] == (rc == 0 && v == NOTE_GOOD));
	}
	MUST((rc == 0) == (any && !bad));
}

/* As a text: both sign it; one changed bit, and not both stand any more. */
static void signed_by_us(const char *text, size_t len)
{
	struct buf b = BUF_INIT(NOTE_BYTES_MAX);
	uint64_t time_s = 0;
	struct note note;
	bool good[2];
	size_t spot;

	add(&b, text, len);
	add(&b, "\n", 1);
	if (note_sign(text, len, &keys[0], secrets[0], &b, NULL) != 0)
		goto out;
	MUST(note_cosign(text, len, &keys[1], secrets[1], len, &b, NULL) == 0);
	MUST(note_parse((const char *)b.bytes, b.len, &note, NULL) == 0);
	MUST(note.text_len == len && note.signatures_len == 2);
	MUST(note_verify(&note, keys, 2, good, NULL) == 0);
	MUST(good[0] && good[1]);
	MUST(note_check(&note, &keys[1], &time_s) == NOTE_GOOD);
	MUST(time_s == len);
	spot = (len * 31 + (unsigned char)text[0]) % b.len;
	b.bytes[spot] ^= (uint8_t)(1u << len % 8);
	if (note_parse((const char *)b.bytes, b.len, &note, NULL) == 0)
		MUST(note_verify(&note, keys, 2, good, NULL) != 0 || !good[0] ||
		     !good[1]);
out:
	buf_free(&b);
}

static void key_again(const char *text, size_t size)
{
	char again[NOTE_VKEY_BYTES];
	struct note_key key;

	if (note_key_parse(text, size, &key, NULL) != 0)
		return;
	note_key_print(&key, again);
	MUST(strlen(again) == size && memcmp(again, text, size) == 0);
	MUST(note_name_valid(key.name, strlen(key.name)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct note note;

	key_again(text, size);
	if (note_parse(text, size, &note, NULL) == 0) {
		written_again(&note, text, size);
		judged(&note);
	}
	if (size > 0 && text[size - 1] == '\n')
		signed_by_us(text, size);
	return 0;
}
