/* consent_file.c - a file of rows or records, read and walked. */
#include "consent_file.h"

#include <errno.h>
#include <string.h>

#include "options.h"
#include "postern/jsonmem.h"

#define FILE_MAX (64u * 1024 * 1024)

int consent_file_read(struct consent_file *f, const struct verb_args *args,
		      const char *name)
{
	FILE *in = strcmp(name, "-") == 0 ? stdin : fopen(name, "rbe");
	uint8_t piece[16384];
	struct err err;
	size_t got;
	int rc = 0;

	*f = (struct consent_file){.args = args, .bytes = BUF_INIT(FILE_MAX)};
	diag_init(&f->diag, name);
	if (in == NULL)
		return refused("%s: cannot be opened (error %d)", name, errno);
	while (rc == 0 && (got = fread(piece, 1, sizeof(piece), in)) > 0)
		rc = buf_append(&f->bytes, piece, got, &err);
	if (rc != 0)
		(void)refused("%s: longer than 64 MiB, or no memory", name);
	else if (ferror(in))
		rc = refused("%s: cannot be read", name);
	if (in != stdin)
		(void)fclose(in);
	return rc == 0 ? EXIT_DONE : EXIT_REFUSED;
}

void consent_file_free(struct consent_file *f)
{
	buf_free(&f->bytes);
}

void consent_file_tell(struct consent_file *f, const struct consent_piece *p,
		       size_t at, const struct consentrecord_fault *fault)
{
	size_t line = p->line, column = 1;

	for (size_t i = 0; i < at && i < p->len; i++) {
		column = p->text[i] == '\n' ? 1 : column + 1;
		line += p->text[i] == '\n';
	}
	(void)diag_add(&f->diag, line, column, "%s%s%s; %s", fault->field,
		       fault->field[0] != '\0' ? " " : "", fault->what,
		       fault->want);
	diag_print(&f->diag, stderr);
	f->diag.findings_len = 0;
	f->diag.more = 0;
}

/* --- walking -------------------------------------------------------------- */

static bool is_blank(const struct consent_piece *p)
{
	for (size_t i = 0; i < p->len; i++)
		if (p->text[i] != ' ' && p->text[i] != '\t' &&
		    p->text[i] != '\r')
			return false;
	return true;
}

/* One record over many lines: the first of them is no JSON of its own. */
static bool is_one_record(const struct consent_piece *first)
{
	bool no_memory;
	json_t *row = jsonmem_load(first->text, first->len, 0, &no_memory);
	bool ret = row == NULL && !no_memory;

	json_decref(row);
	return ret;
}

static struct consent_piece line_at(const char *text, size_t len, size_t at,
				    size_t number)
{
	const char *end = memchr(text + at, '\n', len - at);

	return (struct consent_piece){
	    .text = text + at,
	    .len = end != NULL ? (size_t)(end - text) - at : len - at,
	    .line = number};
}

int consent_file_each(const struct consent_file *f, consent_piece_run run,
		      void *ctx)
{
	const char *text = (const char *)f->bytes.bytes;
	const struct consent_piece whole = {text, f->bytes.len, 1};
	size_t at = 0, seen = 0;
	int status = EXIT_DONE, one;

	for (size_t number = 1; at < f->bytes.len; number++) {
		const struct consent_piece line =
		    line_at(text, f->bytes.len, at, number);

		at += line.len + 1;
		if (is_blank(&line))
			continue;
		if (seen++ == 0 && at < f->bytes.len && is_one_record(&line))
			return run(ctx, &whole);
		one = run(ctx, &line);
		if (one != EXIT_DONE && one != EXIT_REFUSED)
			return one;
		if (one != EXIT_DONE)
			status = EXIT_REFUSED;
	}
	return seen > 0 ? status : refused("the file has no record");
}
