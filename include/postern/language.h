/* language.h - is a message German or English?  Pure. */
#ifndef POSTERN_LANGUAGE_H
#define POSTERN_LANGUAGE_H

#include <stddef.h>

/*
 * language_of - by the common words of both.
 *
 *   normal	a text as keyword_normalise() makes it; the first 4 KiB count
 *
 * Returns "de", "en", or NULL: too short to tell, or neither.  Good enough to
 * choose the language of a notice; never evidence of anything.
 */
const char *language_of(const char *normal, size_t len);

#endif
