/* options.c - further verbs, their options and answers. */
#include "options.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "postern/diag.h"
#include "postern/jsonmem.h"

#define SUBVERBS_MAX 32

void subverb_usage(FILE *out, const char *verb, const struct subverb *all,
		   size_t len)
{
	for (size_t i = 0; i < len; i++)
		(void)fprintf(out, "%s postern %s %s%s%s\n",
			      i == 0 ? "usage:" : "      ", verb, all[i].name,
			      all[i].usage[0] > ' ' ? " " : "", all[i].usage);
}

static const struct subverb *find(const char *name, const struct subverb *all,
				  size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(all[i].name, name) == 0)
			return &all[i];
	return NULL;
}

/* No such verb: perhaps another one was meant. */
static void complain_verb(const struct verb_args *args, const char *verb,
			  const struct subverb *all, size_t len)
{
	const char *names[SUBVERBS_MAX];
	const char *near = NULL;

	for (size_t i = 0; i < len && i < SUBVERBS_MAX; i++)
		names[i] = all[i].name;
	if (args->argc > 0)
		near = diag_nearest(args->argv[0], names,
				    len < SUBVERBS_MAX ? len : SUBVERBS_MAX);
	if (args->argc == 0)
		(void)fprintf(stderr, "postern %s: what?\n", verb);
	else if (near != NULL)
		(void)fprintf(stderr,
			      "postern %s: no such verb; did you mean '%s'?\n",
			      verb, near);
	else
		(void)fprintf(stderr, "postern %s: no such verb\n", verb);
	subverb_usage(stderr, verb, all, len);
}

int subverb_run(const struct verb_args *args, const char *verb,
		const struct subverb *all, size_t len)
{
	const struct subverb *one =
	    args->argc == 0 ? NULL : find(args->argv[0], all, len);
	struct verb_args rest = *args;
	int status;

	if (one == NULL) {
		complain_verb(args, verb, all, len);
		return EXIT_USAGE;
	}
	rest.argc--;
	rest.argv++;
	status = one->run(&rest);
	if (status == EXIT_USAGE)
		subverb_usage(stderr, verb, one, 1);
	return status;
}

/* --- options -------------------------------------------------------------- */

static int wrong(const char *what, const char *which)
{
	(void)fprintf(stderr, "postern: %s %s\n", what, which);
	return EXIT_USAGE;
}

static const struct option_row *row_of(const char *name,
				       const struct option_row *rows,
				       size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(name, rows[i].name) == 0)
			return &rows[i];
	return NULL;
}

static bool *flag_of(const char *name, const struct option_flag *flags,
		     size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(name, flags[i].name) == 0)
			return flags[i].given;
	return NULL;
}

/* The option at args->argv[i] and its value. */
static int read_value(const struct verb_args *args, int i,
		      const struct option_row *rows, size_t len)
{
	const struct option_row *row = row_of(args->argv[i], rows, len);

	if (row == NULL)
		return wrong("unknown option", args->argv[i]);
	if (*row->value != NULL)
		return wrong("twice:", row->name);
	if (i + 1 == args->argc)
		return wrong("no value for", row->name);
	*row->value = args->argv[i + 1];
	return EXIT_DONE;
}

int options_read_flags(const struct verb_args *args,
		       const struct option_row *rows, size_t len,
		       const struct option_flag *flags, size_t flags_len)
{
	for (int i = 0; i < args->argc; i++) {
		bool *flag;

		/* Ends the options of the program itself, so that a value may
		 * look like one of them. */
		if (strcmp(args->argv[i], "--") == 0 && ++i == args->argc)
			break;
		flag = flag_of(args->argv[i], flags, flags_len);
		if (flag != NULL)
			*flag = true;
		else if (read_value(args, i++, rows, len) != EXIT_DONE)
			return EXIT_USAGE;
	}
	for (size_t i = 0; i < len; i++)
		if (rows[i].required && *rows[i].value == NULL)
			return wrong("missing option", rows[i].name);
	return EXIT_DONE;
}

int options_read(const struct verb_args *args, const struct option_row *rows,
		 size_t len)
{
	return options_read_flags(args, rows, len, NULL, 0);
}

int option_tongue(const char *value, enum tongue *ret)
{
	*ret = TONGUE_DE;
	if (value == NULL || tongue_parse(value, ret))
		return EXIT_DONE;
	return refused("--language is none that is spoken here; de or en");
}

bool option_number(const char *text, uint32_t min, uint32_t max, uint32_t *ret)
{
	uint32_t value = 0;

	assert(max < UINT32_MAX / 20);
	if (*text == '\0')
		return false;
	for (; *text >= '0' && *text <= '9'; text++) {
		uint32_t digit = (uint32_t)(*text - '0');

		/* Bounds are small: UINT32_MAX / 10 is never reached. */
		value = value * 10 + digit;
		if (value > max)
			return false;
	}
	if (*text != '\0' || value < min)
		return false;
	*ret = value;
	return true;
}

/* --- answers -------------------------------------------------------------- */

int refused(const char *format, ...)
{
	va_list args;

	(void)fputs("postern: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return EXIT_REFUSED;
}

int refused_by(const struct complaint *why)
{
	return why->member != NULL ? refused("--%s %s", why->member, why->text)
				   : refused("%s", why->text);
}

int printed(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return EXIT_DONE;
	return refused("output cannot be written");
}

int print_json(json_t *root)
{
	struct err err = {0};
	int rc = jsonmem_print_file(root, 0, stdout, &err);

	json_decref(root);
	return rc == 0 ? printed() : refused("%s", err.what);
}

int option_token(const char *file, char ret[TOKEN_TEXT_BYTES + 1])
{
	bool input = strcmp(file, "-") == 0;
	FILE *in = input ? stdin : fopen(file, "rbe");
	int64_t id;
	size_t len;

	if (in == NULL)
		return refused("%s: cannot be opened (error %d)", file, errno);
	len = fread(ret, 1, TOKEN_TEXT_BYTES, in);
	if (!input)
		(void)fclose(in); /* only read from */
	while (len > 0 && (ret[len - 1] == '\n' || ret[len - 1] == '\r'))
		len--;
	ret[len] = '\0';
	if (token_parse(ret, len, &id, NULL, NULL) != 0)
		return refused("%s holds no token; `postern token create`"
			       " makes one",
			       file);
	return EXIT_DONE;
}
