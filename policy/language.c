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

static int by_text(const void *key, const void *entry)
{
	return strcmp(key, *(const char *const *)entry);
}

#define IS_ONE_OF(word, list)                                  \
	(bsearch(word, list, sizeof(list) / sizeof((list)[0]), \
		 sizeof((list)[0]), by_text) != NULL)

#define LETTERS 26

/* By first letter, as bits: which letters come second in words of a list.
 * Each word of each message is looked up: what begins unlike all of them is
 * told by one load. */
static void add_pairs(uint32_t pairs[LETTERS], const char *const *list,
		      size_t len)
{
	for (size_t i = 0; i < len; i++)
		pairs[list[i][0] - 'a'] |= UINT32_C(1) << (list[i][1] & 31);
}

#define ADD_PAIRS(pairs, list) \
	add_pairs(pairs, list, sizeof(list) / sizeof((list)[0]))

static size_t word_len(const char *at, const char *end)
{
	const char *p = at;

	while (p < end && ((*p >= 'a' && *p <= 'z') || *p == '\''))
		p++;
	return (size_t)(p - at);
}

/* Is there a word that begins like this one? */
static bool may_count(const uint32_t pairs[LETTERS], const char *word, size_t n)
{
	if (n == 0 || n > WORD_MAX || word[0] == '\'')
		return false;
	return (pairs[word[0] - 'a'] >> (n > 1 ? word[1] & 31 : 0) & 1) != 0;
}

const char *language_of(const char *normal, size_t len)
{
	const char *end = normal + (len < LOOK_MAX ? len : LOOK_MAX);
	unsigned int de = 0, en = 0;
	uint32_t pairs[LETTERS] = {0};
	char word[WORD_MAX + 1];
	size_t n;

	ADD_PAIRS(pairs, german);
	ADD_PAIRS(pairs, english);
	for (const char *at = normal;
	     at < end && de < en + LEAD && en < de + LEAD; at += n + 1) {
		n = word_len(at, end);
		if (!may_count(pairs, at, n))
			continue;
		memcpy(word, at, n);
		word[n] = '\0';
		de += IS_ONE_OF(word, german);
		en += IS_ONE_OF(word, english);
	}
	if (de == en)
		return NULL;
	return de > en ? "de" : "en";
}
