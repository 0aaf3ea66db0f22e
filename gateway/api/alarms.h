/* alarms.h - open alarms, counted by kind. */
#ifndef POSTERN_API_ALARMS_H
#define POSTERN_API_ALARMS_H

#include "job.h"

typedef void alarm_kind_each(void *ctx, const char *kind, int64_t n);
int alarms_each(struct worker *w, alarm_kind_each *each, void *ctx,
		struct err *err);

#endif
