/* verb_sweep.c - `postern sweep ...`: what goes because its time is over. */
#include "api/operator.h"
#include "policy_verbs/options.h"

static void print_clock(const json_t *answer)
{
	(void)printf("The clock is %s: %s, trusted so far: %s.\n",
		     operator_text(answer, "clock"),
		     operator_text(answer, "now"),
		     operator_text(answer, "trusted"));
}

static int confirm_clock(const struct verb_args *args)
{
	const struct operator_call call = {.method = "POST",
					   .path = "/v1/clock/confirm"};

	if (args->argc != 0)
		return operator_usage("sweep confirm-clock");
	return operator_show(args, &call, print_clock);
}

static const struct subverb verbs[] = {
    {"confirm-clock", confirm_clock, ""},
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

int verb_sweep(const struct verb_args *args)
{
	return subverb_run(args, "sweep", verbs, VERBS);
}

void verb_sweep_usage(FILE *out)
{
	subverb_usage(out, "sweep", verbs, VERBS);
}
