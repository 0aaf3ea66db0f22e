/* test_api_desk.c - calls of a helpdesk.  Proves: design 4.4, T8, T9, T18. */
#include <assert.h>
#include <jansson.h>

#include "api_house.h"

#define TEXT_BODY "{\"text\":\"Ihr Paket kommt morgen.\"}"

static json_t *post(struct api_house *h, int status, const char *act,
		    const char *body)
{
	char path[128];

	return ask_json(h, status, "POST",
			path_to(h, path, "conversations", ID_CONVERSATION,
				h->conversation, act),
			h->desk, body, NULL);
}

static void a_reply_is_sealed_and_queued(void **state)
{
	struct api_house *h = *state;
	json_t *v = post(h, 202, "/messages", TEXT_BODY), *shown;
	char path[128];

	assert_string_equal(text_in(v, "state"), "queued");
	assert_int_equal(
	    house_count(h, "SELECT COUNT(*) FROM outbox WHERE kind='channel'"
			   " AND destination='shop' AND type='send'"
			   " AND state='waiting'"),
	    1);
	assert_int_equal(house_count(h, "SELECT COUNT(*) FROM message WHERE"
					" direction='out' AND state='queued'"
					" AND kind='text'"),
			 1);
	(void)snprintf(path, sizeof(path), "/v1/messages/%s",
		       text_in(v, "message"));
	shown = ask_json(h, 200, "GET", path, h->desk, NULL, NULL);
	assert_string_equal(text_in(shown, "text"), "Ihr Paket kommt morgen.");
	assert_string_equal(text_in(shown, "content"), "shown");
	json_decref(v);
	json_decref(shown);
}

static void unknown_members_are_refused_by_name(void **state)
{
	static const char *const columns[] = {
	    "id",     "conversation", "key_person", "direction", "kind",
	    "state",  "datenart",     "year",	    "policy",	 "person",
	    "target", "error",	      "helpdesk",   "channel",	 "erased",
	    "role",   "tenant_id"};
	struct api_house *h = *state;
	char body[128], wanted[64];
	json_t *v;

	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
		(void)snprintf(body, sizeof(body), "{\"text\":\"x\",\"%s\":1}",
			       columns[i]);
		(void)snprintf(wanted, sizeof(wanted), "unknown member: %s",
			       columns[i]);
		v = post(h, 400, "/messages", body);
		assert_string_equal(text_in(v, "detail"), wanted);
		json_decref(v);
	}
	v = post(h, 400, "/messages", "{\"text\":\"x\",\"+49 151 1\":1}");
	assert_string_equal(text_in(v, "detail"),
			    "unknown member: (not shown)");
	json_decref(v);
	assert_int_equal(house_count(h, "SELECT COUNT(*) FROM outbox"), 0);
}

static void bodies_that_do_not_fit_are_refused(void **state)
{
	static const char *const bodies[] = {
	    "{}",
	    "[]",
	    "{\"text\":\"a\"",
	    "{\"text\":\"\"}",
	    "{\"text\":1}",
	    "{\"text\":\"a\",\"text\":\"b\"}",
	    "{\"text\":\"a\\u0000b\"}",
	    "{\"text\":\"a\"} x",
	    "{\"text\":[[[[[[[[[[]]]]]]]]]]}",
	    "{\"attachments\":[{\"id\":\"att_00\"}]}",
	    "{\"attachments\":[{},{}]}",
	    "{\"attachments\":[{\"file\":\"../../keys/root\"}]}",
	    "{\"template\":{\"name\":\"x\"}}",
	    "{\"text\":\"a\",\"reply_to\":\"msg_1\"}",
	};
	struct api_house *h = *state;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		json_decref(post(h, 400, "/messages", bodies[i]));
	assert_int_equal(house_count(h, "SELECT COUNT(*) FROM outbox"), 0);
}

