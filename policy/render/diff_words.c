/* diff_words.c - words of special categories, keywords, tests. */
#include "postern/caldate.h"

#include "diff.h"

/* --- special categories: words by the Datenart they lead to --------------- */

static size_t words_len(const struct policy *p)
{
	return p->words_len;
}

static const char *special_name(const struct policy *p, size_t i)
{
	if (!p->words[i].special)
		return NULL;
	for (size_t k = 0; k < i; k++)
		if (p->words[k].special &&
		    name_equal(&p->words[k].data, &p->words[i].data))
			return NULL;
	return p->words[i].data.text;
}

static size_t special_line(const struct policy *p, size_t i)
{
	return p->words[i].at.line;
}

static void describe_special(struct facets *f, const struct policy *p, size_t i)
{
	const char *names[WORDS_MAX];
	size_t len = 0;

	facet(f, "words", TR(&f->t, "Wörter", "words"), 0);
	for (size_t k = 0; k < p->words_len; k++)
		if (p->words[k].special &&
		    name_equal(&p->words[k].data, &p->words[i].data))
			names[len++] = p->words[k].text;
	diff_names(&f->t, names, len);
}

static bool special_word(const struct policy *p, const struct word_rule *word)
{
	for (size_t i = 0; i < p->words_len; i++)
		if (p->words[i].special &&
		    name_equal(&p->words[i].data, &word->data) &&
		    strcmp(p->words[i].text, word->text) == 0)
			return true;
	return false;
}

/* A message with the word changes between Datenart and its channel's. */
static void judge_moves(const struct sides *s, const struct name *data,
			bool away, struct verdict *v)
{
	for (size_t i = 0; i < s->b->channels_len; i++) {
		const struct channel_rule *b = &s->b->channels[i];
		const struct channel_rule *a =
		    policy_find_channel(s->a, &b->name);

		if (a)
			diff_worse(v, away ? diff_moved(s, data, &b->data)
					   : diff_moved(s, &a->data, data));
	}
}

static struct verdict judge_special(const struct sides *s, const char *key)
{
	const struct word_rule *any =
	    s->i != ABSENT ? &s->a->words[s->i] : &s->b->words[s->k];
	struct verdict v = {0};

	(void)key;
	for (size_t i = 0; i < s->a->words_len; i++) {
		const struct word_rule *w = &s->a->words[i];

		if (!w->special || !name_equal(&w->data, &any->data) ||
		    special_word(s->b, w))
			continue;
		judge_moves(s, &any->data, true, &v);
		v.reveals = true; /* no longer kept apart */
	}
	for (size_t i = 0; i < s->b->words_len; i++) {
		const struct word_rule *w = &s->b->words[i];

		if (w->special && name_equal(&w->data, &any->data) &&
		    !special_word(s->a, w))
			judge_moves(s, &any->data, false, &v);
	}
	v.effect = NULL;
	return v;
}

const struct diff_kind diff_special = {
    .section = "special",
    .noun = {"Besondere Kategorien nach", "Special categories to"},
    .len = words_len,
    .name = special_name,
    .line = special_line,
    .describe = describe_special,
    .judge = judge_special,
};

/* --- keywords ------------------------------------------------------------- */

static size_t keywords_len(const struct policy *p)
{
	return p->keywords_len;
}

static const char *keyword_name(const struct policy *p, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (p->keywords[k].word.class == p->keywords[i].word.class)
			return NULL;
	return keyword_class_name(p->keywords[i].word.class);
}

static size_t keyword_line(const struct policy *p, size_t i)
{
	return p->keywords[i].at.line;
}

static void describe_keyword(struct facets *f, const struct policy *p, size_t i)
{
	const char *names[WORDS_MAX];
	size_t len = 0;

	facet(f, "words", TR(&f->t, "Wörter", "words"), 0);
	for (size_t k = 0; k < p->keywords_len; k++)
		if (p->keywords[k].word.class == p->keywords[i].word.class)
			names[len++] = p->keywords[k].word.text;
	diff_names(&f->t, names, len);
}

static struct verdict no_verdict(const struct sides *s, const char *key)
{
	(void)s;
	(void)key;
	return (struct verdict){0};
}

const struct diff_kind diff_keywords = {
    .section = "keywords",
    .noun = {"Schlüsselwort", "Keyword"},
    .len = keywords_len,
    .name = keyword_name,
    .line = keyword_line,
    .describe = describe_keyword,
    .judge = no_verdict,
};

/* --- tests ---------------------------------------------------------------- */

static size_t tests_len(const struct policy *p)
{
	return p->tests_len;
}

static const char *test_name(const struct policy *p, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(p->tests[k].name, p->tests[i].name) == 0)
			return NULL;
	return p->tests[i].name;
}

static size_t test_line(const struct policy *p, size_t i)
{
	return p->tests[i].at.line;
}

static void describe_test(struct facets *f, const struct policy *p, size_t i)
{
	const struct policy_test *test = &p->tests[i];
	char at[INSTANT_BYTES];

	facet(f, "given", TR(&f->t, "gegeben", "given"), 0);
	diff_canon(&f->t, test->given);
	facet(f, "expect", TR(&f->t, "erwartet", "expected"), 0);
	diff_canon(&f->t, test->expect);
	facet(f, "at", TR(&f->t, "Zeit", "time"), 0);
	if (!test->has_at)
		return;
	instant_format(test->at_ms, at);
	prose_add(&f->t, "%s", at);
}

const struct diff_kind diff_tests = {
    .section = "tests",
    .noun = {"Test", "Test"},
    .len = tests_len,
    .name = test_name,
    .line = test_line,
    .describe = describe_test,
    .judge = no_verdict,
};
