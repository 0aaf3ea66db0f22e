/* webhook.c - any helpdesk that understands Standard Webhooks 1.0.
 *
 * What the helpdesk answers is a status and nothing else: the body is thrown
 * away, so a hostile answer can touch no message.  Its own calls come through
 * the API with a token of its own.
 *
 * Source: assurance section 6, "Outgoing webhooks"; T17. */
#include "webhook.h"

#include <sodium.h>

#include "postern/text.h"

#define TIMEOUT_MS   20000L
#define ANSWER_BYTES (64u * 1024)

struct webhook {
	struct helpdesk base;
	const struct settings_helpdesk *conf; /* outlives the driver */
	const char *allow[SETTINGS_ALLOW_MAX];
	struct webhook_mac now, previous; /* previous: while rotating */
};

static const struct setting_row rows[] = {
    {.key = "secret",
     .type = SETTING_SECRET,
     .required = true,
     .roles = ROLE_WORKER,
     .made = MADE_RANDOM_WHSEC,
     .len_min = 24,
     .len_max = 94,
     .help = "Key that signs every delivery: whsec_ and base64 of 24 to "
	     "64 bytes, or 24 to 64 bytes as they are."},
    {.key = "previous_secret",
     .type = SETTING_SECRET,
     .required = false,
     .roles = ROLE_WORKER,
     .len_min = 24,
     .len_max = 94,
     .help = "The key before it: while set, every delivery carries both "
	     "signatures."},
};

bool webhook_key(const void *text, size_t text_len,
		 uint8_t ret[WEBHOOK_KEY_MAX], size_t *ret_len)
{
	static const char prefix[] = "whsec_";
	const size_t skip = sizeof(prefix) - 1;
	size_t len = 0;

	if (text_len >= skip && memcmp(text, prefix, skip) == 0) {
		if (!base64_decode((const char *)text + skip, text_len - skip,
				   ret, WEBHOOK_KEY_MAX, &len))
			return false;
	} else if (text_len <= WEBHOOK_KEY_MAX) {
		memcpy(ret, text, text_len);
		len = text_len;
	}
	if (len < WEBHOOK_KEY_MIN)
		return false;
	*ret_len = len;
	return true;
}

static int read_key(const struct secret *secret, struct webhook_mac *ret,
		    struct err *err)
{
	uint8_t bytes[WEBHOOK_KEY_MAX];
	size_t len = 0;
	int rc = -1;

	if (secret == NULL || secret->len == 0)
		return 0;
	if (!webhook_key(secret->bytes, secret->len, bytes, &len))
		(void)ERR_SET(err, ERR_INPUT,
			      "a helpdesk secret is not whsec_ and base64 of "
			      "24 to 64 bytes, nor 24 to 64 bytes",
			      0);
	else
		rc = webhook_mac_open(ret, bytes, len, err);
	sodium_memzero(bytes, sizeof(bytes));
	return rc;
}

static void webhook_close(struct helpdesk **hd)
{
	struct webhook *wh = (struct webhook *)*hd;

	*hd = NULL;
	if (wh == NULL)
		return;
	webhook_mac_close(&wh->now);
	webhook_mac_close(&wh->previous);
	free(wh);
}

static int webhook_open(const struct settings_helpdesk *conf,
			enum settings_role role, struct helpdesk **ret,
			struct err *err)
{
	struct webhook *wh = calloc(1, sizeof(*wh));
	struct helpdesk *hd;

	if (wh == NULL)
		return ERR_SET(err, ERR_NOMEM, "out of memory", 0);
	hd = &wh->base;
	wh->base.driver = &helpdesk_webhook;
	wh->base.name = conf->name;
	wh->conf = conf;
	for (size_t i = 0; i < conf->allow_len; i++)
		wh->allow[i] = conf->allow[i];
	if (read_key(setting_secret(conf->values, conf->values_len, "secret"),
		     &wh->now, err) != 0 ||
	    read_key(setting_secret(conf->values, conf->values_len,
				    "previous_secret"),
		     &wh->previous, err) != 0) {
		webhook_close(&hd);
		return -1;
	}
	/* Never unsigned. */
	if (role == ROLE_WORKER && wh->now.keyed == NULL) {
		webhook_close(&hd);
		return ERR_SET(err, ERR_INPUT, "a helpdesk without a secret",
			       0);
	}
	*ret = hd;
	return 0;
}

static int add_signature(const struct webhook *wh,
			 const struct helpdesk_note *note,
			 struct http_call *call, struct err *err)
{
	char timestamp[24], both[2 * WEBHOOK_SIGNATURE_BYTES];

