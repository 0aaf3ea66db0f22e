/* test_notice.c - the policy at receiving: who is told what, what is held
 * back, what nobody may read.
 *
 * Proves: compliance 9 I1, T2, W2; 2.5, 2.8, 4.4; design 1.6. */
#include "receive_house.h"

#include "postern/caldate.h"
#include "zone_house.h"

#define DE "Wir verarbeiten Ihre Nachricht. Mehr unter muster.example."
#define EN "We process your message. More at muster.example."

#define NOTICES "notices:\n  hinweis: \"" DE "\"\n  hint: \"" EN "\"\n"
#define WITH_NOTICE                                                        \
	HOUSE_POLICY_HEAD                                                  \
	"  NOTICE: {from: collection, delete: P3Y}\n"                      \
	"channels:\n  shop: {purpose: support, data: MSG, first_contact: " \
	"notice, notice: {de: hinweis, en: hint}}\n" HOUSE_POLICY_DESK

#define GERMAN(id) \
	"message,id=" id ",strong=S1,type=text,text=Wo ist mein Paket?"
#define ENGLISH(id) \
	"message,id=" id ",strong=S1,type=text,text=where is my parcel"

#define NOTICED(h) HOUSE_COUNT(h, "message WHERE kind='notice'")

static void say(struct house *h, const char *body)
{
	house_body(h, body);
	house_receive(h);
}

/* --- the notice of first contact ------------------------------------------ */

static void a_first_message_is_answered_with_one_notice(void **state)
{
	struct house *h = *state;
	json_t *content, *why;

	house_use(h, WITH_NOTICE NOTICES);
	say(h, ENGLISH("m1"));
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='notice' AND"
					" direction='out' AND state='queued'"
					" AND datenart='NOTICE'"),
			 1);
	content_is(CONTENT(h, "kind='notice'"), "text", EN);
	content_is(CONTENT(h, "kind='notice'"), "notice", "hint");
	content = CONTENT(h, "kind='notice'");
	why = json_object_get(content, "why");
	assert_int_equal(json_array_size(why), 1);
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(why, 0), "code")),
	    "channel.first_contact");
	json_decref(content);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE kind='channel' AND"
					" destination='shop' AND type='send'"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE kind='helpdesk'"), 1);
	assert_int_equal(HOUSE_COUNT(h,
				     "wording WHERE name='hint' AND text='" EN
				     "' AND length(sha256)=32"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "notice_sent n JOIN message m ON"
					" m.id=n.message WHERE n.notice='hint'"
					" AND n.channel='shop'"),
			 1);
}

static void the_second_message_is_not(void **state)
{
	struct house *h = *state;

	house_use(h, WITH_NOTICE NOTICES);
	house_body(h, GERMAN("m1"));
	house_body(h, ENGLISH("m2")); /* in the same batch */
	house_receive(h);
	say(h, ENGLISH("m3"));
	say(h, GERMAN("m1")); /* repeated */
	assert_int_equal(NOTICED(h), 1);
	/* What was kept in memory is in the archive too. */
	house_close(h);
	house_open(h, "sqlite");
	say(h, GERMAN("m4"));
	assert_int_equal(NOTICED(h), 1);
	say(h, "message,id=m5,strong=S2,type=text,text=ok");
	assert_int_equal(NOTICED(h), 2);
}

static void a_new_wording_is_sent_once_again(void **state)
{
	struct house *h = *state;

	house_use(h, WITH_NOTICE NOTICES);
	say(h, GERMAN("m1"));
	house_use(h, WITH_NOTICE "notices:\n  hinweis: \"Neu.\"\n  hint: "
				 "\"" EN "\"\n");
	say(h, GERMAN("m2"));
	say(h, GERMAN("m3"));
	assert_int_equal(NOTICED(h), 2);
	assert_int_equal(HOUSE_COUNT(h, "wording"), 2);
	assert_int_equal(HOUSE_COUNT(h, "notice_sent"), 2);
}

/* "ok" tells no language: the last one that did counts. */
static void the_language_is_remembered(void **state)
{
	struct house *h = *state;

	house_use(h, HOUSE_POLICY_HEAD "channels:\n  shop: {purpose: support, "
				       "data: MSG}\n" HOUSE_POLICY_DESK);
	say(h, ENGLISH("m1"));
	assert_int_equal(HOUSE_COUNT(h, "conversation WHERE language='en'"), 1);
	house_use(h, WITH_NOTICE NOTICES);
	say(h, "message,id=m2,strong=S1,type=text,text=ok");
	content_is(CONTENT(h, "kind='notice'"), "text", EN);
	assert_int_equal(HOUSE_COUNT(h, "conversation WHERE language='en'"), 1);
}

