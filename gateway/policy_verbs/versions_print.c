/* versions_print.c - versions of the policy in words. */
#include <string.h>

#include "api/operator.h"
#include "versions.h"

#define SAY(t, de, en) ((t) == TONGUE_EN ? (en) : (de))
#define COUNT_OF(a)    (sizeof(a) / sizeof((a)[0]))

struct word {
	const char *key, *in[2];
};

static const char *word_of(const struct word *all, size_t len, const char *key,
			   enum tongue t)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(all[i].key, key) == 0)
			return all[i].in[t];
	return key;
}

static const char *state_words(const char *state, enum tongue t)
{
	static const struct word all[] = {
	    {"proposed", {"vorgeschlagen", "proposed"}},
	    {"approved",
	     {"genehmigt, noch nicht in Kraft", "approved, not in force yet"}},
	    {"active", {"in Kraft", "in force"}},
	    {"superseded", {"abgelöst", "superseded"}},
	    {"stopped", {"angehalten", "stopped"}},
	};

	return word_of(all, COUNT_OF(all), state, t);
}

static const char *reason_words(const char *reason, enum tongue t)
{
	static const struct word all[] = {
	    {"stopped", {"von einem Menschen", "by a person"}},
	    {"operator",
	     {"vom Betreiber dieses Rechners", "by the operator of this host"}},
	    {"overtaken",
	     {"eine andere Fassung kam zuvor; neu vorschlagen, damit ihre "
	      "Wirkung neu gezählt wird",
	      "another version came into force first; propose it again, so "
	      "that what it does is counted anew"}},
	    {"effect",
	     {"inzwischen wäre mehr betroffen, als genehmigt wurde; neu "
	      "vorschlagen und genehmigen lassen",
	      "by now more is at stake than was approved; propose it again and "
	      "have it approved"}},
	    {"names",
	     {"Kanäle oder Helpdesks der Einstellungen sind inzwischen andere",
	      "channels or helpdesks of the settings have changed meanwhile"}},
	    {"tampered",
	     {"im Archiv steht nicht mehr, was vorgeschlagen und genehmigt "
	      "wurde",
	      "what the archive holds is not what was proposed and approved"}},
	    {"unreadable",
	     {"dieses Programm kann sie nicht lesen",
	      "this program cannot read it"}},
	};

	return word_of(all, COUNT_OF(all), reason, t);
}

static bool is_there(const json_t *v, const char *member)
{
	const json_t *one = json_object_get(v, member);

	return one != NULL && !json_is_null(one);
}

/* --- who and when --------------------------------------------------------- */

static void print_person(const json_t *person, enum tongue t)
{
	if (!json_is_object(person))
		(void)printf("%s", SAY(t, "mit der Einrichtung",
				       "with the installation"));
	else if (is_there(person, "label"))
		(void)printf("%s (%s)", operator_text(person, "label"),
			     operator_text(person, "id"));
	else
		(void)printf("%s", operator_text(person, "id"));
}

static void print_approvals(const json_t *version, enum tongue t)
{
	const json_t *given = json_object_get(version, "approvals"), *one;
	size_t i;

	if (operator_number(version, "needed") == 0)
		return;
	(void)printf(SAY(t, "  genehmigt: %zu von %lld nötigen\n",
			 "  approved: %zu of %lld needed\n"),
		     json_array_size(given),
		     (long long)operator_number(version, "needed"));
	for (i = 0; (one = json_array_get(given, i)) != NULL; i++) {
		(void)printf("    ");
		print_person(one, t);
		(void)printf(", %s\n", operator_text(one, "at"));
	}
}

static void print_time(const json_t *version, const char *member,
		       const char *words)
{
	if (is_there(version, member))
		(void)printf("  %s: %s\n", words,
			     operator_text(version, member));
}

static void print_times(const json_t *version, enum tongue t)
{
	(void)printf("  %s: %s, ", SAY(t, "vorgeschlagen", "proposed"),
		     operator_text(version, "proposed"));
	print_person(json_object_get(version, "author"), t);
	(void)printf("\n");
	print_approvals(version, t);
	print_time(version, "from", SAY(t, "soll gelten ab", "to hold from"));
	print_time(version, "due", SAY(t, "tritt in Kraft", "takes effect"));
	print_time(version, "active",
		   SAY(t, "in Kraft seit", "in force since"));
	print_time(version, "ended", SAY(t, "zu Ende", "ended"));
	if (is_there(version, "reason"))
		(void)printf("  %s: %s\n", SAY(t, "Grund", "reason"),
			     reason_words(operator_text(version, "reason"), t));
	if (is_there(version, "ended_by")) {
		(void)printf("  %s: ", SAY(t, "angehalten von", "stopped by"));
		print_person(json_object_get(version, "ended_by"), t);
		(void)printf("\n");
	}
}

/* --- effect --------------------------------------------------------------- */

static void print_counts(const char *name, const json_t *c)
{
	static const char *const figures[] = {
	    "items",	 "earlier",   "later", "never",
	    "unchanged", "forwarded", "held",  "redacted",
	};

	(void)printf("    %-32s", name);
	for (size_t i = 0; i < COUNT_OF(figures); i++)
		(void)printf(" %10lld",
			     (long long)operator_number(c, figures[i]));
	(void)printf("\n");
}

