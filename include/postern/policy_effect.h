/* policy_effect.h - what another policy would do to the archive, in numbers.
 *
 * Counted from rows, never from what is sealed: no content, no persons.  The
 * same numbers are what `policy simulate` shows, what the approvals of a
 * proposed version are pinned to, and what is counted again before a shorter
 * rule takes effect.  Source: compliance 3.2, "Scheduler rules"; 9 R5, R8. */
#ifndef POSTERN_POLICY_EFFECT_H
#define POSTERN_POLICY_EFFECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/buf.h"
#include "postern/name.h"
#include "postern/policy.h"
#include "postern/settings.h"
#include "postern/store.h"
#include "postern/zone.h"

struct policy_effect_counts {
	/* What still holds something and goes by a rule: messages, attachments,
	 * bodies that could not be understood. */
	int64_t items;
	/* When they go, compared with the policy of before; each item is
	 * counted once, so that these four make up items. */
	int64_t earlier, later;
	int64_t never; /* had an end and would have none */
	int64_t unchanged;
	/* What the new policy would do with the messages that came in. */
	int64_t forwarded, held;
	int64_t redacted; /* something would be hidden of their text */
};

struct policy_effect_row { /* one Datenart */
	struct name datenart;
	struct policy_effect_counts counts;
};

/* Twice what one policy may have; what is beyond that shares the last row. */
#define POLICY_EFFECT_ROWS_MAX 256
struct policy_effect {
	int64_t at_ms; /* when it was counted, or as if it were */
	struct policy_effect_counts total;
	struct policy_effect_row rows[POLICY_EFFECT_ROWS_MAX]; /* by name */
	size_t rows_len;
};

/* --- counting: lifecycle/policy_count.c, for the verb and the worker -------
 */

struct policy_effect_ask {
	const struct policy *before, *after;
	const struct settings *settings; /* routes and providers of today;
					  * NULL: none */
	const struct zone *zone;	 /* of the controller; NULL: UTC */
	int64_t at_ms;			 /* when after takes over */
	int64_t now_ms;			 /* before that; 0: at_ms */
};

/*
 * policy_effect_count - what would change if after took the place of before.
 *
 *   reached	0 to begin with; then the last id that was counted.
 *   most	rows of a table looked at in this call, so that a loop with
 *		other work stays awake and memory flat; SIZE_MAX: all.
 *   effect	zeroed to begin with; added to.
 *   ret_done	there is none left.
 *
 * Reads rows only.  A period whose start has not come yet is judged as if it
 * came at at_ms.  How each item is judged: postern/simulate.h.  On failure
 * effect and reached are as before the call.
 *
 * Returns 0, or -1 with what the store said.
 */
int policy_effect_count(struct store *st, const struct policy_effect_ask *ask,
			int64_t *reached, size_t most,
			struct policy_effect *effect, bool *ret_done,
			struct err *err);

/* --- the numbers: lifecycle/policy_effect.c --------------------------------
 */

/* Adds to the row of a Datenart, which is made if need be, and to the total. */
void policy_effect_add(struct policy_effect *e, const struct name *datenart,
		       const struct policy_effect_counts *more);

/* Appends it as JSON: one way to write the same numbers.
 * {"at":"2026-11-22T03:00:00Z","total":{"items":1,"earlier":0,"later":0,
 * "never":0,"unchanged":1,"forwarded":1,"held":0,"redacted":0},
 * "data":[{"datenart":"MSG_SUPPORT","items":1,...}]} */
int policy_effect_print(const struct policy_effect *e, struct buf *ret,
			struct err *err);
/* The inverse, of what policy_effect_print() wrote only.  ERR_CORRUPT, or
 * ERR_NOMEM. */
int policy_effect_parse(const void *text, size_t len, struct policy_effect *ret,
			struct err *err);

/* BLAKE2b over that text. */
#define POLICY_EFFECT_DIGEST_BYTES 32
int policy_effect_digest(const struct policy_effect *e,
			 uint8_t ret[POLICY_EFFECT_DIGEST_BYTES],
			 struct err *err);

/* The first number that went up by more than tolerance percent. */
struct policy_effect_excess {
	const struct name *datenart; /* of now; NULL: the total */
	const char *figure;	     /* static: "earlier" or "never" */
	int64_t pinned, now;
};
/*
 * policy_effect_exceeds - is more at stake than those who approved it saw?
 *
 * What would go earlier, or never, is compared Datenart by Datenart and in
 * total.  Less than was approved is no harm: rows go by their old rules
 * meanwhile.
 */
bool policy_effect_exceeds(const struct policy_effect *pinned,
			   const struct policy_effect *now, int64_t tolerance,
			   struct policy_effect_excess *ret);

#endif
