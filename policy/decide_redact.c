/* decide_redact.c - why something was taken out of a text. */
#include "decide.h"

void policy_took_out(struct policy_decision *d,
		     const struct policy_finder *finder,
		     enum redact_moment moment)
{
	if (moment == BEFORE_STORE)
		reason(d, "redact.store", finder->line, "Art. 5(1)(c) GDPR");
	else
		reason(d, "redact.forward", finder->line, "Art. 25(2) GDPR");
}
