/* test_api_consent.c - consents taken in, shown and proved over the API.
 * Proves: compliance 4.1, 4.6, 9 C4. */
#include <assert.h>
#include <jansson.h>

#include "api_house.h"
#include "postern/consentrecord.h"

#define IN_HOUSE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)
#define WORDING	    "Neues von uns? <b>&amp;</b> \"Ja\""
#define ROW(more)                                                           \
	"{\"rows\":[{\"address\":\"+49 170 1234567\",\"purpose\":\"news\"," \
	"\"channel\":\"shop\",\"given_at\":\"2026-09-01T10:00:00Z\","       \
	"\"wording\":\"Neues von uns? <b>&amp;</b> \\\"Ja\\\"\","           \
	"\"evidence\":{\"card\":17,\"note\":\"`quoted`\"}" more "}]}"

static char *path_of(const char *person, const char *rest)
{
	static char path[160];

	(void)snprintf(path, sizeof(path), "/v1/persons/%s/consents%s", person,
		       rest);
	return path;
}

static json_t *get(struct api_house *h, int status, const char *person,
		   const char *rest)
{
	return ask_json(h, status, "GET", path_of(person, rest), NULL, NULL,
			NULL);
}

/* Somebody with one imported consent; their id. */
static void import_one(struct api_house *h, const char *body,
		       const char *result, char ret[ID_TEXT_BYTES])
{
	json_t *v =
	    ask_json(h, 200, "POST", "/v1/consents/import", NULL, body, NULL);
	const json_t *row = json_array_get(json_object_get(v, "results"), 0);

	assert_string_equal(text_in(row, "result"), result);
	(void)snprintf(ret, ID_TEXT_BYTES, "%s", text_in(row, "person"));
	json_decref(v);
}

/* One more event of the person who has the newest one. */
static void add_event(struct api_house *h, const char *purpose,
		      const char *kind, const char *channel, int64_t at_ms)
{
	static const char sql[] =
	    "INSERT INTO consent_event(id,person,purpose,kind,source,at_ms,"
	    "channel,by_whom,method) SELECT ?,max(person),?,?,'keyword',?,?,"
	    "'subject','keyword' FROM consent_event";

	house_run(h, sql,
		  STORE_ARGS(S_INT(worker_id(&h->w)), S_TEXT(purpose),
			     S_TEXT(kind), S_INT(at_ms), S_TEXT(channel)));
}

static const json_t *record_at(const json_t *receipt, size_t i)
{
	return json_array_get(
	    json_object_get(receipt, "dpv:hasRecordOfActivity"), i);
}

/* --- showing -------------------------------------------------------------- */

static void what_was_imported_is_shown_without_its_words(void **state)
{
	struct api_house *h = *state;
	char person[ID_TEXT_BYTES];
	const json_t *consent, *event;
	json_t *v;
	char *all;

	import_one(h, ROW(",\"by\":\"guardian\",\"language\":\"de\""),
		   "accepted", person);
	v = get(h, 200, person, "");
	consent = json_array_get(json_object_get(v, "consents"), 0);
	event = json_array_get(json_object_get(consent, "events"), 0);
	assert_string_equal(text_in(v, "person"), person);
	assert_string_equal(text_in(consent, "state"), "ConsentGiven");
	assert_true(json_is_true(json_object_get(consent, "valid")));
	assert_string_equal(text_in(event, "by"), "guardian");
	assert_string_equal(text_in(event, "method"), "import");
	assert_string_equal(text_in(event, "at"), "2026-09-01T10:00:00Z");
	assert_int_equal(strlen(text_in(event, "wording")), 64);
	all = json_dumps(v, 0);
	assert_null(strstr(all, "Neues"));
	assert_null(strstr(all, "170"));
	free(all);
	json_decref(v);
}

static void what_was_said_of_everything_is_a_group_of_its_own(void **state)
{
	struct api_house *h = *state;
	char person[ID_TEXT_BYTES];
	const json_t *all;
	json_t *v;

	import_one(h, ROW(), "accepted", person);
	add_event(h, "all", "withdrawn", "", HOUSE_NOW);
	add_event(h, "news", "optin_signal", "shop", HOUSE_NOW + 1);
	v = get(h, 200, person, "");
	all = json_object_get(v, "consents");
	assert_int_equal(json_array_size(all), 2);
	assert_string_equal(text_in(json_array_get(all, 0), "state"),
			    "ConsentWithdrawn");
	assert_int_equal(
	    json_array_size(json_object_get(json_array_get(all, 0), "events")),
	    2);
	assert_true(
	    json_is_null(json_object_get(json_array_get(all, 1), "channel")));
	json_decref(v);
}

