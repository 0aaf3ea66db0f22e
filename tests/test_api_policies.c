/* test_api_policies.c - versions of the policy over the API and by the verbs:
 * who may, what is refused, what is said. */
#include <assert.h>
#include <fcntl.h>
#include <jansson.h>

#include "api_house.h"
#include "verbs.h"

#define ROOT	     "/v1/policy/versions"
#define OUTPUT_BYTES (64u * 1024)
/* As the house's own, but for how long and how a person is named. */
#define POLICY(version, keep, person)                                       \
	"policy: shop\nversion: " version "\npurposes:\n"                   \
	"  support: {basis: contract}\n  news: {basis: consent}\n"          \
	"data:\n  MSG: {from: process_end, keep: P10D, delete: " keep "}\n" \
	"  BIZ: {from: process_end, keep: P30D, delete: P90D}\n"            \
	"  MEDIA: {from: process_end, delete: P90D}\n"                      \
	"  RAW: {from: collection, delete: P3D}\n"                          \
	"channels:\n  shop: {purpose: support, data: MSG}\n"                \
	"helpdesks:\n  desk: {sees: [text, attachments], person: " person   \
	"}\n  blind: {sees: [], person: alias}\n"

static char anna[TOKEN_TEXT_BYTES], bert[TOKEN_TEXT_BYTES],
    audit[TOKEN_TEXT_BYTES];

static int make(void **state)
{
	struct api_house *h;
	struct err err = {0};
	bool moved;

	assert_int_equal(house_make(state), 0);
	h = *state;
	pthread_mutex_lock(&h->turn);
	assert_int_equal(
	    lifecycle_open(&h->w, h->policy, &h->w.lifecycle, &err), 0);
	/* Before it is known what is in force nothing is taken: 503. */
	assert_int_equal(lifecycle_step(&h->w, &moved, &err), 0);
	house_token(h, "policy", NULL, 90, anna);
	house_token(h, "policy.approve", NULL, 90, bert);
	house_token(h, "audit", NULL, 90, audit);
	pthread_mutex_unlock(&h->turn);
	return 0;
}

#define IN_HOUSE(t) cmocka_unit_test_setup_teardown(t, make, house_unmake)

static json_t *look(struct api_house *h, const char *id)
{
	char path[128];

	(void)snprintf(path, sizeof(path), ROOT "/%s", id);
	return ask_json(h, 200, "GET", path, audit, NULL, NULL);
}

/* Once it says so; the loop has a thread of its own. */
static json_t *until(struct api_house *h, const char *id, const char *state)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	json_t *v = look(h, id);

	for (int i = 0; i < 6000; i++) {
		if (!json_is_null(json_object_get(v, "effect")) &&
		    strcmp(text_in(v, "state"), state) == 0)
			return v;
		json_decref(v);
		(void)nanosleep(&pause, NULL);
		v = look(h, id);
	}
	json_decref(v);
	fail();
	return NULL;
}

static json_t *propose(struct api_house *h, int status, const char *policy,
		       const char *token)
{
	json_t *body = json_pack("{s:s}", "policy", policy);
	char *text = json_dumps(body, 0);
	json_t *v = ask_json(h, status, "POST", ROOT, token, text, NULL);

	free(text);
	json_decref(body);
	return v;
}

static void proposed(struct api_house *h, const char *policy,
		     char id[ID_TEXT_BYTES])
{
	json_t *v = propose(h, 202, policy, anna);

	(void)snprintf(id, ID_TEXT_BYTES, "%s", text_in(v, "id"));
	json_decref(v);
	json_decref(until(h, id, "proposed"));
}

static void post(struct api_house *h, int status, const char *id,
		 const char *act, const char *body, const char *token)
{
	char path[128];

	(void)snprintf(path, sizeof(path), ROOT "/%s/%s", id, act);
	json_decref(ask_json(h, status, "POST", path, token, body, NULL));
}

/* --- over the API ------------------------------------------------------------
 */

static void scopes_say_who_may(void **state)
{
	struct api_house *h = *state;
	char id[ID_TEXT_BYTES];

	json_decref(ask_json(h, 403, "GET", ROOT, h->desk, NULL, NULL));
	json_decref(ask_json(h, 200, "GET", ROOT, h->operator, NULL, NULL));
	json_decref(ask_json(h, 200, "GET", ROOT, audit, NULL, NULL));
	json_decref(propose(h, 403, POLICY("2", "P99D", "alias"), h->operator));
	json_decref(propose(h, 403, POLICY("2", "P99D", "alias"), bert));
	/* The operator socket is nobody in particular. */
	json_decref(propose(h, 403, POLICY("2", "P99D", "alias"), NULL));
	proposed(h, POLICY("2", "P99D", "alias"), id);
	post(h, 403, id, "approve", NULL, anna);
	post(h, 403, id, "approve", NULL, audit);
	post(h, 403, id, "approve", NULL, NULL);
	post(h, 403, id, "shadow", "{\"days\":1}", bert);
	post(h, 403, id, "stop", NULL, audit);
	post(h, 200, id, "approve", "{}", bert);
	json_decref(until(h, id, "active"));
	post(h, 409, id, "approve", NULL, bert);
	post(h, 409, id, "stop", NULL, NULL);
}

