/* main.c - the command line: one verb, one function. */
#include <curl/curl.h>
#include <gnutls/gnutls.h>
#include <jansson.h>
#include <limits.h>
#include <microhttpd.h>
#include <openssl/crypto.h>
#include <seccomp.h>
#include <sodium.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

#include "postern/diag.h"
#include "supervise/supervise.h"
#include "verbs.h"

#define VERSION	    "0.1.0"
#define DEFAULT_DIR "/var/lib/postern"

static const struct verb {
	const char *name;
	int (*run)(const struct verb_args *args);
	const char *help;
	const char *usage; /* a form per line; NULL: print_usage() asks */
} verbs[] = {
    {"init", verb_init, "make a data directory: settings, policy, keys, token",
     "init [--template kundenservice|handwerk|praxis|bank|shop]\n"
     "     [--passphrase-file FILE] [--public HOST:PORT] "
     "[--internal HOST:PORT]"},
    {"serve", verb_serve, "run the gateway; SIGTERM drains, SIGHUP reloads",
     "serve"},
    {"check", verb_check, "read settings and policy, say what is wrong",
     "check"},
    {"status", verb_status, "how the running gateway is", "status"},
    {"token", verb_token, "create, list and revoke access tokens",
     "token create --scope SCOPE ... [--helpdesk NAME] [--days N] "
     "[--label TEXT]\n"
     "token list\n"
     "token revoke ID"},
    {"quarantine", verb_quarantine, "list, show and replay what no driver read",
     "quarantine list\n"
     "quarantine show ID [--body]\n"
     "quarantine replay ID"},
    {"outbox", verb_outbox, "list, retry and drop what was not delivered",
     "outbox list [dead|waiting|unknown|restored]\n"
     "outbox retry ID\n"
     "outbox drop ID"},
    {"restrict", verb_restrict,
     "place, lift and list restrictions (Art. 18 GDPR)",
     "restrict place ID --ground a|b|c|d [--person]\n"
     "restrict lift ID --informed YYYY-MM-DD\n"
     "     --how letter|mail|phone|chat|in_person|portal\n"
     "restrict list"},
    {"alarms", verb_alarms, "list what somebody has to look at",
     "alarms [list]\n"
     "alarms seen ID\n"
     "alarms end ID"},
    {"breach", verb_breach, "the register of breaches (Art. 33, 34 GDPR)",
     "breach open --aware TIME --cause period|keys|token|helpdesk|data\n"
     "     --types TYPES [--from TIME] [--to TIME] [--token ID] "
     "[--helpdesk NAME]\n"
     "     [--description TEXT] [--consequences TEXT] "
     "[--measures-taken TEXT] ...\n"
     "breach list\n"
     "breach show ID\n"
     "breach decide ID --risk none|risk|high --reason TEXT "
     "[--exception a|b|c]\n"
     "breach notify ID --to authority|subjects "
     "[--phase first|supplement|final]\n"
     "     [--delay-reason TEXT]\n"
     "breach close ID [--lessons TEXT]\n"
     "breach pack ID --out DIR"},
    {"canary", verb_canary, "make, list and end made-up persons",
     "canary create --channel CHANNEL --name NAME --text TEXT ...\n"
     "     [--helpdesk NAME]\n"
     "canary list\n"
     "canary end ID"},
    {"keys", verb_keys, "status, rotate, lock, unlock and backup of the keys",
     "keys status\n"
     "keys lock\n"
     "keys unlock [--passphrase-file FILE]\n"
     "keys rotate\n"
     "keys backup FILE [--passphrase-file FILE]"},
    {"backup", verb_backup, "copy the data, without keys, for a recipient",
     "backup FILE --to RECIPIENT\n"
     "backup keygen --out FILE\n"
     "backup list"},
    {"restore", verb_restore, "make a backup the data of DIR again",
     "restore FILE --identity FILE\n"
     "     [--keys FILE --passphrase-file FILE] [--without-erasures]"},
    {"decode", verb_decode, "print the events in a provider's request body",
     "decode TYPE FILE|-"},
    {"policy", verb_policy,
     "explain, test, simulate, propose and approve policies", NULL},
    {"rights", verb_rights, "requests of data subjects, and their deadlines",
     NULL},
    {"consent", verb_consent, "import, show and prove consents", NULL},
    {"ledger", verb_ledger, "verify, prove, export and witness the proof log",
     NULL},
    {"sweep", verb_sweep, "what goes because its time is over, and the clock",
     NULL},
    {"staff", verb_staff, "whose pseudonym is that: two roles together", NULL},
    {"hold", verb_hold, "what is not deleted for the time being", NULL},
    {"version", verb_version, "version of postern and its libraries",
     "version"},
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static void print_help(FILE *out)
{
	(void)fprintf(out, "usage: postern [-d DIR] [--json] VERB ...\n"
			   "\n"
			   "  -d DIR   data directory, " DEFAULT_DIR
			   " if not given\n"
			   "  --json   print for machines\n"
			   "\n");
	for (size_t i = 0; i < VERBS; i++)
		(void)fprintf(out, "  %-10s  %s\n", verbs[i].name,
			      verbs[i].help);
	(void)fprintf(out, "\nExit status: 0 done, 1 refused or failed, "
			   "2 wrong usage.\n");
}

static void print_forms(const char *forms, FILE *out)
{
	const char *before = "usage: postern [-d DIR] [--json] ";

	while (*forms != '\0') {
		size_t len = strcspn(forms, "\n");

		(void)fprintf(out, "%s%.*s\n", before, (int)len, forms);
		before = "       postern [-d DIR] [--json] ";
		forms += len + (forms[len] == '\n');
		if (*forms == ' ')
			before = "                                ";
	}
}

static void print_usage(const struct verb *verb, FILE *out)
{
	if (verb->usage != NULL)
		print_forms(verb->usage, out);
	if (verb->run == verb_policy)
		verb_policy_usage(out);
	if (verb->run == verb_rights)
		verb_rights_usage(out);
	if (verb->run == verb_consent)
		verb_consent_usage(out);
	if (verb->run == verb_ledger)
		verb_ledger_usage(out);
	if (verb->run == verb_sweep)
		verb_sweep_usage(out);
	if (verb->run == verb_hold)
		verb_hold_usage(out);
	if (verb->run == verb_staff)
		verb_staff_usage(out);
}

static const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < VERBS; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

static int unknown_verb(const char *name)
{
	const char *names[VERBS];
	const char *near;

	for (size_t i = 0; i < VERBS; i++)
		names[i] = verbs[i].name;
	near = diag_nearest(name, names, VERBS);
	if (near != NULL)
		(void)fprintf(stderr,
			      "postern: no such verb; did you mean '%s'?\n",
			      near);
	else
		(void)fprintf(stderr,
			      "postern: no such verb; postern --help lists "
			      "them\n");
	return EXIT_USAGE;
}

int verb_version(const struct verb_args *args)
{
	const struct {
		const char *name, *version;
	} libraries[] = {
	    {"libmicrohttpd", MHD_get_version()},
	    {"libcurl", curl_version_info(CURLVERSION_NOW)->version},
	    {"jansson", jansson_version_str()},
	    {"libyaml", yaml_get_version_string()},
	    {"sqlite", sqlite3_libversion()},
	    {"openssl", OpenSSL_version(OPENSSL_VERSION_STRING)},
	    {"libsodium", sodium_version_string()},
	    {"gnutls", gnutls_check_version(NULL)},
	};
	const size_t len = sizeof(libraries) / sizeof(libraries[0]);
	const struct scmp_version *seccomp = seccomp_version();

	if (args->argc > 0) {
		(void)fprintf(stderr, "postern version takes no arguments\n");
		return EXIT_USAGE;
	}
	(void)printf(args->json ? "{\"postern\":\"%s\"" : "postern %s\n",
		     VERSION);
	for (size_t i = 0; i < len; i++)
		(void)printf(args->json ? ",\"%s\":\"%s\"" : "%s %s\n",
			     libraries[i].name, libraries[i].version);
	(void)printf(args->json ? ",\"libseccomp\":\"%u.%u.%u\"}\n"
				: "libseccomp %u.%u.%u\n",
		     seccomp->major, seccomp->minor, seccomp->micro);
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_REFUSED;
}

/* --- options -------------------------------------------------------------- */

struct options {
	struct verb_args args;
	bool help;
};

/* -d DIR, --json and --help are ours wherever they stand before "--"; the
 * rest stays, in order.  argv is rewritten in place. */
static bool take_options(int argc, char **argv, struct options *ret)
{
	int kept = 0;
	bool ours = true;

	*ret =
	    (struct options){.args = {.dir = DEFAULT_DIR, .version = VERSION}};
	for (int i = 1; i < argc; i++) {
		char *a = argv[i];

		if (ours && strcmp(a, "-d") == 0) {
			if (++i == argc)
				return false;
			ret->args.dir = argv[i];
		} else if (ours && strcmp(a, "--json") == 0) {
			ret->args.json = true;
		} else if (ours &&
			   (strcmp(a, "--help") == 0 || strcmp(a, "-h") == 0)) {
			ret->help = true;
		} else {
			if (strcmp(a, "--") == 0)
				ours = false;
			argv[kept++] = a;
		}
	}
	argv[kept] = NULL;
	ret->args.argc = kept;
	ret->args.argv = argv;
	return ret->args.dir[0] != 0;
}

/* The archive, the sockets and the children take whole paths only, so a
 * directory named from where the operator stands is made one here, once. */
static const char *whole_path(const char *dir, char *buf, size_t cap)
{
	int n;

	if (dir[0] == '/')
		return dir;
	if (getcwd(buf, cap) == NULL)
		return NULL;
	while (strncmp(dir, "./", 2) == 0)
		dir += 2;
	if (dir[0] == 0 || strcmp(dir, ".") == 0)
		return buf;
	n = (int)strlen(buf);
	if (snprintf(buf + n, cap - (size_t)n, "/%s", dir) >= (int)cap - n)
		return NULL;
	return buf;
}

int main(int argc, char **argv)
{
	char dir[PATH_MAX];
	const struct verb *verb;
	struct options o;

	if (sodium_init() < 0) {
		(void)fprintf(stderr, "postern: no randomness\n");
		return EXIT_REFUSED;
	}
	/* A child of serve: its command line is not for people. */
	if (argc > 1 && argv[1][0] == '@')
		return child_main(argc, argv);
	if (!take_options(argc, argv, &o)) {
		(void)fprintf(stderr, "postern: -d needs a directory\n");
		return EXIT_USAGE;
	}
	o.args.dir = whole_path(o.args.dir, dir, sizeof(dir));
	if (o.args.dir == NULL) {
		(void)fprintf(stderr, "postern: -d is too long a path, or "
				      "this directory is gone\n");
		return EXIT_REFUSED;
	}
	if (o.args.argc == 0) {
		print_help(o.help ? stdout : stderr);
		return o.help ? EXIT_DONE : EXIT_USAGE;
	}
	verb = verb_find(o.args.argv[0]);
	if (verb == NULL)
		return unknown_verb(o.args.argv[0]);
	if (o.help) {
		(void)printf("postern %s: %s\n", verb->name, verb->help);
		print_usage(verb, stdout);
		return EXIT_DONE;
	}
	o.args.argc--;
	o.args.argv++;
	(void)umask(077); /* whatever a verb writes is its user's only */
	return verb->run(&o.args);
}
