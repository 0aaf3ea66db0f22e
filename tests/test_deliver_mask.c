/* test_deliver_mask.c - what a helpdesk reads in place of numbers and
 * addresses, from the archive and from memory.
 *
 * Proves: assurance P6 (cut to what it may see). */
#include "deliver_house.h"
#include "worker/decide.h"
#include "worker/deliver_note.h"

#define DESK (&dh.desks[0])
#define BACK (&dh.desks[1])
#define IBAN "DE89 3704 0044 0532 0130 00"
#define CARD "4111 1111 1111 1111"

static const char masking[] =
    "policy: shop\nversion: 1\n"
    "purposes:\n  support: {basis: contract}\n"
    "data:\n"
    "  MSG: {from: process_end, keep: P30D, delete: P90D}\n"
    "  MEDIA: {from: process_end, delete: P90D}\n"
    "  RAW: {from: collection, delete: P3D}\n"
    "channels:\n  shop: {purpose: support, data: MSG}\n"
    "helpdesks:\n  desk: {sees: [text, attachments], person: alias}\n"
    "  back: {sees: [text, attachments], person: address}\n"
    "  blind: {sees: [], person: name}\n"
    "redact:\n"
    "  - {find: iban, before: [forward]}\n"
    "  - {find: card, before: [store]}\n"
    "  - {find: phone, before: [forward]}\n";

static int make(void **state)
{
	struct diag *diag = calloc(1, sizeof(*diag));

	if (dh_make(state) != 0)
		return -1;
	diag_init(diag, "policy.yaml");
	policy_free(&dh.policy);
	assert_int_equal(policy_parse((const uint8_t *)masking,
				      sizeof(masking) - 1, diag, &dh.policy),
			 0);
	dh.w.policy = dh.policy;
	free(diag);
	return 0;
}

/* The names in data.redacted of the n-th body, with blanks between. */
static const char *redacted(const struct desk *d, size_t n, char ret[256])
{
	json_t *root = json_loads(d->bodies[n], 0, NULL), *list, *one;
	size_t i, used = 0;

	assert_non_null(root);
	list = json_object_get(json_object_get(root, "data"), "redacted");
	assert_true(json_is_array(list));
	ret[0] = '\0';
	for (i = 0; (one = json_array_get(list, i)) != NULL; i++)
		used +=
		    (size_t)snprintf(ret + used, 256 - used, "%s%s",
				     i > 0 ? " " : "", json_string_value(one));
	json_decref(root);
	return ret;
}

static void numbers_are_masked_and_named(void **state)
{
	char said[256];

	(void)state;
	(void)dh_tell("desk", dh_conversation("desk"), "Konto " IBAN " ok");
	dh_run();
	assert_string_equal(dh_said(DESK, 0, "text", said), "Konto [IBAN] ok");
	assert_string_equal(redacted(DESK, 0, said), "iban");
}

/* Written before the policy took it out of what is stored. */
static void older_texts_are_masked_too(void **state)
{
	char said[256];

	(void)state;
	(void)dh_tell("desk", dh_conversation("desk"), CARD " und " IBAN);
	dh_run();
	assert_string_equal(dh_said(DESK, 0, "text", said),
			    "[KARTENNUMMER] und [IBAN]");
	assert_null(strstr(DESK->bodies[0], "4111"));
	assert_string_equal(redacted(DESK, 0, said), "card iban");
}

static void a_text_without_any_is_left_alone(void **state)
{
	char said[256];

	(void)state;
	(void)dh_tell("desk", dh_conversation("desk"), "um 14 Uhr");
	dh_run();
	assert_string_equal(dh_said(DESK, 0, "text", said), "um 14 Uhr");
	assert_string_equal(redacted(DESK, 0, said), "");
}

