/* sandbox.h - what is left to a process once it has what it needs.
 *
 * Landlock says which files, seccomp which system calls; both for good, and
 * for every thread made later.  The tables lie with whoever starts the process
 * (supervise/sandbox_rules.c, witness/box.c), and they are the place to look
 * at when a library begins to ask for more.
 *
 * Sanitizers need more than any table allows: make SAN=... sets SANDBOX_OFF,
 * and the process says so. */
#ifndef POSTERN_SANDBOX_H
#define POSTERN_SANDBOX_H

#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"

enum sandbox_allow {
	ALLOW_LIST = 1,	    /* names in a folder */
	ALLOW_READ = 2,	    /* a file, or a folder's files */
	ALLOW_WRITE = 4,    /* the same: write and cut */
	ALLOW_MAKE = 8,	    /* files in a folder: make, rename, remove */
	ALLOW_FOLDERS = 16, /* the same for folders */
};
#define ALLOW_EDIT   (ALLOW_READ | ALLOW_WRITE)
#define ALLOW_FOLDER (ALLOW_LIST | ALLOW_EDIT | ALLOW_MAKE)
#define ALLOW_LOOK   (ALLOW_LIST | ALLOW_READ)
struct sandbox_path {
	const char *path; /* below DIR unless it begins with '/' */
	unsigned int allow;
	bool make; /* a file: made empty if it is absent */
};

struct sandbox_call {
	int number;
	unsigned int checks_len; /* 0: whatever the arguments */
	struct scmp_arg_cmp check;
};
/* Rows of a table of calls. */
#define CALL_ANY(name)             \
	{                          \
		SCMP_SYS(name), 0, \
		{                  \
			0          \
		}                  \
	}
/* With the n-th argument (from 0) equal to v. */
#define CALL_ONLY(name, n, v)                              \
	{                                                  \
		SCMP_SYS(name), 1,                         \
		{                                          \
			(n), SCMP_CMP_EQ, (uint64_t)(v), 0 \
		}                                          \
	}
/* With none of these bits in the n-th argument. */
#define CALL_WITHOUT(name, n, bits)                                  \
	{                                                            \
		SCMP_SYS(name), 1,                                   \
		{                                                    \
			(n), SCMP_CMP_MASKED_EQ, (uint64_t)(bits), 0 \
		}                                                    \
	}
#define CALL_END          \
	{                 \
		-1, 0,    \
		{         \
			0 \
		}         \
	}

/* What one kind of process may do. */
struct sandbox_rules {
	const struct sandbox_path *paths; /* ends with a NULL path */
	/* Besides those of every process; ends with CALL_END. */
	const struct sandbox_call *calls;
	/* Whether it may connect over TCP.  Nobody may listen anew. */
	bool connects;
	/* Where there are file rules: makes what no rule could let it make
	 * later.  NULL: nothing. */
	int (*prepare)(const char *dir, struct err *err);
};

struct sandbox_conf {
	const struct sandbox_rules *rules;
	const char *dir;	/* data directory, absolute */
	const char *credential; /* root key outside DIR; "" none */
	/* What only the settings know; ends with a NULL path; NULL: nothing. */
	const struct sandbox_path *more;
};

/*
 * sandbox_enter - give up all that the rules do not name.
 *
 * Makes the files that the process may write but not make, then enters.  A
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
int sandbox_calls(const struct sandbox_rules *rules, struct err *err);
/* Calls of every process; ends with CALL_END.  (sandbox_common.c) */
const struct sandbox_call *sandbox_common_calls(void);

#endif
