/* requests.h - requests of data subjects over the API, shared by its files. */
#ifndef POSTERN_API_REQUESTS_H
#define POSTERN_API_REQUESTS_H

#include "job.h"
#include "rights/inside.h"

/* The request of the path; -1: refused or failed. */
int requests_load(struct worker *w, struct job *job, struct request *ret,
		  struct err *err);
/* Before the proof nobody learns whether a person is known: neither who it is
 * nor whether anything was sent. */
bool requests_proved(const struct request *r);
/* It as JSON, without a word of the person's; NULL: *err says why. */
json_t *requests_json(struct worker *w, const struct request *r,
		      struct err *err);
/* An act's answer: the request as it is now, or why it was refused. */
int requests_answer(struct worker *w, struct job *job, const char *refused,
		    struct err *err);

#endif
