/* differ.c - `postern policy diff`: what changes from one file to another. */
#include "differ.h"

#include <string.h>

#include "files.h"
#include "options.h"
#include "policy_tools/diff.h"

struct differ {
	const struct verb_args *args;
	const char *old_file, *new_file;
	struct policy *old, *new;
	enum tongue tongue;
	const char *section; /* the last that was headed */
	size_t changes, shorten, reveal;
};

#define SAY(d, de, en) ((d)->tongue == TONGUE_EN ? (en) : (de))

/* --- words ---------------------------------------------------------------- */

static const char *heading(const struct differ *d, const char *section)
{
	static const struct {
		const char *section, *in[2];
	} all[] = {
	    {"purposes", {"Zwecke", "Purposes"}},
	    {"data", {"Datenarten", "Datenarten"}},
	    {"channels", {"Kanäle", "Channels"}},
	    {"helpdesks", {"Helpdesks", "Helpdesks"}},
	    {"redact", {"Unkenntlich machen", "Redaction"}},
	    {"patterns", {"Eigene Muster", "Patterns"}},
	    {"special", {"Besondere Kategorien", "Special categories"}},
	    {"keywords", {"Schlüsselwörter", "Keywords"}},
	    {"notices", {"Hinweise", "Notices"}},
	    {"replies", {"Bestätigungen", "Confirmations"}},
	    {"approvals", {"Freigaben", "Approvals"}},
	    {"tests", {"Tests", "Tests"}},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(section, all[i].section) == 0)
			return all[i].in[d->tongue];
	return section;
}

static void print_place(const struct differ *d, const struct policy_change *c)
{
	(void)printf("    ");
	if (c->line_old > 0)
		(void)printf("%s:%zu", d->old_file, c->line_old);
	else
		(void)printf("%s", SAY(d, "bisher ohne Zeile", "no old line"));
	(void)printf(" → ");
	if (c->line_new > 0)
		(void)printf("%s:%zu\n", d->new_file, c->line_new);
	else
		(void)printf("%s\n",
			     SAY(d, "künftig ohne Zeile", "no new line"));
}

static void print_change(struct differ *d, const struct policy_change *c)
{
	static const char signs[CHANGE_KINDS] = {
	    [CHANGE_ADDED] = '+',
	    [CHANGE_REMOVED] = '-',
	    [CHANGE_CHANGED] = '~',
	    [CHANGE_OTHER] = '.',
	};

	if (d->section == NULL || strcmp(d->section, c->section) != 0)
		(void)printf("\n%s\n", heading(d, c->section));
	d->section = c->section;
	(void)printf("  %c %s\n", signs[c->kind], c->text);
	print_place(d, c);
	if (c->shortens)
		(void)printf("    ! %s\n",
			     SAY(d, "kann die Aufbewahrung verkürzen",
				 "may shorten retention"));
	if (c->reveals)
		(void)printf("    ! %s\n", SAY(d, "kann jemandem mehr zeigen",
					       "may show more to somebody"));
}

static void print_end(const struct differ *d)
{
	if (d->changes == 0) {
		(void)printf("\n%s\n",
			     SAY(d,
				 "Es ändert sich nichts: die Regeln sind "
				 "dieselben.",
				 "Nothing changes: the rules are the same."));
		return;
	}
	(void)printf(SAY(d,
			 "\nÄnderungen: %zu; davon können %zu die Aufbewahrung "
			 "verkürzen und %zu jemandem mehr zeigen.\n",
			 "\nChanges: %zu; of these, %zu may shorten retention "
			 "and %zu may show more to somebody.\n"),
		     d->changes, d->shorten, d->reveal);
}

/* --- machines ------------------------------------------------------------- */

static int print_machine(struct differ *d)
{
	const struct diff_side old = {d->old_file, d->old};
	const struct diff_side new = {d->new_file, d->new};
	struct err err = {0};
	json_t *root;

	if (diff_json(&old, &new, d->tongue, &root, &err) != 0)
		return refused("%s", err.what);
	return print_json(root);
}

/* --- the verb ------------------------------------------------------------- */

static int on_change(void *ctx, const struct policy_change *c, struct err *err)
{
	struct differ *d = ctx;

	(void)err;
	d->changes++;
	d->shorten += c->shortens;
	d->reveal += c->reveals;
	print_change(d, c);
	return 0;
}

static int compare(struct differ *d)
{
	struct err err = {0};

	if (d->args->json)
		return print_machine(d);
	(void)printf("%s %s, Version %lld → %s, Version %lld\n",
		     SAY(d, "Regelwerk", "Policy"), policy_name(d->old)->text,
		     (long long)policy_version(d->old),
		     policy_name(d->new)->text,
		     (long long)policy_version(d->new));
	if (policy_diff(d->old, d->new, d->tongue, on_change, d, &err) != 0)
		return refused("%s", err.what);
	print_end(d);
	return printed();
}

int policy_diff_files(const struct verb_args *args)
{
	const char *language = NULL;
	const struct option_row rows[] = {{"--language", &language, false}};
	struct verb_args rest = *args;
	struct differ d = {.args = args};
	int status;

	if (args->argc < 2 || args->argv[0][0] == '-' ||
	    args->argv[1][0] == '-') {
		(void)refused("two files, the old one and the new one");
		return EXIT_USAGE;
	}
	d.old_file = args->argv[0];
	d.new_file = args->argv[1];
	rest.argc -= 2;
	rest.argv += 2;
	status = options_read(&rest, rows, 1);
	if (status == EXIT_DONE)
		status = option_tongue(language, &d.tongue);
	if (status != EXIT_DONE)
		return status;
	status = EXIT_REFUSED;
	if (files_policy(args->dir, d.old_file, &d.old) == 0 &&
	    files_policy(args->dir, d.new_file, &d.new) == 0)
		status = compare(&d);
	policy_free(&d.old);
	policy_free(&d.new);
	return status;
}
