/* test_deliver_notes.c - what a helpdesk is told of rows of every kind, also
 * of rows that are not as they should be.
 *
 * Proves: assurance P6 (cut to what it may see), P2 (nothing disappears in
 * silence). */
#include "deliver_house.h"

#define DESK  (&dh.desks[0])
#define BACK  (&dh.desks[1])
#define BLIND (&dh.desks[2])

#define CHANGE(sql, ...)                                \
	do {                                            \
		static const char text_[] = sql;        \
                                                        \
		dh_sql(text_, STORE_ARGS(__VA_ARGS__)); \
	} while (0)

/* An attachment; media NULL: none sealed. */
static int64_t attach(int64_t c, int64_t m, const char *state,
		      const char *reason, int64_t bytes, const char *media)
{
	static const char sql[] =
	    "INSERT INTO attachment(id,message,conversation,key_person,channel,"
	    "datenart,year,state,reason,bytes,media_sealed,created_ms)"
	    " VALUES(?,?,?,?,'shop','MEDIA',2026,?,?,?,?,1)";
	struct keeper_batch *batch = NULL;
	struct store_value sealed = S_BLOB("", 0);
	int64_t a = ++dh.next_id;

	if (media != NULL)
		sealed = dh_seal(dh_person_of(c), "MEDIA", a, FIELD_MEDIA,
				 media, &batch);
	dh_sql(sql,
	       STORE_ARGS(S_INT(a), S_INT(m), S_INT(c), S_INT(dh_person_of(c)),
			  S_TEXT(state), S_TEXT(reason),
			  bytes >= 0 ? S_INT(bytes) : S_NULL, sealed));
	keeper_batch_free(&batch);
	return a;
}

static json_t *data_of(const struct desk *d, size_t n, json_t **root)
{
	*root = json_loads(d->bodies[n], 0, NULL);
	assert_non_null(*root);
	return json_object_get(*root, "data");
}

static void who_may_see_nothing_learns_that_there_is_something(void **state)
{
	int64_t c = dh_conversation("blind"), m = dh_message(c, "geheim");
	json_t *root, *data;
	char said[256];

	(void)state;
	(void)attach(c, m, "kept", NULL, 5, "{\"name\":\"geheim.pdf\"}");
	(void)dh_row("blind", c, m, "message.received", NULL);
	dh_run();
	assert_int_equal(BLIND->len, 1);
	assert_null(strstr(BLIND->bodies[0], "geheim"));
	assert_string_equal(dh_said(BLIND, 0, "name", said), "Erika");
	assert_string_equal(dh_said(BLIND, 0, "address", said), "");
	data = data_of(BLIND, 0, &root);
	assert_int_equal(json_array_size(json_object_get(data, "attachments")),
			 0);
	assert_int_equal(json_array_size(json_object_get(data, "redacted")), 2);
	json_decref(root);
}

static void an_attachment_nobody_sees_holds_nothing_up(void **state)
{
	int64_t c = dh_conversation("blind"), m = dh_message(c, "x");

	(void)state;
	(void)attach(c, m, "wanted", NULL, 5, NULL);
	(void)dh_row("blind", c, m, "message.received", NULL);
	dh_run();
	assert_int_equal(BLIND->len, 1);
}

static void attachments_say_what_became_of_them(void **state)
{
	int64_t c = dh_conversation("desk"), m = dh_message(c, "x");
	json_t *root, *list;

	(void)state;
	(void)attach(c, m, "kept", NULL, 7,
		     "{\"name\":\"a\",\"mime\":\"b/c\"}");
	(void)attach(c, m, "kept", NULL, -1, NULL);
	(void)attach(c, m, "failed", "expired", 9, "{\"name\":\"d\"}");
	(void)attach(c, m, "gone", NULL, 9, NULL);
	(void)attach(c, m, "failed",
		     "a reason that is longer than any of ours may ever be", 9,
		     NULL);
	(void)attach(c, m, "outgoing", NULL, 9, "[\"no object\"]");
	(void)attach(c, m, "a state longer than any", NULL, 9, NULL);
	(void)dh_row("desk", c, m, "message.received", NULL);
	dh_run();
	list = json_object_get(data_of(DESK, 0, &root), "attachments");
	assert_int_equal(json_array_size(list), 6);
	for (size_t i = 0; i < 6; i++) {
		static const char *const failed[] = {NULL,   NULL,   "expired",
						     "gone", "gone", NULL};
		json_t *one = json_array_get(list, i);
		const char *why =
		    json_string_value(json_object_get(one, "failed"));

		if (failed[i] == NULL)
			assert_null(why);
		else
			assert_string_equal(why, failed[i]);
		assert_int_equal(json_is_string(json_object_get(one, "href")),
				 why == NULL);
		assert_int_equal(json_is_integer(json_object_get(one, "bytes")),
				 why == NULL && i != 1);
		assert_int_equal(json_is_string(json_object_get(one, "name")),
				 i == 0 || i == 2);
	}
	json_decref(root);
}

