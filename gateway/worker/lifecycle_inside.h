/* lifecycle_inside.h - what the files of the life of a policy share. */
#ifndef POSTERN_WORKER_LIFECYCLE_INSIDE_H
#define POSTERN_WORKER_LIFECYCLE_INSIDE_H

#include "lifecycle.h"
#include "postern/policy_effect.h"
#include "prove.h"

/* A count under way: of what a version would do. */
struct counting {
	int64_t version;
	bool again; /* before it comes into force */
	bool done;
	struct policy *after;
	int64_t at_ms, now_ms;
	int64_t reached;
	struct policy_effect effect;
};

struct lifecycle {
	const struct policy *file;
	struct policy *own;    /* in force, when it is not the file */
	struct policy *before; /* what own replaced */
	int64_t in_force;      /* 0: not yet written */
	bool trusted;
	bool names_differ;	/* from those of the settings */
	bool look;		/* something was changed */
	int64_t next_ms;	/* wall clock: something is due */
	int64_t looked_ms;	/* wall clock, when next_ms was found */
	int64_t waits_boot_ms;	/* 0: nothing waits for a clock in doubt */
	int64_t pause_until_ms; /* boot clock: between slices */
	struct counting *count;
};

/* When a version may take effect if it is approved now. */
int64_t lifecycle_due_ms(const struct worker *w, const struct version *v);
/* Something may be to do. */
void lifecycle_look(struct worker *w);

/* The act in the proof log, in the transaction of the change. */
int lifecycle_prove(struct worker *w, enum ledger_event event,
		    const struct version *v, struct err *err);

/* --- counting (lifecycle_count.c) ----------------------------------------- */
int count_begin(struct worker *w, const struct version *v, bool again,
		struct err *err);
/* A slice; when all is counted, what follows from it. */
int count_step(struct worker *w, struct err *err);
void count_free(struct lifecycle *l);

/* --- coming into force, and not (lifecycle_force.c) ------------------------
 */
/* Writes the file as the first version. */
int force_first(struct worker *w, struct err *err);
/* An approved version that is due takes the place of the one in force; or is
 * stopped, if it cannot.  recount: what was counted last; NULL: nothing. */
int force_version(struct worker *w, int64_t id,
		  const struct policy_effect *recount, struct err *err);
/* A transaction of its own.  why: static. */
int force_stop(struct worker *w, int64_t id, const char *why,
	       const struct policy_effect *recount, struct err *err);
/* *ret NULL: it is not readable by this program. */
int force_parse(struct worker *w, int64_t id, struct policy **ret,
		struct err *err);
/* Was memory short for what was to be read? */
bool force_short(const struct diag *findings);
/* Channels and helpdesks of policy and settings are the same. */
bool force_names(const struct worker *w, const struct policy *p,
		 struct diag *findings);

#endif
