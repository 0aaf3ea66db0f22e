/* test_simulate.c - what two policies do with one item of the archive.
 * Proves: what is counted is what happens when the policy is put in force and
 * time passes, day by day, by the functions that decide. */
#include "policy_house.h"

#include <stdio.h>
#include <stdlib.h>

#include "postern/caldate.h"
#include "postern/simulate.h"

#define TODAY INT64_C(20780) /* 2026-11-23 */
#define DAY   INT64_C(86400000)

static int64_t day_of(const char *text)
{
	int64_t day = 0;

	assert_true(caldate_parse(text, &day));
	return day;
}

/* Noon, so that no zone is needed to know the day. */
static int64_t noon(int64_t day)
{
	return day * DAY + DAY / 2;
}

static struct simulate *simulate_of(const struct policy *before,
				    const struct policy *after, int64_t from)
{
	const struct simulate_channel channels[] = {
	    {.name = name("c0"), .helpdesk = name("desk")},
	    {.name = name("c1")},
	};
	const struct simulate_conf conf = {
	    .policy = {before, after},
	    .today = TODAY,
	    .from = from,
	    .channels = channels,
	    .channels_len = 2,
	};
	struct simulate *s = NULL;
	struct err err = {0};

	assert_int_equal(simulate_new(&conf, &s, &err), 0);
	return s;
}

static struct simulate_verdict judge(struct simulate *s,
				     const struct simulate_item *item)
{
	struct simulate_verdict v;
	struct err err = {0};

	assert_int_equal(simulate_judge(s, item, &v, &err), 0);
	return v;
}

static void count(struct simulate *s, const struct simulate_item *item,
		  const struct simulate_verdict *v)
{
	struct err err = {0};

	assert_int_equal(simulate_count(s, item, v, &err), 0);
}

/* --- chance, the same every time ------------------------------------------ */

static uint64_t seed;

static uint32_t chance(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 33) % below;
}

struct text {
	char at[8192];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t,
						      const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(t->at + t->len, sizeof(t->at) - t->len, format, args);
	va_end(args);
	assert_true(len >= 0 && (size_t)len < sizeof(t->at) - t->len);
	t->len += (size_t)len;
}

#define DATENARTEN 6

static void random_rule(struct text *t, unsigned int i)
{
	static const char *const starts[] = {"collection", "process_end",
					     "relationship_end"};
	static const char *const units[] = {"D", "W", "M"};
	unsigned int unit = chance(3);

	add(t, "  M%u: {from: %s, ", i, starts[chance(3)]);
	if (chance(4) == 0)
		add(t, "statutory: {norm: \"HGB\", years: %u, start: %s}}\n",
		    1 + chance(2), chance(2) ? "year_end" : "date");
	else
		add(t, "delete: P%u%s}\n", 1 + chance(unit == 0 ? 90 : 9),
		    units[unit]);
}

static void random_channel(struct text *t, unsigned int i)
{
	static const char *const until[] = {"hold_back, for: P7D",
					    "forward_reduced", "refuse"};

	add(t, "  c%u:\n    purpose: support\n    data: M%u\n", i, chance(2));
	if (chance(2) == 0)
		add(t,
		    "    first_contact: consent\n    consent: news\n"
		    "    notice: hinweis\n    until_consent: {do: %s}\n",
		    until[chance(3)]);
	add(t, "    tag: [{words: [auftrag], data: M2}]\n");
}

/* M0 to M2 are always there: channels and words file under them. */
static struct policy *random_policy(void)
{
	static const char *const moments[] = {"store", "forward",
					      "store, forward"};
	struct text t = {.len = 0};

