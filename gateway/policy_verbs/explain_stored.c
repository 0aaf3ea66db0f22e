/* explain_stored.c - one stored message: what became of it, by which rule and
 * why; from the running instance. */
#include "api/operator.h"
#include "explain.h"
#include "options.h"
#include "show_one.h"

#define SAY(t, de, en) ((t) == TONGUE_EN ? (en) : (de))

static const char *in_tongue(const json_t *object, enum tongue t)
{
	return operator_text(json_object_get(object, "text"), tongue_code(t));
}

static const char *outcome_words(const char *outcome, enum tongue t)
{
	static const struct {
		const char *outcome, *in[2];
	} all[] = {
	    {"forwarded",
	     {"an den Helpdesk weitergegeben", "forwarded to the helpdesk"}},
	    {"reduced",
	     {"ohne Inhalt weitergegeben", "forwarded without its content"}},
	    {"held",
	     {"zurückgehalten, bis eingewilligt ist",
	      "held back until consent is given"}},
	    {"kept",
	     {"gespeichert, an niemanden weitergegeben",
	      "stored, forwarded to nobody"}},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i].outcome, outcome) == 0)
			return all[i].in[t];
	return SAY(t, "nicht festgehalten", "not on record");
}

static void print_policy(const json_t *policy, enum tongue t)
{
	const bool in_force = json_is_true(json_object_get(policy, "in_force"));

	(void)printf("%s: %s", SAY(t, "Regelwerk von damals", "Policy of then"),
		     operator_text(policy, json_is_string(json_object_get(
					       policy, "digest"))
					       ? "digest"
					       : "stamp"));
	if (json_is_integer(json_object_get(policy, "version")))
		(void)printf(", Version %lld",
			     (long long)operator_number(policy, "version"));
	(void)printf("%s\n", in_force ? SAY(t, " (in Kraft)", " (in force)")
				      : SAY(t, " (nicht mehr in Kraft)",
					    " (no longer in force)"));
}

static void print_due(const json_t *rule, enum tongue t)
{
	if (!json_is_string(json_object_get(rule, "started")))
		(void)printf(SAY(t,
				 "  Das Startereignis (%s) ist nicht "
				 "eingetreten oder nicht bekannt.\n",
				 "  The start event (%s) did not happen or is "
				 "not known.\n"),
			     operator_text(rule, "start"));
	else
		(void)printf(SAY(t,
				 "  Start (%s): %s; behalten bis %s, löschbar "
				 "ab %s.\n",
				 "  Start (%s): %s; kept through %s, erasable "
				 "from %s.\n"),
			     operator_text(rule, "start"),
			     operator_text(rule, "started"),
			     operator_text(rule, "last_day"),
			     operator_text(rule, "erase_from"));
}

static void print_rule(const json_t *answer, enum tongue t)
{
	const json_t *rule = json_object_get(answer, "rule");

	(void)printf(
	    "Datenart %s%s: ", operator_text(answer, "datenart"),
	    json_is_true(json_object_get(answer, "special"))
		? SAY(t, " (besondere Kategorie)", " (special category)")
		: "");
	if (!json_is_object(rule)) {
		(void)printf("%s\n",
			     SAY(t,
				 "das Regelwerk in Kraft hat keine Regel "
				 "dafür",
				 "the policy in force has no rule for "
				 "it"));
		return;
	}
	(void)printf("%s (policy.yaml:%lld).\n", in_tongue(rule, t),
		     (long long)operator_number(rule, "line"));
	print_due(rule, t);
}

/* The everyday reasons are not sealed with every message. */
static void print_why(const json_t *answer, enum tongue t)
{
	const json_t *why = json_object_get(answer, "why");
	const char *content = operator_text(answer, "content");

	if (strcmp(content, "erased") == 0) {
		(void)printf("%s\n", SAY(t, "Inhalt und Gründe sind gelöscht.",
					 "Content and reasons are erased."));
		return;
	}
	if (json_array_size(why) == 0) {
		(void)printf("%s\n",
			     SAY(t,
				 "Besondere Gründe sind nicht festgehalten: es "
				 "geschah, was der Kanal vorsieht.",
				 "No special reasons are on record: it went as "
				 "the channel provides."));
		return;
	}
	(void)printf("%s\n", SAY(t, "Warum:", "Why:"));
	for (size_t i = 0; i < json_array_size(why); i++) {
		const json_t *one = json_array_get(why, i);

		(void)printf("  %zu. %s\n     %s", i + 1, in_tongue(one, t),
			     operator_text(one, "code"));
		if (operator_number(one, "line") > 0)
			(void)printf(", policy.yaml:%lld\n",
				     (long long)operator_number(one, "line"));
		else
			(void)printf("%s\n",
				     SAY(t, ", fest eingebaut", ", built in"));
	}
}

static int print_words(const json_t *answer, enum tongue t)
{
	(void)printf(
	    "%s, %s %s, %s, %s\n", operator_text(answer, "message"),
	    SAY(t, "Kanal", "channel"), operator_text(answer, "channel"),
	    operator_text(answer, "kind"), operator_text(answer, "received"));
	if (strcmp(operator_text(answer, "direction"), "in") == 0)
		(void)printf(
		    "%s: %s\n", SAY(t, "Ergebnis", "Outcome"),
		    outcome_words(operator_text(answer, "outcome"), t));
	else
		(void)printf("%s: %s\n",
			     SAY(t, "Ausgehend, Stand", "Outgoing, state"),
			     operator_text(answer, "state"));
	print_policy(json_object_get(answer, "policy"), t);
	print_rule(answer, t);
	print_why(answer, t);
	return printed();
}

int explain_stored(const struct verb_args *args)
{
	return show_one(args,
			&(struct show_one){.prefix = "msg",
					   .before = "/v1/policy/explain/",
					   .behind = "",
					   .words = print_words});
}
