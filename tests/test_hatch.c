/* test_hatch.c - what goes through the hatch: frames, ends of pairs, and
 * whatever else a process that was taken over might put in. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "postern/hatch.h"

static const struct public_request asked = {
    .method = "POST",
    .path = "/privacy/status/abc",
    .query = "lang=en",
    .header = {[PUBLIC_TYPE] = "application/x-www-form-urlencoded",
	       [PUBLIC_LANGUAGE] = "de-DE,de;q=0.9"},
    .body = (const uint8_t *)"a=b\0c",
    .body_len = 5,
    .at_ms = 1790000000000,
};

static void print(const struct public_request *rq, struct buf *ret)
{
	*ret = BUF_INIT(IPC_PAYLOAD_MAX);
	assert_int_equal(hatch_put_request(rq, ret, NULL), 0);
}

static void a_request_is_read_as_it_was_put_in(void **state)
{
	struct public_request got = {0};
	struct buf frame;

	(void)state;
	print(&asked, &frame);
	assert_int_equal(hatch_get_request(frame.bytes, frame.len, &got, NULL),
			 0);
	assert_string_equal(got.method, "POST");
	assert_string_equal(got.path, asked.path);
	assert_string_equal(got.query, "lang=en");
	assert_string_equal(got.header[PUBLIC_LANGUAGE], "de-DE,de;q=0.9");
	assert_string_equal(got.header[PUBLIC_AUTHORIZATION], "");
	assert_int_equal(got.body_len, 5);
	assert_memory_equal(got.body, "a=b\0c", 5);
	assert_true(got.at_ms == asked.at_ms);
	buf_free(&frame);
}

static void a_request_cut_anywhere_is_refused(void **state)
{
	struct public_request got;
	struct err err = {0};
	struct buf frame;

	(void)state;
	print(&asked, &frame);
	for (size_t len = 0; len < frame.len; len++) {
		assert_int_equal(
		    hatch_get_request(frame.bytes, len, &got, &err), -1);
		assert_int_equal(err.kind, ERR_CORRUPT);
	}
	assert_int_equal(buf_append_u8(&frame, 0, NULL), 0);
	assert_int_equal(hatch_get_request(frame.bytes, frame.len, &got, &err),
			 -1);
	buf_free(&frame);
}

static void what_no_request_has_is_refused(void **state)
{
	struct public_request rq = asked, got;
	char path[PUBLIC_PATH_MAX + 2];
	struct buf frame;

	(void)state;
	frame = BUF_INIT(IPC_PAYLOAD_MAX);
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	rq.path = path;
	assert_int_equal(hatch_put_request(&rq, &frame, NULL), -1);
	rq = asked;
	rq.method = "PATCH";
	assert_int_equal(hatch_put_request(&rq, &frame, NULL), -1);
	rq = asked;
	rq.body_len = PUBLIC_BODY_MAX + 1;
	assert_int_equal(hatch_put_request(&rq, &frame, NULL), -1);
	buf_free(&frame);
	/* A line end would become a header of somebody else's call. */
	rq = asked;
	rq.header[PUBLIC_TYPE] = "a\r\nb: c";
	print(&rq, &frame);
	assert_int_equal(hatch_get_request(frame.bytes, frame.len, &got, NULL),
			 -1);
	buf_free(&frame);
	rq = asked;
	rq.path = "privacy";
	print(&rq, &frame);
	assert_int_equal(hatch_get_request(frame.bytes, frame.len, &got, NULL),
			 -1);
	buf_free(&frame);
}

static void answer_of(struct public_answer *a)
{
	*a = (struct public_answer){.status = 200,
				    .type = "text/html; charset=utf-8"};
	a->body = BUF_INIT(PUBLIC_ANSWER_MAX);
	assert_int_equal(buf_append_text(&a->body, "<p>ja</p>", NULL), 0);
	(void)snprintf(a->headers[0][0], sizeof(a->headers[0][0]), "Link");
	(void)snprintf(a->headers[0][1], sizeof(a->headers[0][1]), "<x>");
	a->headers_len = 1;
}

