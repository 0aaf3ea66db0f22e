/* sweep.h - what its rule says is over, is deleted (DIN 66398; compliance
 * 3.2).
 *
 * Due dates are range queries over start events.  A dry run counts per
 * Datenart; a real run has to be like an approved one within the policy's
 * tolerance, keeps a daily cap, goes in batches that leave the intake alone,
 * and goes on after a kill or a downtime. */
#ifndef POSTERN_FORGET_SWEEP_H
#define POSTERN_FORGET_SWEEP_H

#include "judge.h"
#include "worker/sweepclock.h"

enum sweep_state {
	SWEEP_COUNTING,
	SWEEP_COUNTED,	/* a dry run; or it waits for an approval */
	SWEEP_APPROVED, /* the next real run is compared with it */
	SWEEP_RUNNING,
	SWEEP_DONE,
	SWEEP_STOPPED,
	SWEEP_STATES,
};
const char *sweep_state_name(enum sweep_state state);

/* Why it waits or was stopped; static words. */
#define SWEEP_FIRST                                               \
	"first" /* nobody approved one so far, or since a restore \
		 */
#define SWEEP_RESTORED	"restored"  /* it was under way in a backup */
#define SWEEP_SHORTER	"shorter"   /* the policy was shortened since */
#define SWEEP_BEYOND	"beyond"    /* more than was approved */
#define SWEEP_OVERTAKEN "overtaken" /* there is a newer one */
#define SWEEP_POLICY	"policy"    /* another one is in force */
#define SWEEP_CLOCK	"clock"	    /* it began on a day that is not yet */
#define SWEEP_PERSON	"person"    /* somebody stopped it */

/* --- a turn of the loop --------------------------------------------------- */

struct sweeping;
int sweep_step(struct worker *w, bool *ret_moved, struct err *err);
int64_t sweep_due_in_ms(const struct worker *w);
void sweep_close(struct worker *w);

/* --- what people do -------------------------------------------------------
 *
 * In the caller's transaction.  *ret_refused is a static word, or NULL when
 * it was done. */

#define SWEEP_REFUSED_CLOCK  "clock" /* it cannot be trusted */
#define SWEEP_REFUSED_BUSY   "busy"  /* one is under way */
#define SWEEP_REFUSED_ABSENT "absent"
#define SWEEP_REFUSED_STATE  "state" /* nothing to approve, to stop */
#define SWEEP_REFUSED_OWN    "own"   /* who asked for it */
#define SWEEP_REFUSED_LABEL  "label" /* somebody's of the same name */
/* author: token; 0: the operator of the host. */
int sweep_ask(struct worker *w, bool real, int64_t author, int64_t *ret_id,
	      const char **ret_refused, struct err *err);
int sweep_approve(struct worker *w, int64_t id, int64_t approver,
		  const char **ret_refused, struct err *err);
int sweep_stop(struct worker *w, int64_t id, const char **ret_refused,
	       struct err *err);

/* Of a review of kind unclassified or suppression.  Kept means: asked again
 * after half a year. */
int sweep_decide(struct worker *w, int64_t id, bool erase, int64_t actor,
		 const char **ret_refused, struct err *err);

/* How far the one under way is, 0 to 100; -1: none is. */
int sweep_percent(const struct worker *w);

#endif
