/* erasure_inside.h - the parts of an erasure, for each other only.
 *
 * A step does one slice of its work in a transaction and says where it is in
 * the row of the erasure; the last slice moves the row to the next step. */
#ifndef POSTERN_FORGET_ERASURE_INSIDE_H
#define POSTERN_FORGET_ERASURE_INSIDE_H

#include "erasure.h"
#include "trail.h"

struct erasure {
	struct worker *w;
	int64_t id, request, person;
	enum erasure_trigger trigger;
	enum erasure_step step;
	int64_t cursor, message; /* where it is */
	int64_t upto;
	int64_t started_ms, ended_ms;
	uint64_t n, of_n, files, keys, kept;
	bool stays;
	struct maybe_day waits;
	int64_t entry; /* -1: not yet */
};
/* *ret_found false: there is none of this id. */
int erasure_load(struct worker *w, int64_t id, struct erasure *ret,
		 bool *ret_found, struct err *err);

#endif
