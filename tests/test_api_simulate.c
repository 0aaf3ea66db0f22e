/* test_api_simulate.c - another policy over the archive, asked for over the
 * API and by the verb. */
#include <assert.h>
#include <jansson.h>

#include "api_house.h"
#include "verbs.h"

#define IN_HOUSE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)
#define PATH	    "/v1/policy/simulation"
/* As the house's own, but for how long. */
#define POLICY(name, keep, sees)                                          \
	"policy: " name "\nversion: 2\n"                                  \
	"purposes:\n  support: {basis: contract}\n"                       \
	"data:\n"                                                         \
	"  MSG: {from: process_end, delete: " keep "}\n"                  \
	"  MEDIA: {from: process_end, delete: P90D}\n"                    \
	"  RAW: {from: collection, delete: P3D}\n"                        \
	"channels:\n  shop: {purpose: support, data: MSG}\n"              \
	"helpdesks:\n  desk: {sees: [text], data: [" sees "]}\n  blind: " \
	"{sees: []}\n"

static json_t *post(struct api_house *h, int status, const char *policy,
		    const char *from, const char *token)
{
	json_t *body =
	    json_pack("{s:s?, s:s*}", "policy", policy, "from", from);
	char *text = json_dumps(body, 0);
	json_t *v = ask_json(h, status, "POST", PATH, token, text, NULL);

	free(text);
	json_decref(body);
	return v;
}

static json_t *look(struct api_house *h)
{
	return ask_json(h, 200, "GET", PATH, h->operator, NULL, NULL);
}

/* When it ends is the loop's business; that it does is not. */
static json_t *until_it_ends(struct api_house *h)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	json_t *v = look(h);

	for (int i = 0; i < 6000; i++) {
		if (strcmp(text_in(v, "state"), "running") != 0)
			return v;
		json_decref(v);
		(void)nanosleep(&pause, NULL);
		v = look(h);
	}
	json_decref(v);
	fail();
	return NULL;
}

static int64_t number(const json_t *v, const char *member)
{
	const json_t *n = json_object_get(v, member);

	assert_true(json_is_integer(n));
	return json_integer_value(n);
}

static void the_archive_is_counted(void **state)
{
	static const char closed[] =
	    "UPDATE conversation SET state='closed', closed_ms=? WHERE id=?";
	struct api_house *h = *state;
	const json_t *total, *row;
	json_t *v = look(h);

	assert_string_equal(text_in(v, "state"), "none");
	json_decref(v);
	house_run(h, closed,
		  STORE_ARGS(S_INT(HOUSE_NOW), S_INT(h->conversation)));
	(void)house_inbound(h, h->foreign, "{\"text\":\"Hallo\"}");
	v = post(h, 202, POLICY("neu", "P30D", "RAW"), "2026-10-01",
		 h->operator);
	assert_string_equal(text_in(json_object_get(v, "new"), "name"), "neu");
	assert_string_equal(text_in(v, "from"), "2026-10-01");
	json_decref(v);
	v = until_it_ends(h);
	assert_string_equal(text_in(v, "state"), "done");
	assert_int_equal(number(v, "percent"), 100);
	assert_int_equal(number(json_object_get(v, "old"), "version"), 1);
	total = json_object_get(v, "total");
	assert_int_equal(number(total, "items"), 2);
	assert_int_equal(number(total, "earlier"), 2);
	assert_int_equal(number(total, "waiting"), 1);
	assert_int_equal(number(total, "came"), 2);
	/* No route in this house. */
	assert_int_equal(number(json_object_get(total, "new"), "kept"), 2);
	/* The month they came in, and the two in which one of them goes. */
	assert_int_equal(json_array_size(json_object_get(v, "rows")), 3);
	row = json_array_get(json_object_get(v, "rows"), 1);
	assert_string_equal(text_in(row, "month"), "2026-10");
	assert_int_equal(number(json_object_get(row, "new"), "goes"), 1);
	row = json_array_get(json_object_get(v, "rows"), 2);
	assert_string_equal(text_in(row, "month"), "2026-12");
	assert_int_equal(number(json_object_get(row, "old"), "goes"), 1);
	json_decref(v);
}

static void what_cannot_be_counted_is_refused(void **state)
{
	struct api_house *h = *state;
	const json_t *finding;
	json_t *v;

	v = post(h, 400, "policy: x\nversion: 1\n", NULL, h->operator);
	finding = json_array_get(json_object_get(v, "findings"), 0);
	assert_true(number(finding, "line") >= 0);
	assert_true(strlen(text_in(finding, "text")) > 10);
	json_decref(v);
	json_decref(post(h, 400, NULL, NULL, h->operator));
	json_decref(
	    post(h, 400, POLICY("x", "P1D", "MSG"), "2026-09-20", h->operator));
	json_decref(
	    post(h, 400, POLICY("x", "P1D", "MSG"), "2026-13-01", h->operator));
	json_decref(ask_json(h, 400, "POST", PATH, h->operator,
			     "{\"policy\":\"x\",\"more\":1}", NULL));
	v = look(h);
	assert_string_equal(text_in(v, "state"), "none");
	json_decref(v);
}

static void only_those_who_answer_for_the_policy_may_ask(void **state)
{
	static const char policy[] = POLICY("x", "P1D", "MSG");
	struct api_house *h = *state;
	char may[TOKEN_TEXT_BYTES], audit[TOKEN_TEXT_BYTES];

	house_token(h, "policy", NULL, 90, may);
	house_token(h, "audit", NULL, 90, audit);
	json_decref(post(h, 403, policy, NULL, h->desk));
	json_decref(post(h, 403, policy, NULL, audit));
	json_decref(ask_json(h, 403, "GET", PATH, h->desk, NULL, NULL));
	json_decref(post(h, 202, policy, NULL, may));
	json_decref(until_it_ends(h));
}

