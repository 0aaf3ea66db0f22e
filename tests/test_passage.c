/* test_passage.c - requests that go through the hatch, with the test as the
 * worker; and copies that the intake hands out by itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intake_house.h"
#include "postern/hatch.h"
#include "postern/packagefile.h"

/* More than the kernel keeps for who does not read. */
#define ZIP_BYTES  (4 * 1024 * 1024 + 17)
#define WAIT_MS	   20000
#define UNDER_WAY  32
#define PASSAGE_MS 10000

struct both {
	struct house *house;
	int hatch[2]; /* of the intake, of the worker */
};

static void begin(struct both *b)
{
	assert_int_equal(hatch_pair(b->hatch, NULL), 0);
	b->house = house_new();
	b->house->hatch_fd = b->hatch[0];
	b->house->settings.portal.enabled = true;
	b->house->settings.portal.asks_per_minute = 1000;
	b->house->settings.limits.header_deadline_ms = 60000;
	house_folder(b->house, PACKAGE_FOLDER);
	assert_true(house_start(b->house));
}

static void end(struct both *b)
{
	house_free(b->house);
	(void)close(b->hatch[0]);
	(void)close(b->hatch[1]);
}

/* --- the test as the worker ----------------------------------------------- */

static int take(struct both *b, struct buf *packet, struct public_request *ret)
{
	struct pollfd p = {.fd = b->hatch[1], .events = POLLIN};
	struct ipc_frame f;
	int fd;

	assert_int_equal(poll(&p, 1, WAIT_MS), 1);
	assert_int_equal(hatch_take_knock(b->hatch[1], &fd, NULL), 0);
	assert_true(fd >= 0);
	assert_int_equal(hatch_take(fd, HATCH_ASK, packet, &f, NULL), 0);
	assert_int_equal(hatch_get_request(f.payload, f.payload_len, ret, NULL),
			 0);
	return fd;
}

static void answer(int fd, const char *text)
{
	struct public_answer a = {.status = 200, .type = "text/plain"};
	struct buf frame = BUF_INIT(IPC_PAYLOAD_MAX);

	a.body = BUF_INIT(PUBLIC_ANSWER_MAX);
	a.headers_len = 1;
	(void)snprintf(a.headers[0][0], sizeof(a.headers[0][0]), "X-Note");
	(void)snprintf(a.headers[0][1], sizeof(a.headers[0][1]), "noted");
	assert_int_equal(buf_append_text(&a.body, text, NULL), 0);
	assert_int_equal(hatch_put_answer(&a, &frame, NULL), 0);
	assert_int_equal(hatch_send(fd, HATCH_ANSWER, &frame, NULL), 0);
	(void)close(fd);
	buf_free(&frame);
	buf_free(&a.body);
}

static int ask(const struct both *b, const char *method, const char *path,
	       const char *body)
{
	int fd = house_connect(b->house);
	char text[1024];

	(void)snprintf(text, sizeof(text),
		       "%s %s HTTP/1.1\r\nHost: x.example\r\nContent-Type: "
		       "application/x-www-form-urlencoded\r\n"
		       "Content-Length: %zu\r\n\r\n%s",
		       method, path, strlen(body), body);
	assert_true(house_tell(fd, text));
	return fd;
}

static void hears(int fd, int status, const char *part)
{
	char text[HOUSE_ANSWER];

	assert_int_equal(house_hear(fd, text), status);
	if (part != NULL)
		assert_non_null(strstr(text, part));
	assert_true(house_closed(fd));
	(void)close(fd);
}

/* --- requests ------------------------------------------------------------- */

static void a_request_is_passed_and_its_answer_repeated(void **state)
{
	struct buf packet = BUF_INIT(IPC_FRAME_MAX);
	struct public_request rq;
	struct both b;
	int fd, end_fd;

	(void)state;
	begin(&b);
	fd = ask(&b, "POST", "/privacy?lang=en", "what=access");
	end_fd = take(&b, &packet, &rq);
	assert_string_equal(rq.method, "POST");
	assert_string_equal(rq.path, "/privacy");
	assert_string_equal(rq.query, "lang=en");
	assert_string_equal(rq.header[PUBLIC_HOST], "x.example");
	assert_int_equal(rq.body_len, 11);
	assert_memory_equal(rq.body, "what=access", 11);
	answer(end_fd, "gesehen");
	hears(fd, 200, "X-Note: noted");
	buf_free(&packet);
	end(&b);
}

static void nobody_waits_longer_than_the_deadline(void **state)
{
	struct buf packet = BUF_INIT(IPC_FRAME_MAX);
	struct public_request rq;
	struct both b;
	int fd, late;

	(void)state;
	begin(&b);
	fd = ask(&b, "GET", "/privacy", "");
	late = take(&b, &packet, &rq);
	b.house->faults.boot_ahead_ms += PASSAGE_MS + 1000;
	hears(fd, 503, "Retry-After:");
	assert_true(hatch_gone(late));
	(void)close(late);
	buf_free(&packet);
	end(&b);
}

