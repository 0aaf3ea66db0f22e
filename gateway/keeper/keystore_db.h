/* keystore_db.h - shared by keystore.c (the file) and keyrows.c (its rows). */
#ifndef POSTERN_KEEPER_KEYSTORE_DB_H
#define POSTERN_KEEPER_KEYSTORE_DB_H

#include <sqlite3.h>

#include "postern/durable.h"
#include "keeper/keystore.h"

enum keystore_statement {
	KS_META_GET,
	KS_META_PUT,
	KS_META_FORGET,
	KS_KEY_GET,
	KS_KEY_PUT,
	KS_KEY_COUNT,
	KS_KEY_COUNT_ALL,
	KS_KEY_COUNT_ONE,
	KS_KEY_SHRED_ALL,
	KS_KEY_SHRED_ONE,
	KS_INSTANCE_GET,
	KS_INSTANCE_PUT,
	KS_INSTANCE_FORGET,
	KS_PAIR_GET,
	KS_PAIR_NEWEST,
	KS_PAIR_PUT,
	KS_PAIR_FORGET,
	KS_REWRAP_KEYS,
	KS_REWRAP_INSTANCE,
	KS_REWRAP_PAIRS,
	KS_STATEMENTS
};

struct keystore {
	sqlite3 *db;
	sqlite3_stmt *stmts[KS_STATEMENTS]; /* prepared when first used */
	char dir[DURABLE_PATH_BYTES];
	keystore_rewrap_fn *rewrap; /* during keystore_rewrap only */
	void *rewrap_ctx;
};

/* Classifies by code; SQLite's texts are never used. */
int keystore_failed(const struct keystore *ks, struct err *err);

#endif
