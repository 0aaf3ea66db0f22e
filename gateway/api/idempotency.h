/* idempotency.h - a POST repeated with its Idempotency-Key has one effect.
 *
 * Scope: token, route, key.  The row is written in the transaction of the
 * effect.  The fingerprint covers address and body, both keyed: a stored row
 * tells nothing about either.  Kept 72 hours. */
#ifndef POSTERN_API_IDEMPOTENCY_H
#define POSTERN_API_IDEMPOTENCY_H

#include "job.h"

#define IDEMPOTENCY_KEEP_MS (72 * 3600 * 1000LL)

/* What a crash left open had no effect: such rows go. */
int idempotency_begin(struct worker *w, struct err *err);
/* Is there a key this route heeds? */
bool idempotency_wanted(const struct job *job);
/* Computes key_hash, and body_hash over path, type, name and the bytes. */
int idempotency_hash(struct worker *w, struct job *job, const void *body,
		     size_t body_len, struct err *err);

enum idempotency_found { KEY_NEW, KEY_SAME, KEY_OPEN };
/* KEY_SAME: same key; compare with idempotency_replay. */
int idempotency_find(struct worker *w, const struct job *job,
		     enum idempotency_found *ret, struct err *err);
/* Answers from the stored row: 0, or -1 refused with 422. */
int idempotency_replay(struct worker *w, struct job *job, struct err *err);
/* Writes the row: open without, done with the job's answer.  Inside the
 * caller's transaction. */
int idempotency_open(struct worker *w, const struct job *job, struct err *err);
int idempotency_keep(struct worker *w, const struct job *job, struct err *err);
/* Forgets an open row. */
int idempotency_forget(struct worker *w, const struct job *job,
		       struct err *err);
int idempotency_prune(struct worker *w, struct err *err);

#endif
