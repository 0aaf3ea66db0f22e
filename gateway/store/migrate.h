/* migrate.h - the steps between versions of the schema, one file each.
 *
 * A step runs in the caller's transaction and does not end it. */
#ifndef POSTERN_STORE_MIGRATE_H
#define POSTERN_STORE_MIGRATE_H

#include "postern/store.h"

/* Provider ids and the messages of conversations move from B-trees in random
 * order into sorted runs. */
int migrate_to_2(struct store *st, struct err *err);

/* Consent, notices, policy versions, figures. */
int migrate_to_3(struct store *st, struct err *err);
int migrate_to_4(struct store *st, struct err *err);
/* Requests, erasures, holds, packages. */
int migrate_to_5(struct store *st, struct err *err);

#endif
