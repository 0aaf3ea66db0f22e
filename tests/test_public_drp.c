/* test_public_drp.c - what representatives ask, and who may.
 *
 * Proves: compliance 5.3, 2.3. */
#include "public_house.h"

#include "postern/drp.h"
#include "postern/log.h"
#include "postern/text.h"

#define BUSINESS "BEISPIEL_GMBH"

static struct {
	uint8_t secret[2][crypto_sign_SECRETKEYBYTES];
	char directory[512], token[2][64];
} agents;
static const char *const names[2] = {"AGENTUR", "ANDERE"};

static int make(void **state)
{
	struct house *h;
	uint8_t key[crypto_sign_PUBLICKEYBYTES];
	char text[2][64];

	if (rights_house_make(state) != 0)
		return -1;
	h = *state;
	memset(&agents, 0, sizeof(agents));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(crypto_sign_keypair(key, agents.secret[i]), 0);
		base64_encode(key, sizeof(key), text[i]);
	}
	(void)snprintf(agents.directory, sizeof(agents.directory),
		       "[{\"id\":\"%s\",\"verify_key\":\"%s\"},{\"id\":\"%s\","
		       "\"verify_key\":\"%s\"}]",
		       names[0], text[0], names[1], text[1]);
	h->settings.drp.enabled = true;
	(void)snprintf(h->settings.drp.business,
		       sizeof(h->settings.drp.business), BUSINESS);
	h->settings.drp.agents_json = (uint8_t *)agents.directory;
	h->settings.drp.agents_len = strlen(agents.directory);
	return 0;
}

/* A body of agent who, valid for five minutes from now. */
static char *sign(struct house *h, int who, const char *more)
{
	char from[INSTANT_BYTES], to[INSTANT_BYTES], json[2048];
	uint8_t raw[4096];
	unsigned long long raw_len = 0;
	char *text = malloc(8192);

	instant_format(worker_now(&h->w) - 1000, from);
	instant_format(worker_now(&h->w) + 300000, to);
	(void)snprintf(json, sizeof(json),
		       "{\"agent-id\":\"%s\",\"business-id\":\"" BUSINESS
		       "\",\"issued-at\":\"%s\",\"expires-at\":\"%s\","
		       "\"drp.version\":\"1.0\"%s}",
		       names[who], from, to, more);
	assert_int_equal(crypto_sign(raw, &raw_len, (uint8_t *)json,
				     strlen(json), agents.secret[who]),
			 0);
	base64_encode(raw, (size_t)raw_len, text);
	return text;
}

static unsigned int ask(struct house *h, const char *method, const char *path,
			const char *bearer, const char *body, json_t **ret)
{
	unsigned int status;
	struct asked q;

	ask_begin(h, &q, method, path, body);
	q.rq.header[PUBLIC_AUTHORIZATION] = bearer;
	status = ask_run(h, &q);
	if (ret != NULL)
		*ret = json_incref(q.said);
	ask_end(&q);
	return status;
}

/* Its token, as a header. */
static void register_agent(struct house *h, int who)
{
	char path[64], *body = sign(h, who, "");
	json_t *said = NULL;

	(void)snprintf(path, sizeof(path), "/v1/agent/%s", names[who]);
	assert_int_equal(ask(h, "POST", path, "", body, &said), 200);
	assert_string_equal(dsr_text(said, "agent-id"), names[who]);
	(void)snprintf(agents.token[who], sizeof(agents.token[who]),
		       "Bearer %s", dsr_text(said, "token"));
	json_decref(said);
	free(body);
}

