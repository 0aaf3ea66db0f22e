/* policydiff.h - what changes from one policy to another, in words.
 *
 * Pure.  Rules are compared, not lines: order and comments do not count. */
#ifndef POSTERN_POLICYDIFF_H
#define POSTERN_POLICYDIFF_H

#include "postern/policy.h"
#include "postern/tongue.h"

enum policy_change_kind {
	CHANGE_ADDED,
	CHANGE_REMOVED,
	CHANGE_CHANGED,
	CHANGE_OTHER, /* written differently; no rule that is compared here */
	CHANGE_KINDS,
};
/* "added", "removed", "changed", "other". */
const char *policy_change_name(enum policy_change_kind kind);

struct policy_change {
	enum policy_change_kind kind;
	const char *section; /* "data", as in the file */
	const char *name;    /* "MSG_SUPPORT"; "": the section itself */
	const char *field;   /* "delete"; "": all of it */
	const char *effect;  /* shorter, longer, more, less; NULL: neither */
	/* In doubt both are true. */
	bool shortens;		   /* something may be erased earlier */
	bool reveals;		   /* somebody may see more */
	size_t line_old, line_new; /* 0: not there */
	const char *old, *new;	   /* in words; NULL: not there */
	const char *text;	   /* the sentence; valid during the call */
};

/* Returns 0 to go on. */
typedef int policy_change_sink(void *ctx, const struct policy_change *change,
			       struct err *err);

/*
 * policy_diff - every change from old to new, section by section.
 *
 * Name and version of the policies are not compared.
 *
 * Returns 0, or -1 with ERR_INPUT, ERR_NOMEM or what sink said.
 */
int policy_diff(const struct policy *old, const struct policy *new,
		enum tongue tongue, policy_change_sink *sink, void *ctx,
		struct err *err);

#endif