static void a_closed_window_is_409_and_a_template_the_channel_lacks_too(
    void **state)
{
	struct api_house *h = *state;
	json_t *v;

	atomic_store(&h->ahead_ms, 25 * 3600 * 1000);
	v = post(h, 409, "/messages", TEXT_BODY);
	assert_string_equal(text_in(v, "type"),
			    "urn:postern:problem:window_closed");
	assert_true(json_array_size(json_object_get(v, "reasons")) > 0);
	json_decref(v);
	v = post(h, 409, "/messages",
		 "{\"template\":{\"name\":\"a\",\"language\":\"de\"}}");
	assert_string_equal(text_in(v, "type"),
			    "urn:postern:problem:channel_cannot");
	json_decref(v);
}

static void a_withdrawn_purpose_is_403_with_the_reason(void **state)
{
	static const char sql[] =
	    "INSERT INTO consent_event(id, person, purpose, kind, source,"
	    " at_ms) VALUES(1,?,'news','withdrawn','provider',0)";
	struct api_house *h = *state;
	const char *body = "{\"text\":\"Rabatt\",\"purpose\":\"news\"}";
	json_t *v = post(h, 403, "/messages", body), *last;

	last = json_object_get(v, "reasons");
	last = json_array_get(last, json_array_size(last) - 1);
	assert_string_equal(text_in(last, "code"), "consent_missing");
	json_decref(v);
	house_run(h, sql, STORE_ARGS(S_INT(h->person)));
	v = post(h, 403, "/messages", body);
	last = json_object_get(v, "reasons");
	last = json_array_get(last, json_array_size(last) - 1);
	assert_string_equal(text_in(last, "code"), "consent_withdrawn");
	json_decref(v);
	v = post(h, 403, "/messages", "{\"text\":\"x\",\"purpose\":\"nope\"}");
	assert_string_equal(text_in(v, "type"), "urn:postern:problem:policy");
	json_decref(v);
}

static void foreign_and_made_up_ids_get_the_same_404(void **state)
{
	static const struct {
		const char *method, *folder, *act, *body;
		enum id_kind kind;
	} calls[] = {
	    {"GET", "conversations", "", NULL, ID_CONVERSATION},
	    {"POST", "conversations", "/messages", TEXT_BODY, ID_CONVERSATION},
	    {"POST", "conversations", "/reactions",
	     "{\"message\":\"msg_1\",\"emoji\":\"x\"}", ID_CONVERSATION},
	    {"POST", "conversations", "/tags", "{\"datenart\":\"BIZ\"}",
	     ID_CONVERSATION},
	    {"POST", "conversations", "/close", NULL, ID_CONVERSATION},
	    {"POST", "conversations", "/reopen", NULL, ID_CONVERSATION},
	    {"GET", "messages", "", NULL, ID_MESSAGE},
	    {"POST", "messages", "/read", NULL, ID_MESSAGE},
	};
	struct api_house *h = *state;
	char path[128];
	json_t *foreign, *absent;
	int64_t id;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		id = calls[i].kind == ID_MESSAGE ? h->inbound : h->conversation;
		foreign = ask_json(h, 404, calls[i].method,
				   path_to(h, path, calls[i].folder,
					   calls[i].kind, id, calls[i].act),
				   h->other, calls[i].body, NULL);
		absent = ask_json(h, 404, calls[i].method,
				  path_to(h, path, calls[i].folder,
					  calls[i].kind, 4711, calls[i].act),
				  h->other, calls[i].body, NULL);
		json_object_del(foreign, "instance");
		json_object_del(absent, "instance");
		assert_true(json_equal(foreign, absent));
		json_decref(foreign);
		json_decref(absent);
		/* Another kind's id, too. */
		absent = ask_json(h, 404, calls[i].method,
				  path_to(h, path, calls[i].folder, ID_PERSON,
					  id, calls[i].act),
				  h->desk, calls[i].body, NULL);
		json_decref(absent);
	}
}

