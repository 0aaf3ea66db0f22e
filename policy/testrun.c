/* testrun.c - runs the tests inside a policy: the same decision as for real,
 * with the facts the test gives. */
#include <stdarg.h>

#include "postern/caldate.h"

#include "testcase.h"

struct run {
	const struct policy *p;
	const struct policy_test *test;
	struct policy_facts facts;
	struct policy_decision d;
	struct name channel, helpdesk, tagged;
	char *normal; /* owned */
	char *why;    /* what differs; the first only */
	size_t why_size;
};

__attribute__((format(printf, 2, 3))) static void differs(struct run *r,
							  const char *format,
							  ...)
{
	va_list args;

	if (r->why[0] != '\0')
		return;
	va_start(args, format);
	(void)vsnprintf(r->why, r->why_size, format, args);
	va_end(args);
}

static const char *given_text(const struct run *r, const char *key)
{
	const struct yaml *node = yaml_get(r->test->given, key);

	return node ? node->text : NULL;
}

static bool given_name(const struct run *r, const char *key, struct name *ret)
{
	const char *text = given_text(r, key);

	return text && name_set(ret, text, strlen(text));
}

static int word_of(const char *text, const char *const *words, size_t len)
{
	for (size_t i = 0; text && i < len; i++)
		if (strcmp(text, words[i]) == 0)
			return (int)i;
	return 0;
}

/* --- facts ---------------------------------------------------------------- */

/* The one the test names, else the one it expects, else the first. */
static void choose_helpdesk(struct run *r)
{
	const struct yaml *node = yaml_get(r->test->expect, "forward");
	struct name expected;

	r->facts.helpdesk = &r->helpdesk;
	if (given_name(r, "helpdesk", &r->helpdesk))
		return;
	if (node && name_set(&expected, node->text, strlen(node->text)) &&
	    policy_find_helpdesk(r->p, &expected))
		r->helpdesk = expected;
	else if (r->p->helpdesks_len > 0)
		r->helpdesk = r->p->helpdesks[0].name;
	else
		r->facts.helpdesk = NULL;
}

static void choose_time(struct run *r)
{
	int64_t ms = r->test->at_ms;
	int64_t day = ms / DAY_MS;

	/* A Monday at ten, unless the test says when. */
	r->facts.local = (struct policy_local){.day = 20412, .minute = 600};
	if (!r->test->has_at)
		return;
	r->facts.local.day = day;
	r->facts.local.minute = (int)(ms % DAY_MS / 60000);
}

static bool normalise(struct run *r)
{
	const char *text = given_text(r, "text");
	size_t len = text ? strlen(text) : 0;

	if (!text)
		return true;
	r->normal = malloc(len + 1);
	if (!r->normal)
		return false;
	r->facts.normal_len = keyword_normalise(text, len, r->normal);
	r->facts.normal = r->normal;
	return true;
}

static void set_flags(struct run *r)
{
	const struct yaml *node;

	for (size_t i = 0; i < COUNT_OF(test_flags); i++) {
		node = yaml_get(r->test->given, test_flags[i].key);
		if (node)
			(void)yaml_bool(node, (bool *)((char *)&r->facts +
						       test_flags[i].at));
	}
	node = yaml_get(r->test->given, "template");
	if (node)
		(void)yaml_bool(node, &r->facts.template_message);
}

