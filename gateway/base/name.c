/* name.c - configured names. */
#include "postern/name.h"

static bool alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

bool name_set(struct name *ret, const char *text, size_t len)
{
	if (text == NULL || len == 0 || len > NAME_LEN_MAX || !alnum(text[0]))
		return false;
	for (size_t i = 1; i < len; i++)
		if (!alnum(text[i]) && text[i] != '_' && text[i] != '-')
			return false;
	*ret = (struct name){0};
	memcpy(ret->text, text, len);
	return true;
}

bool name_equal(const struct name *a, const struct name *b)
{
	return strncmp(a->text, b->text, sizeof(a->text)) == 0;
}