static void what_was_taken_out_before_is_named(void **state)
{
	static const char sql[] =
	    "UPDATE message SET content_sealed=? WHERE id=?";
	int64_t c = dh_conversation("desk"), m = dh_message(c, "x");
	struct keeper_batch *batch = NULL;
	char said[256];

	(void)state;
	dh_sql(sql, STORE_ARGS(dh_seal(dh_person_of(c), "MSG", m, FIELD_CONTENT,
				       "{\"text\":\"[KVNR] " IBAN
				       "\",\"redacted\":[\"kvnr\",\"iban\"]}",
				       &batch),
			       S_INT(m)));
	keeper_batch_free(&batch);
	(void)dh_row("desk", c, m, "message.received", NULL);
	dh_run();
	assert_string_equal(dh_said(DESK, 0, "text", said), "[KVNR] [IBAN]");
	assert_string_equal(redacted(DESK, 0, said), "kvnr iban");
}

static void names_are_masked_but_addresses_are_not(void **state)
{
	static const char sql[] =
	    "UPDATE person SET profile_sealed=? WHERE id=?";
	int64_t c = dh_conversation("back"), p = dh_person_of(c);
	struct keeper_batch *batch = NULL;
	char said[256];

	(void)state;
	dh_sql(sql,
	       STORE_ARGS(dh_seal(p, "CONTACT", p, FIELD_PROFILE,
				  "{\"name\":\"Erika 030 1234567\"}", &batch),
			  S_INT(p)));
	keeper_batch_free(&batch);
	(void)dh_tell("back", c, "x");
	dh_run();
	assert_string_equal(dh_said(BACK, 0, "name", said), "Erika [TELEFON]");
	assert_string_equal(dh_said(BACK, 0, "address", said), "+4930123456");
	assert_string_equal(redacted(BACK, 0, said), "phone");
}

static void names_of_files_are_masked(void **state)
{
	static const char sql[] =
	    "INSERT INTO attachment(id,message,conversation,key_person,channel,"
	    "datenart,year,state,bytes,media_sealed,created_ms)"
	    " VALUES(?,?,?,?,'shop','MEDIA',2026,'kept',5,?,1)";
	int64_t c = dh_conversation("desk"), m = dh_message(c, "x");
	int64_t a = ++dh.next_id, p = dh_person_of(c);
	struct keeper_batch *batch = NULL;

	(void)state;
	dh_sql(sql, STORE_ARGS(S_INT(a), S_INT(m), S_INT(c), S_INT(p),
			       dh_seal(p, "MEDIA", a, FIELD_MEDIA,
				       "{\"name\":\"" CARD ".pdf\"}", &batch)));
	keeper_batch_free(&batch);
	(void)dh_row("desk", c, m, "message.received", NULL);
	dh_run();
	assert_non_null(strstr(DESK->bodies[0], "\"[KARTENNUMMER].pdf\""));
	assert_null(strstr(DESK->bodies[0], "4111"));
}

static void from_memory_it_is_the_same(void **state)
{
	static const char names[] = "kvnr\0kundennummer";
	int64_t c = dh_conversation("desk"), m = dh_message(c, "not this");
	int64_t row = dh_row("desk", c, m, "message.received", NULL);
	struct name kind = {.text = "text"}, channel = {.text = "shop"};
	const struct archived what = {
	    .row = row,
	    .conversation = c,
	    .person = dh_person_of(c),
	    .message = m,
	    .at_ms = NOW_MS,
	    .type = "message.received",
	    .kind = &kind,
	    .channel = &channel,
	    .text = "Konto " IBAN,
	    .text_len = strlen("Konto " IBAN),
	    .redacted = names,
	    .redacted_len = sizeof(names),
	    .datenart = {.text = "MSG"},
	    .outcome = MSG_FORWARDED,
	};
	char said[256];

	(void)state;
	deliver_keep(&dh.w, "desk", &what);
	assert_int_equal(dh.w.deliver->kept.live, 1);
	dh_run();
	assert_string_equal(dh_said(DESK, 0, "text", said), "Konto [IBAN]");
	assert_string_equal(redacted(DESK, 0, said), "kvnr kundennummer iban");
}

