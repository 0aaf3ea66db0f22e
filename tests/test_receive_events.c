/* test_receive_events.c - events of unusual form, and what was set aside and
 * is taken again.
 *
 * Proves: assurance P1, P3, T4; channels.md 1.6. */
#include "receive_house.h"

/* --- accounts ------------------------------------------------------------- */

static void an_event_of_no_account_is_foreign(void **state)
{
	struct house *h = *state;

	house_body(h, "message,account=,id=x,strong=S1,type=text,text=no\n");
	house_receive(h);
	assert_int_equal(h->w.counts.foreign_account, 1);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
}

static void a_driver_without_accounts_takes_all(void **state)
{
	struct channel_driver one_account = house_driver;
	struct house *h = *state;

	one_account.account_key = NULL;
	h->door.driver = &one_account;
	house_body(h, "message,account=,id=x,strong=S1,type=text,text=a\n"
		      "message,account=A9,id=y,strong=S1,type=text,text=b\n");
	house_receive(h);
	assert_int_equal(h->w.counts.foreign_account, 0);
	assert_int_equal(HOUSE_COUNT(h, "message"), 2);
	h->door.driver = &house_driver;
}

/* --- messages ------------------------------------------------------------- */

static void a_type_we_have_no_name_for_is_unsupported(void **state)
{
	struct house *h = *state;

	house_body(h, "message,id=a,strong=S1,error=131051,text=x\n"
		      "message,id=b,strong=S1,type=No Name,text=x\n"
		      "message,id=c,strong=S1,type=sticker_2,text=x\n");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='unsupported'"), 2);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='sticker_2'"), 1);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE error=131051"), 1);
}

static void the_length_a_provider_says_is_kept(void **state)
{
	struct house *h = *state;

	house_body(h, "message,id=a,strong=S1,type=image,media=1,bytes=4711\n"
		      "message,id=b,strong=S1,type=image,media=2,bytes=0\n"
		      "message,id=c,strong=S1,type=image,media=3\n");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "attachment WHERE bytes=4711"), 1);
	assert_int_equal(HOUSE_COUNT(h, "attachment WHERE bytes=0"), 1);
	assert_int_equal(HOUSE_COUNT(h, "attachment WHERE bytes IS NULL"), 1);
}

/* What was written beside us, in the provider's own app: kept as ours, told
 * to nobody, and no reason to answer. */
static void an_echo_is_a_message_of_ours(void **state)
{
	struct house *h = *state;

	house_body(h, "echo,id=e1,strong=S1,text=x,ts=-5\n"
		      "echo,id=e2,strong=S1\n"
		      "echo,id=e3,text=nobody\n");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE direction='out' AND"
					" state='sent'"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 0);
	assert_int_equal(HOUSE_COUNT(h, "conversation WHERE inbound_ms IS NULL"
					" OR inbound_ms=0"),
			 1);
	assert_int_equal(h->w.counts.ignored_events, 2);
}

static void without_a_route_nobody_is_told(void **state)
{
	struct house *h = *state;

	h->settings.routes_len = 0;
	house_body(h, hello);
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='received'"), 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 0);
}

/* Without an id of its own, an event is known again by all it says. */
static void taking_a_reaction_back_is_no_duplicate_of_it(void **state)
{
	struct house *h = *state;
	static const char given[] = "reaction,strong=S1,target=m1,emoji=x\n",
			  taken[] =
			      "reaction,strong=S1,target=m1,emoji=x,removed=1";

	house_body(h, hello);
	house_body(h, given);
	house_body(h, taken);
	house_body(h, given);
	house_body(h, taken);
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='reaction'"), 2);
	assert_int_equal(h->w.counts.duplicates, 2);
}

/* Some providers name a reaction by the message it is about. */
static void an_id_that_is_the_targets_is_not_its_own(void **state)
{
	struct house *h = *state;

	house_body(h, hello);
	house_body(h, "reaction,id=m1,strong=S1,target=m1,emoji=x\n"
		      "reaction,id=m1,strong=S1,target=m1,emoji=y\n");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='reaction' AND"
					" target IS NOT NULL"),
			 2);
	assert_int_equal(h->w.counts.duplicates, 0);
}

