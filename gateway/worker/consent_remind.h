/* consent_remind.h - a question that waits is asked once more, when the policy
 * says so (purposes.*.reminder). */
#ifndef POSTERN_WORKER_CONSENT_REMIND_H
#define POSTERN_WORKER_CONSENT_REMIND_H

#include "worker.h"

/*
 * consent_remind - some of what is due by now_ms; about once a minute.
 *
 * The same words as before, byte for byte, whatever the policy says today: the
 * answer has to fit both.  Never a second time, and not where the provider
 * would not take it (its reply window), nor of restricted data.  What fell due
 * while the gateway rested is looked at when it starts.
 *
 * Source: compliance 4.3.
 */
int consent_remind(struct worker *w, int64_t now_ms, bool *ret_moved,
		   struct err *err);

#endif
