/* fuzz_mediafile.c - any bytes as a sealed attachment.
 *
 * The first byte chooses: bytes as they are, which never open; or the bytes
 * sealed under the right key with a tag and a length of the fuzzer's choice:
 * they are given out exactly when the tag is the final one, the length the
 * row claims is true and nothing was changed. */
#include <sodium.h>

#include "fuzz_house.h"
#include "worker/worker.h"

#define CHUNK  65536
#define FILE32 "00000000000000000000000000000000"
#define ABYTES crypto_secretstream_xchacha20poly1305_ABYTES
#define HEAD   crypto_secretstream_xchacha20poly1305_HEADERBYTES

static const uint8_t key[32] = {7, 1};
static char path[160];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	MUST(sodium_init() >= 0);
	fuzz_dir_begin();
	(void)snprintf(path, sizeof(path), "%s/media", fuzz_dir);
	MUST(mkdir(path, 0700) == 0);
	(void)snprintf(path, sizeof(path), "%s/media/00", fuzz_dir);
	MUST(mkdir(path, 0700) == 0);
	(void)snprintf(path, sizeof(path), "%s/media/00/" FILE32, fuzz_dir);
	return 0;
}

/* Reads to the end.  true: it ended well, with just these bytes. */
static bool reads(int64_t claimed, const uint8_t *wanted, size_t wanted_len)
{
	struct sealedfile *f = NULL;
	struct err err = {0};
	uint8_t piece[1500];
	size_t len = 1, at = 0;
	int rc = 0;

	if (mediafile_open(fuzz_dir, FILE32, key, claimed, &f, &err) != 0) {
		MUST(err.kind == ERR_CORRUPT || err.kind == ERR_INPUT);
		return false;
	}
	while (len > 0 && (rc = sealedfile_read(f, piece, sizeof(piece), &len,
						&err)) == 0) {
		MUST(len <= wanted_len - at);
		MUST(len == 0 || memcmp(piece, wanted + at, len) == 0);
		at += len;
	}
	sealedfile_close(&f);
	MUST(rc == 0 ? at == wanted_len : err.kind == ERR_CORRUPT);
	return rc == 0;
}

static void arbitrary(const uint8_t *data, size_t size)
{
	fuzz_file(path, data, size, "", 0);
	MUST(!reads((int64_t)size - (int64_t)(HEAD + ABYTES), data, size));
	MUST(!reads(0, data, size));
}

static void sealed(struct feed *f)
{
	crypto_secretstream_xchacha20poly1305_state state;
	uint8_t header[HEAD], bytes[CHUNK + ABYTES];
	uint8_t tag = feed_byte(f), flip = feed_byte(f), lie = feed_byte(f);
	unsigned long long len = 0;
	size_t clear_len = f->left < CHUNK ? f->left : CHUNK;

	MUST(crypto_secretstream_xchacha20poly1305_init_push(&state, header,
							     key) == 0);
	MUST(crypto_secretstream_xchacha20poly1305_push(
		 &state, bytes, &len, f->at, clear_len, NULL, 0, tag) == 0);
	if (flip != 0)
		bytes[(size_t)flip * 257 % (size_t)len] ^= flip;
	fuzz_file(path, header, sizeof(header), bytes, (size_t)len);
	MUST(reads((int64_t)clear_len + lie, f->at, clear_len) ==
	     (tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL &&
	      flip == 0 && lie == 0));
}

static void names(struct feed *f)
{
	struct sealedfile *m = NULL;
	char *name = feed_text(f, 64);
	struct err err = {0};

	if (mediafile_open(fuzz_dir, name, key, 0, &m, &err) == 0)
		sealedfile_close(&m);
	else if (strspn(name, "0123456789abcdef") != 32 || strlen(name) != 32)
		MUST(err.kind == ERR_INPUT);
	free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = {data, size};

	switch (feed_byte(&f) % 3) {
	case 0:
		arbitrary(f.at, f.left);
		break;
	case 1:
		sealed(&f);
		break;
	default:
		names(&f);
	}
	return 0;
}
