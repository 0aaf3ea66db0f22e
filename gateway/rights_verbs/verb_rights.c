/* verb_rights.c - `postern rights ...`: requests of data subjects.
 *
 * What identifies a person comes from a file, never from the command line,
 * where every account of the host may read it. */
#include <sodium.h>
#include <string.h>
#include <time.h>

#include "asking.h"
#include "policy_verbs/rights_days.h"
#include "postern/jsonmem.h"

#define PATH_BYTES 160
#define BODY_MAX   (64u * 1024)
#define LOOK_NS	   200000000L
#define LOOKS_MAX  3000 /* ten minutes */

static const struct asking_of request = {"req", "request", "rights list"};

/* --- shown ---------------------------------------------------------------- */

static void print_items(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "items"), *one;
	size_t i;

	for (i = 0; (one = json_array_get(list, i)) != NULL; i++)
		(void)printf("  %-14s %5lld  %-22s %s until %s\n",
			     operator_text(one, "datenart"),
			     (long long)operator_number(one, "n"),
			     operator_text(one, "verdict"),
			     operator_text(one, "reason"),
			     operator_text(one, "until"));
}

static void print_one(const json_t *answer)
{
	static const char *const members[] = {
	    "id",	   "type",	   "state",   "via",
	    "received_at", "due",	   "due_at",  "reason",
	    "verdict",	   "person",	   "scope",   "ended_at",
	    "link",	   "duplicate_of", "expires", "due_basis"};
	const json_t *list = json_object_get(answer, "events"), *one;
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (json_is_string(json_object_get(answer, members[i])))
			(void)printf("%-13s %s\n", members[i],
				     operator_text(answer, members[i]));
	for (i = 0; (one = json_array_get(list, i)) != NULL; i++)
		(void)printf("  %s  %s\n", operator_text(one, "at"),
			     operator_text(one, "state"));
	print_items(answer);
}

static void print_list(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "requests"), *one;
	size_t i;

	(void)printf("%-30s  %-13s  %-18s  %s\n", "ID", "TYPE", "STATE", "DUE");
	for (i = 0; (one = json_array_get(list, i)) != NULL; i++)
		(void)printf(
		    "%-30s  %-13s  %-18s  %s\n", operator_text(one, "id"),
		    operator_text(one, "type"), operator_text(one, "state"),
		    operator_text(one, "due"));
}

/* Letters are whole texts with lines of their own. */
static void print_letters(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "letters"), *one;
	size_t i;

	for (i = 0; (one = json_array_get(list, i)) != NULL; i++) {
		const char *text =
		    json_string_value(json_object_get(one, "text"));

		(void)printf("%s  %s  %s\n", operator_text(one, "made"),
			     operator_text(one, "what"),
			     operator_text(one, "state"));
		if (text != NULL)
			(void)printf("\n%s\n\n", text);
	}
}

static int show(struct asking *h, const char *method, const char *what,
		json_t *body, void (*print)(const json_t *answer))
{
	char path[PATH_BYTES];

	(void)snprintf(path, sizeof(path), "/v1/requests%s%s%s",
		       h->id != NULL ? "/" : "", h->id != NULL ? h->id : "",
		       what);
	return asking_show(h, method, path, body, print);
}

/* --- opened, listed ------------------------------------------------------- */

static json_t *read_body(const char *file)
{
	FILE *in = strcmp(file, "-") == 0 ? stdin : fopen(file, "rb");
	char *text = calloc(1, BODY_MAX + 1);
	json_t *body = NULL;
	bool no_memory = false;
	size_t len = 0;

	if (in != NULL && text != NULL)
		len = fread(text, 1, BODY_MAX + 1, in);
	if (len > 0 && len <= BODY_MAX)
		body =
		    jsonmem_load(text, len, JSON_REJECT_DUPLICATES, &no_memory);
	if (text != NULL)
		sodium_memzero(text, BODY_MAX + 1);
	free(text);
	if (in != NULL && in != stdin)
		(void)fclose(in); /* was only read */
	if (body == NULL)
		(void)refused("%s: no JSON object that can be read", file);
	return body;
}