static void somebody_without_consents_has_none(void **state)
{
	struct api_house *h = *state;
	char path[128];
	json_t *v = ask_json(
	    h, 200, "GET",
	    path_to(h, path, "persons", ID_PERSON, h->person, "/consents"),
	    NULL, NULL, NULL);

	assert_int_equal(json_array_size(json_object_get(v, "consents")), 0);
	assert_int_equal(json_array_size(json_object_get(v, "suppressed")), 0);
	json_decref(v);
	v = ask_json(h, 404, "GET",
		     path_to(h, path, "persons", ID_PERSON, h->person,
			     "/consents/news/proof"),
		     NULL, NULL, NULL);
	json_decref(v);
	v = ask_json(
	    h, 404, "GET",
	    path_to(h, path, "persons", ID_PERSON, h->person + 1, "/consents"),
	    NULL, NULL, NULL);
	json_decref(v);
}

/* --- proving -------------------------------------------------------------- */

static void a_proof_has_wording_and_evidence(void **state)
{
	struct consentrecord_fault fault = {.what = ""};
	struct api_house *h = *state;
	char person[ID_TEXT_BYTES];
	const json_t *record, *event, *notice;
	json_t *v;

	import_one(h, ROW(), "accepted", person);
	v = get(h, 200, person, "/news/proof");
	record = record_at(v, 0);
	notice = json_array_get(json_object_get(record, "dpv:hasNotice"), 0);
	event =
	    json_array_get(json_object_get(record, "dpv:hasConsentStatus"), 0);
	assert_string_equal(text_in(notice, "gw:text"), WORDING);
	assert_string_equal(text_in(event, "dpv:hasNotice"),
			    text_in(notice, "@id"));
	assert_int_equal(json_integer_value(json_object_get(
			     json_object_get(event, "gw:evidence"), "card")),
			 17);
	/* This controller told nothing of itself. */
	assert_int_equal(
	    consentrecord_judge(v, CONSENTRECORD_DPV_RECEIPT, &fault), -1);
	json_decref(v);
}

static void a_record_keeps_its_id(void **state)
{
	struct api_house *h = *state;
	char person[ID_TEXT_BYTES];
	json_t *once, *twice;

	import_one(h, ROW(), "accepted", person);
	once = get(h, 200, person, "/news/proof");
	twice = get(h, 200, person, "/news/proof?form=jsonld");
	assert_true(json_equal(record_at(once, 0), record_at(twice, 0)));
	json_decref(once);
	json_decref(twice);
}

