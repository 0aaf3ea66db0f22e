/* paper_notice.c - the second layer of an information notice, in full.
 *
 * Each block is what the policy says, or what follows from settings and
 * rules.  Source: Art. 13, 14 GDPR; compliance 2.5. */
#include "paper.h"

/* --- what follows --------------------------------------------------------- */

static void controller(const struct paper *w, const struct channel_rule *c)
{
	(void)c;
	page_text(w->pg, "%s", w->in->controller);
}

static void contact(const struct paper *w, const struct channel_rule *c)
{
	(void)c;
	if (w->in->contact[0] != '\0')
		page_text(w->pg, "%s", w->in->contact);
	else
		page_gap(w->pg, "%s",
			 PR(w, "In den Einstellungen steht kein Kontakt.",
			    "The settings name no contact."));
}

static void dpo(const struct paper *w, const struct channel_rule *c)
{
	(void)c;
	page_text(w->pg, "%s",
		  w->in->dpo[0] != '\0'
		      ? w->in->dpo
		      : PR(w, "Es ist niemand benannt.", "Nobody is named."));
}

static void purpose_item(const struct paper *w, const struct purpose *purpose)
{
	struct prose *t = page_say(w->pg);

	prose_add(t, "`%s`: %s (%s)", purpose->name.text,
		  term_basis(t->tongue, purpose->basis),
		  term_basis_article(t->tongue, purpose->basis));
	if (purpose->special)
		prose_add(t,
			  TR(t,
			     "; für besondere Kategorien: %s, Art. 9 Abs. 2 "
			     "DSGVO",
			     "; for special categories: %s, Art. 9(2) GDPR"),
			  term_special(t->tongue, purpose->special));
	if (purpose->basis == LEGAL_BASIS_CONSENT)
		prose_add(t, "%s",
			  TR(t, "; nur wenn Sie eingewilligt haben",
			     "; only if you consented"));
	page_said_item(w->pg);
}

/* That of the channel first; a reply may serve any other. */
static void purposes(const struct paper *w, const struct channel_rule *c)
{
	const struct purpose *own = policy_find_purpose(w->p, &c->purpose);

	if (own)
		purpose_item(w, own);
	for (size_t i = 0; i < w->p->purposes_len; i++)
		if (&w->p->purposes[i] != own)
			purpose_item(w, &w->p->purposes[i]);
}

static void interest(const struct paper *w, const struct channel_rule *c)
{
	(void)c;
	for (size_t i = 0; i < w->p->purposes_len; i++)
		if (w->p->purposes[i].interest)
			page_item(w->pg, "`%s`: %s",
				  w->p->purposes[i].name.text,
				  w->p->purposes[i].interest);
}

static void recipients(const struct paper *w, const struct channel_rule *c)
{
	const struct render_channel *at = paper_channel(w, &c->name);

	if (at && at->helpdesk.text[0] != '\0')
		page_item(w->pg,
			  PR(w,
			     "die Stelle, die Ihr Anliegen bearbeitet: "
			     "Helpdesk `%s`",
			     "the desk that handles your message: helpdesk "
			     "`%s`"),
			  at->helpdesk.text);
	if (at)
		page_item(w->pg,
			  PR(w, "der Anbieter des Kanals (`%s`) als %s",
			     "the provider of the channel (`%s`) as %s"),
			  at->type, term_role(w->pg->t.tongue, at->role));
	else
		page_gap(w->pg, "%s",
			 PR(w, "Die Einstellungen kennen diesen Kanal nicht.",
			    "The settings do not know this channel."));
}

static void transfer(const struct paper *w, const struct channel_rule *c)
{
	const struct render_channel *at = paper_channel(w, &c->name);
	const char *country;
	struct prose *t;

	if (!at || at->mechanism[0] == '\0') {
		page_gap(w->pg, "%s",
			 PR(w, "Die Einstellungen nennen keine Garantie.",
			    "The settings name no safeguard."));
		return;
	}
	country = paper_country(w->pg->t.tongue, at->mechanism);
	t = page_say(w->pg);
	if (country)
		prose_add(t,
			  TR(t,
			     "Der Anbieter des Kanals verarbeitet Daten "
			     "auch außerhalb der EU (%s). Garantie: ",
			     "The provider of the channel processes data "
			     "outside the EU as well (%s). Safeguard: "),
			  country);
	prose_add(t, "%s.", paper_safeguard(t->tongue, at->mechanism));
	page_said_text(w->pg);
}

