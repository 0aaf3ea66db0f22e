/* form.c - bodies of forms, taken apart. */
#include "form.h"

#include <string.h>
#include <strings.h>

#include "postern/text.h"

static int digit_of(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One byte at *at, which moves on; -1: none. */
static int byte_at(const uint8_t *part, size_t len, size_t *at)
{
	int high, low;

	if (part[*at] == '+') {
		(*at)++;
		return ' ';
	}
	if (part[*at] != '%')
		return part[(*at)++];
	if (len - *at < 3 || (high = digit_of(part[*at + 1])) < 0 ||
	    (low = digit_of(part[*at + 2])) < 0)
		return -1;
	*at += 3;
	return high * 16 + low;
}

static bool is_text(const uint8_t *text, size_t len)
{
	for (size_t i = 0; i < len;) {
		size_t n = utf8_sequence(text + i, len - i);

		if (n == 0 || text[i] == 0x7f ||
		    (text[i] < 0x20 && text[i] != '\n' && text[i] != '\t'))
			return false;
		i += n;
	}
	return true;
}

/* Decodes into room that is there: never longer than what came.  Ends it with
 * NUL; returns its length, -1: no text. */
static int decode(const uint8_t *part, size_t len, uint8_t *ret)
{
	size_t at = 0, to = 0;

	while (at < len) {
		int byte = byte_at(part, len, &at);

		if (byte < 0)
			return -1;
		if (byte == '\n' && to > 0 && ret[to - 1] == '\r')
			to--;
		else if (to > 0 && ret[to - 1] == '\r')
			ret[to - 1] = '\n';
		ret[to++] = (uint8_t)byte;
	}
	if (to > 0 && ret[to - 1] == '\r')
		ret[to - 1] = '\n';
	if (!is_text(ret, to))
		return -1;
	ret[to] = '\0';
	return (int)to;
}

/* name=value, of which = may be missing. */
static int read_field(const uint8_t *part, size_t len, struct form *form,
		      struct err *err)
{
	const uint8_t *equals = memchr(part, '=', len);
	size_t name_len = equals != NULL ? (size_t)(equals - part) : len;
	size_t value_at = equals != NULL ? name_len + 1 : len;
	uint8_t *to = form->text.bytes + form->text.len;
	const char *name = (const char *)to;
	int n, m;

	n = decode(part, name_len, to);
	m = n < 0 ? -1 : decode(part + value_at, len - value_at, to + n + 1);
	if (n <= 0 || m < 0 || form->len == FORM_FIELDS_MAX ||
	    strchr(name, '\n') != NULL)
		return ERR_SET(err, ERR_INPUT, "no field of a form", 0);
	for (size_t i = 0; i < form->len; i++)
		if (strcmp(form->fields[i].name, name) == 0)
			return ERR_SET(err, ERR_INPUT, "a field twice", 0);
	form->fields[form->len].name = name;
	form->fields[form->len++].value = name + n + 1;
	form->text.len += (size_t)n + (size_t)m + 2;
	return 0;
}

int form_read(const uint8_t *body, size_t len, struct form *ret,
	      struct err *err)
{
	*ret = FORM_INIT;
	/* Each field ends twice, and says so with fewer bytes only if it is
	 * the last one, or has no "=". */
	ret->text = BUF_INIT(len + 2 * FORM_FIELDS_MAX + 2);
	if (buf_reserve(&ret->text, ret->text.cap, err) != 0)
		return -1;
	for (size_t at = 0; at < len;) {
		const uint8_t *end = memchr(body + at, '&', len - at);
		size_t part =
		    end != NULL ? (size_t)(end - body) - at : len - at;

		if (part == 0 || (end != NULL && at + part + 1 == len))
			return ERR_SET(err, ERR_INPUT, "an empty field", 0);
		if (read_field(body + at, part, ret, err) != 0)
			return -1;
		at += part + 1;
	}
	return 0;
}

void form_free(struct form *form)
{
	buf_free(&form->text);
	*form = FORM_INIT;
}

const char *form_get(const struct form *form, const char *name)
{
	for (size_t i = 0; i < form->len; i++)
		if (strcmp(form->fields[i].name, name) == 0)
			return form->fields[i].value;
	return "";
}

void form_code(const char *text, char ret[FORM_CODE_BYTES])
{
	size_t got = 0;

	for (size_t at = strlen(text); at-- > 0 && got + 1 < FORM_CODE_BYTES;) {
		char c = text[at];

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
			ret[FORM_CODE_BYTES - 2 - got++] = c;
	}
	memmove(ret, ret + FORM_CODE_BYTES - 1 - got, got);
	ret[got] = '\0';
}

bool form_typed(const char *content_type)
{
	static const char type[] = FORM_TYPE;
	size_t len = sizeof(type) - 1;

	return strncasecmp(content_type, type, len) == 0 &&
	       (content_type[len] == '\0' || content_type[len] == ';' ||
		content_type[len] == ' ');
}

bool form_query(const char *query, const char *name, char *ret, size_t size)
{
	struct form form;
	const char *value;
	bool found = false;

	if (form_read((const uint8_t *)query, strlen(query), &form, NULL) ==
	    0) {
		value = form_get(&form, name);
		found = value[0] != '\0' && strlen(value) < size;
		if (found)
			memcpy(ret, value, strlen(value) + 1);
	}
	form_free(&form);
	return found;
}
