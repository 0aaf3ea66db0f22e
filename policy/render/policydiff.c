/* policydiff.c - the comparison itself: things that came, went and changed. */
#include "diff.h"

static const struct diff_kind *const kinds[] = {
    &diff_purposes, &diff_rules,    &diff_channels,  &diff_helpdesks,
    &diff_redact,   &diff_patterns, &diff_special,   &diff_keywords,
    &diff_notices,  &diff_replies,  &diff_approvals, &diff_tests,
};

const char *policy_change_name(enum policy_change_kind kind)
{
	static const char *const names[CHANGE_KINDS] = {
	    [CHANGE_ADDED] = "added",
	    [CHANGE_REMOVED] = "removed",
	    [CHANGE_CHANGED] = "changed",
	    [CHANGE_OTHER] = "other",
	};

	return names[kind];
}

/* --- facets --------------------------------------------------------------- */

static void facet_close(struct facets *f)
{
	if (f->len > 0)
		prose_bytes(&f->t, "", 1);
}

void facet(struct facets *f, const char *key, const char *label, size_t line)
{
	facet_close(f);
	if (f->len == FACETS_MAX) {
		f->t.failed = true;
		return;
	}
	f->of[f->len].key = key;
	f->of[f->len].label = label;
	f->of[f->len].at = f->buf.len;
	f->of[f->len].line = line;
	f->len++;
}

void facet_text(struct facets *f, const char *key, const char *label,
		const char *text)
{
	facet(f, key, label, 0);
	if (text)
		prose_add(&f->t, "%s", text);
}

void facet_bool(struct facets *f, const char *key, const char *label, bool yes)
{
	facet_text(f, key, label,
		   yes ? TR(&f->t, "ja", "yes") : TR(&f->t, "nein", "no"));
}

static const char *value_of(const struct facets *f, size_t i)
{
	return (const char *)f->buf.bytes + f->of[i].at;
}

/* --- one thing ------------------------------------------------------------ */

struct diff {
	const struct policy *a, *b;
	enum tongue tongue;
	policy_change_sink *sink;
	void *ctx;
	struct err *err;
	const struct diff_kind *kind;
	size_t told; /* changes of this kind */
};

static int describe(const struct diff *d, const struct policy *p, size_t i,
		    struct facets *ret)
{
	*ret = (struct facets){.buf = BUF_INIT(DESCRIPTION_MAX)};
	ret->t = (struct prose){.out = &ret->buf, .tongue = d->tongue};
	if (i == ABSENT)
		return 0;
	d->kind->describe(ret, p, i);
	facet_close(ret);
	return prose_end(&ret->t, d->err);
}

static const char *effect_words(const struct prose *t, const char *effect)
{
	static const struct {
		const char *effect, *in[2];
	} all[] = {
	    {SHORTER, {"das ist kürzer", "that is shorter"}},
	    {LONGER, {"das ist länger", "that is longer"}},
	    {SEE_MORE, {"das ist mehr", "that is more"}},
	    {SEE_LESS, {"das ist weniger", "that is less"}},
	};

	for (size_t i = 0; effect && i < COUNT_OF(all); i++)
		if (strcmp(all[i].effect, effect) == 0)
			return all[i].in[t->tongue];
	return NULL;
}

static void value_words(struct prose *t, const char *value)
{
	if (value[0] != '\0')
		prose_foreign(t, value, strlen(value));
	else
		prose_add(t, "%s", TR(t, "nicht festgelegt", "not laid down"));
}

static void sentence(struct prose *t, const struct diff *d,
		     const struct policy_change *c, const char *label)
{
	const char *effect = effect_words(t, c->effect);

	prose_add(t, "%s%s%s, %s: %s", d->kind->noun[t->tongue],
		  c->name[0] != '\0' ? " " : "", c->name, label,
		  TR(t, "bisher ", "so far "));
	value_words(t, c->old);
	prose_add(t, "%s", TR(t, "; künftig ", "; from now on "));
	value_words(t, c->new);
	if (effect)
		prose_add(t, "; %s", effect);
	prose_add(t, ".");
}

