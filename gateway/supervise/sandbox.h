/* sandbox.h - what is left to a process once it has what it needs.
 *
 * Landlock says which files, seccomp which system calls; both for good, and
 * for every thread made later.  The tables are in sandbox_rules.c, and they
 * are the place to look at when a library begins to ask for more.
 *
 * Sanitizers need more than any table allows: make SAN=... sets SANDBOX_OFF,
 * and the process says so. */
#ifndef POSTERN_SANDBOX_H
#define POSTERN_SANDBOX_H

#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "supervise/supervise.h"

struct sandbox_conf {
	enum child_role role;
	const char *dir;	/* data directory, absolute */
	const char *credential; /* root key outside DIR; "" none */
};

/*
 * sandbox_enter - give up all that the role does not need.
 *
 * Makes the files that the role may write but not make, then enters.  A
 * kernel without Landlock is a warning, one without seccomp an error.  Only
 * while there is one thread, as the user the process stays.
 *
 * Returns 0, or -1 with ERR_DENIED or ERR_STORAGE.
 */
int sandbox_enter(const struct sandbox_conf *conf, struct err *err);

/* --- its parts ------------------------------------------------------------ */

/* *ret_abi: 0 when the kernel has no Landlock.  (sandbox_files.c) */
int sandbox_files(const struct sandbox_conf *conf, int *ret_abi,
		  struct err *err);
/* (sandbox_calls.c) */
int sandbox_calls(enum child_role role, struct err *err);

/* --- the tables (sandbox_rules.c) ----------------------------------------- */

enum sandbox_allow {
	ALLOW_LIST = 1,	    /* names in a folder */
	ALLOW_READ = 2,	    /* a file, or a folder's files */
	ALLOW_WRITE = 4,    /* the same: write and cut */
	ALLOW_MAKE = 8,	    /* files in a folder: make, rename, remove */
	ALLOW_FOLDERS = 16, /* the same for folders */
};
struct sandbox_path {
	const char *path; /* below DIR unless it begins with '/' */
	unsigned int allow;
	bool make; /* a file: made empty if it is absent */
};
/* Ends with a NULL path. */
const struct sandbox_path *sandbox_paths(enum child_role role);
/* Whether the role may connect over TCP.  Nobody may listen anew. */
bool sandbox_connects(enum child_role role);

struct sandbox_call {
	int number;
	unsigned int checks_len; /* 0: whatever the arguments */
	struct scmp_arg_cmp check;
};
/* Calls of every role, then those of one role; both end with number -1. */
const struct sandbox_call *sandbox_common_calls(void);
const struct sandbox_call *sandbox_role_calls(enum child_role role);

#endif
