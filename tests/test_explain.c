/* test_explain.c - decisions in words, German and English. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "postern/explain.h"

#include "policy_everything.h"

static bool valid(const struct buf *b)
{
	return b->len > 0 && memchr(b->bytes, '\0', b->len) == NULL &&
	       memchr(b->bytes, '$', b->len) == NULL;
}

/* --- every reason --------------------------------------------------------- */

struct walk {
	struct policy *p;
	size_t decisions, reasons;
};

static void told(struct walk *w, const struct policy_facts *f)
{
	struct policy_decision d;
	struct explain_case c = {.policy = w->p,
				 .facts = f,
				 .decision = &d,
				 .text = "Karte 4111 1111 1111 1111",
				 .text_len = 25,
				 .file = "policy.yaml",
				 .dated = true};
	struct err err = {0};

	policy_decide(w->p, f, &d);
	w->decisions++;
	w->reasons += d.reasons_len;
	for (size_t i = 0; i < d.reasons_len; i++)
		assert_true(explain_knows(d.reasons[i].code));
	for (int tongue = TONGUE_DE; tongue <= TONGUE_EN; tongue++) {
		struct buf b = BUF_INIT(65536);

		assert_int_equal(
		    explain_event(&c, (enum tongue)tongue, &b, &err), 0);
		assert_true(valid(&b));
		buf_free(&b);
	}
}

/* The bits of n choose the facts. */
static struct policy_facts facts_of(unsigned int n, const struct name *channel,
				    const struct name *desk)
{
	return (struct policy_facts){
	    .act = (enum policy_act)(n & 3),
	    .channel = channel,
	    .helpdesk = n & 4 ? desk : NULL,
	    .normal = n & 8    ? "rechnung"
		      : n & 16 ? "stopp"
			       : "diagnose",
	    .normal_len = n & 8	   ? 8
			  : n & 16 ? 5
				   : 8,
	    .media = (n & 32) != 0,
	    .media_kind = n & 64 ? "video" : "image",
	    .media_bytes = n & 128 ? 64 << 20 : -1,
	    .purpose = n & 256	 ? "newsletter"
		       : n & 512 ? "werbung"
				 : NULL,
	    .suppressed = (n & 1024) != 0,
	    .restricted = (n & 2048) != 0,
	    .minor = (n & 4096) != 0,
	    .noticed = (n & 8192) != 0,
	    .window_open = (n & 16384) != 0,
	    .consent = (enum consent_state)(n % CONSENT_STATES),
	    .mechanism = n % 7 == 0 ? MECHANISM_INVALID : MECHANISM_VALID,
	    .language = n & 1 ? "de" : "en",
	    .local = {.day = 20412, .minute = (int)(n % 1440)},
	};
}

static void whatever_is_decided_has_its_sentences(void **state)
{
	const struct name channels[] = {named("laden"), named("praxis"),
					named("fremd")};
	const struct name desks[] = {named("desk"), named("fremd")};
	struct walk w = {.p = everything()};

	(void)state;
	for (unsigned int n = 0; n < 32768; n += 3) {
		struct policy_facts f =
		    facts_of(n, &channels[n % 5 % 3], &desks[n % 11 == 0]);

		told(&w, &f);
	}
	assert_true(w.decisions > 10000 && w.reasons > 2 * w.decisions);
	policy_free(&w.p);
}

static void reason_is(enum tongue tongue, const char *code,
		      const struct explain_names *names, const char *wanted)
{
	struct buf b = BUF_INIT(4096);
	struct err err = {0};

	assert_int_equal(explain_reason(tongue, code, names, &b, &err), 0);
	assert_string_equal(buf_text(&b), wanted);
	buf_free(&b);
}

static void a_reason_names_its_rule(void **state)
{
	const struct explain_names names = {.channel = "laden",
					    .data = "MSG_SUPPORT"};

	(void)state;
	reason_is(TONGUE_DE, "channel.data", &names,
		  "Nachrichten des Kanals laden haben die Datenart "
		  "MSG_SUPPORT.");
	reason_is(TONGUE_EN, "channel.data", &names,
		  "Messages of the channel laden are of the Datenart "
		  "MSG_SUPPORT.");
	reason_is(TONGUE_EN, "helpdesk.sees", &names,
		  "This is what the helpdesk … sees of a message.");
	reason_is(TONGUE_DE, "of.tomorrow", &names,
		  "Grund of.tomorrow, ohne Satz in dieser Fassung.");
	assert_false(explain_knows("of.tomorrow"));
}

/* --- one event ------------------------------------------------------------ */

static char *words_of(const struct policy *p, const struct policy_facts *f,
		      const char *text, enum tongue tongue)
{
	struct policy_decision d;
	const struct explain_case c = {.policy = p,
				       .facts = f,
				       .decision = &d,
				       .text = text,
				       .text_len = text ? strlen(text) : 0,
				       .file = "policy.yaml",
				       .dated = true};
	struct buf b = BUF_INIT(65536);
	struct err err = {0};
	char *ret;

	policy_decide(p, f, &d);
	assert_int_equal(explain_event(&c, tongue, &b, &err), 0);
	ret = strdup(buf_text(&b));
	assert_non_null(ret);
	buf_free(&b);
	return ret;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in:\n%s", part, text);
}

