/* diff_purposes.c - purposes, notices and replies. */
#include "diff.h"

/* --- purposes ------------------------------------------------------------- */

static size_t purposes_len(const struct policy *p)
{
	return p->purposes_len;
}

static const char *purpose_name(const struct policy *p, size_t i)
{
	return p->purposes[i].name.text;
}

static size_t purpose_line(const struct policy *p, size_t i)
{
	return p->purposes[i].at.line;
}

static void asking_words(struct prose *t, const struct asking *asking)
{
	prose_add(t, "%s",
		  asking->double_opt_in
		      ? TR(t, "mit Bestätigung (Double-Opt-in)",
			   "with confirmation (double opt-in)")
		      : TR(t, "ohne Bestätigung", "without confirmation"));
	prose_add(t, "%s", TR(t, ", gültig ", ", valid "));
	if (asking->has_valid)
		term_period(t, &asking->valid);
	else
		prose_add(t, "%s",
			  TR(t, "bis zum Widerruf", "until withdrawn"));
	if (asking->ask.len > 0) {
		prose_add(t, "%s", TR(t, ", Frage ", ", asked with "));
		diff_says(t, &asking->ask);
	}
	if (asking->confirmed.len > 0) {
		prose_add(t, "%s", TR(t, ", Dank ", ", confirmed with "));
		diff_says(t, &asking->confirmed);
	}
}

/* By channel, in the order of their names. */
static void overrides(struct prose *t, const struct purpose *purpose)
{
	const char *names[OWN_MAX];
	struct name name;

	for (size_t i = 0; i < purpose->by_channel_len; i++)
		names[i] = purpose->by_channel[i].channel.text;
	diff_sort(names, purpose->by_channel_len);
	for (size_t i = 0; i < purpose->by_channel_len; i++) {
		(void)name_set(&name, names[i], strlen(names[i]));
		prose_add(t, "%s%s: ", i == 0 ? "" : "; ", names[i]);
		asking_words(t, policy_find_asking(purpose, &name));
	}
}

static void describe_purpose(struct facets *f, const struct policy *p, size_t i)
{
	const struct purpose *purpose = &p->purposes[i];
	struct prose *t = &f->t;

	facet(f, "basis", TR(t, "Rechtsgrundlage", "legal basis"), 0);
	prose_add(t, "%s, %s", term_basis(t->tongue, purpose->basis),
		  term_basis_article(t->tongue, purpose->basis));
	facet_text(f, "interest",
		   TR(t, "berechtigtes Interesse", "legitimate interest"),
		   purpose->interest);
	facet_text(f, "special",
		   TR(t, "Grundlage nach Art. 9 Abs. 2 DSGVO",
		      "basis of Art. 9(2) GDPR"),
		   purpose->special ? term_special(t->tongue, purpose->special)
				    : NULL);
	facet_bool(f, "marketing", TR(t, "Werbung", "advertising"),
		   purpose->marketing);
	facet(f, "consent", TR(t, "Einwilligung", "consent"), 0);
	if (purpose->basis == LEGAL_BASIS_CONSENT)
		asking_words(t, &purpose->asking);
	else if (purpose->asking.has_valid)
		term_period(t, &purpose->asking.valid);
	facet(f, "channels",
	      TR(t, "Einwilligung je Kanal", "consent by channel"), 0);
	overrides(t, purpose);
	facet(f, "pending", TR(t, "offene Frage wartet", "a question waits"),
	      0);
	if (purpose->basis == LEGAL_BASIS_CONSENT)
		term_period(t, &purpose->pending);
	facet(f, "reminder", TR(t, "Erinnerung nach", "reminder after"), 0);
	if (purpose->has_reminder)
		term_period(t, &purpose->reminder);
	facet_text(f, "minors", TR(t, "Minderjährige", "minors"),
		   purpose->basis != LEGAL_BASIS_CONSENT ? NULL
		   : purpose->minors_refused
		       ? TR(t, "abgelehnt", "refused")
		       : TR(t, "mit Zustimmung der Sorgeberechtigten",
			    "with a guardian's consent"));
	facet_text(f, "dpv", TR(t, "Zweck in DPV", "purpose in DPV"),
		   purpose->dpv);
}

