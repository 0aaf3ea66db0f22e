/* paper_facts.c - what follows from policy, settings and the law of a Land. */
#include "paper.h"

#include "postern/holidays.h"

/* --- what this version does ----------------------------------------------- */

bool paper_built(enum paper_feature feature)
{
	static const bool built[FEATURES] = {
	    [FEATURE_ALWAYS] = true,	[FEATURE_SWEEP] = true,
	    [FEATURE_HOLD] = true,	[FEATURE_RESTRICT] = true,
	    [FEATURE_REPLAY] = true,	[FEATURE_RECIPIENTS] = true,
	    [FEATURE_REQUESTS] = true,	[FEATURE_LEDGER] = true,
	    [FEATURE_CONSENT] = true,	[FEATURE_REDACT] = true,
	    [FEATURE_APPROVALS] = true, [FEATURE_UNMASK] = false,
	};

	return built[feature];
}

const char *paper_state(enum tongue tongue, enum paper_feature feature)
{
	static const char *const words[2][2] = {
	    {"vorgesehen, in dieser Fassung noch nicht",
	     "planned, not in this version yet"},
	    {"in Betrieb", "in operation"},
	};

	return words[paper_built(feature)][tongue];
}

/* --- channels ------------------------------------------------------------- */

const struct render_channel *paper_channel(const struct paper *w,
					   const struct name *name)
{
	for (size_t i = 0; i < w->in->channels_len; i++)
		if (name_equal(&w->in->channels[i].name, name))
			return &w->in->channels[i];
	return NULL;
}

static bool word_leads(const struct policy *p, const struct channel_rule *c,
		       const struct name *data)
{
	for (size_t i = 0; i < p->words_len; i++) {
		const struct word_rule *word = &p->words[i];

		if (name_equal(&word->data, data) &&
		    (word->channel.text[0] == '\0' ||
		     name_equal(&word->channel, &c->name)))
			return true;
	}
	return false;
}

static bool kept_as(const struct forget_rule *rule, const struct name *data)
{
	return rule->what == FORGET_NOT && name_equal(&rule->keep_as, data);
}

bool paper_uses(const struct paper *w, const struct channel_rule *c,
		const struct name *data)
{
	return name_equal(&c->data, data) || name_equal(&c->media_data, data) ||
	       word_leads(w->p, c, data) || kept_as(&c->on_delete, data) ||
	       kept_as(&c->on_edit, data) || strcmp(data->text, "RAW") == 0;
}

bool paper_concerns(const struct paper *w, const struct channel_rule *c,
		    const struct name *data)
{
	if (paper_uses(w, c, data))
		return true;
	for (size_t i = 0; i < w->p->channels_len; i++)
		if (paper_uses(w, &w->p->channels[i], data))
			return false;
	return true;
}

static bool purpose_used(const struct paper *w, const struct purpose *purpose,
			 const struct rule *rule)
{
	for (size_t i = 0; i < w->p->channels_len; i++) {
		const struct channel_rule *c = &w->p->channels[i];

		if (name_equal(&c->purpose, &purpose->name) &&
		    paper_uses(w, c, &rule->name))
			return true;
	}
	return false;
}

size_t paper_purposes(const struct paper *w, struct prose *t,
		      const struct rule *rule)
{
	size_t len = 0;

	for (size_t i = 0; i < w->p->purposes_len; i++) {
		const struct purpose *purpose = &w->p->purposes[i];

		if (!purpose_used(w, purpose, rule))
			continue;
		prose_add(t, "%s`%s` (%s)", len == 0 ? "" : "; ",
			  purpose->name.text,
			  term_basis_article(t->tongue, purpose->basis));
		len++;
	}
	return len;
}

/* --- transfers ------------------------------------------------------------ */

static const struct mechanism {
	const char *word;
	const char *country[2];
	const char *safeguard[2];
} mechanisms[] = {
    {"none",
     {NULL, NULL},
     {"keine Übermittlung in ein Drittland", "no transfer to a third country"}},
    {"adequacy",
     {"Land mit Angemessenheitsbeschluss", "country with an adequacy decision"},
     {"Angemessenheitsbeschluss der EU-Kommission (Art. 45 DSGVO)",
      "adequacy decision of the EU Commission (Art. 45 GDPR)"}},
    {"DPF",
     {"USA", "USA"},
     {"Angemessenheitsbeschluss EU-US Data Privacy Framework (Art. 45 DSGVO)",
      "adequacy decision EU-US Data Privacy Framework (Art. 45 GDPR)"}},
    {"SCC",
     {"Drittland laut Vertrag", "third country named in the contract"},
     {"Standardvertragsklauseln (Art. 46 Abs. 2 lit. c DSGVO)",
      "standard contractual clauses (Art. 46(2)(c) GDPR)"}},
    {"BCR",
     {"Drittland laut Vertrag", "third country named in the contract"},
     {"verbindliche interne Datenschutzvorschriften (Art. 47 DSGVO)",
      "binding corporate rules (Art. 47 GDPR)"}},
};

