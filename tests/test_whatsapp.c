/* test_whatsapp.c - the driver against the fixtures of its provider.
 *
 * Proves: channels.md 4.1, 4.2, 4.4, 5.2 to 5.8. */
#include "channel_open.h"

#include "postern/text.h"

static const char *const tokens[][2] = {
    {"app_secret", TEST_SECRET},
    {"verify_token", "luchs-42"},
    {"access_token", "TEST_TOKEN"},
};

static struct channel *open_channel(enum settings_role role, const char *secret,
				    const char *extra, const char *value)
{
	struct settings_channel conf = {.type = "whatsapp"};
	struct channel *ch = NULL;
	struct err err = {0};

	assert_true(name_set(&conf.name, "kunden", 6));
	conf_set(&conf, "phone_number_id", "7794189252778687");
	for (size_t i = 0; i < 3; i++)
		conf_set(&conf, tokens[i][0],
			 i == 0 && secret != NULL ? secret : tokens[i][1]);
	if (extra != NULL)
		conf_set(&conf, extra, value);
	assert_int_equal(channel_find("whatsapp")->open(&conf, role, &ch, &err),
			 0);
	conf_free(&conf);
	return ch;
}

static void close_channel(struct channel *ch)
{
	ch->driver->close(&ch);
	assert_null(ch);
}

/* --- inbound -------------------------------------------------------------- */

static json_t *decoded(const uint8_t *body, size_t len)
{
	struct event_list *events = NULL;
	struct err err = {0};
	json_t *got;
	char *text;

	if (channel_find("whatsapp")->parse(body, len, &events, &err) != 0)
		return NULL;
	text = event_list_print(events);
	assert_non_null(text);
	got = json_loads(text, 0, NULL);
	free(text);
	event_list_free(&events);
	assert_null(events);
	return got;
}

static void every_sample_gives_the_expected_events(void **state)
{
	json_t *expected = fixture("whatsapp/EXPECTED.json"), *want;
	const char *name;
	size_t samples = 0;

	(void)state;
	json_object_foreach(expected, name, want)
	{
		char path[256];
		size_t len = 0;
		uint8_t *body;
		json_t *got;

		(void)snprintf(path, sizeof(path), "whatsapp/%s.json", name);
		body = fixture_bytes(path, &len);
		assert_non_null(body);
		got = decoded(body, len);
		free(body);
		if (!json_equal(got, want))
			fail_msg("%s differs", name);
		json_decref(got);
		samples++;
	}
	assert_true(samples >= 70);
	json_decref(expected);
}

static const char *text_of(const json_t *v, const char *key)
{
	return json_string_value(json_object_get(v, key));
}

static void signature_case(const json_t *v)
{
	const json_t *headers = json_object_get(v, "headers"), *value;
	const char *b64 = text_of(v, "body_b64"), *name;
	struct channel *ch =
	    open_channel(ROLE_INTAKE, text_of(v, "app_secret"), NULL, NULL);
	struct fake_request f = {0};
	enum channel_admission got;
	struct buf answer;
	uint8_t *body = malloc(strlen(b64) + 1);
	size_t len = 0;

	assert_true(base64_decode(b64, strlen(b64), body, strlen(b64), &len));
	json_object_foreach((json_t *)(uintptr_t)headers, name, value)
	{
		struct fake_pair *p = &f.headers[f.headers_len++];

		*p = (struct fake_pair){name, json_string_value(value),
					json_string_length(value)};
	}
	got = fake_admit(ch, &f, false, body, len, &answer);
	/* "either" is upper-case hex: we take it. */
	if (strcmp(text_of(v, "expect"), "reject") == 0)
		assert_int_equal(got, ADMIT_FORGED);
	else
		assert_int_equal(got, len > 0 ? ADMIT_BODY : ADMIT_MALFORMED);
	assert_int_equal(answer.len, 0);
	buf_free(&answer);
	free(body);
	close_channel(ch);
}