	add(&t, HEAD "purposes:\n  support: {basis: contract}\n"
		     "  news: {basis: consent, ask: frage}\ndata:\n");
	for (unsigned int i = 0; i < DATENARTEN; i++)
		if (i < 3 || chance(4) != 0)
			random_rule(&t, i);
	add(&t, "  MEDIA: {from: collection, delete: P9D}\n"
		"  RAW: {from: collection, delete: P3D}\nchannels:\n");
	random_channel(&t, 0);
	random_channel(&t, 1);
	add(&t, "helpdesks:\n  desk: {sees: [%s]",
	    chance(3) ? "text" : "attachments");
	if (chance(3) == 0)
		add(&t, ", data: [M%u, M2]", chance(2));
	add(&t, "}\nredact:\n  - {find: iban, before: [%s]}\n",
	    moments[chance(3)]);
	if (chance(2))
		add(&t, "  - {find: email, channels: [c%u], before: [%s]}\n",
		    chance(2), moments[chance(3)]);
	add(&t, "notices:\n  hinweis: Hinweis\n  frage: Frage\n");
	return good(t.at);
}

/* --- an item, day by day -------------------------------------------------- */

/* What the schedule decides on a day by one policy. */
static bool goes_on(const struct policy *p, const struct simulate_item *item,
		    int64_t today, int64_t from)
{
	struct erasure_facts facts = {.today = today,
				      .trigger = TRIGGER_SCHEDULE,
				      .basis = LEGAL_BASIS_CONTRACT};
	int64_t start = item->received_ms / DAY;
	struct policy_rule rule;
	struct retention r;

	facts.restriction = item->restricted ? 'd' : 0;
	if (!policy_rule_of(p, &item->datenart, &rule))
		return false;
	if (rule.from == START_PROCESS_END && item->closed_ms != 0)
		start = item->closed_ms / DAY;
	else if (rule.from != START_COLLECTION)
		start = from; /* the day it is closed, say */
	if (start > today)
		return false;
	if (rule.has_statutory
		? !retention_statutory(start, (uint32_t)rule.years,
				       rule.year_end, &r)
		: !retention_of(start, &rule.delete_by, &r))
		return false;
	facts.rule_due = (struct maybe_day){true, r.erase_from};
	if (rule.has_statutory)
		facts.statutory_last_day = (struct maybe_day){true, r.last_day};
	return erasure_decide(&facts).verdict == ERASURE_ERASE;
}

#define HORIZON (5 * 366)

/* Each day by the policy that is in force on it. */
static int64_t lived_until(const struct policy *p, const struct policy *then,
			   int64_t from, const struct simulate_item *item)
{
	for (int64_t day = TODAY; day < TODAY + HORIZON; day++)
		if (goes_on(day < from ? p : then, item, day, from))
			return day;
	return SIMULATE_NO_DAY;
}

static struct simulate_item random_item(void)
{
	struct simulate_item item = {
	    .datenart = {"M0"},
	    .channel = {"c0"},
	    .received_ms = noon(TODAY - chance(500)),
	    .holds = true,
	};

	item.datenart.text[1] = (char)('0' + chance(DATENARTEN));
	item.channel.text[1] = (char)('0' + chance(2));
	item.restricted = chance(9) == 0;
	if (chance(2) == 0)
		item.closed_ms =
		    item.received_ms +
		    DAY *
			chance((uint32_t)(TODAY - item.received_ms / DAY) + 1);
	return item;
}

struct tally { /* kept by hand, to compare the table with */
	char datenart, channel;
	struct caldate month;
	int64_t items, fates[SIMULATE_FATES], goes[SIMULATE_SIDES];
};
static struct tally tallies[4096];
static size_t tallies_len;

static struct tally *tally_of(const struct simulate_item *item, int64_t day)
{
	struct caldate d = caldate_of(day);

	for (size_t i = 0; i < tallies_len; i++) {
		struct tally *t = &tallies[i];

		if (t->datenart == item->datenart.text[1] &&
		    t->channel == item->channel.text[1] &&
		    t->month.year == d.year && t->month.month == d.month)
			return t;
	}
	assert_true(tallies_len < sizeof(tallies) / sizeof(tallies[0]));
	tallies[tallies_len] =
	    (struct tally){.datenart = item->datenart.text[1],
			   .channel = item->channel.text[1],
			   .month = d};
	return &tallies[tallies_len++];
}

