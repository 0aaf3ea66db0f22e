/* holdlog.h - DIR/holds.log: holds as they were placed and as they changed
 * (outlive.h).
 *
 *	hold ID SCOPE PERSON CONVERSATION CHANNEL DATENART FROM TO DIRECTION
 *	KIND TAGS WORDS YEAR STATE OWNER APPROVER PLACED APPROVED REVIEW
 *	RELEASED BY SEALED
 *
 * One line, columns of table hold (store/schema.h), "-" for NULL.  SEALED: hex
 * of what is under the hold's own key: who has that file alone reads neither
 * its words nor its reason.  The last line of a hold counts.
 *
 * One that is placed is on disk before it is committed; that it was approved,
 * looked at again or released is written after, so that what is not known to
 * be released goes on holding.
 *
 * Source: Art. 17(3)(e) GDPR; compliance 3.4. */
#ifndef POSTERN_WORKER_HOLDLOG_H
#define POSTERN_WORKER_HOLDLOG_H

#include "postern/buf.h"
#include "worker.h"

#define HOLD_LINE_MAX	(40u * 1024)
#define HOLD_SEALED_MAX (17u * 1024)

enum hold_field {
	HOLD_F_ID,
	HOLD_F_SCOPE,
	HOLD_F_PERSON,
	HOLD_F_CONVERSATION,
	HOLD_F_CHANNEL,
	HOLD_F_DATENART,
	HOLD_F_FROM,
	HOLD_F_TO,
	HOLD_F_DIRECTION,
	HOLD_F_KIND,
	HOLD_F_TAGS,
	HOLD_F_WORDS,
	HOLD_F_YEAR,
	HOLD_F_STATE,
	HOLD_F_OWNER,
	HOLD_F_APPROVER,
	HOLD_F_PLACED,
	HOLD_F_APPROVED,
	HOLD_F_REVIEW,
	HOLD_F_RELEASED,
	HOLD_F_BY,
	HOLD_FIELDS,
};
struct hold_line {
	struct {
		bool is; /* else NULL */
		int64_t number;
		char text[NAME_LEN_MAX + 1];
	} field[HOLD_FIELDS];
	struct buf sealed; /* len 0: none */
};
/* Pure.  One line with its end, nothing else.  ret is zeroed, or from an
 * earlier call; give ret->sealed back with buf_free(). */
bool hold_line_parse(const void *line, size_t len, struct hold_line *ret);
int hold_line_print(const struct hold_line *l, struct buf *ret,
		    struct err *err);

/* The row of this id, just inserted.  In its transaction. */
int hold_log_placed(struct worker *w, int64_t id, struct err *err);
/* A turn of the loop: rows that are not in it as they are now (logged 0).
 * Costs nothing while hold_changed() was not called. */
int hold_log_step(struct worker *w, bool *ret_moved, struct err *err);

struct hold_replayed {
	uint64_t placed, changed; /* rows that were added; lines that applied */
};
/* As restriction_log_replay(). */
int hold_log_replay(struct store *st, const char *dir,
		    struct hold_replayed *ret, struct err *err);

#endif
