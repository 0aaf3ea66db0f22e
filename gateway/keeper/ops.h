/* ops.h - what a frame asks for, done. */
#ifndef POSTERN_KEEPER_OPS_H
#define POSTERN_KEEPER_OPS_H

#include "keeper/vault.h"
#include "postern/ipc.h"

/*
 * ops_run - all operations of a batch payload, in one transaction.
 *
 * ret has IPC_PAYLOAD_MAX bytes.  All or nothing: -1 with ERR_BUSY (locked,
 * disk full, key store busy), ERR_CORRUPT or ERR_INPUT (hostile: end the
 * connection), ERR_STORAGE (end the process).
 */
int ops_run(struct vault *v, const uint8_t *payload, size_t len,
	    uint8_t ret[IPC_PAYLOAD_MAX], size_t *ret_len, struct err *err);

enum frame_verdict {
	FRAME_ANSWERED,
	FRAME_HOSTILE,	/* no answer; close the connection */
	FRAME_UNTRUSTED /* answered; the key store failed, end the process */
};
/* Any frame to its answer: type into *ret_type, payload into ret. */
enum frame_verdict frame_answer(struct vault *v, const struct ipc_frame *frame,
				uint16_t *ret_type,
				uint8_t ret[IPC_PAYLOAD_MAX], size_t *ret_len);

#endif
