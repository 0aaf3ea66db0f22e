/* asking.h - what the verbs of this room share: an id, options, perhaps a token
 * of whoever answers for it, and one call to the running instance. */
#ifndef POSTERN_RIGHTS_VERBS_ASKING_H
#define POSTERN_RIGHTS_VERBS_ASKING_H

#include "api/operator.h"
#include "policy_verbs/options.h"

/* What the id is one of. */
struct asking_of {
	const char *prefix; /* of the id: "hld"; NULL: the instance looks */
	const char *what;   /* "hold" */
	const char *list;   /* the verb that lists them: "hold list" */
};
struct asking {
	const struct verb_args *args;
	const char *id, *token_file; /* NULL: none given */
	char token[TOKEN_TEXT_BYTES + 1];
};

/* An id, then options; --token-file is a row into a->token_file.  EXIT_DONE, or
 * what the verb ends with after a complaint. */
int asking_read(struct asking *a, const struct verb_args *args,
		const struct asking_of *of, const struct option_row *rows,
		size_t len);
int asking_read_flags(struct asking *a, const struct verb_args *args,
		      const struct asking_of *of, const struct option_row *rows,
		      size_t len, const struct option_flag *flags,
		      size_t flags_len);
/* Options alone. */
int asking_read_bare(struct asking *a, const struct verb_args *args,
		     const struct option_row *rows, size_t len);

/* Calls and prints; drops the reference to body, which may be NULL, and wipes
 * the token. */
int asking_show(struct asking *a, const char *method, const char *path,
		json_t *body, void (*print)(const json_t *answer));

#define ROWS(r) (r), sizeof(r) / sizeof((r)[0])

#endif
