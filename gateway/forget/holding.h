/* holding.h - placing, approving and releasing holds (compliance 3.4). */
#ifndef POSTERN_FORGET_HOLDING_H
#define POSTERN_FORGET_HOLDING_H

#include "worker/hold.h"

/* A turn of the loop: query holds look through what is there, overdue reviews
 * raise an alarm. */
int holding_step(struct worker *w, bool *ret_moved, struct err *err);
int64_t holding_due_in_ms(const struct worker *w);
/* Holds over anything of the person, for settlement and answers. */
int holding_of_person(struct worker *w, int64_t person, bool *ret,
		      struct err *err);

#endif