static void a_helpdesk_sees_only_what_the_policy_lets_it(void **state)
{
	struct api_house *h = *state;
	char path[128];
	json_t *v, *one;

	v = ask_json(h, 200, "GET",
		     path_to(h, path, "conversations", ID_CONVERSATION,
			     h->conversation, "?limit=10"),
		     h->desk, NULL, NULL);
	one = json_array_get(json_object_get(v, "messages"), 0);
	assert_string_equal(text_in(one, "text"), "Wo ist mein Paket?");
	one = json_object_get(v, "person");
	assert_true(json_is_null(json_object_get(one, "name")));
	assert_true(json_is_null(json_object_get(one, "address")));
	assert_int_equal(strncmp(text_in(one, "alias"), "Kunde ", 6), 0);
	json_decref(v);
	(void)house_inbound(h, h->foreign, "{\"text\":\"Geheim\"}");
	v = ask_json(
	    h, 200, "GET",
	    path_to(h, path, "conversations", ID_CONVERSATION, h->foreign, ""),
	    h->other, NULL, NULL);
	one = json_array_get(json_object_get(v, "messages"), 0);
	assert_true(json_is_null(json_object_get(one, "text")));
	assert_string_equal(text_in(one, "content"), "hidden");
	json_decref(v);
}

static void a_reaction_and_a_read_receipt_name_the_providers_id(void **state)
{
	struct api_house *h = *state;
	struct id_text id;
	char path[128], body[128];

	id_format(&h->w.mask, ID_MESSAGE, h->inbound, &id);
	(void)snprintf(body, sizeof(body),
		       "{\"message\":\"%s\",\"emoji\":\"ok\"}", id.text);
	json_decref(post(h, 202, "/reactions", body));
	assert_int_equal(house_count(h, "SELECT COUNT(*) FROM message WHERE"
					" kind='reaction' AND target IS NOT"
					" NULL"),
			 1);
	json_decref(ask_json(
	    h, 202, "POST",
	    path_to(h, path, "messages", ID_MESSAGE, h->inbound, "/read"),
	    h->desk, NULL, NULL));
	assert_int_equal(
	    house_count(h, "SELECT COUNT(*) FROM outbox WHERE type='read'"), 1);
	(void)snprintf(body, sizeof(body),
		       "{\"text\":\"Morgen\",\"reply_to\":\"%s\"}", id.text);
	json_decref(post(h, 202, "/messages", body));
}

static void closing_keeps_its_first_time_and_stops_replies(void **state)
{
	struct api_house *h = *state;
	json_t *first = post(h, 200, "/close", NULL), *second;

	atomic_store(&h->ahead_ms, 60000);
	second = post(h, 200, "/close", NULL);
	assert_true(json_equal(first, second));
	json_decref(first);
	json_decref(second);
	second = post(h, 409, "/messages", TEXT_BODY);
	assert_string_equal(text_in(second, "type"),
			    "urn:postern:problem:closed");
	json_decref(second);
	json_decref(post(h, 200, "/reopen", NULL));
	json_decref(post(h, 202, "/messages", TEXT_BODY));
}

static void a_tag_must_be_in_the_policy_and_concerns_later_messages(
    void **state)
{
	struct api_house *h = *state;

	json_decref(post(h, 400, "/tags", "{\"datenart\":\"NOPE\"}"));
	json_decref(post(h, 400, "/tags", "{}"));
	json_decref(post(h, 200, "/tags", "{\"datenart\":\"BIZ\"}"));
	json_decref(post(h, 202, "/messages", TEXT_BODY));
	assert_int_equal(house_count(h, "SELECT COUNT(*) FROM message WHERE"
					" direction='out' AND datenart='BIZ'"),
			 1);
	assert_int_equal(house_count(h, "SELECT COUNT(*) FROM message WHERE"
					" direction='in' AND datenart='MSG'"),
			 1);
}

/* --- attachments ---------------------------------------------------------- */

static struct answer upload(struct api_house *h, const char *headers,
			    const void *bytes, size_t len)
{
	char path[128];

	return ask(
	    h, (struct call){.method = "POST",
			     .path = path_to(h, path, "conversations",
					     ID_CONVERSATION, h->conversation,
					     "/attachments"),
			     .token = h->desk,
			     .headers = headers,
			     .body = bytes,
			     .body_len = len});
}