static void an_answer_is_read_as_it_was_put_in(void **state)
{
	struct buf frame = BUF_INIT(IPC_PAYLOAD_MAX);
	struct public_answer a;
	struct hatch_answer got = {0};

	(void)state;
	answer_of(&a);
	assert_int_equal(hatch_put_answer(&a, &frame, NULL), 0);
	assert_int_equal(hatch_get_answer(frame.bytes, frame.len, &got, NULL),
			 0);
	assert_int_equal(got.status, 200);
	assert_string_equal(got.headers[0][0], "Link");
	assert_string_equal(got.headers[0][1], "<x>");
	assert_int_equal(got.body_len, 9);
	for (size_t len = 0; len < frame.len; len++)
		assert_int_equal(hatch_get_answer(frame.bytes, len, &got, NULL),
				 -1);
	buf_free(&frame);
	buf_free(&a.body);
}

static void an_answer_says_nothing_about_framing(void **state)
{
	static const char *const names[] = {"Content-Length",
					    "connection",
					    "Transfer-Encoding",
					    "",
					    "X Y",
					    "A:B"};
	struct public_answer a;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct buf frame = BUF_INIT(IPC_PAYLOAD_MAX);

		answer_of(&a);
		(void)snprintf(a.headers[0][0], sizeof(a.headers[0][0]), "%s",
			       names[i]);
		assert_int_equal(hatch_put_answer(&a, &frame, NULL), -1);
		buf_free(&frame);
		buf_free(&a.body);
	}
}

/* --- packets -------------------------------------------------------------- */

struct hatch {
	int shared[2], own[2];
};

static void open_hatch(struct hatch *h)
{
	assert_int_equal(hatch_pair(h->shared, NULL), 0);
	assert_int_equal(hatch_pair(h->own, NULL), 0);
}

static void close_hatch(struct hatch *h)
{
	(void)close(h->shared[0]);
	(void)close(h->shared[1]);
	if (h->own[0] >= 0)
		(void)close(h->own[0]);
	if (h->own[1] >= 0)
		(void)close(h->own[1]);
}

static void a_request_goes_there_and_its_answer_back(void **state)
{
	struct buf frame, taken = BUF_INIT(IPC_FRAME_MAX);
	struct public_request got;
	struct ipc_frame f;
	struct hatch h;
	int fd;

	(void)state;
	open_hatch(&h);
	print(&asked, &frame);
	assert_int_equal(hatch_send(h.own[0], HATCH_ASK, &frame, NULL), 0);
	assert_int_equal(hatch_knock(h.shared[0], h.own[1], NULL), 0);
	(void)close(h.own[1]);
	h.own[1] = -1;
	assert_int_equal(hatch_take_knock(h.shared[1], &fd, NULL), 0);
	assert_true(fd >= 0);
	assert_int_equal(hatch_take(fd, HATCH_ASK, &taken, &f, NULL), 0);
	assert_int_equal(
	    hatch_get_request(f.payload, f.payload_len, &got, NULL), 0);
	assert_false(hatch_gone(fd));
	/* As large as an answer may be, and nobody waits for anybody. */
	buf_clear(&frame);
	assert_int_equal(buf_reserve(&frame, IPC_PAYLOAD_MAX, NULL), 0);
	memset(frame.bytes, 'x', IPC_PAYLOAD_MAX);
	frame.len = IPC_PAYLOAD_MAX;
	assert_int_equal(hatch_send(fd, HATCH_ANSWER, &frame, NULL), 0);
	assert_int_equal(hatch_take(h.own[0], HATCH_ANSWER, &taken, &f, NULL),
			 0);
	assert_int_equal(f.payload_len, IPC_PAYLOAD_MAX);
	(void)close(h.own[0]);
	h.own[0] = -1;
	assert_true(hatch_gone(fd));
	(void)close(fd);
	buf_free(&frame);
	buf_free(&taken);
	close_hatch(&h);
}

static void nobody_hangs_at_an_end_that_is_full(void **state)
{
	struct buf frame;
	struct err err = {0};
	struct hatch h;
	int n = 0;

	(void)state;
	open_hatch(&h);
	print(&asked, &frame);
	while (n < 100000 &&
	       hatch_send(h.own[0], HATCH_ANSWER, &frame, &err) == 0)
		n++;
	assert_true(n > 0 && n < 100000);
	assert_int_equal(err.kind, ERR_BUSY);
	for (n = 0; n < 100000; n++)
		if (hatch_knock(h.shared[0], h.own[1], &err) != 0)
			break;
	assert_true(n > 0 && n < 100000);
	assert_int_equal(err.kind, ERR_BUSY);
	buf_free(&frame);
	close_hatch(&h);
}

