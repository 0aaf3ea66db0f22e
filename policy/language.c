/* language.c - counts words that one language has and the other has not. */
#include "postern/language.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MAX 4096
#define WORD_MAX 12
/* So many words more of one language: the rest will not change it. */
#define LEAD 6

/* Sorted.  Words of both ("in", "was", "so", "am", "an", "war") are left
 * out. */
static const char *const german[] = {
    "aber",   "auch",	  "auf",   "aus",   "bei",     "bestellung", "bin",
    "bitte",  "da",	  "danke", "dann",  "das",     "dass",	     "dem",
    "den",    "der",	  "des",   "dich",  "die",     "diese",	     "doch",
    "du",     "ein",	  "eine",  "einem", "einen",   "einer",	     "er",
    "es",     "fuer",	  "gibt",  "guten", "habe",    "haben",	     "hallo",
    "heute",  "ich",	  "ihnen", "ihr",   "ihre",    "im",	     "ist",
    "ja",     "kann",	  "kein",  "keine", "koennen", "mehr",	     "mein",
    "meine",  "meinen",	  "mich",  "mir",   "mit",     "moechte",    "morgen",
    "nach",   "nein",	  "nicht", "noch",  "nur",     "oder",	     "ohne",
    "paket",  "rechnung", "schon", "sehr",  "sie",     "sind",	     "tag",
    "termin", "ueber",	  "um",	   "und",   "uns",     "vielen",     "vom",
    "von",    "wann",	  "warum", "wenn",  "werden",  "wie",	     "wir",
    "wird",   "wo",	  "zu",	   "zum",   "zur",
};
static const char *const english[] = {
    "about", "and",   "are",   "at",	 "but",	     "by",    "can",	"could",
    "did",   "do",    "does",  "for",	 "from",     "get",   "has",	"have",
    "hello", "help",  "hi",    "how",	 "i",	     "i'm",   "is",	"it",
    "just",  "like",  "me",    "my",	 "need",     "no",    "not",	"of",
    "on",    "order", "our",   "please", "question", "thank", "thanks", "that",
    "the",   "there", "this",  "to",	 "want",     "we",    "were",	"what",
    "when",  "where", "which", "why",	 "will",     "with",  "would",	"yes",
    "you",   "your",
};

/* Nearly always the first letter says it, and each word of each message is
 * looked up twice. */
static int by_text(const void *key, const void *entry)
{
	const char *word = key, *other = *(const char *const *)entry;

	if (word[0] != other[0])
		return word[0] - other[0];
	return strcmp(word, other);
}

#define IS_ONE_OF(word, list)                                  \
	(bsearch(word, list, sizeof(list) / sizeof((list)[0]), \
		 sizeof((list)[0]), by_text) != NULL)

static bool in_word(char c)
{
	return (c >= 'a' && c <= 'z') || c == '\'';
}

const char *language_of(const char *normal, size_t len)
{
	unsigned int de = 0, en = 0;
	char word[WORD_MAX + 1];
	size_t n = 0;

	if (len > LOOK_MAX)
		len = LOOK_MAX;
	for (size_t i = 0; i <= len && de < en + LEAD && en < de + LEAD; i++) {
		if (i < len && in_word(normal[i])) {
			if (n < WORD_MAX)
				word[n] = normal[i];
			n++;
			continue;
		}
		if (n > 0 && n <= WORD_MAX) {
			word[n] = '\0';
			de += IS_ONE_OF(word, german);
			en += IS_ONE_OF(word, english);
		}
		n = 0;
	}
	if (de == en)
		return NULL;
	return de > en ? "de" : "en";
}