/* Names of Datenarten are for the company; people get a word where there is
 * one. */
static const char *data_word(const struct paper *w,
			     const struct channel_rule *c,
			     const struct rule *rule)
{
	if (rule->description)
		return rule->description;
	if (name_equal(&rule->name, &c->data))
		return PR(w, "Nachrichten", "messages");
	if (name_equal(&rule->name, &c->media_data))
		return PR(w, "Anhänge", "attachments");
	if (strcmp(rule->name.text, "RAW") == 0)
		return PR(w, "Meldungen, die nicht verstanden wurden",
			  "notifications that were not understood");
	if (rule->has_statutory)
		return PR(w, "was wir nach dem Gesetz aufbewahren müssen",
			  "what the law orders us to keep");
	return PR(w, "weitere Nachrichten", "other messages");
}

static void period(const struct paper *w, const struct channel_rule *c)
{
	for (size_t i = 0; i < w->p->rules_len; i++) {
		const struct rule *rule = &w->p->rules[i];
		struct prose *t;

		if (!paper_concerns(w, c, &rule->name))
			continue;
		t = page_say(w->pg);
		prose_add(t, "%s (`%s`): ", data_word(w, c, rule),
			  rule->name.text);
		term_rule(t, rule);
		page_said_item(w->pg);
	}
}

static void rights(const struct paper *w, const struct channel_rule *c)
{
	static const char *const all[][2] = {
	    {"Auskunft über Ihre Daten (Art. 15 DSGVO)",
	     "access to your data (Art. 15 GDPR)"},
	    {"Berichtigung (Art. 16 DSGVO)", "rectification (Art. 16 GDPR)"},
	    {"Löschung (Art. 17 DSGVO)", "erasure (Art. 17 GDPR)"},
	    {"Einschränkung der Verarbeitung (Art. 18 DSGVO)",
	     "restriction of processing (Art. 18 GDPR)"},
	    {"Mitteilung an Empfänger (Art. 19 DSGVO)",
	     "notification of recipients (Art. 19 GDPR)"},
	    {"Übertragbarkeit (Art. 20 DSGVO)",
	     "data portability (Art. 20 GDPR)"},
	    {"Widerspruch, gegen Werbung jederzeit und ohne Gründe (Art. 21 "
	     "DSGVO)",
	     "objection, to advertising at any time and without reasons (Art. "
	     "21 GDPR)"},
	};

	(void)c;
	page_text(w->pg, "%s",
		  PR(w, "Sie haben das Recht auf:", "You have the right of:"));
	for (size_t i = 0; i < COUNT_OF(all); i++)
		page_item(w->pg, "%s", all[i][w->pg->t.tongue]);
	page_text(w->pg, "%s",
		  PR(w,
		     "Schreiben Sie AUSKUNFT oder DATEN LÖSCHEN als ganze "
		     "Nachricht, oder wenden Sie sich an den Kontakt oben.",
		     "Write MY DATA or DELETE MY DATA as the whole message, or "
		     "turn to the contact above."));
}

static void withdraw(const struct paper *w, const struct channel_rule *c)
{
	(void)c;
	page_text(w->pg, "%s",
		  PR(w,
		     "Eine Einwilligung können Sie jederzeit widerrufen, zum "
		     "Beispiel mit der Nachricht STOP. Was bis dahin geschah, "
		     "bleibt rechtmäßig (Art. 7 Abs. 3 DSGVO).",
		     "You can withdraw a consent at any time, for example with "
		     "the message STOP. What was done until then stays lawful "
		     "(Art. 7(3) GDPR)."));
}

static void complaint(const struct paper *w, const struct channel_rule *c)
{
	const char *name = paper_authority(w->in->land);

	(void)c;
	if (!name) {
		page_text(w->pg, "%s",
			  PR(w,
			     "Sie können sich bei einer "
			     "Datenschutz-Aufsichtsbehörde beschweren (Art. 77 "
			     "DSGVO).",
			     "You may complain to a data protection authority "
			     "(Art. 77 GDPR)."));
		return;
	}
	page_text(w->pg,
		  PR(w,
		     "Sie können sich bei einer Aufsichtsbehörde beschweren "
		     "(Art. 77 DSGVO), etwa bei: %s, %s.",
		     "You may complain to an authority (Art. 77 GDPR), such "
		     "as: %s, %s."),
		  name, paper_authority_site(w->in->land));
}

