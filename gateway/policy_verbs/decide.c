/* decide.c - `postern policy decide`: what becomes of records. */
#include "decide.h"

#include <errno.h>
#include <string.h>

#include "options.h"
#include "policy_tools/facts.h"
#include "postern/jsonmem.h"

/* --- lines ---------------------------------------------------------------- */

struct lines {
	FILE *in;
	size_t number;
	char text[FACTS_LINE_MAX + 1]; /* a byte more: it was too long */
	size_t len;
};

/* False: nothing is left. */
static bool next_line(struct lines *l)
{
	int c = getc(l->in);

	l->len = 0;
	if (c == EOF)
		return false;
	l->number++;
	for (; c != EOF && c != '\n'; c = getc(l->in))
		if (l->len < sizeof(l->text))
			l->text[l->len++] = (char)c;
	return true;
}

static int decide_line(const struct lines *l, struct diag *diag)
{
	struct err err = {0};
	json_t *row = NULL;
	int rc;

	if (facts_decide(l->text, l->len, l->number, diag, &row) != 0)
		return EXIT_REFUSED;
	rc = jsonmem_print_file(row, 0, stdout, &err);
	json_decref(row);
	return rc == 0 ? EXIT_DONE : refused("%s", err.what);
}

/* A bad line is told and the others are decided. */
static int decide_all(struct lines *l, struct diag *diag)
{
	int status = EXIT_DONE;

	while (next_line(l)) {
		if (facts_blank(l->text, l->len) && l->len <= FACTS_LINE_MAX)
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