/* Has it begun to count, by the rule of that policy? */
static bool started(const struct policy *p, const struct simulate_item *item)
{
	struct policy_rule rule;

	return !policy_rule_of(p, &item->datenart, &rule) ||
	       rule.from == START_COLLECTION ||
	       (rule.from == START_PROCESS_END && item->closed_ms != 0);
}

static void live(const struct policy *before, const struct policy *after,
		 int64_t from, const struct simulate_item *item,
		 const struct simulate_verdict *v)
{
	const int64_t lived[SIMULATE_SIDES] = {
	    lived_until(before, before, from, item),
	    lived_until(before, after, from, item),
	};
	bool gone = lived[SIMULATE_BEFORE] < from;
	enum simulate_fate fate = SIMULATE_UNCHANGED;
	struct tally *t = tally_of(item, item->received_ms / DAY);

	if (lived[SIMULATE_AFTER] < lived[SIMULATE_BEFORE])
		fate = SIMULATE_EARLIER;
	else if (lived[SIMULATE_AFTER] > lived[SIMULATE_BEFORE])
		fate = lived[SIMULATE_AFTER] == SIMULATE_NO_DAY
			   ? SIMULATE_NEVER
			   : SIMULATE_LATER;
	assert_int_equal(v->goes[SIMULATE_BEFORE], lived[SIMULATE_BEFORE]);
	assert_int_equal(v->goes[SIMULATE_AFTER], lived[SIMULATE_AFTER]);
	assert_int_equal(v->fate, fate);
	t->items++;
	t->fates[fate]++;
	for (int i = 0; i < SIMULATE_SIDES; i++)
		if (lived[i] != SIMULATE_NO_DAY &&
		    (started(i == SIMULATE_BEFORE || gone ? before : after,
			     item)))
			tally_of(item, lived[i])->goes[i]++;
}

static void compare_table(struct simulate *s)
{
	struct simulate_row row;
	struct err err = {0};
	size_t i = 0;

	assert_int_equal(simulate_sort(s, &err), 0);
	for (; simulate_row_at(s, i, &row); i++) {
		const struct simulate_item item = {.datenart = row.datenart,
						   .channel = row.channel};
		const struct tally *t =
		    tally_of(&item, caldate_day(row.year, row.month, 1));

		assert_int_equal(row.counts.items, t->items);
		assert_memory_equal(row.counts.fates, t->fates,
				    sizeof(t->fates));
		assert_memory_equal(row.counts.goes, t->goes, sizeof(t->goes));
	}
	assert_int_equal(i, tallies_len);
}

static void what_is_counted_happens_as_the_days_pass(void **state)
{
	(void)state;
	seed = UINT64_C(0x5eed0f5174a1a7e5);
	for (int round = 0; round < 60; round++) {
		struct policy *before = random_policy(),
			      *after = random_policy();
		int64_t from = TODAY + (chance(2) ? 0 : chance(120));
		struct simulate *s = simulate_of(before, after, from);

		tallies_len = 0;
		for (int i = 0; i < 60; i++) {
			struct simulate_item item = random_item();
			struct simulate_verdict v = judge(s, &item);

			live(before, after, from, &item, &v);
			count(s, &item, &v);
		}
		compare_table(s);
		simulate_free(&s);
		policy_free(&before);
		policy_free(&after);
	}
}

/* --- a message, decided once more ----------------------------------------- */

struct said { /* what the worker would know, text and all */
	const char *text;
	struct name tag;
	bool consent;
};

static struct policy_decision as_the_worker(const struct policy *p,
					    const struct said *said,
					    const struct name *channel)
{
	static const struct name desk = {"desk"};
	char normal[64];
	struct policy_facts facts = {
	    .act = ACT_RECEIVE,
	    .channel = channel,
	    .helpdesk = channel->text[1] == '0' ? &desk : NULL,
	    .datenart = said->tag.text[0] != '\0' ? &said->tag : NULL,
	    .normal = normal,
	    .consent = said->consent ? CONSENT_GIVEN : CONSENT_REFUSED,
	    .media_bytes = -1,
	};
	struct policy_decision d;

	facts.normal_len =
	    keyword_normalise(said->text, strlen(said->text), normal);
	policy_decide(p, &facts, &d);
	return d;
}