static void what_is_no_answer_is_503(void **state)
{
	struct buf packet = BUF_INIT(IPC_FRAME_MAX);
	struct public_request rq;
	struct both b;
	int fd, end_fd;

	(void)state;
	begin(&b);
	fd = ask(&b, "GET", "/privacy", "");
	end_fd = take(&b, &packet, &rq);
	assert_int_equal(send(end_fd, "nonsense", 8, 0), 8);
	hears(fd, 503, NULL);
	(void)close(end_fd);
	/* A worker that dies in the middle. */
	fd = ask(&b, "GET", "/privacy", "");
	(void)close(take(&b, &packet, &rq));
	hears(fd, 503, "Retry-After:");
	buf_free(&packet);
	end(&b);
}

static void so_many_wait_and_no_more_while_hooks_pass(void **state)
{
	static const char body[] = "{\"object\":\"x\"}";
	struct buf packet = BUF_INIT(IPC_FRAME_MAX);
	struct public_request rq;
	int fds[UNDER_WAY], ends[UNDER_WAY], hook;
	struct both b;
	char text[HOUSE_ANSWER];

	(void)state;
	begin(&b);
	for (int i = 0; i < UNDER_WAY; i++) {
		fds[i] = ask(&b, "GET", "/privacy", "");
		ends[i] = take(&b, &packet, &rq);
	}
	hears(ask(&b, "GET", "/privacy", ""), 503, "Retry-After:");
	hook = house_connect(b.house);
	assert_true(house_post(hook, body, sizeof(body) - 1, ""));
	assert_int_equal(house_hear(hook, text), 200);
	(void)close(hook);
	/* The last first: each gets its own. */
	for (int i = UNDER_WAY - 1; i >= 0; i--) {
		char note[16];

		(void)snprintf(note, sizeof(note), "nummer-%d.", i);
		answer(ends[i], note);
		hears(fds[i], 200, note);
	}
	buf_free(&packet);
	end(&b);
}

static void who_leaves_gives_the_place_back(void **state)
{
	struct buf packet = BUF_INIT(IPC_FRAME_MAX);
	struct public_request rq;
	struct both b;

	(void)state;
	begin(&b);
	for (int i = 0; i < 3 * UNDER_WAY; i++) {
		int fd = ask(&b, "GET", "/privacy", "");
		int end_fd = take(&b, &packet, &rq);

		if (i % 10 != 9)
			(void)close(fd);
		answer(end_fd, "zu spaet");
		/* Who hears an answer knows that those before are dealt with.
		 */
		if (i % 10 == 9)
			hears(fd, 200, "zu spaet");
	}
	hears(ask(&b, "PUT", "/privacy", ""), 405, "DELETE");
	buf_free(&packet);
	end(&b);
}

static void at_the_end_nobody_is_left_waiting(void **state)
{
	struct buf packet = BUF_INIT(IPC_FRAME_MAX);
	struct public_request rq;
	struct both b;
	int fd, end_fd;
	char text[HOUSE_ANSWER];

	(void)state;
	begin(&b);
	fd = ask(&b, "GET", "/privacy", "");
	end_fd = take(&b, &packet, &rq);
	(void)close(b.house->lifeline);
	b.house->lifeline = -1;
	/* While it drains an answer still counts. */
	answer(end_fd, "noch rechtzeitig");
	assert_int_equal(house_hear(fd, text), 200);
	assert_int_equal(house_wait(b.house), 0);
	(void)close(fd);
	buf_free(&packet);
	end(&b);
}

/* --- copies --------------------------------------------------------------- */

struct copy {
	char secret[PACKAGE_SECRET_BYTES], path[128];
	uint8_t zip[ZIP_BYTES];
};

static void make_copy(struct both *b, struct copy *c, int64_t for_ms)
{
	struct packagefile_link link = {.clear_len = ZIP_BYTES};
	struct sealedfile *file = NULL;

	randombytes_buf(c->zip, ZIP_BYTES);
	randombytes_buf(link.key, sizeof(link.key));
	link.expires_ms = env_system()->wall_ms(env_system()) + for_ms;
	assert_int_equal(packagefile_create(&b->house->env, b->house->dir,
					    link.key, &file, link.file, NULL),
			 0);
	assert_int_equal(sealedfile_write(file, c->zip, ZIP_BYTES, NULL), 0);
	assert_int_equal(sealedfile_finish(&file, NULL), 0);
	packagefile_secret(&b->house->env, c->secret);
	assert_int_equal(
	    packagefile_link_put(b->house->dir, c->secret, &link, NULL), 0);
	(void)snprintf(c->path, sizeof(c->path), "/privacy/paket/%s",
		       c->secret);
}

/* All that comes, up to the end of the connection. */
static size_t hear_all(int fd, uint8_t *ret, size_t size)
{
	size_t len = 0;
	ssize_t n;

	while (len < size && (n = recv(fd, ret + len, size - len, 0)) > 0)
		len += (size_t)n;
	return len;
}

