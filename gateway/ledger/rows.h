/* rows.h - what the files of the log share: its single values. */
#ifndef POSTERN_LEDGER_ROWS_H
#define POSTERN_LEDGER_ROWS_H

#include "postern/ledger.h"

/* In table meta, 8 bytes big endian; 0 when there is none. */
#define LEDGER_META_SIZE   "ledger_size"   /* entries in the tree */
#define LEDGER_META_PRUNED "ledger_pruned" /* last log.pruned: its index */
#define LEDGER_META_STAYS  "ledger_stays"  /* and its n */
int ledger_meta_get(struct store *st, const char *name, uint64_t *ret,
		    struct err *err);
int ledger_meta_set(struct store *st, const char *name, uint64_t value,
		    struct err *err);

/* Of a tile, in ledger_tile. */
int64_t ledger_tile_id(int level, uint64_t number);

#endif
