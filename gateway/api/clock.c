/* clock.c - the clock that things are deleted by: how it is judged, and that
 * a person looked at it. */
#include "route.h"
#include "worker/prove.h"
#include "worker/sweepclock.h"

static int answer(struct worker *w, struct job *job, struct err *err)
{
	enum sweepclock_verdict verdict;
	int64_t day, floor_ms;

	if (sweepclock_today(w, &verdict, &day, err) != 0 ||
	    sweepclock_floor(w, &floor_ms, err) != 0)
		return -1;
	return job_json(job, 200,
			json_pack("{s:s, s:o, s:o}", "clock",
				  sweepclock_verdict_name(verdict), "now",
				  job_json_time(worker_now(w)), "trusted",
				  job_json_time(floor_ms)),
			err);
}

int api_clock_get(struct worker *w, struct job *job, struct err *err)
{
	return answer(w, job, err);
}

int api_clock_confirm(struct worker *w, struct job *job, struct err *err)
{
	const struct act act = {.event = LEDGER_CLOCK_CONFIRMED,
				.by = LEDGER_STAFF};

	if (sweepclock_confirm(w, err) != 0 || prove(w, &act, err) != 0)
		return -1;
	return answer(w, job, err);
}