static void a_copy_is_handed_out_by_its_link_and_the_worker_told(void **state)
{
	static uint8_t got[ZIP_BYTES + 4096];
	static struct copy c;
	struct buf packet = BUF_INIT(IPC_FRAME_MAX);
	struct public_request rq;
	const uint8_t *body;
	struct both b;
	size_t len;
	int fd;

	(void)state;
	begin(&b);
	make_copy(&b, &c, 60000);
	fd = ask(&b, "POST", c.path, "");
	len = hear_all(fd, got, sizeof(got));
	(void)close(fd);
	assert_true(len > ZIP_BYTES);
	assert_memory_equal(got, "HTTP/1.1 200", 12);
	body = memmem(got, len, "\r\n\r\n", 4);
	assert_non_null(body);
	assert_non_null(memmem(got, (size_t)(body - got),
			       "Content-Disposition: attachment", 31));
	assert_int_equal(got + len - (body + 4), ZIP_BYTES);
	assert_memory_equal(body + 4, c.zip, ZIP_BYTES);
	(void)close(take(&b, &packet, &rq));
	assert_string_equal(rq.method, "DONE");
	assert_string_equal(rq.path, c.path);
	buf_free(&packet);
	end(&b);
}

static void who_gets_a_part_may_try_again(void **state)
{
	static uint8_t got[ZIP_BYTES + 4096];
	static struct copy c;
	struct buf packet = BUF_INIT(IPC_FRAME_MAX);
	struct public_request rq;
	struct both b;
	int fd;

	(void)state;
	begin(&b);
	make_copy(&b, &c, 60000);
	fd = ask(&b, "POST", c.path, "");
	assert_int_equal(hear_all(fd, got, 1000), 1000);
	(void)close(fd);
	/* It was not whole: what comes next through the hatch is the next
	 * request, and no word that it was. */
	fd = ask(&b, "GET", c.path, "");
	answer(take(&b, &packet, &rq), "ein Knopf");
	assert_string_equal(rq.method, "GET");
	hears(fd, 200, "ein Knopf");
	fd = ask(&b, "POST", c.path, "");
	assert_true(hear_all(fd, got, sizeof(got)) > ZIP_BYTES);
	(void)close(fd);
	(void)close(take(&b, &packet, &rq));
	assert_string_equal(rq.method, "DONE");
	buf_free(&packet);
	end(&b);
}

static void without_a_link_that_holds_the_worker_says_so(void **state)
{
	static struct copy c;
	struct buf packet = BUF_INIT(IPC_FRAME_MAX);
	struct public_request rq;
	struct both b;
	int fd;

	(void)state;
	begin(&b);
	make_copy(&b, &c, -1000); /* has expired */
	fd = ask(&b, "POST", c.path, "");
	answer(take(&b, &packet, &rq), "gibt es nicht");
	assert_string_equal(rq.method, "GET");
	hears(fd, 200, "gibt es nicht");
	make_copy(&b, &c, 60000);
	c.path[strlen(c.path) - 3] =
	    c.path[strlen(c.path) - 3] == '0' ? '1' : '0';
	fd = ask(&b, "POST", c.path, "");
	answer(take(&b, &packet, &rq), "gibt es nicht");
	hears(fd, 200, "gibt es nicht");
	buf_free(&packet);
	end(&b);
}

/* A file that somebody changed is cut off, and nobody is told it went out. */
static void a_changed_copy_does_not_end_well(void **state)
{
	static uint8_t got[ZIP_BYTES + 4096];
	static struct copy c;
	struct packagefile_link link;
	struct buf packet = BUF_INIT(IPC_FRAME_MAX);
	struct public_request rq;
	char path[160], byte = 0;
	struct both b;
	int fd;

	(void)state;
	begin(&b);
	make_copy(&b, &c, 60000);
	assert_int_equal(
	    packagefile_link_get(b.house->dir, c.secret, 0, &link, NULL), 0);
	(void)snprintf(path, sizeof(path), "%s/" PACKAGE_FOLDER "/%s",
		       b.house->dir, link.file);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0 && pread(fd, &byte, 1, 200000) == 1);
	byte ^= 1;
	assert_true(pwrite(fd, &byte, 1, 200000) == 1);
	(void)close(fd);
	fd = ask(&b, "POST", c.path, "");
	assert_true(hear_all(fd, got, sizeof(got)) < ZIP_BYTES);
	(void)close(fd);
	fd = ask(&b, "GET", "/privacy", "");
	answer(take(&b, &packet, &rq), "weiter");
	assert_string_equal(rq.method, "GET");
	hears(fd, 200, "weiter");
	buf_free(&packet);
	end(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_request_is_passed_and_its_answer_repeated),
	    cmocka_unit_test(nobody_waits_longer_than_the_deadline),
	    cmocka_unit_test(what_is_no_answer_is_503),
	    cmocka_unit_test(so_many_wait_and_no_more_while_hooks_pass),
	    cmocka_unit_test(who_leaves_gives_the_place_back),
	    cmocka_unit_test(at_the_end_nobody_is_left_waiting),
	    cmocka_unit_test(
		a_copy_is_handed_out_by_its_link_and_the_worker_told),
	    cmocka_unit_test(who_gets_a_part_may_try_again),
	    cmocka_unit_test(without_a_link_that_holds_the_worker_says_so),
	    cmocka_unit_test(a_changed_copy_does_not_end_well),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
