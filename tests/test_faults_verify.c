/* test_faults_verify.c - the signature check, every answer of it: in doubt a
 * request is forged.
 *
 * Proves: channels.md 4.1, 4.2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "channel/whatsapp.h"
#include "faults.h"
#include "postern/text.h"

#define TOKEN "luchs-42-luchs-42"

static struct whatsapp wa;

struct given {
	const char *values[4]; /* signature, mode, token, challenge */
	size_t lens[4];
	unsigned int counts[4];
};

static const char *give(const struct given *g, size_t i, size_t *ret_len,
			unsigned int *ret_count)
{
	*ret_count = g->counts[i];
	if (g->values[i] == NULL)
		return NULL;
	*ret_len = g->lens[i] != 0 ? g->lens[i] : strlen(g->values[i]);
	return g->values[i];
}

static const char *header(void *ctx, const char *name, size_t *ret_len,
			  unsigned int *ret_count)
{
	assert_string_equal(name, WHATSAPP_SIGNATURE);
	return give(ctx, 0, ret_len, ret_count);
}

static const char *query(void *ctx, const char *name, size_t *ret_len,
			 unsigned int *ret_count)
{
	if (strcmp(name, "hub.mode") == 0)
		return give(ctx, 1, ret_len, ret_count);
	if (strcmp(name, "hub.verify_token") == 0)
		return give(ctx, 2, ret_len, ret_count);
	return give(ctx, 3, ret_len, ret_count);
}

static int open_all(void **state)
{
	struct secret key = {0};

	(void)state;
	if (sodium_init() < 0)
		return -1;
	wa.channel.driver = &whatsapp_driver;
	if (secret_set(&key, "0123456789abcdef", 16, NULL) != 0 ||
	    secret_set(&wa.verify_token, TOKEN, strlen(TOKEN), NULL) != 0 ||
	    whatsapp_hmac_open(&wa.hmac, &key, NULL) != 0)
		return -1;
	secret_wipe(&key);
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	whatsapp_hmac_close(&wa.hmac);
	secret_wipe(&wa.verify_token);
	return 0;
}

static enum channel_admission admit(struct given *g, bool get, const char *body,
				    struct buf *answer)
{
	const struct channel_request rq = {
	    .get = get,
	    .header = header,
	    .query = query,
	    .ctx = g,
	    .body = (const uint8_t *)body,
	    .body_len = body != NULL ? strlen(body) : 0,
	};

	return whatsapp_admit(&wa.channel, &rq, answer);
}

static void right_signature(const char *body, char ret[72])
{
	uint8_t mac[32];

	assert_int_equal(whatsapp_hmac(&wa.hmac, body, strlen(body), mac, NULL),
			 0);
	memcpy(ret, "sha256=", 7);
	hex_encode(mac, sizeof(mac), ret + 7);
}

static void a_body_is_authentic_only_with_its_own_signature(void **state)
{
	struct buf answer = BUF_INIT(64);
	struct given g = {.counts = {1}};
	char right[72], empty[72];

	(void)state;
	right_signature("{}", right);
	right_signature("", empty);
	assert_int_equal(admit(&g, false, "{}", &answer), ADMIT_FORGED);
	g.values[0] = right;
	assert_int_equal(admit(&g, false, "{}", &answer), ADMIT_BODY);
	assert_int_equal(admit(&g, false, "[]", &answer), ADMIT_FORGED);
	g.counts[0] = 2;
	assert_int_equal(admit(&g, false, "{}", &answer), ADMIT_FORGED);
	g.counts[0] = 1;
	g.values[0] = "sha256=00";
	assert_int_equal(admit(&g, false, "{}", &answer), ADMIT_FORGED);
	right[0] = 'S';
	g.values[0] = right;
	assert_int_equal(admit(&g, false, "{}", &answer), ADMIT_FORGED);
	right[0] = 's';
	right[70] = 'x';
	assert_int_equal(admit(&g, false, "{}", &answer), ADMIT_FORGED);
	g.values[0] = empty;
	assert_int_equal(admit(&g, false, NULL, &answer), ADMIT_MALFORMED);
	buf_free(&answer);
}

static void a_handshake_is_answered_to_who_knows_the_token(void **state)
{
	static const struct {
		const char *mode, *token, *challenge;
		enum channel_admission wanted;
	} cases[] = {
	    {"subscribe", TOKEN, "09azAZ_.-", ADMIT_ANSWER},
	    {NULL, TOKEN, "1", ADMIT_FORGED},
	    {"subscribed", TOKEN, "1", ADMIT_FORGED},
	    {"subscribf", TOKEN, "1", ADMIT_FORGED},
	    {"subscribe", NULL, "1", ADMIT_FORGED},
	    {"subscribe", "luchs", "1", ADMIT_FORGED},
	    {"subscribe", TOKEN, NULL, ADMIT_MALFORMED},
	    {"subscribe", TOKEN, "", ADMIT_MALFORMED},
	    {"subscribe", TOKEN, "1/", ADMIT_MALFORMED},
	    {"subscribe", TOKEN, "1:", ADMIT_MALFORMED},
	    {"subscribe", TOKEN, "@", ADMIT_MALFORMED},
	    {"subscribe", TOKEN, "[", ADMIT_MALFORMED},
	    {"subscribe", TOKEN, "`", ADMIT_MALFORMED},
	    {"subscribe", TOKEN, "{", ADMIT_MALFORMED},
	    {"subscribe", TOKEN, "\xc3\xa4", ADMIT_MALFORMED},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct given g = {.values = {NULL, cases[i].mode,
					     cases[i].token,
					     cases[i].challenge},
				  .counts = {0, 1, 1, 1}};
		struct buf answer = BUF_INIT(512);

		assert_int_equal(admit(&g, true, NULL, &answer),
				 cases[i].wanted);
		assert_int_equal(answer.len > 0,
				 cases[i].wanted == ADMIT_ANSWER);
		buf_free(&answer);
	}
}

