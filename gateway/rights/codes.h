/* codes.h - why a request is delayed or refused, and why a record stays: codes
 * with their words (compliance 2.3; DPV where it has a term). */
#ifndef POSTERN_RIGHTS_CODES_H
#define POSTERN_RIGHTS_CODES_H

#include "postern/tongue.h"
#include "rights.h"

#define CODE_DELAYS  1u /* reason of an extension */
#define CODE_REFUSES 2u
#define CODE_GRAVE   4u /* needs a text and a second person */

/* NULL: the code is not known. */
struct code {
	const char *name;
	unsigned int does;
	unsigned int types; /* bits of enum rights_type; 0: every one */
	const char *article;
	const char *words[2]; /* by enum tongue: a whole sentence */
};
const struct code *code_find(const char *name);
bool code_allowed(const char *name, unsigned int does, enum rights_type type);
/* An article as people of that language write it: "Art. 12(5)(b) GDPR" is
 * "Art. 12 Abs. 5 Buchst. b DSGVO". */
#define ARTICLE_BYTES 224
void article_words(const char *article, enum tongue tongue,
		   char ret[ARTICLE_BYTES]);
/* The sentence, or the code itself. */
const char *code_words(const char *name, enum tongue tongue);

#endif
