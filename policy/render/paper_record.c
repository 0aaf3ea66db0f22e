/* paper_record.c - the record of processing activities (Art. 30(1) GDPR;
 * fields of compliance 2.6). */
#include "paper.h"

static void row(const struct paper *w, const char *label, const char *text,
		const char *otherwise)
{
	page_label(w->pg, label);
	if (text[0] != '\0')
		page_cell(w->pg, "%s", text);
	else
		page_cell_gap(w->pg, "%s", otherwise);
}

/* --- controller ----------------------------------------------------------- */

static void joint_row(const struct paper *w)
{
	struct prose *t;
	size_t len = 0;

	page_label(w->pg,
		   PR(w, "Gemeinsam Verantwortliche", "Joint controllers"));
	t = page_say(w->pg);
	for (size_t i = 0; i < w->in->channels_len; i++) {
		const struct render_channel *c = &w->in->channels[i];

		if (strcmp(c->role, "joint") != 0)
			continue;
		prose_add(t,
			  TR(t, "%sAnbieter des Kanals `%s` (%s)",
			     "%sprovider of the channel `%s` (%s)"),
			  len++ == 0 ? "" : "; ", c->name.text, c->contract);
	}
	if (len == 0)
		prose_add(t, "%s", TR(t, "keine", "none"));
	page_said_cell(w->pg);
}

static void controller(const struct paper *w)
{
	const char *missing = PR(w, "nicht angegeben", "not stated");

	page_head(w->pg, 2, "%s", PR(w, "1 Verantwortlicher", "1 Controller"));
	page_fields(w->pg);
	row(w, "Name", w->in->controller, missing);
	row(w, PR(w, "Kontakt", "Contact"), w->in->contact, missing);
	joint_row(w);
	page_label(w->pg, PR(w, "Vertreter (Art. 27 DSGVO)",
			     "Representative (Art. 27 GDPR)"));
	page_cell(w->pg, "%s",
		  PR(w, "keiner; der Verantwortliche sitzt in der EU",
		     "none; the controller is established in the EU"));
	row(w,
	    PR(w, "Datenschutzbeauftragte Stelle", "Data protection officer"),
	    w->in->dpo, PR(w, "niemand benannt", "nobody named"));
	row(w, PR(w, "Aufsichtsbehörde", "Authority"),
	    paper_authority(w->in->land) ? paper_authority(w->in->land) : "",
	    missing);
	page_table_end(w->pg);
}

/* --- activities ----------------------------------------------------------- */

static bool serves(const struct paper *w, const struct purpose *purpose,
		   const struct rule *rule)
{
	for (size_t i = 0; i < w->p->channels_len; i++) {
		const struct channel_rule *c = &w->p->channels[i];

		if (name_equal(&c->purpose, &purpose->name) &&
		    paper_concerns(w, c, &rule->name))
			return true;
	}
	return false;
}

static bool channel_serves(const struct paper *w, const struct purpose *purpose,
			   const struct render_channel *at)
{
	const struct channel_rule *c = policy_find_channel(w->p, &at->name);

	return c && name_equal(&c->purpose, &purpose->name);
}

static void channels_row(const struct paper *w, const struct purpose *purpose)
{
	struct prose *t;
	size_t len = 0;

	page_label(w->pg, PR(w, "Kanäle", "Channels"));
	t = page_say(w->pg);
	for (size_t i = 0; i < w->p->channels_len; i++)
		if (name_equal(&w->p->channels[i].purpose, &purpose->name))
			prose_add(t, "%s`%s`", len++ == 0 ? "" : ", ",
				  w->p->channels[i].name.text);
	if (len == 0)
		prose_add(t, "%s",
			  TR(t,
			     "keiner von sich aus; einzelne Antworten nennen "
			     "diesen Zweck",
			     "none by itself; single replies name this "
			     "purpose"));
	page_said_cell(w->pg);
}

static bool said_before(const struct paper *w, const struct purpose *purpose,
			size_t i)
{
	const char *mine = w->p->rules[i].subjects;

	for (size_t k = 0; k < i; k++)
		if (w->p->rules[k].subjects &&
		    strcmp(w->p->rules[k].subjects, mine) == 0 &&
		    serves(w, purpose, &w->p->rules[k]))
			return true;
	return false;
}

static void subjects_row(const struct paper *w, const struct purpose *purpose)
{
	struct prose *t;
	size_t len = 0;

	page_label(w->pg, PR(w, "Betroffene", "Categories of subjects"));
	t = page_say(w->pg);
	for (size_t i = 0; i < w->p->rules_len; i++) {
		const struct rule *rule = &w->p->rules[i];

		if (!rule->subjects || !serves(w, purpose, rule) ||
		    said_before(w, purpose, i))
			continue;
		prose_add(t, "%s%s", len++ == 0 ? "" : "; ", rule->subjects);
	}
	if (len == 0)
		prose_add(t, "%s",
			  TR(t, "Menschen, die über die Kanäle schreiben",
			     "people who write over the channels"));
	page_said_cell(w->pg);
}

static void data_row(const struct paper *w, const struct purpose *purpose)
{
	struct prose *t;
	size_t len = 0;

	page_label(w->pg, PR(w, "Kategorien von Daten und Löschfristen",
			     "Categories of data and periods of erasure"));
	t = page_say(w->pg);
	for (size_t i = 0; i < w->p->rules_len; i++) {
		const struct rule *rule = &w->p->rules[i];

		if (!serves(w, purpose, rule))
			continue;
		prose_add(t, "%s`%s`", len++ == 0 ? "" : "\n", rule->name.text);
		if (rule->description)
			prose_add(t, ", %s", rule->description);
		if (rule->special)
			prose_add(t, "%s",
				  TR(t, " (besondere Kategorien, Art. 9 DSGVO)",
				     " (special categories, Art. 9 GDPR)"));
		prose_add(t, ": ");
		term_rule(t, rule);
	}
	if (len == 0)
		prose_add(t, "%s",
			  TR(t, "die des Vorgangs, zu dem die Antwort gehört",
			     "those of the conversation the reply belongs to"));
	page_said_cell(w->pg);
}