static void no_more_attachments_than_a_note_holds(void **state)
{
	int64_t c = dh_conversation("desk"), m = dh_message(c, "x");
	json_t *root, *list;

	(void)state;
	for (int i = 0; i < 18; i++)
		(void)attach(c, m, "kept", NULL, 7, NULL);
	(void)dh_row("desk", c, m, "message.received", NULL);
	dh_run();
	list = json_object_get(data_of(DESK, 0, &root), "attachments");
	assert_int_equal(json_array_size(list), 16);
	json_decref(root);
}

/* --- persons -------------------------------------------------------------- */

static void joined_persons_are_told_as_the_one_they_are(void **state)
{
	int64_t c = dh_conversation("back"), other = dh_conversation("back");
	int64_t from = dh_person_of(c), into = dh_person_of(other);
	struct keeper_batch *batch = NULL;
	char one[256], two[256];

	(void)state;
	CHANGE("UPDATE person SET profile_sealed=? WHERE id=?",
	       dh_seal(into, "CONTACT", into, FIELD_PROFILE,
		       "{\"name\":\"Anna\"}", &batch),
	       S_INT(into));
	keeper_batch_free(&batch);
	CHANGE("UPDATE person SET joined_into=? WHERE id=?", S_INT(into),
	       S_INT(from));
	CHANGE("DELETE FROM address WHERE person=?", S_INT(from));
	(void)dh_tell("back", c, "x");
	(void)dh_tell("back", other, "y");
	dh_run();
	assert_int_equal(BACK->len, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(dh_said(BACK, i, "name", one), "Anna");
		assert_string_equal(dh_said(BACK, i, "address", one),
				    "+4930123456");
	}
	assert_string_equal(dh_said(BACK, 0, "id", one),
			    dh_said(BACK, 1, "id", two));
	/* A ring of joins ends as well. */
	CHANGE("UPDATE person SET joined_into=? WHERE id=?", S_INT(from),
	       S_INT(into));
	(void)dh_tell("back", c, "z");
	dh_run();
	assert_int_equal(BACK->len, 3);
}

static void what_is_not_known_of_a_person_is_null(void **state)
{
	int64_t c[4];
	char said[256];

	(void)state;
	for (size_t i = 0; i < 4; i++)
		c[i] = dh_conversation("back");
	CHANGE("UPDATE person SET profile_sealed=NULL WHERE id=?",
	       S_INT(dh_person_of(c[0])));
	CHANGE("DELETE FROM address WHERE person=?", S_INT(dh_person_of(c[0])));
	CHANGE("UPDATE person SET profile_sealed=x'' WHERE id=?",
	       S_INT(dh_person_of(c[1])));
	CHANGE("UPDATE address SET address_sealed=x'' WHERE person=?",
	       S_INT(dh_person_of(c[1])));
	/* Sealed for somebody else. */
	CHANGE("UPDATE person SET profile_sealed=(SELECT profile_sealed FROM"
	       " person WHERE id=?) WHERE id=?",
	       S_INT(dh_person_of(c[3])), S_INT(dh_person_of(c[2])));
	CHANGE("DELETE FROM person WHERE id=?", S_INT(dh_person_of(c[3])));
	for (size_t i = 0; i < 4; i++) { /* one by one, so in this order */
		(void)dh_tell("back", c[i], "x");
		dh_run();
	}
	assert_int_equal(BACK->len, 4);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(dh_said(BACK, i, "name", said), "");
	assert_string_equal(dh_said(BACK, 0, "address", said), "");
	assert_string_equal(dh_said(BACK, 1, "address", said), "");
	assert_string_equal(dh_said(BACK, 2, "address", said), "+4930123456");
}