/* What was looked through under this policy is not looked through again; what
 * was under another one is. */
static void a_text_is_looked_through_once_for_each_policy(void **state)
{
	static const char *const want[] = {"Konto " IBAN, "Konto [IBAN]"};
	struct name kind = {.text = "text"}, channel = {.text = "shop"};
	char said[256];

	(void)state;
	for (int i = 0; i < 2; i++) {
		int64_t c = dh_conversation("desk"), m = dh_message(c, "x");
		const struct archived what = {
		    .row = dh_row("desk", c, m, "message.received", NULL),
		    .conversation = c,
		    .person = dh_person_of(c),
		    .message = m,
		    .at_ms = NOW_MS,
		    .type = "message.received",
		    .kind = &kind,
		    .channel = &channel,
		    .text = "Konto " IBAN,
		    .text_len = strlen("Konto " IBAN),
		    .clean_by = decide_policy_number(&dh.w) + i,
		    .datenart = {.text = "MSG"},
		    .outcome = MSG_FORWARDED,
		};

		deliver_keep(&dh.w, "desk", &what);
		dh_run();
		assert_string_equal(dh_said(DESK, (size_t)i, "text", said),
				    want[i]);
	}
}

/* --- odd rows ------------------------------------------------------------- */

static int64_t sealed_message(int64_t conversation, const char *content)
{
	static const char sql[] =
	    "UPDATE message SET content_sealed=? WHERE id=?";
	int64_t m = dh_message(conversation, "x");
	struct keeper_batch *batch = NULL;

	dh_sql(sql, STORE_ARGS(dh_seal(dh_person_of(conversation), "MSG", m,
				       FIELD_CONTENT, content, &batch),
			       S_INT(m)));
	keeper_batch_free(&batch);
	return m;
}

static void names_that_are_none_or_too_many_are_left_out(void **state)
{
	char content[2048] = "{\"text\":\"x\",\"redacted\":[5";
	int64_t c = dh_conversation("desk");
	size_t len, count = 0;
	const char *at;

	(void)state;
	for (int i = 0; i < REDACTED_MAX + 3; i++) {
		len = strlen(content);
		(void)snprintf(content + len, sizeof(content) - len, ",\"n%d\"",
			       i);
	}
	len = strlen(content);
	(void)snprintf(content + len, sizeof(content) - len, "]}");
	(void)dh_row("desk", c, sealed_message(c, content), "message.received",
		     NULL);
	dh_run();
	assert_int_equal(DESK->len, 1);
	for (at = DESK->bodies[0]; (at = strstr(at, "\"n")) != NULL; at++)
		count += at[2] >= '0' && at[2] <= '9';
	assert_int_equal(count, REDACTED_MAX);
}

static void what_its_sender_had_masked_is_told_no_more(void **state)
{
	int64_t c = dh_conversation("desk"), m = dh_message(c, "x");

	(void)state;
	dh_sql("UPDATE message SET state='masked' WHERE id=?",
	       STORE_ARGS(S_INT(m)));
	(void)dh_row("desk", c, m, "message.received", NULL);
	dh_run();
	assert_int_equal(DESK->len, 0);
	assert_int_equal(COUNT_OF("outbox"), 0);
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, make, dh_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(numbers_are_masked_and_named),
	    CASE(older_texts_are_masked_too),
	    CASE(a_text_without_any_is_left_alone),
	    CASE(what_was_taken_out_before_is_named),
	    CASE(names_are_masked_but_addresses_are_not),
	    CASE(names_of_files_are_masked),
	    CASE(from_memory_it_is_the_same),
	    CASE(a_text_is_looked_through_once_for_each_policy),
	    CASE(names_that_are_none_or_too_many_are_left_out),
	    CASE(what_its_sender_had_masked_is_told_no_more),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests_name(
				       "deliver mask", tests, NULL, NULL);
}
