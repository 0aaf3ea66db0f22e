/* verb_keys.c - `postern keys status|lock|unlock|rotate|backup`. */
#include <errno.h>
#include <sodium.h>
#include <termios.h>
#include <unistd.h>

#include "operator.h"
#include "postern/env.h"
#include "postern/keeper.h"
#include "postern/secret.h"

#define USAGE                                                          \
	"keys status | lock | unlock [--passphrase-file F] | rotate |" \
	" backup FILE [--passphrase-file F]"
#define PASSPHRASE_MIN 12
#define PASSLINE_MAX   1024

static void print_keys(const json_t *answer)
{
	bool locked = json_is_true(json_object_get(answer, "locked"));

	(void)printf("keeper       %s\n", locked ? "locked" : "unlocked");
	if (locked)
		(void)printf("why          %s\n",
			     operator_text(answer, "reason"));
	(void)printf("source       %s\n", operator_text(answer, "source"));
	(void)printf("data keys    %lld\nroot key     epoch %lld, made %s\n",
		     (long long)operator_number(answer, "data_keys"),
		     (long long)operator_number(answer, "root_epoch"),
		     operator_text(answer, "root_made"));
}

/* --- passphrases ---------------------------------------------------------- */

/* One line from the terminal without echo. */
static int read_line(const char *prompt, char line[PASSLINE_MAX])
{
	struct termios before, quiet;
	ssize_t len;

	if (tcgetattr(STDIN_FILENO, &before) != 0)
		return -1;
	quiet = before;
	quiet.c_lflag &= (tcflag_t)~ECHO;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) != 0)
		return -1;
	(void)fprintf(stderr, "%s", prompt);
	/* Not through stdio: its buffer would keep the passphrase. */
	do
		len = read(STDIN_FILENO, line, PASSLINE_MAX - 1);
	while (len < 0 && errno == EINTR);
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	(void)fputc('\n', stderr);
	if (len <= 0)
		return -1;
	line[len] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	return 0;
}

static int ask(bool twice, struct secret *ret)
{
	char line[PASSLINE_MAX] = "", again[PASSLINE_MAX] = "";
	struct err err;
	int rc = -1;

	if (read_line("Passphrase: ", line) != 0)
		goto out;
	if (twice &&
	    (read_line("Again: ", again) != 0 || strcmp(line, again) != 0)) {
		(void)fprintf(stderr, "postern: they differ\n");
		goto out;
	}
	rc = secret_set(ret, line, strlen(line), &err);
out:
	sodium_memzero(line, sizeof(line));
	sodium_memzero(again, sizeof(again));
	return rc;
}

/* From the file, else from a terminal; neither: stays empty. */
static int passphrase_of(const char *file, bool make, struct secret *ret)
{
	struct err err = {0};

	if (file == NULL) {
		if (isatty(STDIN_FILENO))
			return ask(make, ret);
		return 0;
	}
	if (secret_read(file, 1, ret, &err) == 0)
		return 0;
	(void)fprintf(stderr,
		      "%s:0:0: no passphrase; a file with one line, readable "
		      "by its owner only\n",
		      file);
	return -1;
}

/* [--passphrase-file F] from argv[at] on. */
static bool read_file_option(const struct verb_args *args, int at,
			     const char **ret)
{
	for (int i = at; i < args->argc; i++) {
		if (strcmp(args->argv[i], "--passphrase-file") != 0)
			return false;
		*ret = operator_option(args, &i);
		if (*ret == NULL)
			return false;
	}
	return true;
}

/* --- acts ----------------------------------------------------------------- */

