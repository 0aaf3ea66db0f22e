/* testrun.c - runs the tests inside a policy and says what differs. */
#include <stdarg.h>

#include "postern/caldate.h"

#include "testcase.h"

#define WHY_BYTES  160
#define NAME_SHOWN 60 /* of a test's name, in a finding */

struct answer { /* what differs; the first only */
	char *why;
	size_t why_size;
};

__attribute__((format(printf, 2, 3))) static void differs(struct answer *a,
							  const char *format,
							  ...)
{
	va_list args;

	if (a->why[0] != '\0')
		return;
	va_start(args, format);
	(void)vsnprintf(a->why, a->why_size, format, args);
	va_end(args);
}

static const char *or_none(const char *text)
{
	return text ? text : "none";
}

static void expect_text(const struct run *r, const char *key, const char *got,
			struct answer *a)
{
	const struct yaml *node = yaml_get(r->test->expect, key);
	const char *wanted;
	bool no;

	if (!node)
		return;
	wanted = yaml_bool(node, &no) && !no ? NULL : node->text;
	if ((!wanted && !got) || (wanted && got && strcmp(wanted, got) == 0))
		return;
	differs(a, "%s: expected %s, but it is %s", key, or_none(wanted),
		or_none(got));
}

static const char *said(const struct run *r, enum policy_say_kind kind)
{
	for (size_t i = 0; i < r->d.say_len; i++)
		if (r->d.say[i].kind == kind)
			return r->d.say[i].notice->name.text;
	return NULL;
}

static const char *replied(const struct run *r)
{
	for (size_t i = 0; i < r->d.say_len; i++)
		if (r->d.say[i].kind != SAY_NOTICE &&
		    r->d.say[i].kind != SAY_ASK)
			return policy_say_name(r->d.say[i].kind);
	return NULL;
}

static void expect_bool(const struct run *r, const char *key, bool got,
			struct answer *a)
{
	const struct yaml *node = yaml_get(r->test->expect, key);
	bool wanted;

	if (node && yaml_bool(node, &wanted) && wanted != got)
		differs(a, "%s: expected %s, but it is %s", key,
			wanted ? "true" : "false", got ? "true" : "false");
}

/* true, false, or for how long. */
static void expect_hold(const struct run *r, struct answer *a)
{
	const struct yaml *node = yaml_get(r->test->expect, "hold_back");
	struct period wanted;

	expect_bool(r, "hold_back", r->d.hold, a);
	if (!node || !period_parse(node->text, &wanted))
		return;
	if (!r->d.hold)
		differs(a, "hold_back: expected %s, but nothing is held back",
			node->text);
	else if (wanted.years != r->d.hold_for.years ||
		 wanted.months != r->d.hold_for.months ||
		 wanted.days != r->d.hold_for.days)
		differs(a, "hold_back: expected %s, but it is P%uY%uM%uD",
			node->text, r->d.hold_for.years, r->d.hold_for.months,
			r->d.hold_for.days);
}

static void expect_refusal(const struct run *r, struct answer *a)
{
	const struct yaml *node = yaml_get(r->test->expect, "refuse");

	if (!node)
		return;
	for (size_t i = 0; i < r->d.reasons_len; i++)
		if (strcmp(r->d.reasons[i].code, node->text) == 0)
			return;
	differs(a, "refuse: %s is not among the reasons", node->text);
}

static bool among(const char *name, const char *const *names, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* Exactly those that are listed. */
static void expect_redacted(const struct run *r, struct answer *a)
{
	const struct yaml *list = yaml_get(r->test->expect, "redacted");
	const char *got[REDACT_MAX], *wanted[REDACT_MAX];
	size_t got_len, wanted_len = 0;

	if (!list)
		return;
	got_len = test_redacted(r, got, REDACT_MAX);
	for (const struct yaml *at = list->first; at; at = at->next) {
		if (!among(at->text, got, got_len))
			differs(a, "redacted: expected %s, but it is not found",
				at->text);
		if (wanted_len < REDACT_MAX)
			wanted[wanted_len++] = at->text;
	}
	for (size_t i = 0; i < got_len; i++)
		if (!among(got[i], wanted, wanted_len))
			differs(a, "redacted: %s is taken out too", got[i]);
}

static void expect_due(const struct run *r, struct answer *a)
{
	const struct yaml *node = yaml_get(r->test->expect, "due");
	char day[CALDATE_BYTES] = "never";

	if (!node)
		return;
	if (r->has_due)
		caldate_format(r->due, day);
	if (strcmp(day, node->text) != 0)
		differs(a, "due: expected %s, but it is %s", node->text, day);
}

static void compare(const struct run *r, struct answer *a)
{
	const struct policy_decision *d = &r->d;

	expect_due(r, a);
	if (!r->decided)
		return;
	expect_text(r, "store", d->store ? d->datenart.text : NULL, a);
	expect_text(r, "forward", d->forward ? r->helpdesk.text : NULL, a);
	expect_text(r, "person",
		    d->forward ? policy_person_words[d->person] : NULL, a);
	expect_text(r, "notice", said(r, SAY_NOTICE), a);
	expect_text(r, "ask", said(r, SAY_ASK), a);
	expect_text(r, "reply", replied(r), a);
	expect_text(r, "keyword", keyword_class_name(d->keyword), a);
	expect_text(r, "delete", test_forget_words[d->forget], a);
	expect_bool(r, "media", r->facts.media && !d->media_refused, a);
	for (size_t i = 0; i < COUNT_OF(test_outcomes); i++)
		expect_bool(
		    r, test_outcomes[i].key,
		    *(const bool *)((const char *)d + test_outcomes[i].at), a);
	expect_hold(r, a);
	expect_refusal(r, a);
	expect_redacted(r, a);
}

bool policy_test_run(const struct policy *p, size_t i,
		     const struct policy_test_facts *facts,
		     const char **ret_name, size_t *ret_line, char *ret_why,
		     size_t ret_why_size)
{
	struct answer a = {ret_why, ret_why_size};
	struct run r;

	if (i >= p->tests_len)
		return false;
	ret_why[0] = '\0';
	if (test_decide(&r, p, i, facts) == 0)
		compare(&r, &a);
	else
		differs(&a, "out of memory; try again");
	*ret_name = r.test->name;
	*ret_line = r.test->at.line;
	test_end(&r);
	return true;
}

size_t policy_tests_len(const struct policy *p)
{
	return p->tests_len;
}

size_t policy_tests_check(const struct policy *p,
			  const struct policy_test_facts *facts,
			  struct diag *diag)
{
	size_t failed = 0, line;
	const char *name;
	char why[WHY_BYTES];

	for (size_t i = 0;
	     policy_test_run(p, i, facts, &name, &line, why, sizeof(why));
	     i++) {
		if (why[0] == '\0')
			continue;
		failed++;
		diag_add(diag, line, p->tests[i].at.column,
			 "test '%.*s' fails: %s; correct the rule, or the test",
			 NAME_SHOWN, name, why);
	}
	return failed;
}
