/* test_drp.c - signed bodies of the Data Rights Protocol.
 *
 * Proves: compliance 5.3. */
#include "dsr_house.h"

#include <sodium.h>

#include "postern/caldate.h"
#include "postern/drp.h"
#include "postern/text.h"

static void load_agent(const json_t *doc, struct drp_agents *ret)
{
	char text[512];

	(void)snprintf(text, sizeof(text),
		       "[{\"id\":\"TESTAGENT\",\"name\":\"Test\","
		       "\"verify_key\":\"%s\"}]",
		       dsr_text(doc, "verify_key_base64"));
	assert_int_equal(drp_agents_read(text, strlen(text), ret, NULL), 0);
	assert_int_equal(ret->len, 1);
}

static void every_body_of_the_fixtures_has_its_verdict(void **state)
{
	json_t *doc = dsr_json("drp/signed-requests.json"), *one;
	json_t *cases = json_object_get(doc, "cases");
	struct drp_agents *agents = calloc(1, sizeof(*agents));
	size_t i;

	(void)state;
	load_agent(doc, agents);
	assert_true(json_array_size(cases) >= 11);
	json_array_foreach(cases, i, one)
	{
		const char *body = dsr_text(one, "body_base64");
		struct drp_trust trust = {
		    .agent = drp_agent_find(agents,
					    dsr_text(one, "token_belongs_to")),
		    .business = dsr_text(doc, "our_business_id"),
		};
		const char *expect = dsr_text(one, "expect");
		enum drp_verdict verdict;
		struct drp_request rq;
		json_t *said = NULL;

		if (strncmp(expect, "reject:", 7) == 0)
			expect += 7;
		assert_true(instant_parse(dsr_text(one, "now"), &trust.now_ms));
		assert_int_equal(
		    drp_open(body, strlen(body), &trust, &verdict, &said, NULL),
		    0);
		if (strcmp(drp_verdict_name(verdict), expect) != 0)
			fail_msg("%s: %s", dsr_text(one, "name"),
				 drp_verdict_name(verdict));
		assert_true((said != NULL) == (verdict == DRP_GOOD));
		if (said != NULL)
			assert_null(drp_request_read(said, &rq));
		json_decref(said);
	}
	free(agents);
	json_decref(doc);
}

/* --- bodies of our own ---------------------------------------------------- */

static struct {
	uint8_t secret[crypto_sign_SECRETKEYBYTES];
	struct drp_agent agent;
} own;

static int make_own(void **state)
{
	(void)state;
	if (sodium_init() < 0)
		return -1;
	memset(&own, 0, sizeof(own));
	(void)snprintf(own.agent.id, sizeof(own.agent.id), "AGENTUR");
	return crypto_sign_keypair(own.agent.key, own.secret);
}

#define NOW_MS INT64_C(1796115900000) /* 2026-12-01T09:05:00Z */

static enum drp_verdict verdict_in(const char *json, int64_t now_ms,
				   bool revokes, json_t **ret)
{
	const struct drp_trust trust = {.agent = &own.agent,
					.business = "BEISPIEL_GMBH",
					.now_ms = now_ms,
					.reason_alone = revokes};
	uint8_t raw[2048];
	unsigned long long raw_len = 0;
	char text[4096];
	enum drp_verdict verdict;
	json_t *said = NULL;

	assert_int_equal(crypto_sign(raw, &raw_len, (const uint8_t *)json,
				     strlen(json), own.secret),
			 0);
	base64_encode(raw, (size_t)raw_len, text);
	assert_int_equal(
	    drp_open(text, strlen(text), &trust, &verdict, &said, NULL), 0);
	if (ret != NULL)
		*ret = said;
	else
		json_decref(said);
	return verdict;
}

static enum drp_verdict verdict_of(const char *json, int64_t now_ms,
				   json_t **ret)
{
	return verdict_in(json, now_ms, false, ret);
}

#define HEAD "{\"agent-id\":\"AGENTUR\",\"business-id\":\"BEISPIEL_GMBH\","
#define WINDOW                                    \
	"\"issued-at\":\"2026-12-01T09:00:00Z\"," \
	"\"expires-at\":\"2026-12-01T09:10:00Z\","
#define VERSION "\"drp.version\":\"1.0\""

static void a_window_is_ten_minutes_and_no_longer(void **state)
{
	(void)state;
	assert_int_equal(verdict_of(HEAD WINDOW VERSION "}", NOW_MS, NULL),
			 DRP_GOOD);
	assert_int_equal(
	    verdict_of(HEAD WINDOW VERSION "}", NOW_MS - 300001, NULL),
	    DRP_EARLY);
	assert_int_equal(
	    verdict_of(HEAD WINDOW VERSION "}", NOW_MS + 299999, NULL),
	    DRP_GOOD);
	assert_int_equal(
	    verdict_of(HEAD WINDOW VERSION "}", NOW_MS + 300000, NULL),
	    DRP_EXPIRED);
	assert_int_equal(
	    verdict_of(HEAD "\"issued-at\":\"2026-12-01T09:00:00Z\","
			    "\"expires-at\":\"2026-12-01T09:10:01Z\"," VERSION
			    "}",
		       NOW_MS, NULL),
	    DRP_EXPIRED);
}

