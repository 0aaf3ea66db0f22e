/* paper_channels.c - the truth per channel: what happens to a message, who
 * sees it, and the words people are shown. */
#include "postern/text.h"

#include "paper.h"

/* --- at a glance ---------------------------------------------------------- */

static void provider_rows(const struct paper *w, const struct channel_rule *c)
{
	const struct render_channel *at = paper_channel(w, &c->name);
	enum tongue l = w->pg->t.tongue;

	page_label(w->pg, PR(w, "Anbieter", "Provider"));
	if (!at) {
		page_cell_gap(
		    w->pg, "%s",
		    PR(w, "nicht in den Einstellungen", "not in the settings"));
		return;
	}
	page_cell(w->pg, "`%s`, %s", at->type, term_role(l, at->role));
	page_label(w->pg, PR(w, "Vertrag", "Contract"));
	if (at->contract[0] != '\0')
		page_cell(w->pg, "%s", at->contract);
	else
		page_cell_gap(w->pg, "%s",
			      PR(w, "nicht angegeben", "not stated"));
	page_label(w->pg, PR(w, "Übermittlung", "Transfer"));
	if (at->mechanism[0] != '\0')
		page_cell(w->pg, "%s", paper_safeguard(l, at->mechanism));
	else
		page_cell_gap(w->pg, "%s",
			      PR(w, "nicht angegeben", "not stated"));
	page_label(w->pg, PR(w, "Zu prüfen bis", "To be reviewed by"));
	if (at->review[0] != '\0')
		page_cell(w->pg, "%s", at->review);
	else
		page_cell_gap(w->pg, "%s",
			      PR(w, "nicht angegeben", "not stated"));
}

static void data_row(const struct paper *w, const char *label,
		     const struct name *data)
{
	const struct rule *rule = policy_find_rule(w->p, data);
	struct prose *t;

	page_label(w->pg, label);
	t = page_say(w->pg);
	prose_add(t, "`%s`", data->text);
	if (rule) {
		prose_add(t, ": ");
		term_rule(t, rule);
	}
	page_said_cell(w->pg);
}

static void media_row(const struct paper *w, const struct channel_rule *c)
{
	struct prose *t;

	page_label(w->pg, PR(w, "Angenommene Anhänge", "Attachments taken"));
	t = page_say(w->pg);
	term_media(t, c->media_kinds);
	if (c->media_max > 0) {
		prose_add(t, "%s", TR(t, ", höchstens ", ", at most "));
		term_bytes(t, c->media_max);
	}
	if (c->strip) {
		prose_add(t, "%s",
			  TR(t, "; aus Bildern (JPEG, PNG, WebP) entfernt: ",
			     "; removed from pictures (JPEG, PNG, WebP): "));
		term_strip(t, c->strip);
	}
	page_said_cell(w->pg);
	data_row(w, PR(w, "Datenart der Anhänge", "Datenart of attachments"),
		 &c->media_data);
}

static bool meets(const struct word_rule *word, const struct channel_rule *c)
{
	return word->channel.text[0] == '\0' ||
	       name_equal(&word->channel, &c->name);
}

/* All words that lead where this one leads. */
static void words_like(const struct paper *w, const struct channel_rule *c,
		       const struct word_rule *like, struct prose *t)
{
	size_t len = 0;

	for (size_t i = 0; i < w->p->words_len; i++) {
		const struct word_rule *word = &w->p->words[i];

		if (meets(word, c) && word->special == like->special &&
		    name_equal(&word->data, &like->data))
			prose_add(t, "%s%s", len++ == 0 ? "" : ", ",
				  word->text);
	}
	prose_add(t, " → `%s`%s", like->data.text,
		  like->special
		      ? TR(t, " (besondere Kategorie)", " (special category)")
		      : "");
}

static bool led_before(const struct paper *w, const struct channel_rule *c,
		       size_t i)
{
	const struct word_rule *mine = &w->p->words[i];

	for (size_t k = 0; k < i; k++)
		if (meets(&w->p->words[k], c) &&
		    w->p->words[k].special == mine->special &&
		    name_equal(&w->p->words[k].data, &mine->data))
			return true;
	return false;
}

