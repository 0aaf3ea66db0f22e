/* test_receive.c - from the spool into the archive, with a real keeper.
 *
 * Proves: assurance P3, P4, P6, T2, T4; design 3 (In). */
#include "receive_house.h"

static bool file_has(const char *path, const char *text)
{
	static uint8_t bytes[4 * 1024 * 1024];
	FILE *f = fopen(path, "rb");
	size_t len;

	if (f == NULL)
		return false;
	len = fread(bytes, 1, sizeof(bytes), f);
	(void)fclose(f); /* read only */
	return memmem(bytes, len, text, strlen(text)) != NULL;
}

/* --- messages ------------------------------------------------------------- */

static void a_message_is_sealed_archived_and_to_be_told(void **state)
{
	struct house *h = *state;
	char wal[128];

	house_body(h, hello);
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE direction='in' AND"
					" state='received' AND kind='text' AND"
					" datenart='MSG' AND target IS NULL"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='message.received'"
					" AND destination='desk' AND"
					" state='waiting'"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "person WHERE profile_sealed IS NOT"
					" NULL"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "address WHERE"
					" length(address_sealed)>40"),
			 2);
	assert_int_equal(house_number(h, "SELECT inbound_ms FROM conversation"),
			 HOUSE_NOW - 5);
	content_is(CONTENT(h, "1=1"), "text", CANARY);
	content_is(CONTENT(h, "1=1"), "id", "m1");
	(void)snprintf(wal, sizeof(wal), "%s-wal", h->db);
	assert_false(file_has(wal, CANARY));
	assert_false(file_has(h->db, CANARY));
	assert_false(file_has(wal, "01701234567"));
	assert_true(file_has(wal, "message.received")); /* one can look */
}

/* Up to a minute early, never late: writing the row costs. */
static void the_last_inbound_time_is_never_late(void **state)
{
	static const char sql[] = "SELECT inbound_ms FROM conversation";
	struct house *h = *state;

	house_body(h, "message,id=a,strong=S1,type=text,text=x,ts=-120000");
	house_body(h, "message,id=b,strong=S1,type=text,text=x,ts=-60000");
	house_receive(h);
	assert_int_equal(house_number(h, sql), HOUSE_NOW - 120000);
	house_body(h, "message,id=c,strong=S1,type=text,text=x,ts=-59999");
	house_receive(h);
	assert_int_equal(house_number(h, sql), HOUSE_NOW - 59999);
}

static void a_duplicate_makes_no_second_message(void **state)
{
	struct house *h = *state;

	house_body(h, hello);
	house_body(h, hello); /* in the same batch */
	house_receive(h);
	house_body(h, hello); /* later */
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 1);
	assert_int_equal(HOUSE_COUNT(h, "person"), 1);
	assert_int_equal(h->w.counts.duplicates, 2);
	assert_int_equal(h->w.counts.messages_stored, 1);
}

static void a_thousand_messages_of_a_new_person_make_one_person(void **state)
{
	struct house *h = *state;
	char *body = calloc(1000, 80);
	size_t at = 0;

	assert_non_null(body);
	for (int i = 0; i < 1000; i++)
		at += (size_t)snprintf(body + at, 80,
				       "message,id=k%d,strong=S1,type=text,"
				       "text=t%d,ts=%d\n",
				       i, i, i);
	house_body(h, body);
	free(body);
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1000);
	assert_int_equal(HOUSE_COUNT(h, "person"), 1);
	assert_int_equal(HOUSE_COUNT(h, "conversation"), 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 1000);
	/* In the order they came. */
	assert_int_equal(HOUSE_COUNT(h, "message a JOIN message b ON a.id<b.id"
					" AND a.provider_ms>b.provider_ms"),
			 0);
	content_is(CONTENT(h, "provider_ms=1790000000777"), "text", "t777");
}

