/* diff_rules.c - Datenarten and approvals: shorter or longer, from when. */
#include "diff.h"

#include "postern/period.h"

/* --- what a difference of periods means ----------------------------------- */

struct span_days {
	int64_t min, max;
};

static struct span_days kept(const struct rule *rule)
{
	struct span_days ret = {period_days_min(&rule->delete_by),
				period_days_max(&rule->delete_by)};

	if (!rule->has_statutory)
		return ret;
	ret.min = rule->statutory.years * 365;
	ret.max =
	    rule->statutory.years * 366 + (rule->statutory.year_end ? 366 : 0);
	if (rule->statutory.has_after) {
		ret.min += period_days_min(&rule->statutory.after);
		ret.max += period_days_max(&rule->statutory.after);
	}
	return ret;
}

/* One event never comes before the other; others cannot be told. */
static bool starts_later(enum policy_start a, enum policy_start b)
{
	return a == START_COLLECTION ||
	       (a == START_PROCESS_END && b == START_RELATIONSHIP_END);
}

struct verdict diff_retention(const struct rule *a, const struct rule *b)
{
	struct span_days old, new;
	struct verdict v = {0};

	if (!a || !b) {
		v.shortens = a && !b;
		return v;
	}
	old = kept(a);
	new = kept(b);
	if (a->from != b->from && !starts_later(a->from, b->from))
		v.shortens = true;
	if (new.min < old.min || new.max < old.max)
		v.shortens = true;
	if (a->from == b->from && v.shortens)
		v.effect = SHORTER;
	else if (!v.shortens && (new.max > old.max || a->from != b->from))
		v.effect = LONGER;
	return v;
}

struct verdict diff_period(const struct period *a, const struct period *b)
{
	const int64_t old = period_days_max(a), new = period_days_max(b);
	const int64_t old_min = period_days_min(a),
		      new_min = period_days_min(b);

	if (new < old || new_min < old_min)
		return (struct verdict){.effect = SHORTER, .shortens = true};
	if (new > old)
		return (struct verdict){.effect = LONGER};
	return (struct verdict){0};
}

void diff_worse(struct verdict *v, struct verdict with)
{
	v->shortens |= with.shortens;
	v->reveals |= with.reveals;
	if (!v->effect)
		v->effect = with.effect;
}

struct verdict diff_moved(const struct sides *s, const struct name *from,
			  const struct name *to)
{
	struct verdict v = diff_retention(policy_find_rule(s->a, from),
					  policy_find_rule(s->b, to));

	for (size_t i = 0; i < s->b->helpdesks_len; i++) {
		const struct name *desk = &s->b->helpdesks[i].name;

		v.reveals |= policy_helpdesk_sees(s->b, desk, to) &&
			     !policy_helpdesk_sees(s->a, desk, from);
	}
	return v;
}

/* --- Datenarten ----------------------------------------------------------- */

static size_t rules_len(const struct policy *p)
{
	return p->rules_len;
}

static const char *rule_name(const struct policy *p, size_t i)
{
	return p->rules[i].name.text;
}

static size_t rule_line(const struct policy *p, size_t i)
{
	return p->rules[i].at.line;
}

static void describe_rule(struct facets *f, const struct policy *p, size_t i)
{
	const struct rule *rule = &p->rules[i];
	struct prose *t = &f->t;

	facet(f, "delete", TR(t, "Regellöschfrist", "deletion"), 0);
	term_rule_delete(t, rule);
	facet(f, "keep", TR(t, "Vorhaltefrist", "minimum"), 0);
	if (rule->has_keep)
		term_period(t, &rule->keep);
	facet(
	    f, "restrict",
	    TR(t, "nicht mehr im täglichen Gebrauch", "no longer in daily use"),
	    0);
	term_restriction(t, rule);
	facet_text(f, "method", TR(t, "Methode", "method"),
		   rule->overwrite_only
		       ? TR(t, "überschreiben", "overwrite")
		       : TR(t, "überschreiben und Schlüssel vernichten",
			    "overwrite and destroy the key"));
	facet_bool(f, "special",
		   TR(t, "besondere Kategorien (Art. 9 DSGVO)",
		      "special categories (Art. 9 GDPR)"),
		   rule->special);
	facet_text(f, "description", TR(t, "Beschreibung", "description"),
		   rule->description);
	facet_text(f, "subjects", TR(t, "Betroffene", "subjects"),
		   rule->subjects);
	facet_text(f, "owner", TR(t, "verantwortlich", "owner"), rule->owner);
	facet_text(f, "justification", TR(t, "Begründung", "justification"),
		   rule->justification);
}

