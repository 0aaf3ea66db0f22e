/* logwire.h - frames of the proof log's signer (wire.h has the others).
 *
 * FRAME_LOG_STATUS: origin, or nothing.  FRAME_LOG_SIGN: u64 size, root, u8
 * count and that many hashes.  FRAME_LOG_ROTATE, FRAME_LOG_KEYS: nothing.
 * Answers: u8 length and origin; then of STATUS and ROTATE u64 size, root, u64
 * signed at, u8 and one or two keys; of KEYS u16 and that many keys, each with
 * u64 from and u64 made at; of SIGN the note alone.
 *
 * Parsing is pure and trusts nothing; every length is bounded. */
#ifndef POSTERN_KEEPER_LOGWIRE_H
#define POSTERN_KEEPER_LOGWIRE_H

#include "keeper/logstate.h"
#include "postern/buf.h"
#include "postern/keeperlog.h"

struct log_request {
	uint64_t size;
	struct merkle_hash root;
	struct merkle_hash proof[MERKLE_PROOF_MAX];
	size_t proof_len;
};
#define LOG_REQUEST_MAX (8 + 32 + 1 + MERKLE_PROOF_MAX * MERKLE_HASH_BYTES)

int log_request_put(struct buf *b, const struct log_request *r,
		    struct err *err);
/* ERR_INPUT: not one. */
int log_request_take(const uint8_t *payload, size_t len,
		     struct log_request *ret, struct err *err);
/* Empty, or a name for a log. */
int log_origin_take(const uint8_t *payload, size_t len,
		    char ret[NOTE_NAME_BYTES], struct err *err);

int log_status_put(struct buf *b, const struct log_state *s, struct err *err);
int log_keys_put(struct buf *b, const struct log_state *s, struct err *err);
/* ERR_CORRUPT: not one. */
int log_status_take(const uint8_t *payload, size_t len, struct keeper_log *ret,
		    struct err *err);
int log_keys_take(const uint8_t *payload, size_t len,
		  struct keeper_log_key ret[KEEPER_LOG_KEYS_MAX],
		  size_t *ret_len, struct err *err);

#endif
