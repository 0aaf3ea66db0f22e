/* verb_backup.c - `postern backup ...`. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include "api/operator.h"
#include "making.h"
#include "postern/durable.h"
#include "postern/env.h"

#define USAGE	 "backup FILE --to RECIPIENT | keygen --out FILE | list"
#define TEXT_MAX 256

/* --- a pair --------------------------------------------------------------- */

static int write_identity(const char *file, const struct identity_key *key)
{
	char public[RECIPIENT_TEXT_BYTES], secret[RECIPIENT_TEXT_BYTES];
	struct recipient to;
	struct err err = {0};
	char text[512];
	int fd, n, rc;

	memcpy(to.public, key->public, sizeof(to.public));
	recipient_format(&to, public);
	identity_key_format(key, secret);
	n = snprintf(text, sizeof(text),
		     "# Opens backups for %s.\n# Keep it away from the "
		     "machine they are made on.\n%s\n",
		     public, secret);
	sodium_memzero(secret, sizeof(secret));
	fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	rc = fd < 0 ? -1 : durable_write(fd, text, (size_t)n, &err);
	if (rc == 0)
		rc = fsync(fd);
	if (fd >= 0)
		(void)close(fd); /* synced, or failed already */
	sodium_memzero(text, sizeof(text));
	if (rc != 0)
		(void)fprintf(stderr, "postern: %s cannot be written: %s\n",
			      file, strerror(errno));
	return rc;
}

static int keygen(const struct verb_args *args)
{
	char public[RECIPIENT_TEXT_BYTES];
	struct identity_key key;
	struct recipient to;
	int rc;

	if (args->argc != 3 || strcmp(args->argv[1], "--out") != 0)
		return operator_usage(USAGE);
	identity_key_make(&key);
	rc = write_identity(args->argv[2], &key);
	memcpy(to.public, key.public, sizeof(to.public));
	sodium_memzero(&key, sizeof(key));
	if (rc != 0)
		return EXIT_REFUSED;
	recipient_format(&to, public);
	(void)printf(args->json ? "{\"recipient\": \"%s\"}\n" : "%s\n", public);
	return EXIT_DONE;
}

/* --- the list ------------------------------------------------------------- */

static void print_list(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "backups"), *one;

	(void)printf("%-30s  %-5s  %-20s  %-20s  %s\n", "BACKUP", "KIND",
		     "MADE", "EXPIRES", "EXPIRED");
	for (size_t i = 0; (one = json_array_get(list, i)) != NULL; i++)
		(void)printf(
		    "%-30s  %-5s  %-20s  %-20s  %s\n", operator_text(one, "id"),
		    operator_text(one, "kind"), operator_text(one, "made"),
		    operator_text(one, "expires"),
		    operator_text(one, "expired"));
}

/* --- a backup ------------------------------------------------------------- */

struct meter {
	bool showing;
	unsigned int percent;
};

static void show(void *ctx, uint64_t done, uint64_t all)
{
	struct meter *m = ctx;
	unsigned int percent =
	    all == 0 ? 100 : (unsigned int)((double)done * 100 / (double)all);

	if (!m->showing || percent == m->percent)
		return;
	m->percent = percent;
	(void)fprintf(stderr, "\rbackup: %3u %%", percent);
}

/* The text itself, or a file with it. */
static bool read_recipient(const char *text, struct recipient *ret)
{
	char line[TEXT_MAX];
	FILE *file;
	bool good;

	if (recipient_parse(text, strlen(text), ret))
		return true;
	file = fopen(text, "re");
	if (file == NULL)
		return false;
	good = fgets(line, sizeof(line), file) != NULL &&
	       recipient_parse(line, strcspn(line, "\r\n"), ret);
	(void)fclose(file); /* read only */
	return good;
}

static void print_made(const struct verb_args *args, const char *file,
		       const struct making_result *made)
{
	if (args->json)
		(void)printf("{\"state\": \"done\", \"files\": %llu, "
			     "\"bytes\": %llu, \"entries\": %llu}\n",
			     (unsigned long long)made->files,
			     (unsigned long long)made->bytes,
			     (unsigned long long)made->entries);
	else
		(void)printf("data written to %s: %llu bytes, %llu files, "
			     "proof log of %llu entries; without keys\n",
			     file, (unsigned long long)made->bytes,
			     (unsigned long long)made->files,
			     (unsigned long long)made->entries);
}

static int backup(const struct verb_args *args)
{
	struct meter meter = {.showing = isatty(STDERR_FILENO) != 0};
	struct making_result made = {0};
	struct recipient to;
	struct making_order order = {
	    .dir = args->dir,
	    .file = args->argv[0],
	    .to = &to,
	    .made_ms = env_system()->wall_ms(env_system()),
	    .progress = show,
	    .ctx = &meter,
	};
	struct err err = {0};
	int rc;

	if (!read_recipient(args->argv[2], &to)) {
		(void)fprintf(stderr, "postern: --to is no recipient, and no "
				      "file with one; postern backup keygen "
				      "makes one\n");
		return EXIT_REFUSED;
	}
	rc = making_run(&order, &made, &err);
	if (meter.showing && meter.percent > 0)
		(void)fprintf(stderr, "\r%30s\r", "");
	if (rc != 0) {
		(void)fprintf(stderr, "postern: %s\n", err.what);
		return EXIT_REFUSED;
	}
	if (operator_note_copy(args, "/v1/backups", order.file) != EXIT_DONE)
		return EXIT_REFUSED;
	print_made(args, order.file, &made);
	return EXIT_DONE;
}

int verb_backup(const struct verb_args *args)
{
	const struct operator_call list = {.method = "GET",
					   .path = "/v1/backups"};
	const char *act = args->argc > 0 ? args->argv[0] : "";

	if (strcmp(act, "keygen") == 0)
		return keygen(args);
	if (strcmp(act, "list") == 0 && args->argc == 1)
		return operator_show(args, &list, print_list);
	if (args->argc != 3 || act[0] == '-' ||
	    strcmp(args->argv[1], "--to") != 0)
		return operator_usage(USAGE);
	return backup(args);
}
