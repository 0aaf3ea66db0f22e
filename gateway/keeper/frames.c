/* frames.c - every frame the keeper takes, and its answer. */
#include <sodium.h>

#include "keeper/ops.h"
#include "keeper/wire.h"
#include "postern/log.h"

#define STATUS_BYTES_MAX 256

static int answer_status(struct vault *v, uint8_t *ret, size_t *ret_len,
			 struct err *err)
{
	struct buf b = BUF_INIT(STATUS_BYTES_MAX);
	struct keeper_status s;
	int rc = -1;

	if (vault_status(v, &s, err) != 0 || wire_status_put(&b, &s, err) != 0)
		goto out;
	memcpy(ret, b.bytes, b.len);
	*ret_len = b.len;
	rc = 0;
out:
	buf_free(&b);
	return rc;
}

static int answer_unlock(struct vault *v, const struct ipc_frame *frame,
			 struct err *err)
{
	if (frame->payload_len > WIRE_PASSPHRASE_MAX)
		return ERR_SET(err, ERR_INPUT, "passphrase is too long", 0);
	if (vault_unlock(v, frame->payload, frame->payload_len, err) == 0) {
		LOG(LOG_LEVEL_INFO, "keeper.unlocked",
		    LOG_NUM("epoch", v->meta.of.epoch));
		return 0;
	}
	LOG(LOG_LEVEL_WARN, "keeper.unlock.refused", LOG_ERR(err),
	    log_table("reason", reason_text(v->reason)));
	/* a store that cannot be opened leaves a locked keeper, which goes on
	 * answering; it is no reason to end the process */
	if (err->kind == ERR_STORAGE || err->kind == ERR_CORRUPT)
		return REASON_SET(err, ERR_BUSY, v->reason);
	return -1;
}

static int answer_rotate(struct vault *v, struct err *err)
{
	if (v->reason != REASON_NONE)
		return REASON_SET(err, ERR_BUSY, v->reason);
	if (vault_rotate(v, err) != 0)
		return -1;
	LOG(LOG_LEVEL_INFO, "keeper.rotated",
	    LOG_NUM("epoch", v->meta.of.epoch));
	return 0;
}

static int answer_lock(struct vault *v)
{
	vault_lock(v, REASON_LOCKED);
	LOG0(LOG_LEVEL_WARN, "keeper.locked");
	return 0;
}

static int answer(struct vault *v, const struct ipc_frame *frame, uint8_t *ret,
		  size_t *ret_len, struct err *err)
{
	*ret_len = 0;
	switch (frame->type) {
	case FRAME_BATCH:
		return ops_run(v, frame->payload, frame->payload_len, ret,
			       ret_len, err);
	case FRAME_STATUS:
		return answer_status(v, ret, ret_len, err);
	case FRAME_LOCK:
		return answer_lock(v);
	case FRAME_UNLOCK:
		return answer_unlock(v, frame, err);
	case FRAME_ROTATE:
		return answer_rotate(v, err);
	default:
		return ERR_SET(err, ERR_CORRUPT, "not a frame of ours", 0);
	}
}

enum frame_verdict frame_answer(struct vault *v, const struct ipc_frame *frame,
				uint16_t *ret_type,
				uint8_t ret[IPC_PAYLOAD_MAX], size_t *ret_len)
{
	struct err err = {0};

	if (answer(v, frame, ret, ret_len, &err) == 0) {
		*ret_type = FRAME_DONE;
		return FRAME_ANSWERED;
	}
	if (frame->type == FRAME_BATCH &&
	    (err.kind == ERR_CORRUPT || err.kind == ERR_INPUT))
		return FRAME_HOSTILE;
	if (frame->type > FRAME_ROTATE || frame->type < FRAME_BATCH)
		return FRAME_HOSTILE;
	*ret_type = FRAME_FAILED;
	ret[0] = (uint8_t)err.kind;
	ret[1] = (uint8_t)reason_of(&err);
	*ret_len = 2;
	if (err.kind != ERR_STORAGE)
		return FRAME_ANSWERED;
	LOG(LOG_LEVEL_ERROR, "keeper.storage", LOG_ERR(&err));
	return FRAME_UNTRUSTED;
}