static void every_signature_vector_is_judged_right(void **state)
{
	json_t *all = fixture("whatsapp/signatures.json");
	const json_t *vectors = json_object_get(all, "vectors");

	(void)state;
	assert_true(json_array_size(vectors) > 5);
	for (size_t i = 0; i < json_array_size(vectors); i++)
		signature_case(json_array_get(vectors, i));
	json_decref(all);
}

static int hex_digit(char c)
{
	const char *at = strchr("0123456789abcdef", c | 0x20);

	return at != NULL && c != '\0' ? (int)(at - "0123456789abcdef") : 0;
}

/* Percent decoding in place, as a listener does it. */
static void percent_decode(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++, to++) {
		*to = *text;
		if (*text != '%')
			continue;
		*to = (char)(hex_digit(text[1]) * 16 + hex_digit(text[2]));
		text += 2;
	}
	*to = '\0';
}

static void handshake_case(const struct channel *ch, const json_t *v)
{
	const json_t *expect = json_object_get(v, "expect");
	json_int_t status =
	    json_integer_value(json_object_get(expect, "status"));
	char *query = strdup(text_of(json_object_get(v, "request"), "query"));
	struct fake_request f = {0};
	enum channel_admission got;
	struct buf answer;
	char *rest = query, *one, *value;

	while ((one = strsep(&rest, "&")) != NULL) {
		value = strchr(one, '=');
		assert_non_null(value);
		*value++ = '\0';
		percent_decode(one);
		percent_decode(value);
		f.query[f.query_len++] =
		    (struct fake_pair){one, value, strlen(value)};
	}
	got = fake_admit(ch, &f, true, NULL, 0, &answer);
	if (status == 200) {
		assert_int_equal(got, ADMIT_ANSWER);
		assert_string_equal(buf_text(&answer), text_of(expect, "body"));
	} else {
		assert_int_equal(got, status == 403 ? ADMIT_FORGED
						    : ADMIT_MALFORMED);
		assert_int_equal(answer.len, 0);
	}
	buf_free(&answer);
	free(query);
}

static void every_handshake_is_answered_right(void **state)
{
	json_t *all = fixture("whatsapp/handshake.json");
	const json_t *cases = json_object_get(all, "cases");
	struct channel *ch = open_channel(ROLE_INTAKE, NULL, NULL, NULL);

	(void)state;
	for (size_t i = 0; i < json_array_size(cases); i++)
		handshake_case(ch, json_array_get(cases, i));
	close_channel(ch);
	json_decref(all);
}

/* --- calls ---------------------------------------------------------------- */

static void same_url(const struct http_call *call, const json_t *request)
{
	char url[1024];

	(void)snprintf(url, sizeof(url), "https://%s%s",
		       text_of(request, "host"), text_of(request, "path"));
	assert_string_equal(call->url, url);
	assert_string_equal(call->method, text_of(request, "method"));
}

static void same_headers(const struct http_call *call, const json_t *request)
{
	const json_t *headers = json_object_get(request, "headers"), *v;
	const char *name;

	json_object_foreach((json_t *)(uintptr_t)headers, name, v)
	{
		bool found = false;

		for (size_t i = 0; i < call->headers_len; i++)
			if (strcasecmp(call->headers[i].name, name) == 0 &&
			    strcmp(call->headers[i].value,
				   json_string_value(v)) == 0)
				found = true;
		assert_true(found);
	}
}

