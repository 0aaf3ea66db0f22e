/* restored.h - whether a log came back from a backup, as it says itself. */
#ifndef POSTERN_VERIFY_RESTORED_H
#define POSTERN_VERIFY_RESTORED_H

#include "postern/ledgerverify.h"

#define VERIFY_RESTORED_MAX 64
struct verify_restored {
	const struct ledger_source *inner;   /* borrowed */
	uint64_t sizes[VERIFY_RESTORED_MAX]; /* entries that came back */
	size_t len;
};
/* A source like the given one, that notes them; both live as long as r. */
void verify_restored_watch(struct verify_restored *r,
			   const struct ledger_source *source,
			   struct ledger_source *ret);
/* How many entries of a log of this size are in this one, at least. */
uint64_t verify_restored_below(const struct verify_restored *r, uint64_t size);

#endif