static int tell(struct diff *d, struct policy_change *c, struct prose *t)
{
	int rc = -1;

	prose_bytes(t, "", 1);
	if (prose_end(t, d->err) == 0) {
		c->text = (const char *)t->out->bytes;
		d->told++;
		rc = d->sink(d->ctx, c, d->err);
	}
	buf_free(t->out);
	return rc;
}

static size_t line_or(size_t line, const struct diff *d, const struct policy *p,
		      size_t i)
{
	return line > 0 ? line : d->kind->line(p, i);
}

static int tell_facet(struct diff *d, const struct sides *s,
		      const struct facets *fa, const struct facets *fb,
		      size_t n)
{
	const struct verdict v = d->kind->judge(s, fa->of[n].key);
	struct buf text = BUF_INIT(DESCRIPTION_MAX);
	struct prose t = {.out = &text, .tongue = d->tongue};
	struct policy_change c = {
	    .kind = CHANGE_CHANGED,
	    .section = d->kind->section,
	    .name = d->kind->name(d->b, s->k),
	    .field = fa->of[n].key,
	    .effect = v.effect,
	    .shortens = v.shortens,
	    .reveals = v.reveals,
	    .line_old = line_or(fa->of[n].line, d, d->a, s->i),
	    .line_new = line_or(fb->of[n].line, d, d->b, s->k),
	    .old = value_of(fa, n),
	    .new = value_of(fb, n),
	};

	sentence(&t, d, &c, fa->of[n].label);
	return tell(d, &c, &t);
}

static int tell_changed(struct diff *d, const struct sides *s,
			const struct facets *fa, const struct facets *fb)
{
	for (size_t n = 0; n < fa->len && n < fb->len; n++)
		if (strcmp(value_of(fa, n), value_of(fb, n)) != 0 &&
		    tell_facet(d, s, fa, fb, n) != 0)
			return -1;
	return 0;
}

/* All of it came or went. */
static int tell_whole(struct diff *d, const struct sides *s,
		      const struct facets *f)
{
	const bool added = s->i == ABSENT;
	const struct verdict v = d->kind->judge(s, NULL);
	struct buf text = BUF_INIT(DESCRIPTION_MAX);
	struct prose t = {.out = &text, .tongue = d->tongue};
	struct policy_change c = {
	    .kind = added ? CHANGE_ADDED : CHANGE_REMOVED,
	    .section = d->kind->section,
	    .name =
		added ? d->kind->name(d->b, s->k) : d->kind->name(d->a, s->i),
	    .field = "",
	    .effect = v.effect,
	    .shortens = v.shortens,
	    .reveals = v.reveals,
	    .line_old = added ? 0 : d->kind->line(d->a, s->i),
	    .line_new = added ? d->kind->line(d->b, s->k) : 0,
	};
	bool first = true;

	prose_add(&t, "%s %s %s", d->kind->noun[d->tongue], c.name,
		  added ? TR(&t, "kommt hinzu", "is added")
			: TR(&t, "entfällt", "is removed"));
	for (size_t n = 0; n < f->len; n++) {
		if (value_of(f, n)[0] == '\0')
			continue;
		prose_add(&t, "%s%s: ", first ? ": " : "; ", f->of[n].label);
		value_words(&t, value_of(f, n));
		first = false;
	}
	prose_add(&t, ".");
	return tell(d, &c, &t);
}

static int compare(struct diff *d, const struct sides *s)
{
	struct facets fa, fb;
	int rc = -1;

	if (describe(d, d->a, s->i, &fa) == 0) {
		if (describe(d, d->b, s->k, &fb) == 0)
			rc = s->i == ABSENT   ? tell_whole(d, s, &fb)
			     : s->k == ABSENT ? tell_whole(d, s, &fa)
					      : tell_changed(d, s, &fa, &fb);
		buf_free(&fb.buf);
	}
	buf_free(&fa.buf);
	return rc;
}

/* --- one kind ------------------------------------------------------------- */

/* Taken once: to know that a thing is none of those before costs a walk. */
struct names {
	const char **of; /* NULL: the same thing as one before */
	size_t len;
};

