/* simulator_print.c - the counts of a simulation, in words. */
#include <string.h>

#include "api/operator.h"
#include "options.h"
#include "simulator.h"

#define SAY(t, de, en) ((t) == TONGUE_EN ? (en) : (de))

static long long number(const json_t *row, const char *member)
{
	return (long long)operator_number(row, member);
}

static long long before(const json_t *row, const char *member)
{
	return number(json_object_get(row, "old"), member);
}

static long long after(const json_t *row, const char *member)
{
	return number(json_object_get(row, "new"), member);
}

/* --- the whole ------------------------------------------------------------ */

static void print_head(const json_t *v, enum tongue t)
{
	const json_t *old = json_object_get(v, "old");
	const json_t *new = json_object_get(v, "new");

	(void)printf(
	    SAY(t,
		"Regelwerk %s, Version %lld → %s, Version %lld, in Kraft "
		"ab %s\n",
		"Policy %s, version %lld → %s, version %lld, in force "
		"from %s\n"),
	    operator_text(old, "name"), number(old, "version"),
	    operator_text(new, "name"), number(new, "version"),
	    operator_text(v, "from"));
	(void)printf(SAY(t,
			 "%lld Einträge angesehen in %lld ms; kein Inhalt "
			 "wurde geöffnet.\n\n",
			 "%lld items looked at in %lld ms; no content was "
			 "opened.\n\n"),
		     number(v, "looked_at"), number(v, "took_ms"));
}

static void print_change(const json_t *total, const char *member,
			 const char *words)
{
	(void)printf("  %-42s %10lld → %lld\n", words, before(total, member),
		     after(total, member));
}

static void print_total(const json_t *v, enum tongue t)
{
	const json_t *total = json_object_get(v, "total");
	static const struct {
		const char *member, *in[2];
	} ends[] =
	    {
		{"items", {"Einträge mit Inhalt", "items that hold something"}},
		{"earlier", {"gehen früher", "go earlier"}},
		{"later", {"gehen später", "go later"}},
		{"never", {"gehen nicht mehr", "never go any more"}},
		{"unchanged", {"gehen wie bisher", "go as before"}},
		{"waiting",
		 {"ihre Frist läuft noch nicht",
		  "their period does not run yet"}},
		{"came", {"eingegangene Nachrichten", "messages that came in"}},
		{"refiled",
		 {"bekämen eine andere Datenart",
		  "would be of another Datenart"}},
	    },
	  changes[] = {
	      {"forwarded", {"weitergegeben", "forwarded"}},
	      {"reduced",
	       {"ohne Inhalt weitergegeben", "forwarded without content"}},
	      {"held", {"zurückgehalten", "held back"}},
	      {"kept", {"nur gespeichert", "stored only"}},
	      {"refused", {"nicht gespeichert", "not stored"}},
	      {"aside", {"ungelesen beiseite gelegt", "put aside unread"}},
	      {"redacted", {"unkenntlich gemacht", "redacted"}},
	  };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		(void)printf("  %10lld %s\n", number(total, ends[i].member),
			     ends[i].in[t]);
	(void)printf("\n%s\n", SAY(t, "Was mit ihnen geschähe, alt → neu:",
				   "What would be done with them, old → new:"));
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++)
		print_change(total, changes[i].member, changes[i].in[t]);
}

/* --- by Datenart, channel and month --------------------------------------- */

static bool is_new(const json_t *row, const json_t *last, const char *member)
{
	return last == NULL || strcmp(operator_text(row, member),
				      operator_text(last, member)) != 0;
}

static void print_pair(const json_t *row, const char *member)
{
	char text[48];

	(void)snprintf(text, sizeof(text), "%lld/%lld", before(row, member),
		       after(row, member));
	(void)printf(" %13s", text);
}

static void print_row(const json_t *row, const json_t *last, enum tongue t)
{
	static const char *const ends[] = {"items", "earlier", "later",
					   "never"};
	static const char *const pairs[] = {"forwarded", "held", "redacted",
					    "goes"};

	if (is_new(row, last, "datenart") || is_new(row, last, "channel"))
		(void)printf(SAY(t, "\nDatenart %s, Kanal %s\n",
				 "\nDatenart %s, channel %s\n"),
			     operator_text(row, "datenart"),
			     operator_text(row, "channel"));
	(void)printf("  %s", operator_text(row, "month"));
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		(void)printf(" %9lld", number(row, ends[i]));
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		print_pair(row, pairs[i]);
	(void)printf("\n");
}

static void print_rows(const json_t *v, enum tongue t)
{
	const json_t *rows = json_object_get(v, "rows"), *last = NULL;

	(void)printf(
	    "\n%s\n%s\n",
	    SAY(t,
		"Nach Monat des Eingangs; alt/neu. Die letzte Spalte zählt, "
		"was in dem Monat geht.",
		"By month of receipt; old/new. The last column counts what "
		"goes in that month."),
	    SAY(t,
		"  Monat    Einträge    früher    später       nie "
		"weitergegeben   zurückgeh.    unkenntl.         gehen",
		"  month       items   earlier     later     never     "
		"forwarded          held      redacted          goes"));
	for (size_t i = 0; i < json_array_size(rows); i++) {
		print_row(json_array_get(rows, i), last, t);
		last = json_array_get(rows, i);
	}
}

/* --- what cannot be counted ----------------------------------------------- */

static void print_limit(const json_t *one, enum tongue t)
{
	static const struct {
		const char *limit, *in[2];
	} all[] = {
	    {"words",
	     {"andere Wörter bestimmen die Datenart. Gezählt ist, was die "
	      "bisherigen fanden; Inhalte werden nicht geöffnet.",
	      "other words choose the Datenart. Counted is what the old ones "
	      "found; no content is opened."}},
	    {"patterns",
	     {"andere eigene Muster. Gezählt ist, worin die bisherigen etwas "
	      "fanden.",
	      "other patterns of your own. Counted is where the old ones found "
	      "something."}},
	    {"consent",
	     {"es wird nach einer Einwilligung gefragt, nach der bisher "
	      "niemand gefragt wurde. Gezählt ist, als hätte niemand "
	      "geantwortet.",
	      "a consent is asked for that nobody was asked for so far. "
	      "Counted is as if nobody had answered."}},
	};
	const char *limit = operator_text(one, "limit");

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(all[i].limit, limit) == 0)
			(void)printf("%s %s: %s\n", SAY(t, "Kanal", "Channel"),
				     operator_text(one, "channel"),
				     all[i].in[t]);
}

static void print_limits(const json_t *v, enum tongue t)
{
	const json_t *limits = json_object_get(v, "limits");

	for (size_t i = 0; i < json_array_size(limits); i++) {
		(void)printf("%s", i == 0 ? "\n" : "");
		print_limit(json_array_get(limits, i), t);
	}
}

int simulator_print(const json_t *answer, enum tongue tongue)
{
	print_head(answer, tongue);
	print_total(answer, tongue);
	print_rows(answer, tongue);
	print_limits(answer, tongue);
	return printed();
}
