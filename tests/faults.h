/* faults.h - lets the n-th call of a kind fail, once or from then on.
 *
 * The Makefile links test_faults_* with --wrap for these functions, so every
 * call from our own objects comes here; calls inside libraries do not.  One
 * thread.  A loop over n ends with the first n that strikes nothing:
 *
 *	for (n = 1; faults_arm(FAULT_MEMORY, n, 0); n++)
 *		the scenario; it may fail, and must leave nothing half
 *
 * where faults_arm() says whether the run before was struck. */
#ifndef POSTERN_TESTS_FAULTS_H
#define POSTERN_TESTS_FAULTS_H

#include <dirent.h>
#include <errno.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "postern/buf.h"
#include "postern/keeper.h"
#include "postern/store.h"

enum {
	FAULT_MEMORY = 1, /* malloc, calloc, realloc, sodium_malloc, ... */
	FAULT_FILES = 2,  /* open, read, write, sync, unlink, ... */
	FAULT_HMAC = 4,
	FAULT_SQLITE = 8,
	FAULT_KEEPER = 16,   /* run, batch_new: the worker's side */
	FAULT_STORE = 32,    /* start, step, begin, commit */
	FAULT_RESULT = 64,   /* of one slot; code is its enum err_kind */
	FAULT_UNKNOWN = 128, /* a commit of which nobody knows */
	FAULT_SHARE = 256,   /* mode and length of a file */
};

#define FAULT_ENDED 9 /* exit status */

/* Other threads are not counted. */
static _Thread_local struct {
	unsigned int kinds;
	uint64_t nth, calls;
	int code;
	bool struck;
	bool ends; /* the process, instead of a failure: as if it was killed */
} faults;

/* n = 1 begins a loop.  false: the last n was beyond the last call. */
static inline bool faults_arm(unsigned int kinds, uint64_t nth, int code)
{
	const bool on = nth == 1 || faults.struck;

	faults.kinds = on ? kinds : 0;
	faults.nth = nth;
	faults.calls = 0;
	faults.code = code;
	faults.struck = false;
	return on;
}

static inline void faults_off(void)
{
	faults.kinds = 0;
}

static inline bool faults_hit(unsigned int kind)
{
	if ((faults.kinds & kind) == 0 || ++faults.calls != faults.nth)
		return false;
	if (faults.ends)
		_exit(FAULT_ENDED);
	faults.struck = true;
	errno = faults.code;
	return true;
}

/* WRAP(kind, what a failed call gives, result, name, parameters, arguments) */
#define WRAP(kind, failed, type, name, params, args) \
	type __real_##name params;                   \
	type __wrap_##name params;                   \
	type __wrap_##name params                    \
	{                                            \
		if (faults_hit(kind))                \
			return failed;               \
		return __real_##name args;           \
	}

WRAP(FAULT_MEMORY, NULL, void *, malloc, (size_t n), (n))
WRAP(FAULT_MEMORY, NULL, void *, calloc, (size_t n, size_t m), (n, m))
WRAP(FAULT_MEMORY, NULL, void *, realloc, (void *p, size_t n), (p, n))
WRAP(FAULT_MEMORY, NULL, void *, sodium_malloc, (size_t n), (n))

WRAP(FAULT_MEMORY, -1, int, sodium_mlock, (void *at, size_t n), (at, n))
WRAP(FAULT_MEMORY, -1, int, crypto_pwhash,
     (unsigned char *ret, unsigned long long len, const char *phrase,
      unsigned long long phrase_len, const unsigned char *salt,
      unsigned long long ops, size_t memory, int algorithm),
     (ret, len, phrase, phrase_len, salt, ops, memory, algorithm))

WRAP(FAULT_FILES, -1, ssize_t, pread, (int fd, void *p, size_t n, off_t at),
     (fd, p, n, at))
WRAP(FAULT_FILES, -1, ssize_t, __pread_chk,
     (int fd, void *p, size_t n, off_t at, size_t size), (fd, p, n, at, size))
WRAP(FAULT_FILES, -1, ssize_t, write, (int fd, const void *p, size_t n),
     (fd, p, n))
WRAP(FAULT_FILES, -1, int, fsync, (int fd), (fd))
WRAP(FAULT_FILES, -1, int, fstat, (int fd, struct stat *st), (fd, st))
WRAP(FAULT_FILES, -1, int, unlink, (const char *path), (path))
WRAP(FAULT_FILES, -1, int, unlinkat, (int fd, const char *path, int flags),
     (fd, path, flags))
WRAP(FAULT_FILES, -1, int, statvfs, (const char *path, struct statvfs *st),
     (path, st))
WRAP(FAULT_FILES, ENOSPC, int, posix_fallocate, (int fd, off_t at, off_t len),
     (fd, at, len))
