#include "framing.h"

#include <strings.h>

#define LENGTH_DIGITS_MAX 15

void framing_begin(struct framing *f, const char *version)
{
	*f = (struct framing){.body_bytes = -1};
	f->malformed = strcmp(version, "HTTP/1.1") != 0 &&
		       strcmp(version, "HTTP/1.0") != 0;
}

static bool is_token(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z'))
			continue;
		/* strchr finds the NUL at its end, too. */
		if (c == '\0' || strchr("!#$%&'*+-.^_`|~", c) == NULL)
			return false;
	}
	return len > 0;
}

static bool is_value(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static void framing_length(struct framing *f, const char *value, size_t len)
{
	int64_t n = 0;

	f->length++;
	if (len == 0 || len > LENGTH_DIGITS_MAX) {
		f->malformed = true;
		return;
	}
	for (size_t i = 0; i < len; i++) {
		if (value[i] < '0' || value[i] > '9') {
			f->malformed = true;
			return;
		}
		n = n * 10 + (value[i] - '0');
	}
	f->body_bytes = n;
}

static bool named(const char *name, size_t len, const char *wanted)
{
	return len == strlen(wanted) && strncasecmp(name, wanted, len) == 0;
}

void framing_header(struct framing *f, const char *name, size_t name_len,
		    const char *value, size_t value_len)
{
	if (!is_token(name, name_len) || !is_value(value, value_len)) {
		f->malformed = true;
		return;
	}
	if (named(name, name_len, "content-length")) {
		framing_length(f, value, value_len);
	} else if (named(name, name_len, "transfer-encoding")) {
		f->transfer++;
		f->chunked = named(value, value_len, "chunked");
		f->malformed = f->malformed || !f->chunked;
	} else if (named(name, name_len, "host")) {
		f->host++;
	} else if (named(name, name_len, "authorization")) {
		f->authorization++;
	} else if (named(name, name_len, "content-type")) {
		f->type++;
	} else if (named(name, name_len, "idempotency-key")) {
		f->key++;
	} else if (named(name, name_len, "postern-file-name")) {
		f->name++;
	}
}

bool framing_sound(const struct framing *f)
{
	return !f->malformed && f->host <= 1 && f->length <= 1 &&
	       f->transfer <= 1 && f->length + f->transfer <= 1 &&
	       f->authorization <= 1 && f->type <= 1 && f->key <= 1 &&
	       f->name <= 1;
}