static void who_is_joined_was_told_already(void **state)
{
	struct house *h = *state;

	house_use(h, WITH_NOTICE NOTICES);
	say(h, "message,id=m1,phone=01701234567,type=text,text=eins");
	say(h, "message,id=m2,strong=S1,type=text,text=zwei");
	assert_int_equal(NOTICED(h), 2);
	say(h, "message,id=m3,strong=S1,phone=01701234567,type=text,text=drei");
	assert_int_equal(h->w.counts.persons_joined, 1);
	say(h, "message,id=m4,phone=01701234567,type=text,text=vier");
	assert_int_equal(NOTICED(h), 2);
}

/* Every call of the archive fails once; nobody is thought to be told then. */
static void a_batch_that_came_to_nothing_told_nobody(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	bool moved = false;
	uint64_t nth;

	house_use(h, WITH_NOTICE NOTICES);
	house_body(h, GERMAN("m1"));
	house_close(h);
	house_open(h, "failing");
	for (nth = 1; nth < 1000; nth++) {
		store_failing_set(h->w.store, nth, true);
		(void)receive_step(&h->w, &moved, &err); /* may fail */
		store_failing_set(h->w.store, 0, false);
		if (moved)
			break;
		assert_int_equal(HOUSE_COUNT(h, "notice_sent"), 0);
		assert_int_equal(HOUSE_COUNT(h, "outbox"), 0);
	}
	assert_true(nth > 20);
	assert_int_equal(NOTICED(h), 1);
	assert_int_equal(HOUSE_COUNT(h, "notice_sent"), 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 2);
}

static void a_notice_that_did_not_arrive_was_not_sent(void **state)
{
	struct house *h = *state;
	struct id_text ref;
	char body[200];

	house_use(h, WITH_NOTICE NOTICES);
	say(h, GERMAN("m1"));
	id_format(&h->w.mask, ID_MESSAGE,
		  house_number(h, "SELECT id FROM message WHERE kind='notice'"),
		  &ref);
	(void)snprintf(body, sizeof(body),
		       "status,id=p1,strong=S1,status=failed,error=131026,"
		       "ref=%s\n",
		       ref.text);
	say(h, body);
	assert_int_equal(HOUSE_COUNT(h, "notice_sent"), 0);
	/* Nobody at the helpdesk knows of it. */
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE kind='helpdesk'"), 1);
	say(h, GERMAN("m2"));
	assert_int_equal(NOTICED(h), 2);
}

static void only_a_person_who_speaks_is_answered(void **state)
{
	struct house *h = *state;

	house_use(h, WITH_NOTICE NOTICES);
	say(h, "echo,id=e1,strong=S1,text=Guten Tag,account=A1");
	say(h, "edit,id=e2,strong=S1,target=m0,text=STOP");
	say(h, "delete,id=d1,strong=S1,target=m9");
	say(h, "message,id=m9,strong=S1,type=text,text=STOP");
	assert_int_equal(HOUSE_COUNT(h, "message"), 3);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind IN ('notice',"
					"'ask','reply')"),
			 0);
	say(h, GERMAN("m1"));
	assert_int_equal(NOTICED(h), 1);
}

/* --- keywords ------------------------------------------------------------- */

static void a_keyword_is_answered_and_a_sentence_is_not(void **state)
{
	struct house *h = *state;

	say(h, "message,id=m1,strong=S1,type=text,text=Bitte stoppen Sie die "
	       "Lieferung");
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE kind='channel'"), 0);
	say(h, "message,id=m2,strong=S1,type=text,text=Stopp!");
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='reply' AND"
					" datenart='MSG'"),
			 1);
	content_is(CONTENT(h, "kind='reply'"), "notice", "stopped_de");
	assert_int_equal(HOUSE_COUNT(h, "wording WHERE name='stopped_de'"), 1);
	/* The helpdesk sees the message as well. */
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='message.received'"),
			 2);
}

/* --- office hours --------------------------------------------------------- */

#define OFFICE                                                              \
	HOUSE_POLICY_HEAD                                                   \
	"channels:\n  shop: {purpose: support, data: MSG, hours: {days: {"  \
	"mon: [\"09:00-12:00\", \"13:00-17:00\"], thu: [\"09:00-17:00\"], " \
	"fri: [\"09:00-17:00\"]}, holidays: land, outside: "                \
	"zu}}\n" HOUSE_POLICY_DESK                                          \
	"notices:\n  zu: \"Wir sind ab 9 Uhr da.\"\n"