static void bodies_that_do_not_fit_are_refused(void **state)
{
	static const struct {
		const char *body;
		int status;
	} cases[] = {
	    {"{}", 400},
	    {"{\"policy\":5}", 400},
	    {"{\"policy\":\"x\",\"who\":\"anna\"}", 400},
	    {"{\"policy\":\"x\",\"from\":\"bald\"}", 400},
	    {"{\"policy\":\"x\",\"from\":\"2026-02-30\"}", 400},
	    {"{\"policy\":\"x\",\"shadow_days\":0}", 400},
	    {"{\"policy\":\"x\",\"shadow_days\":367}", 400},
	    {"{\"policy\":\"policy: x\\n\"}", 400},
	};
	struct api_house *h = *state;
	char id[ID_TEXT_BYTES];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		json_decref(ask_json(h, cases[i].status, "POST", ROOT, anna,
				     cases[i].body, NULL));
	json_decref(ask_json(h, 400, "GET", ROOT "?limit=0", anna, NULL, NULL));
	json_decref(
	    ask_json(h, 400, "GET", ROOT "?before=pol_x", anna, NULL, NULL));
	json_decref(ask_json(h, 404, "GET", ROOT "/pol_00000000000000000000000",
			     anna, NULL, NULL));
	proposed(h, POLICY("2", "P99D", "alias"), id);
	post(h, 400, id, "shadow", "{}", anna);
	post(h, 400, id, "shadow", "{\"days\":400}", anna);
	post(h, 409, id, "approve", "{\"digest\":\"00\"}", bert);
	post(h, 400, id, "approve", "{\"digest\":7}", bert);
}

static void findings_are_listed_with_their_places(void **state)
{
	struct api_house *h = *state;
	json_t *v = propose(
	    h, 400, POLICY("2", "P99D", "alias") "sonstiges: 1\n", anna);
	const json_t *one = json_array_get(json_object_get(v, "findings"), 0);

	assert_int_equal(json_integer_value(json_object_get(one, "line")), 16);
	assert_non_null(strstr(text_in(one, "text"), "sonstiges"));
	json_decref(v);
}

static void pages_follow_one_another(void **state)
{
	struct api_house *h = *state;
	char ids[3][ID_TEXT_BYTES], path[128];
	json_t *v;

	proposed(h, POLICY("2", "P99D", "alias"), ids[0]);
	proposed(h, POLICY("3", "P98D", "alias"), ids[1]);
	v = ask_json(h, 200, "GET", ROOT "?limit=1", anna, NULL, NULL);
	assert_true(json_is_true(json_object_get(v, "more")));
	assert_string_equal(
	    text_in(json_array_get(json_object_get(v, "versions"), 0), "id"),
	    ids[1]);
	json_decref(v);
	(void)snprintf(path, sizeof(path), ROOT "?before=%s", ids[0]);
	v = ask_json(h, 200, "GET", path, anna, NULL, NULL);
	assert_false(json_is_true(json_object_get(v, "more")));
	assert_int_equal(json_array_size(json_object_get(v, "versions")), 1);
	json_decref(v);
}

static void what_was_tampered_with_is_not_approved(void **state)
{
	struct api_house *h = *state;
	char id[ID_TEXT_BYTES];

	proposed(h, POLICY("2", "P99D", "alias"), id);
	house_run(h,
		  "UPDATE policy_version SET tolerance=100 WHERE"
		  " state='proposed'",
		  STORE_NO_ARGS);
	post(h, 409, id, "approve", NULL, bert);
	post(h, 409, id, "shadow", "{\"days\":1}", anna);
	post(h, 200, id, "stop", NULL, bert);
}

/* --- by the verbs ------------------------------------------------------------
 */

