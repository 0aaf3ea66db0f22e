/* test_webhook.c - what a helpdesk gets, read the way a helpdesk would.
 *
 * Proves: assurance section 6, "Outgoing webhooks"; the row "Chatwoot issue
 * 13809" of section 3 (the signature fits the secret as configured). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include "helpdesk/webhook.h"

#define RAW_SECRET "0123456789abcdefghijklmn"
/* base64 of the same 24 bytes */
#define TEXT_SECRET "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1u"
#define OLD_SECRET  "a-raw-text-of-thirty-two-bytes-x"

struct fixture {
	struct settings_helpdesk conf;
	struct helpdesk *hd;
};

static void put_secret(struct settings_helpdesk *conf, const char *key,
		       const char *text)
{
	struct setting_value *v = &conf->values[conf->values_len++];

	v->key = key;
	v->secret.bytes = (uint8_t *)(uintptr_t)text;
	v->secret.len = strlen(text);
}

static int try_open(struct fixture *f, const char *secret, const char *previous)
{
	struct err err;

	memset(f, 0, sizeof(*f));
	assert_true(name_set(&f->conf.name, "desk", 4));
	(void)snprintf(f->conf.url, sizeof(f->conf.url),
		       "http://127.0.0.1:9000/inbox");
	(void)snprintf(f->conf.allow[0], sizeof(f->conf.allow[0]),
		       "127.0.0.1:9000");
	f->conf.allow_len = 1;
	if (secret != NULL)
		put_secret(&f->conf, "secret", secret);
	if (previous != NULL)
		put_secret(&f->conf, "previous_secret", previous);
	return helpdesk_find("webhook")->open(&f->conf, ROLE_WORKER, &f->hd,
					      &err);
}

static const struct helpdesk_attachment attachments[] = {
    {.id = "att_1", .name = "foto.jpg", .type = "image/jpeg", .bytes = 48213},
    {.id = "att_2", .bytes = -1, .failed = "expired"},
};

static const char *const redacted[] = {"iban"};

static struct helpdesk_note a_note(void)
{
	return (struct helpdesk_note){
	    .type = "message.received",
	    .delivery = "dlv_x",
	    .now_ms = 1790000000500,
	    .at_ms = 1795284000000,
	    .conversation = "cnv_1",
	    .message = "msg_1",
	    .channel = "kundenservice",
	    .via = "whatsapp",
	    .person = "per_1",
	    .alias = "Kunde K7QF-29XM",
	    .text = "Hallo \"Welt\"",
	    .kind = "text",
	    .attachments = attachments,
	    .attachments_len = 1,
	    .redacted = redacted,
	    .redacted_len = 1,
	    .window_ends_ms = 1795370400000,
	};
}

static const char *header_of(const struct http_call *call, const char *name)
{
	for (size_t i = 0; i < call->headers_len; i++)
		if (strcmp(call->headers[i].name, name) == 0)
			return call->headers[i].value;
	return NULL;
}

/* A receiver written from the specification, with other libraries. */
static bool receiver_accepts(const struct http_call *call, const void *key,
			     size_t key_len)
{
	const char *id = header_of(call, "webhook-id");
	const char *stamp = header_of(call, "webhook-timestamp");
	const char *signatures = header_of(call, "webhook-signature");
	size_t len = strlen(id) + strlen(stamp) + 2 + call->body.len;
	unsigned char mac[EVP_MAX_MD_SIZE], text[128];
	unsigned int mac_len = 0;
	char *signed_text = malloc(len + 1), token[160];

	assert_non_null(signed_text);
	(void)snprintf(signed_text, len + 1, "%s.%s.", id, stamp);
	memcpy(signed_text + strlen(signed_text), call->body.bytes,
	       call->body.len);
	assert_non_null(HMAC(EVP_sha256(), key, (int)key_len,
			     (unsigned char *)signed_text, len, mac, &mac_len));
	free(signed_text);
	(void)EVP_EncodeBlock(text, mac, (int)mac_len);
	(void)snprintf(token, sizeof(token), "v1,%s", (char *)text);
	for (const char *at = signatures; at != NULL; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (strncmp(at, token, strlen(token)) == 0)
			return true;
	}
	return false;
}

