/* coverage.c - which rules of a policy no test of it names. */
#include "decide.h"
#include "testcase.h"

/* Marks beside the tables of the policy. */
struct policy_coverage {
	const struct policy *p;
	bool purposes[PURPOSES_MAX], rules[RULES_MAX], channels[CHANNELS_MAX],
	    helpdesks[HELPDESKS_MAX], finders[REDACT_MAX], words[WORDS_MAX];
};

/* Marks the one of that name. */
static void mark(const struct name *name, bool *marks, const struct name *first,
		 size_t len, size_t stride)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp((const char *)first + i * stride, name->text) == 0)
			marks[i] = true;
}

#define MARK(wanted, marks, array, len) \
	mark(wanted, marks, &(array)[0].name, len, sizeof((array)[0]))

static void mark_purpose(struct policy_coverage *c, const struct name *name)
{
	MARK(name, c->purposes, c->p->purposes, c->p->purposes_len);
}

static void mark_rule(struct policy_coverage *c, const struct name *name)
{
	MARK(name, c->rules, c->p->rules, c->p->rules_len);
}

/* A name that the test writes under a key. */
static bool named(const struct yaml *map, const char *key, struct name *ret)
{
	const struct yaml *node = yaml_get(map, key);
	bool no;

	return node && node->type == YAML_SCALAR && !yaml_bool(node, &no) &&
	       name_set(ret, node->text, strlen(node->text));
}

/* Purposes are named, or follow from the channel or the question. */
static void cover_purposes(struct policy_coverage *c, const struct run *r)
{
	const struct channel_rule *channel =
	    policy_find_channel(c->p, &r->channel);
	struct name name;

	if (named(r->test->given, "purpose", &name))
		mark_purpose(c, &name);
	else if (channel)
		mark_purpose(c, &channel->purpose);
	for (size_t i = 0; i < r->d.say_len; i++)
		if (r->d.say[i].purpose)
			mark_purpose(c, r->d.say[i].purpose);
}

static void cover_rules(struct policy_coverage *c, const struct run *r)
{
	const struct name raw = {"RAW"};
	struct name name;

	if (named(r->test->given, "data", &name) ||
	    named(r->test->expect, "store", &name))
		mark_rule(c, &name);
	if (yaml_get(r->test->expect, "media") && r->facts.media)
		mark_rule(c, &r->d.media_datenart);
	if (yaml_get(r->test->expect, "delete") && r->d.forget == FORGET_NOT)
		mark_rule(c, &r->d.keep_as);
	/* What is put aside is kept as it came. */
	if (yaml_get(r->test->expect, "quarantine") && r->d.quarantine)
		mark_rule(c, &raw);
}

static bool for_channel(const struct finder *f, const struct name *channel)
{
	for (size_t i = 0; i < f->channels_len; i++)
		if (name_equal(&f->channels[i], channel))
			return true;
	return f->channels_len == 0;
}

static void cover_finders(struct policy_coverage *c, const struct run *r)
{
	const struct yaml *list = yaml_get(r->test->expect, "redacted");

	for (const struct yaml *at = list ? list->first : NULL; at;
	     at = at->next)
		for (size_t i = 0; i < c->p->finders_len; i++)
			if (for_channel(&c->p->finders[i], &r->channel) &&
			    strcmp(policy_finder_name(c->p, i), at->text) == 0)
				c->finders[i] = true;
}

static void cover_words(struct policy_coverage *c, const struct run *r)
{
	for (size_t i = 0; r->facts.normal && i < c->p->words_len; i++) {
		const struct word_rule *w = &c->p->words[i];

		if ((w->channel.text[0] == '\0' ||
		     name_equal(&w->channel, &r->channel)) &&
		    policy_has_word(r->facts.normal, r->facts.normal_len,
				    w->text))
			c->words[i] = true;
	}
}

