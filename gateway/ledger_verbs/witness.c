/* witness.c - `postern ledger witness [init|vkey]`. */
#include "ledger_verbs/witness.h"

#include <jansson.h>
#include <sodium.h>
#include <string.h>

#include "postern/jsonmem.h"
#include "witness/witness.h"

static int refuse(const char *about, const char *what)
{
	(void)fprintf(stderr, "postern: %s: %s\n", about, what);
	return EXIT_REFUSED;
}

/* --- what is printed ------------------------------------------------------ */

static int print_vkey(const struct verb_args *args, const struct note_key *key)
{
	char vkey[NOTE_VKEY_BYTES];
	struct err err = {0};
	json_t *root;
	int rc;

	note_key_print(key, vkey);
	if (!args->json) {
		(void)printf("%s\n", vkey);
		return fflush(stdout) == 0 ? EXIT_DONE : EXIT_REFUSED;
	}
	root = json_pack("{s:s}", "vkey", vkey);
	rc = jsonmem_print_file(root, 0, stdout, &err);
	json_decref(root);
	return rc == 0 ? EXIT_DONE : refuse("vkey", err.what);
}

/* The witness of this folder under this name. */
static int show(const struct verb_args *args, const char *name)
{
	uint8_t secret[WITNESS_SECRET_BYTES];
	struct note_key key;
	struct err err = {0};
	int rc = witness_key(args->dir, name, &key, secret, &err);

	sodium_memzero(secret, sizeof(secret));
	return rc == 0 ? print_vkey(args, &key) : refuse(args->dir, err.what);
}

/* --- init ----------------------------------------------------------------- */

static int take_log(struct witness_settings *s, const char *vkey)
{
	struct err err = {0};

	if (s->logs_len == WITNESS_LOGS_MAX)
		return refuse("--log", "that is too many");
	if (note_key_parse(vkey, strlen(vkey), &s->logs[s->logs_len], &err) !=
	    0)
		return refuse("--log", err.what);
	if (s->logs[s->logs_len].type != NOTE_ED25519)
		return refuse("--log", "this is the key of a witness");
	s->logs_len++;
	return EXIT_DONE;
}

static int take_text(const char *option, const char *value, char *ret,
		     size_t size)
{
	if (ret[0] != '\0' || strlen(value) >= size)
		return refuse(option, "twice, or too long");
	memcpy(ret, value, strlen(value) + 1);
	return EXIT_DONE;
}

static int take_option(struct witness_settings *s, const char *option,
		       const char *value)
{
	if (strcmp(option, "--log") == 0)
		return take_log(s, value);
	if (strcmp(option, "--name") == 0)
		return take_text(option, value, s->name, sizeof(s->name));
	if (strcmp(option, "--listen") == 0)
		return take_text(option, value, s->listen, sizeof(s->listen));
	return EXIT_USAGE;
}

static int read_options(const struct verb_args *args,
			struct witness_settings *s)
{
	for (int i = 1; i < args->argc; i += 2) {
		int rc = i + 1 < args->argc
			     ? take_option(s, args->argv[i], args->argv[i + 1])
			     : EXIT_USAGE;

		if (rc != EXIT_DONE)
			return rc;
	}
	if (s->name[0] == '\0' || s->logs_len == 0)
		return EXIT_USAGE;
	if (!note_name_valid(s->name, strlen(s->name)))
		return refuse("--name",
			      "no name of a key; without blanks and +, such as "
			      "witness.example/dpo");
	if (s->listen[0] == '\0')
		(void)snprintf(s->listen, sizeof(s->listen), "%s",
			       WITNESS_LISTEN);
	return EXIT_DONE;
}

static int init(const struct verb_args *args)
{
	static struct witness_settings s; /* tens of kilobytes */
	struct err err = {0};
	int rc;

	s = (struct witness_settings){0};
	rc = read_options(args, &s);
	if (rc != EXIT_DONE)
		return rc;
	if (witness_make(args->dir, &s, &err) != 0)
		return refuse(args->dir, err.what);
	return show(args, s.name);
}

static int vkey(const struct verb_args *args)
{
	static struct witness_settings s;

	if (args->argc != 1)
		return EXIT_USAGE;
	return witness_settings_load(args->dir, stderr, &s) == 0
		   ? show(args, s.name)
		   : EXIT_REFUSED;
}

int verb_ledger_witness(const struct verb_args *args)
{
	if (args->argc == 0)
		return witness_serve(args->dir);
	if (strcmp(args->argv[0], "init") == 0)
		return init(args);
	if (strcmp(args->argv[0], "vkey") == 0)
		return vkey(args);
	return EXIT_USAGE;
}
