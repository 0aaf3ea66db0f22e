/* Every section of policy.yaml as those see it who act on it: values, and what
 * holds where nothing is written. */
#include "policy_house.h"

#define WHOLE                                                                  \
	HEAD                                                                   \
	    "purposes:\n"                                                      \
	    "  support: {basis: contract}\n"                                   \
	    "  ads: {basis: legitimate_interest, marketing: true, interest: "  \
	    "\"own goods\"}\n"                                                 \
	    "  news:\n"                                                        \
	    "    basis: consent\n"                                             \
	    "    double_opt_in: true\n"                                        \
	    "    valid: P24M\n"                                                \
	    "    ask: {de: frage, en: question}\n"                             \
	    "    confirmed: danke\n"                                           \
	    "    reminder: P3D\n"                                              \
	    "    pending: P6D\n"                                               \
	    "    minors: refuse\n"                                             \
	    "    dpv: SellProducts\n"                                          \
	    "    channels:\n"                                                  \
	    "      mail: {double_opt_in: false, valid: P12M, ask: "            \
	    "frage_mail, "                                                     \
	    "confirmed: {en: thanks}}\n"                                       \
	    "  study: {basis: consent, marketing: false, special: research}\n" \
	    "  rescue: {basis: vital_interests}\n"                             \
	    "data:\n"                                                          \
	    "  MSG: {from: process_end, keep: P30D, delete: P90D}\n"           \
	    "  LETTER:\n"                                                      \
	    "    from: collection\n"                                           \
	    "    statutory: {norm: \"HGB 257\", years: 6, start: year_end, "   \
	    "after: P3M}\n"                                                    \
	    "    restrict: {from: process_end, after: P90D}\n"                 \
	    "    method: erase\n"                                              \
	    "    description: \"letters\"\n"                                   \
	    "    subjects: \"customers\"\n"                                    \
	    "    owner: \"office\"\n"                                          \
	    "    justification: \"the law\"\n"                                 \
	    "  TRADE: {from: last_use, statutory: {norm: UWG, years: 5}}\n"    \
	    "  KNOWN: {from: closed, statutory: {norm: AO_Buchungsbeleg_8}}\n" \
	    "  HEALTH: {from: withdrawal, delete: P1Y6M, special: true}\n"     \
	    "  MEDIA: {from: requested, delete: P2W}\n"                        \
	    "  RAW: {from: completed, delete: P3D}\n"                          \
	    "channels:\n"                                                      \
	    "  chat:\n"                                                        \
	    "    purpose: support\n"                                           \
	    "    data: MSG\n"                                                  \
	    "    first_contact: notice\n"                                      \
	    "    notice: {en: hint, de: hinweis}\n"                            \
	    "    start: news\n"                                                \
	    "    media: {data: LETTER, kinds: [image, audio], max: 200KiB, "   \
	    "strip: [place, device]}\n"                                        \
	    "    on_delete: mask\n"                                            \
	    "    on_edit: {keep: legal_obligation, as: LETTER}\n"              \
	    "  mail:\n"                                                        \
	    "    purpose: support\n"                                           \
	    "    data: MSG\n"                                                  \
	    "    first_contact: consent\n"                                     \
	    "    consent: news\n"                                              \
	    "    until_consent: {do: hold_back, for: P10D}\n"                  \
	    "  bare: {purpose: support, data: MSG}\n"                          \
	    "helpdesks:\n"                                                     \
	    "  desk: {sees: [text, attachments], person: address}\n"           \
	    "  some: {sees: [attachments], data: [MSG, HEALTH]}\n"             \
	    "  none: {sees: []}\n"                                             \
	    "patterns: {kunde: \"KD-######\"}\n"                               \
	    "redact:\n"                                                        \
	    "  - {find: iban, before: [store, forward]}\n"                     \
	    "  - {find: kunde, before: [forward], channels: [chat]}\n"         \
	    "keywords: {STOP: [\"Kein Bock mehr!\"], CONFIRM: [Jawohl]}\n"     \
	    "notices:\n"                                                       \
	    "  hinweis: Hinweis\n"                                             \
	    "  hint:\n"                                                        \
	    "    language: en\n"                                               \
	    "    kind: notice\n"                                               \
	    "    text: Hint\n"                                                 \
	    "    url: https://muster.example/privacy\n"                        \
	    "    valid_from: 2026-11-21\n"                                     \
	    "    blocks: {controller: auto, contact: us, dpo: auto, "          \
	    "purposes: "                                                       \
	    "auto, legitimate_interest: auto, recipients: auto, transfer: "    \
	    "auto, period: auto, rights: auto, withdraw_right: auto, "         \
	    "complaint: auto, obligation: auto, automated_decision: none}\n"   \
	    "  frage: Frage\n"                                                 \
	    "  question: Question\n"                                           \
	    "  frage_mail: Mailfrage\n"                                        \
	    "  danke: Danke\n"                                                 \
	    "  thanks: Thanks\n"                                               \
	    "  weg: Weg\n"                                                     \
	    "replies: {stopped: {de: weg}}\n"                                  \
	    "approvals: {policy: 3, hold: 2, unmask: 4, delay: P7D, "          \
	    "tolerance: 25}\n"

