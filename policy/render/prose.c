/* prose.c - text in one of two languages, growing in a buffer. */
#include "prose.h"

#include <stdio.h>
#include <string.h>

#include "postern/text.h"

void prose_bytes(struct prose *t, const char *text, size_t len)
{
	if (!t->failed && buf_append(t->out, text, len, &t->err) != 0)
		t->failed = true;
}

void prose_args(struct prose *t, const char *format, va_list args)
{
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (t->failed || buf_reserve(t->out, (size_t)len + 1, &t->err) != 0) {
		t->failed = true;
		return;
	}
	(void)vsnprintf((char *)t->out->bytes + t->out->len, (size_t)len + 1,
			format, args);
	t->out->len += (size_t)len;
}

void prose_add(struct prose *t, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	prose_args(t, format, args);
	va_end(args);
}

/* C0, DEL and C1: a terminal obeys them. */
static bool is_control(const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;

	return (len == 1 && (s[0] < 0x20 || s[0] == 0x7f)) ||
	       (len == 2 && s[0] == 0xc2 && s[1] < 0xa0);
}

void prose_foreign(struct prose *t, const char *text, size_t len)
{
	for (size_t i = 0, n; i<len; i += n> 0 ? n : 1) {
		n = utf8_sequence((const uint8_t *)text + i, len - i);
		if (text[i] == '\n' || text[i] == '\t')
			prose_bytes(t, " ", 1);
		else if (n == 0 || is_control(text + i, n))
			prose_bytes(t, "\xef\xbf\xbd", 3);
		else
			prose_bytes(t, text + i, n);
	}
}

void prose_quote(struct prose *t, const char *text, size_t len)
{
	prose_add(t, "%s", TR(t, "„", "“"));
	prose_foreign(t, text, len);
	prose_add(t, "%s", TR(t, "“", "”"));
}

void prose_between(struct prose *t, size_t i, size_t len)
{
	if (i == 0)
		return;
	prose_add(t, "%s", i + 1 < len ? ", " : TR(t, " und ", " and "));
}

int prose_end(const struct prose *t, struct err *err)
{
	if (t->failed && err)
		*err = t->err;
	return t->failed ? -1 : 0;
}