static void a_foreign_account_is_dropped_alone(void **state)
{
	struct house *h = *state;

	house_body(h, "message,account=A2,id=x,strong=S1,type=text,text=no\n"
		      "message,id=y,strong=S2,type=text,text=yes\n");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	assert_int_equal(HOUSE_COUNT(h, "person"), 1);
	assert_int_equal(h->w.counts.foreign_account, 1);
}

static void a_reply_and_a_reaction_find_their_message(void **state)
{
	struct house *h = *state;

	house_body(h, hello);
	house_body(h, "message,id=m2,strong=S1,type=text,text=b,reply=m1\n"
		      "reaction,id=m3,strong=S1,target=m1,emoji=x\n");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE target="
					"(SELECT min(id) FROM message)"),
			 2);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='reaction'"), 1);
	content_is(CONTENT(h, "kind='reaction'"), "emoji", "x");
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='message.received'"),
			 3);
}

static void media_is_wanted(void **state)
{
	struct house *h = *state;

	house_body(h, "message,id=m1,strong=S1,type=image,media=77,file=a.jpg");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "attachment WHERE state='wanted' AND"
					" tidy=0 AND datenart='MEDIA' AND"
					" length(media_sealed)>40"),
			 1);
}

static void an_event_of_no_use_is_counted_only(void **state)
{
	struct house *h = *state;

	house_body(h, "ignored\naccount_notice,account=other\n"
		      "identity_key_changed,strong=S1\necho,id=e1\n");
	house_receive(h);
	assert_int_equal(h->w.counts.ignored_events, 4);
	assert_int_equal(HOUSE_COUNT(h, "person"), 0);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
}

/* --- edits and deletions -------------------------------------------------- */

static void an_edit_replaces_the_text(void **state)
{
	struct house *h = *state;

	house_body(h, hello);
	house_receive(h);
	house_body(h, "edit,id=e1,strong=S1,target=m1,text=neu,ts=9");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='edited'"), 1);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	content_is(CONTENT(h, "1=1"), "text", "neu");
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='message.edited'"),
			 1);
}

static void an_edit_by_somebody_else_is_ignored(void **state)
{
	struct house *h = *state;

	house_body(h, hello);
	house_body(h, "message,id=o1,strong=S2,type=text,text=x\n"
		      "edit,id=e1,strong=S2,target=m1,text=neu");
	house_receive(h);
	content_is(CONTENT(h, "id=(SELECT min(id) FROM message)"), "text",
		   CANARY);
}

static void a_deletion_takes_content_files_and_what_was_not_told(void **state)
{
	static const char file[] = "0123456789abcdef0123456789abcdef";
	struct house *h = *state;
	char path[160];
	int fd;

	house_body(h, "message,id=m1,strong=S1,type=image,media=77,text=c");
	house_receive(h);
	(void)snprintf(path, sizeof(path), "%s/media/01", h->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/media/01/%s", h->dir, file);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	house_sql(h, "UPDATE attachment SET state='kept',"
		     " file='0123456789abcdef0123456789abcdef'");
	house_body(h, "delete,id=d1,strong=S1,target=m1");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='deleted' AND"
					" content_sealed IS NULL"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "attachment WHERE state='gone' AND"
					" file IS NULL AND"
					" length(media_sealed)=0"),
			 1);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='message.deleted'"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "meta WHERE name='unlink'"), 0);
}

static void a_file_named_before_a_crash_is_unlinked_at_start(void **state)
{
	static const char file[] = "0123456789abcdef0123456789abcdef";
	struct house *h = *state;
	char path[160];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/media/01", h->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/media/01/%s", h->dir, file);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
	house_sql(h, "INSERT INTO meta VALUES('unlink',CAST("
		     "'0123456789abcdef0123456789abcdef' AS BLOB))");
	house_close(h);
	house_open(h, "sqlite");
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(HOUSE_COUNT(h, "meta WHERE name='unlink'"), 0);
}

