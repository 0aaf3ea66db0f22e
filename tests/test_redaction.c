/* test_redaction.c - what the policy takes out of texts is not in the archive,
 * and what was there is on record by its kind.
 *
 * Proves: compliance 9 (data minimisation, Art. 5(1)(c), 25(2) GDPR). */
#include "receive_house.h"

#include "worker/redaction.h"

#define IBAN  "DE89 3704 0044 0532 0130 00"
#define CARD  "4111 1111 1111 1111"
#define MAIL  "anna@beispiel.example"
#define OTHER "KD-123456"

#define REDACT                                                                \
	HOUSE_POLICY_HEAD                                                     \
	"channels:\n  shop: {purpose: support, data: MSG}\n"                  \
	"  other: {purpose: support, data: MSG}\n" HOUSE_POLICY_DESK          \
	"patterns: {kundennummer: \"KD-######\"}\n"                           \
	"redact:\n"                                                           \
	"  - {find: iban, before: [store]}\n"                                 \
	"  - {find: card, before: [forward]}\n"                               \
	"  - {find: kundennummer, before: [store, forward], channels: [shop]" \
	"}\n"                                                                 \
	"  - {find: email, before: [store], channels: [other]}\n"

static void text_is(struct house *h, const char *where, const char *text)
{
	static const char head[] =
	    "SELECT id,key_person,datenart,year,content_sealed FROM message"
	    " WHERE ";
	char sql[256];

	(void)snprintf(sql, sizeof(sql), "%s%s", head, where);
	content_is(content_of(h, sql), "text", text);
}

static void names_are(struct house *h, const char *first, const char *second)
{
	json_t *content = CONTENT(h, "1=1"), *list;

	list = json_object_get(content, "redacted");
	assert_int_equal(json_array_size(list),
			 (first != NULL) + (second != NULL));
	if (first != NULL)
		assert_string_equal(json_string_value(json_array_get(list, 0)),
				    first);
	if (second != NULL)
		assert_string_equal(json_string_value(json_array_get(list, 1)),
				    second);
	json_decref(content);
}

static int64_t tags(struct house *h)
{
	return house_number(h, "SELECT tags FROM message");
}

/* Lines of the reasons with this code. */
static size_t whys(struct house *h, const char *code)
{
	json_t *content = CONTENT(h, "1=1"), *why, *one;
	size_t i, n = 0;

	why = json_object_get(content, "why");
	for (i = 0; (one = json_array_get(why, i)) != NULL; i++)
		if (strcmp(json_string_value(json_object_get(one, "code")),
			   code) == 0) {
			assert_true(json_integer_value(
					json_object_get(one, "line")) > 10);
			n++;
		}
	json_decref(content);
	return n;
}

static void before_store_the_original_is_not_sealed_either(void **state)
{
	struct house *h = *state;

	house_use(h, REDACT);
	house_body(h, "message,id=m1,strong=S1,type=text,text=Konto " IBAN
		      " und " OTHER " bitte");
	house_receive(h);
	text_is(h, "1=1", "Konto [IBAN] und [KUNDENNUMMER] bitte");
	names_are(h, "iban", "kundennummer");
	assert_int_equal(whys(h, "redact.store"), 2);
	assert_int_equal(whys(h, "redact.forward"), 0);
}

static void before_forward_the_archive_keeps_it(void **state)
{
	struct house *h = *state;

	house_use(h, REDACT);
	house_body(h, "message,id=m1,strong=S1,type=text,text=Karte " CARD);
	house_receive(h);
	text_is(h, "1=1", "Karte " CARD);
	names_are(h, NULL, NULL);
	assert_int_equal(whys(h, "redact.forward"), 1);
	assert_int_equal(whys(h, "redact.store"), 0);
	assert_int_equal(tags(h), MSG_TAG_FOUND(FIND_CARD));
}

