/* codes.c - see codes.h. */
#include "codes.h"

#include <string.h>

#define ERASURE	     (1u << RIGHTS_ERASURE)
#define ACCESS	     (1u << RIGHTS_ACCESS)
#define OBJECTION    (1u << RIGHTS_OBJECTION)
#define REFUSES_HARD (CODE_REFUSES | CODE_GRAVE)

static const struct code codes[] = {
    {"JustificationA12Complexity",
     CODE_DELAYS,
     0,
     "Art. 12(3) GDPR",
     {"Die Anfrage ist umfangreich und schwierig zu beantworten.",
      "The request is complex."}},
    {"JustificationA12HighVolume",
     CODE_DELAYS,
     0,
     "Art. 12(3) GDPR",
     {"Uns liegen zurzeit viele Anfragen vor.",
      "We have many requests at present."}},
    {"JustificationA12IdentityFailure",
     CODE_REFUSES,
     0,
     "Art. 12(2), 11(2) GDPR",
     {"Wir konnten nicht feststellen, wer die Anfrage stellt.",
      "We could not establish who makes the request."}},
    {"JustificationA12ManifestlyExcessive",
     REFUSES_HARD,
     0,
     "Art. 12(5)(b) GDPR",
     {"Die Anfrage ist offenkundig exzessiv.",
      "The request is manifestly excessive."}},
    {"JustificationA12ManifestlyUnfounded",
     REFUSES_HARD,
     0,
     "Art. 12(5)(b) GDPR",
     {"Die Anfrage ist offenkundig unbegründet.",
      "The request is manifestly unfounded."}},
    {"JustificationA12MaliciousIntent",
     REFUSES_HARD,
     0,
     "Art. 12(5)(b) GDPR",
     {"Die Anfrage verfolgt nachweislich einen missbräuchlichen Zweck.",
      "The request demonstrably has an abusive purpose."}},
    {"JustificationA12LackOfIntent",
     REFUSES_HARD,
     0,
     "Art. 12(5)(b) GDPR",
     {"Die Anfrage wird erkennbar nicht ernsthaft gestellt.",
      "The request is evidently not meant seriously."}},
    {"JustificationA17LegallyRequired",
     CODE_REFUSES,
     ERASURE,
     "Art. 17(3)(b) GDPR, § 35(3) BDSG",
     {"Ein Gesetz verpflichtet uns, diese Daten aufzubewahren.",
      "A law obliges us to keep these data."}},
    {"JustificationA17LegalClaims",
     CODE_REFUSES,
     ERASURE | OBJECTION,
     "Art. 17(3)(e) GDPR",
     {"Wir brauchen die Daten für Rechtsansprüche.",
      "We need the data for legal claims."}},
    {"JustificationA17FreedomOfExpression",
     CODE_REFUSES,
     ERASURE,
     "Art. 17(3)(a) GDPR",
     {"Die Daten dienen der freien Meinungsäußerung und Information.",
      "The data serve the freedom of expression and information."}},
    {"JustificationA17PublicInterest",
     CODE_REFUSES,
     ERASURE,
     "Art. 17(3)(b) GDPR",
     {"Die Daten dienen einer Aufgabe im öffentlichen Interesse.",
      "The data serve a task in the public interest."}},
    {"JustificationA17OfficialAuthority",
     CODE_REFUSES,
     ERASURE,
     "Art. 17(3)(b) GDPR",
     {"Die Daten dienen der Ausübung öffentlicher Gewalt.",
      "The data serve the exercise of official authority."}},
    {"JustificationA17PublicHealth",
     CODE_REFUSES,
     ERASURE,
     "Art. 17(3)(c) GDPR",
     {"Die Daten dienen der öffentlichen Gesundheit.",
      "The data serve public health."}},
    {"JustificationA17Archiving",
     CODE_REFUSES,
     ERASURE,
     "Art. 17(3)(d) GDPR",
     {"Die Daten dienen Archiv-, Forschungs- oder statistischen Zwecken.",
      "The data serve archiving, research or statistics."}},
    {"BDSG34_1_2a",
     CODE_REFUSES,
     ACCESS,
     "§ 34(1) no. 2(a) BDSG",
     {"Die Daten sind nur wegen einer Aufbewahrungspflicht gespeichert, und "
      "die Auskunft wäre unverhältnismäßig aufwendig.",
      "The data are stored only because a law says so, and access to them "
      "would be a disproportionate effort."}},
    {"BDSG34_1_2b",
     CODE_REFUSES,
     ACCESS,
     "§ 34(1) no. 2(b) BDSG",
     {"Die Daten dienen nur der Datensicherung oder der "
      "Datenschutzkontrolle, und die Auskunft wäre unverhältnismäßig "
      "aufwendig.",
      "The data serve only backup or the control of data protection, and "
      "access to them would be a disproportionate effort."}},
    {"BDSG35_2",
     CODE_REFUSES,
     ERASURE,
     "§ 35(2) BDSG",
     {"Die Löschung würde Ihre eigenen Interessen verletzen; die Daten sind "
      "stattdessen eingeschränkt.",
      "Erasure would harm your own interests; the data are restricted "
      "instead."}},
    {"BDSG35_3",
     CODE_REFUSES,
     ERASURE,
     "§ 35(3) BDSG",
     {"Aufbewahrungsfristen stehen der Löschung entgegen.",
      "Retention periods stand against erasure."}},
    {"STILL_NECESSARY",
     CODE_REFUSES,
     ERASURE,
     "Art. 17(1)(a) GDPR",
     {"Wir brauchen die Daten noch für den Zweck, für den sie erhoben "
      "wurden.",
      "We still need the data for the purpose they were collected for."}},
    {"HOLD",
     CODE_REFUSES,
     ERASURE,
     "Art. 17(3)(e) GDPR",
     {"Die Löschung ist wegen Rechtsansprüchen ausgesetzt.",
      "Erasure is suspended for legal claims."}},
    /* Of records alone. */
    {"REVIEW_PENDING",
     0,
     0,
     "Art. 18(1)(d) GDPR",
     {"Wir prüfen noch, ob unsere Gründe überwiegen; bis dahin nutzen wir "
      "die Daten nicht.",
      "We still weigh whether our grounds override; until then we do not use "
      "the data."}},
    {"RESTRICTED",
     0,
     0,
     "Art. 18 GDPR",
     {"Die Daten sind auf Ihren Wunsch eingeschränkt.",
      "The data are restricted as you asked."}},
    {"JustificationA17NonNecessity",
     0,
     0,
     "Art. 17(1)(a) GDPR",
     {"Der Zweck ist erfüllt.", "The purpose is fulfilled."}},
    {"CONSENT_WITHDRAWN",
     0,
     0,
     "Art. 17(1)(b) GDPR",
     {"Die Einwilligung besteht nicht mehr.", "There is no consent any more."}},
    {"SUPPRESSED",
     0,
     0,
     "Art. 21(3) GDPR",
     {"Nur ein Prüfwert Ihrer Nummer steht auf der Sperrliste, damit Sie von "
      "uns keine Werbung bekommen, auch wenn wir Ihre Nummer noch einmal "
      "erhalten.",
      "Only a keyed hash of your number is on the suppression list, so that "
      "you get no advertising from us even if we are given your number "
      "again."}},
    {"NO_DATA",
     0,
     0,
     NULL,
     {"Zu Ihren Angaben haben wir keine Daten gespeichert.",
      "We have stored no data about you."}},
};

