/* test_change.c - what its sender changes or takes back is forgotten, masked
 * or kept, as the channel says.
 *
 * Proves: compliance 9 (Art. 17 GDPR), channels.md 1.6. */
#include "receive_house.h"

#define BEFORE                                                       \
	"policy: shop\nversion: 1\n"                                 \
	"purposes:\n  support: {basis: contract, special: health_"   \
	"care}\n"                                                    \
	"data:\n"                                                    \
	"  MSG: {from: process_end, keep: P30D, delete: P90D}\n"     \
	"  PROOF: {from: collection, delete: P3Y}\n"                 \
	"  SECRET: {from: collection, delete: P3Y}\n"                \
	"  HEALTH: {from: process_end, delete: P90D, special: true}" \
	"\n"                                                         \
	"  MEDIA: {from: process_end, delete: P90D}\n"               \
	"  RAW: {from: collection, delete: P3D}\n"                   \
	"special:\n  - {words: [Diagnose], data: HEALTH}\n"          \
	"channels:\n  shop: {purpose: support, data: MSG"
#define AFTER                                                               \
	"}\nhelpdesks:\n  desk: {sees: [text, attachments], data: [MSG, PR" \
	"OOF]}\n"

#define MASK_BOTH BEFORE ", on_delete: mask, on_edit: mask" AFTER
#define KEEP_PROOF                                                          \
	BEFORE                                                              \
	", on_delete: {keep: legal_obligation, as: PROOF}, on_edit: {keep:" \
	" legal_obligation, as: PROOF}" AFTER
#define KEEP_SECRET \
	BEFORE ", on_delete: {keep: legal_obligation, as: SECRET}" AFTER

static void text_of(struct house *h, const char *where, const char *text)
{
	static const char head[] =
	    "SELECT id,key_person,datenart,year,content_sealed FROM message"
	    " WHERE ";
	char sql[256];

	(void)snprintf(sql, sizeof(sql), "%s%s", head, where);
	content_is(content_of(h, sql), "text", text);
}

static void told(struct house *h, const char *type, const char *detail)
{
	static const char sql[] =
	    "SELECT count(*) FROM outbox WHERE type=? AND detail IS ?";
	struct err err = {0};
	int64_t n = 0;
	bool found = false;

	assert_int_equal(store_one_int(h->w.store, sql,
				       STORE_ARGS(S_TEXT(type), S_TEXT(detail)),
				       &n, &found, &err),
			 0);
	assert_int_equal(n, 1);
}

static void come(struct house *h, const char *policy, const char *body)
{
	house_use(h, policy);
	house_body(h, hello);
	house_receive(h);
	house_body(h, body);
	house_receive(h);
}

static const char deletion[] = "delete,id=d1,strong=S1,target=m1";
static const char edit[] = "edit,id=e1,strong=S1,target=m1,text=neu";

/* --- deleted -------------------------------------------------------------- */

static void forgotten_is_gone(void **state)
{
	struct house *h = *state;

	come(h, BEFORE AFTER, deletion);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='deleted' AND"
					" content_sealed IS NULL"),
			 1);
	told(h, "message.deleted", "forgotten");
	assert_false(h->w.receive->log_dirty);
}

static void masked_stays_sealed_and_untold(void **state)
{
	struct house *h = *state;

	come(h, MASK_BOTH, deletion);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='masked' AND"
					" datenart='MSG'"),
			 1);
	text_of(h, "1=1", CANARY);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 1);
	told(h, "message.deleted", "masked");
	/* Not once more, and no edit brings it back. */
	house_body(h, "delete,id=d2,strong=S1,target=m1");
	house_body(h, edit);
	house_receive(h);
	text_of(h, "1=1", CANARY);
	told(h, "message.deleted", "masked");
}

#define LETTERS                                                               \
	"policy: shop\nversion: 1\npurposes:\n  support: {basis: contract}\n" \
	"data:\n  LETTER: {from: collection, statutory: {norm:"               \
	" HGB_Handelsbrief_6}}\n"                                             \
	"  MEDIA: {from: process_end, delete: P90D}\n"                        \
	"  RAW: {from: collection, delete: P3D}\n"                            \
	"channels:\n  shop: {purpose: support, data: "                        \
	"LETTER}\n" HOUSE_POLICY_DESK

/* Also where both come in one batch. */
static void a_letter_is_hidden_and_kept(void **state)
{
	struct house *h = *state;

	come(h, LETTERS, deletion);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='masked' AND"
					" content_sealed IS NOT NULL"),
			 1);
	told(h, "message.deleted", "masked");
	house_body(h, "message,id=m2,strong=S1,type=text,text=x\n"
		      "delete,id=d2,strong=S1,target=m2");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE content_sealed IS NOT"
					" NULL"),
			 2);
	house_body(h, "message,id=m3,strong=S1,type=text,text=alt");
	house_receive(h);
	house_body(h, "edit,id=e3,strong=S1,target=m3,text=neu");
	house_receive(h);
	text_of(h, "kind='version'", "alt");
}

static void kept_becomes_another_datenart(void **state)
{
	struct house *h = *state;

	come(h, KEEP_PROOF, deletion);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='kept' AND"
					" datenart='PROOF'"),
			 1);
	text_of(h, "1=1", CANARY);
	told(h, "message.received", NULL);
	told(h, "message.deleted", "kept");
}

static void kept_where_the_desk_sees_it_not_is_masked_for_it(void **state)
{
	struct house *h = *state;

	come(h, KEEP_SECRET, deletion);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='kept' AND"
					" datenart='SECRET'"),
			 1);
	text_of(h, "1=1", CANARY);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 1);
	told(h, "message.deleted", "masked");
}