static void same_class(const struct channel *ch, const struct channel_act *act,
		       const json_t *exchange)
{
	const json_t *response = json_object_get(exchange, "response");
	const json_t *json = json_object_get(response, "body");
	char *body = json != NULL ? json_dumps(json, 0) : strdup("bytes");
	struct channel_outcome outcome = judged(
	    ch, act->kind, HTTP_ANSWERED,
	    (long)json_integer_value(json_object_get(response, "status")),
	    body);

	assert_string_equal(
	    channel_class_name(outcome.class),
	    text_of(json_object_get(exchange, "expect"), "class"));
	if (outcome.class == CLASS_OK && act->kind == CHANNEL_SEND_TEXT)
		assert_int_equal(strncmp(outcome.id, "wamid.", 6), 0);
	if (outcome.error == 131056)
		assert_true(outcome.pair_only);
	assert_int_equal(outcome.withdraw_marketing, outcome.error == 131050);
	free(body);
}

static void every_send_exchange_fits_in_both_directions(void **state)
{
	json_t *all = fixture("whatsapp/exchange_send_text.json");
	struct channel *ch = open_channel(ROLE_WORKER, NULL, NULL, NULL);
	struct channel_act act = {
	    .kind = CHANNEL_SEND_TEXT,
	    .to = {.addresses = {{"phone", "491701234567"}},
		   .addresses_len = 1},
	    .text = "Guten Tag, wie k\xc3\xb6nnen wir helfen?",
	    .reference = "gw:01J9ZK3M7Q",
	};

	(void)state;
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *x = json_array_get(all, i);
		const json_t *request = json_object_get(x, "request");
		struct http_call call = {0};
		json_t *body;

		assert_int_equal(ch->driver->request(ch, &act, &call, NULL), 0);
		same_url(&call, request);
		same_headers(&call, request);
		body = json_loadb((const char *)call.body.bytes, call.body.len,
				  0, NULL);
		assert_true(json_equal(body, json_object_get(request, "body")));
		json_decref(body);
		http_call_free(&call);
		same_class(ch, &act, x);
	}
	close_channel(ch);
	json_decref(all);
}

static void every_media_exchange_fits_in_both_directions(void **state)
{
	static const enum channel_act_kind kinds[] = {
	    CHANNEL_MEDIA_LOCATE, CHANNEL_MEDIA_FETCH, CHANNEL_MEDIA_FETCH,
	    CHANNEL_MEDIA_DELETE};
	json_t *all = fixture("whatsapp/exchange_media.json");
	struct channel *ch = open_channel(ROLE_WORKER, NULL, NULL, NULL);

	(void)state;
	assert_int_equal(json_array_size(all), 4);
	for (size_t i = 0; i < 4; i++) {
		const json_t *x = json_array_get(all, i);
		const json_t *request = json_object_get(x, "request");
		struct channel_act act = {.kind = kinds[i],
					  .media_id = "1003383421387256"};
		struct http_call call = {0};
		char url[1024];

		(void)snprintf(url, sizeof(url), "https://%s%s",
			       text_of(request, "host"),
			       text_of(request, "path"));
		act.media_url = url;
		assert_int_equal(ch->driver->request(ch, &act, &call, NULL), 0);
		same_url(&call, request);
		same_headers(&call, request);
		assert_int_equal(call.hosts_len > 0,
				 kinds[i] == CHANNEL_MEDIA_FETCH);
		http_call_free(&call);
		same_class(ch, &act, x);
	}
	close_channel(ch);
	json_decref(all);
}

static json_t *sent_body(const struct channel *ch,
			 const struct channel_act *act)
{
	struct http_call call = {0};
	json_t *body;

	assert_int_equal(ch->driver->request(ch, act, &call, NULL), 0);
	body =
	    json_loadb((const char *)call.body.bytes, call.body.len, 0, NULL);
	assert_non_null(body);
	http_call_free(&call);
	return body;
}

static void same_member(const json_t *a, const json_t *b, const char *key)
{
	const char *x = text_of(a, key), *y = text_of(b, key);

	assert_int_equal(x == NULL, y == NULL);
	if (x != NULL)
		assert_string_equal(x, y);
}

