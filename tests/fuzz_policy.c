/* Arbitrary bytes as policy.yaml: a result or a finding, never both or none;
 * every decision has its reasons and contradicts itself nowhere; its tests run
 * and what they leave out is counted.
 *
 * What stands behind the first NUL, which no policy can have, is facts. */
#include <assert.h>
#include <sodium.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "postern/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct bytes {
	const uint8_t *at;
	size_t len;
};

static unsigned int take(struct bytes *b)
{
	if (b->len == 0)
		return 0;
	b->len--;
	return *b->at++;
}

/* --- facts ---------------------------------------------------------------- */

static const struct name unknown = {"unknown"};

static const struct name *a_channel(const struct policy *p, unsigned int i,
				    struct policy_channel *channel)
{
	return policy_channel_at(p, i, channel) ? &channel->name : &unknown;
}

static const struct name *a_helpdesk(const struct policy *p, unsigned int i,
				     struct policy_helpdesk *helpdesk)
{
	if (policy_helpdesk_at(p, i, helpdesk))
		return &helpdesk->name;
	return i % 2 == 0 ? &unknown : NULL;
}

static const char *a_purpose(const struct policy *p, unsigned int i,
			     struct policy_purpose *purpose)
{
	if (policy_purpose_at(p, i, NULL, purpose))
		return purpose->name.text;
	return i % 2 == 0 ? "no purpose" : NULL;
}

static void set_flags(struct policy_facts *f, unsigned int flags)
{
	f->suppressed = flags & 1;
	f->restricted = flags & 2;
	f->minor = flags & 4;
	f->noticed = flags & 8;
	f->told_closed = flags & 16;
	f->window_open = flags & 32;
	f->template_message = flags & 64;
	f->media = flags & 128;
}

/* --- what always holds ---------------------------------------------------- */

static void judge_says(const struct policy_decision *d)
{
	size_t asks = 0, notices = 0;

	assert(d->say_len <= POLICY_SAY_MAX);
	for (size_t i = 0; i < d->say_len; i++) {
		assert(d->say[i].notice->text_len > 0);
		asks += d->say[i].kind == SAY_ASK;
		notices += d->say[i].kind == SAY_NOTICE;
		assert((d->say[i].kind == SAY_ASK) ==
		       (d->say[i].purpose != NULL));
	}
	assert(asks <= 1 && notices <= 1);
}

static void judge(const struct policy *p, const struct policy_facts *f)
{
	struct policy_decision d;

	policy_decide(p, f, &d);
	assert(d.reasons_len > 0 && d.reasons_len <= POLICY_REASONS_MAX);
	judge_says(&d);
	assert(!(d.send && d.window_closed));
	assert(!d.send || f->act == ACT_SEND);
	assert(!(d.forward && d.hold));
	assert(!d.forward || d.store);
	assert(!(d.quarantine && (d.store || d.forward || d.say_len > 0)));
	assert(!(d.reduced && (d.sees_text || d.sees_attachments)));
	assert(!d.forward || f->helpdesk);
	if (f->restricted)
		assert(!d.forward && !d.hold && !d.send);
	if (f->mechanism == MECHANISM_INVALID)
		assert(!d.send);
	if (f->act == ACT_DELETE && d.store)
		assert(!d.hold);
	if (d.store)
		assert(policy_has_data(p, &d.datenart));
	if (d.forget == FORGET_NOT)
		assert(policy_has_data(p, &d.keep_as));
}

