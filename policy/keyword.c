/* keyword.c - one spelling, and the lists of words. */
#include "postern/keyword.h"

#include <stdint.h>
#include <string.h>

#include "needles.h"

static const char *const classes[KEYWORD_CLASSES] = {
    [KEYWORD_NONE] = "NONE",	 [KEYWORD_STOP] = "STOP",
    [KEYWORD_START] = "START",	 [KEYWORD_HELP] = "HELP",
    [KEYWORD_ERASE] = "ERASE",	 [KEYWORD_ACCESS] = "ACCESS",
    [KEYWORD_REVIEW] = "REVIEW", [KEYWORD_CONFIRM] = "CONFIRM",
};

const char *keyword_class_name(enum keyword_class class)
{
	return classes[class];
}

/* --- one spelling --------------------------------------------------------- */

#define INVALID '?' /* one byte that is no UTF-8 */

/* The code point at text, and its bytes; a stray byte is one INVALID. */
static uint32_t code_point(const uint8_t *text, size_t len, size_t *ret_bytes)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	uint32_t c = text[0];
	size_t bytes = c < 0xc2	  ? 0
		       : c < 0xe0 ? 2
		       : c < 0xf0 ? 3
		       : c < 0xf5 ? 4
				  : 0;

	*ret_bytes = 1;
	if (c < 0x80)
		return c;
	if (bytes == 0 || bytes > len)
		return INVALID;
	c &= 0xffu >> (bytes + 1);
	for (size_t i = 1; i < bytes; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return INVALID;
		c = c << 6 | (text[i] & 0x3fu);
	}
	if (c < least[bytes] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return INVALID;
	*ret_bytes = bytes;
	return c;
}

static bool is_space(uint32_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0xa0 ||
	       c == 0x202f || (c >= 0x2000 && c <= 0x200a);
}

