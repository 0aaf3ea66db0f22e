/* telling.h - who else has data of a person, and telling them (Art. 19 GDPR;
 * compliance 9 N1).
 *
 * Recipients: helpdesks that had a conversation, processors of the settings
 * (OpenDSR) with a disclosure or named for every person, providers of the
 * channels.  Each has a state: confirmed, pending, impossible and why. */
#ifndef POSTERN_RECIPIENTS_TELLING_H
#define POSTERN_RECIPIENTS_TELLING_H

#include "worker/worker.h"

/* ERASED_PARTLY: some records went, the person stays. */
enum telling_event {
	TELLING_ERASED,
	TELLING_RESTRICTED,
	TELLING_RECTIFIED,
	TELLING_ERASED_PARTLY,
};
enum telling_state {
	TELLING_PENDING,
	TELLING_SENT, /* taken; its confirmation is waited for */
	TELLING_CONFIRMED,
	TELLING_IMPOSSIBLE, /* reason says why; a helpdesk's contact form */
	TELLING_FAILED,	    /* after the last try: a task is open */
};
struct telling_order {
	int64_t erasure, request; /* 0: none */
	int64_t person;
	enum telling_event event;
};
/*
 * telling_plan - a row per recipient, in the caller's transaction.
 *
 * Must be called while the person's conversations and addresses are still
 * there: what a recipient knows the person by is sealed into the row (under
 * the row's id as person, TELLING, year).  May be called again: no second row
 * for a recipient of the same erasure and event.
 */
int telling_plan(struct worker *w, const struct telling_order *order,
		 struct err *err);
/* From now on they are told (until then rows rest). */
int telling_release(struct worker *w, int64_t erasure, struct err *err);
/* How many there are, and how many of them are not settled (pending, sent). */
int telling_count(struct worker *w, int64_t erasure, size_t *ret_all,
		  size_t *ret_open, struct err *err);

struct telling {
	int64_t id;
	char kind[16], recipient[256], event[16], reason[48];
	enum telling_state state;
	int64_t told_ms, ended_ms;
};
typedef int telling_each(void *ctx, const struct telling *t, struct err *err);
int telling_walk(struct worker *w, int64_t erasure, telling_each *each,
		 void *ctx, struct err *err);

/* The same by request, whatever it asked for. */
int telling_walk_request(struct worker *w, int64_t request, telling_each *each,
			 void *ctx, struct err *err);
/* What a reason means, for people; "de" or another for English.  Never NULL. */
const char *telling_reason_text(const char *reason, const char *language);

/* --- what a recipient says ------------------------------------------------ */

/* One row; *ret_found false: there is none. */
int telling_load(struct worker *w, int64_t id, struct telling *ret,
		 bool *ret_found, struct err *err);
/* OpenDSR's subject_request_id to the row. */
int telling_find(struct worker *w, const char *outside_id, int64_t *ret_id,
		 bool *ret_found, struct err *err);
/*
 * telling_end - it is over with this recipient: TELLING_CONFIRMED, _FAILED or
 * _IMPOSSIBLE.
 *
 * In the caller's transaction; leaves its entry, raises or ends the alarm, and
 * forgets what was sealed unless it failed.  What was confirmed stays so.
 */
int telling_end(struct worker *w, int64_t id, enum telling_state state,
		const char *reason, struct err *err);
/* Another round for one that failed; *ret_refused: it did not. */
int telling_again(struct worker *w, int64_t id, bool *ret_refused,
		  struct err *err);

/* Where processors tell of each state; -1: there is no such address. */
int telling_callback(const struct worker *w, char *ret, size_t size);

int telling_open(struct worker *w, struct tellings **ret, struct err *err);
void telling_close(struct worker *w, struct tellings **t);
/* A turn of the loop. */
int telling_step(struct worker *w, bool *ret_moved, struct err *err);
int64_t telling_due_in_ms(const struct worker *w);

/* Named recipients and what for, for an access package (C-154/21): each once,
 * with the days of the first and the last time. */
struct recipient {
	char name[256], kind[16], purpose[64];
	int64_t first_ms, last_ms;
};
typedef int recipient_each(void *ctx, const struct recipient *r,
			   struct err *err);
int recipients_of(struct worker *w, int64_t person, recipient_each *each,
		  void *ctx, struct err *err);

#endif