static void what_was_there_is_on_record_also_when_nothing_is_taken(void **state)
{
	struct house *h = *state;

	house_body(h, "message,id=m1,strong=S1,type=text,text=" IBAN " " MAIL
		      " " OTHER);
	house_receive(h);
	text_is(h, "1=1", IBAN " " MAIL " " OTHER);
	names_are(h, NULL, NULL);
	assert_int_equal(whys(h, "redact.store"), 0);
	assert_int_equal(tags(h) & (MSG_TAG_FOUND(FIND_IBAN) |
				    MSG_TAG_FOUND(FIND_EMAIL) |
				    MSG_TAG_FOUND(FIND_TAX_ID) |
				    MSG_TAG_FOUND(FIND_PATTERN)),
			 MSG_TAG_FOUND(FIND_IBAN) | MSG_TAG_FOUND(FIND_EMAIL));
}

static void a_pattern_of_the_policy_has_a_tag_of_its_own(void **state)
{
	struct house *h = *state;

	house_use(h, REDACT);
	house_body(h, "message,id=m1,strong=S1,type=text,text=" OTHER);
	house_receive(h);
	assert_int_equal(tags(h), MSG_TAG_FOUND(FIND_PATTERN));
}

static void plain_texts_have_no_tags(void **state)
{
	struct house *h = *state;

	house_use(h, REDACT);
	house_body(h, "message,id=m1,strong=S1,type=text,text=am 14.02. um 9");
	house_receive(h);
	text_is(h, "1=1", "am 14.02. um 9");
	assert_int_equal(tags(h), 0);
}

static void a_rule_of_another_channel_takes_nothing(void **state)
{
	struct house *h = *state;

	house_use(h, REDACT);
	house_body(h, "message,id=m1,strong=S1,type=text,text=" MAIL);
	house_receive(h);
	text_is(h, "1=1", MAIL);
	assert_int_equal(tags(h), MSG_TAG_FOUND(FIND_EMAIL));
}

static void a_button_pressed_is_a_text(void **state)
{
	struct house *h = *state;

	house_use(h, REDACT);
	house_body(h, "postback,id=m1,strong=S1,payload=" OTHER);
	house_receive(h);
	text_is(h, "1=1", "[KUNDENNUMMER]");
}

/* A sealed member of a row, opened. */
static json_t *opened(struct house *h, const char *sql, enum seal_field field)
{
	struct keeper_batch *k = NULL;
	struct store_rows *rows = NULL;
	struct key_ref key = {0};
	struct store_value v;
	const uint8_t *clear = NULL;
	struct err err = {0};
	size_t len = 0, slot;
	json_t *json;
	int64_t id;

	assert_int_equal(
	    store_start(h->w.store, sql, STORE_NO_ARGS, &rows, &err), 0);
	assert_int_equal(store_step(h->w.store, rows, &err), 1);
	id = store_column(h->w.store, rows, 0).num;
	key.person = store_column(h->w.store, rows, 1).num;
	v = store_column(h->w.store, rows, 2);
	assert_true(name_set(&key.datenart, v.bytes, v.len));
	key.year = (uint16_t)store_column(h->w.store, rows, 3).num;
	v = store_column(h->w.store, rows, 4);
	assert_int_equal(keeper_batch_new(h->w.keeper, &k, &err), 0);
	slot = keeper_add_open(k, &key, id, field, v.bytes, v.len);
	store_finish(h->w.store, &rows);
	assert_int_equal(keeper_run(k, &err), 0);
	assert_int_equal(keeper_result(k, slot, &clear, &len, &err), 0);
	json = json_loadb((const char *)clear, len, 0, NULL);
	keeper_batch_free(&k);
	assert_non_null(json);
	return json;
}