static void decide(const struct policy *p, struct bytes *b)
{
	struct policy_channel channel;
	struct policy_helpdesk helpdesk;
	struct policy_purpose purpose;
	struct policy_rule rule;
	char text[256];
	struct policy_facts f = {
	    .act = (enum policy_act)(take(b) % 4),
	    .channel = a_channel(p, take(b), &channel),
	    .helpdesk = a_helpdesk(p, take(b), &helpdesk),
	    .purpose = a_purpose(p, take(b), &purpose),
	    .consent = (enum consent_state)(take(b) % CONSENT_STATES),
	    .mechanism = (enum policy_mechanism)(take(b) % 3),
	    .media_kind = take(b) % 2 ? "video" : "document",
	    .media_bytes = (int64_t)take(b) * 65536 - 1,
	    .language = take(b) % 2 ? "en" : NULL,
	    .land = take(b) % 2 ? "BY" : NULL,
	};

	set_flags(&f, take(b));
	f.local.day = 20000 + (int64_t)take(b) * 16 + take(b) % 16;
	f.local.minute = (int)(take(b) * 5 + take(b) % 5);
	if (policy_rule_at(p, take(b), &rule))
		f.datenart = &rule.name;
	f.normal_len = b->len < sizeof(text) ? b->len : sizeof(text) - 1;
	if (f.normal_len > 0) {
		f.normal_len =
		    keyword_normalise((const char *)b->at, f.normal_len, text);
		f.normal = text;
	}
	judge(p, &f);
}

/* The same with every channel, act and flag and nothing else. */
static void decide_plainly(const struct policy *p)
{
	struct policy_channel channel;
	struct policy_helpdesk helpdesk;

	for (size_t i = 0; policy_channel_at(p, i, &channel); i++)
		for (unsigned int k = 0; k < 64; k++) {
			struct policy_facts f = {
			    .act = (enum policy_act)(k % 4),
			    .channel = &channel.name,
			    .helpdesk = a_helpdesk(p, 0, &helpdesk),
			};

			set_flags(&f, k / 4 << 4 | (k / 4 & 1));
			judge(p, &f);
		}
}

/* --- tests inside, and what reads everything ------------------------------ */

static void run_tests(const struct policy *p)
{
	static struct diag findings;
	const struct policy_test_facts facts = {.land = "BE", .language = "de"};
	struct policy_coverage *c = NULL;
	struct policy_uncovered left;
	const char *name;
	char why[80];
	size_t line, failed = 0;

	for (size_t i = 0;
	     policy_test_run(p, i, &facts, &name, &line, why, sizeof(why));
	     i++) {
		assert(line > 0 && name[0] != '\0');
		assert(strlen(why) < sizeof(why));
		failed += why[0] != '\0';
	}
	diag_init(&findings, "policy.yaml");
	assert(policy_tests_check(p, &facts, &findings) == failed);
	assert(findings.findings_len + findings.more == failed);
	if (policy_coverage_new(p, &facts, &c) != 0)
		return;
	for (size_t i = 0; policy_coverage_at(c, i, &left); i++)
		assert(left.line > 0 && left.name[0] != '\0');
	policy_coverage_free(&c);
}

static void read_views(const struct policy *p)
{
	static struct diag notes;
	struct policy_purpose purpose;
	struct policy_rule rule;

	diag_init(&notes, "policy.yaml");
	policy_notes(p, &notes);
	for (size_t i = 0; policy_purpose_at(p, i, NULL, &purpose); i++)
		assert(purpose.dpv[0] != '\0' && purpose.basis < LEGAL_BASES);
	for (size_t i = 0; policy_rule_at(p, i, &rule); i++)
		assert(rule.has_delete != rule.has_statutory);
	for (int i = 0; i < REPLIES; i++)
		assert(policy_reply(p, (enum policy_reply)i, "en"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct diag diag;
	const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
	size_t len = end ? (size_t)(end - data) : size;
	struct bytes facts = {end ? end + 1 : NULL, end ? size - len - 1 : 0};
	struct policy *p = NULL;
	int rc;

	if (sodium_init() < 0)
		return 0;
	diag_init(&diag, "policy.yaml");
	rc = policy_parse(data, len, &diag, &p);
	assert((p == NULL) == (diag.findings_len > 0));
	assert((rc == 0) == (p != NULL));
	if (!p)
		return 0;
	decide(p, &facts);
	decide_plainly(p);
	run_tests(p);
	read_views(p);
	policy_free(&p);
	return 0;
}