static enum simulate_outcome outcome_of(const struct policy_decision *d)
{
	if (!d->store)
		return SIMULATE_REFUSED;
	if (d->hold)
		return SIMULATE_HELD;
	if (d->reduced)
		return SIMULATE_REDUCED;
	return d->forward ? SIMULATE_FORWARDED : SIMULATE_KEPT;
}

static void one_message(struct simulate *s, const struct policy *const *p)
{
	struct said said = {.text = chance(2) ? "Guten Tag" : "Ein Auftrag!",
			    .consent = chance(2)};
	struct simulate_item item = {.channel = {"c0"},
				     .received_ms = noon(TODAY),
				     .holds = true,
				     .came = true};
	struct policy_decision d[SIMULATE_SIDES];
	struct simulate_verdict v;

	item.channel.text[1] = (char)('0' + chance(2));
	if (chance(3) == 0)
		item.tag = said.tag = name(chance(2) ? "M0" : "M1");
	for (int i = 0; i < SIMULATE_SIDES; i++) {
		d[i] = as_the_worker(p[i], &said, &item.channel);
		item.consent[i] = said.consent;
	}
	if (!d[SIMULATE_BEFORE].store)
		return; /* then it is not in the archive */
	item.datenart = d[SIMULATE_BEFORE].datenart;
	v = judge(s, &item);
	for (int i = 0; i < SIMULATE_SIDES; i++)
		assert_int_equal(v.outcome[i], outcome_of(&d[i]));
	assert_int_equal(v.refiled,
			 d[SIMULATE_AFTER].store &&
			     !name_equal(&d[0].datenart, &d[1].datenart));
}

static void a_message_is_decided_as_if_it_came_again(void **state)
{
	(void)state;
	seed = UINT64_C(0xc0ffee);
	for (int round = 0; round < 100; round++) {
		struct policy *before = random_policy(),
			      *after = random_policy();
		const struct policy *const p[] = {before, after};
		struct simulate *s = simulate_of(before, after, TODAY);

		for (int i = 0; i < 100; i++)
			one_message(s, p);
		simulate_free(&s);
		policy_free(&before);
		policy_free(&after);
	}
}

/* --- one at a time -------------------------------------------------------- */

#define SMALL(data, channel, more)                                       \
	HEAD "purposes:\n  support: {basis: contract}\n"                 \
	     "  news: {basis: consent, ask: frage}\n"                    \
	     "data:\n" data "  MEDIA: {from: collection, delete: P9D}\n" \
	     "  RAW: {from: collection, delete: P3D}\n"                  \
	     "channels:\n  c0:\n    purpose: support\n" channel          \
	     "helpdesks:\n  desk: {sees: [text]}\n" more                 \
	     "notices:\n  hinweis: Hinweis\n  frage: Frage\n"
#define RULE(rule) "  M0: " rule "\n"
#define PLAIN	   "    data: M0\n"
#define MONTHS3	   RULE("{from: process_end, delete: P3M}")

