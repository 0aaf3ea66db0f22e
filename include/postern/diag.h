/* diag.h - what is wrong in a file a team edits.
 *
 * Findings quote keys, never secret values, and print as
 * "file:line:column: what is wrong; what would be right". */
#ifndef POSTERN_DIAG_H
#define POSTERN_DIAG_H

#include <stddef.h>
#include <stdio.h>

#define DIAG_FINDINGS_MAX 100
#define DIAG_TEXT_BYTES	  240

struct diag_finding {
	size_t line, column; /* from 1; 0 = the whole file */
	char text[DIAG_TEXT_BYTES];
};

struct diag {
	char file[256];
	struct diag_finding findings[DIAG_FINDINGS_MAX];
	size_t findings_len; /* further findings are counted in more */
	size_t more;
};

void diag_init(struct diag *d, const char *file);
/* printf-like; non-printing bytes become '?'.  Always returns -1. */
__attribute__((format(printf, 4, 5))) int diag_add(struct diag *d, size_t line,
						   size_t column,
						   const char *format, ...);
void diag_print(const struct diag *d, FILE *out);
/* The known word nearest to word, or NULL if none is near (edit distance at
 * most 1 + length / 4). */
const char *diag_nearest(const char *word, const char *const *known,
			 size_t known_len);

#endif
