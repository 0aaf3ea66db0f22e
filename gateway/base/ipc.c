/* ipc.c - frames over SOCK_SEQPACKET; the other side is treated as hostile. */
#include "postern/ipc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "postern/buf.h"

#define MAGIC	0x5054
#define VERSION 1
#define BACKLOG 16
/* A packet has to fit into the sender's buffer at once. */
#define SOCKET_BYTES (2 * IPC_FRAME_MAX)

int ipc_parse(const uint8_t *packet, size_t packet_len, struct ipc_frame *ret,
	      struct err *err)
{
	struct cut c = CUT(packet, packet_len);
	uint16_t magic = cut_u16(&c);
	uint8_t version = cut_u8(&c);
	uint8_t zero = cut_u8(&c);
	uint16_t type = cut_u16(&c);
	uint16_t zero2 = cut_u16(&c);
	uint32_t len = cut_u32(&c);

	if (c.failed || magic != MAGIC || version != VERSION || zero != 0 ||
	    zero2 != 0)
		return ERR_SET(err, ERR_CORRUPT, "frame header", 0);
	if (len > IPC_PAYLOAD_MAX || len != c.left)
		return ERR_SET(err, ERR_CORRUPT, "frame length", 0);
	*ret = (struct ipc_frame){
	    .type = type, .payload = c.at, .payload_len = len};
	return 0;
}

void ipc_header(uint16_t type, size_t len, uint8_t ret[IPC_HEADER_BYTES])
{
	const uint8_t header[IPC_HEADER_BYTES] = {MAGIC >> 8,
						  MAGIC & 0xff,
						  VERSION,
						  0,
						  (uint8_t)(type >> 8),
						  (uint8_t)type,
						  0,
						  0,
						  (uint8_t)(len >> 24),
						  (uint8_t)(len >> 16),
						  (uint8_t)(len >> 8),
						  (uint8_t)len};

	memcpy(ret, header, sizeof(header));
}

