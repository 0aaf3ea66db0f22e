/* hold.h - Loeschaussetzung: what is not deleted although it is due
 * (compliance 3.4; Art. 17(3)(e) GDPR).
 *
 * This half is asked by every step that deletes; placing, approving,
 * releasing and looking for words is forget/holding.h.
 *
 * A hold protects from the moment it is placed, approved or not: what was
 * deleted meanwhile could not be brought back.  It ends when it is released,
 * or lapses because nobody approved it. */
#ifndef POSTERN_WORKER_HOLD_H
#define POSTERN_WORKER_HOLD_H

#include "worker.h"

/* What a hold can be about.  A name that is NULL is not known, and fits. */
struct hold_facts {
	int64_t item, person, conversation;
	const struct name *channel, *datenart;
	int64_t received_ms;
};
/* The first active hold over it; *ret 0: none.  Costs nothing while no hold is
 * active. */
int hold_of(struct worker *w, const struct hold_facts *facts, int64_t *ret,
	    struct err *err);
/* Is any active?  *ret: one of them, 0: none. */
int hold_any(struct worker *w, int64_t *ret, struct err *err);
/* Rows of table hold, or how far they were looked through, changed: in the
 * transaction, and again if it was taken back. */
void hold_changed(struct worker *w);
void hold_close(struct worker *w);

/* --- those that are active, for forget/holding.h -------------------------- */

enum hold_scope {
	HOLD_PERSON,
	HOLD_CONVERSATION,
	HOLD_DATENART,
	HOLD_QUERY,
	HOLD_SCOPES,
};
const char *hold_scope_name(enum hold_scope scope);
bool hold_scope_named(const char *name, enum hold_scope *ret);

#define HOLDS_MAX     256 /* active at the same time */
#define HOLD_DAY_NONE INT64_MIN
struct hold_row {
	int64_t id;
	enum hold_scope scope;
	int64_t person, conversation;
	struct name channel, datenart; /* "": any */
	int64_t from_day, to_day;      /* received; HOLD_DAY_NONE: open */
	char direction[4], kind[24];   /* "": any */
	int64_t tags;	 /* MSG_TAG_...: has one of these; 0: any */
	bool words;	 /* looks for words */
	int64_t scanned; /* up to this id */
};
/* Until hold_changed(). */
int hold_active(struct worker *w, const struct hold_row **ret, size_t *ret_len,
		struct err *err);
/* An item it found by words, or that may yet turn out to be one, as it was
 * not looked at; what is no message has any direction, kind and tag. */
int hold_covers(struct worker *w, const struct hold_row *hold,
		const struct hold_facts *facts, bool *ret, struct err *err);
/* A message got another text: it is looked at again.  In the transaction. */
int hold_look_again(struct worker *w, int64_t message, struct err *err);

#endif
