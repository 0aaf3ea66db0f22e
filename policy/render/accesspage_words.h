/* accesspage_words.h - what stands in a copy of somebody's data, in words for
 * whoever it is about. */
#ifndef POSTERN_RENDER_ACCESSPAGE_WORDS_H
#define POSTERN_RENDER_ACCESSPAGE_WORDS_H

#include <stddef.h>

#include "postern/tongue.h"

#define ACCESS_COLUMNS_MAX 6
struct access_section {
	const char *name; /* of data.json */
	const char *title[2], *says[2], *none[2];
	struct access_column {
		const char *member, *head[2];
	} columns[ACCESS_COLUMNS_MAX];
};
/* NULL: none of that name. */
const struct access_section *access_section_of(const char *name);
/* A word of the archive; what is none stays as it is. */
const char *access_word(enum tongue tongue, const char *word);

#endif
