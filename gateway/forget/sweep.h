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
#include "sweepclock.h"

/* A turn of the loop. */
int sweep_step(struct worker *w, bool *ret_moved, struct err *err);
int64_t sweep_due_in_ms(const struct worker *w);

#endif
