/* auth.h - who calls, and what may they? */
#ifndef POSTERN_API_AUTH_H
#define POSTERN_API_AUTH_H

#include "listener.h"

/* Fills job->caller, or refuses (401, 403, 429).  Unknown, foreign, expired
 * and revoked tokens all get the same answer. */
int auth_check(struct api *a, struct job *job, struct err *err);
/* 404 unless the caller's helpdesk is this one (NULL: none). */
int auth_helpdesk(struct job *job, const char *helpdesk, size_t len);

/* Pure: a token bucket; false when it is empty. */
bool bucket_take(struct bucket *b, int64_t now_ms, int64_t burst,
		 int64_t per_s);

#endif
