/* words.h - what the pages call kinds and states of requests. */
#ifndef POSTERN_PUBLIC_WORDS_H
#define POSTERN_PUBLIC_WORDS_H

#include "postern/tongue.h"
#include "rights/rights.h"

struct right_words {
	const char *name, *what, *article; /* HTML */
};
const struct right_words *words_right(enum rights_type type,
				      enum tongue tongue);

enum state_look { LOOK_OPEN, LOOK_DONE, LOOK_OVER };
struct state_words {
	const char *name, *what;
	enum state_look look;
};
struct state_words words_state(enum rights_state state, enum tongue tongue);

#endif