static void recipients_row(const struct paper *w, const struct purpose *purpose)
{
	struct prose *t;
	size_t len = 0;

	page_label(w->pg, PR(w, "Empfänger", "Recipients"));
	t = page_say(w->pg);
	for (size_t i = 0; i < w->in->channels_len; i++) {
		const struct render_channel *c = &w->in->channels[i];

		if (!channel_serves(w, purpose, c))
			continue;
		if (c->helpdesk.text[0] != '\0')
			prose_add(t, "%sHelpdesk `%s`", len++ == 0 ? "" : "\n",
				  c->helpdesk.text);
		prose_add(t,
			  TR(t,
			     "%sAnbieter des Kanals `%s` (`%s`), %s, "
			     "Vertrag %s",
			     "%sprovider of the channel `%s` (`%s`), %s, "
			     "contract %s"),
			  len++ == 0 ? "" : "\n", c->name.text, c->type,
			  term_role(t->tongue, c->role),
			  c->contract[0] != '\0' ? c->contract : "–");
	}
	if (len == 0)
		prose_add(t, "%s",
			  TR(t,
			     "die des Kanals, auf dem geantwortet "
			     "wird",
			     "those of the channel that is replied "
			     "on"));
	page_said_cell(w->pg);
}

static void transfers_row(const struct paper *w, const struct purpose *purpose)
{
	struct prose *t;
	size_t len = 0, served = 0;

	page_label(w->pg, PR(w, "Übermittlung in Drittländer",
			     "Transfers to third countries"));
	t = page_say(w->pg);
	for (size_t i = 0; i < w->in->channels_len; i++) {
		const struct render_channel *c = &w->in->channels[i];
		const char *country = paper_country(t->tongue, c->mechanism);

		if (!channel_serves(w, purpose, c))
			continue;
		served++;
		if (!country)
			continue;
		prose_add(t,
			  TR(t,
			     "%s%s, Kanal `%s`: %s; Unterlagen: %s, zu "
			     "prüfen bis %s",
			     "%s%s, channel `%s`: %s; documents: %s, to be "
			     "reviewed by %s"),
			  len++ == 0 ? "" : "\n", country, c->name.text,
			  paper_safeguard(t->tongue, c->mechanism),
			  c->contract[0] != '\0' ? c->contract : "–",
			  c->review[0] != '\0' ? c->review : "–");
	}
	if (served == 0)
		prose_add(t, "%s",
			  TR(t, "die des Kanals, auf dem geantwortet wird",
			     "those of the channel that is replied on"));
	else if (len == 0)
		prose_add(t, "%s", TR(t, "keine", "none"));
	page_said_cell(w->pg);
}

static void activity(const struct paper *w, const struct purpose *purpose)
{
	enum tongue l = w->pg->t.tongue;
	struct prose *t;

	page_head(w->pg, 3, "`%s`", purpose->name.text);
	page_fields(w->pg);
	page_label(w->pg, PR(w, "Zweck", "Purpose"));
	page_cell(w->pg, "`%s`, DPV `%s`%s", purpose->name.text,
		  purpose->dpv	       ? purpose->dpv
		  : purpose->marketing ? "DirectMarketing"
				       : "CommunicationForCustomerCare",
		  purpose->marketing ? PR(w, "; Werbung", "; advertising")
				     : "");
	page_label(w->pg, PR(w, "Rechtsgrundlage", "Legal basis"));
	t = page_say(w->pg);
	prose_add(t, "%s, %s", term_basis(l, purpose->basis),
		  term_basis_article(l, purpose->basis));
	if (purpose->interest)
		prose_add(t, ": %s", purpose->interest);
	if (purpose->special)
		prose_add(
		    t,
		    TR(t, "; Art. 9 Abs. 2 DSGVO: %s", "; Art. 9(2) GDPR: %s"),
		    term_special(l, purpose->special));
	page_said_cell(w->pg);
	channels_row(w, purpose);
	subjects_row(w, purpose);
	data_row(w, purpose);
	recipients_row(w, purpose);
	transfers_row(w, purpose);
	page_label(w->pg, PR(w, "Maßnahmen (Art. 32 DSGVO)",
			     "Measures (Art. 32 GDPR)"));
	page_cell(w->pg, "%s",
		  PR(w, "siehe „Technische und organisatorische Maßnahmen“",
		     "see “Technical and organisational measures”"));
	page_label(w->pg, PR(w, "Fundstelle", "Source"));
	page_cell(w->pg, "`policy.yaml:%zu`", purpose->at.line);
	page_table_end(w->pg);
}

void paper_record(const struct paper *w)
{
	page_text(
	    w->pg, "%s",
	    PR(w,
	       "Verzeichnis nach Art. 30 Abs. 1 DSGVO für die "
	       "Nachrichten, die über Postern empfangen und gesendet "
	       "werden. Es ist aus Regelwerk und Einstellungen erzeugt; je "
	       "Zweck steht eine Tätigkeit.",
	       "Record under Art. 30(1) GDPR of the messages that are "
	       "received and sent through Postern. It is made from policy "
	       "and settings; there is one activity for each purpose."));
	controller(w);
	page_head(w->pg, 2, "%s",
		  PR(w, "2 Verarbeitungstätigkeiten", "2 Activities"));
	for (size_t i = 0; i < w->p->purposes_len; i++)
		activity(w, &w->p->purposes[i]);
}
