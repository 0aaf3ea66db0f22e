/* callbacks.h - controllers and agents hear of each state of what they passed
 * on (compliance 2.3, 5.2, 5.3). */
#ifndef POSTERN_PUBLIC_CALLBACKS_H
#define POSTERN_PUBLIC_CALLBACKS_H

#include "worker/worker.h"

int callbacks_open(struct worker *w, struct callbacks **ret, struct err *err);
void callbacks_close(struct callbacks **c);
/* A turn of the loop. */
int callbacks_step(struct worker *w, bool *ret_moved, struct err *err);
int64_t callbacks_due_in_ms(const struct worker *w);

#endif
