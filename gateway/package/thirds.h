/* thirds.h - what others have a right to in a person's copy (Art. 15(4)
 * GDPR): their numbers and addresses in texts.
 *
 * The person's own are left as they are, as far as the archive knows them.  In
 * doubt it is masked, and the manifest says where. */
#ifndef POSTERN_PACKAGE_THIRDS_H
#define POSTERN_PACKAGE_THIRDS_H

#include <jansson.h>

#include "postern/redact.h"
#include "worker/worker.h"

struct thirds;
/* Reads and opens the addresses of the person, of today and before. */
int thirds_open(struct worker *w, int64_t person, struct thirds **ret,
		struct err *err);
void thirds_close(struct thirds **t); /* wipes */

/* The text as it may be handed out.  Appends to ret; *ret_found gets a bit
 * (1 << enum policy_find) for each kind that was taken out. */
int thirds_mask(struct thirds *t, const char *text, size_t len, struct buf *ret,
		unsigned int *ret_found, struct err *err);
/* A string or whatever has strings in it: takes the reference, gives a new
 * one; NULL: no memory. */
json_t *thirds_json(struct thirds *t, json_t *value, unsigned int *ret_found);
/* ["phone","email"] */
json_t *thirds_names(unsigned int found);

#endif
