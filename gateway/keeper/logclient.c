/* logclient.c - the proof log's signer, as the worker asks it. */
#include "keeper/client.h"
#include "keeper/logwire.h"
#include "keeper/wire.h"
#include "postern/keeperlog.h"

#define CALL_MS 10000

static int call(struct keeper *k, enum wire_frame type, const void *payload,
		size_t len, struct ipc_frame *ret, struct err *err)
{
	return client_call(k, (uint16_t)type, payload, len,
			   client_clock_ms() + CALL_MS, ret, err);
}

int keeper_log_status(struct keeper *k, const char *origin,
		      struct keeper_log *ret, struct err *err)
{
	const size_t len = strlen(origin);
	struct ipc_frame f;

	/* the keeper ends the connection of who sends such a one */
	if (len > 0 &&
	    (len >= NOTE_NAME_BYTES || !note_name_valid(origin, len)))
		return ERR_SET(err, ERR_INPUT, "not a name of a log", 0);
	if (call(k, FRAME_LOG_STATUS, origin, len, &f, err) != 0)
		return -1;
	return log_status_take(f.payload, f.payload_len, ret, err);
}

int keeper_log_sign(struct keeper *k, uint64_t size,
		    const struct merkle_hash *root,
		    const struct merkle_hash *proof, size_t proof_len,
		    struct buf *ret, struct err *err)
{
	struct log_request r = {.size = size, .root = *root};
	struct buf b = BUF_INIT(LOG_REQUEST_MAX);
	struct ipc_frame f;
	int rc = -1;

	if (proof_len > MERKLE_PROOF_MAX)
		return ERR_SET(err, ERR_INPUT, "no proof is that long", 0);
	if (proof_len > 0)
		memcpy(r.proof, proof, proof_len * sizeof(r.proof[0]));
	r.proof_len = proof_len;
	if (log_request_put(&b, &r, err) == 0 &&
	    call(k, FRAME_LOG_SIGN, b.bytes, b.len, &f, err) == 0)
		rc = buf_append(ret, f.payload, f.payload_len, err);
	buf_free(&b);
	return rc;
}

int keeper_log_rotate(struct keeper *k, struct keeper_log *ret, struct err *err)
{
	struct ipc_frame f;

	if (call(k, FRAME_LOG_ROTATE, NULL, 0, &f, err) != 0)
		return -1;
	return log_status_take(f.payload, f.payload_len, ret, err);
}

int keeper_log_keys(struct keeper *k,
		    struct keeper_log_key ret[KEEPER_LOG_KEYS_MAX],
		    size_t *ret_len, struct err *err)
{
	struct ipc_frame f;

	if (call(k, FRAME_LOG_KEYS, NULL, 0, &f, err) != 0)
		return -1;
	return log_keys_take(f.payload, f.payload_len, ret, ret_len, err);
}
