/* supervise.h - process 0: starts intake, worker and keeper, keeps them up,
 * and takes them down in that order.
 *
 * It opens what must outlive a child (listening sockets, the counters' page)
 * and hands each child only what that child needs.  Besides its one thread
 * only the log's writer runs, so between fork and exec nothing may allocate,
 * lock or log. */
#ifndef POSTERN_SUPERVISE_H
#define POSTERN_SUPERVISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "postern/diag.h"
#include "postern/env.h"
#include "postern/err.h"
#include "postern/policy.h"
#include "postern/processes.h"
#include "postern/settings.h"

enum child_role { CHILD_KEEPER, CHILD_WORKER, CHILD_INTAKE, CHILDREN };

/* "keeper", "worker", "intake"; the argument of the child is "@keeper". */
const char *child_role_name(enum child_role role);

/* --- descriptors a child may inherit (descriptors.c) ---------------------- */
enum child_fd {
	CHILD_FD_LIFELINE,
	CHILD_FD_LOCK,	    /* keeps DIR locked while a child lives */
	CHILD_FD_LISTEN,    /* public, internal or keeper.sock */
	CHILD_FD_OPERATOR,  /* run/operator.sock */
	CHILD_FD_WAKE,	    /* eventfd */
	CHILD_FD_COUNTS,    /* page of struct intake_counts */
	CHILD_FD_PROCESSES, /* page of struct processes, read only */
	CHILD_FD_HATCH,	    /* one end of the pair of hatch.h */
	CHILD_FDS
};
struct child_fds {
	int fds[CHILD_FDS]; /* -1: not given */
};
#define CHILD_FDS_NONE	     ((struct child_fds){{-1, -1, -1, -1, -1, -1, -1, -1}})
#define CHILD_FDS_TEXT_BYTES 160
/* "--fds=lifeline:3,lock:4": the numbers in the child, from 3 on, in the
 * order of the enum.  Returns how many there are. */
size_t child_fds_print(const struct child_fds *given,
		       char ret[CHILD_FDS_TEXT_BYTES]);
/* The inverse, strict. */
bool child_fds_parse(const char *text, struct child_fds *ret);

/* --- settings and policy together (rules.c) ------------------------------- */
struct rules {
	struct settings *settings;
	struct policy *policy;
};
/* Loads both and checks that their names agree.  Returns 0; -1 with the
 * findings printed to out. */
int rules_load(const char *dir, enum settings_role role, FILE *out,
	       struct rules *ret);
void rules_free(struct rules *r);
/* Applies settings.log_level. */
void rules_set_log(const struct rules *r);

/* --- users (users.c) ------------------------------------------------------ */
struct user {
	uid_t uid;
	gid_t gid;
};
struct users {
	bool separate; /* root, and all three and the group exist */
	struct user of[CHILDREN];
	gid_t group; /* "postern": all three are members */
};
/* Absent users are no error; a look-up that fails is, or a process would stay
 * root for want of a descriptor. */
int users_find(struct users *ret, struct err *err);
/* As root with separate users: gives every file of DIR to the process that
 * owns it (design, section 5). */
int users_own(const struct users *users, const char *dir, struct err *err);
/* After users_own: whether all three can pass through the folders above DIR.
 * No other thread may run. */
bool users_reach(const struct users *users, const char *dir);
/* Becomes the user for good; verifies that there is no way back. */
int users_become(const struct users *users, enum child_role role,
		 struct err *err);

/* --- descriptors (limits.c) ----------------------------------------------- */
/* Raises the limit of this process, and so of its children, to what so many
 * connections need; says in the log when the system refuses.  Returns the
 * limit there is now, 0 if it cannot be known. */
int64_t limits_raise(int64_t connections);

/* --- starting one child (spawn.c) ----------------------------------------- */
/* Descriptors are borrowed; everything else is closed in the child, the
 * environment is empty but for CREDENTIALS_DIRECTORY. */
int spawn_child(enum child_role role, const char *dir,
		const struct child_fds *given, pid_t *ret_pid, struct err *err);
/* main() of a child: argv as spawn_child made it.  (child.c) */
int child_main(int argc, char **argv);

/* --- the loop (loop.c) ---------------------------------------------------- */
#define RESTART_FIRST_MS 100
#define RESTART_MOST_MS	 5000
#define RESTART_GOOD_MS	 30000 /* of life: the next failure is a first one */
/* A reload: one child after the other. */
#define STOP_INTAKE_MS 10000
#define STOP_WORKER_MS 10000
/* The end: counted from the signal, so that all are gone within ten seconds
 * however slow the disk is.  What is killed then is read again from spool
 * and log. */
#define END_CHILDREN_MS 8500
#define END_KEEPER_MS	9500
#define END_PATIENCE_MS 1000 /* for an intake before the worker is told */
#define RELOAD_READY_MS 10000

/* Pure: how long to wait before a child that lived so long is started again;
 * last_ms is the previous wait, 0 for none. */
int64_t restart_wait_ms(int64_t last_ms, int64_t lived_ms);

struct loop_conf {
	struct env *env;
	struct processes *processes; /* told what becomes of them; or NULL */
	/* Starts a child with its end of the lifeline. */
	int (*start)(void *ctx, enum child_role role, int lifeline_fd,
		     pid_t *ret_pid, struct err *err);
	/* At the end: that child is not there and does not come back. */
	void (*gone)(void *ctx, enum child_role role);
	/* SIGHUP: true when worker and intake are to be started anew. */
	bool (*reload)(void *ctx);
	/* What else there is to do, or NULL.  Returns when to be called again
	 * (boot clock), 0 never. */
	int64_t (*tend)(void *ctx, int64_t now_ms);
	/* A process that is none of the three ended. */
	void (*ended)(void *ctx, pid_t pid, int status, int64_t now_ms);
	void *ctx;
};
/* Blocks the signals it waits for.  Returns the exit status after SIGTERM or
 * SIGINT and the end of all children; that of a worker that refuses to serve
 * (worker/ledgerclock.h), which is the end of all of them too. */
int loop_run(const struct loop_conf *conf);

#endif
