/* fuzz_keeperfiles.c - the keeper's small files: root key, public spool key,
 * the log of erasures.
 *
 * The checks are mended on request, so that what stands before them is
 * reached: a root key that is taken has one spelling. */
#include <sodium.h>

#include "fuzz_house.h"
#include "keeper/rootkey.h"
#include "postern/keeper.h"
#include "postern/text.h"

static char path[96];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	MUST(sodium_init() >= 0);
	fuzz_dir_begin();
	(void)snprintf(path, sizeof(path), "%s/spool.pub", fuzz_dir);
	return 0;
}

static void root_key(const char *text, size_t len)
{
	char again[ROOTKEY_FILE_MAX];
	struct rootkey k;
	struct err err = {0};

	if (rootkey_parse(text, len, &k, &err) != 0) {
		MUST(err.kind == ERR_INPUT);
		return;
	}
	MUST(k.of.epoch > 0 && k.made_ms >= 0);
	/* Digits of either case and leading zeros apart, the same text. */
	len = rootkey_format(&k, again);
	MUST(len < sizeof(again));
	MUST(rootkey_parse(again, len, &k, NULL) == 0);
}

/* The text with its last line made right. */
static void root_key_mended(const char *text, size_t len)
{
	char *whole = malloc(len + 64);
	uint8_t check[16];

	MUST(whole != NULL);
	memcpy(whole, text, len);
	(void)crypto_generichash(check, sizeof(check), (const uint8_t *)text,
				 len, NULL, 0);
	memcpy(whole + len, "check ", 6);
	hex_encode(check, sizeof(check), whole + len + 6);
	whole[len + 38] = '\n';
	root_key(whole, len + 39);
	free(whole);
}

static void spool_key(struct feed *f)
{
	uint8_t check[16] = {0};
	struct spool_public got;
	struct err err = {0};
	int rc;

	(void)crypto_generichash(check, sizeof(check), f->at,
				 f->left < 36 ? f->left : 36, NULL, 0);
	fuzz_file(path, f->at, f->left, check, sizeof(check));
	rc = spool_public_read(path, &got, &err);
	MUST(rc == 0 ? f->left == 36 : err.kind == ERR_CORRUPT);
	if (rc == 0)
		MUST(memcmp(got.key, f->at + 4, 32) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = {data, size};

	switch (feed_byte(&f) % 3) {
	case 0:
		root_key((const char *)f.at, f.left);
		break;
	case 1:
		root_key_mended((const char *)f.at, f.left);
		break;
	default:
		spool_key(&f);
	}
	return 0;
}
