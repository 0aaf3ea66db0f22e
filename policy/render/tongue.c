/* tongue.c - the languages the policy is explained in. */
#include "postern/tongue.h"

#include <string.h>

bool tongue_parse(const char *text, enum tongue *ret)
{
	if (strcmp(text, "de") != 0 && strcmp(text, "en") != 0)
		return false;
	*ret = text[0] == 'd' ? TONGUE_DE : TONGUE_EN;
	return true;
}

const char *tongue_code(enum tongue tongue)
{
	return tongue == TONGUE_EN ? "en" : "de";
}
