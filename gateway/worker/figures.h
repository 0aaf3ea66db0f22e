/* figures.h - what is counted when it happens, without persons.
 *
 * A number per hour, channel, name and detail, which outlives every deletion.
 * Names and details are static words and names of the policy. */
#ifndef POSTERN_WORKER_FIGURES_H
#define POSTERN_WORKER_FIGURES_H

#include "worker.h"

/*
 * figure_add - n more of it in this hour, inside the caller's transaction.
 *
 *   channel	"": of none
 *   detail	"": none
 */
int figure_add(struct worker *w, const char *channel, const char *name,
	       const char *detail, int64_t n, struct err *err);

#endif
