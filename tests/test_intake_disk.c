/* test_intake_disk.c - process 1 while its disk hangs: who drives, who is
 * answered, who waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>

#include "intake_house.h"

#define CROWD 8

static const char hello[] = "{\"object\":\"whatsapp_business_account\"}";

static int house_prepare(void **state)
{
	*state = house_new();
	return 0;
}

static int house_teardown(void **state)
{
	struct house *h = *state;

	h->faults.sync_hold = false;
	house_free(h);
	return 0;
}

/* A signed body whose sync hangs: the descriptor of its connection. */
static int post_into_the_hang(struct house *h)
{
	int before = h->faults.syncs, fd = house_connect(h);

	h->faults.sync_hold = true;
	assert_true(house_post(fd, hello, strlen(hello), ""));
	for (int i = 0; i < 4000 && h->faults.syncs == before; i++)
		(void)usleep(1000);
	assert_int_equal(h->faults.syncs, before + 1);
	return fd;
}

static bool heard_nothing(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 0;
}

static int ask(struct house *h, const char *line, char answer[HOUSE_ANSWER])
{
	int fd = house_connect(h), status;

	assert_true(house_tell(fd, line));
	assert_true(house_tell(fd, " HTTP/1.1\r\nHost: x\r\n\r\n"));
	status = house_hear(fd, answer);
	(void)close(fd);
	return status;
}

static void a_hanging_disk_stops_neither_refusals_nor_handshakes(void **state)
{
	struct house *h = *state;
	char answer[HOUSE_ANSWER];
	int first, second;

	h->settings.limits.commit_deadline_ms = 30000;
	assert_true(house_start(h));
	first = post_into_the_hang(h);
	assert_int_equal(ask(h, "GET /nothing/here", answer), 404);
	assert_int_equal(ask(h,
			     "GET " HOUSE_HOOK "?hub.mode=subscribe&"
			     "hub.verify_token=" HOUSE_TOKEN
			     "&hub.challenge=4711",
			     answer),
			 200);
	assert_non_null(strstr(answer, "4711"));
	second = house_connect(h);
	assert_true(house_post(second, hello, strlen(hello), ""));
	assert_int_equal(ask(h, "GET /nothing/here", answer), 404);
	assert_true(heard_nothing(first) && heard_nothing(second));
	h->faults.sync_hold = false;
	assert_int_equal(house_hear(first, answer), 200);
	assert_int_equal(house_hear(second, answer), 200);
	(void)close(first);
	(void)close(second);
	assert_int_equal(house_stored(h, NULL, 0), 2);
	assert_int_equal(house_stop(h), 0);
}

/* Its record belongs to the commit, which may be writing it. */
static void who_hangs_up_while_the_disk_hangs_leaves_a_whole_record(
    void **state)
{
	const struct linger at_once = {.l_onoff = 1};
	struct house *h = *state;
	char answer[HOUSE_ANSWER];
	int first, second;

	h->settings.limits.commit_deadline_ms = 30000;
	assert_true(house_start(h));
	first = post_into_the_hang(h);
	second = house_connect(h);
	assert_true(house_post(second, hello, strlen(hello), ""));
	(void)setsockopt(first, SOL_SOCKET, SO_LINGER, &at_once,
			 sizeof(at_once));
	(void)close(first); /* a reset */
	/* Two turns of whoever drives: the reset has been seen. */
	assert_int_equal(ask(h, "GET /nothing/here", answer), 404);
	assert_int_equal(ask(h, "GET /nothing/here", answer), 404);
	h->faults.sync_hold = false;
	assert_int_equal(house_hear(second, answer), 200);
	(void)close(second);
	assert_int_equal(house_stored(h, NULL, 0), 2);
	assert_int_equal(h->counts.acknowledged, 1);
	assert_int_equal(house_stop(h), 0);
}

static void every_loop_answers_at_the_deadline_and_serves_again(void **state)
{
	struct house *h = *state;
	char answer[HOUSE_ANSWER];
	int fds[CROWD];

	h->settings.limits.intake_threads = 3;
	h->settings.limits.commit_deadline_ms = 300;
	assert_true(house_start(h));
	fds[0] = post_into_the_hang(h);
	for (int i = 1; i < CROWD; i++) {
		fds[i] = house_connect(h);
		assert_true(house_post(fds[i], hello, strlen(hello), ""));
	}
	for (int i = 0; i < CROWD; i++) {
		assert_int_equal(house_hear(fds[i], answer), 503);
		assert_non_null(strstr(answer, "Retry-After: "));
		(void)close(fds[i]);
	}
	h->faults.sync_hold = false;
	for (int i = 0; i < CROWD; i++) {
		fds[i] = house_connect(h);
		assert_true(house_post(fds[i], hello, strlen(hello), ""));
		assert_int_equal(house_hear(fds[i], answer), 200);
		(void)close(fds[i]);
	}
	assert_int_equal(h->counts.acknowledged, CROWD);
	assert_int_equal(house_stop(h), 0);
}

/* What the disk gives back before the process has to end is answered. */
static void stopping_while_the_disk_hangs_loses_nobody(void **state)
{
	struct house *h = *state;
	char answer[HOUSE_ANSWER];
	int fd;

	h->settings.limits.commit_deadline_ms = 30000;
	assert_true(house_start(h));
	fd = post_into_the_hang(h);
	(void)close(h->lifeline);
	h->lifeline = -1;
	assert_true(heard_nothing(fd));
	h->faults.sync_hold = false;
	assert_int_equal(house_hear(fd, answer), 200);
	(void)close(fd);
	assert_int_equal(house_wait(h), 0);
	assert_int_equal(house_stored(h, NULL, 0), 1);
}

#define PREPARED(f) \
	cmocka_unit_test_setup_teardown(f, house_prepare, house_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    PREPARED(a_hanging_disk_stops_neither_refusals_nor_handshakes),
	    PREPARED(who_hangs_up_while_the_disk_hangs_leaves_a_whole_record),
	    PREPARED(every_loop_answers_at_the_deadline_and_serves_again),
	    PREPARED(stopping_while_the_disk_hangs_loses_nobody),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