/* Runs `postern policy ...` with both outputs caught; words end with NULL. */
static int run(struct api_house *h, bool json, const char *const *words,
	       char said[OUTPUT_BYTES])
{
	struct verb_args args = {.dir = h->keeper.dir, .json = json};
	char *argv[10] = {NULL}, path[256];
	int file, out, error, nothing, rc;
	ssize_t n;

	for (; words[args.argc] != NULL; args.argc++)
		argv[args.argc] = strdup(words[args.argc]);
	args.argv = argv;
	house_path(&h->keeper, "said", path);
	file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_true(file >= 0 && nothing >= 0);
	(void)fflush(NULL);
	out = dup(STDOUT_FILENO);
	error = dup(STDERR_FILENO);
	(void)dup2(file, STDOUT_FILENO);
	/* The loop's log goes there too. */
	(void)dup2(json ? nothing : file, STDERR_FILENO);
	rc = verb_policy(&args);
	(void)fflush(NULL);
	(void)dup2(out, STDOUT_FILENO);
	(void)dup2(error, STDERR_FILENO);
	n = pread(file, said, OUTPUT_BYTES - 1, 0);
	assert_true(n >= 0);
	said[n] = '\0';
	(void)close(file);
	(void)close(nothing);
	(void)close(out);
	(void)close(error);
	for (int i = 0; i < args.argc; i++)
		free(argv[i]);
	return rc;
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void expect(struct api_house *h, int rc, const char *part,
		   const char *const *words)
{
	char *said = malloc(OUTPUT_BYTES);

	assert_non_null(said);
	assert_int_equal(run(h, false, words, said), rc);
	if (strstr(said, part) == NULL) {
		print_error("expected %s in:\n%s\n", part, said);
		fail();
	}
	free(said);
}

static void write_to(struct api_house *h, const char *name, const char *text,
		     char path[256])
{
	int fd;

	house_path(&h->keeper, name, path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

static void verbs_propose_approve_and_tell(void **state)
{
	struct api_house *h = *state;
	char draft[256], mine[256], theirs[256], none[256];
	char *said = malloc(OUTPUT_BYTES), id[ID_TEXT_BYTES];
	json_t *v;

	assert_non_null(said);
	write_to(h, "draft.yaml", POLICY("2", "P20D", "name"), draft);
	write_to(h, "anna.token", anna, mine);
	write_to(h, "bert.token", bert, theirs);
	write_to(h, "none.token", "geheim\n", none);
	expect(h, EXIT_USAGE, "--token-file", WORDS("propose", draft));
	expect(h, EXIT_REFUSED, "holds no token",
	       WORDS("propose", draft, "--token-file", none));
	expect(h, EXIT_REFUSED, "cannot be opened",
	       WORDS("propose", draft, "--token-file", "/nowhere"));
	expect(h, EXIT_USAGE, "from 1 to 366",
	       WORDS("propose", draft, "--token-file", mine, "--shadow", "0"));
	expect(h, EXIT_REFUSED, "neither a date",
	       WORDS("propose", draft, "--token-file", mine, "--from", "bald"));
	expect(h, EXIT_REFUSED, "lacks the scope",
	       WORDS("propose", draft, "--token-file", theirs));
	assert_int_equal(
	    run(h, true,
		WORDS("propose", draft, "--token-file", mine, "--shadow", "2"),
		said),
	    EXIT_DONE);
	v = json_loads(said, 0, NULL);
	assert_non_null(v);
	assert_true(json_is_true(json_object_get(v, "shortens")));
	assert_true(json_is_object(json_object_get(v, "effect")));
	(void)snprintf(id, sizeof(id), "%s", text_in(v, "id"));
	json_decref(v);
	expect(h, EXIT_REFUSED, "author cannot approve",
	       WORDS("approve", id, "--token-file", mine));
	expect(h, EXIT_USAGE, "which version", WORDS("approve"));
	expect(h, EXIT_USAGE, "not an id",
	       WORDS("approve", "msg_x", "--token-file", mine));
	expect(h, EXIT_DONE, "genehmigt: 1 von 1",
	       WORDS("approve", id, "--token-file", theirs));
	expect(h, EXIT_DONE, "0 messages and replies seen",
	       WORDS("shadow", id, "--language", "en"));
	expect(h, EXIT_DONE, "genehmigt, noch nicht in Kraft",
	       WORDS("history"));
	expect(h, EXIT_DONE, "may shorten retention",
	       WORDS("history", id, "--language", "en"));
	expect(h, EXIT_DONE, "delete: P20D", WORDS("history", id, "--file"));
	expect(h, EXIT_DONE, "vom Betreiber", WORDS("stop", id));
	expect(h, EXIT_REFUSED, "another state", WORDS("stop", id));
	expect(h, EXIT_REFUSED, "another state",
	       WORDS("shadow", id, "--days", "3", "--token-file", mine));
	free(said);
}

static void without_an_instance_the_verbs_are_refused(void **state)
{
	struct api_house *h = *state;

	house_stop(h);
	expect(h, EXIT_REFUSED, "no instance is running", WORDS("history"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_HOUSE(scopes_say_who_may),
	    IN_HOUSE(bodies_that_do_not_fit_are_refused),
	    IN_HOUSE(findings_are_listed_with_their_places),
	    IN_HOUSE(pages_follow_one_another),
	    IN_HOUSE(what_was_tampered_with_is_not_approved),
	    IN_HOUSE(verbs_propose_approve_and_tell),
	    IN_HOUSE(without_an_instance_the_verbs_are_refused),
	};

	assert(sodium_init() >= 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