/* A message at a time of the wall clock in Berlin, December 2026. */
static void write_at(struct house *h, int64_t day, int64_t hour, int64_t minute)
{
	static int number;
	int64_t local_s =
	    caldate_day(2026, 12, day) * 86400 + hour * 3600 + minute * 60;
	char body[100];

	h->ahead_ms = zone_utc_s(h->w.zone, local_s) * 1000 - HOUSE_NOW;
	(void)snprintf(body, sizeof(body),
		       "message,id=t%d,strong=S1,type=text,text=Guten Tag",
		       ++number);
	say(h, body);
}

static void outside_office_hours_is_told_once_a_day(void **state)
{
	static const struct {
		int64_t day, hour, minute, told;
	} steps[] = {
	    {21, 8, 59, 1}, {21, 9, 0, 1},   {21, 12, 30, 1},
	    {24, 10, 0, 1},		     /* Thursday, no holiday */
	    {25, 10, 0, 2}, {25, 23, 59, 2}, /* Christmas */
	    {26, 0, 0, 3},  {26, 12, 0, 3},  /* and Saturday */
	    {27, 12, 0, 4},		     /* Sunday */
	    {28, 10, 0, 4}, {28, 12, 0, 5},  {28, 12, 30, 5},
	    {28, 13, 0, 5}, {28, 17, 0, 5},
	};
	struct house *h = *state;

	h->w.zone = zone_of(BERLIN);
	(void)snprintf(h->settings.controller.land, 3, "BE");
	house_use(h, OFFICE);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		write_at(h, steps[i].day, steps[i].hour, steps[i].minute);
		assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='reply'"),
				 steps[i].told);
	}
	say(h, "reaction,id=r1,strong=S2,target=t1,emoji=x");
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='reply'"), 5);
	zone_free(&h->w.zone);
}

/* --- until somebody agreed -------------------------------------------------
 */

#define CONSENTING(what)                                                   \
	"policy: shop\nversion: 1\npurposes:\n"                            \
	"  beratung: {basis: consent, marketing: false, ask: frage}\n"     \
	"data:\n  MSG: {from: process_end, delete: P90D}\n"                \
	"  MEDIA: {from: process_end, delete: P90D}\n"                     \
	"  RAW: {from: collection, delete: P3D}\n"                         \
	"channels:\n  shop: {purpose: beratung, data: MSG, media: {data: " \
	"MEDIA}, first_contact: consent, notice: hinweis, "                \
	"until_consent: " what "}\n" HOUSE_POLICY_DESK                     \
	"notices:\n  hinweis: \"" DE "\"\n"                                \
	"  frage: \"Duerfen wir? JA oder NEIN\"\n"

static void a_message_is_held_back_for_whole_days(void **state)
{
	struct house *h = *state;
	int64_t until_ms;

	h->w.zone = zone_of(BERLIN);
	house_use(h, CONSENTING("{do: hold_back, for: P7D}"));
	say(h, GERMAN("m1"));
	assert_int_equal(HOUSE_COUNT(h, "message WHERE outcome=3"), 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE kind='helpdesk'"), 1);
	/* 21 September and seven days, to the end of the last, in summer. */
	until_ms = (caldate_day(2026, 9, 29) * 86400 - 7200) * 1000;
	assert_int_equal(
	    house_number(h, "SELECT next_ms FROM outbox WHERE state='held'"),
	    until_ms);
	/* What becomes of it is no news to who never heard of it. */
	say(h, "edit,id=e1,strong=S1,target=m1,text=neu,ts=9");
	say(h, "delete,id=d1,strong=S1,target=m1");
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE kind='helpdesk'"), 0);
	zone_free(&h->w.zone);
}

static void a_message_is_forwarded_reduced(void **state)
{
	struct house *h = *state;

	house_use(h, CONSENTING("{do: forward_reduced}"));
	say(h, GERMAN("m1"));
	assert_int_equal(HOUSE_COUNT(h, "message WHERE outcome=2"), 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE kind='helpdesk' AND"
					" state='waiting'"),
			 1);
}

static void a_refused_message_leaves_nothing(void **state)
{
	struct house *h = *state;

	house_use(h, CONSENTING("{do: refuse}"));
	say(h, GERMAN("m1"));
	assert_int_equal(HOUSE_COUNT(h, "message WHERE direction='in'"), 0);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE kind='helpdesk'"), 0);
	assert_int_equal(h->w.counts.ignored_events, 1);
}

/* --- classes of data ------------------------------------------------------ */

