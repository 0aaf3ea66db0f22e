/* consent_unsubscribe.c - the address with which one person ends advertising
 * on one channel, for those who send it. */
#include "conversation.h"
#include "postern/unsubscribe.h"
#include "problem.h"
#include "route.h"

#include <sodium.h>

#define URL_BYTES 560

static void make_url(struct worker *w, const struct secret *secret,
		     const struct conversation *cnv, char ret[URL_BYTES])
{
	struct unsubscribe of = {.channel = cnv->channel};
	char token[UNSUBSCRIBE_TOKEN_BYTES];
	uint8_t key[UNSUBSCRIBE_KEY_BYTES];
	struct id_text person;

	id_format(&w->mask, ID_PERSON, cnv->person, &person);
	/* "per_" and what a token has. */
	(void)snprintf(of.person, sizeof(of.person), "%s", person.text + 4);
	unsubscribe_key(secret->bytes, secret->len, key);
	unsubscribe_token(key, &of, token);
	sodium_memzero(key, sizeof(key));
	(void)snprintf(ret, URL_BYTES, "%s" UNSUBSCRIBE_PATH "%s",
		       w->settings->unsubscribe.url, token);
}

int api_consent_unsubscribe(struct worker *w, struct job *job, struct err *err)
{
	const struct settings *s = w->settings;
	const struct secret *secret = setting_secret(
	    s->unsubscribe.values, s->unsubscribe.values_len, "secret");
	char url[URL_BYTES], header[URL_BYTES + 2];
	struct conversation cnv;

	if (conversation_load(w, job, job->id, &cnv, err) != 0)
		return -1;
	if (secret == NULL)
		return job_refuse(job, &problem_conflict,
				  "the settings have no unsubscribe section");
	make_url(w, secret, &cnv, url);
	(void)snprintf(header, sizeof(header), "<%s>", url);
	return job_json(job, 200,
			json_pack("{s:s, s:{s:s, s:s}}", "url", url, "headers",
				  "List-Unsubscribe", header,
				  "List-Unsubscribe-Post", UNSUBSCRIBE_POST),
			err);
}