static void an_edit_or_deletion_of_nothing_named_harms_nothing(void **state)
{
	struct house *h = *state;

	house_body(h, hello);
	house_body(h, "delete,id=d1,strong=S1\nedit,id=e1,strong=S1,text=y\n");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "tombstone"), 0);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='text' AND"
					" state='received'"),
			 1);
	/* The edited text is not lost: it stands for itself. */
	content_is(CONTENT(h, "kind='edit'"), "text", "y");
}

/* The tombstone is gone after a week, the bare row is not. */
static void a_late_edit_does_not_bring_a_deleted_text_back(void **state)
{
	struct house *h = *state;

	house_body(h, hello);
	house_body(h, "delete,id=d1,strong=S1,target=m1");
	house_receive(h);
	h->ahead_ms = INT64_C(8) * 24 * 3600 * 1000;
	house_confirm(h);
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "tombstone"), 0);
	house_body(h, "edit,id=e1,strong=S1,target=m1,text=neu");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='deleted' AND"
					" content_sealed IS NULL"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	assert_int_equal(h->w.counts.ignored_events, 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='message.edited'"),
			 0);
}

static void a_withdrawal_from_a_purpose_without_a_name_is_from_all(void **state)
{
	struct house *h = *state;

	house_body(h, "optout,strong=S1,purpose=Our News");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "consent_event WHERE purpose='all' AND"
					" kind='withdrawn'"),
			 1);
}

static void a_withdrawal_of_nobody_is_kept_for_a_human(void **state)
{
	struct house *h = *state;

	house_body(h, "optout,purpose=marketing");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "consent_event"), 0);
	assert_int_equal(HOUSE_COUNT(h, "quarantine WHERE"
					" reason='event.no_sender'"),
			 1);
}

/* --- statuses ------------------------------------------------------------- */

/* A message of ours that was handed over; its reference. */
static struct id_text sent_message(struct house *h)
{
	struct id_text ref;

	house_body(h, hello);
	house_receive(h);
	house_sql(h, "INSERT INTO message(id,conversation,key_person,direction,"
		     "kind,state,datenart,year,received_ms,policy) SELECT 5,id,"
		     "person,'out','text','sent','MSG',2026,1790000000000,0"
		     " FROM conversation");
	id_format(&h->w.mask, ID_MESSAGE, 5, &ref);
	return ref;
}

static void a_status_needs_no_id_of_the_provider(void **state)
{
	struct house *h = *state;
	struct id_text ref = sent_message(h);
	char body[128];

	(void)snprintf(body, sizeof(body),
		       "status,phone=01701234567,status=delivered,ref=%s",
		       ref.text);
	house_body(h, body);
	house_body(h, body);
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='delivered'"), 1);
	assert_int_equal(h->w.counts.duplicates, 1);
}

static void a_reading_of_one_message_is_a_status(void **state)
{
	struct house *h = *state;
	struct id_text ref = sent_message(h);
	char body[128];

	(void)snprintf(body, sizeof(body), "read,id=p1,strong=S1,ref=%s\n",
		       ref.text);
	house_body(h, body);
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE id=5 AND state='read'"),
			 1);
}

/* --- the spool ------------------------------------------------------------ */

static void the_backlog_is_what_lies_in_the_spool(void **state)
{
	struct house *h = *state;
	struct worker idle = {0};
	uint64_t one;

	assert_int_equal(receive_backlog_bytes(&idle), 0);
	house_body(h, hello);
	house_receive(h);
	house_body(h, hello);
	one = receive_backlog_bytes(&h->w);
	assert_true(one >= strlen(hello));
	house_body(h, hello);
	assert_int_equal(receive_backlog_bytes(&h->w), 2 * one);
	house_receive(h);
	assert_int_equal(receive_backlog_bytes(&h->w), 0);
}

/* The end of a segment is torn, as after a power cut. */
static void a_torn_end_is_counted_and_the_next_segment_read(void **state)
{
	struct house *h = *state;

	house_body(h, hello);
	house_body(h, "message,id=m2,strong=S1,type=text,text=b");
	h->offset -= 7;
	house_body(h, "message,id=m3,strong=S1,type=text,text=c");
	house_segment(h);
	house_body(h, "message,id=m4,strong=S1,type=text,text=d");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 2);
	assert_int_equal(h->w.counts.spool_damaged, 1);
}