static void a_parameter_counts_once_and_a_challenge_is_short(void **state)
{
	char challenge[WHATSAPP_CHALLENGE_MAX + 2];
	struct given g = {.values = {NULL, "subscribe", TOKEN, challenge},
			  .counts = {0, 1, 1, 1}};
	struct buf answer = BUF_INIT(512), small = BUF_INIT(3);

	(void)state;
	memset(challenge, 'a', sizeof(challenge));
	g.lens[3] = WHATSAPP_CHALLENGE_MAX + 1;
	assert_int_equal(admit(&g, true, NULL, &answer), ADMIT_MALFORMED);
	g.lens[3] = WHATSAPP_CHALLENGE_MAX;
	assert_int_equal(admit(&g, true, NULL, &small), ADMIT_MALFORMED);
	assert_int_equal(admit(&g, true, NULL, &answer), ADMIT_ANSWER);
	for (size_t i = 1; i < 4; i++) {
		g.counts[i] = 2;
		assert_int_not_equal(admit(&g, true, NULL, &answer),
				     ADMIT_ANSWER);
		g.counts[i] = 1;
	}
	buf_free(&answer);
	buf_free(&small);
}

static void without_secrets_everything_is_forged(void **state)
{
	const struct whatsapp kept = wa;
	struct channel_driver other = {.name = "other"};
	struct buf answer = BUF_INIT(64);
	struct given g = {.counts = {1}};
	char right[72];

	(void)state;
	right_signature("{}", right);
	g.values[0] = right;
	wa.channel.driver = &other;
	assert_int_equal(admit(&g, false, "{}", &answer), ADMIT_FORGED);
	wa = kept;
	wa.hmac.keyed = NULL;
	assert_int_equal(admit(&g, false, "{}", &answer), ADMIT_FORGED);
	wa = kept;
	wa.verify_token.len = 0;
	assert_int_equal(admit(&g, false, "{}", &answer), ADMIT_FORGED);
	wa = kept;
	assert_int_equal(admit(&g, false, "{}", &answer), ADMIT_BODY);
	buf_free(&answer);
}

/* Another thread is at it: a copy does the same. */
static void two_at_once_get_the_same(void **state)
{
	uint8_t alone[32], beside[32], again[32];

	(void)state;
	assert_int_equal(whatsapp_hmac(&wa.hmac, "{}", 2, alone, NULL), 0);
	assert_false(atomic_flag_test_and_set(&wa.hmac.spare->busy));
	assert_int_equal(whatsapp_hmac(&wa.hmac, "{}", 2, beside, NULL), 0);
	for (uint64_t n = 1; faults_arm(FAULT_HMAC, n, 0); n++) {
		int rc = whatsapp_hmac(&wa.hmac, "{}", 2, again, NULL);

		faults_off();
		assert_int_equal(rc, faults.struck ? -1 : 0);
	}
	atomic_flag_clear(&wa.hmac.spare->busy);
	assert_int_equal(whatsapp_hmac(&wa.hmac, "{}", 2, again, NULL), 0);
	assert_memory_equal(alone, beside, sizeof(alone));
	assert_memory_equal(alone, again, sizeof(alone));
}

static void an_empty_secret_opens_nothing(void **state)
{
	struct whatsapp_hmac h = {0};
	struct secret empty = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(whatsapp_hmac_open(&h, NULL, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(whatsapp_hmac_open(&h, &empty, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
}

/* OpenSSL without memory: forged, and never a key left behind. */
static void a_check_that_cannot_be_made_fails(void **state)
{
	struct buf answer = BUF_INIT(64);
	struct given g = {.counts = {1}};
	struct secret key = {0};
	char right[72];
	uint64_t n;

	(void)state;
	right_signature("{}", right);
	g.values[0] = right;
	for (n = 1; faults_arm(FAULT_HMAC, n, 0); n++) {
		enum channel_admission got = admit(&g, false, "{}", &answer);

		faults_off();
		assert_int_equal(got,
				 faults.struck ? ADMIT_FORGED : ADMIT_BODY);
	}
	assert_int_equal(n, 3 + 2); /* init, update, final; one beyond */
	assert_int_equal(secret_set(&key, "0123456789abcdef", 16, NULL), 0);
	for (n = 1; faults_arm(FAULT_HMAC, n, 0); n++) {
		struct whatsapp_hmac h = {0};
		struct err err = {0};
		int rc = whatsapp_hmac_open(&h, &key, &err);

		faults_off();
		assert_int_equal(rc, faults.struck ? -1 : 0);
		if (faults.struck) {
			assert_int_equal(err.kind, ERR_NOMEM);
			assert_null(h.mac);
			assert_null(h.keyed);
			assert_null(h.spare);
		}
		whatsapp_hmac_close(&h);
	}
	secret_wipe(&key);
	buf_free(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_body_is_authentic_only_with_its_own_signature),
	    cmocka_unit_test(a_handshake_is_answered_to_who_knows_the_token),
	    cmocka_unit_test(a_parameter_counts_once_and_a_challenge_is_short),
	    cmocka_unit_test(without_secrets_everything_is_forged),
	    cmocka_unit_test(two_at_once_get_the_same),
	    cmocka_unit_test(an_empty_secret_opens_nothing),
	    cmocka_unit_test(a_check_that_cannot_be_made_fails),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
