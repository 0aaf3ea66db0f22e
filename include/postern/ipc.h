/* ipc.h - frames between our own processes, over SOCK_SEQPACKET.
 *
 * One frame is one packet: 12-byte header (big endian) and payload.
 *   0 u16 magic 0x5054   2 u8 version 1   3 u8 zero
 *   4 u16 type           6 u16 zero       8 u32 payload length
 * The other side is treated as hostile: every field is checked, a bad frame
 * ends the connection.  No pointers, no descriptors. */
#ifndef POSTERN_IPC_H
#define POSTERN_IPC_H

#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"

#define IPC_HEADER_BYTES 12
#define IPC_PAYLOAD_MAX	 (160 * 1024)
#define IPC_FRAME_MAX	 (IPC_HEADER_BYTES + IPC_PAYLOAD_MAX)

struct ipc_frame {
	uint16_t type;
	const uint8_t *payload; /* points into the packet */
	size_t payload_len;
};

/* Pure: bytes of one packet to a frame, or ERR_CORRUPT. */
int ipc_parse(const uint8_t *packet, size_t packet_len, struct ipc_frame *ret,
	      struct err *err);
/* Pure: what stands before a payload of that length. */
void ipc_header(uint16_t type, size_t len, uint8_t ret[IPC_HEADER_BYTES]);
/* Blocking; ERR_BUSY when the peer is gone (nothing can be said about what it
 * did), ERR_INPUT when too long. */
int ipc_send(int fd, uint16_t type, const void *payload, size_t payload_len,
	     struct err *err);
/* Blocking, at most timeout_ms (-1 for ever).  buffer has IPC_FRAME_MAX bytes
 * and holds the frame's payload afterwards.  ERR_BUSY: closed or timed out. */
int ipc_receive(int fd, int timeout_ms, uint8_t *buffer, struct ipc_frame *ret,
		struct err *err);
/* A listening / connected SEQPACKET socket at path; close-on-exec, buffers
 * large enough for IPC_FRAME_MAX.  mode is for the socket file. */
int ipc_listen(const char *path, unsigned int mode, int *ret_fd,
	       struct err *err);
int ipc_connect(const char *path, int *ret_fd, struct err *err);
/* Sets the socket buffers of a socketpair's end. */
int ipc_prepare(int fd, struct err *err);

#endif