static struct policy *whole;

static int read_whole(void **state)
{
	(void)state;
	whole = parse(WHOLE);
	if (!whole)
		diag_print(&diag, stderr);
	return whole ? 0 : -1;
}

static int free_whole(void **state)
{
	(void)state;
	policy_free(&whole);
	return 0;
}

static struct policy_purpose purpose_on(const char *purpose,
					const char *channel)
{
	const struct name p = name(purpose);
	struct name c = {""};
	struct policy_purpose ret;

	if (channel)
		c = name(channel);
	assert_true(policy_purpose_of(whole, &p, channel ? &c : NULL, &ret));
	return ret;
}

static bool same_period(const struct period *p, unsigned int years,
			unsigned int months, unsigned int days)
{
	return p->years == years && p->months == months && p->days == days;
}

/* --- purposes ------------------------------------------------------------- */

static void a_purpose_says_what_holds_for_it(void **state)
{
	struct policy_purpose p = purpose_on("news", NULL);

	(void)state;
	assert_int_equal(p.basis, LEGAL_BASIS_CONSENT);
	assert_true(p.marketing && p.double_opt_in && p.minors_refused);
	assert_true(p.has_valid && same_period(&p.valid, 0, 24, 0));
	assert_true(p.has_reminder && same_period(&p.reminder, 0, 0, 3));
	assert_true(same_period(&p.pending, 0, 0, 6));
	assert_string_equal(p.dpv, "SellProducts");
	assert_null(p.special);
	assert_null(p.interest);
	assert_int_equal(p.line, 6);
	p = purpose_on("ads", NULL);
	assert_int_equal(p.basis, LEGAL_BASIS_LEGITIMATE_INTEREST);
	assert_true(p.marketing);
	assert_string_equal(p.interest, "own goods");
	assert_string_equal(p.dpv, "DirectMarketing");
}

static void what_a_purpose_does_not_say_has_a_default(void **state)
{
	struct policy_purpose p = purpose_on("support", NULL);

	(void)state;
	assert_int_equal(p.basis, LEGAL_BASIS_CONTRACT);
	assert_false(p.marketing || p.double_opt_in || p.minors_refused ||
		     p.has_valid || p.has_reminder);
	assert_true(same_period(&p.pending, 0, 0, 7));
	assert_string_equal(p.dpv, "CommunicationForCustomerCare");
	/* Consent that is not for advertising. */
	p = purpose_on("study", NULL);
	assert_false(p.marketing);
	assert_string_equal(p.special, "research");
	/* The word of the first version. */
	p = purpose_on("rescue", NULL);
	assert_int_equal(p.basis, LEGAL_BASIS_VITAL_INTEREST);
}