/* --- channels and conversations ------------------------------------------- */

static void a_channel_that_is_gone_has_no_window(void **state)
{
	int64_t c = dh_conversation("desk"), odd = dh_conversation("desk");
	int64_t never = dh_conversation("desk");
	char said[256];

	(void)state;
	CHANGE("UPDATE conversation SET channel='former' WHERE id=?", S_INT(c));
	CHANGE("UPDATE conversation SET inbound_ms=NULL WHERE id=?",
	       S_INT(never));
	(void)dh_tell("desk", c, "one");
	dh_run();
	assert_string_equal(dh_said(DESK, 0, "channel", said), "former");
	assert_string_equal(dh_said(DESK, 0, "via", said), "");
	assert_string_equal(dh_said(DESK, 0, "reply_window_ends", said), "");
	(void)dh_tell("desk", never, "two");
	dh_run();
	assert_string_equal(dh_said(DESK, 1, "via", said), "whatsapp");
	assert_string_equal(dh_said(DESK, 1, "reply_window_ends", said), "");
	(void)snprintf(dh.channel.type, sizeof(dh.channel.type), "unheard");
	(void)dh_tell("desk", odd, "three");
	dh_run();
	assert_string_equal(dh_said(DESK, 2, "via", said), "unheard");
	assert_string_equal(dh_said(DESK, 2, "reply_window_ends", said), "");
}

static void a_conversation_that_is_gone_shows_nobody(void **state)
{
	int64_t c = dh_conversation("desk"), m = dh_message(c, "x");
	char said[256];

	(void)state;
	(void)dh_row("desk", c, m, "message.status", "read");
	(void)dh_row("desk", c, m, "message.received", NULL);
	CHANGE("DELETE FROM conversation WHERE id=?", S_INT(c));
	dh_run();
	assert_int_equal(DESK->len, 2);
	assert_string_equal(dh_said(DESK, 0, "channel", said), "");
	assert_string_equal(dh_said(DESK, 0, "id", said), "");
	/* Without a policy for it the text is not shown either. */
	assert_string_equal(dh_said(DESK, 1, "text", said), "");
}

static void what_the_policy_forwards_no_more_is_a_dead_letter(void **state)
{
	int64_t c = dh_conversation("desk");

	(void)state;
	CHANGE("UPDATE conversation SET channel='unknown' WHERE id=?",
	       S_INT(c));
	(void)dh_tell("desk", c, "x");
	dh_run();
	assert_int_equal(DESK->len, 0);
	assert_int_equal(COUNT_OF("outbox WHERE state='dead' AND"
				  " reason='policy.forward'"),
			 1);
}

/* --- messages ------------------------------------------------------------- */

static void kinds_say_what_their_target_means(void **state)
{
	static const char *const kinds[] = {"reaction", "edit", "delete",
					    "text"};
	int64_t c = dh_conversation("desk");
	int64_t first = dh_message(c, "first"), m;
	char said[256];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		m = dh_message(c, "x");
		CHANGE("UPDATE message SET target=?,kind=? WHERE id=?",
		       S_INT(first), S_TEXT(kinds[i]), S_INT(m));
		(void)dh_row("desk", c, m, "message.edited", NULL);
	}
	dh_run();
	assert_int_equal(DESK->len, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(dh_said(DESK, i, "target", said)[0] != '\0',
				 i < 3);
		assert_int_equal(dh_said(DESK, i, "reply_to", said)[0] != '\0',
				 i == 3);
	}
}

static void errors_come_from_the_row_or_from_its_message(void **state)
{
	int64_t c = dh_conversation("desk"), m = dh_message(c, "x");
	json_t *root, *data;

	(void)state;
	CHANGE("UPDATE message SET error=131 WHERE id=?", S_INT(m));
	(void)dh_row("desk", c, m, "message.undelivered", "failed");
	(void)dh_row("desk", c, m, "message.undelivered", "failed");
	CHANGE("UPDATE outbox SET error=7 WHERE id=?", S_INT(dh.next_id));
	dh_run();
	for (size_t i = 0; i < 2; i++) {
		data = data_of(DESK, i, &root);
		assert_int_equal(
		    json_integer_value(json_object_get(data, "error")),
		    i == 0 ? 131 : 7);
		json_decref(root);
	}
}

