/* diff_channels.c - channels: where a message goes and how long it stays. */
#include "diff.h"

static size_t channels_len(const struct policy *p)
{
	return p->channels_len;
}

static const char *channel_name(const struct policy *p, size_t i)
{
	return p->channels[i].name.text;
}

static size_t channel_line(const struct policy *p, size_t i)
{
	return p->channels[i].at.line;
}

/* --- description ---------------------------------------------------------- */

static void forget_words(struct prose *t, const struct forget_rule *rule)
{
	switch (rule->what) {
	case FORGET_ALL:
		prose_add(t, "%s", TR(t, "vergessen", "forget"));
		break;
	case FORGET_MASK:
		prose_add(t, "%s",
			  TR(t, "vor dem Helpdesk verbergen",
			     "hide from the helpdesk"));
		break;
	case FORGET_NOT:
		prose_add(t, TR(t, "behalten als %s (%s)", "keep as %s (%s)"),
			  rule->keep_as.text,
			  term_basis(t->tongue, rule->basis));
		break;
	}
}

static void first_words(struct prose *t, const struct channel_rule *c)
{
	const char *const words[] = {
	    [FIRST_NOTHING] = TR(t, "nichts", "nothing"),
	    [FIRST_NOTICE] = TR(t, "informieren", "inform"),
	    [FIRST_CONSENT] =
		TR(t, "um Einwilligung bitten", "ask for consent"),
	};

	prose_add(t, "%s", words[c->first_contact]);
	if (c->first_contact == FIRST_CONSENT)
		prose_add(t, " (%s)", c->asks.text);
}

static void until_words(struct prose *t, const struct channel_rule *c)
{
	const char *const words[] = {
	    [UNTIL_HOLD_BACK] = TR(t, "zurückhalten, vergessen nach: ",
				   "hold back, forget after: "),
	    [UNTIL_REDUCED] =
		TR(t, "ohne Inhalt weitergeben", "forward without content"),
	    [UNTIL_REFUSE] = TR(t, "abweisen", "refuse"),
	};

	if (c->first_contact != FIRST_CONSENT)
		return;
	prose_add(t, "%s", words[c->until]);
	if (c->until == UNTIL_HOLD_BACK)
		term_period(t, &c->until_for);
}

static void tag_words(struct prose *t, const struct policy *p,
		      const struct channel_rule *c)
{
	const char *names[WORDS_MAX];
	char(*lines)[160] = calloc(WORDS_MAX, sizeof(*lines));
	size_t len = 0;

	if (!lines) {
		t->failed = true;
		(void)ERR_SET(&t->err, ERR_NOMEM, "no memory to compare", 0);
		return;
	}
	for (size_t i = 0; i < p->words_len; i++) {
		const struct word_rule *w = &p->words[i];

		if (w->special || !name_equal(&w->channel, &c->name))
			continue;
		(void)snprintf(lines[len], sizeof(lines[0]), "%s → %s", w->text,
			       w->data.text);
		names[len] = lines[len];
		len++;
	}
	diff_names(t, names, len);
	free(lines);
}

static void describe_media(struct facets *f, const struct channel_rule *c)
{
	struct prose *t = &f->t;
	size_t line = c->media_at.line;

	facet(f, "media.data",
	      TR(t, "Datenart der Anhänge", "Datenart of attachments"), line);
	prose_add(t, "%s", c->media_data.text);
	facet(f, "media.kinds", TR(t, "Anhänge", "attachments"), line);
	term_media(t, c->media_kinds);
	facet(f, "media.max", TR(t, "Größe der Anhänge", "size of attachments"),
	      line);
	if (c->media_max > 0)
		term_bytes(t, c->media_max);
	facet(f, "media.strip",
	      TR(t, "aus Anhängen entfernt", "removed from attachments"), line);
	term_strip(t, c->strip);
}

static void describe_channel(struct facets *f, const struct policy *p, size_t i)
{
	const struct channel_rule *c = &p->channels[i];
	struct prose *t = &f->t;

	facet(f, "purpose", TR(t, "Zweck", "purpose"), c->purpose_at.line);
	prose_add(t, "%s", c->purpose.text);
	facet(f, "data", "Datenart", c->data_at.line);
	prose_add(t, "%s", c->data.text);
	describe_media(f, c);
	facet(f, "first_contact", TR(t, "erster Kontakt", "first contact"),
	      c->first_at.line);
	first_words(t, c);
	facet(f, "notice", TR(t, "Hinweis", "notice"), 0);
	diff_says(t, &c->notice);
	facet(f, "until_consent",
	      TR(t, "bis zur Einwilligung", "until consent"), c->until_at.line);
	until_words(t, c);
	facet_text(f, "start", TR(t, "START fragt nach", "START asks for"),
		   c->start.text);
	facet(f, "hours", TR(t, "Bürozeiten", "office hours"),
	      c->hours.at.line);
	if (c->hours.set)
		term_hours(t, &c->hours);
	facet(f, "outside", TR(t, "außerhalb", "outside of them"),
	      c->hours.at.line);
	diff_says(t, &c->hours.outside);
	facet(f, "on_delete",
	      TR(t, "wenn der Absender löscht", "when the sender deletes"),
	      c->on_delete.at.line);
	forget_words(t, &c->on_delete);
	facet(f, "on_edit",
	      TR(t, "wenn der Absender ändert", "when the sender edits"),
	      c->on_edit.at.line);
	forget_words(t, &c->on_edit);
	facet(f, "tag", TR(t, "Wörter", "words"), 0);
	tag_words(t, p, c);
}

/* --- judgement ------------------------------------------------------------ */

