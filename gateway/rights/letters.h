/* letters.h - what a person is told about their request, in words.
 *
 * A letter is a row of request_letter, sealed under the request's key: the
 * reply copy.  Where there is a chat it is sent there (post.h); else people of
 * the controller take it from the request, or the person from its page. */
#ifndef POSTERN_RIGHTS_LETTERS_H
#define POSTERN_RIGHTS_LETTERS_H

#include "inside.h"
#include "postern/tongue.h"

enum letter {
	LETTER_CHALLENGE,
	LETTER_WRONG,	 /* the code was not right */
	LETTER_VERIFIED, /* proved; a person decides */
	LETTER_DUPLICATE,
	LETTER_EXPIRED,
	LETTER_EXTENDED,
	LETTER_REFUSED,
	LETTER_WITHDRAWN,
	LETTER_NO_DATA,
	LETTER_ERASED,
	LETTER_PARTLY_ERASED, /* the rest has to stay */
	LETTER_NOT_ERASED,    /* everything has to stay */
	LETTER_ACCESS,
	LETTER_PORTABILITY,
	LETTER_RECTIFIED,
	LETTER_RESTRICTED,
	LETTER_OBJECTED, /* to advertising */
	LETTER_OBJECTION_GRANTED,
	LETTER_OBJECTION_WEIGHED, /* restricted until somebody has weighed */
	LETTER_CONSENT_WITHDRAWN,
	LETTERS,
};
const char *letter_name(enum letter letter);
/* With places such as {due}; and what a request is called. */
const char *letter_words(enum letter letter, enum tongue tongue);
const char *letter_wish(enum rights_type type, enum tongue tongue);
/* The word before a code: "LÖSCHEN". */
const char *letter_order(enum rights_type type, enum tongue tongue);

/* What goes into the places; NULL: nothing. */
struct letter_facts {
	const char *code; /* of the challenge */
	const char *link; /* of a package, or the request's page */
	const char *receipt;
	const char *text; /* of people */
	/* Of an erasure. */
	int64_t erasure;
	struct maybe_day waits;
	int64_t expires_ms; /* of a package */
};
/* In the caller's transaction. */
int letter_write(struct worker *w, const struct request *r, enum letter letter,
		 struct err *err);
int letter_write_with(struct worker *w, const struct request *r,
		      enum letter letter, const struct letter_facts *facts,
		      struct err *err);

/* --- reading -------------------------------------------------------------- */

struct letter_row {
	int64_t id, request;
	char what[24], state[12], reason[24];
	int64_t made_ms, sent_ms, attempts;
};
/* Its text, for whoever may see the request: NULL when it is gone. */
int letter_open(struct worker *w, const struct request *r, int64_t id,
		json_t **ret, struct err *err);

/* --- places.c ------------------------------------------------------------- */

#define LETTER_MAX (32u * 1024)
struct place {
	const char *name, *text; /* "{due}" */
};
/* Fills every place of words; one without text leaves nothing, and a line
 * that is empty for it goes. */
int places_fill(const char *words, const struct place *places, size_t len,
		struct buf *ret, struct err *err);
/* "31.12.2032", "31 December 2032". */
#define DAY_WORDS_BYTES 32
void day_words(int64_t day, enum tongue tongue, char ret[DAY_WORDS_BYTES]);

/* --- settled.c ------------------------------------------------------------ */

/* The settlement list in words, the recipients, appended. */
int settled_words(struct worker *w, const struct request *r, enum tongue tongue,
		  struct buf *ret, struct err *err);
int recipients_words(struct worker *w, const struct request *r, int64_t erasure,
		     enum tongue tongue, struct buf *ret, struct err *err);

#endif
