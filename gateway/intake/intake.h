/* intake.h - inside process 1. */
#ifndef POSTERN_INTAKE_H
#define POSTERN_INTAKE_H

#include "postern/env.h"
#include "postern/err.h"
#include "postern/settings.h"

struct intake_conf {
	const char *dir;
	const struct settings *settings; /* ROLE_INTAKE */
	int listen_fd;			 /* public, TCP */
	int wake_fd;			 /* eventfd, add 1 after each commit */
	int hatch_fd; /* knocks for the worker (hatch.h); 0: none */
	/* Stream socket to the supervisor.  EOF: stop.  Write the one byte 'R'
	 * (MSG_NOSIGNAL) once this process serves. */
	int lifeline_fd;
	/* Shared page for /metrics, written with relaxed atomics; may be NULL.
	 */
	struct intake_counts *counts;
};

/* In a MAP_SHARED page made by the supervisor; the worker reads it. */
/* The formatter takes a list of X() for an expression. */
/* clang-format off */
#define INTAKE_COUNTERS(X) \
	X(requests) X(acknowledged) X(refused_signature) \
	X(refused_framing) X(refused_size) X(refused_path) \
	X(refused_busy) X(handshakes) X(groups) X(bytes) \
	X(connections) X(reaped) X(log_dropped)
/* clang-format on */
struct intake_counts {
#define X(n) _Atomic unsigned long long n;
	INTAKE_COUNTERS(X)
#undef X
};

/* Runs until the lifeline closes or SIGTERM.  Returns the exit status; 75
 * after a storage error (the supervisor starts it again). */
int intake_serve(struct env *env, const struct intake_conf *conf);

#endif