static struct verdict no_verdict(const struct sides *s, const char *key)
{
	(void)s;
	(void)key;
	return (struct verdict){0};
}

/* How long a question waits is how long it is stored (compliance 4.3). */
static struct verdict judge_purpose(const struct sides *s, const char *key)
{
	const struct purpose *a, *b;

	if (!key || strcmp(key, "pending") != 0)
		return (struct verdict){0};
	a = &s->a->purposes[s->i];
	b = &s->b->purposes[s->k];
	return diff_period(&a->pending, &b->pending);
}

const struct diff_kind diff_purposes = {
    .section = "purposes",
    .noun = {"Zweck", "Purpose"},
    .len = purposes_len,
    .name = purpose_name,
    .line = purpose_line,
    .describe = describe_purpose,
    .judge = judge_purpose,
};

/* --- notices -------------------------------------------------------------- */

static size_t notices_len(const struct policy *p)
{
	return p->notices_len;
}

static const char *notice_name(const struct policy *p, size_t i)
{
	return p->notices[i].n.name.text;
}

static size_t notice_line(const struct policy *p, size_t i)
{
	return p->notices[i].at.line;
}

static void describe_block(struct facets *f, const struct notice *notice,
			   enum notice_block block)
{
	const char *text = notice->blocks[block];
	struct prose *t = &f->t;

	facet_text(f, notice_block_words[block], term_block(t->tongue, block),
		   text && strcmp(text, "auto") == 0
		       ? TR(t, "aus Regelwerk und Einstellungen erzeugt",
			    "made from policy and settings")
		       : text);
}

static void describe_notice(struct facets *f, const struct policy *p, size_t i)
{
	const struct notice *notice = &p->notices[i];
	struct prose *t = &f->t;
	const char *const kinds[] = {
	    [NOTICE_BY_USE] = "",
	    [NOTICE_NOTICE] = TR(t, "Information", "notice"),
	    [NOTICE_ASK] = TR(t, "Frage", "question"),
	    [NOTICE_REPLY] = TR(t, "Antwort", "reply"),
	};

	facet(f, "text", TR(t, "Wortlaut", "wording"), 0);
	prose_quote(t, notice->n.text, notice->n.text_len);
	facet_text(f, "language", TR(t, "Sprache", "language"),
		   notice->n.language);
	facet_text(f, "kind", TR(t, "Art", "kind"), kinds[notice->kind]);
	facet_text(f, "url", TR(t, "Adresse", "address"), notice->n.url);
	facet_text(f, "valid_from", TR(t, "gilt ab", "valid from"),
		   notice->valid_from);
	for (int b = 0; b < NOTICE_BLOCKS; b++)
		describe_block(f, notice, (enum notice_block)b);
}

const struct diff_kind diff_notices = {
    .section = "notices",
    .noun = {"Hinweis", "Notice"},
    .len = notices_len,
    .name = notice_name,
    .line = notice_line,
    .describe = describe_notice,
    .judge = no_verdict,
};

/* --- replies -------------------------------------------------------------- */

static size_t replies_len(const struct policy *p)
{
	(void)p;
	return REPLIES;
}

static const char *reply_name(const struct policy *p, size_t i)
{
	(void)p;
	return policy_keys[KEYS_REPLIES].words[i];
}

static size_t reply_line(const struct policy *p, size_t i)
{
	return p->replies[i].len > 0 ? p->replies[i].of[0].at.line : 0;
}

static void describe_reply(struct facets *f, const struct policy *p, size_t i)
{
	facet(f, "notice", TR(&f->t, "Text", "text"), 0);
	if (p->replies[i].len > 0)
		diff_says(&f->t, &p->replies[i]);
	else
		prose_add(&f->t, "%s",
			  TR(&f->t, "der eingebaute", "the one built in"));
}

const struct diff_kind diff_replies = {
    .section = "replies",
    .noun = {"Bestätigung", "Confirmation"},
    .len = replies_len,
    .name = reply_name,
    .line = reply_line,
    .describe = describe_reply,
    .judge = no_verdict,
};