static void word_row(const struct paper *w, const struct channel_rule *c)
{
	struct prose *t = NULL;

	for (size_t i = 0; i < w->p->words_len; i++) {
		if (!meets(&w->p->words[i], c) || led_before(w, c, i))
			continue;
		if (t) {
			prose_add(t, "\n");
		} else {
			page_label(w->pg, PR(w, "Wörter, die zuordnen",
					     "Words that classify"));
			t = page_say(w->pg);
		}
		words_like(w, c, &w->p->words[i], t);
	}
	if (t)
		page_said_cell(w->pg);
}

static void glance(const struct paper *w, const struct channel_rule *c)
{
	const struct purpose *purpose = policy_find_purpose(w->p, &c->purpose);
	enum tongue l = w->pg->t.tongue;

	page_fields(w->pg);
	page_label(w->pg, PR(w, "Zweck", "Purpose"));
	page_cell(w->pg, "`%s`: %s, %s", c->purpose.text,
		  purpose ? term_basis(l, purpose->basis) : "",
		  purpose ? term_basis_article(l, purpose->basis) : "");
	data_row(w, PR(w, "Datenart", "Datenart"), &c->data);
	word_row(w, c);
	media_row(w, c);
	provider_rows(w, c);
	page_label(w->pg, PR(w, "Festgelegt in", "Laid down in"));
	page_cell(w->pg, "`policy.yaml:%zu`", c->at.line);
	page_table_end(w->pg);
}

/* --- what happens --------------------------------------------------------- */

static void first_contact(const struct paper *w, const struct channel_rule *c)
{
	struct prose *t;

	switch (c->first_contact) {
	case FIRST_NOTHING:
		page_item(w->pg, "%s",
			  PR(w, "Beim ersten Kontakt wird nichts gesendet.",
			     "At first contact nothing is sent."));
		return;
	case FIRST_NOTICE:
		page_item(
		    w->pg, "%s",
		    PR(w,
		       "Beim ersten Kontakt wird der Hinweis unten "
		       "einmal gesendet.",
		       "At first contact the notice below is sent once."));
		return;
	case FIRST_CONSENT:
		break;
	}
	t = page_say(w->pg);
	prose_add(t,
		  TR(t,
		     "Beim ersten Kontakt wird um Einwilligung in den Zweck "
		     "`%s` gebeten; bis dahin wird die Nachricht ",
		     "At first contact consent to the purpose `%s` is asked "
		     "for; until then the message is "),
		  c->asks.text);
	switch (c->until) {
	case UNTIL_HOLD_BACK:
		prose_add(t, "%s",
			  TR(t,
			     "zurückgehalten und ohne Antwort vergessen; "
			     "Frist: ",
			     "held back and, without an answer, forgotten; "
			     "period: "));
		term_period(t, &c->until_for);
		break;
	case UNTIL_REDUCED:
		prose_add(t, "%s",
			  TR(t, "ohne ihren Inhalt weitergegeben",
			     "forwarded without its content"));
		break;
	case UNTIL_REFUSE:
		prose_add(t, "%s",
			  TR(t, "weder gespeichert noch weitergegeben",
			     "neither stored nor forwarded"));
		break;
	}
	prose_add(t, ".");
	page_said_item(w->pg);
}

static void desk_item(const struct paper *w, const struct channel_rule *c)
{
	const struct render_channel *at = paper_channel(w, &c->name);
	const struct helpdesk_rule *desk =
	    at ? policy_find_helpdesk(w->p, &at->helpdesk) : NULL;
	struct prose *t;

	if (!desk) {
		page_item(w->pg, "%s",
			  PR(w,
			     "Die Nachrichten werden an keinen Helpdesk "
			     "weitergegeben.",
			     "The messages are forwarded to no helpdesk."));
		return;
	}
	t = page_say(w->pg);
	prose_add(t,
		  TR(t, "Der Helpdesk `%s` sieht ", "The helpdesk `%s` sees "),
		  desk->name.text);
	prose_add(t, "%s",
		  desk->text && desk->attachments
		      ? TR(t, "Text und Anhänge", "text and attachments")
		  : desk->text	      ? TR(t, "den Text", "the text")
		  : desk->attachments ? TR(t, "die Anhänge", "the attachments")
				      : TR(t, "nur, dass etwas kam",
					   "only that something came"));
	prose_add(t, TR(t, "; von der Person: %s.", "; of the person: %s."),
		  term_person(t->tongue, desk->person));
	if (!policy_helpdesk_sees(w->p, &desk->name, &c->data))
		prose_add(t,
			  TR(t,
			     " Nachrichten der Datenart `%s` erfährt er "
			     "nicht.",
			     " Messages of the Datenart `%s` it is not told "
			     "of."),
			  c->data.text);
	page_said_item(w->pg);
}

