/* decide.c - `postern policy decide`: what becomes of records. */
#include "decide.h"

#include <errno.h>
#include <string.h>

#include "options.h"
#include "postern/caldate.h"
#include "postern/jsonmem.h"

static json_t *reasons_json(const struct erasure_decision *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->reasons_len; i++)
		/* s* leaves out what is NULL. */
		(void)json_array_append_new(
		    list, json_pack("{s:s,s:s*}", "code", d->reasons[i].code,
				    "article", d->reasons[i].article));
	return list;
}

json_t *decision_json(json_t *name, const struct erasure_decision *d)
{
	const char *verdict = erasure_verdict_names[d->verdict];
	char text[64], until[CALDATE_BYTES];
	json_t *root;

	(void)snprintf(text, sizeof(text), "%s", verdict);
	if (d->verdict == ERASURE_RESTRICT_UNTIL) {
		caldate_format(d->until, until);
		(void)snprintf(text, sizeof(text), "%s:%s", verdict, until);
	}
	root = json_pack("{s:O*,s:s,s:o}", "name", name, "decision", text,
			 "reasons", reasons_json(d));
	if (root != NULL && json_array_size(json_object_get(root, "reasons")) !=
				d->reasons_len) {
		json_decref(root);
		root = NULL;
	}
	return root;
}

/* --- lines ---------------------------------------------------------------- */

struct lines {
	FILE *in;
	size_t number;
	char text[FACTS_LINE_MAX];
	size_t len;
	bool too_long;
};

/* False: nothing is left. */
static bool next_line(struct lines *l)
{
	int c = getc(l->in);

	l->len = 0;
	l->too_long = false;
	if (c == EOF)
		return false;
	l->number++;
	for (; c != EOF && c != '\n'; c = getc(l->in)) {
		if (l->len < sizeof(l->text))
			l->text[l->len++] = (char)c;
		else
			l->too_long = true;
	}
	return true;
}

static bool is_blank(const struct lines *l)
{
	for (size_t i = 0; i < l->len; i++)
		if (strchr(" \t\r", l->text[i]) == NULL || l->text[i] == '\0')
			return false;
	return true;
}

static int decide_line(const struct lines *l, struct diag *diag)
{
	struct erasure_decision decision;
	struct erasure_facts facts;
	json_t *name = NULL, *row;
	struct err err = {0};
	int rc;

	if (l->too_long) {
		(void)diag_add(diag, l->number, FACTS_LINE_MAX,
			       "the line is too long; at most %d bytes",
			       FACTS_LINE_MAX);
		return EXIT_REFUSED;
	}
	if (facts_parse(l->text, l->len, l->number, diag, &facts, &name) != 0)
		return EXIT_REFUSED;
	decision = erasure_decide(&facts);
	row = decision_json(name, &decision);
	json_decref(name);
	rc = jsonmem_print_file(row, 0, stdout, &err);
	json_decref(row);
	return rc == 0 ? EXIT_DONE : refused("%s", err.what);
}

/* A bad line is told and the others are decided. */
static int decide_all(struct lines *l, struct diag *diag)
{
	int status = EXIT_DONE;

	while (next_line(l)) {
		if (is_blank(l) && !l->too_long)
			continue;
		if (decide_line(l, diag) != EXIT_DONE)
			status = EXIT_REFUSED;
		diag_print(diag, stderr);
		diag->findings_len = 0;
		diag->more = 0;
		if (ferror(stdout))
			break;
	}
	if (ferror(l->in))
		status = refused("the file cannot be read");
	return printed() == EXIT_DONE ? status : EXIT_REFUSED;
}

int policy_decide_file(const struct verb_args *args)
{
	static struct lines lines;
	static struct diag diag;
	const char *file;
	int status;

	if (args->argc != 1) {
		(void)refused("one file, or - for standard input");
		return EXIT_USAGE;
	}
	file = args->argv[0];
	lines.in = strcmp(file, "-") == 0 ? stdin : fopen(file, "rbe");
	if (lines.in == NULL)
		return refused("%s: cannot be opened (error %d)", file, errno);
	diag_init(&diag, file);
	status = decide_all(&lines, &diag);
	if (lines.in != stdin)
		(void)fclose(lines.in);
	return status;
}