const struct code *code_find(const char *name)
{
	for (size_t i = 0; name != NULL && i < sizeof(codes) / sizeof(codes[0]);
	     i++)
		if (strcmp(codes[i].name, name) == 0)
			return &codes[i];
	return NULL;
}

bool code_allowed(const char *name, unsigned int does, enum rights_type type)
{
	const struct code *code = code_find(name);

	return code != NULL && (code->does & does) == does &&
	       (code->types == 0 || (code->types >> type & 1) != 0);
}

/* "(3)" is "Abs. 3", "(b)" is "Buchst. b". */
static size_t paragraph_words(const char *in, size_t before, char last,
			      char *ret, size_t size)
{
	const bool letter = in[1] >= 'a' && in[1] <= 'z';
	const size_t len = strcspn(in, ")");

	return (size_t)snprintf(
	    ret, size, "%s%s %.*s", before > 0 && last != ' ' ? " " : "",
	    letter ? "Buchst." : "Abs.", (int)len - 1, in + 1);
}

static void german_article(const char *in, char ret[ARTICLE_BYTES])
{
	static const char *const words[][2] = {{"GDPR", "DSGVO"},
					       {"no. ", "Nr. "}};
	size_t len = 0;

	while (*in != '\0' && len + 24 < ARTICLE_BYTES) {
		size_t i = 0;

		if (*in == '(' && strchr(in, ')') != NULL) {
			len += paragraph_words(in, len,
					       len > 0 ? ret[len - 1] : ' ',
					       ret + len, ARTICLE_BYTES - len);
			in += strcspn(in, ")") + 1;
			continue;
		}
		while (i < 2 && strncmp(in, words[i][0], strlen(words[i][0])))
			i++;
		if (i == 2) {
			ret[len++] = *in++;
			continue;
		}
		memcpy(ret + len, words[i][1], strlen(words[i][1]));
		len += strlen(words[i][1]);
		in += strlen(words[i][0]);
	}
	ret[len] = '\0';
}

void article_words(const char *article, enum tongue tongue,
		   char ret[ARTICLE_BYTES])
{
	if (tongue == TONGUE_DE)
		german_article(article, ret);
	else
		(void)snprintf(ret, ARTICLE_BYTES, "%s", article);
}

const char *code_words(const char *name, enum tongue tongue)
{
	const struct code *code = code_find(name);

	return code != NULL ? code->words[tongue] : name;
}
