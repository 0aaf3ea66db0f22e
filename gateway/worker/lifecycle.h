/* lifecycle.h - which policy is in force, and how another comes to be.
 *
 * The archive says which: the file policy.yaml counts only as long as there
 * was none before (the one that came with the installation).  A version is
 * proposed by one person; what it would do is counted and pinned; others
 * approve it; when its day has come it replaces the one in force between two
 * turns of the loop.  One that may erase earlier also waits, and is counted
 * again.  Until then anybody may stop it.
 *
 * Source: compliance rule 10; 3.2, "Scheduler rules"; 9 R8. */
#ifndef POSTERN_WORKER_LIFECYCLE_H
#define POSTERN_WORKER_LIFECYCLE_H

#include "lifecycle/version.h"
#include "postern/diag.h"
#include "worker.h"

#define LIFECYCLE_OPEN_MAX   20	 /* versions under way at a time */
#define LIFECYCLE_SHADOW_MAX 366 /* days */

/*
 * lifecycle_open - sets w->policy to the version in force.
 *
 *   file	policy.yaml; in force itself if the archive has no version
 *		yet, which is written once the keeper answers.
 *
 * ERR_CORRUPT: what is stored is not what was approved.
 */
int lifecycle_open(struct worker *w, const struct policy *file,
		   struct lifecycle **ret, struct err *err);
/* w->policy is not to be used any more. */
void lifecycle_close(struct lifecycle **l);
/* A turn of the loop: counts, watches, brings into force. */
int lifecycle_step(struct worker *w, bool *ret_moved, struct err *err);
int64_t lifecycle_due_in_ms(const struct worker *w);
/* Has the keeper vouched for what is in force?  Nothing is decided before. */
bool lifecycle_trusted(const struct worker *w);
int64_t lifecycle_in_force(const struct worker *w); /* id; 0: not yet known */
/* The channel of the settings, or the helpdesk it leads to, is not in the
 * policy in force yet: a static code; NULL: both are. */
const char *lifecycle_lacks(const struct worker *w, const struct name *channel);
/* The policy.yaml of this process. */
const struct policy *lifecycle_file(const struct worker *w);

/* --- what people do (lifecycle_change.c) ----------------------------------
 *
 * Inside the caller's transaction.  *ret_refused is a static word, or NULL
 * when it was done; then ret is the version as it is now, whose content the
 * caller frees. */

#define REFUSED_FINDINGS  "findings" /* not a policy for this instance */
#define REFUSED_NUMBER	  "number"   /* not above the one in force */
#define REFUSED_SAME	  "same"     /* it is in force already */
#define REFUSED_TOO_MANY  "too_many" /* versions under way */
#define REFUSED_ABSENT	  "absent"
#define REFUSED_STATE	  "state" /* nothing to approve, stop, watch */
#define REFUSED_UNCOUNTED "uncounted"
#define REFUSED_OWN	  "own"	  /* the author's */
#define REFUSED_LABEL	  "label" /* somebody's of the same name */
#define REFUSED_TWICE	  "twice"
#define REFUSED_TAMPERED  "tampered" /* what is stored was changed */
#define REFUSED_DIGEST	  "digest"   /* not what was looked at */
#define REFUSED_WATCHING  "watching" /* another one is */

struct proposal {
	const uint8_t *bytes;
	size_t len;
	int64_t author;	 /* token, never 0 */
	int64_t from_ms; /* not before; 0: as soon as it may be */
	int64_t shadow_days;
};
/* findings: initialised; filled when refused so. */
int lifecycle_propose(struct worker *w, const struct proposal *p,
		      struct diag *findings, struct version *ret,
		      const char **ret_refused, struct err *err);
/* digest: of the policy that was looked at; NULL: whichever it is. */
int lifecycle_approve(struct worker *w, int64_t id, int64_t actor,
		      const char *digest, struct version *ret,
		      const char **ret_refused, struct err *err);
/* actor 0: the operator of this host. */
int lifecycle_stop(struct worker *w, int64_t id, int64_t actor,
		   struct version *ret, const char **ret_refused,
		   struct err *err);
int lifecycle_watch(struct worker *w, int64_t id, int64_t days,
		    struct version *ret, const char **ret_refused,
		    struct err *err);

#endif
