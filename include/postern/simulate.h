/* simulate.h - what two policies do with one item of the archive.
 *
 * Pure.  An item is what is stored and goes by a rule of its own: a message,
 * an attachment, a body that could not be understood.  Nothing of what it
 * says is known here: what depends on that is taken from what was written
 * down when it came. */
#ifndef POSTERN_SIMULATE_H
#define POSTERN_SIMULATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"
#include "postern/name.h"
#include "postern/policy.h"
#include "postern/zone.h"

enum simulate_side { SIMULATE_BEFORE, SIMULATE_AFTER, SIMULATE_SIDES };

/* --- the end of an item --------------------------------------------------- */

/* Days on which its start events were; where one was not, the period is
 * counted as if it were on otherwise. */
struct policy_starts {
	struct maybe_day at[POLICY_STARTS];
	int64_t otherwise;
};
struct policy_due {
	bool is;    /* else it has no end: no rule, or after the year 9999 */
	bool waits; /* its start event did not come yet */
	struct retention r;
};
/* By the rule of its Datenart; all policies agree on what that means. */
void policy_due(const struct policy_rule *rule,
		const struct policy_starts *starts, struct policy_due *ret);

/* --- one item ------------------------------------------------------------- */

struct simulate_item {
	struct name channel;
	struct name datenart; /* as it was filed: it keeps that */
	struct name tag;      /* of its conversation; "" none */
	int64_t received_ms;
	int64_t closed_ms; /* of its conversation; 0 not closed */
	bool holds;	   /* there is something left to go */
	bool restricted;   /* Art. 18 GDPR: then it does not go */
	/* A message that came in, so that it can be decided once more: */
	bool came;
	bool taken_back;	      /* before it came: told to nobody */
	bool consent[SIMULATE_SIDES]; /* was valid, of what the channel asks */
	unsigned int found; /* 1 << enum policy_find: what its text had */
};

/* What becomes of a message that comes in. */
enum simulate_outcome {
	SIMULATE_FORWARDED,
	SIMULATE_REDUCED, /* forwarded without what it says */
	SIMULATE_HELD,	  /* until a consent is given */
	SIMULATE_KEPT,	  /* stored, forwarded to nobody */
	SIMULATE_REFUSED, /* not stored */
	SIMULATE_ASIDE,	  /* put aside unread */
	SIMULATE_OUTCOMES,
};
/* "forwarded", "reduced", "held", "kept", "refused", "aside". */
extern const char *const simulate_outcome_names[SIMULATE_OUTCOMES];

enum simulate_fate {
	SIMULATE_UNCHANGED,
	SIMULATE_EARLIER,
	SIMULATE_LATER,
	SIMULATE_NEVER, /* had an end and has none now */
	SIMULATE_FATES,
};
/* "unchanged", "earlier", "later", "never". */
extern const char *const simulate_fate_names[SIMULATE_FATES];

#define SIMULATE_NO_DAY INT64_MAX
struct simulate_verdict {
	/* Of an item that holds something: */
	enum simulate_fate fate;
	int64_t goes[SIMULATE_SIDES]; /* day, or SIMULATE_NO_DAY */
	bool waits[SIMULATE_SIDES];   /* that day is as if it began to count
				       * when the new policy takes effect */
	/* Of a message that came in: */
	enum simulate_outcome outcome[SIMULATE_SIDES];
	bool redacted[SIMULATE_SIDES];
	bool refiled; /* would be of another Datenart */
};

/* --- two policies --------------------------------------------------------- */

/* What the settings say of a channel. */
struct simulate_channel {
	struct name name;
	struct name helpdesk; /* "" no route */
	enum policy_mechanism mechanism;
};

struct simulate_conf {
	/* Borrowed until simulate_free(). */
	const struct policy *policy[SIMULATE_SIDES];
	const struct zone *zone; /* of the controller; NULL: UTC */
	int64_t today;
	int64_t from; /* day the new policy takes effect, today or later */
	const struct simulate_channel *channels; /* copied */
	size_t channels_len;
};

struct simulate;
/*
 * simulate_new - two policies and the day one takes over from the other.
 *
 * Returns 0, or -1 with ERR_NOMEM.
 */
int simulate_new(const struct simulate_conf *conf, struct simulate **ret,
		 struct err *err);
void simulate_free(struct simulate **s);

/* What an item's channel asks for, where first contact needs a consent; NULL:
 * item->consent of that side does not matter. */
const struct name *simulate_asks(struct simulate *s, enum simulate_side side,
				 const struct name *channel);

/*
 * simulate_judge - what both policies do with an item.
 *
 * The day an item goes is the first one from today on (of the new policy: from
 * the day on that it takes effect) on which the rule says so.  What has gone by
 * then goes unchanged.
 *
 * Returns 0, or -1: more names than any archive has (ERR_INPUT), ERR_NOMEM.
 */
int simulate_judge(struct simulate *s, const struct simulate_item *item,
		   struct simulate_verdict *ret, struct err *err);

/* --- counted -------------------------------------------------------------- */

struct simulate_counts {
	/* Of what came in during the month: */
	int64_t items;
	int64_t fates[SIMULATE_FATES]; /* together: items */
	int64_t waiting;	       /* no start event yet, by the new rule */
	int64_t came;		       /* messages that came in */
	int64_t outcomes[SIMULATE_SIDES][SIMULATE_OUTCOMES];
	int64_t redacted[SIMULATE_SIDES];
	int64_t refiled;
	/* Of what goes in it, whenever it came; not what waits: */
	int64_t goes[SIMULATE_SIDES];
};

struct simulate_row {
	struct name datenart, channel;
	int32_t year;
	uint32_t month; /* from 1; local to the controller */
	struct simulate_counts counts;
};

#define SIMULATE_ROWS_MAX 50000
/* Adds to the row of its Datenart, channel and month.  -1: ERR_NOMEM, or more
 * rows than SIMULATE_ROWS_MAX (ERR_INPUT). */
int simulate_count(struct simulate *s, const struct simulate_item *item,
		   const struct simulate_verdict *verdict, struct err *err);
/* Before reading: in order of Datenart, channel, month.  -1: ERR_NOMEM. */
int simulate_sort(struct simulate *s, struct err *err);
/* False past the end. */
bool simulate_row_at(const struct simulate *s, size_t i,
		     struct simulate_row *ret);
void simulate_add(struct simulate_counts *to,
		  const struct simulate_counts *more);

/* --- what cannot be told without opening what people wrote -----------------
 */

enum simulate_limit {
	SIMULATE_LIMIT_WORDS,	 /* words that choose a Datenart differ */
	SIMULATE_LIMIT_PATTERNS, /* shapes of its own differ */
	SIMULATE_LIMIT_CONSENT,	 /* asks for a consent nobody was asked for */
	SIMULATE_LIMITS,
};
/* "words", "patterns", "consent". */
extern const char *const simulate_limit_names[SIMULATE_LIMITS];
/* Does it hold for a channel of the new policy? */
bool simulate_limited(const struct simulate *s, enum simulate_limit limit,
		      const struct name *channel);

#endif
