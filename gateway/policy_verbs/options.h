/* options.h - what the verbs of lawyers share: their table of further verbs,
 * options with values, and how a wrong one is answered.
 *
 * They need no instance: no data directory, no settings, no socket. */
#ifndef POSTERN_POLICY_VERBS_OPTIONS_H
#define POSTERN_POLICY_VERBS_OPTIONS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "policy_tools/complaint.h"
#include "postern/token.h"
#include "postern/tongue.h"
#include "verbs.h"

/* "postern policy due": what follows the verb. */
struct subverb {
	const char *name;
	int (*run)(const struct verb_args *args);
	const char *usage; /* of its arguments */
};

/* Runs the one that args name, without its name; else EXIT_USAGE. */
int subverb_run(const struct verb_args *args, const char *verb,
		const struct subverb *all, size_t len);
void subverb_usage(FILE *out, const char *verb, const struct subverb *all,
		   size_t len);

struct option_row {
	const char *name; /* "--start" */
	const char **value;
	bool required;
};

/* "--start VALUE" pairs in any order, none twice.  EXIT_DONE, or EXIT_USAGE
 * with a complaint. */
int options_read(const struct verb_args *args, const struct option_row *rows,
		 size_t len);

/* Options without a value, beside those: "--first". */
struct option_flag {
	const char *name;
	bool *given;
};
int options_read_flags(const struct verb_args *args,
		       const struct option_row *rows, size_t len,
		       const struct option_flag *flags, size_t flags_len);

/* --language; EXIT_DONE, or EXIT_REFUSED.  value NULL: German. */
int option_tongue(const char *value, enum tongue *ret);

/* The token in a file, "-": standard input; not on the command line, where
 * every account of the host may read it.  EXIT_DONE, or EXIT_REFUSED with a
 * complaint.  Wipe ret. */
int option_token(const char *file, char ret[TOKEN_TEXT_BYTES + 1]);

/* One line to standard error; returns EXIT_REFUSED. */
__attribute__((format(printf, 1, 2))) int refused(const char *format, ...);
/* The same of a tool, as the option it is about. */
int refused_by(const struct complaint *why);
/* Prints and frees root; EXIT_DONE, or EXIT_REFUSED when it cannot. */
int print_json(json_t *root);
/* The same after printf: whether all of it went out. */
int printed(void);

/* Only decimal digits, from min to max. */
bool option_number(const char *text, uint32_t min, uint32_t max, uint32_t *ret);

#endif
