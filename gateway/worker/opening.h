/* opening.h - putting a worker together and taking it apart. */
#ifndef POSTERN_WORKER_OPENING_H
#define POSTERN_WORKER_OPENING_H

#include "worker.h"

/*
 * worker_open - archive, ids, keeper, drivers and steps, in this order.
 *
 * What was opened before a failure is for worker_close.
 */
int worker_open(struct worker *w, const struct worker_conf *conf,
		struct err *err);
/* Reads or makes meta.id_mask and starts ids above every id in use. */
int worker_open_ids(struct worker *w, struct err *err);
void worker_close(struct worker *w);

#endif