static void a_day_that_has_passed_is_today(void **state)
{
	struct policy *before =
	    good(SMALL(RULE("{from: collection, delete: P10D}"), PLAIN, ""));
	struct policy *after =
	    good(SMALL(RULE("{from: collection, delete: P20D}"), PLAIN, ""));
	struct simulate *s = simulate_of(before, after, TODAY);
	struct simulate *later = simulate_of(before, after, TODAY + 5);
	struct simulate_item item = {
	    .channel = {"c0"}, .datenart = {"M0"}, .holds = true};
	struct simulate_verdict v;

	(void)state;
	/* Due by both, and not gone yet: it goes today. */
	item.received_ms = noon(TODAY - 40);
	v = judge(s, &item);
	assert_int_equal(v.fate, SIMULATE_UNCHANGED);
	assert_int_equal(v.goes[SIMULATE_BEFORE], TODAY);
	/* Due by the old one alone: the new one keeps it. */
	item.received_ms = noon(TODAY - 15);
	assert_int_equal(judge(s, &item).fate, SIMULATE_LATER);
	/* But not if it takes effect too late. */
	v = judge(later, &item);
	assert_int_equal(v.fate, SIMULATE_UNCHANGED);
	assert_int_equal(v.goes[SIMULATE_AFTER], TODAY);
	simulate_free(&s);
	simulate_free(&later);
	policy_free(&before);
	policy_free(&after);
}

static void what_has_no_end_is_never(void **state)
{
	struct policy *before = good(SMALL(
	    MONTHS3 "  GONE: {from: collection, delete: P1D}\n", PLAIN, ""));
	struct policy *after = good(SMALL(
	    MONTHS3 "  FAR: {from: collection, delete: P9000Y}\n", PLAIN, ""));
	struct simulate *s = simulate_of(before, after, TODAY);
	struct simulate_item item = {
	    .channel = {"c0"}, .received_ms = noon(TODAY), .holds = true};
	struct simulate_verdict v;

	(void)state;
	item.datenart = name("GONE");
	v = judge(s, &item);
	assert_int_equal(v.fate, SIMULATE_NEVER);
	assert_int_equal(v.goes[SIMULATE_AFTER], SIMULATE_NO_DAY);
	/* No end before, none after: nothing changes. */
	item.datenart = name("NOBODYS");
	assert_int_equal(judge(s, &item).fate, SIMULATE_UNCHANGED);
	item.datenart = name("FAR");
	assert_int_equal(judge(s, &item).fate, SIMULATE_UNCHANGED);
	simulate_free(&s);
	policy_free(&before);
	policy_free(&after);
}

static void an_open_conversation_waits(void **state)
{
	struct policy *before = good(SMALL(MONTHS3, PLAIN, ""));
	struct policy *after =
	    good(SMALL(RULE("{from: process_end, delete: P4M}"), PLAIN, ""));
	struct simulate *s = simulate_of(before, after, day_of("2026-11-30"));
	struct simulate_item item = {.channel = {"c0"},
				     .datenart = {"M0"},
				     .received_ms = noon(TODAY - 300),
				     .holds = true};
	struct simulate_verdict v = judge(s, &item);
	struct simulate_row row;
	struct err err = {0};

	(void)state;
	assert_true(v.waits[SIMULATE_AFTER]);
	assert_int_equal(v.fate, SIMULATE_LATER);
	assert_int_equal(v.goes[SIMULATE_BEFORE], day_of("2027-03-01"));
	assert_int_equal(v.goes[SIMULATE_AFTER], day_of("2027-03-31"));
	/* Counted, but in no month that it would go in. */
	count(s, &item, &v);
	assert_int_equal(simulate_sort(s, &err), 0);
	assert_true(simulate_row_at(s, 0, &row));
	assert_int_equal(row.counts.waiting, 1);
	assert_int_equal(row.counts.goes[SIMULATE_AFTER], 0);
	assert_false(simulate_row_at(s, 1, &row));
	simulate_free(&s);
	policy_free(&before);
	policy_free(&after);
}