static void print_heads(enum tongue t)
{
	static const struct {
		const char *in[2];
		int width[2]; /* in bytes, of ten signs */
	} heads[] = {
	    {{"Stück", "items"}, {11, 10}},
	    {{"früher", "earlier"}, {11, 10}},
	    {{"später", "later"}, {11, 10}},
	    {{"nie", "never"}, {10, 10}},
	    {{"gleich", "unchanged"}, {10, 10}},
	    {{"weiter", "forwarded"}, {10, 10}},
	    {{"warten", "held"}, {10, 10}},
	    {{"verdeckt", "redacted"}, {10, 10}},
	};

	(void)printf("    %-32s", "Datenart");
	for (size_t i = 0; i < COUNT_OF(heads); i++)
		(void)printf(" %*s", heads[i].width[t], heads[i].in[t]);
	(void)printf("\n");
}

static void print_effect(const json_t *effect, const char *title, enum tongue t)
{
	const json_t *rows = json_object_get(effect, "data"), *one;
	size_t i;

	if (!json_is_object(effect))
		return;
	(void)printf("  %s (%s):\n", title, operator_text(effect, "at"));
	print_heads(t);
	for (i = 0; (one = json_array_get(rows, i)) != NULL; i++)
		print_counts(operator_text(one, "datenart"), one);
	print_counts(SAY(t, "zusammen", "in all"),
		     json_object_get(effect, "total"));
}

/* --- versions ------------------------------------------------------------- */

void versions_print_line(const json_t *version, enum tongue t)
{
	(void)printf("%s  %s, Version %lld: %s\n", operator_text(version, "id"),
		     operator_text(version, "name"),
		     (long long)operator_number(version, "version"),
		     state_words(operator_text(version, "state"), t));
}

static void print_shortens(const json_t *version, enum tongue t)
{
	if (json_is_true(json_object_get(version, "shortens")))
		(void)printf("  %s\n",
			     SAY(t,
				 "kann die Aufbewahrung verkürzen: wartet nach "
				 "der Genehmigung und wird dann neu gezählt",
				 "may shorten retention: waits after the "
				 "approval and is counted again then"));
}

void versions_print(const json_t *version, enum tongue t)
{
	const json_t *shadow = json_object_get(version, "shadow");

	versions_print_line(version, t);
	(void)printf("  BLAKE2b %s\n", operator_text(version, "digest"));
	print_shortens(version, t);
	print_times(version, t);
	if (json_is_object(shadow))
		(void)printf(SAY(t, "  beobachtet: %s bis %s\n",
				 "  watches: %s to %s\n"),
			     operator_text(shadow, "from"),
			     operator_text(shadow, "until"));
	print_effect(json_object_get(version, "effect"),
		     SAY(t, "Wirkung auf das Archiv", "effect on the archive"),
		     t);
	print_effect(json_object_get(version, "recount"),
		     SAY(t, "vor dem Inkrafttreten neu gezählt",
			 "counted again before it took effect"),
		     t);
}

void versions_print_list(const json_t *answer, enum tongue t)
{
	const json_t *list = json_object_get(answer, "versions"), *one;
	const json_t *file = json_object_get(answer, "file");
	size_t i;

	for (i = 0; (one = json_array_get(list, i)) != NULL; i++) {
		versions_print_line(one, t);
		print_times(one, t);
	}
	if (json_is_true(json_object_get(answer, "more")))
		(void)printf("%s\n",
			     SAY(t, "(es gibt mehr)", "(there are more)"));
	if (json_is_false(json_object_get(file, "in_force")))
		(void)printf(SAY(t,
				 "\npolicy.yaml (Version %lld) ist nicht das "
				 "Regelwerk in Kraft; `postern policy propose` "
				 "schlägt sie vor.\n",
				 "\npolicy.yaml (version %lld) is not the "
				 "policy in force; `postern policy propose` "
				 "proposes it.\n"),
			     (long long)operator_number(file, "version"));
}

/* --- shadow --------------------------------------------------------------- */

static const char *what_words(const char *what, enum tongue t)
{
	static const struct word all[] = {
	    {"outcome", {"was aus ihr wird", "what becomes of it"}},
	    {"datenart", {"Datenart", "Datenart"}},
	    {"person", {"wie die Person heißt", "how the person is named"}},
	    {"says", {"was geantwortet wird", "what is answered"}},
	    {"media", {"Anhang", "attachment"}},
	    {"reply", {"Antwort des Helpdesks", "reply of the helpdesk"}},
	};

	return word_of(all, COUNT_OF(all), what, t);
}

void versions_print_shadow(const json_t *answer, enum tongue t)
{
	const json_t *list = json_object_get(answer, "differs"), *one;
	size_t i;

	if (!is_there(answer, "until")) {
		(void)printf("%s\n", SAY(t, "Die Fassung hat nie beobachtet.",
					 "The version never watched."));
		return;
	}
	(void)printf(SAY(t, "Version %lld, beobachtet %s bis %s%s\n",
			 "Version %lld, watches %s to %s%s\n"),
		     (long long)operator_number(answer, "version"),
		     operator_text(answer, "from"),
		     operator_text(answer, "until"),
		     json_is_true(json_object_get(answer, "watching"))
			 ? ""
			 : SAY(t, " (zu Ende)", " (over)"));
	(void)printf(SAY(t,
			 "%lld Nachrichten und Antworten gesehen; anders "
			 "gewesen wären:\n",
			 "%lld messages and replies seen; these would have "
			 "been treated otherwise:\n"),
		     (long long)operator_number(answer, "seen"));
	for (i = 0; (one = json_array_get(list, i)) != NULL; i++)
		(void)printf("  %8lld  %s, %s: %s → %s (%s)\n",
			     (long long)operator_number(one, "n"),
			     operator_text(one, "channel"),
			     what_words(operator_text(one, "what"), t),
			     operator_text(one, "was"),
			     operator_text(one, "would"),
			     operator_text(one, "rule"));
	if (json_array_size(list) == 0)
		(void)printf("  %s\n", SAY(t, "keine", "none"));
}