static void a_message_deleted_before_it_came_has_no_content(void **state)
{
	struct house *h = *state;

	house_body(h, "delete,id=d1,strong=S1,target=m1");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "tombstone"), 1);
	assert_int_equal(HOUSE_COUNT(h, "person"), 0);
	house_body(h, "edit,id=e1,strong=S1,target=m1,text=neu");
	house_body(h, hello);
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='deleted' AND"
					" content_sealed IS NULL"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 0);
	/* After the longest retry horizon the tombstone goes. */
	h->ahead_ms = INT64_C(8) * 24 * 3600 * 1000;
	house_confirm(h);
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "tombstone"), 0);
}

static void order_within_one_batch_does_not_matter_to_a_deletion(void **state)
{
	struct house *h = *state;

	house_body(h, "message,id=m1,strong=S1,type=text,text=a\n"
		      "delete,id=d1,strong=S1,target=m1\n"
		      "edit,id=e1,strong=S1,target=m1,text=neu\n"
		      "delete,id=d2,strong=S1,target=m2\n"
		      "message,id=m2,strong=S1,type=text,text=b\n");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='deleted' AND"
					" content_sealed IS NULL"),
			 2);
	assert_int_equal(HOUSE_COUNT(h, "message"), 2);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type<>'message.deleted'"),
			 0);
}

static void an_edit_without_its_message_stands_for_it(void **state)
{
	struct house *h = *state;

	house_body(h, "edit,id=e1,strong=S1,target=m0,text=eins");
	house_receive(h);
	house_body(h, "edit,id=e2,strong=S1,target=m0,text=zwei");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='edit'"), 1);
	content_is(CONTENT(h, "1=1"), "text", "zwei");
	/* Deleting the message deletes what stood for it. */
	house_body(h, "delete,id=d1,strong=S1,target=m0");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='deleted' AND"
					" content_sealed IS NULL"),
			 1);
}

/* --- persons and conversations -------------------------------------------- */

static void two_halves_are_joined_within_a_batch(void **state)
{
	struct house *h = *state;

	house_body(h, "message,id=m1,strong=S1,type=text,text=a\n"
		      "message,id=m2,phone=0170555,type=text,text=b\n"
		      "message,id=m3,strong=S1,phone=0170555,type=text,text=c\n"
		      "message,id=m4,phone=+49 170 555,type=text,text=d\n");
	house_receive(h);
	assert_int_equal(h->w.counts.persons_joined, 1);
	assert_int_equal(HOUSE_COUNT(h, "person WHERE joined_into IS NULL"), 1);
	assert_int_equal(HOUSE_COUNT(h, "message m JOIN conversation c ON"
					" c.id=m.conversation JOIN person p ON"
					" p.id=c.person WHERE p.joined_into IS"
					" NULL"),
			 4);
	/* What was sealed for the half still opens. */
	content_is(CONTENT(h, "id=(SELECT min(id) FROM message WHERE id>"
			      "(SELECT min(id) FROM message))"),
		   "text", "b");
}

static void a_moved_number_is_a_new_person(void **state)
{
	struct house *h = *state;

	house_body(h, "message,id=m1,strong=S1,phone=0170555,type=text,text=a\n"
		      "message,id=m2,strong=S2,phone=0170555,type=text,text=b");
	house_receive(h);
	assert_int_equal(h->w.counts.persons_split, 1);
	assert_int_equal(HOUSE_COUNT(h, "person"), 2);
	assert_int_equal(HOUSE_COUNT(h, "address WHERE kind='phone' AND"
					" to_ms IS NOT NULL"),
			 1);
}

static void a_changed_number_is_followed(void **state)
{
	struct house *h = *state;

	house_body(h, "message,id=m1,strong=S1,phone=0170555,type=text,text=a\n"
		      "identity_changed,id=i1,phone=0170555,new_phone=0170999\n"
		      "message,id=m2,phone=0170999,type=text,text=b\n"
		      "message,id=m3,phone=0170555,type=text,text=c\n");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "person"), 2);
	assert_int_equal(HOUSE_COUNT(h, "conversation c JOIN message m ON"
					" m.conversation=c.id WHERE c.person="
					"(SELECT min(id) FROM person)"),
			 2);
}