static void obligation(const struct paper *w, const struct channel_rule *c)
{
	const struct purpose *own = policy_find_purpose(w->p, &c->purpose);

	if (own && own->basis == LEGAL_BASIS_LEGAL_OBLIGATION)
		page_gap(
		    w->pg, "%s",
		    PR(w,
		       "Der Zweck folgt einer gesetzlichen Pflicht; ob Sie "
		       "Daten angeben müssen, muss das Regelwerk selbst sagen "
		       "(`obligation`).",
		       "The purpose follows a legal duty; whether data "
		       "have to be provided the policy has to say itself "
		       "(`obligation`)."));
	else
		page_text(
		    w->pg, "%s",
		    PR(w,
		       "Sie müssen uns hier nichts mitteilen. Ohne die "
		       "Angaben, die Ihr Anliegen braucht, können wir es "
		       "auf diesem Weg nicht bearbeiten; andere Wege "
		       "stehen Ihnen offen.",
		       "You do not have to tell us anything here. Without "
		       "what your matter needs we cannot handle it this "
		       "way; other ways are open to you."));
}

static void automated(const struct paper *w, const struct channel_rule *c)
{
	(void)c;
	page_text(w->pg, "%s",
		  PR(w,
		     "Eine automatisierte Entscheidung mit rechtlicher Wirkung "
		     "(Art. 22 DSGVO) findet nicht statt.",
		     "There is no automated decision with legal effect (Art. "
		     "22 GDPR)."));
}

static void source(const struct paper *w, const struct channel_rule *c)
{
	(void)c;
	page_text(w->pg, "%s",
		  PR(w,
		     "Die Nachrichten kommen von Ihnen; Ihre Adresse und den "
		     "Namen Ihres Profils übermittelt der Anbieter des "
		     "Kanals.",
		     "The messages come from you; your address and the name of "
		     "your profile are passed on by the provider of the "
		     "channel."));
}

/* --- which blocks --------------------------------------------------------- */

static bool any_basis(const struct policy *p, enum legal_basis basis)
{
	for (size_t i = 0; i < p->purposes_len; i++)
		if (p->purposes[i].basis == basis)
			return true;
	return false;
}

/* What the notices of first contact say themselves, in the language of the
 * page where there is one. */
static const char *written(const struct paper *w, const struct channel_rule *c,
			   enum notice_block block)
{
	const struct policy_notice *first =
	    policy_say_in(w->p, &c->notice, tongue_code(w->pg->t.tongue));
	const struct notice *notice =
	    first ? policy_find_notice(w->p, &first->name) : NULL;
	const char *text = notice ? notice->blocks[block] : NULL;

	return text && strcmp(text, "auto") != 0 ? text : NULL;
}

void paper_notice(const struct paper *w, const struct channel_rule *c)
{
	static void (*const writers[NOTICE_BLOCKS])(
	    const struct paper *w, const struct channel_rule *c) = {
	    [BLOCK_CONTROLLER] = controller,
	    [BLOCK_CONTACT] = contact,
	    [BLOCK_DPO] = dpo,
	    [BLOCK_PURPOSES] = purposes,
	    [BLOCK_LEGITIMATE_INTEREST] = interest,
	    [BLOCK_RECIPIENTS] = recipients,
	    [BLOCK_TRANSFER] = transfer,
	    [BLOCK_PERIOD] = period,
	    [BLOCK_RIGHTS] = rights,
	    [BLOCK_WITHDRAW_RIGHT] = withdraw,
	    [BLOCK_COMPLAINT] = complaint,
	    [BLOCK_OBLIGATION] = obligation,
	    [BLOCK_AUTOMATED_DECISION] = automated,
	    [BLOCK_SOURCE] = source,
	};

	for (int b = 0; b < NOTICE_BLOCKS; b++) {
		const enum notice_block block = (enum notice_block)b;
		const char *text = written(w, c, block);

		if (!text &&
		    ((block == BLOCK_LEGITIMATE_INTEREST &&
		      !any_basis(w->p, LEGAL_BASIS_LEGITIMATE_INTEREST)) ||
		     (block == BLOCK_WITHDRAW_RIGHT &&
		      !any_basis(w->p, LEGAL_BASIS_CONSENT))))
			continue;
		page_head(w->pg, 4, "%s", term_block(w->pg->t.tongue, block));
		if (text)
			page_text(w->pg, "%s", text);
		else
			writers[block](w, c);
	}
}