static void a_channel_may_ask_in_its_own_way(void **state)
{
	const struct name news = name("news"), mail = name("mail"),
			  chat = name("chat"), study = name("study");
	struct policy_purpose p = purpose_on("news", "mail");

	(void)state;
	assert_false(p.double_opt_in);
	assert_true(same_period(&p.valid, 0, 12, 0));
	/* What it does not say is as in general. */
	assert_true(same_period(&p.pending, 0, 0, 6));
	p = purpose_on("news", "chat");
	assert_true(p.double_opt_in && same_period(&p.valid, 0, 24, 0));
	assert_string_equal(policy_ask(whole, &news, &chat, "en")->text,
			    "Question");
	assert_string_equal(policy_ask(whole, &news, &chat, "de")->text,
			    "Frage");
	assert_string_equal(policy_ask(whole, &news, &mail, "en")->text,
			    "Mailfrage");
	assert_string_equal(policy_confirmed(whole, &news, &chat, "en")->text,
			    "Danke");
	assert_string_equal(policy_confirmed(whole, &news, &mail, "de")->text,
			    "Thanks");
	assert_null(policy_ask(whole, &study, &chat, "de"));
	assert_null(policy_confirmed(whole, &study, &chat, "de"));
}

static void reads_past_the_end_say_so(void **state)
{
	const struct name other = name("other");
	struct policy_purpose purpose;
	struct policy_rule rule;
	struct policy_channel channel;
	struct policy_helpdesk helpdesk;

	(void)state;
	assert_true(policy_purpose_at(whole, 4, NULL, &purpose));
	assert_false(policy_purpose_at(whole, 5, NULL, &purpose));
	assert_false(policy_purpose_of(whole, &other, NULL, &purpose));
	assert_true(policy_rule_at(whole, 6, &rule));
	assert_false(policy_rule_at(whole, 7, &rule));
	assert_false(policy_rule_of(whole, &other, &rule));
	assert_true(policy_channel_at(whole, 2, &channel));
	assert_false(policy_channel_at(whole, 3, &channel));
	assert_false(policy_channel_of(whole, &other, &channel));
	assert_true(policy_helpdesk_at(whole, 2, &helpdesk));
	assert_false(policy_helpdesk_at(whole, 3, &helpdesk));
	assert_non_null(policy_notice_at(whole, 7));
	assert_null(policy_notice_at(whole, 8));
	assert_null(policy_notice_block(whole, 8, BLOCK_DPO));
	assert_null(policy_ask(whole, &other, NULL, "de"));
	assert_null(policy_confirmed(whole, &other, NULL, "de"));
	assert_null(policy_first_notice(whole, &other, "de"));
	assert_null(policy_start_purpose(whole, &other));
	assert_false(policy_has_data(whole, &other));
	assert_false(policy_helpdesk_sees(whole, &other, &other));
}

/* --- Datenarten ----------------------------------------------------------- */

static struct policy_rule rule_of(const char *text)
{
	const struct name n = name(text);
	struct policy_rule ret;

	assert_true(policy_rule_of(whole, &n, &ret));
	return ret;
}

