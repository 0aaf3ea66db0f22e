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

/* --- sending: every ground ------------------------------------------------ */

#define GROUNDS                                                      \
	HEAD "purposes:\n"                                           \
	     "  support: {basis: contract}\n"                        \
	     "  ads: {basis: legitimate_interest, marketing: true, " \
	     "interest: goods}\n"                                    \
	     "  news: {basis: consent}\n" DATA CHANNELS HELPDESKS REST

static struct policy_decision send_with(const char *purpose,
					struct policy_facts f)
{
	const struct name channel = name("kundenservice");
	struct policy *p = good(GROUNDS);
	struct policy_decision d;

	f.act = ACT_SEND;
	f.channel = &channel;
	f.purpose = purpose;
	f.window_open = true;
	policy_decide(p, &f, &d);
	policy_free(&p);
	return d;
}

static void every_state_of_consent_is_a_yes_or_has_its_reason(void **state)
{
	static const struct {
		enum consent_state consent;
		const char *reason; /* NULL: sent */
	} cases[CONSENT_STATES] = {
	    {CONSENT_UNKNOWN, "consent_missing"},
	    {CONSENT_REQUESTED, "consent_missing"},
	    {CONSENT_REQUEST_DEFERRED, "consent_missing"},
	    {CONSENT_REFUSED, "consent_missing"},
	    {CONSENT_GIVEN, NULL},
	    {CONSENT_RENEWED, NULL},
	    {CONSENT_EXPIRED, "consent_expired"},
	    {CONSENT_WITHDRAWN, "consent_withdrawn"},
	    {CONSENT_REVOKED, "consent_withdrawn"},
	    {CONSENT_INVALIDATED, "consent_missing"},
	};

	(void)state;
	for (size_t i = 0; i < CONSENT_STATES; i++) {
		struct policy_facts f = {.consent = cases[i].consent};
		struct policy_decision d = send_with("news", f);

		assert_int_equal(d.send, !cases[i].reason);
		if (cases[i].reason && !has_reason(&d, cases[i].reason))
			fail_msg("%zu", i);
		/* Support needs none of it. */
		assert_true(send_with("support", f).send);
		/* The suppression list goes before what was imported. */
		f.suppressed = true;
		d = send_with("news", f);
		assert_false(d.send);
		assert_true(has_reason(&d, "consent_suppressed"));
		assert_true(send_with("support", f).send);
	}
}

/* Source: Art. 8 GDPR. */
static void a_minors_yes_without_a_guardian_is_none(void **state)
{
	struct policy_facts f = {.consent = CONSENT_GIVEN, .minor = true};
	struct policy_decision d = send_with("news", f);

	(void)state;
	assert_false(d.send);
	assert_true(has_reason(&d, "consent_minor"));
	assert_true(send_with("support", f).send);
}

/* Source: Art. 21(2), (3) GDPR: absolute. */
static void an_objection_ends_advertising_on_every_basis(void **state)
{
	struct policy_decision d =
	    send_with("ads", (struct policy_facts){.suppressed = true});

	(void)state;
	assert_false(d.send);
	assert_true(has_reason(&d, "objection"));
	d = send_with("ads",
		      (struct policy_facts){.consent = CONSENT_WITHDRAWN});
	assert_true(!d.send && has_reason(&d, "objection"));
	assert_true(send_with("ads", (struct policy_facts){0}).send);
}

static void what_stops_a_channel_or_a_person_stops_every_message(void **state)
{
	struct policy_decision d = send_with(
	    "support", (struct policy_facts){.mechanism = MECHANISM_INVALID});

	(void)state;
	assert_true(!d.send && has_reason(&d, "channel.mechanism"));
	assert_false(d.window_closed);
	d = send_with("support",
		      (struct policy_facts){.mechanism = MECHANISM_OVERDUE});
	assert_true(d.send);
	d = send_with("support", (struct policy_facts){.restricted = true});
	assert_true(!d.send && has_reason(&d, "person.restricted"));
	/* Every ground is named, not only the first. */
	d = send_with("news",
		      (struct policy_facts){.mechanism = MECHANISM_INVALID,
					    .restricted = true});
	assert_true(has_reason(&d, "consent_missing") &&
		    has_reason(&d, "channel.mechanism") &&
		    has_reason(&d, "person.restricted"));
}

/* A notice, a question, the answer to STOP. */
static void what_a_law_orders_to_say_needs_no_purpose(void **state)
{
	struct policy_facts f = {.automatic = true, .suppressed = true};
	struct policy_decision d = send_with(NULL, f);

	(void)state;
	assert_true(d.send && has_reason(&d, "send.automatic"));
	f.mechanism = MECHANISM_INVALID;
	d = send_with(NULL, f);
	assert_true(!d.send && has_reason(&d, "channel.mechanism"));
}

static void every_answer_has_its_name(void **state)
{
	(void)state;
	for (int i = 0; i < SAY_KINDS; i++) {
		const char *said = policy_say_name((enum policy_say_kind)i);

		assert_non_null(said);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(
			    said, policy_say_name((enum policy_say_kind)k));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_received_message_is_stored_and_forwarded),
	    cmocka_unit_test(without_a_known_helpdesk_nothing_is_forwarded),
	    cmocka_unit_test(a_helpdesk_sees_only_what_is_listed_and_an_alias),
	    cmocka_unit_test(an_unknown_channel_is_neither_stored_nor_sent),
	    cmocka_unit_test(sending_depends_on_purpose_consent_and_window),
	    cmocka_unit_test(every_state_of_consent_is_a_yes_or_has_its_reason),
	    cmocka_unit_test(a_minors_yes_without_a_guardian_is_none),
	    cmocka_unit_test(an_objection_ends_advertising_on_every_basis),
	    cmocka_unit_test(
		what_stops_a_channel_or_a_person_stops_every_message),
	    cmocka_unit_test(what_a_law_orders_to_say_needs_no_purpose),
	    cmocka_unit_test(every_answer_has_its_name),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
