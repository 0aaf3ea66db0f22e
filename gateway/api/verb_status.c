/* verb_status.c - `postern status`. */
#include "operator.h"

static void print_outbox(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "outbox"), *one;
	size_t i;

	if (json_array_size(list) == 0) {
		(void)printf("outbox       empty\n");
		return;
	}
	for (i = 0; (one = json_array_get(list, i)) != NULL; i++)
		(void)printf("%-12s %s %s: %lld waiting, %lld unknown,"
			     " %lld dead\n",
			     i == 0 ? "outbox" : "", operator_text(one, "kind"),
			     operator_text(one, "destination"),
			     (long long)operator_number(one, "waiting"),
			     (long long)operator_number(one, "unknown"),
			     (long long)operator_number(one, "dead"));
}

/* Nobody may overlook it: somebody was shown another log than somebody else. */
static const char *witness_means(const char *state)
{
	static const struct {
		const char *state, *means;
	} rows[] = {
	    {"new", "has signed nothing yet"},
	    {"signs", "signs"},
	    {"away", "does not answer"},
	    {"refuses", "refuses: its key or its list of logs is another"},
	    {"forgot", "FORGOT what it signed: its folder was taken back"},
	    {"split", "SAW ANOTHER HISTORY of this log: possible split view"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].state, state) == 0)
			return rows[i].means;
	return state;
}

static void print_witnesses(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "witnesses"), *one;
	size_t i;

	for (i = 0; (one = json_array_get(list, i)) != NULL; i++)
		(void)printf("witness      %s %s (signed %lld entries, %lld "
			     "missing)\n",
			     operator_text(one, "name"),
			     witness_means(operator_text(one, "state")),
			     (long long)operator_number(one, "size"),
			     (long long)operator_number(one, "missing"));
}

static void print_processes(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "processes"), *one;
	size_t i;

	for (i = 0; (one = json_array_get(list, i)) != NULL; i++)
		(void)printf("%-12s %s %s, up %lld s, started %lld times\n",
			     operator_text(one, "name"),
			     operator_text(one, "version"),
			     operator_text(one, "state"),
			     (long long)operator_number(one, "uptime_s"),
			     (long long)operator_number(one, "starts"));
}

static void print_ledger(const json_t *answer)
{
	const json_t *log = json_object_get(answer, "ledger");
	const char *at = json_string_value(json_object_get(log, "signed_at"));

	(void)printf("proof log    %lld entries, %lld signed%s%s%s\n",
		     (long long)operator_number(log, "entries"),
		     (long long)operator_number(log, "signed_size"),
		     at != NULL ? " at " : "", at != NULL ? at : "",
		     json_is_true(json_object_get(log, "compared"))
			 ? ""
			 : "; not compared with the keeper yet");
}

static void print_alarms(const json_t *answer)
{
	json_t *alarms = json_object_get(answer, "alarms"), *n;
	const char *kind;

	json_object_foreach(alarms, kind, n)(void)
	    printf("ALARM        %s (%lld): postern alarms\n", kind,
		   (long long)json_integer_value(n));
}

static void print_status(const json_t *answer)
{
	const json_t *keeper = json_object_get(answer, "keeper");
	const json_t *policy = json_object_get(answer, "policy");
	const json_t *counters = json_object_get(answer, "counters");
	const char *reason =
	    json_string_value(json_object_get(keeper, "reason"));
	bool ready = json_is_true(json_object_get(answer, "ready"));

	(void)printf("ready        %s%s%s\n", ready ? "yes" : "no (",
		     ready ? "" : operator_text(answer, "reason"),
		     ready ? "" : ")");
	(void)printf("policy       %s, version %lld\n",
		     operator_text(policy, "name"),
		     (long long)operator_number(policy, "version"));
	print_alarms(answer);
	print_processes(answer);
	(void)printf("keys         %s, %lld data keys%s%s\n",
		     operator_text(keeper, "state"),
		     (long long)operator_number(keeper, "data_keys"),
		     reason != NULL ? ": " : "", reason != NULL ? reason : "");
	(void)printf("spool        %lld bytes not yet in the archive\n",
		     (long long)operator_number(answer, "backlog_bytes"));
	(void)printf("quarantine   %lld\n",
		     (long long)operator_number(answer, "quarantined"));
	(void)printf("attachments  %lld to be fetched\n",
		     (long long)operator_number(answer, "media_wanted"));
	print_outbox(answer);
	print_ledger(answer);
	print_witnesses(answer);
	(void)printf("since start  %lld received, %lld delivered, %lld sent\n",
		     (long long)operator_number(counters, "messages_stored"),
		     (long long)operator_number(counters, "delivered"),
		     (long long)operator_number(counters, "sent"));
}

int verb_status(const struct verb_args *args)
{
	const struct operator_call call = {.method = "GET",
					   .path = "/v1/status"};

	if (args->argc > 0)
		return operator_usage("status");
	return operator_show(args, &call, print_status);
}