/* --- the verb ------------------------------------------------------------- */

static int verb(struct api_house *h, const char *file, const char *more,
		const char *value, bool json, char ret[16384])
{
	char *argv[] = {strdup("simulate"), strdup(file),
			more != NULL ? strdup(more) : NULL,
			value != NULL ? strdup(value) : NULL, NULL};
	const struct verb_args args = {.dir = h->keeper.dir,
				       .json = json,
				       .argc = more != NULL ? 4 : 2,
				       .argv = argv};
	char path[256];
	int out, keep, rc;
	ssize_t n;

	house_path(&h->keeper, "said", path);
	out = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(out >= 0);
	(void)fflush(NULL);
	keep = dup(STDOUT_FILENO);
	(void)dup2(out, STDOUT_FILENO);
	rc = verb_policy(&args);
	(void)fflush(NULL);
	(void)dup2(keep, STDOUT_FILENO);
	(void)close(keep);
	n = pread(out, ret, 16383, 0);
	assert_true(n >= 0);
	ret[n] = '\0';
	(void)close(out);
	for (size_t i = 0; i < 4; i++)
		free(argv[i]);
	return rc;
}

static void write_file(struct api_house *h, const char *text, char path[256])
{
	FILE *f;

	house_path(&h->keeper, "draft.yaml", path);
	f = fopen(path, "we");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void the_verb_waits_and_tells(void **state)
{
	struct api_house *h = *state;
	char file[256], said[16384];
	json_t *v;

	write_file(h, POLICY("neu", "P30D", "MSG"), file);
	assert_int_equal(verb(h, file, NULL, NULL, false, said), EXIT_DONE);
	assert_non_null(strstr(said, "Version 1 → neu, Version 2"));
	assert_non_null(strstr(said, "         1 gehen früher\n"));
	assert_non_null(strstr(said, "\nDatenart MSG, Kanal shop\n  2026-09"));
	assert_int_equal(verb(h, file, "--language", "en", false, said),
			 EXIT_DONE);
	assert_non_null(strstr(said, "         1 go earlier\n"));
	assert_int_equal(verb(h, file, "--at", "2027-01-31", true, said),
			 EXIT_DONE);
	v = json_loads(said, 0, NULL);
	assert_string_equal(text_in(v, "from"), "2027-01-31");
	assert_string_equal(text_in(v, "state"), "done");
	json_decref(v);
	/* Refused before, or by, the instance. */
	assert_int_equal(verb(h, file, "--at", "1999-01-01", true, said),
			 EXIT_REFUSED);
	assert_int_equal(verb(h, file, "--at", "morgen", true, said),
			 EXIT_REFUSED);
	assert_int_equal(verb(h, file, "--when", "x", true, said), EXIT_USAGE);
	assert_int_equal(verb(h, "/nowhere", NULL, NULL, true, said),
			 EXIT_REFUSED);
	write_file(h, "policy: x\n", file);
	assert_int_equal(verb(h, file, NULL, NULL, true, said), EXIT_REFUSED);
}

static void the_verb_names_what_needs_the_text(void **state)
{
	static const char asks[] =
	    "policy: neu\nversion: 2\n"
	    "purposes:\n  support: {basis: contract}\n"
	    "  news: {basis: consent, ask: frage}\n"
	    "data:\n"
	    "  MSG: {from: process_end, delete: P90D}\n"
	    "  BIZ: {from: collection, delete: P1Y}\n"
	    "  MEDIA: {from: process_end, delete: P90D}\n"
	    "  RAW: {from: collection, delete: P3D}\n"
	    "channels:\n  shop:\n    purpose: support\n    data: MSG\n"
	    "    tag: [{words: [auftrag], data: BIZ}]\n"
	    "    first_contact: consent\n    notice: hinweis\n"
	    "    consent: news\n    until_consent: {do: refuse}\n"
	    "helpdesks:\n  desk: {sees: []}\n  blind: {sees: []}\n"
	    "patterns: {kd: \"KD-###\"}\n"
	    "redact: [{find: kd, before: [store]}]\n"
	    "notices: {hinweis: Datenschutz, frage: \"JA oder NEIN?\"}\n";
	struct api_house *h = *state;
	char file[256], said[16384];

	write_file(h, asks, file);
	assert_int_equal(verb(h, file, "--language", "en", false, said),
			 EXIT_DONE);
	assert_non_null(strstr(said, "Channel shop: other words"));
	assert_non_null(strstr(said, "Channel shop: other patterns"));
	assert_non_null(strstr(said, "nobody was asked for"));
	assert_int_equal(verb(h, file, "--language", "de", false, said),
			 EXIT_DONE);
	assert_non_null(strstr(said, "Kanal shop: andere eigene Muster"));
}

static void without_an_instance_the_verb_is_refused(void **state)
{
	struct api_house *h = *state;
	char file[256], said[16384];

	write_file(h, POLICY("neu", "P30D", "MSG"), file);
	house_stop(h);
	assert_int_equal(verb(h, file, NULL, NULL, true, said), EXIT_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_HOUSE(the_archive_is_counted),
	    IN_HOUSE(what_cannot_be_counted_is_refused),
	    IN_HOUSE(only_those_who_answer_for_the_policy_may_ask),
	    IN_HOUSE(the_verb_waits_and_tells),
	    IN_HOUSE(the_verb_names_what_needs_the_text),
	    IN_HOUSE(without_an_instance_the_verb_is_refused),
	};

	assert(sodium_init() >= 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
