/* facts.h - facts of a record as a line of JSON, and the decision. */
#ifndef POSTERN_POLICY_TOOLS_FACTS_H
#define POSTERN_POLICY_TOOLS_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "postern/diag.h"
#include "postern/retention.h"

/* Of a line, its end not counted. */
#define FACTS_LINE_MAX 65535

/*
 * facts_parse - one line to facts.
 *
 *   number	of the line, for findings
 *   ret_name	the row's "name", to be released with json_decref(), or NULL
 *
 * Every fact has to be there, null where there is none: a fact that was
 * forgotten, or a key that was mistyped, must not let a record be erased.
 * "name" and "expect" may be there; the latter is not looked at.
 *
 * Returns 0, or -1 with findings.
 */
int facts_parse(const char *line, size_t len, size_t number, struct diag *diag,
		struct erasure_facts *ret, json_t **ret_name);

/* {"name"?, "decision", "reasons":[{"code","article"?}]}, or NULL without
 * memory.  name is borrowed and may be NULL. */
json_t *decision_json(json_t *name, const struct erasure_decision *d);

/*
 * facts_decide - one line of facts to its decision.
 *
 * Returns 0 with ret (NULL: no memory), or -1 with findings.
 */
int facts_decide(const char *line, size_t len, size_t number, struct diag *diag,
		 json_t **ret);
/* A line that says nothing: blanks alone. */
bool facts_blank(const char *line, size_t len);

#endif