#define CLASSES                                                              \
	"policy: shop\nversion: 1\npurposes:\n  support: {basis: contract, " \
	"special: explicit_consent}\n"                                       \
	"data:\n  MSG: {from: process_end, delete: P90D}\n"                  \
	"  BUSINESS: {from: collection, delete: P6Y}\n"                      \
	"  HEALTH: {from: process_end, delete: P30D, special: true}\n"       \
	"  MEDIA: {from: process_end, delete: P90D}\n"                       \
	"  RAW: {from: collection, delete: P3D}\n"                           \
	"channels:\n  shop: {purpose: support, data: MSG, media: {data: "    \
	"MEDIA, kinds: [image], max: 1KiB}, tag: [{words: [Rechnung], "      \
	"data: BUSINESS}]}\n"                                                \
	"special:\n  - {words: [Diagnose], data: HEALTH}\n" HOUSE_POLICY_DESK

static void words_choose_class_and_key(void **state)
{
	struct house *h = *state;
	json_t *why;

	house_use(h, CLASSES);
	say(h, "message,id=m1,strong=S1,type=text,text=Meine Rechnung fehlt");
	assert_int_equal(HOUSE_COUNT(h, "message WHERE datenart='BUSINESS' AND"
					" outcome=1 AND tags=0"),
			 1);
	why = CONTENT(h, "datenart='BUSINESS'"); /* its key opens it */
	assert_string_equal(
	    json_string_value(json_object_get(
		json_array_get(json_object_get(why, "why"), 0), "code")),
	    "channel.tag");
	json_decref(why);
	say(h, "message,id=m2,strong=S1,type=text,text=Die Diagnose kam");
	assert_int_equal(HOUSE_COUNT(h, "message WHERE datenart='HEALTH' AND"
					" outcome=4 AND tags=1"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 1);
}

static void an_everyday_message_says_no_reasons(void **state)
{
	struct house *h = *state;
	json_t *content;

	house_use(h, CLASSES);
	say(h, GERMAN("m1"));
	content = CONTENT(h, "outcome=1");
	assert_null(json_object_get(content, "why"));
	json_decref(content);
}

static void media_the_policy_refuses_are_not_fetched(void **state)
{
	struct house *h = *state;

	house_use(h, CLASSES);
	say(h, "message,id=m1,strong=S1,type=video,media=f1,bytes=10");
	say(h, "message,id=m2,strong=S1,type=image,media=f2,bytes=1025");
	say(h, "message,id=m3,strong=S1,type=image,media=f3,bytes=1024");
	assert_int_equal(HOUSE_COUNT(h, "attachment WHERE state='failed' AND"
					" reason='policy'"),
			 2);
	assert_int_equal(HOUSE_COUNT(h, "attachment WHERE state='wanted'"), 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 3);
}

/* --- the provider's mechanism --------------------------------------------- */

static void set_mechanism(struct house *h, const char *word)
{
	(void)snprintf(h->channel.provider.mechanism,
		       sizeof(h->channel.provider.mechanism), "%s", word);
}

static void without_a_mechanism_nobody_reads_and_nothing_is_lost(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	int64_t id;

	house_use(h, WITH_NOTICE NOTICES);
	set_mechanism(h, "invalid");
	say(h, GERMAN("m1") "\n"
			    "message,id=m2,strong=S2,type=text,text=zwei\n");
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	assert_int_equal(HOUSE_COUNT(h, "person"), 0);
	id = house_number(h, "SELECT id FROM quarantine WHERE"
			     " reason='channel.mechanism'");
	assert_true(id > 0);
	assert_int_equal(receive_replay(&h->w, id, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	set_mechanism(h, "SCC");
	assert_int_equal(receive_replay(&h->w, id, &err), 0);
	assert_int_equal(HOUSE_COUNT(h, "quarantine"), 0);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE direction='in'"), 2);
	assert_int_equal(NOTICED(h), 2);
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_first_message_is_answered_with_one_notice),
	    CASE(the_second_message_is_not),
	    CASE(a_new_wording_is_sent_once_again),
	    CASE(the_language_is_remembered),
	    CASE(who_is_joined_was_told_already),
	    CASE(a_batch_that_came_to_nothing_told_nobody),
	    CASE(a_notice_that_did_not_arrive_was_not_sent),
	    CASE(only_a_person_who_speaks_is_answered),
	    CASE(a_keyword_is_answered_and_a_sentence_is_not),
	    CASE(outside_office_hours_is_told_once_a_day),
	    CASE(a_message_is_held_back_for_whole_days),
	    CASE(a_message_is_forwarded_reduced),
	    CASE(a_refused_message_leaves_nothing),
	    CASE(words_choose_class_and_key),
	    CASE(an_everyday_message_says_no_reasons),
	    CASE(media_the_policy_refuses_are_not_fetched),
	    CASE(without_a_mechanism_nobody_reads_and_nothing_is_lost),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
