/* simulate_scan.h - the items of the archive, taken through two policies.
 *
 * In slices: between two of them the loop of the worker does its other work,
 * and no read keeps the log of writes from being taken back.  Reads rows only;
 * nothing sealed is opened.  Memory does not follow the archive. */
#ifndef POSTERN_LIFECYCLE_SIMULATE_SCAN_H
#define POSTERN_LIFECYCLE_SIMULATE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/settings.h"
#include "postern/simulate.h"
#include "postern/store.h"

struct simulate_scan_conf { /* all borrowed until simulate_scan_close() */
	struct store *st;
	const struct policy *before, *after;
	const struct settings *settings; /* routes, providers; NULL: none */
	const struct zone *zone;
	int64_t now_ms;
	int64_t from; /* day; today if it is before that */
};

struct simulate_scan;
int simulate_scan_open(const struct simulate_scan_conf *conf,
		       struct simulate_scan **ret, struct err *err);
void simulate_scan_close(struct simulate_scan **s);
/* All is read: gives back what only reading needed. */
void simulate_scan_rest(struct simulate_scan *s);
/* The rows counted so far, where simulate_count() is the sink. */
struct simulate *simulate_scan_table(struct simulate_scan *s);

/* Told of every item.  Returns 0 to go on. */
typedef int simulate_sink(void *ctx, const struct simulate_item *item,
			  const struct simulate_verdict *verdict,
			  struct err *err);
/*
 * simulate_scan_step - the next items, by the order of their ids.
 *
 *   reached	0 to begin with; the id up to which all is done
 *   last	the id at which it ends
 *   most	rows of each table at most
 *
 * On failure *reached stays; the sink may have been told of items beyond it.
 * Returns 0, or -1 with what the store or the sink said.
 */
int simulate_scan_step(struct simulate_scan *s, int64_t *reached, int64_t last,
		       size_t most, simulate_sink *sink, void *ctx,
		       struct err *err);
/* The ids of the first and the last item; both 0: there is none. */
int simulate_scan_ends(struct store *st, int64_t *ret_first, int64_t *ret_last,
		       struct err *err);

#endif
