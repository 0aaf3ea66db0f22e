/* keyword.h - what a whole message orders: stop, start, help, erase, access.
 *
 * Pure.  Never inside a sentence: "Bitte stoppen Sie die Lieferung" is an
 * ordinary message.  Source: compliance 4.3, 4.4. */
#ifndef POSTERN_KEYWORD_H
#define POSTERN_KEYWORD_H

#include <stdbool.h>
#include <stddef.h>

enum keyword_class {
	KEYWORD_NONE,
	KEYWORD_STOP,
	KEYWORD_START,
	KEYWORD_HELP,
	KEYWORD_ERASE,
	KEYWORD_ACCESS,
	KEYWORD_REVIEW,	 /* a person has to read it; a hint was found */
	KEYWORD_CONFIRM, /* of words alone: JA, YES; see keyword_confirms */
	KEYWORD_CLASSES,
};
/* "NONE", "STOP", ... */
const char *keyword_class_name(enum keyword_class class);

/* A word beside the built-in ones, normalised.  Of class REVIEW it is looked
 * for anywhere in the message, else it has to be all of it.  What is built in
 * goes first: a word of the policy takes no STOP away. */
struct keyword_word {
	enum keyword_class class;
	const char *text;
};

/*
 * keyword_normalise - the spelling that is compared.
 *
 *   text	any bytes; what is no UTF-8 counts as '?'
 *   ret	len + 1 bytes, ended by NUL; may be text itself
 *
 * Returns the length, at most len.  Normalising twice changes nothing.
 */
size_t keyword_normalise(const char *text, size_t len, char *ret);

/* The class of a normalised message; never KEYWORD_CONFIRM.  Time grows with
 * len and the number of words alone; nothing is allocated. */
enum keyword_class keyword_classify(const char *normalised, size_t len,
				    const struct keyword_word *more,
				    size_t more_len);
/* Does it say yes?  Only of use as the answer to a question. */
bool keyword_confirms(const char *normalised, size_t len,
		      const struct keyword_word *more, size_t more_len);

#endif
