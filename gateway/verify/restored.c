/* restored.c - entries that say: this log came back from a backup.
 *
 * backup.restored has how many entries there were and their root; from then on
 * the log has another name and key (docs/backup.md).  They are noted while the
 * check reads all entries anyway. */
#include "restored.h"

#include <string.h>

#include "postern/ledgerentry.h"

static const char mark[] = "\"e\":\"backup.restored\"";

static void look(struct verify_restored *r, const uint8_t *entry, size_t len)
{
	struct ledger_told told;
	struct err none;

	if (memmem(entry, len, mark, sizeof(mark) - 1) == NULL ||
	    ledger_entry_parse(entry, len, &told, &none) != 0 ||
	    told.event != LEDGER_BACKUP_RESTORED || !told.counted)
		return;
	if (r->len < VERIFY_RESTORED_MAX)
		r->sizes[r->len++] = told.count;
}

static int on_next(void *ctx, uint64_t *ret_index, const uint8_t **ret_entry,
		   size_t *ret_len, struct err *err)
{
	struct verify_restored *r = ctx;
	int rc =
	    r->inner->next(r->inner->ctx, ret_index, ret_entry, ret_len, err);

	if (rc == 1)
		look(r, *ret_entry, *ret_len);
	return rc;
}

static int on_tile(void *ctx, int level, uint64_t number,
		   struct merkle_hash ret[256], unsigned int *ret_width,
		   struct err *err)
{
	struct verify_restored *r = ctx;

	return r->inner->tile(r->inner->ctx, level, number, ret, ret_width,
			      err);
}

static int on_checkpoint(void *ctx, const char **ret_note, size_t *ret_len,
			 struct err *err)
{
	struct verify_restored *r = ctx;

	return r->inner->checkpoint(r->inner->ctx, ret_note, ret_len, err);
}

static int on_begins(void *ctx, uint64_t *ret, struct err *err)
{
	struct verify_restored *r = ctx;

	return r->inner->begins(r->inner->ctx, ret, err);
}

void verify_restored_watch(struct verify_restored *r,
			   const struct ledger_source *source,
			   struct ledger_source *ret)
{
	*r = (struct verify_restored){.inner = source};
	*ret = *source;
	ret->ctx = r;
	ret->next = on_next;
	ret->tile = on_tile;
	ret->checkpoint = source->checkpoint != NULL ? on_checkpoint : NULL;
	ret->begins = source->begins != NULL ? on_begins : NULL;
}

uint64_t verify_restored_below(const struct verify_restored *r, uint64_t size)
{
	uint64_t least = UINT64_MAX, below = UINT64_MAX;

	for (size_t i = 0; i < r->len; i++) {
		if (r->sizes[i] < least)
			least = r->sizes[i];
		if (r->sizes[i] < size && r->sizes[i] < below)
			below = r->sizes[i];
	}
	return below != UINT64_MAX ? below : least;
}
