/* holding.h - placing, approving and releasing holds (compliance 3.4).
 *
 * proposed -> active -> released, or proposed -> lapsed.  It protects from the
 * moment it is placed; who places one alone keeps data for HOLDING_UNAPPROVED
 * days at most. */
#ifndef POSTERN_FORGET_HOLDING_H
#define POSTERN_FORGET_HOLDING_H

#include "postern/buf.h"
#include "postern/caldate.h"
#include "worker/hold.h"

#define HOLDING_UNAPPROVED  7  /* days */
#define HOLDING_REVIEW	    12 /* months */
#define HOLDING_WORDS_MAX   16
#define HOLDING_WORD_MIN    2
#define HOLDING_WORD_MAX    100
#define HOLDING_REASON_MAX  500
#define HOLDING_MATTER_MAX  100
#define HOLDING_SECRETS_MAX 16384

struct holding_order {
	/* What it is about; id, scanned and the number of words are set by
	 * holding_place. */
	struct hold_row what;
	const char *words[HOLDING_WORDS_MAX];
	size_t words_len;
	const char *reason, *matter;
	int64_t owner, approver; /* tokens */
	int64_t review_day;
};
/* Why something was not done; static words. */
#define HOLDING_ABSENT	   "absent"
#define HOLDING_STATE	   "state"
#define HOLDING_SAME	   "same"  /* owner and approver are one person */
#define HOLDING_TWICE	   "twice" /* agreed already */
#define HOLDING_TOO_MANY   "too_many"
#define HOLDING_REVIEW_DAY "review" /* past, or too far away */

/* All in the caller's transaction.  *ret_refused: NULL when it was done. */
int holding_place(struct worker *w, const struct holding_order *order,
		  int64_t *ret_id, const char **ret_refused, struct err *err);
int holding_approve(struct worker *w, int64_t id, int64_t actor,
		    const char **ret_refused, struct err *err);
/* Somebody looked at it again and it is still needed. */
int holding_review(struct worker *w, int64_t id, int64_t review_day,
		   const char **ret_refused, struct err *err);
int holding_release(struct worker *w, int64_t id, int64_t actor,
		    const char **ret_refused, struct err *err);

struct holding_view {
	struct hold_row what;
	char state[12];
	int64_t owner, approver, released_by;	     /* tokens; 0: nobody */
	int64_t placed_ms, approved_ms, released_ms; /* 0: not yet */
	int64_t review_day;
	int64_t agreed, needed; /* people who approved it */
	int64_t found;		/* by its words */
	int64_t last;		/* newest id there is to be looked at */
	uint16_t year;
};
int holding_load(struct worker *w, int64_t id, struct holding_view *ret,
		 bool *ret_found, struct err *err);
/* Newest first, those that ended too if all; at most max. */
int holding_list(struct worker *w, bool all, int64_t *ret_ids, size_t max,
		 size_t *ret_len, struct err *err);
/* {"reason","matter","words"}; ERR_ABSENT: its key is gone.  Wipe ret. */
int holding_secrets(struct worker *w, const struct holding_view *view,
		    struct buf *ret, struct err *err);

/* A turn of the loop: words are looked for in what there is, holds nobody
 * approved lapse, overdue reviews raise an alarm. */
int holding_step(struct worker *w, bool *ret_moved, struct err *err);
int64_t holding_due_in_ms(const struct worker *w);
void holding_close(struct worker *w);

#endif