WRAP(FAULT_SHARE, -1, int, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(FAULT_SHARE, -1, int, ftruncate, (int fd, off_t len), (fd, len))
WRAP(FAULT_FILES, NULL, DIR *, fdopendir, (int fd), (fd))
WRAP(FAULT_FILES, NULL, struct dirent *, readdir, (DIR * d), (d))
/* The mode is passed on, also where there is none. */
int __real_openat(int fd, const char *path, int flags, mode_t mode);
int __wrap_openat(int fd, const char *path, int flags, mode_t mode);
int __wrap_openat(int fd, const char *path, int flags, mode_t mode)
{
	return faults_hit(FAULT_FILES) ? -1
				       : __real_openat(fd, path, flags, mode);
}
int __real_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode);
int __wrap_open(const char *path, int flags, mode_t mode)
{
	return faults_hit(FAULT_FILES) ? -1 : __real_open(path, flags, mode);
}

WRAP(FAULT_HMAC, NULL, EVP_MAC *, EVP_MAC_fetch,
     (OSSL_LIB_CTX * lib, const char *name, const char *properties),
     (lib, name, properties))
WRAP(FAULT_HMAC, NULL, EVP_MAC_CTX *, EVP_MAC_CTX_new, (EVP_MAC * mac), (mac))
WRAP(FAULT_HMAC, NULL, EVP_MAC_CTX *, EVP_MAC_CTX_dup, (const EVP_MAC_CTX *ctx),
     (ctx))
WRAP(FAULT_HMAC, 0, int, EVP_MAC_init,
     (EVP_MAC_CTX * ctx, const unsigned char *key, size_t len,
      const OSSL_PARAM params[]),
     (ctx, key, len, params))
WRAP(FAULT_HMAC, 0, int, EVP_MAC_update,
     (EVP_MAC_CTX * ctx, const unsigned char *bytes, size_t len),
     (ctx, bytes, len))
WRAP(FAULT_HMAC, 0, int, EVP_MAC_final,
     (EVP_MAC_CTX * ctx, unsigned char *ret, size_t *len, size_t size),
     (ctx, ret, len, size))

WRAP(FAULT_SQLITE, SQLITE_IOERR, int, sqlite3_step, (sqlite3_stmt * s), (s))
WRAP(FAULT_SQLITE, SQLITE_IOERR, int, sqlite3_prepare_v2,
     (sqlite3 * db, const char *sql, int n, sqlite3_stmt **ret,
      const char **tail),
     (db, sql, n, ret, tail))
WRAP(FAULT_SQLITE, SQLITE_IOERR, int, sqlite3_prepare_v3,
     (sqlite3 * db, const char *sql, int n, unsigned int flags,
      sqlite3_stmt **ret, const char **tail),
     (db, sql, n, flags, ret, tail))

/* Transactions are begun and ended with it. */
WRAP(FAULT_SQLITE, SQLITE_IOERR, int, sqlite3_exec,
     (sqlite3 * db, const char *sql, int (*row)(void *, int, char **, char **),
      void *ctx, char **text),
     (db, sql, row, ctx, text))
WRAP(FAULT_SQLITE, SQLITE_IOERR, int, sqlite3_wal_checkpoint_v2,
     (sqlite3 * db, const char *name, int mode, int *log_len, int *done_len),
     (db, name, mode, log_len, done_len))

#define BUSY(err) ERR_SET(err, ERR_BUSY, "made to fail", 0)
WRAP(FAULT_KEEPER, BUSY(err), int, keeper_run,
     (struct keeper_batch * b, struct err *err), (b, err))
WRAP(FAULT_KEEPER, BUSY(err), int, keeper_batch_new,
     (struct keeper * k, struct keeper_batch **ret, struct err *err),
     (k, ret, err))
WRAP(FAULT_RESULT, ERR_SET(err, (enum err_kind)faults.code, "made to fail", 0),
     int, keeper_result,
     (const struct keeper_batch *b, size_t slot, const uint8_t **ret,
      size_t *ret_len, struct err *err),
     (b, slot, ret, ret_len, err))
WRAP(FAULT_STORE, BUSY(err), int, store_begin,
     (struct store * st, struct err *err), (st, err))
int __real_store_commit(struct store *st, struct err *err);
int __wrap_store_commit(struct store *st, struct err *err);
int __wrap_store_commit(struct store *st, struct err *err)
{
	enum err_kind kind = ERR_BUSY;

	if (!faults_hit(FAULT_STORE)) {
		if (!faults_hit(FAULT_UNKNOWN))
			return __real_store_commit(st, err);
		kind = ERR_UNCERTAIN;
	}
	store_roll_back(st); /* as it promises */
	return ERR_SET(err, kind, "made to fail", 0);
}
WRAP(FAULT_STORE, BUSY(err), int, store_start,
     (struct store * st, const char *sql, const struct store_value *args,
      size_t args_len, struct store_rows **ret, struct err *err),
     (st, sql, args, args_len, ret, err))
WRAP(FAULT_STORE, BUSY(err), int, store_step,
     (struct store * st, struct store_rows *rows, struct err *err),
     (st, rows, err))

#endif
