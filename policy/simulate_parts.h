/* simulate_parts.h - what the files of the simulation share. */
#ifndef POSTERN_POLICY_SIMULATE_PARTS_H
#define POSTERN_POLICY_SIMULATE_PARTS_H

#include "postern/simulate.h"

#define MOMENTS 2 /* enum redact_moment */

struct seen_datenart {
	struct name name;
	bool has[SIMULATE_SIDES];
	struct policy_rule rule[SIMULATE_SIDES];
};

struct seen_channel {
	struct simulate_channel is; /* as the settings say today */
	struct name data;	    /* where the old policy files by itself */
	bool files, asks[SIMULATE_SIDES];
	struct name purpose[SIMULATE_SIDES];
	unsigned int finds[SIMULATE_SIDES][MOMENTS]; /* 1 << policy_find */
};

/* A decision that was made before. */
struct decided {
	enum simulate_outcome outcome;
	bool sees_text;
	struct name datenart;
};
struct decided_before {
	bool is, consent;
	size_t channel, filed;
	enum simulate_side side;
	struct decided decided;
};
#define DECIDED_SLOTS 1024 /* a power of two */

struct simulate_cell {
	size_t datenart, channel;
	int32_t month; /* 12 * year + month - 1 */
	struct simulate_counts counts;
};

struct simulate {
	struct simulate_conf conf;
	struct simulate_channel *channels_conf;
	struct seen_datenart *datenarten;
	size_t datenarten_len, datenarten_size;
	struct seen_channel *channels;
	size_t channels_len, channels_size;
	struct decided_before decided[DECIDED_SLOTS];
	/* The last day that was asked for: messages come in order. */
	int64_t day, day_from_ms, day_to_ms;
	/* simulate_table.c */
	struct simulate_cell *cells;
	size_t cells_len, cells_size;
	uint32_t *slots; /* cell + 1; 0 free; a power of two */
	size_t slots_size;
	uint32_t *order; /* NULL: not sorted */
};

/* Indexes by name; -1: ERR_NOMEM or ERR_INPUT. */
int simulate_datenart(struct simulate *s, const struct name *name, size_t *ret,
		      struct err *err);
int simulate_channel(struct simulate *s, const struct name *name, size_t *ret,
		     struct err *err);
/* The controller's date of a point in time. */
int64_t simulate_day(struct simulate *s, int64_t at_ms);
void simulate_table_free(struct simulate *s);

#endif