static void redact_item(const struct paper *w, const struct channel_rule *c,
			enum redact_moment moment)
{
	struct policy_finder finders[POLICY_FINDERS_MAX];
	struct prose *t;
	size_t len;

	len =
	    policy_finders(w->p, &c->name, moment, finders, POLICY_FINDERS_MAX);
	if (len == 0)
		return;
	t = page_say(w->pg);
	prose_add(t, "%s",
		  moment == BEFORE_STORE
		      ? TR(t, "Vor dem Speichern unkenntlich gemacht: ",
			   "Taken out before storing: ")
		      : TR(t, "Vor der Weitergabe unkenntlich gemacht: ",
			   "Taken out before forwarding: "));
	for (size_t i = 0; i < len; i++) {
		prose_between(t, i, len);
		if (finders[i].find == FIND_PATTERN)
			prose_add(t, "%s (`%s`)", finders[i].name,
				  finders[i].shape);
		else
			prose_add(t, "%s",
				  term_find(t->tongue, finders[i].find));
	}
	prose_add(t, " (%s).", paper_state(t->tongue, FEATURE_REDACT));
	page_said_item(w->pg);
}

static void own_act(const struct paper *w, const struct forget_rule *rule,
		    const char *when)
{
	switch (rule->what) {
	case FORGET_ALL:
		page_item(w->pg,
			  PR(w, "%s wird der alte Text vergessen.",
			     "%s the old text is forgotten."),
			  when);
		break;
	case FORGET_MASK:
		page_item(w->pg,
			  PR(w,
			     "%s wird der alte Text vor dem Helpdesk "
			     "verborgen.",
			     "%s the old text is hidden from the helpdesk."),
			  when);
		break;
	case FORGET_NOT:
		page_item(w->pg,
			  PR(w,
			     "%s wird der alte Text behalten, als `%s` (%s).",
			     "%s the old text is kept, as `%s` (%s)."),
			  when, rule->keep_as.text,
			  term_basis_article(w->pg->t.tongue, rule->basis));
		break;
	}
}

static void hours_item(const struct paper *w, const struct channel_rule *c)
{
	struct prose *t;

	if (!c->hours.set)
		return;
	t = page_say(w->pg);
	prose_add(t, "%s", TR(t, "Besetzt: ", "Attended: "));
	term_hours(t, &c->hours);
	prose_add(t, "%s",
		  TR(t, ". Sonst erhält die Person einmal am Tag eine Antwort.",
		     ". Otherwise the person gets an answer once a day."));
	page_said_item(w->pg);
}

static void happens(const struct paper *w, const struct channel_rule *c)
{
	page_head(w->pg, 3, "%s",
		  PR(w, "Was mit einer Nachricht geschieht",
		     "What happens to a message"));
	first_contact(w, c);
	desk_item(w, c);
	redact_item(w, c, BEFORE_STORE);
	redact_item(w, c, BEFORE_FORWARD);
	own_act(w, &c->on_delete,
		PR(w, "Löscht der Absender eine Nachricht,",
		   "When the sender deletes a message,"));
	own_act(w, &c->on_edit,
		PR(w, "Ändert der Absender eine Nachricht,",
		   "When the sender edits a message,"));
	hours_item(w, c);
}

/* --- words ---------------------------------------------------------------- */

static void wording(const struct paper *w, const struct policy_notice *n,
		    const char *use)
{
	char digest[65];
	struct prose *t = page_say(w->pg);

	hex_encode(n->sha256, sizeof(n->sha256), digest);
	prose_add(t, "%s: `%s`", use, n->name.text);
	if (n->language[0] != '\0')
		prose_add(t, TR(t, ", Sprache %s", ", language %s"),
			  n->language);
	if (n->line > 0)
		prose_add(t, ", `policy.yaml:%zu`", n->line);
	else
		prose_add(t, "%s", TR(t, ", fest eingebaut", ", built in"));
	page_said_text(w->pg);
	page_quote(w->pg, n->text);
	if (n->url)
		page_text(w->pg, PR(w, "Mehr unter: %s", "More at: %s"),
			  n->url);
	page_text(w->pg, "SHA-256: `%s`", digest);
}

