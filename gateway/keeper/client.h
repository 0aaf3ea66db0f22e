/* client.h - one request and its answer; shared by batch.c and admin.c. */
#ifndef POSTERN_KEEPER_CLIENT_H
#define POSTERN_KEEPER_CLIENT_H

#include <stdint.h>

#include "postern/ipc.h"
#include "postern/keeper.h"

/* CLOCK_MONOTONIC, for deadlines. */
int64_t client_clock_ms(void);
/*
 * client_call - send a frame, wait for FRAME_DONE.
 *
 * The answer's payload lies in the connection's buffer until the next call.
 * ERR_BUSY when the transport failed or the deadline passed: the connection
 * is closed then, so a late answer is never taken for another's.  FRAME_FAILED
 * becomes its error.
 */
int client_call(struct keeper *k, uint16_t type, const void *payload,
		size_t len, int64_t deadline_ms, struct ipc_frame *ret,
		struct err *err);
/* Room for one payload to be sent, IPC_PAYLOAD_MAX bytes. */
uint8_t *client_request(struct keeper *k);
/* Wipes what the last calls left in the buffers. */
void client_wipe(struct keeper *k);

#endif