static struct verdict judge_restrict(const struct rule *a, const struct rule *b)
{
	struct verdict v = {0};

	if (a->has_restrict && !b->has_restrict)
		return (struct verdict){.effect = SEE_MORE, .reveals = true};
	if (!a->has_restrict)
		return (struct verdict){.effect = SEE_LESS};
	v = diff_period(&a->restriction.after, &b->restriction.after);
	/* Later: it can be seen in daily use for longer. */
	v.shortens = false;
	v.reveals = (v.effect && strcmp(v.effect, LONGER) == 0) ||
		    a->restriction.from != b->restriction.from;
	return v;
}

static struct verdict judge_rule(const struct sides *s, const char *key)
{
	const struct rule *a = s->i == ABSENT ? NULL : &s->a->rules[s->i];
	const struct rule *b = s->k == ABSENT ? NULL : &s->b->rules[s->k];
	const struct period none = {0};

	if (!key || strcmp(key, "delete") == 0)
		return diff_retention(a, b);
	if (strcmp(key, "keep") == 0)
		return diff_period(a->has_keep ? &a->keep : &none,
				   b->has_keep ? &b->keep : &none);
	if (strcmp(key, "restrict") == 0)
		return judge_restrict(a, b);
	if (strcmp(key, "special") == 0)
		return diff_moved(s, &a->name, &b->name);
	return (struct verdict){0};
}

const struct diff_kind diff_rules = {
    .section = "data",
    .noun = {"Datenart", "Datenart"},
    .len = rules_len,
    .name = rule_name,
    .line = rule_line,
    .describe = describe_rule,
    .judge = judge_rule,
};

/* --- approvals ------------------------------------------------------------ */

static size_t one(const struct policy *p)
{
	(void)p;
	return 1;
}

static const char *approvals_name(const struct policy *p, size_t i)
{
	(void)p;
	(void)i;
	return "";
}

static size_t approvals_line(const struct policy *p, size_t i)
{
	(void)i;
	return p->approvals_at.line;
}

static void people(struct facets *f, const char *key, const char *label,
		   int64_t n)
{
	facet(f, key, label, 0);
	prose_add(&f->t, "%lld %s", (long long)n,
		  n == 1 ? TR(&f->t, "Person", "person")
			 : TR(&f->t, "Personen", "people"));
}

static void describe_approvals(struct facets *f, const struct policy *p,
			       size_t i)
{
	const struct policy_approvals *a = &p->approvals;
	struct prose *t = &f->t;

	(void)i;
	people(f, "policy",
	       TR(t, "Änderung des Regelwerks", "change of policy"), a->policy);
	people(f, "hold", TR(t, "Löschaussetzung", "hold"), a->hold);
	people(f, "unmask", TR(t, "Aufdecken eines Alias", "unmasking"),
	       a->unmask);
	facet(f, "delay",
	      TR(t, "Wartezeit vor kürzeren Fristen",
		 "wait before shorter periods"),
	      0);
	term_period(t, &a->delay);
	facet(f, "tolerance",
	      TR(t, "Toleranz gegenüber der Vorhersage",
		 "tolerance against the prediction"),
	      0);
	prose_add(t, "%lld %%", (long long)a->tolerance);
}

static struct verdict fewer(int64_t a, int64_t b)
{
	return (struct verdict){.effect = b < a ? SEE_LESS : SEE_MORE};
}

static struct verdict judge_approvals(const struct sides *s, const char *key)
{
	const struct policy_approvals *a = &s->a->approvals,
				      *b = &s->b->approvals;
	struct verdict v = {0};

	if (strcmp(key, "policy") == 0)
		v = fewer(a->policy, b->policy);
	else if (strcmp(key, "hold") == 0)
		v = fewer(a->hold, b->hold);
	else if (strcmp(key, "unmask") == 0) {
		v = fewer(a->unmask, b->unmask);
		v.reveals = b->unmask < a->unmask;
	} else if (strcmp(key, "delay") == 0) {
		/* Data that a shorter rule meets go earlier. */
		v = diff_period(&a->delay, &b->delay);
	} else {
		v = fewer(a->tolerance, b->tolerance);
	}
	return v;
}

const struct diff_kind diff_approvals = {
    .section = "approvals",
    .noun = {"Freigaben", "Approvals"},
    .len = one,
    .name = approvals_name,
    .line = approvals_line,
    .describe = describe_approvals,
    .judge = judge_approvals,
};
