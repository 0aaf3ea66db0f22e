/* progress.c - how far it is, for whoever looks. */
#include <inttypes.h>
#include <unistd.h>

#include "ledger_verbs.h"

void ledger_meter_begin(struct ledger_meter *m, const char *what)
{
	*m = (struct ledger_meter){.what = what,
				   .showing = isatty(STDERR_FILENO) != 0};
}

void ledger_meter_show(struct ledger_meter *m, uint64_t done, uint64_t all)
{
	unsigned int percent =
	    all == 0 ? 100 : (unsigned int)((double)done * 100 / (double)all);

	if (!m->showing || percent == m->percent)
		return;
	m->percent = percent;
	(void)fprintf(stderr, "\r%s: %3u %%, %" PRIu64 " of %" PRIu64, m->what,
		      percent, done, all);
}

void ledger_meter_end(struct ledger_meter *m)
{
	if (m->showing && m->percent > 0)
		(void)fprintf(stderr, "\r%70s\r", "");
}
