/* test_ipc.c - frames: hostile ones first, then the largest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/ipc.h"

static uint8_t buffer[IPC_FRAME_MAX];
static uint8_t payload[IPC_PAYLOAD_MAX];

static void make_pair(int fds[2])
{
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(ipc_prepare(fds[0], NULL), 0);
	assert_int_equal(ipc_prepare(fds[1], NULL), 0);
}

static void close_pair(int fds[2])
{
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
}

static void a_bad_header_is_refused(void **state)
{
	static const uint8_t good[] = {0x50, 0x54, 1, 0, 0, 9,	 0,
				       0,    0,	   0, 0, 2, 'h', 'i'};
	struct ipc_frame f = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(ipc_parse(good, sizeof(good), &f, &err), 0);
	assert_int_equal(f.type, 9);
	assert_int_equal(f.payload_len, 2);
	assert_memory_equal(f.payload, "hi", 2);
	for (size_t i = 0; i < IPC_HEADER_BYTES; i++) {
		uint8_t bad[sizeof(good)];

		memcpy(bad, good, sizeof(good));
		bad[i] ^= 0x81;
		if (i == 4 || i == 5) /* any type is a type */
			continue;
		assert_int_equal(ipc_parse(bad, sizeof(bad), &f, &err), -1);
		assert_int_equal(err.kind, ERR_CORRUPT);
	}
	for (size_t len = 0; len < sizeof(good); len++)
		assert_int_equal(ipc_parse(good, len, &f, &err), -1);
}

static void the_largest_frame_passes_with_small_kernel_limits(void **state)
{
	struct ipc_frame f = {0};
	struct err err = {0};
	int fds[2];
	/* What setsockopt is cut to under the usual net.core.wmem_max. */
	int usual = 212992;

	(void)state;
	make_pair(fds);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(setsockopt(fds[i], SOL_SOCKET, SO_SNDBUF,
					    &usual, sizeof(usual)),
				 0);
		assert_int_equal(setsockopt(fds[i], SOL_SOCKET, SO_RCVBUF,
					    &usual, sizeof(usual)),
				 0);
	}
	memset(payload, 0x5a, sizeof(payload));
	assert_int_equal(ipc_send(fds[0], 3, payload, sizeof(payload), &err),
			 0);
	assert_int_equal(ipc_receive(fds[1], 1000, buffer, &f, &err), 0);
	assert_int_equal(f.payload_len, sizeof(payload));
	assert_memory_equal(f.payload, payload, sizeof(payload));
	assert_int_equal(
	    ipc_send(fds[0], 3, payload, sizeof(payload) + 1, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	close_pair(fds);
}

static void an_empty_payload_is_a_frame(void **state)
{
	struct ipc_frame f = {0};
	int fds[2];

	(void)state;
	make_pair(fds);
	assert_int_equal(ipc_send(fds[0], 1, NULL, 0, NULL), 0);
	assert_int_equal(ipc_receive(fds[1], 1000, buffer, &f, NULL), 0);
	assert_int_equal(f.type, 1);
	assert_int_equal(f.payload_len, 0);
	close_pair(fds);
}

static void waiting_ends_at_the_timeout_and_at_the_close(void **state)
{
	struct ipc_frame f = {0};
	struct err err = {0};
	int fds[2];

	(void)state;
	make_pair(fds);
	assert_int_equal(ipc_receive(fds[1], 20, buffer, &f, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	(void)close(fds[0]);
	fds[0] = -1;
	assert_int_equal(ipc_receive(fds[1], -1, buffer, &f, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	/* And writing to the dead end is an error, not a signal. */
	assert_int_equal(ipc_send(fds[1], 1, "x", 1, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	close_pair(fds);
}

static void an_overlong_packet_is_corrupt(void **state)
{
	struct ipc_frame f = {0};
	struct err err = {0};
	static uint8_t packet[IPC_FRAME_MAX + 1];
	int fds[2];

	(void)state;
	make_pair(fds);
	assert_int_equal(send(fds[0], packet, sizeof(packet), MSG_NOSIGNAL),
			 sizeof(packet));
	assert_int_equal(ipc_receive(fds[1], 1000, buffer, &f, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	close_pair(fds);
}

static void descriptors_in_a_frame_are_refused(void **state)
{
	static uint8_t packet[] = {0x50, 0x54, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0};
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = packet, .iov_len = sizeof(packet)};
	struct msghdr msg = {.msg_iov = &iov,
			     .msg_iovlen = 1,
			     .msg_control = control.bytes,
			     .msg_controllen = sizeof(control.bytes)};
	struct ipc_frame f = {0};
	struct err err = {0};
	int fds[2];
	int passed = STDERR_FILENO;

	(void)state;
	make_pair(fds);
	control.head.cmsg_level = SOL_SOCKET;
	control.head.cmsg_type = SCM_RIGHTS;
	control.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&control.head), &passed, sizeof(passed));
	assert_int_equal(sendmsg(fds[0], &msg, 0), sizeof(packet));
	assert_int_equal(ipc_receive(fds[1], 1000, buffer, &f, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	close_pair(fds);
}

/* --- named sockets -------------------------------------------------------- */

static void meet_at(const char *path)
{
	struct ipc_frame f = {0};
	struct stat st;
	int listener = -1, client = -1, server;

	assert_int_equal(ipc_listen(path, 0600, &listener, NULL), 0);
	/* A socket left by a crash is replaced. */
	(void)close(listener);
	assert_int_equal(ipc_listen(path, 0600, &listener, NULL), 0);
	if (stat(path, &st) == 0)
		assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(ipc_connect(path, &client, NULL), 0);
	server = accept(listener, NULL, NULL);
	assert_true(server >= 0);
	assert_int_equal(fcntl(client, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(ipc_send(client, 5, payload, sizeof(payload), NULL),
			 0);
	assert_int_equal(ipc_receive(server, 1000, buffer, &f, NULL), 0);
	assert_int_equal(f.payload_len, sizeof(payload));
	(void)close(server);
	(void)close(client);
	(void)close(listener);
	assert_int_equal(unlink(path), 0);
}

static void a_socket_is_met_by_its_path(void **state)
{
	char dir[] = "/tmp/postern-test-XXXXXX";
	char path[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/keeper.sock", dir);
	meet_at(path);
	(void)rmdir(dir);
}

static void a_path_longer_than_a_socket_address_works(void **state)
{
	char top[] = "/tmp/postern-test-XXXXXX";
	char dir[200], path[260];
	struct err err = {0};
	int fd = -1;

	(void)state;
	assert_non_null(mkdtemp(top));
	(void)snprintf(dir, sizeof(dir), "%s/%0120d", top, 1);
	(void)snprintf(path, sizeof(path), "%s/keeper.sock", dir);
	assert_int_equal(ipc_connect(path, &fd, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(ipc_connect(path, &fd, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	meet_at(path);
	(void)rmdir(dir);
	(void)rmdir(top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_bad_header_is_refused),
	    cmocka_unit_test(the_largest_frame_passes_with_small_kernel_limits),
	    cmocka_unit_test(an_empty_payload_is_a_frame),
	    cmocka_unit_test(waiting_ends_at_the_timeout_and_at_the_close),
	    cmocka_unit_test(an_overlong_packet_is_corrupt),
	    cmocka_unit_test(descriptors_in_a_frame_are_refused),
	    cmocka_unit_test(a_socket_is_met_by_its_path),
	    cmocka_unit_test(a_path_longer_than_a_socket_address_works),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
