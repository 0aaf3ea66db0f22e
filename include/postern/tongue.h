/* tongue.h - the languages the policy is explained in. */
#ifndef POSTERN_TONGUE_H
#define POSTERN_TONGUE_H

#include <stdbool.h>

enum tongue { TONGUE_DE, TONGUE_EN };

/* "de" or "en"; false: ret is untouched. */
bool tongue_parse(const char *text, enum tongue *ret);
const char *tongue_code(enum tongue tongue);

#endif
