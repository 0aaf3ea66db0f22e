/* complaint.c - why a question to a policy tool cannot be answered. */
#include "complaint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "postern/diag.h"

int complain(struct complaint *c, const char *member, const char *format, ...)
{
	va_list args;

	*c = (struct complaint){.member = member};
	va_start(args, format);
	(void)vsnprintf(c->text, sizeof(c->text), format, args);
	va_end(args);
	return -1;
}

int complain_memory(struct complaint *c)
{
	(void)complain(c, NULL, "no memory");
	c->no_memory = true;
	return -1;
}

void complain_word(struct complaint *c, const char *word)
{
	size_t len = strlen(c->text);

	(void)snprintf(c->text + len, sizeof(c->text) - len, " %s", word);
}

int complain_choice(struct complaint *c, const char *member, const char *value,
		    const char *const *words, size_t len)
{
	const char *near = diag_nearest(value, words, len);

	if (near != NULL)
		return complain(c, member,
				"has no such word; did you mean '%s'?", near);
	(void)complain(c, member, "has no such word; one of");
	for (size_t i = 0; i < len; i++)
		complain_word(c, words[i]);
	return -1;
}
