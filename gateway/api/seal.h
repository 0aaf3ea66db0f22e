/* seal.h - one JSON value under a key of a person. */
#ifndef POSTERN_API_SEAL_H
#define POSTERN_API_SEAL_H

#include <jansson.h>

#include "job.h"

/* value is borrowed; its text is wiped.  *ret holds the bytes: keep it as long
 * as they are used, then keeper_batch_free. */
int seal_json(struct worker *w, const struct key_ref *key, int64_t record,
	      enum seal_field field, json_t *value, struct keeper_batch **ret,
	      const uint8_t **ret_bytes, size_t *ret_len, struct err *err);

#endif