static void the_time_is_the_providers_or_that_of_the_receipt(void **state)
{
	int64_t c = dh_conversation("desk"), m = dh_message(c, "x");

	(void)state;
	CHANGE("UPDATE message SET provider_ms=NULL,received_ms=? WHERE id=?",
	       S_INT(INT64_C(1700000000000)), S_INT(m));
	(void)dh_row("desk", c, m, "message.received", NULL);
	dh_run();
	assert_non_null(
	    strstr(DESK->bodies[0], "\"timestamp\":\"2023-11-14T22:13:20Z\""));
}

static void reactions_are_shown_with_what_they_take_back(void **state)
{
	static const char *const contents[] = {
	    "{\"emoji\":\"\xe2\x9c\x85\"}",
	    "{\"emoji\":\"\xe2\x9c\x85\",\"removed\":true}",
	    "{\"removed\":false}",
	};
	int64_t c = dh_conversation("desk"), m;
	struct keeper_batch *batch = NULL;
	json_t *root, *data;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		m = dh_message(c, "x");
		CHANGE("UPDATE message SET kind='reaction',content_sealed=?"
		       " WHERE id=?",
		       dh_seal(dh_person_of(c), "MSG", m, FIELD_CONTENT,
			       contents[i], &batch),
		       S_INT(m));
		keeper_batch_free(&batch);
		(void)dh_row("desk", c, m, "message.received", NULL);
	}
	dh_run();
	for (size_t i = 0; i < 3; i++) {
		data = data_of(DESK, i, &root);
		assert_int_equal(json_is_string(json_object_get(data, "emoji")),
				 i < 2);
		assert_int_equal(json_is_true(json_object_get(data, "removed")),
				 i == 1);
		assert_true(json_is_null(json_object_get(data, "text")));
		json_decref(root);
	}
}

static void what_cannot_be_told_is_a_dead_letter(void **state)
{
	static const char *const contents[] = {"[]", "{\"text\":", "5"};
	int64_t c[8], m[8];
	struct keeper_batch *batch = NULL;

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		c[i] = dh_conversation("desk");
		m[i] = dh_message(c[i], "x");
	}
	for (size_t i = 0; i < 3; i++) {
		CHANGE("UPDATE message SET content_sealed=? WHERE id=?",
		       dh_seal(dh_person_of(c[i]), "MSG", m[i], FIELD_CONTENT,
			       contents[i], &batch),
		       S_INT(m[i]));
		keeper_batch_free(&batch);
	}
	CHANGE("UPDATE message SET datenart='' WHERE id=?", S_INT(m[3]));
	CHANGE("UPDATE message SET kind='a kind that is longer than any of"
	       " ours may ever be' WHERE id=?",
	       S_INT(m[4]));
	for (size_t i = 0; i < 5; i++)
		(void)dh_row("desk", c[i], m[i], "message.received", NULL);
	(void)dh_row("desk", c[5], m[5], "message.invented", NULL);
	(void)dh_row("desk", c[6], m[6],
		     "message.of a type longer than any of ours may be", NULL);
	(void)dh_row(
	    "desk", c[7], m[7], "message.status",
	    "a status that is longer than any of ours may ever be, and than "
	    "a word with a purpose");
	dh_run();
	assert_int_equal(DESK->len, 0);
	assert_int_equal(COUNT_OF("outbox WHERE state='dead'"), 8);
	assert_int_equal(COUNT_OF("outbox WHERE reason='content.corrupt'"), 3);
	assert_int_equal(COUNT_OF("outbox WHERE reason='row.malformed'"), 4);
	assert_int_equal(COUNT_OF("outbox WHERE reason='note.unfit'"), 1);
}

