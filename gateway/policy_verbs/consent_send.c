/* consent_send.c - rows of a file to the running instance.
 *
 * What was sent is written: a file that was cut short is sent again, and what
 * is known is known. */
#include "consent_send.h"

#include <string.h>
#include <unistd.h>

#include "api/operator.h"
#include "consent_check.h"
#include "options.h"
#include "postern/jsonmem.h"

#define ROWS_MAX  100		/* of one call */
#define BYTES_MAX (256u * 1024) /* below limits.api_body_max by default */
#define WALK_ENDS (-1)

static const char *const results[] = {"accepted", "known",   "suppressed",
				      "unproven", "expired", "refused"};
#define RESULTS (sizeof(results) / sizeof(results[0]))

struct sending {
	struct consent_file *file;
	struct consent_piece pieces[ROWS_MAX];
	json_t *rows;
	size_t len, bytes, seen;
	size_t counts[RESULTS];
};

static void count(struct sending *s, const char *result)
{
	for (size_t i = 0; i < RESULTS; i++)
		s->counts[i] += strcmp(results[i], result) == 0;
}

/* For whoever waits at a terminal. */
static void show_progress(const struct sending *s, bool end)
{
	if (s->file->args->json || !isatty(STDERR_FILENO))
		return;
	(void)fprintf(stderr, "\r%zu%s", s->seen, end ? "\n" : " ...");
}

/* --- what came of a row --------------------------------------------------- */

static bool fault_of(const json_t *result, struct consentrecord_fault *ret)
{
	const char *field = json_string_value(json_object_get(result, "field"));

	ret->what = json_string_value(json_object_get(result, "what"));
	ret->want = json_string_value(json_object_get(result, "want"));
	(void)snprintf(ret->field, sizeof(ret->field), "%s",
		       field != NULL ? field : "");
	return ret->what != NULL && ret->want != NULL;
}

static int print_result(struct sending *s, const struct consent_piece *p,
			json_t *result)
{
	const char *name = operator_text(result, "result");
	struct consentrecord_fault fault;
	struct err err = {0};

	count(s, name);
	if (fault_of(result, &fault))
		consent_file_tell(
		    s->file, p,
		    consent_check_place(p->text, p->len, fault.field), &fault);
	if (s->file->args->json) {
		(void)json_object_del(result, "row");
		(void)json_object_set_new(result, "line",
					  json_integer((json_int_t)p->line));
		return jsonmem_print_file(result, 0, stdout, &err) == 0
			   ? 0
			   : refused("%s", err.what);
	}
	if (strcmp(name, "accepted") != 0 && strcmp(name, "known") != 0)
		(void)printf("line %zu: %s (%s)\n", p->line, name,
			     operator_text(result, "state"));
	return 0;
}

static int print_results(struct sending *s, const json_t *answer)
{
	const json_t *list = json_object_get(answer, "results");

	if (json_array_size(list) != s->len)
		return refused("the instance answered for other rows");
	for (size_t i = 0; i < s->len; i++)
		if (print_result(s, &s->pieces[i], json_array_get(list, i)) !=
		    0)
			return EXIT_REFUSED;
	return EXIT_DONE;
}

/* --- sending -------------------------------------------------------------- */

static int send_rows(struct sending *s)
{
	json_t *body, *answer = NULL;
	struct operator_call call = {.method = "POST",
				     .path = "/v1/consents/import"};
	int status;

	if (s->len == 0)
		return EXIT_DONE;
	body = json_pack("{s:O}", "rows", s->rows);
	call.body = body;
	status = body != NULL
		     ? operator_call(s->file->args, &call, &answer, NULL)
		     : refused("no memory");
	json_decref(body);
	if (status == EXIT_DONE)
		status = print_results(s, answer);
	json_decref(answer);
	(void)json_array_clear(s->rows);
	s->len = s->bytes = 0;
	show_progress(s, false);
	return status == EXIT_DONE ? EXIT_DONE : WALK_ENDS;
}

static int refuse_row(struct sending *s, const struct consent_piece *p,
		      size_t at)
{
	const struct consentrecord_fault fault = {
	    .what = "is no JSON", .want = "an object a line, or one alone"};
	json_t *result = json_pack("{s:s, s:s}", "result", "refused", "state",
				   "ConsentUnknown");
	int rc;

	consent_file_tell(s->file, p, at, &fault);
	rc = result != NULL ? print_result(s, p, result) : WALK_ENDS;
	json_decref(result);
	return rc == 0 ? EXIT_DONE : WALK_ENDS;
}

static int add_row(void *ctx, const struct consent_piece *p)
{
	struct sending *s = ctx;
	bool no_memory;
	size_t at = 0;
	json_t *row;

	/* Rows before it are told before it. */
	if ((s->len == ROWS_MAX || s->bytes + p->len > BYTES_MAX) &&
	    send_rows(s) != EXIT_DONE)
		return WALK_ENDS;
	s->seen++;
	row = jsonmem_load_at(p->text, p->len, JSON_REJECT_DUPLICATES,
			      &no_memory, &at);
	if (row == NULL && no_memory) {
		(void)refused("no memory");
		return WALK_ENDS;
	}
	if (row == NULL)
		return send_rows(s) == EXIT_DONE ? refuse_row(s, p, at)
						 : WALK_ENDS;
	if (json_array_append_new(s->rows, row) != 0)
		return WALK_ENDS;
	s->pieces[s->len++] = *p;
	s->bytes += p->len;
	return EXIT_DONE;
}

static void print_counts(const struct sending *s)
{
	if (s->file->args->json)
		return;
	for (size_t i = 0; i < RESULTS; i++)
		(void)printf("%s%zu %s", i > 0 ? ", " : "", s->counts[i],
			     results[i]);
	(void)printf("\n");
}

int consent_send(struct consent_file *f)
{
	static struct sending s;
	int status;

	s = (struct sending){.file = f, .rows = json_array()};
	if (s.rows == NULL)
		return refused("no memory");
	status = consent_file_each(f, add_row, &s);
	if (status == EXIT_DONE)
		status = send_rows(&s);
	json_decref(s.rows);
	show_progress(&s, true);
	if (status != EXIT_DONE)
		return EXIT_REFUSED;
	print_counts(&s);
	/* The first two are those that were taken. */
	return s.counts[0] + s.counts[1] == s.seen ? EXIT_DONE : EXIT_REFUSED;
}