static void a_datenart_has_its_one_rule(void **state)
{
	struct policy_rule r = rule_of("MSG");

	(void)state;
	assert_int_equal(r.from, START_PROCESS_END);
	assert_true(r.has_keep && same_period(&r.keep, 0, 0, 30));
	assert_true(r.has_delete && same_period(&r.delete_by, 0, 0, 90));
	assert_false(r.has_statutory || r.has_restrict || r.special ||
		     r.overwrite_only);
	assert_null(r.norm);
	assert_null(r.owner);
	r = rule_of("LETTER");
	assert_true(r.has_statutory && !r.has_delete && r.year_end);
	assert_string_equal(r.norm, "HGB 257");
	assert_int_equal(r.years, 6);
	assert_true(same_period(&r.after, 0, 3, 0));
	assert_true(r.has_restrict && r.restrict_from == START_PROCESS_END);
	assert_true(same_period(&r.restrict_after, 0, 0, 90));
	assert_true(r.overwrite_only);
	assert_string_equal(r.description, "letters");
	assert_string_equal(r.subjects, "customers");
	assert_string_equal(r.owner, "office");
	assert_string_equal(r.justification, "the law");
	/* From the day, unless it says from the end of the year. */
	r = rule_of("TRADE");
	assert_true(!r.year_end && r.years == 5);
	/* A known law brings both along. */
	r = rule_of("KNOWN");
	assert_true(r.year_end && r.years == 8);
	assert_true(rule_of("HEALTH").special);
}