static void the_signature_fits_the_secret_as_in_the_file(void **state)
{
	static const char *const files[] = {TEXT_SECRET, RAW_SECRET};
	struct helpdesk_note note = a_note();
	struct http_call call;
	struct fixture f;
	struct err err;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(try_open(&f, files[i], NULL), 0);
		assert_int_equal(
		    f.hd->driver->request(f.hd, &note, &call, &err), 0);
		assert_string_equal(header_of(&call, "webhook-id"), "dlv_x");
		assert_null(strchr(header_of(&call, "webhook-id"), '.'));
		assert_string_equal(header_of(&call, "webhook-timestamp"),
				    "1790000000");
		assert_string_equal(header_of(&call, "Content-Type"),
				    "application/json");
		assert_true(receiver_accepts(&call, RAW_SECRET, 24));
		assert_false(
		    receiver_accepts(&call, OLD_SECRET, strlen(OLD_SECRET)));
		call.body.bytes[5] ^= 1;
		assert_false(receiver_accepts(&call, RAW_SECRET, 24));
		assert_int_equal(call.allow_len, 1);
		http_call_free(&call);
		f.hd->driver->close(&f.hd);
		assert_null(f.hd);
	}
}

static void rotation_signs_with_both_secrets(void **state)
{
	struct helpdesk_note note = a_note();
	struct http_call call;
	struct fixture f;
	struct err err;

	(void)state;
	assert_int_equal(try_open(&f, TEXT_SECRET, OLD_SECRET), 0);
	assert_int_equal(f.hd->driver->request(f.hd, &note, &call, &err), 0);
	assert_true(receiver_accepts(&call, RAW_SECRET, 24));
	assert_true(receiver_accepts(&call, OLD_SECRET, strlen(OLD_SECRET)));
	http_call_free(&call);
	f.hd->driver->close(&f.hd);
}

static void a_helpdesk_without_a_good_secret_does_not_open(void **state)
{
	static const char *const bad[] = {
	    NULL,
	    "",
	    "too short",
	    "whsec_",
	    "whsec_MDEyMzQ1Njc4OWFiY2Rl",
	    "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1",
	    "whsec_!!!!Mzs1Njc4OWFiY2RlZmdoaWprbG1u",
	    "0123456789012345678901234567890123456789012345678901234567890"
	    "12345",
	};
	struct fixture f;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(try_open(&f, bad[i], NULL), -1);
	assert_int_equal(try_open(&f, TEXT_SECRET, "short"), -1);
}

static void body_is(const struct helpdesk_note *note, const char *expected)
{
	struct buf body = BUF_INIT(WEBHOOK_BODY_MAX);
	struct err err;

	assert_int_equal(webhook_body(note, &body, &err), 0);
	assert_string_equal(buf_text(&body), expected);
	buf_free(&body);
}

static void the_body_is_the_documented_one(void **state)
{
	struct helpdesk_note note = a_note();

	(void)state;
	body_is(&note,
		"{\"type\":\"message.received\","
		"\"timestamp\":\"2026-11-21T18:00:00Z\","
		"\"data\":{\"conversation\":\"cnv_1\",\"message\":\"msg_1\","
		"\"channel\":\"kundenservice\",\"via\":\"whatsapp\","
		"\"person\":{\"id\":\"per_1\",\"alias\":\"Kunde K7QF-29XM\","
		"\"name\":null,\"address\":null},"
		"\"text\":\"Hallo \\\"Welt\\\"\",\"kind\":\"text\","
		"\"reply_to\":null,\"attachments\":[{\"id\":\"att_1\","
		"\"name\":\"foto.jpg\",\"type\":\"image/jpeg\","
		"\"bytes\":48213,\"href\":\"/v1/attachments/att_1\"}],"
		"\"redacted\":[\"iban\"],"
		"\"reply_window_ends\":\"2026-11-22T18:00:00Z\"}}");
}