static void a_message_of_nobody_is_quarantined(void **state)
{
	struct house *h = *state;

	house_body(h, "message,id=m1,type=text,text=a\n"
		      "message,id=m2,strong=S1,type=text,text=b\n");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "quarantine WHERE"
					" reason='event.no_sender'"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
}

static void a_closed_conversation_is_reopened_for_two_weeks(void **state)
{
	struct house *h = *state;

	house_body(h, "message,id=m1,strong=S1,type=text,text=a");
	house_receive(h);
	house_sql(h, "UPDATE conversation SET state='closed',"
		     " closed_ms=1790000000000");
	h->ahead_ms = CONVERSATION_REOPEN_MS - 1;
	house_body(h, "message,id=m2,strong=S1,type=text,text=b");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "conversation WHERE state='open'"), 1);
	assert_int_equal(HOUSE_COUNT(h, "conversation"), 1);
	/* Told before the message that caused it. */
	assert_int_equal(HOUSE_COUNT(h,
				     "outbox a JOIN outbox b ON a.id<b.id WHERE"
				     " a.type='conversation.reopened' AND"
				     " b.type='message.received'"),
			 1);
	house_sql(h, "UPDATE conversation SET state='closed',"
		     " closed_ms=1790000000000");
	h->ahead_ms = CONVERSATION_REOPEN_MS;
	house_body(h, "message,id=m3,strong=S1,type=text,text=c");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "conversation"), 2);
	assert_int_equal(HOUSE_COUNT(h, "conversation WHERE state='open'"), 1);
}

static void a_withdrawal_is_kept_and_told(void **state)
{
	struct house *h = *state;

	/* Also of somebody who never wrote. */
	house_body(h, "optout,strong=S9,purpose=marketing,ts=-7");
	house_body(h, hello);
	house_body(h, "optout,strong=S1,purpose=marketing,ts=-5\n"
		      "optout,strong=S1,purpose=marketing,ts=-5\n"
		      "optin_signal,strong=S1,purpose=marketing,ts=-4\n"
		      "blocked,strong=S1,ts=-3\n");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "consent_event WHERE kind='withdrawn'"
					" AND purpose='marketing' AND"
					" source='provider'"),
			 2);
	assert_int_equal(HOUSE_COUNT(h, "consent_event WHERE"
					" kind='optin_signal'"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "consent_event WHERE purpose='all'"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='consent.changed'"),
			 3);
	assert_int_equal(h->w.counts.duplicates, 1);
}

/* --- statuses ------------------------------------------------------------- */

static const char ours_sql[] =
    "INSERT INTO message(id,conversation,key_person,direction,kind,state,"
    "datenart,year,received_ms,policy) SELECT 5,id,person,'out','text',"
    "'unknown','MSG',2026,1790000000000,0 FROM conversation";

static void a_status_finds_our_message_by_our_reference(void **state)
{
	struct house *h = *state;
	struct id_text ref;
	char body[200];

	house_body(h, hello);
	house_receive(h);
	house_sql(h, ours_sql);
	id_format(&h->w.mask, ID_MESSAGE, 5, &ref);
	(void)snprintf(body, sizeof(body),
		       "status,id=p1,phone=01701234567,status=sent,ref=%s\n",
		       ref.text);
	house_body(h, body);
	house_body(h, body);
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE id=5 AND"
					" state='sent'"),
			 1);
	assert_int_equal(h->w.counts.duplicates, 1);
	/* From now on the provider's id is known too. */
	house_body(h, "status,id=p1,phone=01701234567,status=read\n"
		      "status,id=p1,phone=01701234567,status=delivered\n"
		      "status,id=p1,phone=01701234567,status=failed,error=9\n");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE id=5 AND"
					" state='read' AND error IS NULL"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='message.status'"),
			 2);
}

