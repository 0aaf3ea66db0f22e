/* oneclick.c - addresses that end advertising: who opens one sees a button,
 * who posts to it is unsubscribed.
 *
 * A GET changes nothing: mail programs and scanners open what they find.  An
 * address that is none of ours gets the same answers, and nothing is kept.
 *
 * Source: RFC 8058; compliance 9, W7. */
#include "intake/inside.h"

#include <stdio.h>
#include <string.h>

#include "postern/text.h"

#define PAGE_MAX   8192
#define POLICY_MAX 256
#define WHO_MAX	   (6 * 201)

static const char style[] =
    "body{margin:3rem auto;padding:0 1rem;max-width:34rem;font:1.05rem/1.5 "
    "system-ui,sans-serif;color:#1b1f24}h1{font-size:1.4rem}button{font:"
    "inherit;padding:.6rem 1.2rem;border:0;border-radius:4px;background:"
    "#1f4e79;color:#fff;cursor:pointer}.who{color:#4a5661}";
static const char ask[] =
    "<h1>Keine Werbung mehr?</h1><p>Mit dem Knopf widerrufen Sie Ihre "
    "Einwilligung in Werbung auf diesem Weg. Antworten auf Ihre Anfragen "
    "bekommen Sie weiter.</p><h1 lang=\"en\">No more advertising?</h1>"
    "<p lang=\"en\">The button withdraws your consent to advertising on this "
    "channel. You still get answers to your questions.</p>"
    "<form method=\"post\"><input type=\"hidden\" name=\"List-Unsubscribe\" "
    "value=\"One-Click\"/><button>Abmelden &#183; Unsubscribe</button></form>";
static const char done[] =
    "<h1>Sie sind abgemeldet.</h1><p>Sie bekommen auf diesem Weg keine "
    "Werbung mehr.</p><h1 lang=\"en\">You are unsubscribed.</h1>"
    "<p lang=\"en\">You will get no more advertising on this channel.</p>";

/* --- pages ---------------------------------------------------------------- */

static void escape(const char *text, char *ret, size_t size)
{
	size_t len = 0;

	for (; *text != '\0' && len + 6 < size; text++) {
		const char *as = *text == '&'	? "&amp;"
				 : *text == '<' ? "&lt;"
				 : *text == '>' ? "&gt;"
						: NULL;
		int n = as != NULL
			    ? snprintf(ret + len, size - len, "%s", as)
			    : snprintf(ret + len, size - len, "%c", *text);

		len += n > 0 ? (size_t)n : 0;
	}
	ret[len] = '\0';
}

/* The page may show its one style and send its one form. */
static void policy_text(char ret[POLICY_MAX])
{
	uint8_t hash[crypto_hash_sha256_BYTES];
	char text[BASE64_LEN(sizeof(hash)) + 1];

	(void)crypto_hash_sha256(hash, (const uint8_t *)style,
				 sizeof(style) - 1);
	base64_encode(hash, sizeof(hash), text);
	(void)snprintf(ret, POLICY_MAX,
		       "default-src 'none'; style-src 'sha256-%s'; "
		       "form-action 'self'; base-uri 'none'; "
		       "frame-ancestors 'none'",
		       text);
}

static struct MHD_Response *page_make(const struct intake *in, const char *what)
{
	char page[PAGE_MAX], who[WHO_MAX], policy[POLICY_MAX];
	struct MHD_Response *r;
	int len;

	escape(in->conf->settings->controller.name, who, sizeof(who));
	len = snprintf(page, sizeof(page),
		       "<!DOCTYPE html>\n<html lang=\"de\"><head><meta "
		       "charset=\"utf-8\"/><meta name=\"viewport\" "
		       "content=\"width=device-width, initial-scale=1\"/>"
		       "<meta name=\"robots\" content=\"noindex\"/><title>"
		       "%s</title><style>%s</style></head><body>%s"
		       "<p class=\"who\">%s</p></body></html>\n",
		       who, style, what, who);
	if (len < 0 || (size_t)len >= sizeof(page))
		return NULL;
	policy_text(policy);
	r = MHD_create_response_from_buffer((size_t)len, page,
					    MHD_RESPMEM_MUST_COPY);
	if (r != NULL && (reply_headers(r, "text/html; charset=utf-8") != 0 ||
			  MHD_add_response_header(r, "Content-Security-Policy",
						  policy) != MHD_YES ||
			  MHD_add_response_header(r, "Referrer-Policy",
						  "no-referrer") != MHD_YES)) {
		MHD_destroy_response(r);
		return NULL;
	}
	return r;
}

/* --- the door ------------------------------------------------------------- */

int oneclick_open(struct intake *in, struct err *err)
{
	const struct settings *s = in->conf->settings;
	const struct secret *secret = setting_secret(
	    s->unsubscribe.values, s->unsubscribe.values_len, "secret");

	if (secret == NULL)
		return 0; /* there are no such addresses */
	unsubscribe_key(secret->bytes, secret->len, in->oneclick.key);
	in->oneclick.door.body_max = UNSUBSCRIBE_BODY_MAX;
	in->oneclick.ask = page_make(in, ask);
	in->oneclick.done = page_make(in, done);
	if (in->oneclick.ask == NULL || in->oneclick.done == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for pages", 0);
	in->oneclick.opened = true;
	return 0;
}

void oneclick_close(struct intake *in)
{
	if (in->oneclick.ask != NULL)
		MHD_destroy_response(in->oneclick.ask);
	if (in->oneclick.done != NULL)
		MHD_destroy_response(in->oneclick.done);
	sodium_memzero(&in->oneclick, sizeof(in->oneclick));
}

const struct door *oneclick_find(const struct intake *in, const char *url,
				 struct unsubscribe *ret)
{
	static const char path[] = UNSUBSCRIBE_PATH;
	size_t len;

	*ret = (struct unsubscribe){0};
	if (!in->oneclick.opened || strncmp(url, path, sizeof(path) - 1) != 0)
		return NULL;
	url += sizeof(path) - 1;
	len = strlen(url);
	if (len == 0 || strchr(url, '/') != NULL)
		return NULL;
	/* Of a channel that is gone there is nothing left to stop. */
	if (!unsubscribe_read(in->oneclick.key, url, len, ret) ||
	    settings_channel(in->conf->settings, &ret->channel) == NULL)
		*ret = (struct unsubscribe){0};
	return &in->oneclick.door;
}

bool oneclick_known(const struct visitor *v)
{
	return v->click.person[0] != '\0';
}

bool oneclick_is(const struct intake *in, const struct visitor *v)
{
	return v->door == &in->oneclick.door;
}

bool oneclick_means_it(const struct visitor *v)
{
	return v->body.bytes != NULL &&
	       unsubscribe_clicked(v->body.bytes, v->body.len);
}

/* What is kept is the token, not what a browser says beside it. */
int oneclick_take(struct intake *in, struct visitor *v, struct err *err)
{
	char token[UNSUBSCRIBE_TOKEN_BYTES];

	unsubscribe_token(in->oneclick.key, &v->click, token);
	buf_clear(&v->body);
	return buf_append_text(&v->body, token, err);
}
