/* test_log.c - lines are valid JSON, whole, and never stall their writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <sodium.h>
#include <unistd.h>

#include "postern/log.h"

/* Standard error is the log: tests put a pipe there. */
static int kept_stderr = -1;

static int catch_stderr(int pipe_size)
{
	int fds[2];

	kept_stderr = dup(STDERR_FILENO);
	assert_true(kept_stderr >= 0);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_true(fcntl(fds[1], F_SETPIPE_SZ, pipe_size) > 0);
	assert_int_equal(dup2(fds[1], STDERR_FILENO), STDERR_FILENO);
	(void)close(fds[1]);
	assert_int_equal(fcntl(fds[0], F_SETFL, O_NONBLOCK), 0);
	return fds[0];
}

static void release_stderr(int fd)
{
	(void)dup2(kept_stderr, STDERR_FILENO);
	(void)close(kept_stderr);
	(void)close(fd);
}

static size_t read_some(int fd, char *ret, size_t size)
{
	ssize_t n = read(fd, ret, size - 1);

	ret[n > 0 ? n : 0] = 0;
	return n > 0 ? (size_t)n : 0;
}

static void a_line_is_json_with_time_level_process_and_event(void **state)
{
	int fd = catch_stderr(65536);
	struct name name = {.text = "kundenservice"};
	struct id_text id = {.text = "msg_0"};
	struct err err = {.kind = ERR_BUSY,
			  .where = "here",
			  .what = "a \"literal\" \\ \n",
			  .native = 11};
	char line[2048];
	json_t *j;

	(void)state;
	log_open("intake");
	LOG(LOG_LEVEL_WARN, "test.line", LOG_NUM("n", -5),
	    LOG_TOKEN("t", "word"), LOG_NAME("c", &name), LOG_ID("m", &id),
	    LOG_ERR(&err));
	(void)read_some(fd, line, sizeof(line));
	release_stderr(fd);
	assert_int_equal(line[strlen(line) - 1], '\n');
	j = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(j);
	assert_string_equal(json_string_value(json_object_get(j, "process")),
			    "intake");
	assert_string_equal(json_string_value(json_object_get(j, "level")),
			    "warn");
	assert_string_equal(json_string_value(json_object_get(j, "event")),
			    "test.line");
	assert_int_equal(json_integer_value(json_object_get(j, "n")), -5);
	assert_string_equal(json_string_value(json_object_get(j, "c")),
			    "kundenservice");
	assert_string_equal(json_string_value(json_object_get(j, "what")),
			    "a \"literal\" \\ ?");
	assert_int_equal(json_integer_value(json_object_get(j, "native")), 11);
	assert_int_equal(json_string_length(json_object_get(j, "time")),
			 strlen("2026-11-21T18:00:00.123Z"));
	json_decref(j);
}

static void a_line_that_grows_too_long_stays_json(void **state)
{
	int fd = catch_stderr(65536);
	struct log_field fields[64];
	struct name name = {.text = "abcdefghijklmnopqrstuvwxyz012345"};
	char line[4096];
	json_t *j;

	(void)state;
	for (size_t i = 0; i < 64; i++)
		fields[i] = log_name("key", &name);
	log_line(LOG_LEVEL_ERROR, "test.long", fields, 64);
	(void)read_some(fd, line, sizeof(line));
	release_stderr(fd);
	assert_true(strlen(line) <= 1024);
	j = json_loads(line, 0, NULL);
	assert_non_null(j);
	json_decref(j);
}

static void lines_below_the_level_are_not_written(void **state)
{
	int fd = catch_stderr(65536);
	char line[2048];

	(void)state;
	log_set_level(LOG_LEVEL_ERROR);
	LOG0(LOG_LEVEL_WARN, "test.quiet");
	log_set_level(LOG_LEVEL_INFO);
	assert_int_equal(read_some(fd, line, sizeof(line)), 0);
	LOG0(LOG_LEVEL_INFO, "test.loud");
	assert_true(read_some(fd, line, sizeof(line)) > 0);
	release_stderr(fd);
}

static void *write_lines(void *arg)
{
	(void)arg;
	for (int i = 0; i < 100; i++)
		LOG(LOG_LEVEL_INFO, "test.thread", LOG_NUM("i", i));
	return NULL;
}

static void lines_of_threads_all_arrive_whole(void **state)
{
	static char all[128 * 1024];
	int fd = catch_stderr(1 << 18);
	uint64_t before = log_dropped();
	pthread_t threads[4];
	size_t lines = 0;
	char *rest = all;

	(void)state;
	log_start();
	for (int i = 0; i < 4; i++)
		assert_int_equal(
		    pthread_create(&threads[i], NULL, write_lines, NULL), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	log_stop();
	for (size_t len = 0, n = 1; n > 0; len += n)
		n = read_some(fd, all + len, sizeof(all) - len);
	release_stderr(fd);
	for (char *line; (line = strsep(&rest, "\n")) != NULL && *line != 0;
	     lines++) {
		json_t *j = json_loads(line, 0, NULL);

		assert_non_null(j);
		json_decref(j);
	}
	assert_int_equal(log_dropped(), before);
	assert_int_equal(lines, 400);
}

static void a_stalled_reader_costs_lines_not_time(void **state)
{
	int fd = catch_stderr(4096);
	uint64_t before = log_dropped();
	struct timespec start, end;
	char bytes[8192];

	(void)state;
	log_start();
	(void)clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < 3000; i++)
		LOG(LOG_LEVEL_INFO, "test.flood", LOG_NUM("i", i));
	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	assert_true(end.tv_sec - start.tv_sec < 2);
	assert_true(log_dropped() > before);
	/* Let the thread go. */
	for (int i = 0; i < 200; i++) {
		(void)read_some(fd, bytes, sizeof(bytes));
		(void)usleep(500);
	}
	log_stop();
	release_stderr(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_is_json_with_time_level_process_and_event),
	    cmocka_unit_test(a_line_that_grows_too_long_stays_json),
	    cmocka_unit_test(lines_below_the_level_are_not_written),
	    cmocka_unit_test(lines_of_threads_all_arrive_whole),
	    cmocka_unit_test(a_stalled_reader_costs_lines_not_time),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