static int take_names(const struct diff_kind *kind, const struct policy *p,
		      struct names *ret, struct err *err)
{
	ret->len = kind->len(p);
	ret->of = calloc(ret->len + 1, sizeof(*ret->of));
	if (ret->of == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for names", 0);
	for (size_t i = 0; i < ret->len; i++)
		ret->of[i] = kind->name(p, i);
	return 0;
}

static size_t index_of(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->len; i++)
		if (names->of[i] && strcmp(names->of[i], name) == 0)
			return i;
	return ABSENT;
}

static int compare_names(struct diff *d, const struct names *a,
			 const struct names *b)
{
	struct sides s = {.a = d->a, .b = d->b};

	for (s.i = 0; s.i < a->len; s.i++) {
		if (!a->of[s.i])
			continue;
		s.k = index_of(b, a->of[s.i]);
		if (compare(d, &s) != 0)
			return -1;
	}
	s.i = ABSENT;
	for (s.k = 0; s.k < b->len; s.k++)
		if (b->of[s.k] && index_of(a, b->of[s.k]) == ABSENT &&
		    compare(d, &s) != 0)
			return -1;
	return 0;
}

static int compare_kind(struct diff *d)
{
	struct names a = {0}, b = {0};
	int rc = -1;

	if (take_names(d->kind, d->a, &a, d->err) == 0 &&
	    take_names(d->kind, d->b, &b, d->err) == 0)
		rc = compare_names(d, &a, &b);
	free(a.of);
	free(b.of);
	return rc;
}

/* --- what is only written differently ------------------------------------- */

static const struct yaml *section_of(const struct policy *p, const char *key)
{
	return yaml_get(yaml_root(p->doc), key);
}

static int same_spelling(struct diff *d, bool *ret)
{
	struct buf a = BUF_INIT(DESCRIPTION_MAX), b = BUF_INIT(DESCRIPTION_MAX);
	struct prose ta = {.out = &a}, tb = {.out = &b};
	int rc;

	diff_canon(&ta, section_of(d->a, d->kind->section));
	diff_canon(&tb, section_of(d->b, d->kind->section));
	rc =
	    prose_end(&ta, d->err) != 0 || prose_end(&tb, d->err) != 0 ? -1 : 0;
	*ret = a.len == b.len &&
	       (a.len == 0 || memcmp(a.bytes, b.bytes, a.len) == 0);
	buf_free(&a);
	buf_free(&b);
	return rc;
}

/* Never "nothing changes" while the words of a section differ. */
static int tell_other(struct diff *d)
{
	const struct yaml *a = section_of(d->a, d->kind->section);
	const struct yaml *b = section_of(d->b, d->kind->section);
	struct buf text = BUF_INIT(DESCRIPTION_MAX);
	struct prose t = {.out = &text, .tongue = d->tongue};
	struct policy_change c = {
	    .kind = CHANGE_OTHER,
	    .section = d->kind->section,
	    .name = "",
	    .field = "",
	    .line_old = a ? a->key_line : 0,
	    .line_new = b ? b->key_line : 0,
	};
	bool same = true;

	if (d->told > 0)
		return 0;
	if (same_spelling(d, &same) != 0)
		return -1;
	if (same)
		return 0;
	prose_add(&t,
		  TR(&t,
		     "Der Abschnitt %s ist anders geschrieben, ohne dass "
		     "sich eine hier verglichene Regel ändert.",
		     "The section %s is written differently, while no rule "
		     "that is compared here changes."),
		  d->kind->section);
	return tell(d, &c, &t);
}

int policy_diff(const struct policy *old, const struct policy *new,
		enum tongue tongue, policy_change_sink *sink, void *ctx,
		struct err *err)
{
	struct err ignored = {0};
	struct diff d = {.a = old,
			 .b = new,
			 .tongue = tongue,
			 .sink = sink,
			 .ctx = ctx,
			 .err = err ? err : &ignored};

	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		d.kind = kinds[i];
		d.told = 0;
		if (compare_kind(&d) != 0 || tell_other(&d) != 0)
			return -1;
	}
	return 0;
}
