/* figures.h - what is counted when it happens, without persons.
 *
 * A number per hour, channel, name and detail, which outlives every deletion.
 * Names and details are static words and names of the policy. */
#ifndef POSTERN_WORKER_FIGURES_H
#define POSTERN_WORKER_FIGURES_H

#include "worker.h"

#define FIGURE_HOUR_MS	    INT64_C(3600000)
#define FIGURE_DETAIL_BYTES 100

/*
 * figure_add - n more of it in this hour, inside the caller's transaction.
 *
 *   channel	"": of none
 *   detail	"": none
 */
int figure_add(struct worker *w, const char *channel, const char *name,
	       const char *detail, int64_t n, struct err *err);
/* The same of something a person did; nothing while their data are restricted
 * (Art. 18 GDPR). */
int figure_add_of(struct worker *w, int64_t person, const char *channel,
		  const char *name, const char *detail, struct err *err);
/* The same in the hour of at_ms. */
int figure_add_at(struct worker *w, int64_t at_ms, const char *channel,
		  const char *name, const char *detail, int64_t n,
		  struct err *err);

/* One more after the other of the same: a row when another comes, or at the
 * end.  What was not ended is lost, as with a transaction rolled back. */
struct figure_run {
	int64_t hour_ms, n; /* n 0: nothing gathered */
	struct name channel;
	const char *name, *detail; /* static */
};
int figure_run_add(struct worker *w, struct figure_run *run,
		   const struct figure_run *one, struct err *err);
int figure_run_end(struct worker *w, struct figure_run *run, struct err *err);

#endif
