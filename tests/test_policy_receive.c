/* What becomes of a message that came in, was edited or deleted: every way
 * through the decision. */
#include "policy_house.h"

#define BEFORE                                                              \
	HEAD "purposes:\n"                                                  \
	     "  support: {basis: contract, special: health_care}\n"         \
	     "  news: {basis: consent, ask: {de: frage, en: question}}\n"   \
	     "  polls: {basis: consent, marketing: false, ask: umfrage, "   \
	     "minors: refuse}\n"                                            \
	     "data:\n"                                                      \
	     "  MSG: {from: process_end, delete: P90D}\n"                   \
	     "  SHORT: {from: collection, delete: P10D}\n"                  \
	     "  LETTER: {from: collection, statutory: {norm: "              \
	     "HGB_Handelsbrief_6}}\n"                                       \
	     "  VOUCHER: {from: collection, statutory: {norm: "             \
	     "HGB_Buchungsbeleg_8}}\n"                                      \
	     "  HEALTH: {from: process_end, delete: P14D, special: true}\n" \
	     "  MEDIA: {from: process_end, delete: P90D}\n"                 \
	     "  RAW: {from: collection, delete: P3D}\n"                     \
	     "channels:\n"
#define AFTER                                                 \
	"helpdesks:\n"                                        \
	"  desk: {sees: [text, attachments], person: name}\n" \
	"  ward: {sees: [text], data: [MSG, HEALTH]}\n"       \
	"special: [{words: [Diagnose], data: HEALTH}]\n"      \
	"notices:\n"                                          \
	"  hinweis: Hinweis\n"                                \
	"  hint: {language: en, text: Hint}\n"                \
	"  frage: Frage\n"                                    \
	"  question: Question\n"                              \
	"  umfrage: Umfrage\n"                                \
	"  zu: Geschlossen\n"
#define CHAT(more) \
	BEFORE "  chat:\n    purpose: support\n    data: MSG\n" more AFTER
#define NOTICE \
	"    first_contact: notice\n    notice: {de: hinweis, en: hint}\n"
#define CONSENT(until)                                               \
	"    first_contact: consent\n    notice: {de: hinweis, en: " \
	"hint}\n    consent: polls\n    until_consent: " until "\n"
#define TAGS                                                            \
	"    tag:\n      - {words: [Angebot, Auftrag], data: LETTER}\n" \
	"      - {words: [Rechnung], data: VOUCHER}\n"                  \
	"      - {words: [Notiz], data: SHORT}\n"
#define HOURS "    hours: {days: {mon: [\"08:00-12:00\"]}, outside: zu}\n"

static const struct name chat = {"chat"}, desk = {"desk"}, ward = {"ward"};

/* A message on chat to the desk, on a Monday at ten. */
static struct policy_facts message(void)
{
	return (struct policy_facts){
	    .act = ACT_RECEIVE,
	    .channel = &chat,
	    .helpdesk = &desk,
	    .media_bytes = -1,
	    .language = "de",
	    .local = {.day = 20773, .minute = 600},
	};
}

static struct policy_decision decide(const char *text,
				     const struct policy_facts *f)
{
	struct policy *p = good(text);
	struct policy_decision d;

	policy_decide(p, f, &d);
	/* What it says is borrowed from the policy: only names stay. */
	for (size_t i = 0; i < d.say_len; i++) {
		d.say[i].notice = NULL;
		d.say[i].purpose = NULL;
	}
	policy_free(&p);
	return d;
}

static struct policy_decision decide_text(const char *policy, const char *text,
					  struct policy_facts f)
{
	char normal[256];

	f.normal_len = keyword_normalise(text, strlen(text), normal);
	f.normal = normal;
	return decide(policy, &f);
}

static bool says(const struct policy_decision *d, enum policy_say_kind kind)
{
	for (size_t i = 0; i < d->say_len; i++)
		if (d->say[i].kind == kind)
			return true;
	return false;
}

/* --- which Datenart ------------------------------------------------------- */

