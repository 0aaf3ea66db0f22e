/* restricted.h - whose data are stored and not to be erased (Art. 18 GDPR), for
 * who looks at very many: read once, then asked in memory.
 *
 * What is true now is worker/restriction.h's business. */
#ifndef POSTERN_LIFECYCLE_RESTRICTED_H
#define POSTERN_LIFECYCLE_RESTRICTED_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/store.h"

struct restricted;

/* Every restriction that is open.  -1: ERR_NOMEM, or the store's. */
int restricted_load(struct store *st, struct restricted **ret, struct err *err);
void restricted_free(struct restricted **r);
bool restricted_is(const struct restricted *r, int64_t person,
		   int64_t conversation);

#endif