static void a_person_is_addressed_by_phone_or_user_id_or_both(void **state)
{
	static const struct {
		const char *file;
		struct party to;
	} cases[] = {
	    {"whatsapp/out_request_send_message_phone_only.json",
	     {.addresses = {{"phone", "16505551234"}}, .addresses_len = 1}},
	    {"whatsapp/out_request_send_message_recipient_only.json",
	     {.addresses = {{"bsuid", "US.13491208655302741918"}},
	      .addresses_len = 1}},
	    {"whatsapp/out_request_send_message_to_and_recipient.json",
	     {.addresses = {{"bsuid", "US.13491208655302741918"},
			    {"phone", "+16505551234"}},
	      .addresses_len = 2}},
	};
	struct channel *ch = open_channel(ROLE_WORKER, NULL, NULL, NULL);

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		json_t *want = fixture(cases[i].file), *got;
		struct channel_act act = {.kind = CHANNEL_SEND_TEXT,
					  .to = cases[i].to};

		act.text = text_of(json_object_get(want, "text"), "body");
		got = sent_body(ch, &act);
		same_member(got, want, "to");
		same_member(got, want, "recipient");
		json_decref(got);
		json_decref(want);
	}
	close_channel(ch);
}

static void every_kind_of_message_has_its_body(void **state)
{
	static const char *const params[] = {"Frau M\xc3\xbcller", "17 Uhr"};
	static const struct party to = {
	    .addresses = {{"phone", "491701234567"}}, .addresses_len = 1};
	static const struct {
		struct channel_act act;
		const char *type, *part;
	} cases[] = {
	    {{.kind = CHANNEL_SEND_MEDIA,
	      .media_id = "77",
	      .media_type = "image/jpeg",
	      .text = "Bild"},
	     "image",
	     "{\"id\":\"77\",\"caption\":\"Bild\"}"},
	    {{.kind = CHANNEL_SEND_MEDIA,
	      .media_id = "77",
	      .media_type = "audio/ogg; codecs=opus"},
	     "audio",
	     "{\"id\":\"77\"}"},
	    {{.kind = CHANNEL_SEND_MEDIA,
	      .media_id = "77",
	      .media_type = "audio/ogg",
	      .text = "Ansage",
	      .media_name = "a.ogg"},
	     "document",
	     "{\"id\":\"77\",\"caption\":\"Ansage\",\"filename\":\"a.ogg\"}"},
	    {{.kind = CHANNEL_SEND_MEDIA,
	      .media_id = "77",
	      .media_type = "image/png",
	      .media_bytes = 6 * 1024 * 1024},
	     "document",
	     "{\"id\":\"77\"}"},
	    {{.kind = CHANNEL_SEND_REACTION, .target = "wamid.A", .emoji = ""},
	     "reaction",
	     "{\"message_id\":\"wamid.A\",\"emoji\":\"\"}"},
	    {{.kind = CHANNEL_SEND_TEMPLATE,
	      .template_name = "termin",
	      .template_language = "de",
	      .template_params = params,
	      .template_params_len = 2},
	     "template",
	     "{\"name\":\"termin\",\"language\":{\"code\":\"de\"},"
	     "\"components\":[{\"type\":\"body\",\"parameters\":["
	     "{\"type\":\"text\",\"text\":\"Frau M\\u00fcller\"},"
	     "{\"type\":\"text\",\"text\":\"17 Uhr\"}]}]}"},
	};
	struct channel *ch = open_channel(ROLE_WORKER, NULL, NULL, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct channel_act act = cases[i].act;
		json_t *want = json_loads(cases[i].part, 0, NULL), *got;

		act.to = to;
		got = sent_body(ch, &act);
		assert_string_equal(text_of(got, "type"), cases[i].type);
		assert_true(
		    json_equal(json_object_get(got, cases[i].type), want));
		json_decref(got);
		json_decref(want);
	}
	close_channel(ch);
}

