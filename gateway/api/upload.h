/* upload.h - attachments given by a helpdesk, in stages. */
#ifndef POSTERN_API_UPLOAD_H
#define POSTERN_API_UPLOAD_H

#include "job.h"

/* Removes what a client left half-written. */
void upload_abandon(struct worker *w, struct job *job);
/* Removes uploads no message took within a day. */
int upload_prune(struct worker *w, struct err *err);

#endif
