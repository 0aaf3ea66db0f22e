/* metadeletion.c - somebody removed an app at their social network and wants
 * their data deleted; the network passes it on.
 *
 *   POST /privacy/meta/<path of the channel>    signed_request=...
 *
 * The network vouches for its user: the request is proved.  What it gets back
 * is the address of the status page, which shows what a law kept, too.
 * Source: compliance 5.4. */
#include "leaf.h"

#include <sodium.h>

#include "postern/jsonmem.h"
#include "postern/log.h"
#include "rights/rights.h"
#include "signedrequest.h"

#define PATTERN "/privacy/meta/{}"
#define URL_MAX 700

/* All paths are compared, and each as a whole. */
static const struct settings_channel *channel_at(const struct worker *w,
						 const char *path)
{
	const struct settings_channel *found = NULL;
	size_t len = strlen(path);

	for (size_t i = 0; i < w->settings->channels_len; i++) {
		const struct settings_channel *c = &w->settings->channels[i];

		if (strlen(c->path) == len &&
		    sodium_memcmp(c->path, path, len) == 0)
			found = c;
	}
	return found;
}

static const struct secret *secret_of(const struct settings_channel *c,
				      const struct channel_driver **ret)
{
	const struct channel_driver *d =
	    c != NULL ? channel_find(c->type) : NULL;

	if (d == NULL || d->deletion_secret == NULL)
		return NULL;
	*ret = d;
	return setting_secret(c->values, c->values_len, d->deletion_secret);
}

/* Where people reach this gateway: as the settings say, else as it was
 * reached. */
static int url_of(const struct worker *w, const struct public_request *rq,
		  const char *path, char ret[URL_MAX], struct err *err)
{
	const char *base = w->settings->portal.url;
	int n;

	if (base[0] != '\0')
		n = snprintf(ret, URL_MAX, "%s%s", base, path);
	else
		n = snprintf(ret, URL_MAX, "https://%s%s",
			     rq->header[PUBLIC_HOST], path);
	return n > 0 && n < URL_MAX
		   ? 0
		   : ERR_SET(err, ERR_INPUT, "an address is too long", 0);
}

static int answer(struct worker *w, const struct public_request *rq,
		  const struct rights_opened *opened, struct public_answer *ret,
		  struct err *err)
{
	char url[URL_MAX];
	struct id_text number;
	json_t *body;
	int rc;

	if (url_of(w, rq, opened->status_link, url, err) != 0)
		return -1;
	id_format(&w->mask, ID_REQUEST, opened->id, &number);
	/* Letters and digits only: without the prefix. */
	body = json_pack("{s:s, s:s}", "url", url, "confirmation_code",
			 strchr(number.text, '_') + 1);
	rc = jsonmem_print(body, JSON_COMPACT, &ret->body, err);
	json_decref(body);
	ret->status = 200;
	ret->type = "application/json";
	return rc;
}

static int open(struct worker *w, const struct public_request *rq,
		const struct settings_channel *c, const char *kind,
		const char *user, struct public_answer *ret, struct err *err)
{
	const struct rights_ask ask = {
	    .type = RIGHTS_ERASURE,
	    .via = RIGHTS_META,
	    .identifiers = {{kind, user}},
	    .identifiers_len = 1,
	    .channel = &c->name,
	    .received_ms = rq->at_ms,
	    .proved = true,
	};
	struct rights_opened opened;

	if (rights_open(w, &ask, &opened, err) != 0)
		return -1;
	return answer(w, rq, &opened, ret, err);
}

/* The user, or false with the refusal in ret. */
static bool admit(const struct public_request *rq, const struct secret *secret,
		  char ret_user[SIGNEDREQUEST_USER_MAX + 1],
		  struct public_answer *ret, int *ret_rc, struct err *err)
{
	struct form form = FORM_INIT;
	struct err e = {0};
	bool good = false;
	int rc = 0;

	if (!form_typed(rq->header[PUBLIC_TYPE]))
		rc = public_problem(ret, 415, 0);
	else if (form_read(rq->body, rq->body_len, &form, &e) != 0 &&
		 e.kind == ERR_INPUT)
		rc = public_problem(ret, 400, 0);
	else if (e.kind == ERR_NONE &&
		 signedrequest_read(form_get(&form, "signed_request"),
				    secret->bytes, secret->len, ret_user,
				    &e) == 0)
		good = true;
	else if (e.kind == ERR_DENIED || e.kind == ERR_INPUT)
		/* Which of the two, only who can sign needs to know. */
		rc = public_problem(ret, e.kind == ERR_DENIED ? 401 : 400, 0);
	else
		rc = -1;
	form_free(&form);
	if (rc != 0)
		*err = e;
	*ret_rc = rc;
	return good;
}

int public_meta_post(struct worker *w, const struct public_request *rq,
		     struct public_answer *ret, struct err *err)
{
	char path[PUBLIC_PATH_MAX + 1], user[SIGNEDREQUEST_USER_MAX + 1];
	const struct channel_driver *driver = NULL;
	const struct settings_channel *c;
	const struct secret *secret;
	int rc = 0;

	if (!public_part(PATTERN, rq->path, path))
		return public_problem(ret, 404, 0);
	c = channel_at(w, path);
	secret = secret_of(c, &driver);
	if (secret == NULL)
		return public_problem(ret, 404, 0);
	if (admit(rq, secret, user, ret, &rc, err))
		rc = open(w, rq, c, driver->deletion_kind, user, ret, err);
	else
		LOG(LOG_LEVEL_WARN, "public.deletion_refused",
		    LOG_NAME("channel", &c->name));
	sodium_memzero(user, sizeof(user));
	return rc;
}