static struct verdict judge_until(const struct channel_rule *a,
				  const struct channel_rule *b)
{
	/* How much is seen before the consent. */
	static const int sight[] = {
	    [UNTIL_REFUSE] = 0, [UNTIL_HOLD_BACK] = 0, [UNTIL_REDUCED] = 1};
	struct verdict v = {0};

	/* first_contact tells it. */
	if (a->first_contact != FIRST_CONSENT ||
	    b->first_contact != FIRST_CONSENT)
		return v;
	v.reveals = sight[b->until] > sight[a->until];
	if (a->until == UNTIL_HOLD_BACK && b->until == UNTIL_HOLD_BACK)
		return diff_period(&a->until_for, &b->until_for);
	v.shortens = b->until == UNTIL_REFUSE ||
		     (a->until == UNTIL_REDUCED && b->until == UNTIL_HOLD_BACK);
	return v;
}

static struct verdict judge_first(const struct channel_rule *a,
				  const struct channel_rule *b)
{
	struct verdict v = {0};

	v.reveals = a->first_contact == FIRST_CONSENT &&
		    b->first_contact != FIRST_CONSENT;
	/* What nobody agrees to is held back and forgotten, or refused. */
	v.shortens = a->first_contact != FIRST_CONSENT &&
		     b->first_contact == FIRST_CONSENT &&
		     b->until != UNTIL_REDUCED;
	if (a->first_contact == FIRST_CONSENT &&
	    b->first_contact == FIRST_CONSENT)
		v.reveals = true; /* another purpose is asked for */
	return v;
}

static struct verdict judge_bits(unsigned int a, unsigned int b)
{
	return (struct verdict){.effect = (b & ~a) != 0 ? SEE_MORE : SEE_LESS,
				.reveals = (b & ~a) != 0};
}

static struct verdict judge_max(int64_t a, int64_t b)
{
	const bool more = a != 0 && (b == 0 || b > a);

	return (struct verdict){.effect = more ? SEE_MORE : SEE_LESS,
				.reveals = more};
}

static struct verdict judge_forget(const struct sides *s,
				   const struct forget_rule *a,
				   const struct forget_rule *b)
{
	struct verdict v = {0};

	if (a->what == FORGET_NOT && b->what == FORGET_NOT)
		return diff_moved(s, &a->keep_as, &b->keep_as);
	v.shortens = b->what < a->what;
	v.reveals = a->what == FORGET_MASK && b->what == FORGET_NOT;
	if (v.shortens)
		v.effect = SHORTER;
	else if (b->what > a->what)
		v.effect = LONGER;
	return v;
}

/* Where a message with a word goes. */
static const struct name *tagged(const struct policy *p,
				 const struct channel_rule *c, const char *word)
{
	for (size_t i = 0; i < p->words_len; i++)
		if (!p->words[i].special &&
		    name_equal(&p->words[i].channel, &c->name) &&
		    strcmp(p->words[i].text, word) == 0)
			return &p->words[i].data;
	return &c->data;
}

static void judge_tags_of(const struct sides *s, const struct policy *p,
			  struct verdict *v)
{
	const struct channel_rule *a = &s->a->channels[s->i];
	const struct channel_rule *b = &s->b->channels[s->k];

	for (size_t i = 0; i < p->words_len; i++) {
		const struct word_rule *w = &p->words[i];
		const struct name *from, *to;

		if (w->special || !name_equal(&w->channel, &a->name))
			continue;
		from = tagged(s->a, a, w->text);
		to = tagged(s->b, b, w->text);
		if (!name_equal(from, to))
			diff_worse(v, diff_moved(s, from, to));
	}
	v->effect = NULL; /* of several words there is not one */
}

static struct verdict judge_media(const struct sides *s,
				  const struct channel_rule *a,
				  const struct channel_rule *b, const char *key)
{
	if (strcmp(key, "media.data") == 0)
		return diff_moved(s, &a->media_data, &b->media_data);
	if (strcmp(key, "media.kinds") == 0)
		return judge_bits(a->media_kinds, b->media_kinds);
	if (strcmp(key, "media.max") == 0)
		return judge_max(a->media_max, b->media_max);
	/* Less is removed: more is seen. */
	return (struct verdict){
	    .effect = (a->strip & ~b->strip) != 0 ? SEE_LESS : SEE_MORE,
	    .reveals = (a->strip & ~b->strip) != 0};
}

static struct verdict judge_channel(const struct sides *s, const char *key)
{
	const struct channel_rule *a, *b;
	struct verdict v = {0};

	if (!key) {
		/* Its messages reach whoever it leads to. */
		v.reveals = s->i == ABSENT;
		return v;
	}
	a = &s->a->channels[s->i];
	b = &s->b->channels[s->k];
	if (strncmp(key, "media.", 6) == 0)
		return judge_media(s, a, b, key);
	if (strcmp(key, "data") == 0)
		return diff_moved(s, &a->data, &b->data);
	if (strcmp(key, "first_contact") == 0)
		return judge_first(a, b);
	if (strcmp(key, "until_consent") == 0)
		return judge_until(a, b);
	if (strcmp(key, "on_delete") == 0)
		return judge_forget(s, &a->on_delete, &b->on_delete);
	if (strcmp(key, "on_edit") == 0)
		return judge_forget(s, &a->on_edit, &b->on_edit);
	if (strcmp(key, "tag") == 0) {
		judge_tags_of(s, s->a, &v);
		judge_tags_of(s, s->b, &v);
	}
	return v;
}

const struct diff_kind diff_channels = {
    .section = "channels",
    .noun = {"Kanal", "Channel"},
    .len = channels_len,
    .name = channel_name,
    .line = channel_line,
    .describe = describe_channel,
    .judge = judge_channel,
};