static void names_of_files_and_senders_are_texts(void **state)
{
	struct house *h = *state;

	house_use(h, REDACT);
	house_body(h, "message,id=m1,strong=S1,type=document,media=4711,"
		      "file=Beleg " OTHER ".pdf,name=Anna " OTHER ",text=x");
	house_receive(h);
	content_is(opened(h,
			  "SELECT id,key_person,datenart,year,media_sealed"
			  " FROM attachment",
			  FIELD_MEDIA),
		   "name", "Beleg [KUNDENNUMMER].pdf");
	content_is(opened(h,
			  "SELECT id,id,'CONTACT',year,profile_sealed FROM"
			  " person",
			  FIELD_PROFILE),
		   "name", "Anna [KUNDENNUMMER]");
	names_are(h, "kundennummer", NULL);
	/* The provider's number of the medium is no text. */
	content_is(opened(h,
			  "SELECT id,key_person,datenart,year,media_sealed"
			  " FROM attachment",
			  FIELD_MEDIA),
		   "id", "4711");
}

static void an_edit_is_redacted_like_what_it_replaces(void **state)
{
	struct house *h = *state;

	house_use(h, REDACT);
	house_body(h, "message,id=m1,strong=S1,type=text,text=" CARD);
	house_receive(h);
	house_body(h, "edit,id=e1,strong=S1,target=m1,text=nein: " IBAN);
	house_receive(h);
	text_is(h, "1=1", "nein: [IBAN]");
	names_are(h, "iban", NULL);
	assert_true((tags(h) & MSG_TAG_FOUND(FIND_IBAN)) != 0);
	assert_int_equal(tags(h) & MSG_TAG_FOUND(FIND_CARD), 0);
}

static void an_edit_that_stands_alone_is_too(void **state)
{
	struct house *h = *state;

	house_use(h, REDACT);
	house_body(h, "edit,id=e1,strong=S1,target=m9,text=nein: " IBAN);
	house_receive(h);
	text_is(h, "1=1", "nein: [IBAN]");
}

/* The same body twice: known again by what it said, not by what is left. */
static void a_repeated_body_is_still_a_duplicate(void **state)
{
	struct house *h = *state;
	static const char body[] = "postback,strong=S1,payload=" OTHER;

	house_use(h, REDACT);
	house_body(h, body);
	house_body(h, body);
	house_receive(h);
	assert_int_equal(h->w.counts.duplicates, 1);
}

static void shown_texts_lack_what_either_moment_names(void **state)
{
	struct house *h = *state;
	struct buf shown = BUF_INIT(4096);
	struct redaction r;
	static const char text[] = IBAN " " CARD " " MAIL " " OTHER;
	static const char plain[] = "um 14 Uhr";

	house_use(h, REDACT);
	redaction_shown(h->policy, &h->channel.name, &r);
	assert_int_equal(r.len, 3); /* the pattern counts once */
	assert_int_equal(redaction_mask(&r, text, strlen(text), &shown, NULL),
			 1);
	assert_string_equal(buf_text(&shown),
			    "[IBAN] [KARTENNUMMER] " MAIL " [KUNDENNUMMER]");
	for (size_t i = 0; i < r.len; i++)
		assert_int_equal(r.counts[i], 1);
	assert_int_equal(redaction_mask(&r, plain, strlen(plain), &shown, NULL),
			 0);
	assert_int_equal(redaction_mask(&r, NULL, 0, &shown, NULL), 0);
	buf_free(&shown);
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(before_store_the_original_is_not_sealed_either),
	    CASE(before_forward_the_archive_keeps_it),
	    CASE(what_was_there_is_on_record_also_when_nothing_is_taken),
	    CASE(a_pattern_of_the_policy_has_a_tag_of_its_own),
	    CASE(plain_texts_have_no_tags),
	    CASE(a_rule_of_another_channel_takes_nothing),
	    CASE(a_button_pressed_is_a_text),
	    CASE(names_of_files_and_senders_are_texts),
	    CASE(an_edit_is_redacted_like_what_it_replaces),
	    CASE(an_edit_that_stands_alone_is_too),
	    CASE(a_repeated_body_is_still_a_duplicate),
	    CASE(shown_texts_lack_what_either_moment_names),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests_name(
				       "redaction", tests, NULL, NULL);
}