static uint8_t *some_bytes(size_t len)
{
	uint8_t *bytes = malloc(len);

	assert_non_null(bytes);
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i * 31 + i / 251);
	return bytes;
}

static void an_upload_comes_back_as_it_went_and_only_as_a_download(void **state)
{
	/* around the size of one piece, and several */
	static const size_t sizes[] = {1, 262143, 262144, 262145, 900000};
	struct api_house *h = *state;
	char path[128];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		uint8_t *bytes = some_bytes(sizes[i]);
		struct answer a =
		    upload(h,
			   "Content-Type: text/html\r\nPostern-File-Name: "
			   "UTF-8''..%2FAngebot%20M%C3%A4rz.html\r\n",
			   bytes, sizes[i]);
		json_t *v;

		assert_int_equal(a.status, 201);
		v = json_loadb(a.body, a.body_len, 0, NULL);
		(void)snprintf(path, sizeof(path), "/v1/attachments/%s",
			       text_in(v, "attachment"));
		json_decref(v);
		answer_free(&a);
		a = ask(h, (struct call){.method = "GET",
					 .path = path,
					 .token = h->desk});
		assert_int_equal(a.status, 200);
		assert_int_equal(a.body_len, sizes[i]);
		assert_memory_equal(a.body, bytes, sizes[i]);
		assert_non_null(
		    strstr(a.text, "X-Content-Type-Options: nosniff"));
		assert_non_null(strstr(a.text, "; sandbox"));
		assert_non_null(strstr(
		    a.text, "Content-Disposition: attachment; filename=\"___"));
		assert_non_null(strstr(a.text, "M%C3%A4rz.html"));
		answer_free(&a);
		free(bytes);
	}
}

static void an_upload_is_sealed_on_disk_and_can_be_sent_once(void **state)
{
	struct api_house *h = *state;
	uint8_t *bytes = some_bytes(300000);
	struct answer a =
	    upload(h, "Content-Type: image/jpeg\r\n", bytes, 300000);
	json_t *v = json_loadb(a.body, a.body_len, 0, NULL);
	char body[160];

	assert_int_equal(a.status, 201);
	(void)snprintf(body, sizeof(body),
		       "{\"text\":\"Hier\",\"attachments\":[{\"id\":\"%s\"}]}",
		       text_in(v, "attachment"));
	json_decref(post(h, 202, "/messages", body));
	json_decref(post(h, 400, "/messages", body));
	assert_int_equal(house_count(h, "SELECT COUNT(*) FROM attachment WHERE"
					" state='outgoing' AND message IS NOT"
					" NULL AND datenart='MEDIA'"),
			 1);
	json_decref(v);
	answer_free(&a);
	free(bytes);
}

static void uploads_are_refused_too_large_unmeasured_or_empty(void **state)
{
	struct api_house *h = *state;
	uint8_t *bytes = some_bytes(1024 * 1024 + 1);
	struct answer a;
	char path[128], head[512];
	int fd;

	a = upload(h, "Content-Type: image/png\r\n", bytes, 1024 * 1024 + 1);
	assert_int_equal(a.status, 413);
	answer_free(&a);
	a = upload(h, "Content-Type: image/png\r\n", bytes, 1024 * 1024);
	assert_int_equal(a.status, 201);
	answer_free(&a);
	a = upload(h, "Content-Type: image/png\r\n", "", 0);
	assert_int_equal(a.status, 400);
	answer_free(&a);
	a = upload(h, "Postern-File-Name: UTF-8''%ff\r\n", "x", 1);
	assert_int_equal(a.status, 400);
	answer_free(&a);
	fd = talk_open(h, false);
	(void)snprintf(
	    head, sizeof(head),
	    "POST %s HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer "
	    "%s\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	    path_to(h, path, "conversations", ID_CONVERSATION, h->conversation,
		    "/attachments"),
	    h->desk);
	talk_send(fd, head, strlen(head));
	a = talk_read(fd);
	assert_int_equal(a.status, 411);
	answer_free(&a);
	free(bytes);
}