static void what_was_found_is_hidden_where_it_would_be_seen(void **state)
{
	static const struct {
		const char *redact;
		unsigned int found;
		bool redacted;
	} cases[] = {
	    {"", 1u << FIND_IBAN, false},
	    {"redact: [{find: iban, before: [forward]}]\n", 1u << FIND_IBAN,
	     true},
	    {"redact: [{find: iban, before: [store]}]\n", 1u << FIND_IBAN,
	     true},
	    {"redact: [{find: iban, before: [store]}]\n", 1u << FIND_PHONE,
	     false},
	    {"redact: [{find: phone, before: [store]}, {find: iban, before: "
	     "[forward]}]\n",
	     1u << FIND_PHONE, true},
	};
	char text[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policy *before = good(SMALL(MONTHS3, PLAIN, "")), *after;
		struct simulate_item item = {.channel = {"c0"},
					     .datenart = {"M0"},
					     .received_ms = noon(TODAY),
					     .came = true,
					     .found = cases[i].found};
		struct simulate *s;
		struct simulate_verdict v;

		(void)snprintf(text, sizeof(text), "%s%s",
			       SMALL(MONTHS3, PLAIN, ""), cases[i].redact);
		after = good(text);
		s = simulate_of(before, after, TODAY);
		v = judge(s, &item);
		assert_false(v.redacted[SIMULATE_BEFORE]);
		assert_int_equal(v.redacted[SIMULATE_AFTER], cases[i].redacted);
		/* Taken back before it came: only what is stored counts. */
		item.taken_back = true;
		v = judge(s, &item);
		assert_int_equal(v.outcome[SIMULATE_AFTER], SIMULATE_KEPT);
		assert_int_equal(v.redacted[SIMULATE_AFTER],
				 cases[i].redacted &&
				     strstr(cases[i].redact, "store") != NULL);
		simulate_free(&s);
		policy_free(&before);
		policy_free(&after);
	}
}

static void without_a_valid_mechanism_it_is_put_aside(void **state)
{
	const struct simulate_channel channel = {
	    .name = {"c0"},
	    .helpdesk = {"desk"},
	    .mechanism = MECHANISM_INVALID,
	};
	struct policy *p = good(SMALL(MONTHS3, PLAIN, ""));
	const struct simulate_conf conf = {.policy = {p, p},
					   .today = TODAY,
					   .from = TODAY,
					   .channels = &channel,
					   .channels_len = 1};
	struct simulate_item item = {.channel = {"c0"},
				     .datenart = {"M0"},
				     .received_ms = noon(TODAY),
				     .came = true};
	struct simulate *s = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(simulate_new(&conf, &s, &err), 0);
	assert_int_equal(judge(s, &item).outcome[0], SIMULATE_ASIDE);
	/* A channel of which no policy knows. */
	item.channel = name("c9");
	assert_int_equal(judge(s, &item).outcome[1], SIMULATE_REFUSED);
	simulate_free(&s);
	policy_free(&p);
}

/* --- limits --------------------------------------------------------------- */

#define TAGGED(word) PLAIN "    tag: [{words: [" word "], data: M0}]\n"
#define SHAPE(shape)                      \
	"patterns: {kd: \"" shape "\"}\n" \
	"redact: [{find: kd, before: [store]}]\n"
#define ASKING                                                  \
	PLAIN "    first_contact: consent\n    consent: news\n" \
	      "    notice: hinweis\n    until_consent: {do: refuse}\n"