static void a_token_is_for_who_signed_for_it(void **state)
{
	struct house *h = *state;
	char *mine, *others, before[64];

	mine = sign(h, 0, "");
	others = sign(h, 1, "");
	assert_int_equal(ask(h, "POST", "/v1/agent/AGENTUR", "", others, NULL),
			 403);
	assert_int_equal(ask(h, "POST", "/v1/agent/NIEMAND", "", mine, NULL),
			 403);
	assert_int_equal(ask(h, "POST", "/v1/agent/AGENTUR", "", "x", NULL),
			 403);
	free(others);
	free(mine);
	register_agent(h, 0);
	register_agent(h, 1);
	assert_int_equal(
	    ask(h, "GET", "/v1/agent/AGENTUR", agents.token[0], "", NULL), 200);
	assert_int_equal(
	    ask(h, "GET", "/v1/agent/AGENTUR", agents.token[1], "", NULL), 403);
	assert_int_equal(ask(h, "GET", "/v1/agent/AGENTUR", "", "", NULL), 403);
	/* Another one, and the first is dead. */
	memcpy(before, agents.token[0], sizeof(before));
	register_agent(h, 0);
	assert_int_equal(ask(h, "GET", "/v1/agent/AGENTUR", before, "", NULL),
			 403);
	/* Who left the directory has none. */
	h->settings.drp.agents_len = 0;
	assert_int_equal(
	    ask(h, "GET", "/v1/agent/AGENTUR", agents.token[0], "", NULL), 403);
}

#define PERSON                                                      \
	",\"exercise\":\"deletion\",\"regime\":\"gdpr\","           \
	"\"agent-request-id\":\"r-0001\",\"name\":\"Erika Muster\"" \
	",\"email\":\"erika@example.de\""

static json_t *create(struct house *h, int who, const char *more,
		      unsigned int status)
{
	char *body = sign(h, who, more);
	json_t *said = NULL;

	assert_int_equal(ask(h, "POST", "/v1/data-rights-request",
			     agents.token[who], body, &said),
			 status);
	free(body);
	return said;
}

static void a_request_has_its_status_object(void **state)
{
	struct house *h = *state;
	json_t *said, *again;
	char path[128];

	register_agent(h, 0);
	register_agent(h, 1);
	said = create(h, 0, PERSON ",\"email_verified\":true", 200);
	assert_string_equal(dsr_text(said, "status"), "in_progress");
	assert_string_equal(dsr_text(said, "agent_request_id"), "r-0001");
	assert_non_null(json_object_get(said, "received_at"));
	assert_non_null(json_object_get(said, "expected_by"));
	assert_memory_equal(dsr_text(said, "request_id"), "req_", 4);
	/* The same once more is the same request. */
	again = create(h, 0, PERSON ",\"email_verified\":true", 200);
	assert_string_equal(dsr_text(again, "request_id"),
			    dsr_text(said, "request_id"));
	json_decref(again);
	/* ... of that agent. */
	again = create(h, 1, PERSON ",\"email_verified\":true", 200);
	assert_string_not_equal(dsr_text(again, "request_id"),
				dsr_text(said, "request_id"));
	json_decref(again);
	(void)snprintf(path, sizeof(path), "/v1/data-rights-request/%s",
		       dsr_text(said, "request_id"));
	json_decref(said);
	assert_int_equal(ask(h, "GET", path, agents.token[0], "", &said), 200);
	assert_string_equal(dsr_text(said, "status"), "in_progress");
	json_decref(said);
	assert_int_equal(ask(h, "GET", path, agents.token[1], "", NULL), 403);
	assert_int_equal(ask(h, "GET", path, "", "", NULL), 401);
	assert_int_equal(ask(h, "GET", "/v1/data-rights-request/req_x",
			     agents.token[0], "", NULL),
			 404);
}

