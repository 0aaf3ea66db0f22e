/* erasure_inside.h - the parts of an erasure, for each other only.
 *
 * A step does one slice of its work in a transaction and says where it is in
 * the row of the erasure; its last slice moves the row to the next step and
 * leaves the row of erasure_step.  So a process that dies goes on where the
 * last commit was, and nothing is counted twice. */
#ifndef POSTERN_FORGET_ERASURE_INSIDE_H
#define POSTERN_FORGET_ERASURE_INSIDE_H

#include "erasure.h"
#include "trail.h"

struct erasure {
	struct worker *w;
	int64_t id, request, person;
	enum erasure_trigger trigger;
	enum erasure_step step;
	int64_t cursor, message; /* where it is */
	int64_t upto;
	int64_t started_ms, ended_ms, next_ms;
	uint64_t n, of_n, files, keys, kept;
	bool stays;
	struct maybe_day waits;
	int64_t entry; /* -1: not yet */
};
/* *ret_found false: there is none of this id. */
int erasure_load(struct worker *w, int64_t id, struct erasure *ret,
		 bool *ret_found, struct err *err);

enum progress {
	GOES_ON, /* another slice */
	DONE,	 /* of this step */
	WAITS,	 /* until e.next_ms */
	BACK,	 /* to ERASURE_ROWS: something was left */
};
struct run {
	struct worker *w;
	struct erasure e;
	struct family family;
	int64_t today;
	struct forgetting f;
	bool caches;	    /* what is known of persons is to be dropped */
	bool late;	    /* a hold was placed since it was begun */
	bool asked, people; /* people: one granted the request; once asked */
};
typedef int erasure_slice(struct run *r, enum progress *ret, struct err *err);

/* Does the whole person go, not some records of theirs alone? */
bool erasure_whole(const struct erasure *e);
/* Does a hold keep what is written down about them beside their records? */
int erasure_held(struct run *r, bool *ret, struct err *err);
/* Is anything of them kept? */
int erasure_keeps(struct run *r, bool *ret, struct err *err);

/* --- erasure_walk.c: over what a person wrote -----------------------------
 *
 * One slice: some messages, newest first, or the end of a conversation.
 * *ret_end: there is no more. */
typedef int walk_visit(struct run *r, int64_t id, struct err *err);
int erasure_walk(struct run *r, walk_visit *message, walk_visit *conversation,
		 bool *ret_end, struct err *err);
/* Told of every id that a statement gives, 64 at a time: its parameters are of
 * and the last id. */
int erasure_each(struct run *r, const char *sql, int64_t of, walk_visit *visit,
		 struct err *err);
/* What hangs on a message, and on its conversation.  What is judged and what
 * is deleted is found by the same statements, so that neither has more. */
extern const char erasure_files_sql[], erasure_loose_sql[], erasure_notes_sql[];
/* A statement whose first parameter is the person, in family.h. */
int erasure_run(struct run *r, const char *sql, struct err *err);

/* --- erasure_decide.c ----------------------------------------------------- */
erasure_slice erasure_decide_slice;
/* What becomes of a record, with what people decided about the request. */
int erasure_judged(struct run *r, const struct item *item, struct judged *ret,
		   struct err *err);
/* Judges a record and writes down what became of it: kept, or the settlement
 * list. */
int erasure_judge(struct run *r, const struct item *item,
		  enum erasure_verdict *ret, struct err *err);
/* Once more, just before it goes: a hold that was placed since then keeps it,
 * and the settlement list says so. */
int erasure_judge_late(struct run *r, const struct item *item,
		       enum erasure_verdict *ret, struct err *err);
/* Is a hold over the whole of the person?  Then what is written down about
 * them beside their records stays (H1). */
int erasure_hold_person(struct run *r, bool *ret_held, struct err *err);
struct settled {
	const struct name *datenart;
	enum erasure_verdict verdict;
	const char *reason, *article; /* article NULL: none */
	int64_t until_day, n;	      /* until_day 0: none */
};
int erasure_settle(struct run *r, const struct settled *s, struct err *err);

/* --- erasure_consent.c: proofs of consent outlive the person, restricted ---
 */
int erasure_consents(struct run *r, bool held, struct err *err);
/* Who wants to be erased consents to nothing any more. */
int erasure_withdraw(struct run *r, struct err *err);

/* --- erasure_open.c: what is sealed of the person ------------------------- */
/* Handed each slot; one that does not open any more is no error. */
typedef int erasure_opened(void *ctx, const struct keeper_batch *batch,
			   size_t slot, struct err *err);
/* Columns of sql: record, person of the key, year, sealed; the person is its
 * one argument.  Datenart CONTACT. */
int erasure_open_each(struct run *r, const char *sql, enum seal_field field,
		      erasure_opened *each, void *ctx, struct err *err);

/* --- erasure_mention.c: others' texts that name the person -----------------
 */
int erasure_mention(struct run *r, const struct item *item, struct err *err);

/* --- erasure_freeze.c, erasure_rows.c, erasure_raw.c, erasure_end.c --------
 */
erasure_slice erasure_freeze_slice;
erasure_slice erasure_rows_slice;
/* Bodies nobody understood, that name an address of theirs. */
int erasure_raw(struct run *r, bool *ret_end, struct err *err);
erasure_slice erasure_index_slice;
erasure_slice erasure_keys_slice;
erasure_slice erasure_ledger_slice;
erasure_slice erasure_tell_slice;
erasure_slice erasure_verify_slice;
erasure_slice erasure_stamp_slice;
erasure_slice erasure_answer_slice;

/* Rows of erasure_probe. */
int erasure_probe(struct run *r, const char *kind, int64_t record,
		  const void *bytes, size_t len, struct err *err);

#endif