static void words_and_people_classify(void **state)
{
	static const struct name letter = {"LETTER"}, gone = {"GONE"};
	static const struct {
		const char *text;
		const struct name *tagged;
		const char *datenart, *reason;
	} cases[] = {
	    {"Wo ist mein Paket?", NULL, "MSG", "channel.data"},
	    {"Ein Angebot, bitte", NULL, "LETTER", "channel.tag"},
	    {"ANGEBOT!", NULL, "LETTER", "channel.tag"},
	    /* Whole words only, at either end. */
	    {"Angebote", NULL, "MSG", "channel.data"},
	    {"Sonderangebot", NULL, "MSG", "channel.data"},
	    {"1angebot", NULL, "MSG", "channel.data"},
	    {"angebot\xc3\xa9", NULL, "MSG", "channel.data"},
	    {"Angebote und ein Angebot", NULL, "LETTER", "channel.tag"},
	    /* What is kept longest goes, wherever it stands. */
	    {"Angebot und Rechnung", NULL, "VOUCHER", "channel.tag"},
	    {"Rechnung und Angebot", NULL, "VOUCHER", "channel.tag"},
	    {"Notiz zum Angebot", NULL, "LETTER", "channel.tag"},
	    {"Notiz", NULL, "SHORT", "channel.tag"},
	    /* Health stays health. */
	    {"Diagnose und Rechnung", NULL, "HEALTH", "special.words"},
	    {"Rechnung und Diagnose", NULL, "HEALTH", "special.words"},
	    /* People know better than words, except of health. */
	    {"Rechnung", &letter, "LETTER", "conversation.tag"},
	    {"Hallo", &letter, "LETTER", "conversation.tag"},
	    {"Diagnose", &letter, "HEALTH", "special.words"},
	    /* A tag of a policy that is over. */
	    {"Hallo", &gone, "MSG", "channel.data"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policy_facts f = message();
		struct policy_decision d;

		f.datenart = cases[i].tagged;
		f.helpdesk = &ward;
		d = decide_text(CHAT(TAGS), cases[i].text, f);
		if (strcmp(d.datenart.text, cases[i].datenart) != 0 ||
		    !has_reason(&d, cases[i].reason))
			fail_msg("case %zu: %s", i, d.datenart.text);
		assert_true(d.store);
		assert_int_equal(d.special,
				 strcmp(cases[i].datenart, "HEALTH") == 0);
	}
}

static void attachments_have_a_class_of_their_own(void **state)
{
	struct policy_facts f = message();
	struct policy_decision d;

	(void)state;
	f.media = true;
	f.media_kind = "image";
	d = decide(CHAT("    media: {data: LETTER}\n"), &f);
	assert_string_equal(d.datenart.text, "MSG");
	assert_string_equal(d.media_datenart.text, "LETTER");
	assert_true(has_reason(&d, "data.media"));
	d = decide(CHAT(""), &f);
	assert_string_equal(d.media_datenart.text, "MEDIA");
}

static void attachments_are_taken_by_kind_and_size(void **state)
{
	static const struct {
		const char *kind;
		int64_t bytes;
		bool refused;
	} cases[] = {
	    {"image", 1024, false},  {"image", 1025, true},
	    {"image", -1, false},    {"document", 10, false},
	    {"hologram", 10, false}, /* a document */
	    {"video", 10, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policy_facts f = message();
		struct policy_decision d;

		f.media = true;
		f.media_kind = cases[i].kind;
		f.media_bytes = cases[i].bytes;
		d = decide(CHAT("    media: {kinds: [image, document], max: "
				"1KiB, strip: [place]}\n"),
			   &f);
		if (d.media_refused != cases[i].refused)
			fail_msg("case %zu", i);
		assert_int_equal(has_reason(&d, "channel.media"),
				 cases[i].refused);
		assert_int_equal(has_reason(&d, "channel.media.strip"),
				 !cases[i].refused);
		assert_int_equal(d.strip, STRIP_PLACE);
		assert_true(d.store && d.forward);
	}
}

/* --- who is told ---------------------------------------------------------- */

static void special_data_goes_to_who_names_it(void **state)
{
	struct policy_facts f = message();
	struct policy_decision d = decide_text(CHAT(""), "Diagnose", f);

	(void)state;
	assert_true(d.store && d.special && !d.forward);
	assert_true(has_reason(&d, "helpdesk.data"));
	f.helpdesk = &ward;
	d = decide_text(CHAT(""), "Diagnose", f);
	assert_true(d.forward && d.sees_text && !d.sees_attachments);
	assert_int_equal(d.person, PERSON_ALIAS);
	d = decide_text(CHAT(TAGS), "Rechnung", f);
	assert_false(d.forward);
	assert_true(has_reason(&d, "helpdesk.data"));
}

static void who_is_restricted_is_shown_to_nobody(void **state)
{
	struct policy_facts f = message();
	struct policy_decision d;

	(void)state;
	f.restricted = true;
	d = decide_text(CHAT(""), "Hallo", f);
	assert_true(d.store && !d.forward && !d.sees_text);
	assert_true(has_reason(&d, "person.restricted"));
	/* Rights are answered all the same. */
	d = decide_text(CHAT(""), "Stopp", f);
	assert_true(says(&d, SAY_STOPPED));
}

static void without_a_transfer_nobody_reads_it(void **state)
{
	static const enum policy_act acts[] = {ACT_RECEIVE, ACT_EDIT};
	struct policy_facts f = message();

	(void)state;
	f.mechanism = MECHANISM_INVALID;
	for (size_t i = 0; i < 2; i++) {
		struct policy_decision d;

		f.act = acts[i];
		d = decide_text(CHAT(NOTICE HOURS), "Stopp", f);
		assert_true(d.quarantine && !d.store && !d.forward);
		assert_int_equal(d.say_len, 0);
		assert_true(has_reason(&d, "channel.mechanism"));
	}
	/* A review that is due stops nothing yet. */
	f.act = ACT_RECEIVE;
	f.mechanism = MECHANISM_OVERDUE;
	assert_true(decide_text(CHAT(""), "Hallo", f).forward);
}

/* --- first contact -------------------------------------------------------- */

static void the_notice_goes_out_once(void **state)
{
	struct policy *p = good(CHAT(NOTICE));
	struct policy_facts f = message();
	struct policy_decision d;

	(void)state;
	policy_decide(p, &f, &d);
	assert_int_equal(d.say_len, 1);
	assert_int_equal(d.say[0].kind, SAY_NOTICE);
	assert_string_equal(d.say[0].notice->text, "Hinweis");
	assert_null(d.say[0].purpose);
	assert_true(has_reason(&d, "channel.first_contact"));
	f.language = "en";
	policy_decide(p, &f, &d);
	assert_string_equal(d.say[0].notice->text, "Hint");
	f.noticed = true;
	policy_decide(p, &f, &d);
	assert_int_equal(d.say_len, 0);
	assert_false(has_reason(&d, "channel.first_contact"));
	policy_free(&p);
}

static const enum consent_state said_no[] = {
    CONSENT_REQUESTED, CONSENT_REQUEST_DEFERRED, CONSENT_REFUSED,
    CONSENT_WITHDRAWN, CONSENT_REVOKED,		 CONSENT_INVALIDATED,
};

/* Every state of consent, for each of the three things that may happen. */
static void until_the_consent_it_waits_is_cut_or_refused(void **state)
{
	static const struct {
		const char *policy;
		bool store, forward, hold, reduced;
	} cases[] = {
	    {CHAT(CONSENT("{do: hold_back, for: P5D}")), true, false, true,
	     false},
	    {CHAT(CONSENT("{do: forward_reduced}")), true, true, false, true},
	    {CHAT(CONSENT("{do: refuse}")), false, false, false, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		for (int c = 0; c < CONSENT_STATES; c++) {
			struct policy_facts f = message();
			struct policy_decision d;
			bool given = c == CONSENT_GIVEN || c == CONSENT_RENEWED;

			f.consent = (enum consent_state)c;
			d = decide(cases[i].policy, &f);
			assert_int_equal(d.store, given || cases[i].store);
			assert_int_equal(d.forward, given || cases[i].forward);
			assert_int_equal(d.hold, !given && cases[i].hold);
			assert_int_equal(d.reduced, !given && cases[i].reduced);
			assert_int_equal(d.sees_text, given || d.hold);
			assert_int_equal(
			    has_reason(&d, "channel.until_consent"), !given);
			if (d.hold)
				assert_int_equal(d.hold_for.days, 5);
			if (d.reduced)
				assert_int_equal(d.person, PERSON_ALIAS);
			assert_int_equal(says(&d, SAY_ASK),
					 c == CONSENT_UNKNOWN ||
					     c == CONSENT_EXPIRED);
		}
}

static void who_was_asked_or_said_no_is_not_asked_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(said_no) / sizeof(said_no[0]); i++) {
		struct policy_facts f = message();
		struct policy_decision d;

		f.consent = said_no[i];
		d = decide(CHAT(CONSENT("{do: refuse}")), &f);
		assert_false(says(&d, SAY_ASK));
	}
}

static void nobody_waits_where_nobody_could_be_told(void **state)
{
	struct policy_facts f = message();
	struct policy_decision d;

	(void)state;
	f.helpdesk = NULL;
	d = decide(CHAT(CONSENT("{do: hold_back, for: P5D}")), &f);
	assert_true(d.store && !d.forward && !d.hold);
	f.helpdesk = &desk;
	f.restricted = true;
	d = decide(CHAT(CONSENT("{do: hold_back, for: P5D}")), &f);
	assert_true(d.store && !d.forward && !d.hold);
	d = decide(CHAT(CONSENT("{do: forward_reduced}")), &f);
	assert_true(d.store && !d.forward && !d.reduced);
}

/* The notice first: who asks has said who they are. */
static void one_question_after_the_notice(void **state)
{
	struct policy *p = good(CHAT(CONSENT("{do: refuse}")));
	struct policy_facts f = message();
	struct policy_decision d;

	(void)state;
	f.normal = "start"; /* would ask for news */
	f.normal_len = 5;
	policy_decide(p, &f, &d);
	assert_int_equal(d.say_len, 2);
	assert_int_equal(d.say[0].kind, SAY_NOTICE);
	assert_int_equal(d.say[1].kind, SAY_ASK);
	assert_string_equal(d.say[1].purpose->text, "polls");
	/* Once that is settled, START asks for what it is about. */
	f.consent = CONSENT_GIVEN;
	f.noticed = true;
	policy_decide(p, &f, &d);
	assert_int_equal(d.say_len, 1);
	assert_string_equal(d.say[0].purpose->text, "news");
	/* Who says STOP is asked for nothing. */
	f.consent = CONSENT_UNKNOWN;
	f.normal = "stop";
	f.normal_len = 4;
	policy_decide(p, &f, &d);
	assert_false(says(&d, SAY_ASK));
	assert_true(says(&d, SAY_STOPPED));
	policy_free(&p);
}

static void minors_are_asked_only_where_a_guardian_may_answer(void **state)
{
	struct policy_facts f = message();
	struct policy_decision d;

	(void)state;
	f.minor = true;
	d = decide(CHAT(CONSENT("{do: refuse}")), &f); /* polls: refuse */
	assert_false(says(&d, SAY_ASK));
	d = decide_text(CHAT(""), "Start", f); /* news: guardian */
	assert_true(says(&d, SAY_ASK));
	d = decide_text(CHAT("    start: polls\n"), "Start", f);
	assert_false(says(&d, SAY_ASK));
}

/* --- keywords and hours --------------------------------------------------- */

static void keywords_are_answered_once_each(void **state)
{
	static const struct {
		const char *text;
		enum keyword_class class;
		int kind; /* of the answer; -1: none */
		const char *reason;
	} cases[] = {
	    {"Stopp!", KEYWORD_STOP, SAY_STOPPED, "keyword.stop"},
	    {"Start", KEYWORD_START, SAY_ASK, "keyword.start"},
	    {"Hilfe", KEYWORD_HELP, SAY_HELP, "keyword.help"},
	    {"Daten löschen", KEYWORD_ERASE, SAY_ERASE, "keyword.erase"},
	    {"Auskunft", KEYWORD_ACCESS, SAY_ACCESS, "keyword.access"},
	    {"Ich widerrufe die Einwilligung", KEYWORD_REVIEW, -1,
	     "keyword.review"},
	    {"Bitte stoppen Sie die Lieferung", KEYWORD_NONE, -1, NULL},
	    {"JA", KEYWORD_NONE, -1, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policy_decision d =
		    decide_text(CHAT(""), cases[i].text, message());

		assert_int_equal(d.keyword, cases[i].class);
		assert_int_equal(d.say_len, cases[i].kind < 0 ? 0 : 1);
		if (cases[i].kind >= 0)
			assert_int_equal(d.say[0].kind, cases[i].kind);
		if (cases[i].reason)
			assert_true(has_reason(&d, cases[i].reason));
		/* The helpdesk sees them all. */
		assert_true(d.forward);
	}
}

static void a_message_without_text_orders_nothing(void **state)
{
	struct policy_facts f = message();
	struct policy_decision d = decide(CHAT(TAGS), &f);

	(void)state;
	assert_int_equal(d.keyword, KEYWORD_NONE);
	assert_string_equal(d.datenart.text, "MSG");
	assert_int_equal(d.say_len, 0);
}

static void start_where_nothing_can_be_asked_is_an_ordinary_message(
    void **state)
{
	static const char nothing[] =
	    HEAD "purposes: {support: {basis: contract}}\n"
		 "data: {MSG: {from: collection, delete: P1D}, MEDIA: {from: "
		 "collection, delete: P1D}, RAW: {from: collection, delete: "
		 "P1D}}\n"
		 "channels: {chat: {purpose: support, data: MSG}}\n"
		 "helpdesks: {desk: {sees: [text]}}\n";
	struct policy_decision d = decide_text(nothing, "Start", message());

	(void)state;
	assert_int_equal(d.keyword, KEYWORD_START);
	assert_int_equal(d.say_len, 0);
	assert_true(d.forward);
}

static void outside_of_hours_it_is_said_once_a_day(void **state)
{
	struct policy_facts f = message();
	struct policy_decision d = decide(CHAT(HOURS), &f);

	(void)state;
	assert_int_equal(d.say_len, 0);
	f.local.minute = 720;
	d = decide(CHAT(HOURS), &f);
	assert_int_equal(d.say_len, 1);
	assert_int_equal(d.say[0].kind, SAY_OUTSIDE);
	assert_true(has_reason(&d, "channel.hours"));
	assert_true(d.forward);
	/* Who got an answer to a keyword needs no second one. */
	d = decide_text(CHAT(HOURS), "Stopp", f);
	assert_false(says(&d, SAY_OUTSIDE));
	f.told_closed = true;
	d = decide(CHAT(HOURS), &f);
	assert_int_equal(d.say_len, 0);
	f.told_closed = false;
	f.local.day++; /* Tuesday */
	f.local.minute = 600;
	d = decide(CHAT(HOURS), &f);
	assert_true(says(&d, SAY_OUTSIDE));
}

static void holidays_of_the_land_close_unless_none_count(void **state)
{
	static const char none[] =
	    CHAT("    hours: {days: {mon: [\"08:00-12:00\"]}, holidays: none, "
		 "outside: zu}\n");
	struct policy_facts f = message();
	struct policy_decision d;

	(void)state;
	f.local.day = 20549; /* 2026-04-06, Easter Monday */
	f.land = "BE";
	d = decide(CHAT(HOURS), &f);
	assert_true(says(&d, SAY_OUTSIDE));
	d = decide(none, &f);
	assert_false(says(&d, SAY_OUTSIDE));
	f.land = NULL;
	d = decide(CHAT(HOURS), &f);
	assert_true(says(&d, SAY_OUTSIDE));
	f.local.day = 20885; /* 2027-03-08, Women's Day: Berlin, MV */
	f.land = "BE";
	d = decide(CHAT(HOURS), &f);
	assert_true(says(&d, SAY_OUTSIDE));
	f.land = "BY";
	d = decide(CHAT(HOURS), &f);
	assert_false(says(&d, SAY_OUTSIDE));
}

/* --- edits and deletions -------------------------------------------------- */

static void what_its_sender_takes_back_is_treated_as_written(void **state)
{
	static const struct {
		const char *policy;
		enum policy_forget on_delete, on_edit;
	} cases[] = {
	    {CHAT(""), FORGET_ALL, FORGET_ALL},
	    {CHAT("    on_delete: mask\n"), FORGET_MASK, FORGET_ALL},
	    {CHAT("    on_edit: mask\n"), FORGET_ALL, FORGET_MASK},
	    {CHAT("    on_delete: {keep: legal_obligation, as: LETTER}\n"),
	     FORGET_NOT, FORGET_ALL},
	    {CHAT("    on_delete: forget\n    on_edit: {keep: contract, as: "
		  "LETTER}\n"),
	     FORGET_ALL, FORGET_NOT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policy_facts f = message();
		struct policy_decision d;

		f.act = ACT_DELETE;
		d = decide(cases[i].policy, &f);
		assert_int_equal(d.forget, cases[i].on_delete);
		assert_true(has_reason(&d, "channel.on_delete"));
		assert_true(d.store && d.forward);
		if (d.forget == FORGET_NOT)
			assert_string_equal(d.keep_as.text, "LETTER");
		f.act = ACT_EDIT;
		d = decide(cases[i].policy, &f);
		assert_int_equal(d.forget, cases[i].on_edit);
		assert_true(has_reason(&d, "channel.on_edit"));
		assert_true(d.store && d.forward);
		assert_int_equal(d.say_len, 0);
	}
}

static void a_deletion_waits_for_nothing(void **state)
{
	static const char *const policies[] = {
	    CHAT(CONSENT("{do: hold_back, for: P5D}")),
	    CHAT(CONSENT("{do: refuse}")), CHAT("")};

	(void)state;
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
		struct policy_facts f = message();
		struct policy_decision d;

		f.act = ACT_DELETE;
		f.mechanism = MECHANISM_INVALID;
		f.restricted = true;
		d = decide(policies[i], &f);
		assert_int_equal(d.forget, FORGET_ALL);
		assert_true(d.store && !d.hold && !d.forward && !d.quarantine);
	}
}

/* The new text is a text: it may tell of health, and it may have to wait. */
static void an_edit_is_judged_like_a_message(void **state)
{
	struct policy_facts f = message();
	struct policy_decision d;

	(void)state;
	f.act = ACT_EDIT;
	d = decide_text(CHAT(""), "die Diagnose", f);
	assert_true(d.special && !d.forward);
	assert_string_equal(d.datenart.text, "HEALTH");
	d = decide_text(CHAT(CONSENT("{do: hold_back, for: P5D}")), "neu", f);
	assert_true(d.hold && !d.forward);
	d = decide_text(CHAT(CONSENT("{do: refuse}")), "neu", f);
	assert_true(!d.store && !d.forward);
	assert_int_equal(d.say_len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_and_people_classify),
	    cmocka_unit_test(attachments_have_a_class_of_their_own),
	    cmocka_unit_test(attachments_are_taken_by_kind_and_size),
	    cmocka_unit_test(special_data_goes_to_who_names_it),
	    cmocka_unit_test(who_is_restricted_is_shown_to_nobody),
	    cmocka_unit_test(without_a_transfer_nobody_reads_it),
	    cmocka_unit_test(the_notice_goes_out_once),
	    cmocka_unit_test(until_the_consent_it_waits_is_cut_or_refused),
	    cmocka_unit_test(who_was_asked_or_said_no_is_not_asked_again),
	    cmocka_unit_test(nobody_waits_where_nobody_could_be_told),
	    cmocka_unit_test(one_question_after_the_notice),
	    cmocka_unit_test(minors_are_asked_only_where_a_guardian_may_answer),
	    cmocka_unit_test(keywords_are_answered_once_each),
	    cmocka_unit_test(a_message_without_text_orders_nothing),
	    cmocka_unit_test(
		start_where_nothing_can_be_asked_is_an_ordinary_message),
	    cmocka_unit_test(outside_of_hours_it_is_said_once_a_day),
	    cmocka_unit_test(holidays_of_the_land_close_unless_none_count),
	    cmocka_unit_test(what_its_sender_takes_back_is_treated_as_written),
	    cmocka_unit_test(a_deletion_waits_for_nothing),
	    cmocka_unit_test(an_edit_is_judged_like_a_message),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