static void a_failed_message_is_told_as_undelivered(void **state)
{
	struct house *h = *state;
	struct id_text ref;
	char body[200];

	house_body(h, hello);
	house_receive(h);
	house_sql(h, ours_sql);
	id_format(&h->w.mask, ID_MESSAGE, 5, &ref);
	(void)snprintf(body, sizeof(body),
		       "status,id=p1,phone=01701234567,status=failed,"
		       "error=131026,ref=%s\n",
		       ref.text);
	house_body(h, body);
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE id=5 AND"
					" state='failed' AND error=131026"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE"
					" type='message.undelivered'"),
			 1);
}

static void an_error_that_means_stop_withdraws_marketing_once(void **state)
{
	struct house *h = *state;
	struct id_text ref;
	char body[200];

	house_body(h, hello);
	house_receive(h);
	house_sql(h, ours_sql);
	id_format(&h->w.mask, ID_MESSAGE, 5, &ref);
	(void)snprintf(body, sizeof(body),
		       "status,id=p1,phone=01701234567,status=failed,stop=1,"
		       "error=131050,ref=%s\n",
		       ref.text);
	house_body(h, body);
	house_body(h, body);
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "consent_event WHERE kind='withdrawn'"
					" AND purpose='marketing' AND"
					" source='error_131050'"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='consent.changed'"),
			 1);
}

static void a_status_of_nothing_of_ours_changes_nothing(void **state)
{
	struct house *h = *state;

	house_body(h, hello);
	house_body(h, "status,id=m1,strong=S1,status=read\n"
		      "status,id=zz,strong=S7,phone=0170,status=read\n"
		      "status,id=zz,status=read,ref=msg_forged\n");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='received'"), 1);
	assert_int_equal(HOUSE_COUNT(h, "person"), 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 1);
}

static void a_watermark_reaches_all_before_it(void **state)
{
	struct house *h = *state;

	house_body(h, hello);
	house_receive(h);
	house_sql(h, ours_sql);
	house_sql(h, "UPDATE message SET state='sent' WHERE id=5");
	/* An id out of order, as no program of ours makes it. */
	house_close(h);
	house_open(h, "sqlite");
	house_body(h, "read,strong=S1,watermark=-1");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='read'"), 0);
	house_body(h, "read,strong=S1,watermark=1");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='read'"), 1);
}

/* A body may hold 16384 events. */
_Static_assert(sizeof(struct step) < 1024, "steps of a batch fit in memory");

#define CASE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_message_is_sealed_archived_and_to_be_told),
	    CASE(the_last_inbound_time_is_never_late),
	    CASE(a_duplicate_makes_no_second_message),
	    CASE(a_thousand_messages_of_a_new_person_make_one_person),
	    CASE(a_foreign_account_is_dropped_alone),
	    CASE(a_reply_and_a_reaction_find_their_message),
	    CASE(media_is_wanted),
	    CASE(an_event_of_no_use_is_counted_only),
	    CASE(an_edit_replaces_the_text),
	    CASE(an_edit_by_somebody_else_is_ignored),
	    CASE(a_deletion_takes_content_files_and_what_was_not_told),
	    CASE(a_file_named_before_a_crash_is_unlinked_at_start),
	    CASE(a_message_deleted_before_it_came_has_no_content),
	    CASE(order_within_one_batch_does_not_matter_to_a_deletion),
	    CASE(an_edit_without_its_message_stands_for_it),
	    CASE(two_halves_are_joined_within_a_batch),
	    CASE(a_moved_number_is_a_new_person),
	    CASE(a_changed_number_is_followed),
	    CASE(a_message_of_nobody_is_quarantined),
	    CASE(a_closed_conversation_is_reopened_for_two_weeks),
	    CASE(a_withdrawal_is_kept_and_told),
	    CASE(a_status_finds_our_message_by_our_reference),
	    CASE(a_failed_message_is_told_as_undelivered),
	    CASE(an_error_that_means_stop_withdraws_marketing_once),
	    CASE(a_status_of_nothing_of_ours_changes_nothing),
	    CASE(a_watermark_reaches_all_before_it),
	};

	return sodium_init() < 0
		   ? 1
		   : cmocka_run_group_tests_name("receive", tests, NULL, NULL);
}
