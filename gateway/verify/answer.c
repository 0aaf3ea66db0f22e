/* answer.c - what was found, in lines or as one JSON object. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "postern/jsonout.h"
#include "verbs.h"
#include "verify.h"

#define ANSWER_BYTES_MAX (1u << 20)
#define TIME_BYTES	 32

static void put(struct answer *a, const char *text)
{
	if (!a->failed && buf_append_text(&a->out, text, &a->err) != 0)
		a->failed = true;
}

/* What no file may make a terminal do: names of others pass here. */
static void put_plain(struct answer *a, const char *text, size_t len)
{
	for (size_t i = 0; i < len && !a->failed; i++) {
		char c = text[i];

		if ((unsigned char)c < 0x20 || c == 0x7f)
			c = '?';
		if (buf_append_u8(&a->out, (uint8_t)c, &a->err) != 0)
			a->failed = true;
	}
}

static void put_string(struct answer *a, const char *text, size_t len)
{
	if (!a->failed && jsonout_text(&a->out, text, len, &a->err) != 0)
		a->failed = true;
}

static void name_of(struct answer *a, const char *name)
{
	if (a->json) {
		put(a, a->members > 0 ? "," : "");
		put_string(a, name, strlen(name));
		put(a, ":");
	} else {
		char label[32];

		(void)snprintf(label, sizeof(label), "  %-12s ", name);
		put(a, label);
	}
	a->members++;
}

static void value_of(struct answer *a, const char *text, size_t len)
{
	if (a->json)
		put_string(a, text, len);
	else {
		put_plain(a, text, len);
		put(a, "\n");
	}
}

void answer_begin(struct answer *a, const struct verify_ask *ask,
		  const char *verdict, const char *format, ...)
{
	char text[VERIFY_TEXT_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	*a = (struct answer){.json = ask->json,
			     .out = BUF_INIT(ANSWER_BYTES_MAX)};
	if (a->json) {
		put(a, "{");
		answer_text(a, "verdict", "%s", verdict);
		answer_text(a, "text", "%s", text);
		return;
	}
	put(a, verdict);
	put(a, ": ");
	put_plain(a, text, strlen(text));
	put(a, "\n");
}

void answer_good(struct answer *a)
{
	a->good = true;
}

void answer_text(struct answer *a, const char *name, const char *format, ...)
{
	char text[VERIFY_TEXT_BYTES];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	name_of(a, name);
	value_of(a, text, len < 0 ? 0 : strnlen(text, sizeof(text)));
}

void answer_number(struct answer *a, const char *name, uint64_t value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, value);
	name_of(a, name);
	put(a, text);
	put(a, a->json ? "" : "\n");
}

static void print_time(int64_t at_s, char ret[TIME_BYTES])
{
	time_t at = (time_t)at_s;
	struct tm tm;

	ret[0] = '\0';
	if (gmtime_r(&at, &tm) == NULL ||
	    strftime(ret, TIME_BYTES, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		(void)snprintf(ret, TIME_BYTES, "%" PRId64 " s", at_s);
}

void answer_time(struct answer *a, const char *name, int64_t at_s)
{
	char text[TIME_BYTES];

	print_time(at_s, text);
	answer_text(a, name, "%s", text);
}

void answer_list(struct answer *a, const char *name)
{
	a->items = 0;
	a->listing = true;
	name_of(a, name);
	put(a, a->json ? "[" : "");
}

static void separate(struct answer *a)
{
	if (a->items++ > 0)
		put(a, a->json ? "," : ", ");
}

void answer_item(struct answer *a, const char *text, size_t len)
{
	separate(a);
	if (a->json)
		put_string(a, text, len);
	else
		put_plain(a, text, len);
}

void answer_item_time(struct answer *a, const char *text, size_t len,
		      uint64_t at_s)
{
	char time_text[TIME_BYTES];

	print_time(at_s <= INT64_MAX ? (int64_t)at_s : INT64_MAX, time_text);
	separate(a);
	if (!a->json) {
		put_plain(a, text, len);
		put(a, " at ");
		put(a, time_text);
		return;
	}
	put(a, "{\"name\":");
	put_string(a, text, len);
	put(a, ",\"time\":");
	put_string(a, time_text, strlen(time_text));
	put(a, "}");
}

void answer_list_end(struct answer *a)
{
	a->listing = false;
	if (a->json)
		put(a, "]");
	else
		put(a, a->items == 0 ? "-\n" : "\n");
}

void answer_json(struct answer *a, const char *name, const void *json,
		 size_t len)
{
	name_of(a, name);
	if (!a->json)
		value_of(a, json, len);
	else if (!a->failed && buf_append(&a->out, json, len, &a->err) != 0)
		a->failed = true;
}

int answer_end(struct answer *a)
{
	bool good = a->good;

	if (a->json) {
		put(a, ",\"ok\":");
		put(a, good ? "true}\n" : "false}\n");
	}
	if (a->failed) {
		(void)fprintf(stderr, "the answer cannot be told: %s\n",
			      a->err.what);
		good = false;
	} else if (fwrite(a->out.bytes, 1, a->out.len, stdout) != a->out.len) {
		good = false;
	}
	if (fflush(stdout) != 0)
		good = false;
	buf_free(&a->out);
	return good ? EXIT_DONE : EXIT_REFUSED;
}

/* --- what cannot be answered ---------------------------------------------- */

static void complain(const struct verify_ask *ask, const char *text)
{
	(void)fprintf(stderr, "%s: %s\n", ask->program, text);
}

int verify_failed(const struct verify_ask *ask, const char *format, ...)
{
	char text[VERIFY_TEXT_BYTES];
	struct answer a;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	complain(ask, text);
	if (!ask->json)
		return EXIT_REFUSED;
	answer_begin(&a, ask, "failed", "%s", text);
	return answer_end(&a);
}

int verify_misused(const struct verify_ask *ask, const char *format, ...)
{
	const char *at = ask->usage;
	char text[VERIFY_TEXT_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	complain(ask, text);
	for (bool first = true; *at != '\0'; first = false) {
		size_t len = strcspn(at, "\n");

		(void)fprintf(stderr, "%s %s %.*s\n",
			      first ? "usage:" : "      ", ask->program,
			      (int)len, at);
		at += len + (at[len] == '\n');
	}
	return EXIT_USAGE;
}