static int rights_ask(const struct verb_args *args)
{
	struct asking h = {.args = args};
	const char *file = NULL;
	struct option_row rows[] = {{"--body", &file, true},
				    {"--token-file", &h.token_file, false}};
	int status = asking_read_bare(&h, args, ROWS(rows));
	json_t *body;

	if (status != EXIT_DONE)
		return status;
	body = read_body(file);
	return body != NULL ? show(&h, "POST", "", body, print_one)
			    : EXIT_REFUSED;
}

static int rights_list(const struct verb_args *args)
{
	const char *state = NULL, *type = NULL;
	struct option_row rows[] = {{"--state", &state, false},
				    {"--type", &type, false}};
	struct asking h = {.args = args};
	char query[PATH_BYTES / 2];
	int status = options_read(args, ROWS(rows));

	if (status != EXIT_DONE)
		return status;
	(void)snprintf(query, sizeof(query), "?limit=200%s%.24s%s%.24s",
		       state != NULL ? "&state=" : "",
		       state != NULL ? state : "", type != NULL ? "&what=" : "",
		       type != NULL ? type : "");
	return show(&h, "GET", query, NULL, print_list);
}

static int look(const struct verb_args *args, const char *what,
		void (*print)(const json_t *answer))
{
	struct asking h = {0};
	int status = asking_read(&h, args, &request, NULL, 0);

	return status == EXIT_DONE ? show(&h, "GET", what, NULL, print)
				   : status;
}

static int rights_show(const struct verb_args *args)
{
	return look(args, "", print_one);
}

static int rights_letter(const struct verb_args *args)
{
	return look(args, "/file", print_letters);
}

/* --- acts ----------------------------------------------------------------- */

static int rights_verify(const struct verb_args *args)
{
	const char *method = NULL, *person = NULL;
	struct asking h = {0};
	struct option_row rows[] = {{"--method", &method, true},
				    {"--person", &person, false},
				    {"--token-file", &h.token_file, false}};
	int status = asking_read(&h, args, &request, ROWS(rows));

	return status == EXIT_DONE ? show(&h, "POST", "/identity",
					  json_pack("{s:s, s:s*}", "method",
						    method, "person", person),
					  print_one)
				   : status;
}

static int rights_extend(const struct verb_args *args)
{
	const char *reason = NULL, *text = NULL;
	struct asking h = {0};
	struct option_row rows[] = {{"--reason", &reason, true},
				    {"--text", &text, false},
				    {"--token-file", &h.token_file, false}};
	int status = asking_read(&h, args, &request, ROWS(rows));

	return status == EXIT_DONE
		   ? show(&h, "POST", "/extend",
			  json_pack("{s:s, s:s*}", "reason_code", reason,
				    "text", text),
			  print_one)
		   : status;
}

static int rights_decide(const struct verb_args *args)
{
	const char *refuse = NULL, *text = NULL, *fee = NULL;
	bool grant = false;
	struct asking h = {0};
	struct option_row rows[] = {{"--refuse", &refuse, false},
				    {"--text", &text, false},
				    {"--fee-cents", &fee, false},
				    {"--token-file", &h.token_file, true}};
	const struct option_flag flags[] = {{"--grant", &grant}};
	uint32_t cents = 0;
	int status =
	    asking_read_flags(&h, args, &request, ROWS(rows), flags, 1);

	if (status != EXIT_DONE)
		return status;
	if (grant == (refuse != NULL)) {
		(void)refused("either --grant or --refuse CODE");
		return EXIT_USAGE;
	}
	if (fee != NULL && !option_number(fee, 0, 100000, &cents))
		return refused("--fee-cents is no number up to 100000");
	return show(&h, "POST", "/decide",
		    json_pack("{s:s, s:s*, s:s*, s:I}", "decision",
			      grant ? "grant" : "refuse", "reason_code", refuse,
			      "text", text, "fee_cents", (json_int_t)cents),
		    print_one);
}

static int rights_approve(const struct verb_args *args)
{
	struct asking h = {0};
	struct option_row rows[] = {{"--token-file", &h.token_file, true}};
	int status = asking_read(&h, args, &request, ROWS(rows));

	return status == EXIT_DONE
		   ? show(&h, "POST", "/approve", NULL, print_one)
		   : status;
}

static int rights_resume(const struct verb_args *args)
{
	struct asking h = {0};
	int status = asking_read(&h, args, &request, NULL, 0);

	return status == EXIT_DONE
		   ? show(&h, "POST", "/resume", NULL, print_one)
		   : status;
}

