/* machine.h - what a turn of the loop does with requests. */
#ifndef POSTERN_RIGHTS_MACHINE_H
#define POSTERN_RIGHTS_MACHINE_H

#include "letters.h"

/* --- reply.c: where a person is answered ----------------------------------
 *
 * Kept with the request, because the person's own rows may be gone when the
 * answer is due. */

/* The conversation a person is asked and answered in: the request's own, or
 * the newest of theirs (on its channel, if it names one).  *ret_found false:
 * there is none. */
int reply_find(struct worker *w, struct request *r, bool *ret_found,
	       struct err *err);
/* Seals channel and addresses of it; in the caller's transaction. */
int reply_remember(struct worker *w, struct request *r, struct err *err);
int reply_forget(struct worker *w, const struct request *r, struct err *err);

/* --- challenge.c: proof by the channel ------------------------------------ */

#define CODE_LETTERS 8
/* The letters of a code in what somebody wrote; false: too few. */
bool code_of(const char *text, char ret[CODE_LETTERS + 1]);
/* Asks who it is; the same for strangers, but that nothing is sent. */
int challenge(struct worker *w, struct request *r, struct err *err);
/* Something came that may be the answer. */
int challenge_heard(struct worker *w, struct request *r, struct err *err);

/* --- post.c: letters on their way ----------------------------------------- */

int post_step(struct worker *w, bool *ret_moved, struct err *err);
/* Has a call ended that is to be settled? */
bool post_landed(const struct worker *w);
/* Is a letter of the request still to be sent, or on its way? */
int post_waits(struct worker *w, int64_t request, bool *ret, struct err *err);
/* When the next one is due, wall; 0: none. */
int post_next(struct worker *w, int64_t *ret_ms, struct err *err);

/* --- weigh.c: may it run by itself? --------------------------------------- */

/* Grants it, or leaves it to people; in the transaction. */
int weigh(struct worker *w, struct request *r, struct err *err);
bool about_marketing(const struct worker *w, const struct request *r);

/* --- execute.c, erasing.c, rectify.c
 * --------------------------------------------------- */

/* From decided on; *ret_next_ms: when to look again. */
int execute_begin(struct worker *w, struct request *r, int64_t *ret_next_ms,
		  struct err *err);
int execute_go_on(struct worker *w, struct request *r, int64_t *ret_next_ms,
		  struct err *err);
int execute_erasure(struct worker *w, struct request *r, int64_t *ret_next_ms,
		    struct err *err);
/* One that is over, its letters sent: forgets where to answer, unless a hold
 * keeps something of it; once that ended the person is told. */
int execute_ended(struct worker *w, struct request *r, int64_t *ret_next_ms,
		  struct err *err);
/* How long to wait before the next look: the longer it takes, the longer. */
int64_t execute_patience(const struct worker *w, const struct request *r);
/* What the person said no to, or took back. */
int execute_stop(struct worker *w, const struct request *r, struct err *err);
int execute_rectify(struct worker *w, const struct request *r, struct err *err);

/* --- watch.c: alarms before a deadline ------------------------------------ */

/* Raises what is due; *ret_next_ms: when the next one would be. */
int watch_deadlines(struct worker *w, const struct request *r,
		    int64_t *ret_next_ms, struct err *err);
int watch_end(struct worker *w, const struct request *r, struct err *err);

/* --- certificate.c -------------------------------------------------------- */

/* The entry that is the receipt; in the transaction. */
struct certified {
	uint64_t erased, files, keys, kept;
	int64_t entry; /* of erase.executed; -1: none */
	struct maybe_day waits;
};
int certify(struct worker *w, struct request *r, const struct certified *what,
	    struct err *err);

/* --- page.c --------------------------------------------------------------- */

/* The address of the request's page, in full, for who asked in a chat; "": the
 * public cannot reach this instance.  In the caller's transaction. */
#define PAGE_BYTES 640
int page_link(struct worker *w, const struct request *r, char ret[PAGE_BYTES],
	      struct err *err);
/* path, in full. */
void page_url(const struct worker *w, const char *path, char ret[PAGE_BYTES]);

#endif
