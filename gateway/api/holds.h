/* holds.h - holds, for the two files that serve them. */
#ifndef POSTERN_API_HOLDS_H
#define POSTERN_API_HOLDS_H

#include "forget/holding.h"
#include "job.h"

/* What it is, without reason, matter and words. */
json_t *holds_json(struct worker *w, const struct holding_view *view);
/* Answers with the hold of this id. */
int holds_answer(struct worker *w, struct job *job, unsigned int status,
		 int64_t id, struct err *err);
/* By a word of holding.h. */
int holds_refuse(struct job *job, const char *why);
/* A tag by the name clients know it by; 0: there is none. */
int64_t holds_tag(const char *name);

#endif