	(void)snprintf(timestamp, sizeof(timestamp), "%lld",
		       (long long)(note->now_ms / 1000));
	if (webhook_sign(&wh->now, note->delivery, timestamp, call->body.bytes,
			 call->body.len, both, err) != 0)
		return -1;
	if (wh->previous.keyed != NULL) {
		both[WEBHOOK_SIGNATURE_BYTES - 1] = ' ';
		if (webhook_sign(&wh->previous, note->delivery, timestamp,
				 call->body.bytes, call->body.len,
				 both + WEBHOOK_SIGNATURE_BYTES, err) != 0)
			return -1;
	}
	if (http_call_header(call, "webhook-id", note->delivery, err) != 0 ||
	    http_call_header(call, "webhook-timestamp", timestamp, err) != 0)
		return -1;
	return http_call_header(call, "webhook-signature", both, err);
}

/* The answer's body is of no interest. */
static int ignore(void *ctx, const uint8_t *bytes, size_t len)
{
	(void)ctx;
	(void)bytes;
	(void)len;
	return 0;
}

static int webhook_request(const struct helpdesk *hd,
			   const struct helpdesk_note *note,
			   struct http_call *ret, struct err *err)
{
	const struct webhook *wh = (const struct webhook *)hd;
	struct http_call call = {.method = "POST"};

	if (wh->now.keyed == NULL)
		return ERR_SET(err, ERR_INPUT, "a helpdesk without a secret",
			       0);
	call.body = BUF_INIT(WEBHOOK_BODY_MAX);
	call.timeout_ms = TIMEOUT_MS;
	call.answer_max = ANSWER_BYTES;
	call.sink = ignore;
	call.allow = wh->allow;
	call.allow_len = wh->conf->allow_len;
	call.http_allowed = true; /* towards listed targets */
	call.repeatable = true;	  /* webhook-id */
	if (http_call_set(&call.url, wh->conf->url, err) != 0 ||
	    webhook_body(note, &call.body, err) != 0 ||
	    http_call_header(&call, "Content-Type", "application/json", err) !=
		0 ||
	    add_signature(wh, note, &call, err) != 0) {
		http_call_free(&call);
		return -1;
	}
	*ret = call;
	return 0;
}

static void judge_status(long status, struct helpdesk_outcome *ret)
{
	ret->verdict = HELPDESK_RETRY;
	if (status >= 200 && status < 300) {
		ret->verdict = HELPDESK_TAKEN;
		ret->reason = "taken";
	} else if (status == 410) {
		ret->verdict = HELPDESK_GONE;
		ret->reason = "status.410";
	} else if (status == 429) {
		ret->verdict = HELPDESK_SLOW;
		ret->reason = "status.429";
	} else if (status == 502 || status == 504) {
		ret->verdict = HELPDESK_SLOW;
		ret->reason = "status.5xx";
	} else if (status >= 500) {
		ret->reason = "status.5xx";
	} else if (status >= 400) {
		ret->reason = "status.4xx";
	} else {
		ret->reason = "status.3xx"; /* a redirect is a failure */
	}
}

static void webhook_answer(const struct helpdesk *hd,
			   const struct http_reply *reply,
			   struct helpdesk_outcome *ret)
{
	static const char *const fates[] = {
	    [HTTP_ANSWERED] = "answered",     [HTTP_REFUSED] = "target.refused",
	    [HTTP_NOT_SENT] = "unreachable",  [HTTP_CUT] = "cut",
	    [HTTP_TOO_LARGE] = "answer.size", [HTTP_ABORTED] = "aborted",
	};

	(void)hd;
	*ret = (struct helpdesk_outcome){
	    .verdict = HELPDESK_RETRY,
	    .unreachable = reply->fate == HTTP_NOT_SENT,
	    .wait_ms = reply->retry_after_ms,
	    .reason = fates[reply->fate],
	};
	/* The status line counts, also when the rest of the answer was too
	 * long or cut: sending it all again would be wrong for ever. */
	if (reply->fate == HTTP_ANSWERED ||
	    (reply->status >= 200 && reply->status < 300))
		judge_status(reply->status, ret);
}

const struct helpdesk_driver helpdesk_webhook = {
    .name = "webhook",
    .rows = rows,
    .rows_len = sizeof(rows) / sizeof(rows[0]),
    .open = webhook_open,
    .request = webhook_request,
    .answer = webhook_answer,
    .close = webhook_close,
};
