/* knock.c - packets and descriptors through the hatch; nothing here waits.
 *
 * Whoever has the other end may have filled it, cut its buffers or passed
 * something else than an end of a pair: then it is not answered, and nobody
 * hangs. */
#include "postern/hatch.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Two descriptors fit into the padding of one: both are looked for. */
#define FDS_MAX 4

union control {
	char bytes[CMSG_SPACE(FDS_MAX * sizeof(int))];
	struct cmsghdr align;
};

int hatch_pair(int ret[2], struct err *err)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return ERR_SET(err, ERR_BUSY, "no pair", errno);
	if (ipc_prepare(ends[0], err) != 0 || ipc_prepare(ends[1], err) != 0) {
		(void)close(ends[0]); /* never used */
		(void)close(ends[1]);
		return -1;
	}
	ret[0] = ends[0];
	ret[1] = ends[1];
	return 0;
}

static int packet_send(int fd, const struct msghdr *msg, struct err *err)
{
	for (;;) {
		if (sendmsg(fd, msg, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
			return 0; /* packets go whole or not at all */
		if (errno == EINTR)
			continue;
		if (errno == EMSGSIZE)
			return ERR_SET(err, ERR_INPUT,
				       "a packet does not fit the socket",
				       errno);
		return ERR_SET(err, ERR_BUSY, "nobody takes it", errno);
	}
}

int hatch_send(int fd, uint16_t type, const struct buf *payload,
	       struct err *err)
{
	uint8_t header[IPC_HEADER_BYTES];
	struct iovec iov[2] = {
	    {.iov_base = header, .iov_len = sizeof(header)},
	    {.iov_base = payload->bytes, .iov_len = payload->len},
	};
	const struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};

	if (payload->len > IPC_PAYLOAD_MAX)
		return ERR_SET(err, ERR_INPUT, "a packet is too long", 0);
	ipc_header(type, payload->len, header);
	return packet_send(fd, &msg, err);
}

int hatch_knock(int fd, int passed, struct err *err)
{
	uint8_t header[IPC_HEADER_BYTES];
	struct iovec iov = {.iov_base = header, .iov_len = sizeof(header)};
	union control control = {{0}};
	const struct msghdr msg = {
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = CMSG_SPACE(sizeof(int)),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &passed, sizeof(passed));
	ipc_header(HATCH_KNOCK, 0, header);
	return packet_send(fd, &msg, err);
}

/* --- the other side ------------------------------------------------------- */

/* The descriptors of a message; returns how many. */
static size_t fds_of(struct msghdr *msg, int ret[FDS_MAX])
{
	size_t count = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL;
	     c = CMSG_NXTHDR(msg, c)) {
		size_t len;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		len = c->cmsg_len - CMSG_LEN(0);
		for (size_t i = 0; i + sizeof(int) <= len && count < FDS_MAX;
		     i += sizeof(int))
			memcpy(&ret[count++], CMSG_DATA(c) + i, sizeof(int));
	}
	return count;
}

static int option_of(int fd, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 ? value
								     : -1;
}

static bool is_end(int fd)
{
	return option_of(fd, SO_DOMAIN) == AF_UNIX &&
	       option_of(fd, SO_TYPE) == SOCK_SEQPACKET &&
	       option_of(fd, SO_ACCEPTCONN) == 0;
}

static bool is_knock(const uint8_t *packet, size_t len, int flags)
{
	struct ipc_frame f;

	return (flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 &&
	       ipc_parse(packet, len, &f, NULL) == 0 && f.type == HATCH_KNOCK &&
	       f.payload_len == 0;
}

int hatch_take_knock(int fd, int *ret, struct err *err)
{
	uint8_t packet[IPC_HEADER_BYTES + 1];
	struct iovec iov = {.iov_base = packet, .iov_len = sizeof(packet)};
	union control control;
	struct msghdr msg = {
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof(control.bytes),
	};
	int fds[FDS_MAX];
	size_t count;
	ssize_t n;

	*ret = -1;
	do
		n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return ERR_SET(err, ERR_BUSY, "nobody knocks", EAGAIN);
	if (n < 0)
		return ERR_SET(err, ERR_BUSY, "no hatch", errno);
	count = fds_of(&msg, fds);
	if (count == 1 && is_knock(packet, (size_t)n, msg.msg_flags) &&
	    is_end(fds[0])) {
		*ret = fds[0];
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		(void)close(fds[i]); /* not ours, whatever it was */
	/* An empty packet is what a closed peer reads as. */
	if (n == 0 && count == 0)
		return ERR_SET(err, ERR_BUSY, "no hatch", 0);
	return 0;
}

int hatch_take(int fd, uint16_t type, struct buf *ret,
	       struct ipc_frame *ret_frame, struct err *err)
{
	ssize_t n = recv(fd, NULL, 0, MSG_DONTWAIT | MSG_PEEK | MSG_TRUNC);

	if (n < 0)
		return ERR_SET(err, ERR_BUSY, "nothing there",
			       errno == EWOULDBLOCK ? EAGAIN : errno);
	if (n == 0)
		return ERR_SET(err, ERR_BUSY, "the peer is gone", 0);
	if ((size_t)n > IPC_FRAME_MAX)
		return ERR_SET(err, ERR_CORRUPT, "a packet is too long", 0);
	buf_clear(ret);
	ret->cap = IPC_FRAME_MAX;
	if (buf_reserve(ret, (size_t)n, err) != 0)
		return -1;
	/* Nobody else reads here; descriptors are dropped by the kernel. */
	n = recv(fd, ret->bytes, ret->size, MSG_DONTWAIT);
	if (n <= 0)
		return ERR_SET(err, ERR_BUSY, "the peer is gone", errno);
	ret->len = (size_t)n;
	if (ipc_parse(ret->bytes, ret->len, ret_frame, err) != 0)
		return -1;
	return ret_frame->type == type
		   ? 0
		   : ERR_SET(err, ERR_CORRUPT, "another packet", 0);
}

bool hatch_gone(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLRDHUP};

	return poll(&p, 1, 0) > 0 &&
	       (p.revents & (POLLHUP | POLLRDHUP | POLLERR | POLLNVAL)) != 0;
}
