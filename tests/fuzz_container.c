/* fuzz_container.c - any bytes as a backup of keys.
 *
 * Either the file as it is (never taken), or its clear stream sealed under
 * the right passphrase, so that what is parsed behind the seal is reached
 * too: strings come out as they were put in, and the end is accepted only
 * when everything was taken, the final tag was there and nothing follows. */
#include <sodium.h>

#include "fuzz_house.h"
#include "keeper/container.h"

#define CHUNK  65536
#define HEAD   40 /* magic, ops, memory, salt */
#define ABYTES crypto_secretstream_xchacha20poly1305_ABYTES
#define STREAM crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define FINAL  crypto_secretstream_xchacha20poly1305_TAG_FINAL

/* The smallest cost there is: 1 pass over 8 KiB. */
static const uint8_t cheap[HEAD] = {'P', 'S', 'T', 'R', 'N', 'K', 'B', '1',
				    0,	 0,   0,   0,	0,   0,	  0,   1,
				    0,	 0,   0,   0,	0,   0,	  32,  0};
static uint8_t key[32];
static char path[96], taken[96];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	MUST(sodium_init() >= 0);
	fuzz_dir_begin();
	(void)snprintf(path, sizeof(path), "%s/backup", fuzz_dir);
	(void)snprintf(taken, sizeof(taken), "%s/taken", fuzz_dir);
	MUST(crypto_pwhash(key, sizeof(key), "words", 5, cheap + 24, 1, 8192,
			   crypto_pwhash_ALG_ARGON2ID13) == 0);
	return 0;
}

static struct container_life life;

static void arbitrary(struct feed *f)
{
	static const uint8_t none[1] = {0};
	struct container *c = NULL;
	struct err err = {0};

	/* Half of them with a head that gets as far as the cipher. */
	if (feed_byte(f) & 1)
		fuzz_file(path, cheap, sizeof(cheap), f->at, f->left);
	else if (f->left < 24 || (f->at[20] == 0 && f->at[21] == 0))
		fuzz_file(path, f->left > 0 ? f->at : none, f->left, none, 0);
	else
		return; /* Argon2id over megabytes, every time */
	MUST(container_open(path, "words", 5, &life, &c, &err) == -1);
	MUST(err.kind == ERR_INPUT || err.kind == ERR_CORRUPT);
}

/* A string out of the container, judged against the clear stream. */
static bool take(struct container *c, bool as_file, struct feed *clear)
{
	static uint8_t bytes[512], file[CHUNK];
	size_t len = 0, want = 0;
	bool whole = clear->left >= 4;
	int rc;

	for (int i = 0; i < 4; i++)
		want = want << 8 | feed_byte(clear);
	whole = whole && want <= clear->left;
	if (!as_file) {
		rc = container_take_bytes(c, bytes, sizeof(bytes), &len, NULL);
		MUST((rc == 0) == (whole && want <= sizeof(bytes)));
		MUST(rc != 0 ||
		     (len == want &&
		      (len == 0 || memcmp(bytes, clear->at, len) == 0)));
	} else {
		int fd;

		rc = container_take_file(c, taken, NULL);
		MUST((rc == 0) == whole);
		fd = open(taken, O_RDONLY | O_CLOEXEC);
		if (rc == 0) {
			MUST(read(fd, file, sizeof(file)) == (ssize_t)want);
			MUST(want == 0 || memcmp(file, clear->at, want) == 0);
		}
		if (fd >= 0)
			(void)close(fd);
		(void)unlink(taken);
	}
	if (rc != 0)
		return false;
	clear->at += want;
	clear->left -= want;
	return true;
}

static void sealed(struct feed *f)
{
	static uint8_t file[STREAM + CHUNK + ABYTES + 8];
	crypto_secretstream_xchacha20poly1305_state state;
	uint8_t tag = feed_byte(f), more = feed_byte(f) & 7;
	uint8_t plan = feed_byte(f);
	struct feed clear = *f;
	struct container *c = NULL;
	bool good = true;

	if (clear.left > CHUNK)
		return;
	MUST(crypto_secretstream_xchacha20poly1305_init_push(&state, file,
							     key) == 0);
	MUST(crypto_secretstream_xchacha20poly1305_push(
		 &state, file + STREAM, NULL, clear.at, clear.left, cheap, HEAD,
		 tag) == 0);
	memset(file + STREAM + clear.left + ABYTES, 0, more);
	fuzz_file(path, cheap, HEAD, file, STREAM + clear.left + ABYTES + more);
	if (container_open(path, "words", 5, &life, &c, NULL) != 0) {
		MUST(more > 0 && clear.left < CHUNK);
		return;
	}
	MUST(more == 0 || clear.left == CHUNK);
	for (int i = 0; i < 8 && good && clear.left > 0; i++)
		good = take(c, (plan >> i & 1) != 0, &clear);
	if (good)
		MUST((container_end(c, NULL) == 0) ==
		     (clear.left == 0 && tag == FINAL && more == 0));
	container_close(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = {data, size};

	if (feed_byte(&f) & 1)
		sealed(&f);
	else
		arbitrary(&f);
	return 0;
}
