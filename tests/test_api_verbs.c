/* test_api_verbs.c - the operator's verbs against a running API. */
#include <assert.h>
#include <jansson.h>

#include "api_house.h"
#include "postern/processes.h"
#include "verbs.h"

#define OUTPUT_BYTES (64u * 1024)

struct said {
	int rc;
	char out[OUTPUT_BYTES];
};

/* Runs a verb with its output caught; words end with NULL. */
static struct said *run(struct api_house *h,
			int (*verb)(const struct verb_args *), bool json,
			const char *const *words)
{
	struct said *s = calloc(1, sizeof(*s));
	struct verb_args args = {.dir = h->keeper.dir, .json = json};
	char *argv[8] = {NULL}, path[256];
	int file, keep_out, keep_err, nothing;
	ssize_t n;

	assert_non_null(s);
	for (; words[args.argc] != NULL; args.argc++)
		argv[args.argc] = strdup(words[args.argc]);
	args.argv = argv;
	house_path(&h->keeper, "said", path);
	file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_true(file >= 0 && nothing >= 0);
	(void)fflush(NULL);
	keep_out = dup(STDOUT_FILENO);
	keep_err = dup(STDERR_FILENO);
	(void)dup2(file, STDOUT_FILENO);
	(void)dup2(nothing, STDERR_FILENO);
	s->rc = verb(&args);
	(void)fflush(NULL);
	(void)dup2(keep_out, STDOUT_FILENO);
	(void)dup2(keep_err, STDERR_FILENO);
	n = pread(file, s->out, sizeof(s->out) - 1, 0);
	assert_true(n >= 0);
	(void)close(file);
	(void)close(nothing);
	(void)close(keep_out);
	(void)close(keep_err);
	for (int i = 0; i < args.argc; i++)
		free(argv[i]);
	return s;
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_WORDS   ((const char *const[]){NULL})

static void expect(struct said *s, int rc, const char *part)
{
	assert_int_equal(s->rc, rc);
	if (part != NULL && strstr(s->out, part) == NULL)
		print_error("expected: %s\n", part);
	if (part != NULL)
		assert_non_null(strstr(s->out, part));
	free(s);
}

static void status_is_readable_and_json(void **state)
{
	struct api_house *h = *state;
	static struct processes three = {.version = "9.9"};
	struct said *s = run(h, verb_status, true, NO_WORDS);
	json_t *v = json_loads(s->out, 0, NULL);

	assert_true(json_is_true(json_object_get(v, "ready")));
	json_decref(v);
	free(s);
	expect(run(h, verb_status, false, NO_WORDS), EXIT_DONE,
	       "ready        yes\n");
	processes_started(&three, PROCESS_KEEPER, worker_boot(&h->w) - 3600000);
	processes_ready(&three, PROCESS_KEEPER);
	processes_started(&three, PROCESS_WORKER, worker_boot(&h->w));
	h->w.processes = &three;
	expect(run(h, verb_status, false, NO_WORDS), EXIT_DONE,
	       "keeper       9.9 ready, up 3600 s, started 1 times\n");
	expect(run(h, verb_status, false, NO_WORDS), EXIT_DONE,
	       "worker       9.9 starting, up ");
	expect(run(h, verb_status, false, NO_WORDS), EXIT_DONE,
	       "intake       9.9 away, up 0 s, started 0 times\n");
	expect(run(h, verb_status, false, WORDS("x")), EXIT_USAGE, NULL);
}

static void a_token_is_made_listed_and_revoked(void **state)
{
	struct api_house *h = *state;
	struct said *s = run(h, verb_token, true,
			     WORDS("create", "--scope", "desk", "--helpdesk",
				   "desk", "--label", "Leitung 1"));
	json_t *v = json_loads(s->out, 0, NULL);
	struct answer a;
	char path[128];

	assert_int_equal(s->rc, EXIT_DONE);
	free(s);
	a = ask(h, (struct call){.method = "GET",
				 .path = path_to(h, path, "conversations",
						 ID_CONVERSATION,
						 h->conversation, ""),
				 .token = text_in(v, "token")});
	assert_int_equal(a.status, 200);
	answer_free(&a);
	expect(run(h, verb_token, false, WORDS("list")), EXIT_DONE,
	       "Leitung 1");
	expect(run(h, verb_token, false, WORDS("revoke", text_in(v, "id"))),
	       EXIT_DONE, " revoked");
	expect(run(h, verb_token, false, WORDS("revoke", "msg_1")), EXIT_USAGE,
	       NULL);
	expect(run(h, verb_token, false, WORDS("create")), EXIT_USAGE, NULL);
	expect(run(h, verb_token, false, WORDS("create", "--scope", "king")),
	       EXIT_REFUSED, NULL);
	json_decref(v);
}

static void the_outbox_and_the_quarantine_are_listed(void **state)
{
	struct api_house *h = *state;
	char path[128];

	json_decref(ask_json(h, 202, "POST",
			     path_to(h, path, "conversations", ID_CONVERSATION,
				     h->conversation, "/messages"),
			     h->desk, "{\"text\":\"a\"}", NULL));
	expect(run(h, verb_outbox, false, WORDS("list")), EXIT_DONE, "dlv_");
	expect(run(h, verb_outbox, false, WORDS("list", "waiting")), EXIT_DONE,
	       "shop");
	expect(run(h, verb_outbox, false, WORDS("list", "lost")), EXIT_USAGE,
	       NULL);
	expect(run(h, verb_outbox, false,
		   WORDS("retry", "dlv_00000000000000000000000000")),
	       EXIT_REFUSED, NULL);
	expect(run(h, verb_quarantine, true, WORDS("list")), EXIT_DONE,
	       "\"quarantine\": []");
	expect(run(h, verb_quarantine, false,
		   WORDS("show", "qrn_00000000000000000000000000")),
	       EXIT_REFUSED, NULL);
}

static void keys_are_locked_unlocked_rotated_and_backed_up(void **state)
{
	struct api_house *h = *state;
	char phrase[256], file[256];
	int fd;

	expect(run(h, verb_keys, false, WORDS("lock")), EXIT_DONE,
	       "keeper       locked\nwhy          locked by an operator");
	expect(run(h, verb_keys, false, WORDS("rotate")), EXIT_REFUSED, NULL);
	house_path(&h->keeper, "phrase", phrase);
	fd = open(phrase, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(write(fd, "correct horse battery\n", 22), 22);
	(void)close(fd);
	expect(run(h, verb_keys, true, WORDS("status")), EXIT_DONE,
	       "\"locked\": true");
	json_decref(
	    ask_json(h, 200, "POST", "/v1/keys/unlock", NULL, "{}", NULL));
	expect(run(h, verb_keys, false, WORDS("rotate")), EXIT_DONE,
	       "keeper       unlocked");
	house_path(&h->keeper, "keys.backup", file);
	expect(run(h, verb_keys, false,
		   WORDS("backup", file, "--passphrase-file", phrase)),
	       EXIT_DONE, "keys written to ");
	expect(run(h, verb_keys, false,
		   WORDS("backup", file, "--passphrase-file", phrase)),
	       EXIT_REFUSED, NULL);
	expect(run(h, verb_keys, false,
		   WORDS("backup", "--passphrase-file", phrase)),
	       EXIT_USAGE, NULL);
}

static void without_an_instance_every_verb_is_refused(void **state)
{
	struct api_house *h = *state;

	house_stop(h);
	expect(run(h, verb_status, false, NO_WORDS), EXIT_REFUSED, NULL);
	expect(run(h, verb_token, false, WORDS("list")), EXIT_REFUSED, NULL);
	expect(run(h, verb_keys, true, WORDS("status")), EXIT_REFUSED, NULL);
}

#define IN_HOUSE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_HOUSE(status_is_readable_and_json),
	    IN_HOUSE(a_token_is_made_listed_and_revoked),
	    IN_HOUSE(the_outbox_and_the_quarantine_are_listed),
	    IN_HOUSE(keys_are_locked_unlocked_rotated_and_backed_up),
	    IN_HOUSE(without_an_instance_every_verb_is_refused),
	};

	assert(sodium_init() >= 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
