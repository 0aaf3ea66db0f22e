/* verb_restore.c - `postern restore ...`. */
#include <sodium.h>
#include <unistd.h>

#include "api/operator.h"
#include "postern/durable.h"
#include "postern/secret.h"
#include "restore.h"

#define USAGE                                                          \
	"restore FILE --identity FILE [--keys FILE --passphrase-file " \
	"FILE] [--without-erasures]"

struct wanted {
	struct restore_order order;
	const char *identity_file, *passphrase_file;
};

static bool read_options(const struct verb_args *args, struct wanted *ret)
{
	for (int i = 1; i < args->argc; i++) {
		const char *option = args->argv[i];
		const char **into =
		    strcmp(option, "--identity") == 0 ? &ret->identity_file
		    : strcmp(option, "--keys") == 0   ? &ret->order.keys_file
		    : strcmp(option, "--passphrase-file") == 0
			? &ret->passphrase_file
			: NULL;

		if (strcmp(option, "--without-erasures") == 0) {
			ret->order.without_erasures = true;
			continue;
		}
		if (into == NULL)
			return false;
		*into = operator_option(args, &i);
		if (*into == NULL)
			return false;
	}
	return ret->identity_file != NULL &&
	       (ret->order.keys_file == NULL) == (ret->passphrase_file == NULL);
}

static bool read_secret(const char *file, const char *what, struct secret *ret)
{
	struct err err = {0};

	if (secret_read(file, 1, ret, &err) == 0)
		return true;
	(void)fprintf(stderr,
		      "%s:0:0: no %s; a file readable by its owner only\n",
		      file, what);
	return false;
}

static void print_done(const struct verb_args *args,
		       const struct restore_result *r)
{
	if (args->json)
		(void)printf("{\"state\": \"restored\", \"went_on\": %s, "
			     "\"entries\": %llu, \"replay\": %llu, "
			     "\"parked\": %llu, \"restricted\": %llu, "
			     "\"withdrawn\": %llu, \"suppressed\": %llu, "
			     "\"held\": %llu, \"requests\": %llu}\n",
			     r->went_on ? "true" : "false",
			     (unsigned long long)r->entries,
			     (unsigned long long)r->erased,
			     (unsigned long long)r->parked,
			     (unsigned long long)r->restricted,
			     (unsigned long long)r->withdrawn,
			     (unsigned long long)r->suppressed,
			     (unsigned long long)r->held,
			     (unsigned long long)r->requests);
	else if (r->went_on)
		(void)printf("the restore that was begun is done; postern "
			     "serve erases again before it opens\n");
	else
		(void)printf(
		    "restored: a proof log of %llu entries, %llu deliveries "
		    "parked (postern outbox list restored), %llu requests "
		    "that wait for somebody (postern alarms); postern "
		    "serve does %llu erasures again before it opens\n",
		    (unsigned long long)r->entries,
		    (unsigned long long)r->parked,
		    (unsigned long long)r->requests,
		    (unsigned long long)r->erased);
}

/* A new instance has them all from its first day: one that is not there was
 * not brought along.  Without erasures.log restore_run() refuses. */
static void say_missing(const char *dir)
{
	static const char *const logs[][2] = {
	    {"forgotten.log", "which records were deleted"},
	    {"restrictions.log", "who was restricted"},
	    {"withdrawals.log", "who withdrew a consent or objected"},
	    {"holds.log", "what was held"},
	};
	char path[DURABLE_PATH_BYTES];
	struct err ignored;

	for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++)
		if (durable_path(dir, logs[i][0], path, &ignored) == 0 &&
		    access(path, F_OK) != 0)
			(void)fprintf(stderr,
				      "postern: there is no %s in this folder: "
				      "%s since the backup is not known here\n",
				      logs[i][0], logs[i][1]);
}

static int restore(const struct verb_args *args, struct wanted *w)
{
	struct restore_result result = {0};
	struct err err = {0};

	say_missing(args->dir);
	if (restore_run(env_system(), &w->order, &result, &err) != 0) {
		(void)fprintf(stderr, "postern: %s\n", err.what);
		return EXIT_REFUSED;
	}
	print_done(args, &result);
	return EXIT_DONE;
}

int verb_restore(const struct verb_args *args)
{
	struct wanted w = {.order.dir = args->dir};
	struct secret identity = {0}, passphrase = {0};
	struct identity_key key = {0};
	int rc = EXIT_REFUSED;

	if (args->argc < 1 || args->argv[0][0] == '-' ||
	    !read_options(args, &w))
		return operator_usage(USAGE);
	w.order.file = args->argv[0];
	w.order.identity = &key;
	if (!read_secret(w.identity_file, "identity", &identity) ||
	    (w.passphrase_file != NULL &&
	     !read_secret(w.passphrase_file, "passphrase", &passphrase)))
		goto out;
	if (!identity_key_parse((const char *)identity.bytes, identity.len,
				&key)) {
		(void)fprintf(stderr,
			      "%s:0:0: no identity; what postern "
			      "backup keygen wrote\n",
			      w.identity_file);
		goto out;
	}
	w.order.passphrase = passphrase.bytes;
	w.order.passphrase_len = passphrase.len;
	rc = restore(args, &w);
out:
	sodium_memzero(&key, sizeof(key));
	secret_wipe(&identity);
	secret_wipe(&passphrase);
	return rc;
}