static void what_is_signed_has_its_claims(void **state)
{
	(void)state;
	assert_int_equal(verdict_of("[]", NOW_MS, NULL), DRP_BODY);
	assert_int_equal(verdict_of("", NOW_MS, NULL), DRP_BODY);
	assert_int_equal(verdict_of("{}", NOW_MS, NULL), DRP_AGENT);
	assert_int_equal(verdict_of(HEAD VERSION "}", NOW_MS, NULL), DRP_BODY);
	assert_int_equal(
	    verdict_of(HEAD WINDOW "\"drp.version\":\"0.9\"}", NOW_MS, NULL),
	    DRP_BODY);
}

static void revoking_needs_no_claims(void **state)
{
	static const char *const good[] = {
	    "{}", "{\"reason\":\"changed my mind\"}", "{\"reason\":null}",
	    HEAD WINDOW VERSION ",\"reason\":\"none\"}"};
	static const struct {
		const char *json;
		enum drp_verdict verdict;
	} bad[] = {
	    {"[]", DRP_BODY},
	    {"{\"reason\":1}", DRP_AGENT},
	    {"{\"reason\":\"none\",\"agent-id\":\"ANDERE\"}", DRP_AGENT},
	    {"{\"reason\":\"none\",\"agent-id\":\"AGENTUR\"}", DRP_BUSINESS},
	    {HEAD VERSION "}", DRP_BODY},
	    {HEAD "\"issued-at\":\"2026-12-01T08:00:00Z\","
		  "\"expires-at\":\"2026-12-01T08:10:00Z\"," VERSION "}",
	     DRP_EXPIRED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_int_equal(verdict_in(good[i], NOW_MS, true, NULL),
				 DRP_GOOD);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(verdict_in(bad[i].json, NOW_MS, true, NULL),
				 bad[i].verdict);
}

static const char *wrong(const char *more)
{
	struct drp_request rq;
	char text[1024];
	json_t *said = NULL;
	const char *why;

	(void)snprintf(text, sizeof(text), HEAD WINDOW VERSION "%s}", more);
	assert_int_equal(verdict_of(text, NOW_MS, &said), DRP_GOOD);
	why = drp_request_read(said, &rq);
	json_decref(said);
	return why;
}

static void what_is_asked_is_one_of_two(void **state)
{
	(void)state;
	assert_null(wrong(",\"exercise\":\"deletion\",\"email\":\"a@b.de\""));
	assert_null(wrong(",\"exercise\":\"access\",\"regime\":\"gdpr\","
			  "\"phone_number\":\"+49301234567\""));
	assert_non_null(wrong(",\"email\":\"a@b.de\""));
	assert_non_null(
	    wrong(",\"exercise\":\"sale:opt-out\",\"email\":\"a@b.de\""));
	assert_non_null(wrong(",\"exercise\":\"deletion\""));
	assert_non_null(wrong(",\"exercise\":\"deletion\",\"regime\":\"lgpd\","
			      "\"email\":\"a@b.de\""));
	assert_non_null(wrong(",\"exercise\":\"deletion\","
			      "\"phone_number\":\"030 123\""));
	assert_non_null(wrong(",\"exercise\":\"deletion\",\"email\":7"));
}

static void a_directory_names_each_once(void **state)
{
	static const char key[] =
	    "\"verify_key\":"
	    "\"i/9JAiaYzvQwsbF6wYBXxQ0TATPQ3PUEuYyPWIE2vH0=\"";
	struct drp_agents *agents = calloc(1, sizeof(*agents));
	char text[512];

	(void)state;
	(void)snprintf(text, sizeof(text),
		       "[{\"id\":\"A\",%s},{\"id\":\"A\",%s}]", key, key);
	assert_int_equal(drp_agents_read(text, strlen(text), agents, NULL), -1);
	(void)snprintf(text, sizeof(text), "[{\"id\":\"A b\",%s}]", key);
	assert_int_equal(drp_agents_read(text, strlen(text), agents, NULL), -1);
	assert_int_equal(drp_agents_read("{}", 2, agents, NULL), -1);
	assert_int_equal(drp_agents_read("[{\"id\":\"A\",\"verify_key\":"
					 "\"AAAA\"}]",
					 32, agents, NULL),
			 -1);
	assert_int_equal(agents->len, 0);
	free(agents);
}

static void every_state_of_the_fixtures_is_one(void **state)
{
	json_t *rows = dsr_json("drp/states.json"), *row;
	size_t len, i, at;
	const struct drp_state *all = drp_states(&len);

	(void)state;
	assert_int_equal(json_array_size(rows), len);
	json_array_foreach(rows, i, row)
	{
		const char *reason =
		    json_string_value(json_object_get(row, "reason"));

		for (at = 0; at < len; at++)
			if (strcmp(all[at].state, dsr_text(row, "state")) ==
				0 &&
			    (reason == NULL) == (all[at].reason == NULL) &&
			    (reason == NULL ||
			     strcmp(reason, all[at].reason) == 0))
				break;
		assert_true(at < len);
		assert_true(all[at].final ==
			    json_is_true(json_object_get(row, "final")));
	}
	json_decref(rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_body_of_the_fixtures_has_its_verdict),
	    cmocka_unit_test(a_window_is_ten_minutes_and_no_longer),
	    cmocka_unit_test(what_is_signed_has_its_claims),
	    cmocka_unit_test(revoking_needs_no_claims),
	    cmocka_unit_test(what_is_asked_is_one_of_two),
	    cmocka_unit_test(a_directory_names_each_once),
	    cmocka_unit_test(every_state_of_the_fixtures_is_one),
	};

	return cmocka_run_group_tests(tests, make_own, NULL);
}