static void other_types_say_what_they_are_about_and_no_more(void **state)
{
	static const char *const over[] = {"msg_1", "msg_2"};
	struct helpdesk_note note = a_note();

	(void)state;
	note.type = "message.status";
	note.status = "delivered";
	body_is(&note,
		"{\"type\":\"message.status\","
		"\"timestamp\":\"2026-11-21T18:00:00Z\","
		"\"data\":{\"conversation\":\"cnv_1\",\"message\":\"msg_1\","
		"\"channel\":\"kundenservice\",\"via\":\"whatsapp\","
		"\"person\":{\"id\":\"per_1\",\"alias\":\"Kunde K7QF-29XM\","
		"\"name\":null,\"address\":null},"
		"\"status\":\"delivered\",\"error\":null}}");
	note.type = "message.deleted";
	note.status = "masked";
	note.target = "msg_0";
	body_is(&note,
		"{\"type\":\"message.deleted\","
		"\"timestamp\":\"2026-11-21T18:00:00Z\","
		"\"data\":{\"conversation\":\"cnv_1\",\"message\":\"msg_1\","
		"\"channel\":\"kundenservice\",\"via\":\"whatsapp\","
		"\"person\":{\"id\":\"per_1\",\"alias\":\"Kunde K7QF-29XM\","
		"\"name\":null,\"address\":null},\"target\":\"msg_0\","
		"\"content\":\"masked\"}}");
	note.type = "messages.expired";
	note.messages = over;
	note.messages_len = 2;
	body_is(&note,
		"{\"type\":\"messages.expired\","
		"\"timestamp\":\"2026-11-21T18:00:00Z\","
		"\"data\":{\"conversation\":\"cnv_1\","
		"\"channel\":\"kundenservice\",\"via\":\"whatsapp\","
		"\"person\":{\"id\":\"per_1\",\"alias\":\"Kunde K7QF-29XM\","
		"\"name\":null,\"address\":null},"
		"\"messages\":[\"msg_1\",\"msg_2\"],\"all\":false}}");
	note.type = "person.restricted";
	note.status = "lifted";
	body_is(&note,
		"{\"type\":\"person.restricted\","
		"\"timestamp\":\"2026-11-21T18:00:00Z\","
		"\"data\":{\"conversation\":\"cnv_1\","
		"\"channel\":\"kundenservice\",\"via\":\"whatsapp\","
		"\"person\":{\"id\":\"per_1\",\"alias\":\"Kunde K7QF-29XM\","
		"\"name\":null,\"address\":null},"
		"\"status\":\"lifted\",\"error\":null}}");
}

static json_t *data_of(const struct helpdesk_note *note, struct buf *body)
{
	json_t *root;

	*body = BUF_INIT(WEBHOOK_BODY_MAX);
	assert_int_equal(webhook_body(note, body, NULL), 0);
	root = json_loadb((const char *)body->bytes, body->len, JSON_ALLOW_NUL,
			  NULL);
	assert_non_null(root);
	return root;
}