static void every_start_event_has_its_word(void **state)
{
	static const struct {
		const char *data, *word;
	} cases[] = {
	    {"MSG", "process_end"},   {"LETTER", "collection"},
	    {"TRADE", "last_use"},    {"KNOWN", "closed"},
	    {"HEALTH", "withdrawal"}, {"MEDIA", "requested"},
	    {"RAW", "completed"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(
		    policy_start_name(rule_of(cases[i].data).from),
		    cases[i].word);
	assert_string_equal(policy_start_name(START_RELATIONSHIP_END),
			    "relationship_end");
}

/* --- channels and helpdesks ----------------------------------------------- */

static struct policy_channel channel_of(const char *text)
{
	const struct name n = name(text);
	struct policy_channel ret;

	assert_true(policy_channel_of(whole, &n, &ret));
	return ret;
}

static void a_channel_says_what_holds_for_its_messages(void **state)
{
	struct policy_channel c = channel_of("chat");

	(void)state;
	assert_string_equal(c.purpose.text, "support");
	assert_string_equal(c.data.text, "MSG");
	assert_string_equal(c.media_data.text, "LETTER");
	assert_int_equal(c.first_contact, FIRST_NOTICE);
	assert_int_equal(c.media_kinds, MEDIA_IMAGE | MEDIA_AUDIO);
	assert_int_equal(c.media_max, 200 * 1024);
	assert_int_equal(c.strip, STRIP_PLACE | STRIP_DEVICE);
	assert_int_equal(c.on_delete, FORGET_MASK);
	assert_int_equal(c.on_edit, FORGET_NOT);
	c = channel_of("mail");
	assert_int_equal(c.first_contact, FIRST_CONSENT);
	assert_string_equal(c.asks.text, "news");
	assert_int_equal(c.until, UNTIL_HOLD_BACK);
	assert_true(same_period(&c.until_for, 0, 0, 10));
	c = channel_of("bare");
	assert_int_equal(c.first_contact, FIRST_NOTHING);
	assert_string_equal(c.media_data.text, "MEDIA");
	assert_int_equal(c.media_kinds, MEDIA_EVERY);
	assert_int_equal(c.media_max, 0);
	assert_int_equal(c.strip, 0);
	assert_false(c.has_hours);
	assert_int_equal(c.on_delete, FORGET_ALL);
	assert_int_equal(c.on_edit, FORGET_ALL);
	assert_string_equal(c.asks.text, "");
}

static void the_notice_is_in_the_language_of_the_person(void **state)
{
	const struct name chat = name("chat"), bare = name("bare");

	(void)state;
	assert_string_equal(policy_first_notice(whole, &chat, "de")->text,
			    "Hinweis");
	assert_string_equal(policy_first_notice(whole, &chat, "en")->text,
			    "Hint");
	/* Neither: the one that stands first. */
	assert_string_equal(policy_first_notice(whole, &chat, "fr")->text,
			    "Hint");
	assert_string_equal(policy_first_notice(whole, &chat, NULL)->text,
			    "Hint");
	assert_null(policy_first_notice(whole, &bare, "de"));
}

static void start_asks_for_what_is_named_or_for_the_only_one(void **state)
{
	const struct name chat = name("chat"), mail = name("mail");

	(void)state;
	assert_string_equal(policy_start_purpose(whole, &chat)->text, "news");
	assert_string_equal(policy_start_purpose(whole, &mail)->text, "news");
}

static void a_helpdesk_is_told_of_what_it_may_see(void **state)
{
	const struct name desk = name("desk"), some = name("some"),
			  health = name("HEALTH"), msg = name("MSG"),
			  letter = name("LETTER");
	struct policy_helpdesk h;

	(void)state;
	assert_true(policy_helpdesk_at(whole, 0, &h));
	assert_true(h.text && h.attachments && h.person == PERSON_ADDRESS);
	assert_true(policy_helpdesk_at(whole, 1, &h));
	assert_true(!h.text && h.attachments && h.person == PERSON_ALIAS);
	assert_true(policy_helpdesk_at(whole, 2, &h));
	assert_false(h.text || h.attachments);
	/* Of all but special ones, or of those it names. */
	assert_true(policy_helpdesk_sees(whole, &desk, &letter));
	assert_false(policy_helpdesk_sees(whole, &desk, &health));
	assert_true(policy_helpdesk_sees(whole, &some, &health));
	assert_true(policy_helpdesk_sees(whole, &some, &msg));
	assert_false(policy_helpdesk_sees(whole, &some, &letter));
}

/* --- texts, words, people ------------------------------------------------- */

static void a_notice_has_its_hash_url_and_blocks(void **state)
{
	const struct policy_notice *n = policy_notice_at(whole, 1);
	uint8_t hash[32];

	(void)state;
	assert_string_equal(n->name.text, "hint");
	assert_string_equal(n->language, "en");
	assert_string_equal(n->url, "https://muster.example/privacy");
	(void)crypto_hash_sha256(hash, (const uint8_t *)"Hint", 4);
	assert_memory_equal(n->sha256, hash, sizeof(hash));
	assert_string_equal(policy_notice_block(whole, 1, BLOCK_CONTACT), "us");
	assert_string_equal(
	    policy_notice_block(whole, 1, BLOCK_AUTOMATED_DECISION), "none");
	/* auto: whoever renders it looks it up. */
	assert_null(policy_notice_block(whole, 1, BLOCK_DPO));
	assert_null(policy_notice_block(whole, 0, BLOCK_CONTACT));
	assert_null(policy_notice_at(whole, 0)->url);
}

static void confirmations_are_the_own_ones_or_built_in(void **state)
{
	static const enum policy_reply all[] = {REPLY_STOPPED, REPLY_HELP,
						REPLY_ERASE, REPLY_ACCESS};

	(void)state;
	assert_string_equal(policy_reply(whole, REPLY_STOPPED, "de")->text,
			    "Weg");
	assert_string_equal(policy_reply(whole, REPLY_STOPPED, "en")->text,
			    "Weg");
	for (size_t i = 1; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct policy_notice *de =
		    policy_reply(whole, all[i], "de");
		const struct policy_notice *en =
		    policy_reply(whole, all[i], "en");

		assert_string_equal(de->language, "de");
		assert_string_equal(en->language, "en");
		assert_int_equal(de->line, 0);
		assert_ptr_equal(policy_reply(whole, all[i], "fr"), de);
		assert_ptr_equal(policy_reply(whole, all[i], NULL), de);
	}
}

static void words_of_ones_own_stand_beside_the_built_in_ones(void **state)
{
	size_t len;
	const struct keyword_word *more = policy_keywords(whole, &len);

	(void)state;
	assert_int_equal(len, 2);
	assert_string_equal(more[0].text, "kein bock mehr");
	assert_int_equal(keyword_classify("kein bock mehr", 14, more, len),
			 KEYWORD_STOP);
	assert_true(keyword_confirms("jawohl", 6, more, len));
}

static void what_is_found_depends_on_channel_and_moment(void **state)
{
	const struct name chat = name("chat"), mail = name("mail");
	struct policy_finder f[POLICY_FINDERS_MAX];

	(void)state;
	assert_int_equal(
	    policy_finders(whole, &chat, BEFORE_STORE, f, POLICY_FINDERS_MAX),
	    1);
	assert_string_equal(f[0].name, "iban");
	assert_null(f[0].shape);
	assert_int_equal(
	    policy_finders(whole, &chat, BEFORE_FORWARD, f, POLICY_FINDERS_MAX),
	    2);
	assert_int_equal(f[1].find, FIND_PATTERN);
	assert_string_equal(f[1].name, "kunde");
	assert_string_equal(f[1].shape, "KD-######");
	assert_int_equal(
	    policy_finders(whole, &mail, BEFORE_FORWARD, f, POLICY_FINDERS_MAX),
	    1);
	assert_int_equal(policy_finders(whole, &chat, BEFORE_FORWARD, f, 1), 1);
	for (int i = 0; i < FIND_PATTERN; i++)
		assert_non_null(policy_find_name((enum policy_find)i));
}

static void people_who_have_to_agree_are_counted(void **state)
{
	struct policy_approvals a = policy_approvals(whole);
	struct policy *p =
	    good(HEAD PURPOSES DATA "channels: {}\nhelpdesks: {}\n");

	(void)state;
	assert_int_equal(a.policy, 3);
	assert_int_equal(a.hold, 2);
	assert_int_equal(a.unmask, 4);
	assert_true(same_period(&a.delay, 0, 0, 7));
	assert_int_equal(a.tolerance, 25);
	a = policy_approvals(p);
	assert_true(a.policy == 1 && a.hold == 1 && a.unmask == 1);
	assert_true(same_period(&a.delay, 0, 0, 0));
	assert_int_equal(a.tolerance, 10);
	policy_free(&p);
}

static void kinds_of_media_have_their_bit(void **state)
{
	(void)state;
	assert_int_equal(policy_media_bit("image"), MEDIA_IMAGE);
	assert_int_equal(policy_media_bit("audio"), MEDIA_AUDIO);
	assert_int_equal(policy_media_bit("video"), MEDIA_VIDEO);
	assert_int_equal(policy_media_bit("document"), MEDIA_DOCUMENT);
	assert_int_equal(policy_media_bit("sticker"), MEDIA_STICKER);
	assert_int_equal(policy_media_bit("hologram"), MEDIA_DOCUMENT);
	assert_int_equal(policy_media_bit(NULL), MEDIA_DOCUMENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_purpose_says_what_holds_for_it),
	    cmocka_unit_test(what_a_purpose_does_not_say_has_a_default),
	    cmocka_unit_test(a_channel_may_ask_in_its_own_way),
	    cmocka_unit_test(reads_past_the_end_say_so),
	    cmocka_unit_test(a_datenart_has_its_one_rule),
	    cmocka_unit_test(every_start_event_has_its_word),
	    cmocka_unit_test(a_channel_says_what_holds_for_its_messages),
	    cmocka_unit_test(the_notice_is_in_the_language_of_the_person),
	    cmocka_unit_test(start_asks_for_what_is_named_or_for_the_only_one),
	    cmocka_unit_test(a_helpdesk_is_told_of_what_it_may_see),
	    cmocka_unit_test(a_notice_has_its_hash_url_and_blocks),
	    cmocka_unit_test(confirmations_are_the_own_ones_or_built_in),
	    cmocka_unit_test(words_of_ones_own_stand_beside_the_built_in_ones),
	    cmocka_unit_test(what_is_found_depends_on_channel_and_moment),
	    cmocka_unit_test(people_who_have_to_agree_are_counted),
	    cmocka_unit_test(kinds_of_media_have_their_bit),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, read_whole, free_whole);
}
