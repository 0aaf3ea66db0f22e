/* item_inside.h - the parts of deleting a record, for each other only. */
#ifndef POSTERN_FORGET_ITEM_INSIDE_H
#define POSTERN_FORGET_ITEM_INSIDE_H

#include "item.h"

/* --- item_tell.c: whose helpdesk is told that they are over --------------- */

int expire(struct forgetting *f, int64_t conversation, int64_t message,
	   struct err *err);
/* All of it, in the transaction. */
int expire_tell(struct forgetting *f, struct err *err);

#endif