static void wordings(const struct paper *w, const struct says *says,
		     const char *use)
{
	for (size_t i = 0; i < says->len; i++) {
		const struct notice *n =
		    policy_find_notice(w->p, &says->of[i].notice);

		if (n)
			wording(w, &n->n, use);
	}
}

static void consents(const struct paper *w, const struct channel_rule *c)
{
	bool first = true;

	for (size_t i = 0; i < w->p->purposes_len; i++) {
		const struct purpose *purpose = &w->p->purposes[i];
		const struct asking *asking =
		    policy_find_asking(purpose, &c->name);
		struct prose *t;

		if (purpose->basis != LEGAL_BASIS_CONSENT)
			continue;
		if (first)
			page_head(w->pg, 3, "%s",
				  PR(w, "Einwilligungen", "Consents"));
		first = false;
		t = page_say(w->pg);
		prose_add(t, "`%s`: ", purpose->name.text);
		prose_add(
		    t, "%s",
		    asking->double_opt_in
			? TR(t, "mit Bestätigung", "with confirmation")
			: TR(t, "ohne Bestätigung", "without confirmation"));
		prose_add(t, "%s", TR(t, "; gültig: ", "; valid: "));
		if (asking->has_valid)
			term_period(t, &asking->valid);
		else
			prose_add(t, "%s",
				  TR(t, "bis zum Widerruf", "until withdrawn"));
		if (asking->ask.len == 0)
			prose_add(t, "%s",
				  TR(t, "; hier wird nicht danach gefragt",
				     "; it is not asked for here"));
		page_said_item(w->pg);
	}
	for (size_t i = 0; i < w->p->purposes_len; i++) {
		const struct asking *asking =
		    policy_find_asking(&w->p->purposes[i], &c->name);

		wordings(w, &asking->ask, PR(w, "Frage", "Question"));
		wordings(w, &asking->confirmed, PR(w, "Dank", "Thanks"));
	}
}

static void replies(const struct paper *w)
{
	const char *const uses[REPLIES] = {
	    [REPLY_STOPPED] = PR(w, "Nach STOP", "After STOP"),
	    [REPLY_HELP] = PR(w, "Nach HILFE", "After HELP"),
	    [REPLY_ERASE] = PR(w, "Nach DATEN LÖSCHEN", "After DELETE MY DATA"),
	    [REPLY_ACCESS] = PR(w, "Nach AUSKUNFT", "After MY DATA"),
	};

	page_head(
	    w->pg, 2, "%s",
	    PR(w, "Antworten auf Schlüsselwörter", "Answers to keywords"));
	for (int r = 0; r < REPLIES; r++)
		wording(w,
			policy_reply(w->p, (enum policy_reply)r,
				     tongue_code(w->pg->t.tongue)),
			uses[r]);
}

static void channel(const struct paper *w, const struct channel_rule *c)
{
	page_head(w->pg, 2, PR(w, "Kanal `%s`", "Channel `%s`"), c->name.text);
	glance(w, c);
	happens(w, c);
	page_head(
	    w->pg, 3, "%s",
	    PR(w, "Die Worte dieses Kanals", "The words of this channel"));
	wordings(w, &c->notice, PR(w, "Hinweis", "Notice"));
	wordings(w, &c->hours.outside,
		 PR(w, "Außerhalb der Bürozeiten", "Outside office hours"));
	consents(w, c);
	page_head(w->pg, 3, "%s",
		  PR(w, "Datenschutzinformation (Art. 13 und 14 DSGVO)",
		     "Information on data protection (Art. 13 and 14 GDPR)"));
	paper_notice(w, c);
}

void paper_channels(const struct paper *w)
{
	page_text(
	    w->pg, "%s",
	    PR(w,
	       "Diese Seite sagt je Kanal, was mit einer Nachricht "
	       "geschieht, und zeigt den Wortlaut, den Menschen erhalten. "
	       "Sie ist aus Regelwerk und Einstellungen erzeugt.",
	       "For each channel this page says what happens to a "
	       "message and shows the wording people get. It is made "
	       "from policy and settings."));
	for (size_t i = 0; i < w->p->channels_len; i++)
		channel(w, &w->p->channels[i]);
	replies(w);
}
