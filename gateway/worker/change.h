/* change.h - what becomes of a text its sender changed or took back, as
 * on_edit and on_delete of its channel say.
 *
 * forget	nothing of it is left
 * mask		it stays sealed until its rule ends, and nobody is shown it:
 *		state masked
 * keep		it stays under a named basis as another Datenart: state kept
 *
 * What a hold is over is masked where it would be forgotten.
 *
 * Of an edit this concerns the old text, which gets a row of its own (kind
 * version, outcome MSG_KEPT; table message_version); the message itself has
 * the new one. */
#ifndef POSTERN_WORKER_CHANGE_H
#define POSTERN_WORKER_CHANGE_H

#include "inbound.h"

/* While the batch is planned; s->target, s->key and s->conversation are
 * known.  Seals the new text, and the old one where it stays.  Errors: the
 * store's; ERR_BUSY: the keeper is away. */
int change_plan_edit(struct batch *b, struct step *s, struct err *err);
int change_plan_delete(struct batch *b, struct step *s, struct err *err);
/* Of a message that was taken back before it came. */
int change_plan_tombstoned(struct batch *b, struct step *s, struct err *err);

/* While the batch is written; the helpdesk is told. */
int change_write_version(struct batch *b, const struct step *s,
			 struct err *err);
int change_mask(struct batch *b, int64_t message, struct err *err);
int change_keep(struct batch *b, const struct step *s, size_t i,
		struct err *err);

#endif
