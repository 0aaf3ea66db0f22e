/* asking.c - see asking.h. */
#include "asking.h"

#include <sodium.h>

static int read_token(struct asking *a)
{
	return a->token_file != NULL ? option_token(a->token_file, a->token)
				     : EXIT_DONE;
}

int asking_read_flags(struct asking *a, const struct verb_args *args,
		      const struct asking_of *of, const struct option_row *rows,
		      size_t len, const struct option_flag *flags,
		      size_t flags_len)
{
	struct verb_args rest = *args;
	int status;

	a->args = args;
	if (args->argc < 1 || args->argv[0][0] == '-') {
		(void)refused("which %s? `postern %s` lists them", of->what,
			      of->list);
		return EXIT_USAGE;
	}
	a->id = args->argv[0];
	if (of->prefix != NULL && !operator_id(a->id, of->prefix))
		return EXIT_USAGE;
	rest.argc--;
	rest.argv++;
	status = options_read_flags(&rest, rows, len, flags, flags_len);
	return status == EXIT_DONE ? read_token(a) : status;
}

int asking_read(struct asking *a, const struct verb_args *args,
		const struct asking_of *of, const struct option_row *rows,
		size_t len)
{
	return asking_read_flags(a, args, of, rows, len, NULL, 0);
}

int asking_read_bare(struct asking *a, const struct verb_args *args,
		     const struct option_row *rows, size_t len)
{
	int status = options_read(args, rows, len);

	a->args = args;
	return status == EXIT_DONE ? read_token(a) : status;
}

int asking_show(struct asking *a, const char *method, const char *path,
		json_t *body, void (*print)(const json_t *answer))
{
	const struct operator_call call = {
	    .method = method,
	    .path = path,
	    .body = body,
	    .bearer = a->token[0] != '\0' ? a->token : NULL,
	};
	int status = operator_show(a->args, &call, print);

	json_decref(body);
	sodium_memzero(a->token, sizeof(a->token));
	return status;
}
