/* name.h - a configured name: channel, helpdesk, Datenart, purpose.
 *
 * A name comes from the team's own files, never from a message, and is
 * therefore allowed in logs, metrics and SQL columns.  The type keeps other
 * text from being passed as one. */
#ifndef POSTERN_NAME_H
#define POSTERN_NAME_H

#include <stdbool.h>
#include <stddef.h>

#define NAME_LEN_MAX 32

struct name {
	char text[NAME_LEN_MAX + 1];
};

/*
 * name_set - copy text if it is a name: 1 to 32 of [A-Za-z0-9_-], beginning
 * with a letter or digit.  Returns whether it was; *ret is written only then.
 */
bool name_set(struct name *ret, const char *text, size_t len);
bool name_equal(const struct name *a, const struct name *b);

#endif
