/* fuzz_admit.c - any headers, query parameters and body at the door of the
 * driver, which knows the secrets.  Properties: without the right signature
 * nothing is authentic, with it everything but an empty body is; a challenge
 * is repeated only to who knows the token, and only if it is harmless. */
#include <sodium.h>

#include "channel/whatsapp.h"
#include "fuzz_house.h"
#include "postern/text.h"

#define TOKEN "luchs-42-luchs-42"

static struct whatsapp wa;

struct given {
	char *signature, *mode, *token, *challenge;
	uint8_t counts[4];
	char right[72];
};

static void close_all(void)
{
	whatsapp_hmac_close(&wa.hmac);
	secret_wipe(&wa.verify_token);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct secret key = {0};

	(void)argc;
	(void)argv;
	MUST(sodium_init() >= 0);
	wa.channel.driver = &whatsapp_driver;
	MUST(secret_set(&key, "0123456789abcdef", 16, NULL) == 0);
	MUST(whatsapp_hmac_open(&wa.hmac, &key, NULL) == 0);
	MUST(secret_set(&wa.verify_token, TOKEN, strlen(TOKEN), NULL) == 0);
	secret_wipe(&key);
	MUST(atexit(close_all) == 0);
	return 0;
}

static const char *give(const char *text, uint8_t count, size_t *ret_len,
			unsigned int *ret_count)
{
	*ret_count = count & 3;
	*ret_len = strlen(text);
	return *ret_count == 0 ? NULL : text;
}

static const char *header(void *ctx, const char *name, size_t *ret_len,
			  unsigned int *ret_count)
{
	struct given *g = ctx;

	MUST(strcmp(name, WHATSAPP_SIGNATURE) == 0);
	return give(g->signature, g->counts[0], ret_len, ret_count);
}

static const char *query(void *ctx, const char *name, size_t *ret_len,
			 unsigned int *ret_count)
{
	struct given *g = ctx;

	if (strcmp(name, "hub.mode") == 0)
		return give(g->mode, g->counts[1], ret_len, ret_count);
	if (strcmp(name, "hub.verify_token") == 0)
		return give(g->token, g->counts[2], ret_len, ret_count);
	MUST(strcmp(name, "hub.challenge") == 0);
	return give(g->challenge, g->counts[3], ret_len, ret_count);
}

static void check_post(const struct given *g, size_t body_len,
		       enum channel_admission got)
{
	bool right = (g->counts[0] & 3) == 1 &&
		     strncmp(g->signature, g->right, 7) == 0 &&
		     strcasecmp(g->signature, g->right) == 0;

	if (!right)
		MUST(got == ADMIT_FORGED);
	else
		MUST(got == (body_len == 0 ? ADMIT_MALFORMED : ADMIT_BODY));
}

static void check_get(const struct given *g, const struct buf *answer,
		      enum channel_admission got)
{
	MUST(got != ADMIT_BODY);
	MUST((got == ADMIT_ANSWER) == (answer->len > 0));
	if (got != ADMIT_FORGED)
		MUST((g->counts[1] & 3) == 1 && (g->counts[2] & 3) == 1 &&
		     strcmp(g->mode, "subscribe") == 0 &&
		     strcmp(g->token, TOKEN) == 0);
	if (got == ADMIT_ANSWER)
		MUST(answer->len == strlen(g->challenge) &&
		     strpbrk(g->challenge, "<>&\"' \r\n") == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = {data, size};
	uint8_t choice = feed_byte(&f), mac[32];
	struct buf answer = BUF_INIT(1024);
	struct given g = {.right = "sha256="};
	struct channel_request rq = {
	    .get = choice & 1, .header = header, .query = query, .ctx = &g};
	enum channel_admission got;

	for (size_t i = 0; i < 4; i++)
		g.counts[i] = choice & 2 ? 1 : feed_byte(&f);
	g.signature = feed_text(&f, 80);
	g.mode = feed_text(&f, 40);
	g.token = feed_text(&f, 40);
	g.challenge = feed_text(&f, 255);
	rq.body = f.left > 0 ? f.at : NULL;
	rq.body_len = f.left;
	MUST(whatsapp_hmac(&wa.hmac, f.left > 0 ? (const void *)f.at : "",
			   f.left, mac, NULL) == 0);
	hex_encode(mac, sizeof(mac), g.right + 7);
	if (choice & 4) {
		free(g.signature);
		g.signature = strdup(g.right);
		MUST(g.signature != NULL);
		if (choice & 8)
			g.signature[choice % 71] ^= 1;
	}
	got = whatsapp_admit(&wa.channel, &rq, &answer);
	if (rq.get)
		check_get(&g, &answer, got);
	else
		check_post(&g, rq.body_len, got);
	buf_free(&answer);
	free(g.signature);
	free(g.mode);
	free(g.token);
	free(g.challenge);
	return 0;
}