static void several_channels_are_several_records(void **state)
{
	struct api_house *h = *state;
	char person[ID_TEXT_BYTES];
	json_t *v;

	import_one(h, ROW(), "accepted", person);
	add_event(h, "news", "given", "kiosk", HOUSE_NOW);
	/* Said of every channel: part of both. */
	add_event(h, "all", "withdrawn", "", HOUSE_NOW + 1);
	v = get(h, 200, person, "/news/proof");
	assert_int_equal(
	    json_array_size(json_object_get(v, "dpv:hasRecordOfActivity")), 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(json_array_size(json_object_get(
				     record_at(v, i), "dpv:hasConsentStatus")),
				 2);
	json_decref(v);
	json_decref(get(h, 400, person, "/news/proof?form=kantara"));
	v = get(h, 200, person, "/news/proof?form=kantara&channel=kiosk");
	assert_string_equal(text_in(v, "version"), KANTARA_VERSION);
	assert_int_equal(
	    json_integer_value(json_object_get(v, "consentTimestamp")),
	    HOUSE_NOW / 1000);
	json_decref(v);
	json_decref(get(h, 404, person, "/news/proof?channel=other"));
}

static void what_the_policy_forgot_is_proved_all_the_same(void **state)
{
	struct api_house *h = *state;
	char person[ID_TEXT_BYTES];
	const json_t *process;
	json_t *v;

	import_one(h, ROW(), "accepted", person);
	house_run(h, "UPDATE consent_event SET purpose='letters'",
		  STORE_NO_ARGS);
	json_decref(get(h, 404, person, "/news/proof"));
	v = get(h, 200, person, "/letters/proof");
	process = json_array_get(
	    json_object_get(record_at(v, 0), "dpv:hasProcess"), 0);
	assert_string_equal(text_in(process, "dct:title"), "letters");
	json_decref(v);
}

/* The key is gone: what was sealed is, too, and the rest stays. */
static void what_was_shredded_is_missing_and_no_more(void **state)
{
	struct api_house *h = *state;
	char person[ID_TEXT_BYTES];
	const json_t *event;
	json_t *v;

	import_one(h, ROW(), "accepted", person);
	house_run(h, "UPDATE consent_event SET key_person=key_person+1",
		  STORE_NO_ARGS);
	v = get(h, 200, person, "/news/proof");
	event = json_array_get(
	    json_object_get(record_at(v, 0), "dpv:hasConsentStatus"), 0);
	assert_null(json_object_get(event, "gw:evidence"));
	assert_non_null(json_object_get(event, "dpv:hasNotice"));
	json_decref(v);
}

static void of_very_many_events_the_newest_count(void **state)
{
	struct api_house *h = *state;
	char person[ID_TEXT_BYTES];
	const json_t *events;
	json_t *v;

	import_one(h, ROW(), "accepted", person);
	for (int i = 0; i < 260; i++)
		add_event(h, "news", i % 2 == 0 ? "withdrawn" : "given", "shop",
			  HOUSE_NOW + i);
	v = get(h, 200, person, "/news/proof");
	events = json_object_get(record_at(v, 0), "dpv:hasConsentStatus");
	assert_int_equal(json_array_size(events), 256);
	assert_string_equal(
	    json_string_value(json_array_get(
		json_object_get(json_array_get(events, 255), "@type"), 0)),
	    "dpv:ConsentGiven");
	json_decref(v);
}

/* --- the page ------------------------------------------------------------- */

static void a_page_is_one_file_with_its_own_rules(void **state)
{
	struct api_house *h = *state;
	char person[ID_TEXT_BYTES];
	struct answer a;

	import_one(h, ROW(), "accepted", person);
	a = ask(h, (struct call){.method = "GET",
				 .path = path_of(person, "/news/proof"),
				 .headers = "Accept: text/html, */*\r\n",
				 .local = true});
	assert_int_equal(a.status, 200);
	assert_non_null(strstr(a.text, "Content-Type: text/html"));
	assert_non_null(strstr(a.text, "style-src 'sha256-"));
	assert_null(strstr(a.text, "<script"));
	assert_non_null(strstr(
	    a.body, "Neues von uns? &lt;b&gt;&amp;amp;&lt;/b&gt; &quot;Ja"));
	/* Word for word, whatever marks it has. */
	assert_non_null(strstr(a.body, "`quoted`"));
	answer_free(&a);
	a = ask(h, (struct call){.method = "GET",
				 .path = path_of(person, "/none/proof"),
				 .headers = "Accept: text/html\r\n",
				 .local = true});
	assert_int_equal(a.status, 404);
	assert_null(strstr(a.text, "style-src"));
	answer_free(&a);
}

static void what_is_asked_for_wrongly_is_refused(void **state)
{
	static const char *const bad[] = {
	    "/news/proof?form=pdf", "/news/proof?language=fr",
	    "/news/proof?channel=a.b", "/news/proof?form=html&form=html"};
	struct api_house *h = *state;
	char person[ID_TEXT_BYTES];

	import_one(h, ROW(), "accepted", person);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		json_decref(get(h, 400, person, bad[i]));
	json_decref(get(h, 404, person, "/a.b/proof"));
	json_decref(
	    ask_json(h, 403, "GET", path_of(person, ""), h->desk, NULL, NULL));
	json_decref(ask_json(h, 403, "GET", path_of(person, ""), h->operator,
			     NULL, NULL));
}

/* --- unsubscribing -------------------------------------------------------- */

static void an_address_needs_its_settings(void **state)
{
	static uint8_t secret[] = "0123456789abcdef0123456789abcdef";
	struct api_house *h = *state;
	char path[128];
	json_t *v;

	(void)path_to(h, path, "conversations", ID_CONVERSATION,
		      h->conversation, "/unsubscribe");
	json_decref(ask_json(h, 409, "GET", path, h->desk, NULL, NULL));
	pthread_mutex_lock(&h->turn);
	h->settings.unsubscribe.values[0] = (struct setting_value){
	    .key = "secret", .secret = {secret, sizeof(secret) - 1}};
	h->settings.unsubscribe.values_len = 1;
	(void)snprintf(h->settings.unsubscribe.url,
		       sizeof(h->settings.unsubscribe.url),
		       "https://a.example");
	pthread_mutex_unlock(&h->turn);
	v = ask_json(h, 200, "GET", path, h->desk, NULL, NULL);
	assert_non_null(
	    strstr(text_in(v, "url"), "https://a.example/unsubscribe/"));
	assert_null(strstr(text_in(v, "url"), "per_"));
	json_decref(v);
	/* Another helpdesk's conversation is not there. */
	json_decref(ask_json(h, 404, "GET", path, h->other, NULL, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_HOUSE(what_was_imported_is_shown_without_its_words),
	    IN_HOUSE(what_was_said_of_everything_is_a_group_of_its_own),
	    IN_HOUSE(somebody_without_consents_has_none),
	    IN_HOUSE(a_proof_has_wording_and_evidence),
	    IN_HOUSE(a_record_keeps_its_id),
	    IN_HOUSE(several_channels_are_several_records),
	    IN_HOUSE(what_the_policy_forgot_is_proved_all_the_same),
	    IN_HOUSE(what_was_shredded_is_missing_and_no_more),
	    IN_HOUSE(of_very_many_events_the_newest_count),
	    IN_HOUSE(a_page_is_one_file_with_its_own_rules),
	    IN_HOUSE(what_is_asked_for_wrongly_is_refused),
	    IN_HOUSE(an_address_needs_its_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
