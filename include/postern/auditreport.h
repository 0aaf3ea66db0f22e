/* auditreport.h - a period of the proof log as a paper for auditors, German
 * or English.
 *
 * Pure and without a clock: the same facts give the same bytes.  HTML is one
 * file that loads nothing and runs nothing.  The numbers are told beside the
 * measures of the standard data protection model they are evidence for. */
#ifndef POSTERN_AUDITREPORT_H
#define POSTERN_AUDITREPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/buf.h"
#include "postern/tongue.h"

#define AUDIT_EVENTS_MAX    128
#define AUDIT_WITNESSES_MAX 32
#define AUDIT_STAMPS_MAX    4096
#define AUDIT_DAYS_MAX	    3700 /* ten years and some */

struct audit_day {
	int64_t day;		  /* caldate.h, UTC */
	const uint64_t *of_event; /* as many as there are events */
	uint64_t checkpoints;
};
struct audit_witness {
	const char *name;
	uint64_t signed_; /* checkpoints of the period */
	int64_t last_ms;
	bool verified; /* with the key in the settings */
};
struct audit_stamp {
	uint64_t size;
	int64_t at_ms;
	bool good;	 /* verified with the root in the settings */
	const char *why; /* if not; NULL: no root is set */
};
struct audit_facts {
	const char *controller; /* "": not known */
	const char *origin, *root, *const *vkeys;
	size_t vkeys_len;
	int64_t from_day, to_day; /* inclusive */
	int64_t made_ms;
	uint64_t size;	  /* of the log, as signed */
	uint64_t entries; /* of the period */
	uint64_t first, last;
	uint64_t waiting, pruned;  /* not signed yet; before the first */
	const char *const *events; /* names, as in ledgerentry.h */
	size_t events_len;
	const struct audit_day *days; /* with entries or checkpoints, rising */
	size_t days_len;
	uint64_t checkpoints;
	int64_t gap_ms, gap_at_ms; /* longest time without one, and its start */
	const struct audit_witness *witnesses;
	size_t witnesses_len;
	const struct audit_stamp *stamps;
	size_t stamps_len;
};

/* ERR_INPUT: longer than ret may grow. */
int auditreport_page(const struct audit_facts *facts, enum tongue tongue,
		     struct buf *ret, struct err *err);

/* The measures an event is evidence for, "M60.S05 M60.S06"; NULL: none is
 * known. */
const char *auditreport_measures(const char *event);

#endif
