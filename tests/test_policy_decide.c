/* Facts in, decision and reasons out. */
#include "policy_house.h"

static void a_received_message_is_stored_and_forwarded(void **state)
{
	struct policy *p = example();
	struct name channel = name("kundenservice"), desk = name("desk");
	struct policy_facts facts = {.act = ACT_RECEIVE,
				     .channel = &channel,
				     .helpdesk = &desk,
				     .media = true};
	struct policy_decision d;

	(void)state;
	policy_decide(p, &facts, &d);
	assert_true(d.store);
	assert_true(d.forward);
	assert_false(d.send);
	assert_string_equal(d.datenart.text, "MSG_SUPPORT");
	assert_string_equal(d.media_datenart.text, "MEDIA");
	assert_int_equal(d.person, PERSON_ALIAS);
	assert_true(d.sees_text);
	assert_true(d.sees_attachments);
	assert_int_equal(reason_line(&d, "channel.data"), 12);
	assert_int_equal(reason_line(&d, "data.media"), 9);
	assert_int_equal(reason_line(&d, "helpdesk.sees"), 14);
	assert_int_equal(reason_line(&d, "helpdesk.person"), 14);
	policy_free(&p);
}

static void without_a_known_helpdesk_nothing_is_forwarded(void **state)
{
	struct policy *p = example();
	struct name channel = name("kundenservice"), other = name("other");
	struct policy_facts facts = {.act = ACT_RECEIVE, .channel = &channel};
	struct policy_decision d;

	(void)state;
	policy_decide(p, &facts, &d);
	assert_true(d.store);
	assert_false(d.forward);
	assert_false(d.sees_text);
	assert_int_equal(reason_line(&d, "route.none"), 0);
	facts.helpdesk = &other;
	policy_decide(p, &facts, &d);
	assert_true(d.store);
	assert_false(d.forward);
	assert_true(has_reason(&d, "helpdesk.unknown"));
	policy_free(&p);
}

static void a_helpdesk_sees_only_what_is_listed_and_an_alias(void **state)
{
	struct policy *p = parse(HEAD PURPOSES DATA CHANNELS
				 "helpdesks: {desk: {sees: [text]}, "
				 "silent: {sees: []}, named: {sees: "
				 "[attachments], person: address}}\n"
				 "notices: {hinweis_de: x}\n");
	struct name channel = name("kundenservice");
	struct name desks[] = {name("desk"), name("silent"), name("named")};
	struct policy_facts facts = {.act = ACT_RECEIVE, .channel = &channel};
	struct policy_decision d[3];

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < 3; i++) {
		facts.helpdesk = &desks[i];
		policy_decide(p, &facts, &d[i]);
		assert_true(d[i].forward);
	}
	assert_true(d[0].sees_text && !d[0].sees_attachments);
	assert_int_equal(d[0].person, PERSON_ALIAS);
	assert_int_equal(reason_line(&d[0], "helpdesk.person"), 0);
	assert_true(!d[1].sees_text && !d[1].sees_attachments);
	assert_true(!d[2].sees_text && d[2].sees_attachments);
	assert_int_equal(d[2].person, PERSON_ADDRESS);
	policy_free(&p);
}

static void an_unknown_channel_is_neither_stored_nor_sent(void **state)
{
	struct policy *p = example();
	struct name other = name("other"), desk = name("desk");
	struct policy_facts facts = {
	    .channel = &other, .helpdesk = &desk, .window_open = true};
	struct policy_decision d;

	(void)state;
	for (int act = ACT_RECEIVE; act <= ACT_SEND; act++) {
		facts.act = (enum policy_act)act;
		policy_decide(p, &facts, &d);
		assert_false(d.store || d.forward || d.send);
		assert_true(has_reason(&d, "channel.unknown"));
	}
	assert_null(policy_purpose(p, &other));
	policy_free(&p);
}

static void sending_depends_on_purpose_consent_and_window(void **state)
{
	static const struct {
		const char *purpose;
		enum consent_state consent;
		bool window, template;
		bool send, closed;
		const char *reason;
	} cases[] = {
	    /* Nobody who was not asked gets what rests on consent. */
	    {"marketing", CONSENT_UNKNOWN, true, false, false, false,
	     "consent_missing"},
	    {NULL, CONSENT_UNKNOWN, true, false, true, false,
	     "channel.purpose"},
	    {"support", CONSENT_UNKNOWN, true, false, true, false,
	     "send.purpose"},
	    /* A contract is not withdrawn from by a withdrawn consent. */
	    {"support", CONSENT_WITHDRAWN, true, false, true, false,
	     "send.purpose"},
	    {"marketing", CONSENT_GIVEN, true, false, true, false,
	     "send.purpose"},
	    {"marketing", CONSENT_WITHDRAWN, true, false, false, false,
	     "consent_withdrawn"},
	    {"marketing", CONSENT_WITHDRAWN, true, true, false, false,
	     "consent_withdrawn"},
	    {NULL, CONSENT_UNKNOWN, false, false, false, true, "window.closed"},
	    {NULL, CONSENT_UNKNOWN, false, true, true, false,
	     "channel.purpose"},
	    /* Refused for another reason too: waiting would not help. */
	    {"marketing", CONSENT_WITHDRAWN, false, false, false, false,
	     "consent_withdrawn"},
	    {"marketing", CONSENT_WITHDRAWN, false, false, false, false,
	     "window.closed"},
	    {"other", CONSENT_UNKNOWN, true, false, false, false,
	     "purpose.unknown"},
	    {"", CONSENT_UNKNOWN, true, false, false, false, "purpose.unknown"},
	    {"a b", CONSENT_UNKNOWN, true, false, false, false,
	     "purpose.unknown"},
	    {"other", CONSENT_UNKNOWN, false, false, false, false,
	     "purpose.unknown"},
	};
	struct policy *p = example();
	struct name channel = name("kundenservice");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policy_facts facts = {
		    .act = ACT_SEND,
		    .channel = &channel,
		    .purpose = cases[i].purpose,
		    .consent = cases[i].consent,
		    .window_open = cases[i].window,
		    .template_message = cases[i].template,
		};
		struct policy_decision d;

		policy_decide(p, &facts, &d);
		if (d.send != cases[i].send ||
		    d.window_closed != cases[i].closed ||
		    !has_reason(&d, cases[i].reason))
			fail_msg("case %zu", i);
		assert_int_equal(d.store, d.send);
		assert_string_equal(d.datenart.text, "MSG_SUPPORT");
	}
	assert_string_equal(policy_purpose(p, &channel)->text, "support");
	policy_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_received_message_is_stored_and_forwarded),
	    cmocka_unit_test(without_a_known_helpdesk_nothing_is_forwarded),
	    cmocka_unit_test(a_helpdesk_sees_only_what_is_listed_and_an_alias),
	    cmocka_unit_test(an_unknown_channel_is_neither_stored_nor_sent),
	    cmocka_unit_test(sending_depends_on_purpose_consent_and_window),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
