/* fuzz_packagefile.c - any bytes as the secret of a link, as the file it names,
 * and as what such a file says.
 *
 * The first byte chooses.  A secret that nobody made opens nothing; a file
 * that was not sealed for this secret never opens; one that was gives back
 * just what was put, and a name in it leads nowhere but into the folder. */
#include <sodium.h>

#include "fuzz_house.h"
#include "postern/packagefile.h"

#define NOW INT64_C(1790000000000)

static char secret[PACKAGE_SECRET_BYTES];
static char path[160];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char name[PACKAGE_NAME_BYTES];

	(void)argc;
	(void)argv;
	MUST(sodium_init() >= 0);
	fuzz_dir_begin();
	(void)snprintf(path, sizeof(path), "%s/" PACKAGE_FOLDER, fuzz_dir);
	MUST(mkdir(path, 0700) == 0);
	memset(secret, '7', PACKAGE_SECRET_BYTES - 1);
	secret[PACKAGE_SECRET_BYTES - 2] = '0'; /* its last bits are none */
	MUST(packagefile_link_name(secret, name));
	(void)snprintf(path, sizeof(path), "%s/" PACKAGE_FOLDER "/%s.link",
		       fuzz_dir, name);
	return 0;
}

static void a_secret(const uint8_t *data, size_t size)
{
	struct packagefile_link link;
	char text[80], name[PACKAGE_NAME_BYTES];
	struct err err = {0};

	(void)snprintf(text, sizeof(text), "%.*s", (int)size,
		       (const char *)data);
	if (packagefile_link_name(text, name))
		MUST(strlen(text) == PACKAGE_SECRET_BYTES - 1 &&
		     strspn(name, "0123456789abcdef") == sizeof(name) - 1);
	if (strcmp(text, secret) == 0)
		return;
	MUST(packagefile_link_get(fuzz_dir, text, NOW, &link, &err) != 0 &&
	     err.kind == ERR_ABSENT);
}

static void a_file(const uint8_t *data, size_t size)
{
	struct packagefile_link link;
	struct err err = {0};

	fuzz_file(path, data, size, "", 0);
	MUST(packagefile_link_get(fuzz_dir, secret, NOW, &link, &err) != 0 &&
	     err.kind == ERR_CORRUPT);
}

static void what_it_says(const uint8_t *data, size_t size)
{
	struct packagefile_link put = {0}, got;
	struct sealedfile *f = NULL;
	struct err err = {0};
	int64_t len;

	if (size < sizeof(put.file) + 16)
		return;
	memcpy(put.file, data, sizeof(put.file) - 1);
	memcpy(&put.clear_len, data + 33, 8);
	memcpy(&put.expires_ms, data + 41, 8);
	MUST(packagefile_link_put(fuzz_dir, secret, &put, &err) == 0);
	if (packagefile_link_get(fuzz_dir, secret, NOW, &got, &err) != 0) {
		MUST(err.kind == ERR_ABSENT && put.expires_ms <= NOW);
		return;
	}
	MUST(memcmp(got.file, put.file, sizeof(got.file)) == 0);
	MUST(got.clear_len == put.clear_len);
	MUST(packagefile_open(fuzz_dir, secret, NOW, &f, &len, &err) != 0 &&
	     (err.kind == ERR_ABSENT || err.kind == ERR_INPUT));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	switch (data[0] % 3) {
	case 0:
		a_secret(data + 1, size - 1);
		break;
	case 1:
		a_file(data + 1, size - 1);
		break;
	default:
		what_it_says(data + 1, size - 1);
	}
	(void)unlink(path);
	return 0;
}
