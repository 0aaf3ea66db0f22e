/* breach.h - the register of breaches (Art. 33(5), 34 GDPR; compliance 2.7).
 *
 * Every breach is in it, also one nobody is told of.  What people write about
 * it is sealed under (its id, BREACH, year); figures, times and decisions are
 * columns. */
#ifndef POSTERN_BREACH_BREACH_H
#define POSTERN_BREACH_BREACH_H

#include <jansson.h>

#include "worker/worker.h"

enum breach_cause {
	BREACH_PERIOD, /* whatever came in it */
	BREACH_KEYS,   /* the root key or a copy of the keys: everything */
	BREACH_TOKEN,  /* what one token may read */
	BREACH_HELPDESK,
	BREACH_DATA, /* a copy of the data, without keys */
	BREACH_CAUSES,
};
const char *breach_cause_name(enum breach_cause cause);
bool breach_cause_named(const char *name, enum breach_cause *ret);

#define BREACH_TYPES_MAX 64 /* "confidentiality integrity availability" */
struct breach {
	int64_t id;
	uint16_t year;
	char state[12]; /* open, decided, closed */
	int64_t detected_ms, aware_ms, from_ms, to_ms; /* 0: not known */
	char types[BREACH_TYPES_MAX];
	enum breach_cause cause;
	int64_t token;	      /* of BREACH_TOKEN */
	struct name helpdesk; /* of BREACH_HELPDESK */
	int64_t subjects, records, special;
	bool counted;	   /* the figures are complete */
	char risk[8];	   /* none, risk, high; "" not decided */
	char decision[12]; /* notify, none */
	char exception[2]; /* Art. 34(3): a, b, c; "" none */
	int64_t internal_ms, legal_ms, notified_ms, subjects_notified_ms;
	int64_t closed_ms;
	json_t *by;    /* [{"channel","datenart","records","special"}] */
	json_t *texts; /* as people wrote them; NULL: they do not open */
};
/* ERR_ABSENT.  Opens the texts; breach_free() also after a failure. */
int breach_load(struct worker *w, int64_t id, struct breach *ret,
		struct err *err);
void breach_free(struct breach *b);

/* Acts; in the caller's transaction.  texts: more of them, borrowed; NULL:
 * none.  *ret_refused: a static code and nothing happened, or NULL. */
int breach_open(struct worker *w, struct breach *b, const json_t *texts,
		int64_t actor, struct err *err);
struct breach_decision {
	const char *risk;      /* none, risk, high */
	const char *decision;  /* notify, none; NULL: as the threshold says */
	const char *exception; /* NULL: none */
};
int breach_decide(struct worker *w, struct breach *b,
		  const struct breach_decision *d, const json_t *texts,
		  int64_t actor, const char **ret_refused, struct err *err);
/* subjects: the persons, else the authority.  phase: first, supplement,
 * final. */
int breach_notify(struct worker *w, struct breach *b, bool subjects,
		  const char *phase, const json_t *texts, int64_t actor,
		  const char **ret_refused, struct err *err);
int breach_close(struct worker *w, struct breach *b, const json_t *texts,
		 const char **ret_refused, struct err *err);

/* The keys are safe: persons need not be told (Art. 34(3)(a)). */
bool breach_suggests_a(const struct breach *b);

/* Turns of the loop: counting, and alarms before a day is over. */
int breach_count_step(struct worker *w, bool *ret_moved, struct err *err);
int breach_watch_step(struct worker *w, bool *ret_moved, struct err *err);

/* --- draft.c -------------------------------------------------------------- */

/* A notification to be completed by a person; language "de" or "en". */
int breach_draft(const struct worker *w, const struct breach *b, bool subjects,
		 const char *language, struct buf *ret, struct err *err);

/* --- register.c, for the files of this room ------------------------------- */
/* Texts that are there and these, sealed again. */
int breach_put_texts(struct worker *w, struct breach *b, const json_t *more,
		     struct err *err);

#endif