static const struct mechanism *mechanism_of(const char *word)
{
	for (size_t i = 0; i < COUNT_OF(mechanisms); i++)
		if (strcmp(mechanisms[i].word, word) == 0)
			return &mechanisms[i];
	return NULL;
}

const char *paper_safeguard(enum tongue tongue, const char *mechanism)
{
	const struct mechanism *m = mechanism_of(mechanism);

	return m ? m->safeguard[tongue] : mechanism;
}

const char *paper_country(enum tongue tongue, const char *mechanism)
{
	const struct mechanism *m = mechanism_of(mechanism);

	return m ? m->country[tongue] : NULL;
}

/* --- authorities ---------------------------------------------------------- */

/* For companies and associations; in Bavaria that is an office of its own. */
static const struct {
	const char *name, *site;
} authorities[LANDS] = {
    [LAND_BB] = {"Landesbeauftragte für den Datenschutz und für das Recht auf "
		 "Akteneinsicht Brandenburg",
		 "www.lda.brandenburg.de"},
    [LAND_BE] = {"Berliner Beauftragte für Datenschutz und "
		 "Informationsfreiheit",
		 "www.datenschutz-berlin.de"},
    [LAND_BW] = {"Landesbeauftragter für den Datenschutz und die "
		 "Informationsfreiheit Baden-Württemberg",
		 "www.baden-wuerttemberg.datenschutz.de"},
    [LAND_BY] = {"Bayerisches Landesamt für Datenschutzaufsicht",
		 "www.lda.bayern.de"},
    [LAND_HB] = {"Landesbeauftragte für Datenschutz und Informationsfreiheit "
		 "der Freien Hansestadt Bremen",
		 "www.datenschutz.bremen.de"},
    [LAND_HE] = {"Hessischer Beauftragter für Datenschutz und "
		 "Informationsfreiheit",
		 "datenschutz.hessen.de"},
    [LAND_HH] = {"Hamburgischer Beauftragter für Datenschutz und "
		 "Informationsfreiheit",
		 "datenschutz-hamburg.de"},
    [LAND_MV] = {"Landesbeauftragter für Datenschutz und "
		 "Informationsfreiheit Mecklenburg-Vorpommern",
		 "www.datenschutz-mv.de"},
    [LAND_NI] = {"Landesbeauftragter für den Datenschutz Niedersachsen",
		 "www.lfd.niedersachsen.de"},
    [LAND_NW] = {"Landesbeauftragte für Datenschutz und "
		 "Informationsfreiheit Nordrhein-Westfalen",
		 "www.ldi.nrw.de"},
    [LAND_RP] = {"Landesbeauftragter für den Datenschutz und die "
		 "Informationsfreiheit Rheinland-Pfalz",
		 "www.datenschutz.rlp.de"},
    [LAND_SH] = {"Unabhängiges Landeszentrum für Datenschutz "
		 "Schleswig-Holstein",
		 "www.datenschutzzentrum.de"},
    [LAND_SL] = {"Unabhängiges Datenschutzzentrum Saarland",
		 "www.datenschutz.saarland.de"},
    [LAND_SN] = {"Sächsische Datenschutz- und Transparenzbeauftragte",
		 "www.datenschutz.sachsen.de"},
    [LAND_ST] = {"Landesbeauftragte für den Datenschutz Sachsen-Anhalt",
		 "datenschutz.sachsen-anhalt.de"},
    [LAND_TH] = {"Thüringer Landesbeauftragter für den Datenschutz und die "
		 "Informationsfreiheit",
		 "www.tlfdi.de"},
};

const char *paper_authority(const char *land)
{
	enum land which;

	return land && land_parse(land, &which) ? authorities[which].name
						: NULL;
}

const char *render_authority(const char *land)
{
	return paper_authority(land);
}

const char *paper_authority_site(const char *land)
{
	enum land which;

	return land && land_parse(land, &which) ? authorities[which].site
						: NULL;
}
