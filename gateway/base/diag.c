/* diag.c - findings about a file a team edits. */
#include "postern/diag.h"

#include <stdarg.h>
#include <stdint.h>

#define WORD_LEN_MAX 64

void diag_init(struct diag *d, const char *file)
{
	*d = (struct diag){0};
	(void)snprintf(d->file, sizeof(d->file), "%s", file);
}

/* Terminals obey control bytes, and the text quotes a file somebody sent. */
static void make_printable(char *text)
{
	for (unsigned char *c = (unsigned char *)text; *c != 0; c++)
		if (*c < 0x20 || *c > 0x7e)
			*c = '?';
}

int diag_add(struct diag *d, size_t line, size_t column, const char *format,
	     ...)
{
	struct diag_finding *f;
	va_list args;

	if (d->findings_len >= DIAG_FINDINGS_MAX) {
		d->more++;
		return -1;
	}
	f = &d->findings[d->findings_len++];
	f->line = line;
	f->column = column;
	va_start(args, format);
	(void)vsnprintf(f->text, sizeof(f->text), format, args);
	va_end(args);
	make_printable(f->text);
	return -1;
}

void diag_print(const struct diag *d, FILE *out)
{
	for (size_t i = 0; i < d->findings_len; i++) {
		const struct diag_finding *f = &d->findings[i];

		if (f->line == 0)
			(void)fprintf(out, "%s: %s\n", d->file, f->text);
		else
			(void)fprintf(out, "%s:%zu:%zu: %s\n", d->file, f->line,
				      f->column == 0 ? 1 : f->column, f->text);
	}
	if (d->more > 0)
		(void)fprintf(out, "%s: and %zu more\n", d->file, d->more);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein; both words are at most WORD_LEN_MAX long. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t row[WORD_LEN_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t above = row[j];
			size_t change = corner + (a[i - 1] != b[j - 1]);

			row[j] = least(change, least(above, row[j - 1]) + 1);
			corner = above;
		}
	}
	return row[b_len];
}

const char *diag_nearest(const char *word, const char *const *known,
			 size_t known_len)
{
	size_t len = strlen(word);
	size_t best = 1 + len / 4 + 1; /* one more than allowed */
	const char *nearest = NULL;

	if (len > WORD_LEN_MAX)
		return NULL;
	for (size_t i = 0; i < known_len; i++) {
		size_t known_word_len = strlen(known[i]);
		size_t d;

		if (known_word_len > WORD_LEN_MAX)
			continue;
		d = distance(word, len, known[i], known_word_len);
		if (d < best) {
			best = d;
			nearest = known[i];
		}
	}
	return nearest;
}
