/* alarm.h - something that a person has to look at.
 *
 * Shown by `postern status`, GET /v1/alarms and the metrics; once per kind and
 * object until it ends.  Never says anything about a person. */
#ifndef POSTERN_WORKER_ALARM_H
#define POSTERN_WORKER_ALARM_H

#include "worker.h"

struct alarm {
	const char *kind;   /* static: "clock.back", "rights.deadline" */
	enum id_kind about; /* with object */
	int64_t object;	    /* 0: nothing of its own */
	const char *detail; /* static or a configured name; NULL: none */
	int64_t due_ms;	    /* by when; 0: none */
};
/* In the caller's transaction; does nothing if it is raised already. */
int alarm_raise(struct worker *w, const struct alarm *a, struct err *err);
/* It is over; the same. */
int alarm_end(struct worker *w, const char *kind, int64_t object,
	      struct err *err);

#endif
