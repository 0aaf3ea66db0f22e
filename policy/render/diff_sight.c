/* diff_sight.c - who sees what: helpdesks, redaction, patterns. */
#include "diff.h"

/* --- helpdesks ------------------------------------------------------------ */

static size_t helpdesks_len(const struct policy *p)
{
	return p->helpdesks_len;
}

static const char *helpdesk_name(const struct policy *p, size_t i)
{
	return p->helpdesks[i].name.text;
}

static size_t helpdesk_line(const struct policy *p, size_t i)
{
	return p->helpdesks[i].at.line;
}

static void describe_helpdesk(struct facets *f, const struct policy *p,
			      size_t i)
{
	const struct helpdesk_rule *h = &p->helpdesks[i];
	const char *names[OWN_MAX];
	struct prose *t = &f->t;

	facet(f, "sees", TR(t, "sieht", "sees"), h->sees_at.line);
	if (h->text)
		prose_add(t, "%s", TR(t, "Text", "text"));
	if (h->attachments)
		prose_add(t, "%s%s", h->text ? TR(t, " und ", " and ") : "",
			  TR(t, "Anhänge", "attachments"));
	if (!h->text && !h->attachments)
		prose_add(
		    t, "%s",
		    TR(t, "nur, dass etwas kam", "only that something came"));
	facet(f, "person",
	      TR(t, "erfährt von der Person", "is told of the person"),
	      h->person_at.line);
	prose_add(t, "%s", term_person(t->tongue, h->person));
	facet(f, "data", TR(t, "Datenarten", "Datenarten"), h->data_at.line);
	for (size_t k = 0; k < h->data_len; k++)
		names[k] = h->data[k].text;
	diff_names(t, names, h->data_len);
	if (h->data_len == 0)
		prose_add(t, "%s",
			  TR(t, "alle außer besonderen Kategorien",
			     "all but special categories"));
}

/* More, less, or in part both. */
static struct verdict sight(bool more, bool less)
{
	return (struct verdict){.effect = more && less ? NULL
					  : more       ? SEE_MORE
					  : less       ? SEE_LESS
						       : NULL,
				.reveals = more};
}

static struct verdict judge_data(const struct sides *s)
{
	const struct name *name = &s->b->helpdesks[s->k].name;
	bool more = false, less = false;

	for (size_t i = 0; i < s->b->rules_len; i++) {
		const struct name *data = &s->b->rules[i].name;
		bool old = policy_helpdesk_sees(s->a, name, data);
		bool new = policy_helpdesk_sees(s->b, name, data);

		more |= new && !old;
		less |= old && !new;
	}
	return sight(more, less);
}

static struct verdict judge_helpdesk(const struct sides *s, const char *key)
{
	const struct helpdesk_rule *a, *b;

	if (!key)
		return sight(s->i == ABSENT, s->k == ABSENT);
	a = &s->a->helpdesks[s->i];
	b = &s->b->helpdesks[s->k];
	if (strcmp(key, "sees") == 0)
		return sight((b->text && !a->text) ||
				 (b->attachments && !a->attachments),
			     (a->text && !b->text) ||
				 (a->attachments && !b->attachments));
	if (strcmp(key, "person") == 0)
		return sight(b->person > a->person, b->person < a->person);
	return judge_data(s);
}

const struct diff_kind diff_helpdesks = {
    .section = "helpdesks",
    .noun = {"Helpdesk", "Helpdesk"},
    .len = helpdesks_len,
    .name = helpdesk_name,
    .line = helpdesk_line,
    .describe = describe_helpdesk,
    .judge = judge_helpdesk,
};

/* --- redaction ------------------------------------------------------------ */

static size_t finders_len(const struct policy *p)
{
	return p->finders_len;
}

/* Entries with the same find, of different channels, are one thing. */
static const char *finder_name(const struct policy *p, size_t i)
{
	const char *name = policy_finder_name(p, i);

	for (size_t k = 0; k < i; k++)
		if (strcmp(policy_finder_name(p, k), name) == 0)
			return NULL;
	return name;
}

static size_t finder_line(const struct policy *p, size_t i)
{
	return p->finders[i].at.line;
}

static bool is_before(const struct finder *f, enum redact_moment moment)
{
	return moment == BEFORE_STORE ? f->before_store : f->before_forward;
}

