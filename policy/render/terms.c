/* terms.c - the words of the policy and of the law in both languages. */
#include "terms.h"

struct pair {
	const char *in[2]; /* by enum tongue */
};

const char *term_basis(enum tongue tongue, enum legal_basis basis)
{
	static const struct pair words[LEGAL_BASES] = {
	    [LEGAL_BASIS_CONSENT] = {{"Einwilligung", "consent"}},
	    [LEGAL_BASIS_CONTRACT] = {{"Vertrag oder vorvertragliche "
				       "Maßnahmen",
				       "contract or steps prior to a "
				       "contract"}},
	    [LEGAL_BASIS_LEGAL_OBLIGATION] = {{"rechtliche Verpflichtung",
					       "legal obligation"}},
	    [LEGAL_BASIS_VITAL_INTEREST] = {{"lebenswichtige Interessen",
					     "vital interests"}},
	    [LEGAL_BASIS_PUBLIC_TASK] = {{"Aufgabe im öffentlichen Interesse",
					  "task in the public interest"}},
	    [LEGAL_BASIS_LEGITIMATE_INTEREST] = {{"berechtigtes Interesse",
						  "legitimate interest"}},
	};

	return words[basis].in[tongue];
}

const char *term_basis_article(enum tongue tongue, enum legal_basis basis)
{
	static const struct pair words[LEGAL_BASES] = {
	    {{"Art. 6 Abs. 1 lit. a DSGVO", "Art. 6(1)(a) GDPR"}},
	    {{"Art. 6 Abs. 1 lit. b DSGVO", "Art. 6(1)(b) GDPR"}},
	    {{"Art. 6 Abs. 1 lit. c DSGVO", "Art. 6(1)(c) GDPR"}},
	    {{"Art. 6 Abs. 1 lit. d DSGVO", "Art. 6(1)(d) GDPR"}},
	    {{"Art. 6 Abs. 1 lit. e DSGVO", "Art. 6(1)(e) GDPR"}},
	    {{"Art. 6 Abs. 1 lit. f DSGVO", "Art. 6(1)(f) GDPR"}},
	};

	return words[basis].in[tongue];
}

const char *term_start(enum tongue tongue, enum policy_start start)
{
	static const struct pair words[POLICY_STARTS] = {
	    [START_COLLECTION] = {{"Erhebung", "collection"}},
	    [START_PROCESS_END] = {{"Ende des Vorgangs", "end of the process"}},
	    [START_RELATIONSHIP_END] = {{"Ende der Beziehung",
					 "end of the relationship"}},
	    [START_WITHDRAWAL] = {{"Widerruf", "withdrawal"}},
	    [START_LAST_USE] = {{"letzte Nutzung", "last use"}},
	    [START_REQUESTED] = {{"Anfrage", "request"}},
	    [START_COMPLETED] = {{"Abschluss", "completion"}},
	    [START_CLOSED] = {{"Schließung", "closing"}},
	};

	return words[start].in[tongue];
}

const char *term_from(enum tongue tongue, enum policy_start start)
{
	static const struct pair words[POLICY_STARTS] = {
	    [START_COLLECTION] = {{"ab Erhebung", "from collection"}},
	    [START_PROCESS_END] = {{"ab Ende des Vorgangs",
				    "from the end of the process"}},
	    [START_RELATIONSHIP_END] = {{"ab Ende der Beziehung",
					 "from the end of the relationship"}},
	    [START_WITHDRAWAL] = {{"ab Widerruf", "from the withdrawal"}},
	    [START_LAST_USE] = {{"ab der letzten Nutzung",
				 "from the last use"}},
	    [START_REQUESTED] = {{"ab Anfrage", "from the request"}},
	    [START_COMPLETED] = {{"ab Abschluss", "from the completion"}},
	    [START_CLOSED] = {{"ab Schließung", "from the closing"}},
	};

	return words[start].in[tongue];
}

const char *term_person(enum tongue tongue, enum policy_person person)
{
	static const struct pair words[] = {
	    [PERSON_ALIAS] = {{"ein Alias, ohne Name und Adresse",
			       "an alias, without name and address"}},
	    [PERSON_NAME] = {{"der Name aus dem Profil",
			      "the name of the profile"}},
	    [PERSON_ADDRESS] = {{"Name und Adresse, etwa die Rufnummer",
				 "name and address, such as the number"}},
	};

	return words[person].in[tongue];
}

const char *term_find(enum tongue tongue, enum policy_find find)
{
	static const struct pair words[FINDS] = {
	    [FIND_IBAN] = {{"IBAN", "IBAN"}},
	    [FIND_CARD] = {{"Kartennummern", "card numbers"}},
	    [FIND_EMAIL] = {{"E-Mail-Adressen", "e-mail addresses"}},
	    [FIND_PHONE] = {{"Rufnummern", "phone numbers"}},
	    [FIND_TAX_ID] = {{"Steuer-Identifikationsnummern",
			      "tax identification numbers"}},
	    [FIND_SOCIAL_INSURANCE] = {{"Sozialversicherungsnummern",
					"social insurance numbers"}},
	    [FIND_PATTERN] = {{"eigene Form", "shape of its own"}},
	};

	return words[find].in[tongue];
}