/* Sends a packet with these descriptors. */
static void pass(int to, const void *packet, size_t len, const int *fds,
		 size_t fds_len)
{
	union {
		char bytes[CMSG_SPACE(3 * sizeof(int))];
		struct cmsghdr align;
	} control = {{0}};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)packet,
			    .iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	struct cmsghdr *c;

	if (fds_len > 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(fds_len * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(fds_len * sizeof(int));
		memcpy(CMSG_DATA(c), fds, fds_len * sizeof(int));
	}
	assert_true(sendmsg(to, &msg, MSG_NOSIGNAL) >= 0);
}

static int lowest_fd(void)
{
	int fd = dup(0);

	(void)close(fd);
	return fd;
}

static void only_one_end_of_a_pair_is_a_knock(void **state)
{
	uint8_t knock[IPC_HEADER_BYTES], other[IPC_HEADER_BYTES];
	int file, stream[2], two[2], fd, lowest;
	struct hatch h;

	(void)state;
	open_hatch(&h);
	ipc_header(HATCH_KNOCK, 0, knock);
	ipc_header(HATCH_ASK, 0, other);
	file = open("/dev/null", O_RDWR | O_CLOEXEC);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, stream), 0);
	two[0] = h.own[0];
	two[1] = h.own[1];
	lowest = lowest_fd();
	pass(h.shared[0], knock, sizeof(knock), &file, 1);
	pass(h.shared[0], knock, sizeof(knock), &stream[0], 1);
	pass(h.shared[0], knock, sizeof(knock), two, 2);
	pass(h.shared[0], knock, sizeof(knock), NULL, 0);
	pass(h.shared[0], other, sizeof(other), &h.own[0], 1);
	pass(h.shared[0], "x", 1, &h.own[0], 1);
	for (int i = 0; i < 6; i++) {
		assert_int_equal(hatch_take_knock(h.shared[1], &fd, NULL), 0);
		assert_int_equal(fd, -1);
	}
	assert_int_equal(hatch_take_knock(h.shared[1], &fd, NULL), -1);
	/* Nothing that came with them stayed open. */
	assert_int_equal(lowest_fd(), lowest);
	(void)close(file);
	(void)close(stream[0]);
	(void)close(stream[1]);
	close_hatch(&h);
}

static void what_is_no_answer_is_not_taken(void **state)
{
	struct buf frame, taken = BUF_INIT(IPC_FRAME_MAX);
	struct err err = {0};
	struct ipc_frame f;
	struct hatch h;

	(void)state;
	open_hatch(&h);
	assert_int_equal(hatch_take(h.own[0], HATCH_ANSWER, &taken, &f, &err),
			 -1);
	assert_int_equal(err.native, EAGAIN);
	print(&asked, &frame);
	assert_int_equal(hatch_send(h.own[1], HATCH_ASK, &frame, NULL), 0);
	assert_int_equal(hatch_take(h.own[0], HATCH_ANSWER, &taken, &f, &err),
			 -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	assert_int_equal(send(h.own[1], "short", 5, 0), 5);
	assert_int_equal(hatch_take(h.own[0], HATCH_ANSWER, &taken, &f, &err),
			 -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	(void)close(h.own[1]);
	h.own[1] = -1;
	assert_int_equal(hatch_take(h.own[0], HATCH_ANSWER, &taken, &f, &err),
			 -1);
	assert_int_equal(err.kind, ERR_BUSY);
	buf_free(&frame);
	buf_free(&taken);
	close_hatch(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_request_is_read_as_it_was_put_in),
	    cmocka_unit_test(a_request_cut_anywhere_is_refused),
	    cmocka_unit_test(what_no_request_has_is_refused),
	    cmocka_unit_test(an_answer_is_read_as_it_was_put_in),
	    cmocka_unit_test(an_answer_says_nothing_about_framing),
	    cmocka_unit_test(a_request_goes_there_and_its_answer_back),
	    cmocka_unit_test(nobody_hangs_at_an_end_that_is_full),
	    cmocka_unit_test(only_one_end_of_a_pair_is_a_knock),
	    cmocka_unit_test(what_is_no_answer_is_not_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