static void a_message_is_told_from_storing_to_answer(void **state)
{
	struct policy *p = everything();
	const struct name laden = named("laden"), desk = named("desk");
	const struct policy_facts f = {
	    .act = ACT_RECEIVE,
	    .channel = &laden,
	    .helpdesk = &desk,
	    .normal = "rechnung",
	    .normal_len = 8,
	    .media_bytes = -1,
	    .language = "en",
	    .window_open = true,
	    .local = {.day = 20778, .minute = 600}, /* 2026-11-21 */
	};
	const char *text = "Rechnung, Karte 4111 1111 1111 1111, KD-123456";
	char *de = words_of(p, &f, text, TONGUE_DE);
	char *en = words_of(p, &f, text, TONGUE_EN);

	(void)state;
	has(de, "Datenart MSG_BUSINESS: 6 Jahre vom Ende des Jahres an");
	has(de, "so lange verlangt es HGB 257");
	has(de, "löschbar ab 2033-01-01");
	has(de, "von der Person: ein Alias");
	has(de, "Unkenntlich gemacht vor dem Speichern: card, 1 ×");
	has(de, "Der Helpdesk liest: „Rechnung, Karte [KARTENNUMMER], "
		"[KUNDENNUMMER]“");
	has(de, "(hint_en, policy.yaml:");
	has(de, "channel.tag, policy.yaml:");
	has(de, "Art. 13 DSGVO");
	has(en, "Stored, Datenart MSG_BUSINESS: 6 years from the end");
	has(en, "erasable from 2033-01-01");
	has(en, "The helpdesk reads: “Rechnung, Karte [KARTENNUMMER]");
	has(en, "Nobody attends the channel laden at this time.");
	free(de);
	free(en);
	policy_free(&p);
}

static void a_refusal_names_every_ground_with_its_article(void **state)
{
	struct policy *p = everything();
	const struct name laden = named("laden");
	const struct policy_facts f = {.act = ACT_SEND,
				       .channel = &laden,
				       .purpose = "newsletter",
				       .consent = CONSENT_WITHDRAWN,
				       .restricted = true};
	char *de = words_of(p, &f, NULL, TONGUE_DE);

	(void)state;
	has(de, "Die Antwort wird verweigert.");
	has(de, "Die Einwilligung in den Zweck newsletter wurde widerrufen.");
	has(de, "Art. 18 Abs. 2 DSGVO");
	has(de, "window.closed, fest eingebaut");
	free(de);
	policy_free(&p);
}

static void foreign_text_does_not_reach_the_terminal_raw(void **state)
{
	struct policy *p = everything();
	const struct name laden = named("laden");
	const struct policy_facts f = {.act = ACT_RECEIVE, .channel = &laden};
	char *de = words_of(p, &f, "a\x1b[2J\xc2\x9b\xff\n\x07z", TONGUE_DE);

	(void)state;
	has(de, "„a\xef\xbf\xbd[2J\xef\xbf\xbd\xef\xbf\xbd \xef\xbf\xbdz“");
	assert_null(strpbrk(de, "\x1b\x07\xff"));
	free(de);
	policy_free(&p);
}

static void what_an_event_is_made_of_has_words(void **state)
{
	size_t len;

	(void)state;
	assert_string_equal(explain_words(EXPLAIN_EVENT, &len)[3], "reply");
	assert_int_equal(len, 4);
	assert_int_equal(explain_act(3), ACT_SEND);
	assert_int_equal(explain_act(0), ACT_RECEIVE);
	assert_string_equal(
	    explain_words(EXPLAIN_CONSENT, &len)[CONSENT_WITHDRAWN],
	    "withdrawn");
	assert_int_equal(len, CONSENT_STATES);
	for (int c = 0; c < KEYWORD_CLASSES; c++)
		for (int t = TONGUE_DE; t <= TONGUE_EN; t++)
			assert_true(
			    strlen(explain_keyword(
				(enum tongue)t, (enum keyword_class)c)) > 10);
}

static void a_full_buffer_is_told(void **state)
{
	struct policy *p = everything();
	const struct name data = named("MSG_SUPPORT"), none = named("NONE");
	struct buf small = BUF_INIT(8), b = BUF_INIT(400);
	struct err err = {0};

	(void)state;
	assert_int_equal(explain_rule(TONGUE_DE, p, &data, &small, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(explain_rule(TONGUE_DE, p, &none, &b, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	assert_int_equal(explain_rule(TONGUE_DE, p, &data, &b, &err), 0);
	assert_string_equal(buf_text(&b),
			    "90 Tage ab Ende des Vorgangs, mindestens 30 Tage");
	buf_free(&small);
	buf_free(&b);
	policy_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(whatever_is_decided_has_its_sentences),
	    cmocka_unit_test(a_reason_names_its_rule),
	    cmocka_unit_test(a_message_is_told_from_storing_to_answer),
	    cmocka_unit_test(a_refusal_names_every_ground_with_its_article),
	    cmocka_unit_test(foreign_text_does_not_reach_the_terminal_raw),
	    cmocka_unit_test(what_an_event_is_made_of_has_words),
	    cmocka_unit_test(a_full_buffer_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