/* Folders below media/ with something in them. */
static int files_in_media(struct api_house *h)
{
	char path[320];
	int n = 0;

	for (int i = 0; i < 256; i++) {
		(void)snprintf(path, sizeof(path), "%s/media/%02x",
			       h->keeper.dir, i);
		/* An empty folder can be removed, another one cannot. */
		if (access(path, F_OK) == 0 && rmdir(path) != 0)
			n++;
	}
	return n;
}

static void an_upload_that_breaks_off_leaves_nothing(void **state)
{
	struct api_house *h = *state;
	uint8_t *bytes = some_bytes(300000);
	char path[128], head[512];
	int fd = talk_open(h, false);

	(void)snprintf(
	    head, sizeof(head),
	    "POST %s HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer "
	    "%s\r\nIdempotency-Key: k\r\nContent-Length: 900000\r\n"
	    "\r\n",
	    path_to(h, path, "conversations", ID_CONVERSATION, h->conversation,
		    "/attachments"),
	    h->desk);
	talk_send(fd, head, strlen(head));
	talk_send(fd, bytes, 300000);
	for (int i = 0; i < 100 && house_count(h, "SELECT COUNT(*) FROM"
						  " idempotency") != 1;
	     i++)
		(void)usleep(10000);
	(void)close(fd);
	/* An end that comes during a suspension is noticed by the time-out of
	 * idle connections, 10 s. */
	for (int i = 0; i < 1500 && house_count(h, "SELECT COUNT(*) FROM"
						   " idempotency") != 0;
	     i++)
		(void)usleep(10000);
	assert_int_equal(house_count(h, "SELECT COUNT(*) FROM idempotency"), 0);
	assert_int_equal(house_count(h, "SELECT COUNT(*) FROM attachment"), 0);
	assert_int_equal(files_in_media(h), 0);
	free(bytes);
}

static void an_upload_repeated_with_its_key_is_kept_once(void **state)
{
	struct api_house *h = *state;
	uint8_t *bytes = some_bytes(400000);
	const char *headers =
	    "Content-Type: image/png\r\nIdempotency-Key: u1\r\n";
	struct answer a = upload(h, headers, bytes, 400000),
		      b = upload(h, headers, bytes, 400000), c;

	assert_int_equal(a.status, 201);
	assert_int_equal(b.status, 201);
	assert_string_equal(a.body, b.body);
	assert_non_null(strstr(b.text, "Idempotency-Replayed: true"));
	bytes[399999] ^= 1;
	c = upload(h, headers, bytes, 400000);
	assert_int_equal(c.status, 422);
	assert_int_equal(house_count(h, "SELECT COUNT(*) FROM attachment"), 1);
	answer_free(&a);
	answer_free(&b);
	answer_free(&c);
	free(bytes);
}

#define IN_HOUSE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_HOUSE(a_reply_is_sealed_and_queued),
	    IN_HOUSE(unknown_members_are_refused_by_name),
	    IN_HOUSE(bodies_that_do_not_fit_are_refused),
	    IN_HOUSE(
		a_closed_window_is_409_and_a_template_the_channel_lacks_too),
	    IN_HOUSE(a_withdrawn_purpose_is_403_with_the_reason),
	    IN_HOUSE(foreign_and_made_up_ids_get_the_same_404),
	    IN_HOUSE(a_helpdesk_sees_only_what_the_policy_lets_it),
	    IN_HOUSE(a_reaction_and_a_read_receipt_name_the_providers_id),
	    IN_HOUSE(closing_keeps_its_first_time_and_stops_replies),
	    IN_HOUSE(a_tag_must_be_in_the_policy_and_concerns_later_messages),
	    IN_HOUSE(an_upload_comes_back_as_it_went_and_only_as_a_download),
	    IN_HOUSE(an_upload_is_sealed_on_disk_and_can_be_sent_once),
	    IN_HOUSE(uploads_are_refused_too_large_unmeasured_or_empty),
	    IN_HOUSE(an_upload_that_breaks_off_leaves_nothing),
	    IN_HOUSE(an_upload_repeated_with_its_key_is_kept_once),
	};

	assert(sodium_init() >= 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
