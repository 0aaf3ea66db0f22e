/* mask.h - texts in answers, without what the policy of now takes out. */
#ifndef POSTERN_API_MASK_H
#define POSTERN_API_MASK_H

#include <jansson.h>

#include "worker/redaction.h"

/* A string as it is shown; takes text, gives what to put in its place.  What
 * is no string stays.  NULL: no memory. */
json_t *mask_json(struct redaction *r, json_t *text);
/* The names of all that is not in a message: those in content's "redacted",
 * and what was taken out with r since mask_begin(). */
void mask_begin(struct redaction *r);
json_t *mask_names(const struct redaction *r, const json_t *content);

#endif
