/* test_plan.c - what is planned of events about persons, messages and rows
 * that are not as usual.
 *
 * Proves: assurance P3, P4; channels.md 1.6. */
#include "receive_house.h"

static void say(struct house *h, const char *body)
{
	house_body(h, body);
	house_receive(h);
}

/* --- profiles ------------------------------------------------------------- */

/* Is the sealed profile still the one remembered under meta.seen? */
static bool profile_stayed(struct house *h)
{
	return HOUSE_COUNT(h, "person p JOIN meta m ON m.name='seen' AND"
			      " m.value=p.profile_sealed") == 1;
}

static void remember_profile(struct house *h)
{
	house_sql(h, "INSERT OR REPLACE INTO meta(name,value) SELECT 'seen',"
		     "profile_sealed FROM person");
}

/* Sealing gives other bytes each time, so the same bytes were not sealed. */
static void a_profile_is_sealed_when_it_changed(void **state)
{
	struct house *h = *state;

	say(h, "message,id=a,strong=S1,type=text,text=x,name=Anna");
	remember_profile(h);
	say(h, "message,id=b,strong=S1,type=text,text=x,name=Anna");
	say(h, "message,id=c,strong=S1,type=text,text=x");
	assert_true(profile_stayed(h));
	say(h, "message,id=d,strong=S1,type=text,text=x,name=Anna,"
	       "username=anna.1");
	assert_false(profile_stayed(h));
	remember_profile(h);
	say(h, "message,id=e,strong=S1,type=text,text=x,name=Anne");
	assert_false(profile_stayed(h));
}

static void a_name_of_the_provider_is_a_profile_as_well(void **state)
{
	struct house *h = *state;

	say(h, "message,id=a,strong=S1,type=text,text=x,username=anna.1");
	assert_int_equal(HOUSE_COUNT(h, "person WHERE"
					" length(profile_sealed)>40"),
			 1);
}

/* In an echo the name is how we call the customer, not how they do. */
static void what_we_call_somebody_is_no_profile(void **state)
{
	struct house *h = *state;

	say(h, "echo,id=e1,strong=S1,text=x,recipient=1,name=Kundin 4711");
	assert_int_equal(HOUSE_COUNT(h, "message WHERE direction='out'"), 1);
	assert_int_equal(HOUSE_COUNT(h, "person WHERE profile_sealed IS NULL"),
			 1);
}

/* --- policy and route ----------------------------------------------------- */

static void of_a_channel_without_a_purpose_nothing_is_kept(void **state)
{
	struct house *h = *state;

	house_use(h, HOUSE_POLICY_HEAD
		  "channels:\n  other: {purpose: support, data: MSG}"
		  "\n" HOUSE_POLICY_DESK);
	say(h, hello);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	assert_int_equal(HOUSE_COUNT(h, "person"), 0);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 0);
	assert_int_equal(h->w.counts.ignored_events, 1);
}

static void nobody_is_told_of_a_conversation_they_never_had(void **state)
{
	struct house *h = *state;

	h->settings.routes_len = 0;
	say(h, "message,id=m1,strong=S1,type=text,text=a");
	house_sql(h, "UPDATE conversation SET state='closed',"
		     " closed_ms=1790000000000");
	say(h, "message,id=m2,strong=S1,type=text,text=b");
	assert_int_equal(HOUSE_COUNT(h, "conversation WHERE state='open'"), 1);
	assert_int_equal(HOUSE_COUNT(h, "message"), 2);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 0);
}

/* --- edits ---------------------------------------------------------------- */

/* Of this batch, of the one before, and of neither. */
static void an_edit_finds_its_message_wherever_it_is(void **state)
{
	struct house *h = *state;

	say(h, "message,id=old,strong=S1,type=text,text=a");
	say(h, "message,id=new,strong=S1,type=text,text=b\n"
	       "edit,id=e1,strong=S1,target=old,text=a2\n"
	       "edit,id=e2,strong=S1,target=new,text=b2\n"
	       "edit,id=e3,strong=S1,target=gone,text=c2\n");
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='edited'"), 2);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='edit'"), 1);
	assert_int_equal(HOUSE_COUNT(h, "message"), 3);
	content_is(CONTENT(h, "id=(SELECT min(id) FROM message)"), "text",
		   "a2");
	content_is(CONTENT(h, "kind='edit'"), "text", "c2");
}

/* A row that cannot be read is not written to; the new text stands alone. */
static void an_edit_of_a_damaged_row_stands_for_itself(void **state)
{
	struct house *h = *state;

	say(h, hello);
	house_sql(h, "UPDATE message SET datenart='No Name'");
	say(h, "edit,id=e1,strong=S1,target=m1,text=neu");
	assert_int_equal(HOUSE_COUNT(h, "message"), 2);
	content_is(CONTENT(h, "kind='edit'"), "text", "neu");
}

static void an_edit_in_a_conversation_of_nobody_is_taken(void **state)
{
	struct house *h = *state;

	say(h, hello);
	house_sql(h, "DELETE FROM conversation");
	say(h, "edit,id=e1,strong=S1,target=m1,text=neu");
	content_is(CONTENT(h, "1=1"), "text", "neu");
}

/* --- statuses ------------------------------------------------------------- */

/* Two addresses side by side are one person, unless they are a group. */
static void a_group_joins_nobody(void **state)
{
	struct house *h = *state;

	say(h, "message,id=m1,strong=S1,type=text,text=a\n"
	       "message,id=m2,phone=0170555,type=text,text=b\n");
	assert_int_equal(HOUSE_COUNT(h, "person WHERE joined_into IS NULL"), 2);
	say(h, "status,id=x1,strong=S1,phone=0170555,group=G1,status=read");
	assert_int_equal(HOUSE_COUNT(h, "person WHERE joined_into IS NULL"), 2);
	say(h, "status,id=x2,strong=S1,phone=0170555,status=read");
	assert_int_equal(HOUSE_COUNT(h, "person WHERE joined_into IS NULL"), 1);
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_profile_is_sealed_when_it_changed),
	    CASE(a_name_of_the_provider_is_a_profile_as_well),
	    CASE(what_we_call_somebody_is_no_profile),
	    CASE(of_a_channel_without_a_purpose_nothing_is_kept),
	    CASE(nobody_is_told_of_a_conversation_they_never_had),
	    CASE(an_edit_finds_its_message_wherever_it_is),
	    CASE(an_edit_of_a_damaged_row_stands_for_itself),
	    CASE(an_edit_in_a_conversation_of_nobody_is_taken),
	    CASE(a_group_joins_nobody),
	};

	return sodium_init() < 0
		   ? 1
		   : cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
