/* faults.h - the page through which a test steers the fault layer.
 *
 * DIR/faults.plan is mapped by every process of the instance and by the test,
 * so a plan can change while they run, and what has fired stays known when
 * one of them is started anew.  tests/torture/faults.py has the same layout. */
#ifndef TORTURE_FAULTS_H
#define TORTURE_FAULTS_H

#include <stdatomic.h>
#include <stdint.h>

#define FAULTS_MAGIC  0x46415532u
#define FAULTS_RULES  4
#define FAULTS_STACKS 65536 /* a power of two */

enum fault_call {
	CALL_WRITE,
	CALL_PWRITE,
	CALL_PWRITEV,
	CALL_FDATASYNC,
	CALL_FSYNC,
	CALL_FTRUNCATE,
	CALL_RENAME,
	CALL_UNLINK,
	CALL_OPEN,
	CALL_SENDMSG,
	CALL_FALLOCATE,
	CALL_MALLOC,
	CALL_CLOSE,
};

enum fault_file {
	FILE_SPOOL = 1,
	FILE_ARCHIVE = 2,     /* postern.db */
	FILE_ARCHIVE_WAL = 4, /* postern.db-wal */
	FILE_KEYSTORE = 8,    /* keeper.db and its log */
	FILE_KEYS = 16,	      /* keys, erasures.log */
	FILE_MEDIA = 32,
	FILE_FOLDER = 64,  /* the data directory itself */
	FILE_OTHER = 128,  /* sockets, pipes, memory: never recorded */
	FILE_LEDGER = 256, /* what is published of the proof log */
};

enum fault_action {
	FAULT_COUNT, /* only counts */
	FAULT_KILL,
	FAULT_ERROR,
	FAULT_SHORT, /* transfers half, or one byte less */
	FAULT_DROP,  /* a sync that says yes and does nothing */
	FAULT_DELAY, /* sleeps first */
	FAULT_LATE,  /* a sync that says yes now and happens ms later */
};

struct fault_rule {
	uint32_t roles, calls, files; /* bits */
	uint32_t action;
	uint32_t error;
	uint32_t times; /* 0 for ever */
	uint64_t at;	/* from the at-th call on, 1 is the first */
	int64_t ms;
	_Atomic uint64_t seen, fired;
	/* 0: the n-th call, whoever makes it.  Else the call with this stack,
	 * or FAULTS_COLLECT: the stacks of all are written down, or
	 * FAULTS_FRESH: the first whose stack is not written down, and it is
	 * then; at and ms: only stacks that leave ms when divided by at. */
	uint64_t stack;
};

#define FAULTS_COLLECT UINT64_MAX
#define FAULTS_FRESH   (UINT64_MAX - 1)

struct fault_page {
	uint32_t magic;
	_Atomic uint32_t armed, recording;
	uint32_t unused;
	_Atomic int64_t wall_offset_ms;
	struct fault_rule rules[FAULTS_RULES];
	_Atomic uint64_t stacks[FAULTS_STACKS]; /* 0: free */
};

/* One entry of DIR/../faults.<role>.log; path, second path, data follow.
 * Times are CLOCK_MONOTONIC, the load generator's. */
struct fault_record {
	uint32_t op, path_len, second_len, call;
	int64_t begin_ns, end_ns;
	uint64_t inode;
	int64_t offset;
	uint64_t data_len;
};

enum fault_op {
	OP_WRITE = 1,
	OP_TRUNCATE,
	OP_CREATE, /* offset: the mode */
	OP_RENAME,
	OP_UNLINK,
	OP_SYNC,	/* of a file */
	OP_SYNC_FOLDER, /* of a directory */
	OP_GROW,
};

#endif
