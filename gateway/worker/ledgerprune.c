/* ledgerprune.c - when entries are old enough, and that they are looked for
 * now and then. */
#include "ledgerprune.h"

#include "postern/caldate.h"
#include "postern/ledger.h"
#include "postern/log.h"
#include "postern/period.h"
#include "sweepclock.h"

#define LOOK_MS	    60000
#define MAX	    4096
#define GIVEN_UP_MS (24 * 60 * 60 * (int64_t)1000)

/* Has a day that long ago been kept for the whole period? */
static bool over(int64_t day, const struct period *keep, int64_t today)
{
	int64_t end;

	return caldate_add(day, keep, &end) && end <= today;
}

int64_t ledgerprune_before(const char *keep, int64_t now_ms)
{
	const int64_t today = caldate_local(NULL, now_ms);
	int64_t low = CALDATE_MIN, high = today;
	struct period period;

	if (!period_parse(keep, &period) || !over(low, &period, today))
		return INT64_MIN;
	/* Later days end later: the last one that is over. */
	while (low < high) {
		int64_t middle = high - (high - low) / 2;

		if (over(middle, &period, today))
			low = middle;
		else
			high = middle - 1;
	}
	return caldate_begins_ms(NULL, low);
}

int ledgerprune_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct ledger_cut cut = {.now_ms = worker_now(w), .max = MAX};
	uint64_t gone = 0;
	bool left = false, good = false;

	if (w->ledger == NULL || worker_boot(w) < w->prune_boot_ms)
		return 0;
	w->prune_boot_ms = worker_boot(w) + LOOK_MS;
	if (sweepclock_good(w, &good, err) != 0)
		return -1;
	if (!good)
		return 0;
	cut.before_ms =
	    ledgerprune_before(w->settings->ledger.keep, cut.now_ms);
	if (cut.before_ms == INT64_MIN)
		return 0;
	if (ledger_prune(w->store, &cut, &gone, &left, err) != 0) {
		/* Evidence stays; that it is there is no reason to stop. */
		if (err->kind != ERR_CORRUPT)
			return -1;
		LOG(LOG_LEVEL_ERROR, "ledger.not_pruned", LOG_ERR(err));
		w->prune_boot_ms = worker_boot(w) + GIVEN_UP_MS;
		return 0;
	}
	if (gone > 0)
		LOG(LOG_LEVEL_INFO, "ledger.pruned",
		    LOG_NUM("entries", (int64_t)gone));
	if (left)
		w->prune_boot_ms = 0;
	*ret_moved = *ret_moved || left;
	return 0;
}
