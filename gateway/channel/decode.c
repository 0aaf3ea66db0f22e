/* decode.c - verb decode: a provider's body as neutral events.
 *
 * Needs no instance.  Shows personal data by its nature: to the terminal of
 * whoever has the body anyway. */
#include <errno.h>
#include <sodium.h>

#include "postern/channel.h"
#include "verbs.h"

static int usage(void)
{
	size_t len;
	const struct channel_driver *const *all = channel_all(&len);

	(void)fputs("usage: postern decode TYPE FILE|-\nTYPE is one of:",
		    stderr);
	for (size_t i = 0; i < len; i++)
		(void)fprintf(stderr, " %s", all[i]->name);
	(void)fputc('\n', stderr);
	return EXIT_USAGE;
}

/* Returns NULL or why not; at most max bytes. */
static const char *read_all(FILE *in, size_t max, struct buf *ret)
{
	uint8_t piece[16384];
	const char *why = NULL;
	size_t len;

	*ret = BUF_INIT(max);
	while (why == NULL && (len = fread(piece, 1, sizeof(piece), in)) > 0) {
		struct err err = {0};

		if (buf_append(ret, piece, len, &err) != 0)
			why = err.what;
	}
	if (why == NULL && ferror(in))
		why = "cannot be read";
	sodium_memzero(piece, sizeof(piece));
	return why;
}

static int decode(const struct channel_driver *driver, const struct buf *body,
		  const char **ret_why)
{
	struct event_list *events = NULL;
	struct err err = {0};
	char *text = NULL;
	int rc = -1;

	if (driver->parse(body->bytes, body->len, &events, &err) != 0) {
		*ret_why = err.what;
		return -1;
	}
	text = event_list_print(events);
	if (text == NULL) {
		*ret_why = "no memory";
	} else if (puts(text) < 0 || fflush(stdout) != 0) {
		*ret_why = "output cannot be written";
	} else {
		rc = 0;
	}
	if (text != NULL)
		sodium_memzero(text, strlen(text));
	free(text);
	event_list_free(&events);
	return rc;
}

int verb_decode(const struct verb_args *args)
{
	const struct channel_driver *driver;
	const char *why = NULL, *file;
	struct buf body = {0};
	FILE *in;

	if (args->argc != 2)
		return usage();
	driver = channel_find(args->argv[0]);
	if (driver == NULL) {
		(void)fprintf(stderr, "decode: no such channel type\n");
		return usage();
	}
	file = args->argv[1];
	if (sodium_init() < 0)
		return EXIT_REFUSED;
	in = strcmp(file, "-") == 0 ? stdin : fopen(file, "rbe");
	if (in == NULL) {
		(void)fprintf(stderr, "%s: cannot be opened (error %d)\n", file,
			      errno);
		return EXIT_REFUSED;
	}
	why = read_all(in, driver->body_max, &body);
	if (in != stdin)
		(void)fclose(in);
	if (why == NULL)
		(void)decode(driver, &body, &why);
	buf_free(&body);
	if (why == NULL)
		return EXIT_DONE;
	(void)fprintf(stderr, "%s: %s\n",
		      strcmp(file, "-") == 0 ? "standard input" : file, why);
	return EXIT_REFUSED;
}