static void a_read_receipt_names_only_the_message(void **state)
{
	struct channel *ch = open_channel(ROLE_WORKER, NULL, NULL, NULL);
	struct channel_act act = {.kind = CHANNEL_MARK_READ,
				  .target = "wamid.A"};
	json_t *got = sent_body(ch, &act), *want;

	(void)state;
	want = json_pack("{s:s,s:s,s:s}", "messaging_product", "whatsapp",
			 "status", "read", "message_id", "wamid.A");
	assert_true(json_equal(got, want));
	json_decref(got);
	json_decref(want);
	close_channel(ch);
}

static void a_demanded_proof_goes_with_every_call(void **state)
{
	json_t *all = fixture("meta/appsecret_proof.json");
	const json_t *v = json_array_get(json_object_get(all, "vectors"), 0);
	struct settings_channel conf = {.type = "whatsapp"};
	struct channel_act act = {.kind = CHANNEL_MEDIA_LOCATE,
				  .media_id = "77"};
	struct http_call call = {0};
	struct channel *ch = NULL;
	char want[128];

	(void)state;
	assert_true(name_set(&conf.name, "kunden", 6));
	conf_set(&conf, "phone_number_id", "7794189252778687");
	conf_set(&conf, "access_token", text_of(v, "access_token"));
	conf_set(&conf, "appsecret_proof", text_of(v, "app_secret"));
	assert_int_equal(
	    channel_find("whatsapp")->open(&conf, ROLE_WORKER, &ch, NULL), 0);
	(void)snprintf(want, sizeof(want), "&appsecret_proof=%s",
		       text_of(v, "appsecret_proof"));
	assert_int_equal(ch->driver->request(ch, &act, &call, NULL), 0);
	assert_non_null(strstr(call.url, want));
	http_call_free(&call);
	conf_free(&conf);
	close_channel(ch);
	json_decref(all);
}

static void what_cannot_be_sent_is_refused_before_a_call(void **state)
{
	static const struct party nobody = {0};
	static const struct party strange = {
	    .addresses = {{"phone", "0170/1234"}}, .addresses_len = 1};
	const struct channel_act acts[] = {
	    {.kind = CHANNEL_SEND_TEXT, .text = "x", .to = nobody},
	    {.kind = CHANNEL_SEND_TEXT, .text = "x", .to = strange},
	    {.kind = CHANNEL_SEND_TEXT,
	     .to = {.addresses = {{"phone", "491701234567"}},
		    .addresses_len = 1}},
	    {.kind = CHANNEL_MARK_READ},
	    {.kind = CHANNEL_MEDIA_LOCATE, .media_id = "../me"},
	    {.kind = CHANNEL_MEDIA_LOCATE, .media_id = "7?x=1"},
	    {.kind = CHANNEL_MEDIA_DELETE},
	    {.kind = CHANNEL_MEDIA_FETCH},
	    {.kind = CHANNEL_MEDIA_UPLOAD,
	     .media_bytes = 101 * INT64_C(1024) * 1024},
	};
	struct channel *ch = open_channel(ROLE_WORKER, NULL, NULL, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		struct http_call call = {0};
		struct err err = {0};

		assert_int_equal(ch->driver->request(ch, &acts[i], &call, &err),
				 -1);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_null(call.url);
	}
	close_channel(ch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_sample_gives_the_expected_events),
	    cmocka_unit_test(every_signature_vector_is_judged_right),
	    cmocka_unit_test(every_handshake_is_answered_right),
	    cmocka_unit_test(every_send_exchange_fits_in_both_directions),
	    cmocka_unit_test(every_media_exchange_fits_in_both_directions),
	    cmocka_unit_test(a_person_is_addressed_by_phone_or_user_id_or_both),
	    cmocka_unit_test(every_kind_of_message_has_its_body),
	    cmocka_unit_test(a_read_receipt_names_only_the_message),
	    cmocka_unit_test(a_demanded_proof_goes_with_every_call),
	    cmocka_unit_test(what_cannot_be_sent_is_refused_before_a_call),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
