/* verb_init.c - verb init: options in, what was made out. */
#include <jansson.h>
#include <sodium.h>

#include "postern/env.h"
#include "postern/jsonmem.h"
#include "postern/settings.h"
#include "settings/templates.h"
#include "verbs.h"

static int usage(const char *what, const char *which)
{
	const struct template_policy *all;
	size_t len;

	(void)fprintf(stderr, "postern init: %s %s\n", what, which);
	(void)fprintf(stderr,
		      "usage: postern [-d DIR] [--json] init [--template NAME]"
		      " [--passphrase-file FILE]\n"
		      "       [--public HOST:PORT] [--internal HOST:PORT]\n"
		      "templates:");
	all = template_all(&len);
	for (size_t i = 0; i < len; i++)
		(void)fprintf(stderr, " %s", all[i].name);
	(void)fputc('\n', stderr);
	return EXIT_USAGE;
}

static int read_options(const struct verb_args *args,
			struct settings_init_conf *conf)
{
	const struct {
		const char *name;
		const char **value;
	} options[] = {{"--template", &conf->template_name},
		       {"--passphrase-file", &conf->passphrase_file},
		       {"--public", &conf->public},
		       {"--internal", &conf->internal}};

	for (int i = 0; i < args->argc; i += 2) {
		const char **value = NULL;

		for (size_t j = 0; j < sizeof(options) / sizeof(options[0]);
		     j++)
			if (strcmp(args->argv[i], options[j].name) == 0)
				value = options[j].value;
		if (!value)
			return usage("unknown option", args->argv[i]);
		if (i + 1 == args->argc)
			return usage("no value for", args->argv[i]);
		*value = args->argv[i + 1];
	}
	if (!template_find(conf->template_name))
		return usage("unknown template", conf->template_name);
	return EXIT_DONE;
}

static int print_json(const struct settings_init_conf *conf,
		      const struct settings_made *made, const char *expires)
{
	char hook[192];
	json_t *root;
	int rc;

	(void)snprintf(hook, sizeof(hook), "/hooks/%s/%s", made->type,
		       made->path);
	root =
	    json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "dir", conf->dir, "template",
		      conf->template_name, "channel", made->channel, "webhook",
		      hook, "token", made->token, "token_expires", expires);
	rc = jsonmem_print_file(root, JSON_INDENT(2), stdout, NULL);
	json_decref(root);
	return rc;
}

/* What is in each file, and what a person has to do about it. */
static void print_secrets(const struct settings_made *made)
{
	for (size_t i = 0; i < made->secrets_len; i++) {
		const struct setting_row *row = made->secrets[i].row;

		(void)printf("     %s, %s\n       %s\n", made->secrets[i].file,
			     row->made == MADE_PLACEHOLDER ? "to be filled in"
							   : "random for now",
			     row->help);
	}
}

static void print_text(const struct settings_init_conf *conf,
		       const struct settings_made *made, const char *expires)
{
	(void)printf(
	    "Made %s:\n"
	    "  postern.yaml   settings\n"
	    "  policy.yaml    rules, from template %s\n"
	    "  secrets/       random ones, and places for yours\n"
	    "  keys/, keeper.db, postern.db, spool/, media/, run/\n"
	    "\n"
	    "Webhook address, behind your reverse proxy:\n"
	    "  https://YOUR-HOST/hooks/%s/%s\n"
	    "\n"
	    "First operator token, shown this once, valid until %s:\n"
	    "  %s\n"
	    "\n"
	    "Next:\n"
	    "  1. Put your company and account into postern.yaml.\n"
	    "  2. Write the secrets the other side made into these files, and\n"
	    "     tell it those it has to know:\n",
	    conf->dir, conf->template_name, made->type, made->path, expires,
	    made->token);
	print_secrets(made);
	(void)printf(
	    "  3. Let legal read policy.yaml.\n"
	    "  4. postern -d %s check\n"
	    "  5. postern -d %s serve\n"
	    "  6. Keep a copy of the keys apart from the data: postern -d %s\n"
	    "     keys backup FILE.  Without it nothing can be opened.\n",
	    conf->dir, conf->dir, conf->dir);
}

int verb_init(const struct verb_args *args)
{
	struct settings_init_conf conf = {.dir = args->dir,
					  .template_name = "kundenservice",
					  .public = "127.0.0.1:8080",
					  .internal = "127.0.0.1:8081"};
	struct settings_made made = {0};
	struct err err = {0};
	char expires[RFC3339_BYTES];
	int status = read_options(args, &conf);

	if (status != EXIT_DONE)
		return status;
	if (settings_init(env_system(), &conf, &made, &err) != 0) {
		(void)fprintf(stderr, "postern init: %s: %s", conf.dir,
			      err.what ? err.what : "failed");
		if (err.native != 0)
			(void)fprintf(stderr, " (error %d)", err.native);
		(void)fputc('\n', stderr);
		return EXIT_REFUSED;
	}
	env_rfc3339(made.token_expires_ms, expires);
	if (args->json)
		status = print_json(&conf, &made, expires) == 0 ? EXIT_DONE
								: EXIT_REFUSED;
	else
		print_text(&conf, &made, expires);
	sodium_memzero(&made, sizeof(made));
	return status;
}