static int64_t now_ms(void)
{
	struct timespec ts = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail */
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* 1 ready, 0 timed out, -1 errno.  timeout_ms -1: for ever. */
static int wait_for(int fd, short events, int timeout_ms)
{
	int64_t end = timeout_ms < 0 ? 0 : now_ms() + timeout_ms;

	for (;;) {
		struct pollfd p = {.fd = fd, .events = events};
		int n = poll(&p, 1, timeout_ms);
		int64_t left;

		if (n >= 0)
			return n > 0;
		if (errno != EINTR)
			return -1;
		if (timeout_ms < 0)
			continue;
		left = end - now_ms();
		timeout_ms = left > 0 ? (int)left : 0;
	}
}

int ipc_send(int fd, uint16_t type, const void *payload, size_t payload_len,
	     struct err *err)
{
	uint8_t header[IPC_HEADER_BYTES];
	struct iovec iov[2] = {
	    {.iov_base = header, .iov_len = sizeof(header)},
	    {.iov_base = (void *)(uintptr_t)payload, .iov_len = payload_len},
	};
	struct msghdr msg = {.msg_iov = iov,
			     .msg_iovlen = payload_len > 0 ? 2 : 1};

	if (payload_len > IPC_PAYLOAD_MAX)
		return ERR_SET(err, ERR_INPUT, "frame too long", 0);
	ipc_header(type, payload_len, header);
	for (;;) {
		if (sendmsg(fd, &msg, MSG_NOSIGNAL) >= 0)
			return 0; /* packets go whole or not at all */
		if (errno == EAGAIN && wait_for(fd, POLLOUT, -1) >= 0)
			continue;
		if (errno == EMSGSIZE)
			return ERR_SET(err, ERR_INPUT,
				       "frame does not fit the socket", errno);
		if (errno != EINTR)
			return ERR_SET(err, ERR_BUSY, "the peer is gone",
				       errno);
	}
}

int ipc_receive(int fd, int timeout_ms, uint8_t *buffer, struct ipc_frame *ret,
		struct err *err)
{
	struct iovec iov = {.iov_base = buffer, .iov_len = IPC_FRAME_MAX};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	for (;;) {
		int ready = wait_for(fd, POLLIN, timeout_ms);

		if (ready < 0)
			return ERR_SET(err, ERR_BUSY, "cannot wait", errno);
		if (ready == 0)
			return ERR_SET(err, ERR_BUSY, "timed out", 0);
		n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (n >= 0)
			break;
		if (errno != EINTR && errno != EAGAIN)
			return ERR_SET(err, ERR_BUSY, "the peer is gone",
				       errno);
	}
	if (n == 0)
		return ERR_SET(err, ERR_BUSY, "the peer closed", 0);
	/* MSG_CTRUNC: somebody sent descriptors; the kernel dropped them. */
	if ((msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
		return ERR_SET(err, ERR_CORRUPT, "frame too long", 0);
	return ipc_parse(buffer, (size_t)n, ret, err);
}

static bool roomy(int fd, int option)
{
	int have = 0;
	socklen_t len = sizeof(have);

	if (getsockopt(fd, SOL_SOCKET, option, &have, &len) != 0)
		return false;
	return have > IPC_FRAME_MAX + 4096;
}

static int enlarge(int fd, int option, int force, struct err *err)
{
	int want = SOCKET_BYTES;

	/* Without CAP_NET_ADMIN the limit is net.core.[rw]mem_max, which by
	 * default leaves room for one frame; only that much is needed. */
	if (setsockopt(fd, SOL_SOCKET, force, &want, sizeof(want)) != 0)
		(void)setsockopt(fd, SOL_SOCKET, option, &want, sizeof(want));
	if (!roomy(fd, option))
		return ERR_SET(err, ERR_INPUT,
			       "net.core.wmem_max is too small for a frame",
			       errno);
	return 0;
}

int ipc_prepare(int fd, struct err *err)
{
	if (enlarge(fd, SO_SNDBUF, SO_SNDBUFFORCE, err) != 0)
		return -1;
	return enlarge(fd, SO_RCVBUF, SO_RCVBUFFORCE, err);
}

/* An address for path.  A socket path holds 107 bytes, a data directory may
 * be deeper: then the folder is opened and named through /proc.  *ret_dir is
 * -1 or to be closed after use. */
static int address(const char *path, struct sockaddr_un *ret, int *ret_dir,
		   struct err *err)
{
	const char *slash = strrchr(path, '/');
	char folder[1024];
	int dir, n;

	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	*ret_dir = -1;
	n = snprintf(ret->sun_path, sizeof(ret->sun_path), "%s", path);
	if (n > 0 && (size_t)n < sizeof(ret->sun_path))
		return 0;
	if (slash == NULL || (size_t)(slash - path) >= sizeof(folder))
		return ERR_SET(err, ERR_INPUT, "socket path too long", 0);
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = 0;
	dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return ERR_SET(err, ERR_ABSENT, "no folder for the socket",
			       errno);
	n = snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d%s",
		     dir, slash);
	if (n < 0 || (size_t)n >= sizeof(ret->sun_path)) {
		(void)close(dir); /* only a handle */
		return ERR_SET(err, ERR_INPUT, "socket name too long", 0);
	}
	*ret_dir = dir;
	return 0;
}

static int new_socket(int *ret_fd, struct err *err)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return ERR_SET(err, ERR_BUSY, "no socket", errno);
	if (ipc_prepare(fd, err) != 0) {
		(void)close(fd); /* never used */
		return -1;
	}
	*ret_fd = fd;
	return 0;
}

int ipc_listen(const char *path, unsigned int mode, int *ret_fd,
	       struct err *err)
{
	struct sockaddr_un to;
	int fd = -1, dir = -1;
	int rc = -1;

	if (address(path, &to, &dir, err) != 0)
		goto out;
	if (new_socket(&fd, err) != 0)
		goto out;
	if (unlink(to.sun_path) != 0 && errno != ENOENT) {
		(void)ERR_SET(err, ERR_BUSY, "cannot replace the socket",
			      errno);
		goto out;
	}
	/* Nobody can connect before listen(), so chmod comes in time. */
	if (bind(fd, (struct sockaddr *)&to, sizeof(to)) != 0 ||
	    chmod(to.sun_path, (mode_t)mode) != 0 || listen(fd, BACKLOG) != 0) {
		(void)ERR_SET(err, ERR_BUSY, "cannot listen", errno);
		goto out;
	}
	*ret_fd = fd;
	fd = -1;
	rc = 0;
out:
	if (fd >= 0)
		(void)close(fd); /* never used */
	if (dir >= 0)
		(void)close(dir); /* only a handle */
	return rc;
}

int ipc_connect(const char *path, int *ret_fd, struct err *err)
{
	struct sockaddr_un to;
	int fd = -1, dir = -1;
	int rc = -1;

	if (address(path, &to, &dir, err) != 0)
		goto out;
	if (new_socket(&fd, err) != 0)
		goto out;
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
		(void)ERR_SET(err, ERR_BUSY, "nobody listens", errno);
		goto out;
	}
	*ret_fd = fd;
	fd = -1;
	rc = 0;
out:
	if (fd >= 0)
		(void)close(fd); /* never used */
	if (dir >= 0)
		(void)close(dir); /* only a handle */
	return rc;
}
