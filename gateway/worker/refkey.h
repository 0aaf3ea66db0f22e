/* refkey.h - the longer keys of provider ids that only receive needs: the
 * texts of ref.h with more parts, for events without an id of their own. */
#ifndef POSTERN_WORKER_REFKEY_H
#define POSTERN_WORKER_REFKEY_H

#include <stddef.h>
#include <stdint.h>

#include "postern/channel.h"
#include "postern/keeper.h"
#include "postern/settings.h"
#include "ref.h"

/* The account a channel's ids belong to: the settings value that must equal
 * event.account, or the channel's own name where payloads name none. */
const char *refkey_account(const struct settings_channel *conf,
			   const struct channel_driver *driver);
/* Adds the index of the parts, joined with 0x1f (a NULL part is empty); gives
 * its slot.  Two parts give what ref_add gives.  Longer than an address may
 * be: a hash of the parts takes their place. */
size_t refkey_add(struct keeper_batch *b, const char *const *parts,
		  size_t parts_len);
/* The key after keeper_run. */
int refkey_get(const struct keeper_batch *b, size_t slot,
	       uint8_t ret[REF_HASH_BYTES], struct err *err);

#endif