static void hostile_texts_stay_texts(void **state)
{
	static const char nul_text[] = "a\0b\r\n\x1b[31m</script>\xe2\x80\xa8";
	struct helpdesk_note note = a_note();
	struct helpdesk_attachment failed[2];
	struct buf body;
	json_t *root, *data, *text;

	(void)state;
	memcpy(failed, attachments, sizeof(failed));
	note.text = nul_text;
	note.text_len = sizeof(nul_text) - 1;
	note.kind = "reaction";
	note.emoji = "\xf0\x9f\x91\x8d";
	note.attachments = failed;
	note.attachments_len = 2;
	root = data_of(&note, &body);
	data = json_object_get(root, "data");
	text = json_object_get(data, "text");
	assert_int_equal(json_string_length(text), sizeof(nul_text) - 1);
	assert_memory_equal(json_string_value(text), nul_text,
			    sizeof(nul_text) - 1);
	assert_non_null(json_object_get(data, "emoji"));
	data = json_array_get(json_object_get(data, "attachments"), 1);
	assert_true(json_is_null(json_object_get(data, "href")));
	assert_string_equal(json_string_value(json_object_get(data, "failed")),
			    "expired");
	json_decref(root);
	buf_free(&body);

	body = BUF_INIT(WEBHOOK_BODY_MAX);
	note.text = "\xff\xfe";
	note.text_len = 0;
	assert_int_equal(webhook_body(&note, &body, NULL), -1);
	note.text = "ok";
	note.type = "no.such";
	assert_int_equal(webhook_body(&note, &body, NULL), -1);
	buf_free(&body);
}

static void only_2xx_is_success(void **state)
{
	static const struct {
		enum http_fate fate;
		long status;
		int64_t retry_after_ms;
		enum helpdesk_verdict verdict;
		const char *reason;
	} cases[] = {
	    {HTTP_ANSWERED, 200, -1, HELPDESK_TAKEN, "taken"},
	    {HTTP_ANSWERED, 299, -1, HELPDESK_TAKEN, "taken"},
	    {HTTP_TOO_LARGE, 200, -1, HELPDESK_TAKEN, "taken"},
	    {HTTP_CUT, 204, -1, HELPDESK_TAKEN, "taken"},
	    {HTTP_CUT, 0, -1, HELPDESK_RETRY, "cut"},
	    {HTTP_TOO_LARGE, 500, -1, HELPDESK_RETRY, "answer.size"},
	    {HTTP_NOT_SENT, 0, -1, HELPDESK_RETRY, "unreachable"},
	    {HTTP_REFUSED, 0, -1, HELPDESK_RETRY, "target.refused"},
	    {HTTP_ANSWERED, 302, -1, HELPDESK_RETRY, "status.3xx"},
	    {HTTP_ANSWERED, 404, -1, HELPDESK_RETRY, "status.4xx"},
	    {HTTP_ANSWERED, 410, -1, HELPDESK_GONE, "status.410"},
	    {HTTP_ANSWERED, 429, 7000, HELPDESK_SLOW, "status.429"},
	    {HTTP_ANSWERED, 502, -1, HELPDESK_SLOW, "status.5xx"},
	    {HTTP_ANSWERED, 503, 9000, HELPDESK_RETRY, "status.5xx"},
	    {HTTP_ANSWERED, 504, -1, HELPDESK_SLOW, "status.5xx"},
	};
	struct helpdesk_outcome outcome;
	struct fixture f;

	(void)state;
	assert_int_equal(try_open(&f, RAW_SECRET, NULL), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct http_reply reply = {
		    .fate = cases[i].fate,
		    .status = cases[i].status,
		    .retry_after_ms = cases[i].retry_after_ms,
		};

		f.hd->driver->answer(f.hd, &reply, &outcome);
		assert_true(outcome.unreachable ==
			    (cases[i].fate == HTTP_NOT_SENT));
		assert_int_equal(outcome.verdict, cases[i].verdict);
		assert_string_equal(outcome.reason, cases[i].reason);
		assert_true(outcome.wait_ms == cases[i].retry_after_ms);
	}
	f.hd->driver->close(&f.hd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_signature_fits_the_secret_as_in_the_file),
	    cmocka_unit_test(rotation_signs_with_both_secrets),
	    cmocka_unit_test(a_helpdesk_without_a_good_secret_does_not_open),
	    cmocka_unit_test(the_body_is_the_documented_one),
	    cmocka_unit_test(other_types_say_what_they_are_about_and_no_more),
	    cmocka_unit_test(hostile_texts_stay_texts),
	    cmocka_unit_test(only_2xx_is_success),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