static void what_would_need_the_text_is_said(void **state)
{
	static const struct {
		const char *before, *after;
		bool is[SIMULATE_LIMITS];
	} cases[] = {
	    {SMALL(MONTHS3, PLAIN, ""), SMALL(MONTHS3, PLAIN, ""), {0}},
	    {SMALL(MONTHS3, TAGGED("Auftrag"), ""),
	     SMALL(MONTHS3, TAGGED("auftrag"), ""),
	     {0}},
	    {SMALL(MONTHS3, TAGGED("Auftrag"), ""),
	     SMALL(MONTHS3, TAGGED("Rechnung"), ""),
	     {[SIMULATE_LIMIT_WORDS] = true}},
	    {SMALL(MONTHS3, TAGGED("Auftrag"), ""),
	     SMALL(MONTHS3, PLAIN, ""),
	     {[SIMULATE_LIMIT_WORDS] = true}},
	    {SMALL(MONTHS3, PLAIN, SHAPE("KD-###")),
	     SMALL(MONTHS3, PLAIN, SHAPE("KD-###")),
	     {0}},
	    {SMALL(MONTHS3, PLAIN, SHAPE("KD-###")),
	     SMALL(MONTHS3, PLAIN, SHAPE("KD-####")),
	     {[SIMULATE_LIMIT_PATTERNS] = true}},
	    {SMALL(MONTHS3, PLAIN, ""),
	     SMALL(MONTHS3, PLAIN, SHAPE("KD-####")),
	     {[SIMULATE_LIMIT_PATTERNS] = true}},
	    {SMALL(MONTHS3, PLAIN, SHAPE("KD-####")),
	     SMALL(MONTHS3, PLAIN, ""),
	     {0}},
	    {SMALL(MONTHS3, PLAIN, ""),
	     SMALL(MONTHS3, ASKING, ""),
	     {[SIMULATE_LIMIT_CONSENT] = true}},
	    {SMALL(MONTHS3, ASKING, ""), SMALL(MONTHS3, ASKING, ""), {0}},
	    {SMALL(MONTHS3, ASKING, ""), SMALL(MONTHS3, PLAIN, ""), {0}},
	};
	const struct name c0 = {"c0"};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policy *before = good(cases[i].before);
		struct policy *after = good(cases[i].after);
		struct simulate *s = simulate_of(before, after, TODAY);

		for (int l = 0; l < SIMULATE_LIMITS; l++)
			if (simulate_limited(s, (enum simulate_limit)l, &c0) !=
			    cases[i].is[l])
				fail_msg("case %zu: %s", i,
					 simulate_limit_names[l]);
		simulate_free(&s);
		policy_free(&before);
		policy_free(&after);
	}
}

/* --- the table ------------------------------------------------------------ */

static void rows_are_in_order_and_bounded(void **state)
{
	struct policy *p = good(SMALL(MONTHS3, PLAIN, ""));
	struct simulate *s = simulate_of(p, p, TODAY);
	struct simulate_item item = {
	    .channel = {"c0"}, .datenart = {"M0"}, .holds = true};
	struct simulate_counts total = {0};
	struct simulate_row row, last;
	struct simulate_verdict v;
	struct err err = {0};
	int64_t items = 0;
	size_t i = 0;
	int rc = 0;

	(void)state;
	/* Months of more years than any archive has. */
	for (int64_t month = 0; rc == 0 && month < 30000; month++)
		for (int c = 0; rc == 0 && c < 3; c++) {
			item.channel.text[1] = (char)('2' - c);
			item.received_ms = noon(TODAY - 30 * month);
			v = judge(s, &item);
			rc = simulate_count(s, &item, &v, &err);
			items += rc == 0;
		}
	assert_int_equal(rc, -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(simulate_sort(s, &err), 0);
	for (; simulate_row_at(s, i, &row); i++) {
		if (i > 0 && name_equal(&row.channel, &last.channel))
			assert_true(
			    row.year > last.year ||
			    (row.year == last.year && row.month > last.month));
		else if (i > 0)
			assert_true(
			    strcmp(row.channel.text, last.channel.text) > 0);
		last = row;
		simulate_add(&total, &row.counts);
	}
	assert_int_equal(i, SIMULATE_ROWS_MAX);
	assert_int_equal(total.items, items);
	simulate_free(&s);
	policy_free(&p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_counted_happens_as_the_days_pass),
	    cmocka_unit_test(a_message_is_decided_as_if_it_came_again),
	    cmocka_unit_test(a_day_that_has_passed_is_today),
	    cmocka_unit_test(what_has_no_end_is_never),
	    cmocka_unit_test(an_open_conversation_waits),
	    cmocka_unit_test(what_was_found_is_hidden_where_it_would_be_seen),
	    cmocka_unit_test(without_a_valid_mechanism_it_is_put_aside),
	    cmocka_unit_test(what_would_need_the_text_is_said),
	    cmocka_unit_test(rows_are_in_order_and_bounded),
	};

	assert_true(sodium_init() >= 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
