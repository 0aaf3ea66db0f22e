/* figures.h - what status and metrics count, read in one go. */
#ifndef POSTERN_API_FIGURES_H
#define POSTERN_API_FIGURES_H

#include "job.h"

#define FIGURES_MAX (SETTINGS_CHANNELS_MAX + SETTINGS_HELPDESKS_MAX + 8)

struct figure { /* of one destination: configured names only */
	char kind[16];
	struct name destination;
	int64_t waiting, unknown, dead, oldest_ms;
};
struct figures {
	struct figure destinations[FIGURES_MAX];
	size_t len;
	int64_t quarantined, media_wanted;
	uint64_t backlog_bytes;
	struct {			       /* the proof log */
		uint64_t entries, signed_size; /* 0: nothing yet */
		int64_t signed_ms;
		bool compared; /* with what the keeper signed last */
	} ledger;
	bool keeper_away, ready, restoring;
	struct keeper_status keeper;
};

int figures_read(struct worker *w, struct figures *ret, struct err *err);
/* "ready", or a word for why not: "keeper.away", "keeper.locked",
 * "restoring", "spool". */
const char *figures_ready(const struct figures *f);

#endif