static void one_batch_is_like_two(void **state)
{
	struct house *h = *state;

	house_use(h, KEEP_PROOF);
	house_body(h, hello);
	house_body(h, edit);
	house_body(h, deletion);
	house_receive(h);
	text_of(h, "kind='text'", "neu");
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='text' AND"
					" state='kept' AND datenart='PROOF'"),
			 1);
	text_of(h, "kind='version'", CANARY);
}

static void taken_back_before_it_came(void **state)
{
	struct house *h = *state;

	house_use(h, KEEP_PROOF);
	house_body(h, deletion);
	house_body(h, hello);
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='kept' AND"
					" datenart='PROOF' AND outcome=4"),
			 1);
	text_of(h, "1=1", CANARY);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 0);
	house_use(h, MASK_BOTH);
	house_body(h, "delete,id=d2,strong=S1,target=m2");
	house_body(h, "message,id=m2,strong=S1,type=text,text=zwei");
	house_receive(h);
	text_of(h, "state='masked'", "zwei");
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 0);
}

static void an_edit_that_stood_alone_is_deleted_too(void **state)
{
	struct house *h = *state;

	house_use(h, MASK_BOTH);
	house_body(h, "edit,id=e1,strong=S1,target=m9,text=neu");
	house_receive(h);
	house_body(h, "delete,id=d1,strong=S1,target=m9");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='masked'"), 1);
	house_use(h, KEEP_PROOF);
	house_body(h, "edit,id=e2,strong=S1,target=m8,text=acht");
	house_body(h, "delete,id=d2,strong=S1,target=m8");
	house_receive(h);
	text_of(h, "state='kept'", "acht");
}

/* --- edited --------------------------------------------------------------- */

static void an_old_text_is_forgotten(void **state)
{
	struct house *h = *state;

	come(h, BEFORE AFTER, edit);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	text_of(h, "1=1", "neu");
	told(h, "message.edited", NULL);
}

static void an_old_text_is_masked(void **state)
{
	struct house *h = *state;

	come(h, MASK_BOTH, edit);
	text_of(h, "kind='text'", "neu");
	text_of(h, "kind='version' AND state='masked' AND outcome=4", CANARY);
	assert_int_equal(HOUSE_COUNT(h, "message_version v JOIN message m ON"
					" m.id=v.message AND m.kind='text'"
					" JOIN message o ON o.id=v.version AND"
					" o.target=m.id AND"
					" o.received_ms=m.received_ms"),
			 1);
	/* Nobody is told of it, nor of what becomes of it. */
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 2);
	told(h, "message.edited", NULL);
}

static void every_old_text_is_kept(void **state)
{
	struct house *h = *state;

	come(h, KEEP_PROOF, edit);
	house_body(h, "edit,id=e2,strong=S1,target=m1,text=neuer");
	house_body(h, "edit,id=e3,strong=S1,target=m1,text=am neuesten");
	house_receive(h);
	text_of(h, "kind='text' AND datenart='MSG'", "am neuesten");
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='version' AND"
					" state='kept' AND datenart='PROOF'"),
			 3);
	text_of(h, "kind='version' ORDER BY id LIMIT 1", CANARY);
	text_of(h, "kind='version' ORDER BY id LIMIT 1 OFFSET 1", "neu");
	text_of(h, "kind='version' ORDER BY id DESC LIMIT 1", "neuer");
}

/* Deleting takes the masked ones with it, not what was kept for a reason. */
static void a_deletion_takes_the_versions_too(void **state)
{
	struct house *h = *state;

	come(h, MASK_BOTH, edit);
	house_use(h, KEEP_PROOF);
	house_body(h, "edit,id=e2,strong=S1,target=m1,text=neuer");
	house_receive(h);
	house_use(h, BEFORE AFTER);
	house_body(h, deletion);
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='deleted' AND"
					" content_sealed IS NULL"),
			 2);
	text_of(h, "content_sealed IS NOT NULL", "neu");
}

/* What was said before is the old class, and stays there. */
static void an_edit_may_become_a_special_category(void **state)
{
	struct house *h = *state;

	come(h, MASK_BOTH,
	     "edit,id=e1,strong=S1,target=m1,text=die Diagnose ist da");
	text_of(h, "kind='text' AND datenart='HEALTH' AND tags=1",
		"die Diagnose ist da");
	text_of(h, "kind='version' AND datenart='MSG'", CANARY);
	told(h, "message.deleted", "masked");
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='message.edited'"),
			 0);
}

static void the_reason_is_sealed_with_the_new_text(void **state)
{
	struct house *h = *state;
	json_t *content;

	come(h, MASK_BOTH, edit);
	content = CONTENT(h, "kind='text'");
	content_is(
	    json_incref(json_array_get(json_object_get(content, "why"), 0)),
	    "code", "channel.on_edit");
	json_decref(content);
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(forgotten_is_gone),
	    CASE(masked_stays_sealed_and_untold),
	    CASE(a_letter_is_hidden_and_kept),
	    CASE(kept_becomes_another_datenart),
	    CASE(kept_where_the_desk_sees_it_not_is_masked_for_it),
	    CASE(one_batch_is_like_two),
	    CASE(taken_back_before_it_came),
	    CASE(an_edit_that_stood_alone_is_deleted_too),
	    CASE(an_old_text_is_forgotten),
	    CASE(an_old_text_is_masked),
	    CASE(every_old_text_is_kept),
	    CASE(a_deletion_takes_the_versions_too),
	    CASE(an_edit_may_become_a_special_category),
	    CASE(the_reason_is_sealed_with_the_new_text),
	};

	return sodium_init() < 0
		   ? 1
		   : cmocka_run_group_tests_name("change", tests, NULL, NULL);
}
