/* frames.c - every frame the keeper takes, and its answer. */
#include <sodium.h>

#include "keeper/logsign.h"
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

/* --- the proof log -------------------------------------------------------- */

typedef int log_put(struct buf *b, const struct log_state *s, struct err *err);

static int give(log_put *put, const struct log_state *s, uint8_t *ret,
		size_t *ret_len, struct err *err)
{
	struct buf b = BUF_INIT(LOG_STATE_MAX);
	int rc = put(&b, s, err);

	if (rc == 0) {
		memcpy(ret, b.bytes, b.len);
		*ret_len = b.len;
	}
	buf_free(&b);
	return rc;
}

static int put_note(struct buf *b, const struct log_state *s, struct err *err)
{
	return buf_append(b, s->note, s->note_len, err);
}

static int answer_log_sign(struct vault *v, const struct ipc_frame *frame,
			   struct log_state *s, struct err *err)
{
	struct log_request r;

	if (log_request_take(frame->payload, frame->payload_len, &r, err) != 0)
		return -1;
	return logkey_sign(v, &r, s, err);
}

static int answer_log(struct vault *v, const struct ipc_frame *frame,
		      uint8_t *ret, size_t *ret_len, struct err *err)
{
	static log_put *const puts[] = {
	    [FRAME_LOG_STATUS] = log_status_put,
	    [FRAME_LOG_SIGN] = put_note,
	    [FRAME_LOG_ROTATE] = log_status_put,
	    [FRAME_LOG_KEYS] = log_keys_put,
	};
	char origin[NOTE_NAME_BYTES] = "";
	struct log_state s;
	int rc;

	if (v->reason != REASON_NONE)
		return REASON_SET(err, ERR_BUSY, v->reason);
	if (frame->type == FRAME_LOG_SIGN)
		rc = answer_log_sign(v, frame, &s, err);
	else if (log_origin_take(frame->payload, frame->payload_len, origin,
				 err) != 0)
		return -1;
	else if (frame->type == FRAME_LOG_ROTATE)
		rc = logkey_rotate(v, &s, err);
	else
		rc = logkey_open(v, origin, &s, err);
	return rc == 0 ? give(puts[frame->type], &s, ret, ret_len, err) : -1;
}

/* --- all of them ---------------------------------------------------------- */

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
	case FRAME_LOG_STATUS:
	case FRAME_LOG_SIGN:
	case FRAME_LOG_ROTATE:
	case FRAME_LOG_KEYS:
		return answer_log(v, frame, ret, ret_len, err);
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
	if (frame->type >= FRAME_LOG_STATUS && err.kind == ERR_INPUT)
		return FRAME_HOSTILE;
	if (frame->type > FRAME_ASKED_LAST || frame->type < FRAME_BATCH)
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