static int rights_withdraw(const struct verb_args *args)
{
	struct asking h = {0};
	int status = asking_read(&h, args, &request, NULL, 0);

	return status == EXIT_DONE ? show(&h, "DELETE", "", NULL, print_one)
				   : status;
}

/* --- what comes out ------------------------------------------------------- */

/* How far it is, to standard error; false: it is made, or there is none. */
static bool still_made(const struct asking *h, int *ret_status)
{
	char path[PATH_BYTES];
	const struct operator_call call = {.method = "GET", .path = path};
	json_t *answer = NULL;
	const json_t *package;
	bool making;

	(void)snprintf(path, sizeof(path), "/v1/requests/%s", h->id);
	*ret_status = operator_call(h->args, &call, &answer, NULL);
	if (*ret_status != EXIT_DONE)
		return false;
	package = json_object_get(answer, "package");
	making = strcmp(operator_text(package, "state"), "making") == 0;
	if (making)
		(void)fprintf(stderr, "%lld of %lld messages\n",
			      (long long)operator_number(package, "messages"),
			      (long long)operator_number(package, "of"));
	json_decref(answer);
	return making;
}

static int rights_package(const struct verb_args *args)
{
	static const struct timespec pause = {.tv_nsec = LOOK_NS};
	struct asking h = {0};
	int status = asking_read(&h, args, &request, NULL, 0);

	for (int i = 0;
	     status == EXIT_DONE && i < LOOKS_MAX && still_made(&h, &status);
	     i++)
		(void)nanosleep(&pause, NULL); /* shorter does no harm */
	return status == EXIT_DONE
		   ? show(&h, "POST", "/package", NULL, print_one)
		   : status;
}

static int write_out(const char *path, const struct buf *bytes)
{
	FILE *out = fopen(path, "wb");
	bool good = out != NULL &&
		    fwrite(bytes->bytes, 1, bytes->len, out) == bytes->len;

	if (out != NULL && fclose(out) != 0)
		good = false;
	return good ? EXIT_DONE : refused("%s: cannot be written", path);
}

static int rights_certificate(const struct verb_args *args)
{
	const char *out = NULL;
	struct asking h = {0};
	struct option_row rows[] = {{"--out", &out, true}};
	struct buf bytes = {0};
	char path[PATH_BYTES];
	const struct operator_call call = {
	    .method = "GET", .path = path, .raw = true};
	int status = asking_read(&h, args, &request, ROWS(rows));

	if (status != EXIT_DONE)
		return status;
	(void)snprintf(path, sizeof(path), "/v1/requests/%s/certificate", h.id);
	status = operator_call(args, &call, NULL, &bytes);
	if (status == EXIT_DONE)
		status = write_out(out, &bytes);
	buf_free(&bytes);
	return status;
}

/* --- the table ------------------------------------------------------------ */

static const struct subverb verbs[] = {
    {"open", rights_ask, "--body FILE [--token-file FILE]"},
    {"list", rights_list, "[--state STATE] [--type TYPE]"},
    {"show", rights_show, "ID"},
    {"verify", rights_verify,
     "ID --method WORD [--person ID] [--token-file FILE]"},
    {"extend", rights_extend,
     "ID --reason CODE [--text TEXT] [--token-file FILE]"},
    {"decide", rights_decide,
     "ID --token-file FILE (--grant [--fee-cents N] | --refuse CODE)"
     " [--text TEXT]"},
    {"approve", rights_approve, "ID --token-file FILE"},
    {"resume", rights_resume, "ID"},
    {"withdraw", rights_withdraw, "ID"},
    {"package", rights_package, "ID"},
    {"letter", rights_letter, "ID"},
    {"certificate", rights_certificate, "ID --out FILE"},
    {"due", rights_due,
     "--received TIME --land LAND [--months N] [--paused-days N]"},
    {"holidays", rights_holidays, "--land LAND --year YEAR"},
    {"breach-clock", rights_breach_clock, "--aware TIME [--hours N]"},
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

int verb_rights(const struct verb_args *args)
{
	return subverb_run(args, "rights", verbs, VERBS);
}

void verb_rights_usage(FILE *out)
{
	subverb_usage(out, "rights", verbs, VERBS);
}
