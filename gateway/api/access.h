/* access.h - who looked at what, in the proof log. */
#ifndef POSTERN_API_ACCESS_H
#define POSTERN_API_ACCESS_H

#include "job.h"

/*
 * access_prove - after a handler of GET answered, before the answer leaves.
 *
 * Tells access.viewed or access.exported, in a transaction of its own, if the
 * address opens content or shows what is known of a person.  Not of a helpdesk
 * that reads its own conversations: what it is told is disclosure.made.
 */
int access_prove(struct worker *w, const struct job *job, struct err *err);

#endif