/* --- taken again ---------------------------------------------------------- */

static int64_t set_aside(struct house *h, const char *reason)
{
	struct quarantine_row row = {0};
	struct err err = {0};
	size_t len = 0;

	assert_int_equal(quarantine_list(&h->w, 0, &row, 1, &len, &err), 0);
	assert_int_equal(len, 1);
	assert_string_equal(row.reason, reason);
	return row.id;
}

static void an_empty_body_waits_for_its_channel_like_any_other(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	int64_t id;

	house_body_on(h, "later", "", false);
	house_receive(h);
	id = set_aside(h, "channel.unknown");
	assert_int_equal(receive_replay(&h->w, id, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_true(name_set(&h->channel.name, "later", 5));
	h->door.name = h->channel.name;
	assert_int_equal(receive_replay(&h->w, id, &err), 0);
	assert_int_equal(HOUSE_COUNT(h, "quarantine"), 0);
}

/* As after a restore without the keys of these days: shredded is shredded. */
static void a_body_whose_key_is_gone_is_no_damage_of_the_archive(void **state)
{
	struct house *h = *state;
	struct keeper_batch *k = NULL;
	struct name raw;
	struct err err = {0};
	int64_t id;

	house_body(h, "!not understood");
	house_receive(h);
	id = set_aside(h, "body.not_understood");
	assert_true(name_set(&raw, "RAW", 3));
	assert_int_equal(keeper_batch_new(h->w.keeper, &k, &err), 0);
	(void)keeper_add_shred(k, 0, &raw);
	assert_int_equal(keeper_run(k, &err), 0);
	keeper_batch_free(&k);
	assert_int_equal(receive_replay(&h->w, id, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(HOUSE_COUNT(h, "quarantine"), 1);
}

/* But damage of the archive is not told as a fault of the body. */
static void damage_of_the_archive_is_told_as_such(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	int64_t id;

	house_body(h, hello);
	house_body(h, "!edit,id=e1,strong=S1,target=m1,text=y");
	house_receive(h);
	id = set_aside(h, "body.not_understood");
	house_sql(h, "UPDATE conversation SET helpdesk='No Name'");
	h->lenient = true;
	assert_int_equal(receive_replay(&h->w, id, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	assert_int_equal(HOUSE_COUNT(h, "quarantine"), 1);
	house_sql(h, "UPDATE conversation SET helpdesk='desk'");
	assert_int_equal(receive_replay(&h->w, id, &err), 0);
	content_is(CONTENT(h, "1=1"), "text", "y");
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(an_event_of_no_account_is_foreign),
	    CASE(a_driver_without_accounts_takes_all),
	    CASE(a_type_we_have_no_name_for_is_unsupported),
	    CASE(the_length_a_provider_says_is_kept),
	    CASE(an_echo_is_a_message_of_ours),
	    CASE(without_a_route_nobody_is_told),
	    CASE(taking_a_reaction_back_is_no_duplicate_of_it),
	    CASE(an_id_that_is_the_targets_is_not_its_own),
	    CASE(an_edit_or_deletion_of_nothing_named_harms_nothing),
	    CASE(a_late_edit_does_not_bring_a_deleted_text_back),
	    CASE(a_withdrawal_from_a_purpose_without_a_name_is_from_all),
	    CASE(a_withdrawal_of_nobody_is_kept_for_a_human),
	    CASE(a_status_needs_no_id_of_the_provider),
	    CASE(a_reading_of_one_message_is_a_status),
	    CASE(the_backlog_is_what_lies_in_the_spool),
	    CASE(a_torn_end_is_counted_and_the_next_segment_read),
	    CASE(an_empty_body_waits_for_its_channel_like_any_other),
	    CASE(a_body_whose_key_is_gone_is_no_damage_of_the_archive),
	    CASE(damage_of_the_archive_is_told_as_such),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests_name(
				       "receive events", tests, NULL, NULL);
}
