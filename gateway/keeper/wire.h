/* wire.h - what crosses the keeper's socket, both directions.
 *
 * FRAME_BATCH: u16 count, then per operation u8 code, u8 field, u32 length
 * and that many bytes, whose parts are listed in wire.c.  Values travel chunk
 * by chunk (sealed.h), so everything has a bound.  Answer: u16 count, then
 * per operation u8 status, u32 length, bytes.
 *
 * Parsing is pure and trusts nothing. */
#ifndef POSTERN_KEEPER_WIRE_H
#define POSTERN_KEEPER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/buf.h"
#include "postern/err.h"
#include "postern/ipc.h"
#include "postern/keeper.h"

enum wire_frame {
	FRAME_BATCH = 1,
	FRAME_STATUS,
	FRAME_LOCK,
	FRAME_UNLOCK, /* payload: passphrase */
	FRAME_ROTATE,
	FRAME_LOG_STATUS, /* these four: logwire.h */
	FRAME_LOG_SIGN,
	FRAME_LOG_ROTATE,
	FRAME_LOG_KEYS,
	FRAME_ASKED_LAST = FRAME_LOG_KEYS,
	FRAME_DONE = 0x80,   /* payload: the answer */
	FRAME_FAILED = 0x81, /* payload: u8 error kind, u8 reason */
};

enum wire_code {
	WIRE_SEAL = 1,	 /* one chunk */
	WIRE_OPEN,	 /* one chunk */
	WIRE_OPEN_SPOOL, /* one chunk */
	WIRE_INDEX,
	WIRE_HASH, /* field 1: bytes are a digest (instancekey.h) */
	WIRE_COMMIT,
	WIRE_FILE_KEY,
	WIRE_SHRED, /* no Datenart: all of them */
	WIRE_FORGET_SPOOL,
	WIRE_COUNT_KEYS, /* as WIRE_SHRED, and destroys nothing */
	WIRE_CODES
};

enum wire_status {
	WIRE_DONE,
	WIRE_CORRUPT,
	WIRE_ABSENT,
	WIRE_REFUSED,
	WIRE_STATUSES
};

#define WIRE_TEXT_MAX	    64
#define WIRE_COUNTRY_MAX    8
#define WIRE_AAD_MAX	    128
#define WIRE_PASSPHRASE_MAX 1024
#define WIRE_OPS_MAX	    4096
#define WIRE_OP_HEADER	    6 /* of an operation */
#define WIRE_ANSWER_HEADER  5 /* of its answer */
#define WIRE_COUNT_BYTES    2

struct wire_op {
	enum wire_code code;
	uint8_t field;
	struct key_ref key; /* Datenart may be empty: all of them */
	int64_t record;
	uint32_t number; /* chunk, or spool pair */
	bool final;
	const uint8_t *box; /* SPOOL_BOX_BYTES */
	const uint8_t *aad;
	size_t aad_len;
	char text[WIRE_TEXT_MAX + 1]; /* kind, use or record id */
	char country[WIRE_COUNTRY_MAX + 1];
	const uint8_t *bytes;
	size_t len;
};

/* Appends op.  On failure the buffer may hold part of it. */
int wire_op_put(struct buf *b, const struct wire_op *op, struct err *err);
/*
 * wire_op_take - the next operation.
 *
 * Returns 0; -1 with ERR_CORRUPT: the framing is broken, end the connection.
 * *ret_good false: framed well, but its parts are not; answer WIRE_REFUSED.
 */
int wire_op_take(struct cut *c, struct wire_op *ret, bool *ret_good,
		 struct err *err);
/* Bytes of the answer to op when it is done. */
size_t wire_answer_len(const struct wire_op *op);

/* A status crosses as fields, never as a struct. */
int wire_status_put(struct buf *b, const struct keeper_status *s,
		    struct err *err);
int wire_status_take(const uint8_t *payload, size_t len,
		     struct keeper_status *ret, struct err *err);

#endif