static void what_was_deleted_is_told_as_that_and_nothing_more(void **state)
{
	static const char long_state[] =
	    "UPDATE message SET state='a state longer than any' WHERE id=?";
	int64_t c = dh_conversation("desk"), m = dh_message(c, "geheim");
	int64_t odd = dh_message(c, "geheim");

	(void)state;
	CHANGE("UPDATE message SET state='deleted' WHERE id=?", S_INT(m));
	dh_sql(long_state, STORE_ARGS(S_INT(odd)));
	(void)dh_row("desk", c, m, "message.received", NULL);
	(void)dh_row("desk", c, odd, "message.received", NULL);
	(void)dh_row("desk", c, m, "message.deleted", NULL);
	(void)dh_row("desk", c, 0, "message.received", NULL);
	dh_run();
	assert_int_equal(DESK->len, 1);
	assert_non_null(strstr(DESK->bodies[0], "message.deleted"));
	assert_null(strstr(DESK->bodies[0], "geheim"));
	assert_int_equal(COUNT_OF("outbox"), 0);
}

/* Also of a person that is restricted, and without a name. */
static void what_is_over_is_told_by_its_ids(void **state)
{
	static const char gone_sql[] = "DELETE FROM message WHERE id=?";
	int64_t c = dh_conversation("blind"), m = dh_message(c, "geheim"),
		other = dh_conversation("blind");
	struct id_text id;
	char detail[64], said[256], wanted[64];

	(void)state;
	(void)dh_message(other, "geheim");
	dh_sql(gone_sql, STORE_ARGS(S_INT(m)));
	(void)snprintf(detail, sizeof(detail), " %lld 77", (long long)m);
	(void)dh_row("blind", c, 0, "messages.expired", detail);
	(void)dh_row("blind", other, 0, "messages.expired", " 78");
	(void)dh_row("blind", other, 0, "messages.expired", "78");
	(void)dh_row("blind", other, 0, "messages.expired", NULL);
	dh_run();
	assert_int_equal(BLIND->len, 2);
	id_format(&dh.w.mask, ID_MESSAGE, m, &id);
	(void)snprintf(wanted, sizeof(wanted), "\"messages\":[\"%s\",\"",
		       id.text);
	for (size_t i = 0; i < 2; i++) {
		const char *body = BLIND->bodies[i];

		assert_null(strstr(body, "geheim"));
		assert_string_equal(dh_said(BLIND, i, "name", said), "");
		assert_non_null(strstr(body, strstr(body, wanted) != NULL
						 ? "\"all\":true"
						 : "\"all\":false"));
	}
	assert_int_equal(COUNT_OF("outbox WHERE reason='row.malformed'"), 2);
	assert_int_equal(COUNT_OF("outbox"), 2);
}

static void a_row_that_is_no_longer_waiting_is_passed_over(void **state)
{
	int64_t c = dh_conversation("desk"), row;
	struct err err = {0};
	bool moved = false;

	(void)state;
	/* In the window already, behind another. */
	(void)dh_tell("desk", c, "first");
	row = dh_tell("desk", c, "second");
	assert_int_equal(deliver_step(&dh.w, &moved, &err), 0);
	CHANGE("UPDATE outbox SET state='dead' WHERE id=?", S_INT(row));
	dh_run();
	assert_int_equal(DESK->len, 1);
	assert_int_equal(COUNT_OF("outbox WHERE state='dead'"), 1);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, dh_make, dh_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(who_may_see_nothing_learns_that_there_is_something),
	    CASE(an_attachment_nobody_sees_holds_nothing_up),
	    CASE(attachments_say_what_became_of_them),
	    CASE(no_more_attachments_than_a_note_holds),
	    CASE(joined_persons_are_told_as_the_one_they_are),
	    CASE(what_is_not_known_of_a_person_is_null),
	    CASE(a_channel_that_is_gone_has_no_window),
	    CASE(a_conversation_that_is_gone_shows_nobody),
	    CASE(what_the_policy_forwards_no_more_is_a_dead_letter),
	    CASE(kinds_say_what_their_target_means),
	    CASE(errors_come_from_the_row_or_from_its_message),
	    CASE(the_time_is_the_providers_or_that_of_the_receipt),
	    CASE(reactions_are_shown_with_what_they_take_back),
	    CASE(what_cannot_be_told_is_a_dead_letter),
	    CASE(what_was_deleted_is_told_as_that_and_nothing_more),
	    CASE(what_is_over_is_told_by_its_ids),
	    CASE(a_row_that_is_no_longer_waiting_is_passed_over),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