/* Dots, quotes, arrows, emoji: may stand around a word. */
static bool is_edge(uint32_t c)
{
	if (c < 0x80)
		return !((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			 (c >= 'a' && c <= 'z'));
	return (c >= 0xa0 && c <= 0xbf) || (c >= 0x2000 && c <= 0x206f) ||
	       (c >= 0x2190 && c <= 0x2bff) || c == 0xfe0f ||
	       (c >= 0x1f000 && c <= 0x1faff);
}

/* What two letters stand for a German one; NULL: none. */
static const char *spelt_out(uint32_t c)
{
	switch (c) {
	case 0xe4:
	case 0xc4:
		return "ae";
	case 0xf6:
	case 0xd6:
		return "oe";
	case 0xfc:
	case 0xdc:
		return "ue";
	case 0xdf:
	case 0x1e9e:
		return "ss";
	default:
		return NULL;
	}
}

/* Writes the character; never more bytes than it had. */
static size_t put(char *ret, uint32_t c, const uint8_t *text, size_t bytes)
{
	const char *two = spelt_out(c);

	if (two != NULL) {
		memcpy(ret, two, 2);
		return 2;
	}
	if (c < 0x80) {
		*ret = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
		return 1;
	}
	memmove(ret, text, bytes);
	return bytes;
}

/* The everyday part of a text, letters and digits of ASCII; its length. */
static size_t put_plain(char *ret, const uint8_t *text, size_t len)
{
	size_t n = 0;

	for (; n < len; n++) {
		uint8_t low = text[n] | 0x20; /* digits have that bit */

		if ((uint8_t)(low - 'a') > 'z' - 'a' &&
		    (uint8_t)(text[n] - '0') > 9)
			break;
		ret[n] = (char)low;
	}
	return n;
}

size_t keyword_normalise(const char *text, size_t len, char *ret)
{
	size_t out = 0, solid = 0, bytes;

	for (size_t at = 0; at < len; at += bytes) {
		const uint8_t *here = (const uint8_t *)text + at;
		uint32_t c;
		bool edge;

		bytes = put_plain(ret + out, here, len - at);
		if (bytes > 0) {
			solid = out += bytes;
			continue;
		}
		/* A space behind a word is as everyday. */
		if (*here == ' ' && solid == out && out > 0) {
			ret[out++] = ' ';
			bytes = 1;
			continue;
		}
		c = code_point(here, len - at, &bytes);
		edge = is_edge(c);
		if (edge && solid == 0)
			continue;
		if (is_space(c)) {
			if (ret[out - 1] == ' ')
				continue;
			c = ' ';
		}
		out += put(ret + out, c, here, bytes);
		if (!edge)
			solid = out;
	}
	ret[solid] = '\0';
	return solid;
}

/* --- words ---------------------------------------------------------------- */

static const struct keyword_word words[] = {
    {KEYWORD_STOP, "stop"},
    {KEYWORD_STOP, "stopp"},
    {KEYWORD_STOP, "stop all"},
    {KEYWORD_STOP, "stopall"},
    {KEYWORD_STOP, "unsubscribe"},
    {KEYWORD_STOP, "cancel"},
    {KEYWORD_STOP, "end"},
    {KEYWORD_STOP, "quit"},
    {KEYWORD_STOP, "opt out"},
    {KEYWORD_STOP, "opt-out"},
    {KEYWORD_STOP, "optout"},
    {KEYWORD_STOP, "revoke"},
    {KEYWORD_STOP, "remove"},
    {KEYWORD_STOP, "abmelden"},
    {KEYWORD_STOP, "abmeldung"},
    {KEYWORD_STOP, "abbestellen"},
    {KEYWORD_STOP, "austragen"},
    {KEYWORD_STOP, "widerruf"},
    {KEYWORD_STOP, "widerrufen"},
    {KEYWORD_STOP, "ende"},
    {KEYWORD_STOP, "keine werbung"},
    {KEYWORD_STOP, "keine werbung mehr"},
    {KEYWORD_STOP, "kein newsletter"},
    {KEYWORD_STOP, "newsletter abbestellen"},
    {KEYWORD_STOP, "nicht mehr anschreiben"},
    {KEYWORD_START, "start"},
    {KEYWORD_START, "unstop"},
    {KEYWORD_START, "subscribe"},
    {KEYWORD_START, "anmelden"},
    {KEYWORD_HELP, "help"},
    {KEYWORD_HELP, "hilfe"},
    {KEYWORD_HELP, "info"},
    {KEYWORD_ERASE, "daten loeschen"},
    {KEYWORD_ERASE, "meine daten loeschen"},
    {KEYWORD_ERASE, "loesche meine daten"},
    {KEYWORD_ERASE, "bitte daten loeschen"},
    {KEYWORD_ERASE, "delete my data"},
    {KEYWORD_ERASE, "erase my data"},
    {KEYWORD_ERASE, "loeschen"},
    {KEYWORD_ACCESS, "auskunft"},
    {KEYWORD_ACCESS, "datenauskunft"},
    {KEYWORD_ACCESS, "meine daten"},
    {KEYWORD_ACCESS, "my data"},
    {KEYWORD_ACCESS, "welche daten habt ihr"},
    {KEYWORD_ACCESS, "dsgvo auskunft"},
    {KEYWORD_REVIEW, "keine werbung"},
    {KEYWORD_REVIEW, "nicht mehr schreiben"},
    {KEYWORD_REVIEW, "nicht mehr anschreiben"},
    {KEYWORD_REVIEW, "newsletter abbestell"},
    {KEYWORD_REVIEW, "einwilligung"},
    {KEYWORD_REVIEW, "widerruf"},
    {KEYWORD_REVIEW, "abmelden"},
    {KEYWORD_REVIEW, "unsubscribe"},
    {KEYWORD_REVIEW, "opt out"},
    {KEYWORD_REVIEW, "daten loesch"},
    {KEYWORD_REVIEW, "delete my data"},
    {KEYWORD_REVIEW, "auskunft"},
    {KEYWORD_REVIEW, "dsgvo"},
    {KEYWORD_REVIEW, "gdpr"},
    {KEYWORD_REVIEW, "datenschutz"},
    {KEYWORD_REVIEW, "widersprech"},
    {KEYWORD_REVIEW, "widerspruch"},
    {KEYWORD_REVIEW, "objection"},
    {KEYWORD_CONFIRM, "ja"},
    {KEYWORD_CONFIRM, "yes"},
};

#define WORDS (sizeof(words) / sizeof(words[0]))

/* text is not empty. */
static bool is_word(const struct keyword_word *w, const char *text, size_t len)
{
	/* Nearly always the first letter says it. */
	return w->text[0] == text[0] && strlen(w->text) == len &&
	       memcmp(w->text, text, len) == 0;
}

/* The class whose word is the whole message, or NONE. */
static enum keyword_class whole(const struct keyword_word *list,
				size_t list_len, const char *text, size_t len)
{
	for (size_t i = 0; i < list_len; i++)
		if (list[i].class != KEYWORD_REVIEW &&
		    list[i].class != KEYWORD_CONFIRM &&
		    is_word(&list[i], text, len))
			return list[i].class;
	return KEYWORD_NONE;
}

static bool hinted(const struct keyword_word *list, size_t list_len,
		   const char *text, size_t len)
{
	for (size_t i = 0; i < list_len;) {
		struct needles hints = {0};

		for (; i < list_len && hints.len < NEEDLES_MAX; i++)
			/* Nothing is found everywhere: an empty text is no
			 * hint. */
			if (list[i].class == KEYWORD_REVIEW &&
			    list[i].text[0] != '\0')
				needles_add(&hints, list[i].text);
		if (hints.len > 0 && needles_in(&hints, text, len, false) != 0)
			return true;
	}
	return false;
}

enum keyword_class keyword_classify(const char *normalised, size_t len,
				    const struct keyword_word *more,
				    size_t more_len)
{
	enum keyword_class class;

	if (len == 0)
		return KEYWORD_NONE;
	class = whole(words, WORDS, normalised, len);
	if (class == KEYWORD_NONE)
		class = whole(more, more_len, normalised, len);
	if (class == KEYWORD_NONE && (hinted(words, WORDS, normalised, len) ||
				      hinted(more, more_len, normalised, len)))
		class = KEYWORD_REVIEW;
	return class;
}

static bool confirms(const struct keyword_word *list, size_t list_len,
		     const char *text, size_t len)
{
	for (size_t i = 0; i < list_len; i++)
		if (list[i].class == KEYWORD_CONFIRM &&
		    is_word(&list[i], text, len))
			return true;
	return false;
}

bool keyword_confirms(const char *normalised, size_t len,
		      const struct keyword_word *more, size_t more_len)
{
	return confirms(words, WORDS, normalised, len) ||
	       confirms(more, more_len, normalised, len);
}