static void what_nobody_verified_has_to_be_proved(void **state)
{
	struct house *h = *state;
	char path[128], *body;
	json_t *said;

	register_agent(h, 0);
	(void)snprintf(h->settings.portal.url, sizeof(h->settings.portal.url),
		       "https://postern.example");
	said = create(h, 0, PERSON, 200);
	assert_string_equal(dsr_text(said, "status"), "in_progress");
	assert_string_equal(dsr_text(said, "reason"), "need_user_verification");
	assert_memory_equal(dsr_text(said, "user_verification_url"),
			    "https://postern.example/privacy/status/", 39);
	(void)snprintf(path, sizeof(path), "/v1/data-rights-request/%s",
		       dsr_text(said, "request_id"));
	json_decref(said);
	/* It is revoked by a signed body alone. */
	assert_int_equal(ask(h, "DELETE", path, agents.token[0], "", NULL),
			 400);
	body = sign(h, 0, ",\"reason\":\"none\"");
	assert_int_equal(ask(h, "DELETE", path, agents.token[0], body, &said),
			 200);
	assert_string_equal(dsr_text(said, "status"), "revoked");
	json_decref(said);
	assert_int_equal(ask(h, "DELETE", path, agents.token[0], body, NULL),
			 409);
	free(body);
}

/* An address nobody verified must not ride along with one that was. */
static void an_agent_vouches_for_what_it_verified(void **state)
{
	struct house *h = *state;
	json_t *said;

	house_body(h, hello);
	house_receive(h); /* a person with a phone number */
	register_agent(h, 0);
	said = create(h, 0,
		      PERSON ",\"email_verified\":true,\"phone_number\":"
			     "\"+491701234567\"",
		      200);
	json_decref(said);
	assert_int_equal(HOUSE_COUNT(h, "request WHERE person<>0"), 0);
	said = create(h, 0,
		      ",\"exercise\":\"access\",\"phone_number\":"
		      "\"+491701234567\",\"phone_number_verified\":true",
		      200);
	json_decref(said);
	assert_int_equal(HOUSE_COUNT(h, "request WHERE person<>0"), 1);
}

static void mistakes_are_refused_without_the_body(void **state)
{
	static const char *const bad[] = {
	    "",
	    ",\"exercise\":\"deletion\"",
	    ",\"exercise\":\"sale:opt-out\",\"email\":\"a@b.de\"",
	    PERSON ",\"status_callback\":\"http://agentur.example/\"",
	    PERSON ",\"status_callback\":\"https://127.0.0.1/\"",
	};
	struct house *h = *state;
	char *body;

	register_agent(h, 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *said = create(h, 0, bad[i], 400);

		assert_string_equal(dsr_text(said, "code"), "body");
		assert_null(strstr(dsr_text(said, "message"), "erika"));
		json_decref(said);
	}
	body = sign(h, 1, PERSON);
	assert_int_equal(ask(h, "POST", "/v1/data-rights-request",
			     agents.token[0], body, NULL),
			 403);
	h->ahead_ms += 600000;
	free(body);
	body = sign(h, 0, PERSON);
	h->ahead_ms += 600000;
	assert_int_equal(ask(h, "POST", "/v1/data-rights-request",
			     agents.token[0], body, NULL),
			 400);
	assert_int_equal(
	    ask(h, "POST", "/v1/data-rights-request", "", body, NULL), 401);
	free(body);
	assert_int_equal(HOUSE_COUNT(h, "request"), 0);
}

static void without_the_switch_there_is_nothing(void **state)
{
	static const char *const paths[][2] = {
	    {"POST", "/v1/data-rights-request"},
	    {"GET", "/v1/data-rights-request/req_x"},
	    {"DELETE", "/v1/data-rights-request/req_x"},
	    {"POST", "/v1/agent/AGENTUR"},
	    {"GET", "/v1/agent/AGENTUR"},
	};
	struct house *h = *state;

	h->settings.drp.enabled = false;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		assert_int_equal(
		    ask(h, paths[i][0], paths[i][1], "Bearer x", "", NULL),
		    404);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, make, rights_house_unmake)
	    T(a_token_is_for_who_signed_for_it),
	    T(a_request_has_its_status_object),
	    T(what_nobody_verified_has_to_be_proved),
	    T(an_agent_vouches_for_what_it_verified),
	    T(mistakes_are_refused_without_the_body),
	    T(without_the_switch_there_is_nothing),
	};

	if (sodium_init() < 0)
		return 1;
	log_open("test");
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