static void cover(struct policy_coverage *c, const struct run *r)
{
	struct name name;

	cover_rules(c, r);
	if (!r->decided)
		return;
	MARK(&r->channel, c->channels, c->p->channels, c->p->channels_len);
	if (named(r->test->given, "helpdesk", &name) ||
	    named(r->test->expect, "forward", &name))
		MARK(&name, c->helpdesks, c->p->helpdesks, c->p->helpdesks_len);
	cover_purposes(c, r);
	cover_finders(c, r);
	cover_words(c, r);
}

/* An entry of words is covered by any word of it. */
static bool same_entry(const struct word_rule *a, const struct word_rule *b)
{
	return a->data_at.line == b->data_at.line &&
	       a->data_at.column == b->data_at.column;
}

static void join_words(struct policy_coverage *c)
{
	for (size_t i = 1; i < c->p->words_len; i++)
		if (same_entry(&c->p->words[i - 1], &c->p->words[i]))
			c->words[i] |= c->words[i - 1];
	/* One per entry is reported: its last word, in the place of its
	 * Datenart. */
	for (size_t i = 1; i < c->p->words_len; i++)
		if (same_entry(&c->p->words[i - 1], &c->p->words[i]))
			c->words[i - 1] = true;
}

int policy_coverage_new(const struct policy *p,
			const struct policy_test_facts *facts,
			struct policy_coverage **ret)
{
	struct policy_coverage *c = calloc(1, sizeof(*c));
	int rc = c ? 0 : -1;

	if (c)
		c->p = p;
	for (size_t i = 0; rc == 0 && i < p->tests_len; i++) {
		struct run r;

		rc = test_decide(&r, p, i, facts);
		if (rc == 0)
			cover(c, &r);
		test_end(&r);
	}
	if (rc != 0) {
		free(c);
		return -1;
	}
	join_words(c);
	*ret = c;
	return 0;
}

void policy_coverage_free(struct policy_coverage **c)
{
	free(*c);
	*c = NULL;
}

/* --- what is left --------------------------------------------------------- */

struct search {
	size_t left; /* uncovered ones to pass over */
	struct policy_uncovered *ret;
};

static bool found(struct search *s, const char *kind, const char *name,
		  struct place at)
{
	if (s->left-- > 0)
		return false;
	*s->ret = (struct policy_uncovered){
	    .kind = kind, .name = name, .line = at.line, .column = at.column};
	return true;
}

/* Entries of the policy with a name and a place, stride bytes apart. */
struct table {
	const char *kind;
	const bool *marks;
	const struct name *name;
	const struct place *at;
	size_t len, stride;
};

static bool search(struct search *s, const struct table *t)
{
	for (size_t k = 0; k < t->len; k++)
		if (!t->marks[k] &&
		    found(s, t->kind, (const char *)t->name + k * t->stride,
			  *(const struct place *)((const char *)t->at +
						  k * t->stride)))
			return true;
	return false;
}

#define TABLE(kind, marks, array, len)                              \
	{                                                           \
		kind, marks, &(array)[0].name, &(array)[0].at, len, \
		    sizeof((array)[0])                              \
	}

bool policy_coverage_at(const struct policy_coverage *c, size_t i,
			struct policy_uncovered *ret)
{
	const struct policy *p = c->p;
	const struct table tables[] = {
	    TABLE("purpose", c->purposes, p->purposes, p->purposes_len),
	    TABLE("Datenart", c->rules, p->rules, p->rules_len),
	    TABLE("channel", c->channels, p->channels, p->channels_len),
	    TABLE("helpdesk", c->helpdesks, p->helpdesks, p->helpdesks_len),
	};
	struct search s = {i, ret};

	for (size_t k = 0; k < COUNT_OF(tables); k++)
		if (search(&s, &tables[k]))
			return true;
	for (size_t k = 0; k < p->finders_len; k++)
		if (!c->finders[k] &&
		    found(&s, "redact", policy_finder_name(p, k),
			  p->finders[k].at))
			return true;
	for (size_t k = 0; k < p->words_len; k++)
		if (!c->words[k] &&
		    found(&s, p->words[k].special ? "special" : "tag",
			  p->words[k].data.text, p->words[k].data_at))
			return true;
	return false;
}
