/* draft.c - what an authority and persons are told, to be completed.
 *
 * Art. 33(3) and 34(2) GDPR say what has to be in it; a gap stands as "[...]",
 * so that nobody sends one unseen. */
#include <inttypes.h>
#include <stdarg.h>

#include "breach.h"
#include "postern/caldate.h"

struct paper {
	const struct breach *b;
	bool german;
	struct buf *out;
	bool failed;
};

__attribute__((format(printf, 2, 3))) static void say(struct paper *p,
						      const char *format, ...)
{
	char line[1024];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(line) ||
	    buf_append(p->out, line, (size_t)len, NULL) != 0)
		p->failed = true;
}

/* As somebody wrote it, or a gap. */
static void text(struct paper *p, const char *german, const char *english,
		 const char *member)
{
	const char *t = json_string_value(json_object_get(p->b->texts, member));

	say(p, "%s: ", p->german ? german : english);
	if (buf_append_text(p->out, t != NULL ? t : "[...]", NULL) != 0)
		p->failed = true;
	say(p, "\n\n");
}

static void instant(struct paper *p, const char *german, const char *english,
		    int64_t ms)
{
	char at[INSTANT_BYTES] = "[...]";

	if (ms != 0)
		instant_format(ms, at);
	say(p, "%s: %s\n\n", p->german ? german : english, at);
}

static const char *risk_words(const struct paper *p)
{
	static const char *const words[][2] = {
	    {"[...]", "[...]"},
	    {"voraussichtlich kein Risiko", "unlikely to result in a risk"},
	    {"Risiko", "risk"},
	    {"hohes Risiko", "high risk"},
	};
	const char *risk = p->b->risk;
	int i = risk[0] == '\0'		    ? 0
		: strcmp(risk, "none") == 0 ? 1
		: strcmp(risk, "risk") == 0 ? 2
					    : 3;

	return words[i][p->german ? 0 : 1];
}

static const char *type_words(const struct paper *p, const char *type)
{
	if (!p->german)
		return type;
	return strcmp(type, "confidentiality") == 0 ? "Vertraulichkeit"
	       : strcmp(type, "integrity") == 0	    ? "Integrität"
						    : "Verfügbarkeit";
}

static void types(struct paper *p)
{
	static const char *const all[] = {"confidentiality", "integrity",
					  "availability"};
	bool first = true;

	say(p, "%s: ", p->german ? "Art der Verletzung" : "Kind of breach");
	for (size_t i = 0; i < 3; i++)
		if (strstr(p->b->types, all[i]) != NULL) {
			say(p, "%s%s", first ? "" : ", ",
			    type_words(p, all[i]));
			first = false;
		}
	say(p, "\n\n");
}

static void figures(struct paper *p)
{
	const json_t *one;

	say(p,
	    p->german ? "Betroffene Personen (ungefähr): %" PRId64
			", Datensätze (ungefähr): %" PRId64
			", davon besonderer Kategorie (Art. 9): %" PRId64
			"%s\n\n"
		      : "Persons concerned (approximately): %" PRId64
			", records (approximately): %" PRId64
			", of special categories (Art. 9): %" PRId64 "%s\n\n",
	    p->b->subjects, p->b->records, p->b->special,
	    p->b->counted ? "" : " [...]");
	for (size_t i = 0; (one = json_array_get(p->b->by, i)) != NULL; i++)
		say(p, "- %s, %s: %lld\n",
		    json_string_value(json_object_get(one, "channel")),
		    json_string_value(json_object_get(one, "datenart")),
		    (long long)json_integer_value(
			json_object_get(one, "records")));
	say(p, "\n");
}

static void controller(struct paper *p, const struct worker *w)
{
	say(p, "%s: %s, %s\n\n", p->german ? "Verantwortlicher" : "Controller",
	    w->settings->controller.name, w->settings->controller.contact);
	say(p, "%s: %s\n\n",
	    p->german ? "Datenschutzbeauftragte Person, Anlaufstelle"
		      : "Data protection officer, contact",
	    w->settings->controller.dpo[0] != '\0' ? w->settings->controller.dpo
						   : "[...]");
}

/* Art. 33(3). */
static void to_authority(struct paper *p, const struct worker *w)
{
	say(p, p->german ? "# Meldung einer Verletzung des Schutzes "
			   "personenbezogener Daten (Art. 33 DSGVO)\n\n"
			 : "# Notification of a personal data breach "
			   "(Art. 33 GDPR)\n\n");
	controller(p, w);
	instant(p, "Bekannt geworden", "Aware since", p->b->aware_ms);
	instant(p, "Frist", "To be notified until", p->b->legal_ms);
	instant(p, "Zeitraum von", "Occurred from", p->b->from_ms);
	instant(p, "Zeitraum bis", "Occurred until", p->b->to_ms);
	types(p);
	text(p, "Beschreibung", "Description", "description");
	text(p, "Ursache", "Cause", "cause_text");
	text(p, "Kategorien betroffener Personen", "Categories of persons",
	     "subject_categories");
	figures(p);
	text(p, "Wahrscheinliche Folgen", "Likely consequences",
	     "consequences");
	text(p, "Ergriffene Maßnahmen", "Measures taken", "measures_taken");
	text(p, "Vorgesehene Maßnahmen", "Measures planned",
	     "measures_planned");
	say(p, "%s: %s\n\n", p->german ? "Einschätzung" : "Assessment",
	    risk_words(p));
	if (json_object_get(p->b->texts, "delay_reason") != NULL)
		text(p, "Gründe der Verzögerung", "Reasons for the delay",
		     "delay_reason");
	say(p, p->german
		   ? "Weitere Angaben folgen, sobald sie vorliegen (Art. 33 "
		     "Abs. 4 DSGVO).\n"
		   : "Further information follows as it becomes available "
		     "(Art. 33(4) GDPR).\n");
}

/* Art. 34(2): in clear and plain language. */
static void to_subjects(struct paper *p, const struct worker *w)
{
	say(p,
	    p->german ? "# Es geht um Ihre Daten bei %s\n\n"
		      : "# About your data at %s\n\n",
	    w->settings->controller.name);
	say(p, p->german ? "Ihre Nachrichten an uns waren möglicherweise für "
			   "Unbefugte zugänglich.\n\n"
			 : "Somebody without permission may have had access "
			   "to your messages to us.\n\n");
	text(p, "Was geschehen ist", "What happened", "description");
	text(p, "Was daraus folgen kann", "What may follow from it",
	     "consequences");
	text(p, "Was wir getan haben", "What we have done", "measures_taken");
	text(p, "Was wir noch tun", "What we will do", "measures_planned");
	text(p, "Was Sie tun können", "What you can do", "advice");
	say(p, "%s: %s\n\n",
	    p->german ? "Fragen beantwortet Ihnen"
		      : "Your questions are answered by",
	    w->settings->controller.dpo[0] != '\0'
		? w->settings->controller.dpo
		: w->settings->controller.contact);
	say(p, p->german ? "Sie können sich bei einer "
			   "Datenschutzaufsichtsbehörde beschweren "
			   "(Art. 77 DSGVO).\n"
			 : "You can complain to a data protection authority "
			   "(Art. 77 GDPR).\n");
}

int breach_draft(const struct worker *w, const struct breach *b, bool subjects,
		 const char *language, struct buf *ret, struct err *err)
{
	struct paper p = {
	    .b = b, .german = strcmp(language, "en") != 0, .out = ret};

	if (subjects)
		to_subjects(&p, w);
	else
		to_authority(&p, w);
	return p.failed ? ERR_SET(err, ERR_NOMEM, "a draft does not fit", 0)
			: 0;
}