static bool on_channel(const struct finder *f, const struct name *channel)
{
	for (size_t i = 0; i < f->channels_len; i++)
		if (name_equal(&f->channels[i], channel))
			return true;
	return f->channels_len == 0;
}

static bool taken_out(const struct policy *p, const char *name,
		      const struct name *channel, enum redact_moment moment)
{
	for (size_t i = 0; i < p->finders_len; i++)
		if (strcmp(policy_finder_name(p, i), name) == 0 &&
		    is_before(&p->finders[i], moment) &&
		    on_channel(&p->finders[i], channel))
			return true;
	return false;
}

/* The channels on which it is taken out, in words. */
static void where(struct prose *t, const struct policy *p, const char *name,
		  enum redact_moment moment)
{
	const char *names[CHANNELS_MAX];
	size_t len = 0;
	bool everywhere = false;

	for (size_t i = 0; i < p->finders_len; i++)
		everywhere |= strcmp(policy_finder_name(p, i), name) == 0 &&
			      is_before(&p->finders[i], moment) &&
			      p->finders[i].channels_len == 0;
	if (everywhere) {
		prose_add(t, "%s",
			  TR(t, "auf allen Kanälen", "on all channels"));
		return;
	}
	for (size_t i = 0; i < p->channels_len; i++)
		if (taken_out(p, name, &p->channels[i].name, moment))
			names[len++] = p->channels[i].name.text;
	diff_names(t, names, len);
}

static void describe_finder(struct facets *f, const struct policy *p, size_t i)
{
	const char *name = policy_finder_name(p, i);
	struct prose *t = &f->t;

	facet(f, "store", TR(t, "vor dem Speichern", "before storing"), 0);
	where(t, p, name, BEFORE_STORE);
	facet(f, "forward", TR(t, "vor der Weitergabe", "before forwarding"),
	      0);
	where(t, p, name, BEFORE_FORWARD);
}

static struct verdict judge_finder(const struct sides *s, const char *key)
{
	const char *name = s->i != ABSENT ? policy_finder_name(s->a, s->i)
					  : policy_finder_name(s->b, s->k);
	const bool stored = !key || strcmp(key, "store") == 0;
	bool fewer = false, further = false;

	for (size_t i = 0; i < s->b->channels_len; i++) {
		const struct name *c = &s->b->channels[i].name;

		for (int m = BEFORE_STORE; m <= BEFORE_FORWARD; m++) {
			enum redact_moment moment = (enum redact_moment)m;
			bool old = taken_out(s->a, name, c, moment);
			bool new = taken_out(s->b, name, c, moment);

			if (key && (moment == BEFORE_STORE) != stored)
				continue;
			fewer |= old && !new;
			further |= new && !old;
		}
	}
	return (struct verdict){.effect = fewer && !further   ? SEE_MORE
					  : further && !fewer ? SEE_LESS
							      : NULL,
				.reveals = fewer};
}

const struct diff_kind diff_redact = {
    .section = "redact",
    .noun = {"Unkenntlich gemacht wird", "Redaction of"},
    .len = finders_len,
    .name = finder_name,
    .line = finder_line,
    .describe = describe_finder,
    .judge = judge_finder,
};

/* --- patterns ------------------------------------------------------------- */

static size_t patterns_len(const struct policy *p)
{
	return p->patterns_len;
}

static const char *pattern_name(const struct policy *p, size_t i)
{
	return p->patterns[i].name.text;
}

static size_t pattern_line(const struct policy *p, size_t i)
{
	return p->patterns[i].at.line;
}

static void describe_pattern(struct facets *f, const struct policy *p, size_t i)
{
	facet_text(f, "shape", TR(&f->t, "Form", "shape"),
		   p->patterns[i].shape);
}

/* Whether another shape finds less cannot be told. */
static struct verdict judge_pattern(const struct sides *s, const char *key)
{
	(void)key;
	return (struct verdict){.reveals = s->i != ABSENT};
}

const struct diff_kind diff_patterns = {
    .section = "patterns",
    .noun = {"Muster", "Pattern"},
    .len = patterns_len,
    .name = pattern_name,
    .line = pattern_line,
    .describe = describe_pattern,
    .judge = judge_pattern,
};
