/* operator.h - the verbs' end of DIR/run/operator.sock. */
#ifndef POSTERN_API_OPERATOR_H
#define POSTERN_API_OPERATOR_H

#include <jansson.h>
#include <stdbool.h>

#include "postern/buf.h"
#include "verbs.h"

struct operator_call {
	const char *method, *path; /* "/v1/status"; ids and numbers only */
	json_t *body;		   /* borrowed; NULL none */
	bool raw;		   /* the answer is no JSON */
	const char *bearer; /* borrowed; NULL: the operator of the host */
	bool quiet;	    /* nothing is said if no instance is running */
	bool *ret_absent;   /* set to whether that was so; NULL: not asked */
};

/*
 * operator_call - one call over the socket of this host's instance.
 *
 * Returns EXIT_DONE with the answer: ret_json (caller frees with
 * json_decref) or, when raw, the bytes in ret_raw (else NULL).  Or prints one
 * line to standard error (--json: the problem as it came, to standard output)
 * and returns EXIT_REFUSED.
 */
int operator_call(const struct verb_args *args,
		  const struct operator_call *call, json_t **ret_json,
		  struct buf *ret_raw);
/* The same and prints: --json passes the answer, else print draws it. */
int operator_show(const struct verb_args *args,
		  const struct operator_call *call,
		  void (*print)(const json_t *answer));

/* Is the argument an id of this prefix ("tok")?  Complains if not. */
bool operator_id(const char *text, const char *prefix);
/* A member as printable text, "-" when absent; valid while answer lives. */
const char *operator_text(const json_t *object, const char *member);
json_int_t operator_number(const json_t *object, const char *member);
/* The value behind option argv[*at], moving on; NULL with a complaint. */
const char *operator_option(const struct verb_args *args, int *at);
int operator_usage(const char *text);
/* A copy that was made past the instance: POST path has it written down in the
 * proof log; if that is refused the file is removed again.  Without an instance
 * it stays, and a line says that nothing tells of it.  EXIT_DONE or
 * EXIT_REFUSED. */
int operator_note_copy(const struct verb_args *args, const char *path,
		       const char *file);

#endif