static void make_facts(struct run *r, const struct policy_test_facts *outside)
{
	static const enum policy_act acts[TEST_EVENTS] = {ACT_RECEIVE, ACT_EDIT,
							  ACT_DELETE, ACT_SEND};
	struct policy_facts *f = &r->facts;
	const struct yaml *bytes = yaml_get(r->test->given, "bytes");

	f->land = outside->land;
	f->language = given_text(r, "language");
	if (!f->language)
		f->language = outside->language;
	f->act = acts[word_of(given_text(r, "event"), test_event_words,
			      TEST_EVENTS)];
	/* Whoever names a purpose means a message of ours. */
	if (!given_text(r, "event") && given_text(r, "purpose"))
		f->act = ACT_SEND;
	if (given_name(r, "channel", &r->channel))
		f->channel = &r->channel;
	if (given_name(r, "tagged", &r->tagged))
		f->datenart = &r->tagged;
	choose_helpdesk(r);
	choose_time(r);
	f->purpose = given_text(r, "purpose");
	f->media_kind = given_text(r, "media");
	f->media = f->media_kind != NULL;
	f->media_bytes = -1;
	if (bytes)
		(void)yaml_int(bytes, &f->media_bytes);
	f->consent = (enum consent_state)word_of(
	    given_text(r, "consent"), test_consent_words, TEST_CONSENTS);
	f->mechanism = (enum policy_mechanism)word_of(
	    given_text(r, "mechanism"), test_mechanism_words, TEST_MECHANISMS);
	f->window_open = word_of(given_text(r, "window"), test_window_words,
				 TEST_WINDOWS) == 0;
	set_flags(r);
}

/* --- what came out -------------------------------------------------------- */

static void expect_name(struct run *r, const char *key, const char *got)
{
	const struct yaml *node = yaml_get(r->test->expect, key);
	const char *wanted;
	bool no;

	if (!node)
		return;
	wanted = yaml_bool(node, &no) && !no ? NULL : node->text;
	if ((!wanted && !got) || (wanted && got && strcmp(wanted, got) == 0))
		return;
	differs(r, "%s: expected %s, but it is %s", key,
		wanted ? wanted : "none", got ? got : "none");
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

static void expect_bools(struct run *r)
{
	const struct yaml *node;
	bool wanted = false, got;

	for (size_t i = 0; i < COUNT_OF(test_outcomes); i++) {
		node = yaml_get(r->test->expect, test_outcomes[i].key);
		if (!node || !yaml_bool(node, &wanted))
			continue;
		got =
		    *(const bool *)((const char *)&r->d + test_outcomes[i].at);
		if (got != wanted)
			differs(r, "%s: expected %s, but it is %s",
				test_outcomes[i].key, wanted ? "true" : "false",
				got ? "true" : "false");
	}
	node = yaml_get(r->test->expect, "media");
	if (node && yaml_bool(node, &wanted) && wanted == r->d.media_refused)
		differs(r, "media: expected %s, but it is %s",
			wanted ? "true" : "false", wanted ? "false" : "true");
}

static void expect_refusal(struct run *r)
{
	const struct yaml *node = yaml_get(r->test->expect, "refuse");

	if (!node)
		return;
	for (size_t i = 0; i < r->d.reasons_len; i++)
		if (strcmp(r->d.reasons[i].code, node->text) == 0)
			return;
	differs(r, "refuse: %s is not among the reasons", node->text);
}

static void compare(struct run *r)
{
	const struct policy_decision *d = &r->d;

	expect_name(r, "store", d->store ? d->datenart.text : NULL);
	expect_name(r, "forward", d->forward ? r->helpdesk.text : NULL);
	if (d->forward)
		expect_name(r, "person", policy_person_words[d->person]);
	expect_name(r, "notice", said(r, SAY_NOTICE));
	expect_name(r, "ask", said(r, SAY_ASK));
	expect_name(r, "reply", replied(r));
	expect_name(r, "keyword", keyword_class_name(d->keyword));
	expect_name(r, "delete", test_forget_words[d->forget]);
	expect_bools(r);
	expect_refusal(r);
}

bool policy_test_run(const struct policy *p, size_t i,
		     const struct policy_test_facts *facts,
		     const char **ret_name, size_t *ret_line, char *ret_why,
		     size_t ret_why_size)
{
	struct run r = {.p = p, .why = ret_why, .why_size = ret_why_size};

	if (i >= p->tests_len)
		return false;
	r.test = &p->tests[i];
	*ret_name = r.test->name;
	*ret_line = r.test->at.line;
	ret_why[0] = '\0';
	make_facts(&r, facts);
	if (!normalise(&r)) {
		differs(&r, "out of memory; try again");
		return true;
	}
	policy_decide(p, &r.facts, &r.d);
	compare(&r);
	free(r.normal);
	return true;
}