const char *term_role(enum tongue tongue, const char *role)
{
	static const struct {
		const char *role;
		struct pair words;
	} roles[] = {
	    {"processor",
	     {{"Auftragsverarbeiter (Art. 28 DSGVO)",
	       "processor (Art. 28 GDPR)"}}},
	    {"joint",
	     {{"gemeinsam Verantwortlicher (Art. 26 DSGVO)",
	       "joint controller (Art. 26 GDPR)"}}},
	    {"controller",
	     {{"eigener Verantwortlicher", "controller of its own"}}},
	};

	for (size_t i = 0; i < COUNT_OF(roles); i++)
		if (strcmp(role, roles[i].role) == 0)
			return roles[i].words.in[tongue];
	return role;
}

const char *term_consent(enum tongue tongue, enum consent_state state)
{
	static const struct pair words[CONSENT_STATES] = {
	    [CONSENT_UNKNOWN] = {{"keine", "none"}},
	    [CONSENT_REQUESTED] = {{"erfragt, noch ohne Antwort",
				    "asked for, not answered yet"}},
	    [CONSENT_REQUEST_DEFERRED] = {{"Antwort aufgeschoben",
					   "answer deferred"}},
	    [CONSENT_REFUSED] = {{"verweigert", "refused"}},
	    [CONSENT_GIVEN] = {{"erteilt", "given"}},
	    [CONSENT_RENEWED] = {{"erneut erteilt", "given anew"}},
	    [CONSENT_EXPIRED] = {{"abgelaufen", "expired"}},
	    [CONSENT_WITHDRAWN] = {{"widerrufen", "withdrawn"}},
	    [CONSENT_REVOKED] = {{"vom Verantwortlichen beendet",
				  "ended by the controller"}},
	    [CONSENT_INVALIDATED] = {{"ungültig", "invalid"}},
	};

	return words[state].in[tongue];
}

const char *term_act(enum tongue tongue, enum policy_act act)
{
	static const struct pair words[] = {
	    [ACT_RECEIVE] = {{"Eine Nachricht kommt an", "A message arrives"}},
	    [ACT_EDIT] = {{"Der Absender ändert seine Nachricht",
			   "The sender changes a message"}},
	    [ACT_DELETE] = {{"Der Absender löscht seine Nachricht",
			     "The sender deletes a message"}},
	    [ACT_SEND] = {{"Eine Antwort soll gesendet werden",
			   "A reply is to be sent"}},
	};

	return words[act].in[tongue];
}

const char *term_special(enum tongue tongue, const char *basis)
{
	static const struct {
		const char *basis;
		struct pair words;
	} all[] = {
	    {"explicit_consent",
	     {{"ausdrückliche Einwilligung (lit. a)", "explicit consent (a)"}}},
	    {"employment",
	     {{"Arbeits- und Sozialrecht (lit. b)",
	       "employment and social law (b)"}}},
	    {"vital_interest",
	     {{"lebenswichtige Interessen (lit. c)", "vital interests (c)"}}},
	    {"association",
	     {{"Vereinigung ohne Gewinnerzielung (lit. d)",
	       "not-for-profit body (d)"}}},
	    {"made_public",
	     {{"offensichtlich öffentlich gemacht (lit. e)",
	       "manifestly made public (e)"}}},
	    {"legal_claims",
	     {{"Rechtsansprüche (lit. f)", "legal claims (f)"}}},
	    {"public_interest",
	     {{"erhebliches öffentliches Interesse (lit. g)",
	       "substantial public interest (g)"}}},
	    {"health_care",
	     {{"Gesundheitsversorgung (lit. h)", "health care (h)"}}},
	    {"public_health",
	     {{"öffentliche Gesundheit (lit. i)", "public health (i)"}}},
	    {"research",
	     {{"Archiv, Forschung, Statistik (lit. j)",
	       "archiving, research, statistics (j)"}}},
	};

	for (size_t i = 0; i < COUNT_OF(all); i++)
		if (strcmp(basis, all[i].basis) == 0)
			return all[i].words.in[tongue];
	return basis;
}

const char *term_block(enum tongue tongue, enum notice_block block)
{
	static const struct pair words[NOTICE_BLOCKS] = {
	    [BLOCK_CONTROLLER] = {{"Verantwortlicher", "Controller"}},
	    [BLOCK_CONTACT] = {{"Kontakt", "Contact"}},
	    [BLOCK_DPO] = {{"Datenschutzbeauftragte Stelle",
			    "Data protection officer"}},
	    [BLOCK_PURPOSES] = {{"Zwecke und Rechtsgrundlagen",
				 "Purposes and legal bases"}},
	    [BLOCK_LEGITIMATE_INTEREST] = {{"Berechtigte Interessen",
					    "Legitimate interests"}},
	    [BLOCK_RECIPIENTS] = {{"Empfänger", "Recipients"}},
	    [BLOCK_TRANSFER] = {{"Übermittlung in Drittländer",
				 "Transfer to third countries"}},
	    [BLOCK_PERIOD] = {{"Speicherdauer", "Storage periods"}},
	    [BLOCK_RIGHTS] = {{"Ihre Rechte", "Your rights"}},
	    [BLOCK_WITHDRAW_RIGHT] = {{"Widerruf der Einwilligung",
				       "Withdrawal of consent"}},
	    [BLOCK_COMPLAINT] = {{"Beschwerde bei der Aufsichtsbehörde",
				  "Complaint to the authority"}},
	    [BLOCK_OBLIGATION] = {{"Pflicht zur Bereitstellung",
				   "Obligation to provide"}},
	    [BLOCK_AUTOMATED_DECISION] = {{"Automatisierte Entscheidungen",
					   "Automated decisions"}},
	    [BLOCK_SOURCE] = {{"Herkunft der Daten", "Source of the data"}},
	};

	return words[block].in[tongue];
}
