/* testfacts.c - what a test gives, as facts for the same decision as for
 * real. */
#include "postern/caldate.h"
#include "postern/language.h"
#include "postern/redact.h"

#include "testcase.h"

#define MONDAY 20773 /* 2026-11-16, no holiday anywhere */

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

/* A Monday at ten, unless the test says when. */
static void choose_time(struct run *r, const struct zone *zone)
{
	int64_t ms = r->test->at_ms, day;

	r->facts.local = (struct policy_local){.day = MONDAY, .minute = 600};
	if (!r->test->has_at)
		return;
	day = caldate_local(zone, ms);
	r->facts.local.day = day;
	/* What the clock on the wall shows, also on a day of 23 hours. */
	ms += (int64_t)zone_offset_s(zone, ms / 1000 - (ms % 1000 < 0)) * 1000;
	r->facts.local.minute = (int)((ms - day * DAY_MS) / 60000);
}

/* As it is for real: of the message where it tells, else the controller's. */
static void choose_language(struct run *r, const char *fallback)
{
	struct policy_facts *f = &r->facts;

	f->language = given_text(r, "language");
	if (!f->language && f->normal)
		f->language = language_of(f->normal, f->normal_len);
	if (!f->language)
		f->language = fallback;
}

static int normalise(struct run *r)
{
	const char *text = given_text(r, "text");
	size_t len = text ? strlen(text) : 0;

	if (!text)
		return 0;
	r->normal = malloc(len + 1);
	if (!r->normal)
		return -1;
	r->facts.normal_len = keyword_normalise(text, len, r->normal);
	r->facts.normal = r->normal;
	return 0;
}

static void set_flags(struct run *r)
{
	for (size_t i = 0; i < COUNT_OF(test_flags); i++) {
		const struct yaml *node =
		    yaml_get(r->test->given, test_flags[i].key);

		if (node)
			(void)yaml_bool(node, (bool *)((char *)&r->facts +
						       test_flags[i].at));
	}
}

static void choose_act(struct run *r)
{
	static const enum policy_act acts[TEST_EVENTS] = {ACT_RECEIVE, ACT_EDIT,
							  ACT_DELETE, ACT_SEND};
	const char *event = given_text(r, "event");

	r->facts.act = acts[word_of(event, test_event_words, TEST_EVENTS)];
	/* Whoever names a purpose means a message of ours. */
	if (!event && given_text(r, "purpose"))
		r->facts.act = ACT_SEND;
}

static void make_facts(struct run *r, const struct policy_test_facts *outside)
{
	struct policy_facts *f = &r->facts;
	const struct yaml *bytes = yaml_get(r->test->given, "bytes");

	f->land = outside->land;
	choose_act(r);
	if (given_name(r, "tagged", &r->tagged))
		f->datenart = &r->tagged;
	choose_helpdesk(r);
	choose_time(r, outside->zone);
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

/* --- the deletion rule ---------------------------------------------------- */

static void find_due(struct run *r, const struct policy_test_facts *outside)
{
	const char *start = given_text(r, "start");
	struct name datenart = r->d.datenart;
	const struct rule *rule;
	struct retention due;
	int64_t day;

	(void)given_name(r, "data", &datenart);
	rule = policy_find_rule(r->p, &datenart);
	if (start)
		(void)caldate_parse(start, &day);
	else if (r->test->has_at)
		day = caldate_local(outside->zone, r->test->at_ms);
	else
		return;
	if (!rule)
		return;
	r->has_due =
	    rule->has_statutory
		? retention_statutory(day, (uint32_t)rule->statutory.years,
				      rule->statutory.year_end, &due)
		: retention_of(day, &rule->delete_by, &due);
	if (r->has_due)
		r->due = due.erase_from;
}

int test_decide(struct run *r, const struct policy *p, size_t i,
		const struct policy_test_facts *outside)
{
	*r = (struct run){.p = p, .test = &p->tests[i]};
	if (given_name(r, "channel", &r->channel)) {
		r->decided = true;
		r->facts.channel = &r->channel;
		make_facts(r, outside);
		if (normalise(r) != 0)
			return -1;
		choose_language(r, outside->language);
		policy_decide(p, &r->facts, &r->d);
	}
	find_due(r, outside);
	return 0;
}

void test_end(struct run *r)
{
	free(r->normal);
	r->normal = NULL;
}

/* --- what is taken out ---------------------------------------------------- */

struct names {
	const char **at;
	size_t len, max;
};

static void add_name(struct names *names, const char *name)
{
	for (size_t i = 0; i < names->len; i++)
		if (strcmp(names->at[i], name) == 0)
			return;
	if (names->len < names->max)
		names->at[names->len++] = name;
}

/* What one moment finds in a piece of the text; pieces end where something
 * was taken out before. */
static void find_in(const struct run *r, enum redact_moment moment,
		    const char *text, size_t len, struct names *names)
{
	struct policy_finder finders[POLICY_FINDERS_MAX];
	size_t finders_len = policy_finders(r->p, &r->channel, moment, finders,
					    POLICY_FINDERS_MAX);
	struct redact_match match = {0};
	size_t from = 0;

	while (redact_next(finders, finders_len, text, len, from, &match)) {
		if (moment == BEFORE_STORE && r->d.sees_text)
			find_in(r, BEFORE_FORWARD, text + from,
				match.start - from, names);
		add_name(names, finders[match.finder].name);
		from = match.end;
	}
	if (moment == BEFORE_STORE && r->d.sees_text)
		find_in(r, BEFORE_FORWARD, text + from, len - from, names);
}

size_t test_redacted(const struct run *r, const char **ret, size_t max)
{
	const char *text = given_text(r, "text");
	struct names names = {ret, 0, max};

	if (text && (r->d.store || r->d.sees_text))
		find_in(r, BEFORE_STORE, text, strlen(text), &names);
	return names.len;
}
