/* fuzz_drp.c - what representatives send: a directory, a body, and behind a
 * good signature any JSON. */
#include <sodium.h>

#include "fuzz_house.h"
#include "postern/drp.h"
#include "postern/jsonmem.h"
#include "postern/text.h"

static struct drp_agent agent;
static uint8_t secret[crypto_sign_SECRETKEYBYTES];
static struct drp_agents agents;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const uint8_t seed[crypto_sign_SEEDBYTES] = {7};

	(void)argc;
	(void)argv;
	MUST(sodium_init() >= 0);
	MUST(crypto_sign_seed_keypair(agent.key, secret, seed) == 0);
	(void)snprintf(agent.id, sizeof(agent.id), "AGENTUR");
	return 0;
}

static void check(const void *body, size_t len, bool is_signed)
{
	const struct drp_trust trust = {.agent = &agent,
					.business = "BEISPIEL_GMBH",
					.now_ms = INT64_C(1796115900000),
					.reason_alone = len % 2 == 0};
	enum drp_verdict verdict;
	struct drp_request rq;
	json_t *said = NULL;

	MUST(drp_open(body, len, &trust, &verdict, &said, NULL) == 0);
	MUST((said != NULL) == (verdict == DRP_GOOD));
	MUST(is_signed || verdict == DRP_ENCODING || verdict == DRP_SIGNATURE);
	if (said != NULL && drp_request_read(said, &rq) == NULL)
		MUST(rq.email != NULL || rq.phone != NULL);
	json_decref(said);
}

static void signed_body(const struct feed *f)
{
	size_t len = f->left < 8192 ? f->left : 8192;
	uint8_t *raw = malloc(len + crypto_sign_BYTES);
	unsigned long long raw_len = 0;
	char *text;

	MUST(raw != NULL);
	MUST(crypto_sign(raw, &raw_len, f->at, len, secret) == 0);
	text = malloc(BASE64_LEN(raw_len) + 1);
	MUST(text != NULL);
	base64_encode(raw, (size_t)raw_len, text);
	check(text, strlen(text), true);
	free(text);
	free(raw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = {.at = data, .left = size};

	switch (feed_byte(&f) % 3) {
	case 0:
		check(f.at, f.left, false);
		break;
	case 1:
		if (drp_agents_read(f.at, f.left, &agents, NULL) != 0)
			MUST(agents.len == 0);
		break;
	default:
		signed_body(&f);
	}
	return 0;
}