static int unlock(const struct verb_args *args)
{
	struct operator_call call = {.method = "POST",
				     .path = "/v1/keys/unlock"};
	struct secret passphrase = {0};
	const char *file = NULL;
	int rc;

	if (!read_file_option(args, 1, &file))
		return operator_usage(USAGE);
	if (passphrase_of(file, false, &passphrase) != 0)
		return EXIT_REFUSED;
	call.body =
	    passphrase.len > 0
		? json_pack("{s:s%}", "passphrase",
			    (const char *)passphrase.bytes, passphrase.len)
		: json_object();
	secret_wipe(&passphrase);
	if (call.body == NULL) {
		(void)fprintf(stderr, "postern: not a passphrase in UTF-8\n");
		return EXIT_REFUSED;
	}
	rc = operator_show(args, &call, print_keys);
	json_decref(call.body);
	return rc;
}

static const char *backup_failed(enum err_kind kind)
{
	switch (kind) {
	case ERR_INPUT:
		return "the file exists, or the passphrase does not fit";
	case ERR_ABSENT:
		return "there are no keys here";
	case ERR_BUSY:
		return "not now; the same call may work later";
	default:
		return "the keys could not be copied";
	}
}

/* As the instance says; without one, thirty days. */
static int64_t expires_ms(const struct verb_args *args)
{
	bool absent = false;
	const struct operator_call call = {.method = "GET",
					   .path = "/v1/keys",
					   .quiet = true,
					   .ret_absent = &absent};
	json_t *answer = NULL;
	int64_t ret = env_system()->wall_ms(env_system()) +
		      INT64_C(30) * 24 * 3600 * 1000;

	if (operator_call(args, &call, &answer, NULL) != EXIT_DONE)
		return absent ? ret : 0;
	ret = operator_number(answer, "backup_expires_ms");
	json_decref(answer);
	return ret;
}

/* Past the instance: it works beside a running keeper, and without one. */
static int backup(const struct verb_args *args)
{
	struct secret passphrase = {0};
	struct err err = {0};
	const char *file = NULL;
	int64_t until_ms;
	int rc = EXIT_REFUSED;

	if (args->argc < 2 || args->argv[1][0] == '-' ||
	    !read_file_option(args, 2, &file))
		return operator_usage(USAGE);
	if (passphrase_of(file, true, &passphrase) != 0)
		return EXIT_REFUSED;
	if (passphrase.len < PASSPHRASE_MIN) {
		(void)fprintf(stderr, "postern: the backup needs a passphrase "
				      "of at least 12 characters\n");
		goto out;
	}
	until_ms = expires_ms(args);
	if (until_ms == 0)
		goto out;
	if (keeper_backup(env_system(), args->dir, args->argv[1],
			  passphrase.bytes, passphrase.len, until_ms,
			  &err) != 0) {
		(void)fprintf(stderr, "postern: %s\n", backup_failed(err.kind));
		goto out;
	}
	if (operator_note_copy(args, "/v1/keys/backup", args->argv[1]) !=
	    EXIT_DONE)
		goto out;
	if (args->json)
		(void)printf("{\"state\": \"done\"}\n");
	else
		(void)printf("keys written to %s; keep it apart from backups "
			     "of the data, and destroy it when it expires "
			     "(postern backup list)\n",
			     args->argv[1]);
	rc = EXIT_DONE;
out:
	secret_wipe(&passphrase);
	return rc;
}

int verb_keys(const struct verb_args *args)
{
	const char *act = args->argc > 0 ? args->argv[0] : "";
	struct operator_call call = {.method = "GET", .path = "/v1/keys"};

	if (strcmp(act, "unlock") == 0)
		return unlock(args);
	if (strcmp(act, "backup") == 0)
		return backup(args);
	if (args->argc != 1)
		return operator_usage(USAGE);
	if (strcmp(act, "status") == 0)
		return operator_show(args, &call, print_keys);
	call.method = "POST";
	if (strcmp(act, "lock") == 0)
		call.path = "/v1/keys/lock";
	else if (strcmp(act, "rotate") == 0)
		call.path = "/v1/keys/rotate";
	else
		return operator_usage(USAGE);
	return operator_show(args, &call, print_keys);
}
