/* drp_envelope.c - signed bodies: base64(signature || JSON), as libsodium's
 * combined mode makes them.
 *
 * The order of the checks is the protocol's: nothing is parsed before its
 * signature holds.  Source: Data Rights Protocol 1.0, 3.07. */
#include "postern/drp.h"

#include <sodium.h>
#include <string.h>

#include "postern/buf.h"
#include "postern/caldate.h"
#include "postern/jsonmem.h"
#include "postern/text.h"

#define BODY_MAX (64u * 1024)

const char *drp_verdict_name(enum drp_verdict verdict)
{
	static const char *const names[] = {
	    [DRP_GOOD] = "accept",	   [DRP_ENCODING] = "encoding",
	    [DRP_SIGNATURE] = "signature", [DRP_BODY] = "body",
	    [DRP_AGENT] = "agent-id",	   [DRP_BUSINESS] = "business-id",
	    [DRP_EARLY] = "issued-at",	   [DRP_EXPIRED] = "expired",
	};

	return names[verdict];
}

static bool text_is(const json_t *doc, const char *key, const char *wanted)
{
	const json_t *v = json_object_get(doc, key);

	return json_is_string(v) && json_string_length(v) == strlen(wanted) &&
	       memcmp(json_string_value(v), wanted, strlen(wanted)) == 0;
}

static bool time_of(const json_t *doc, const char *key, int64_t *ret_ms)
{
	const char *text = json_string_value(json_object_get(doc, key));

	return text != NULL && instant_parse(text, ret_ms);
}

/* Nothing but perhaps "reason": what makes a claim is held to all of them.
 * Source: Data Rights Protocol 1.0, 2.04. */
static bool is_reason(const json_t *doc)
{
	const json_t *reason = json_object_get(doc, "reason");

	return json_object_size(doc) == (reason != NULL ? 1u : 0u) &&
	       (reason == NULL || json_is_null(reason) ||
		json_is_string(reason));
}

static enum drp_verdict check_claims(const json_t *doc,
				     const struct drp_trust *trust)
{
	int64_t issued_ms, expires_ms;

	if (trust->reason_alone && is_reason(doc))
		return DRP_GOOD;
	if (!text_is(doc, "agent-id", trust->agent->id))
		return DRP_AGENT;
	if (!text_is(doc, "business-id", trust->business))
		return DRP_BUSINESS;
	if (!time_of(doc, "issued-at", &issued_ms) ||
	    !time_of(doc, "expires-at", &expires_ms))
		return DRP_BODY;
	if (trust->now_ms < issued_ms)
		return DRP_EARLY;
	if (trust->now_ms >= expires_ms ||
	    expires_ms - issued_ms > DRP_WINDOW_MS)
		return DRP_EXPIRED;
	return text_is(doc, "drp.version", DRP_VERSION) ? DRP_GOOD : DRP_BODY;
}

/* A line's end behind the text is no part of it. */
static size_t trimmed(const char *text, size_t len)
{
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	return len;
}

static int open_signed(const struct buf *raw, const struct drp_trust *trust,
		       enum drp_verdict *ret_verdict, json_t **ret,
		       struct err *err)
{
	const uint8_t *text = raw->bytes + crypto_sign_BYTES;
	size_t text_len = raw->len - crypto_sign_BYTES;
	bool is_short = false;
	json_t *doc;

	if (crypto_sign_verify_detached(raw->bytes, text, text_len,
					trust->agent->key) != 0) {
		*ret_verdict = DRP_SIGNATURE;
		return 0;
	}
	doc = jsonmem_load(text, text_len, JSON_REJECT_DUPLICATES, &is_short);
	if (is_short)
		return ERR_SET(err, ERR_NOMEM, "signed body", 0);
	*ret_verdict =
	    json_is_object(doc) ? check_claims(doc, trust) : DRP_BODY;
	if (*ret_verdict == DRP_GOOD)
		*ret = doc;
	else
		json_decref(doc);
	return 0;
}

int drp_open(const void *body, size_t len, const struct drp_trust *trust,
	     enum drp_verdict *ret_verdict, json_t **ret, struct err *err)
{
	struct buf raw = BUF_INIT(BODY_MAX);
	int rc = 0;

	*ret_verdict = DRP_ENCODING;
	len = trimmed(body, len);
	if (len == 0 || len > BODY_MAX)
		return 0;
	if (buf_reserve(&raw, len, err) != 0)
		return -1;
	if (base64_decode(body, len, raw.bytes, raw.size, &raw.len) &&
	    raw.len >= crypto_sign_BYTES)
		rc = open_signed(&raw, trust, ret_verdict, ret, err);
	buf_free(&raw);
	return rc;
}
