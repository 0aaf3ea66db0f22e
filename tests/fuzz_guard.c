/* fuzz_guard.c - any bytes into the real listener.
 *
 * Two things must hold: without the secret nothing is ever acknowledged, and
 * a request that got past the guard was framed strictly.  The second is
 * judged here from the raw bytes, by other code than the guard's. */
#include <errno.h>
#include <signal.h>

#include "intake_house.h"

static struct house *house;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static void house_end(void)
{
	house_free(house);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	(void)signal(SIGPIPE, SIG_IGN);
	house = house_new();
	HOUSE_CHECK(house_start(house));
	(void)atexit(house_end);
	return 0;
}

/* A header line without its CRLF: token ":" visible text. */
static bool line_strict(const uint8_t *at, size_t len)
{
	const uint8_t *colon = memchr(at, ':', len);

	if (colon == NULL || colon == at)
		return false;
	for (const uint8_t *c = at; c < colon; c++)
		if (*c <= ' ' || *c >= 0x7f || strchr("()<>@,;\\\"/[]?={}", *c))
			return false;
	for (const uint8_t *c = colon; c < at + len; c++)
		if ((*c < ' ' && *c != '\t') || *c == 0x7f)
			return false;
	return true;
}

/* "POST /path HTTP/1.1" with single spaces. */
static bool request_line_strict(const uint8_t *at, size_t len)
{
	size_t spaces = 0;

	for (size_t i = 0; i < len; i++) {
		spaces += at[i] == ' ';
		if (at[i] < ' ' || at[i] >= 0x7f)
			return false;
	}
	return spaces == 2 && len > 10 &&
	       (memcmp(at + len - 9, " HTTP/1.1", 9) == 0 ||
		memcmp(at + len - 9, " HTTP/1.0", 9) == 0) &&
	       memmem(at, len, " /", 2) != NULL;
}

/* A bare line feed, and behind it a line of two bytes that begins with NUL,
 * which is empty to the library: together as long as two CRLF (docs/intake.md,
 * "What remains"). */
static bool ends_like_two_crlf(const uint8_t *feed, const uint8_t *stop)
{
	return stop - feed > 3 && feed[1] == '\0' && feed[2] != '\n' &&
	       feed[3] == '\n';
}

/* A line that is a colon and a bare line feed: its name is empty, by which the
 * library knows the end of the headers, and it is as long as a CRLF
 * (docs/intake.md, "What remains"). */
static bool ends_like_crlf(const uint8_t *line, const uint8_t *feed)
{
	return feed - line == 1 && *line == ':';
}

static bool any_line_strict(size_t number, const uint8_t *at, size_t len)
{
	return number == 0 ? request_line_strict(at, len)
			   : line_strict(at, len);
}

/* The first header block, to its empty line. */
static bool block_strict(const uint8_t *bytes, size_t len)
{
	size_t at = 0, lines = 0;

	/* Empty lines before a request are allowed; one that begins with NUL
	 * is empty to the library (docs/intake.md, "What remains"). */
	while (at < len &&
	       (bytes[at] == '\r' || bytes[at] == '\n' || bytes[at] == '\0')) {
		const uint8_t *end = bytes[at] == '\0'
					 ? memchr(bytes + at, '\n', len - at)
					 : bytes + at;

		if (end == NULL)
			return false;
		at = (size_t)(end - bytes) + 1;
	}
	for (;;) {
		const uint8_t *end = memchr(bytes + at, '\n', len - at);
		size_t line_len;

		if (end == NULL || end == bytes + at)
			return false;
		if (ends_like_crlf(bytes + at, end))
			return lines > 0;
		/* NUL and line feed look like CRLF once the library is
		 * through with them: docs/intake.md, "What remains". */
		if (end[-1] != '\r' && end[-1] != '\0')
			return lines > 0 &&
			       ends_like_two_crlf(end, bytes + len) &&
			       any_line_strict(lines, bytes + at,
					       (size_t)(end - bytes) - at);
		line_len = (size_t)(end - bytes) - at - 1;
		if (line_len == 0)
			return lines > 0;
		if (!any_line_strict(lines, bytes + at, line_len))
			return false;
		at = (size_t)(end - bytes) + 1;
		lines++;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static char answer[65536];
	const struct linger now = {.l_onoff = 1};
	/* An unfinished request is not worth waiting for its deadline. */
	const struct timeval wait = {.tv_usec = 10000};
	unsigned long long before = house->counts.acknowledged;
	size_t have = 0;
	ssize_t n;
	int fd = house_connect(house), status;

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	(void)house_say(fd, bytes, len);
	(void)shutdown(fd, SHUT_WR);
	while (have < sizeof(answer) - 1 &&
	       (n = recv(fd, answer + have, sizeof(answer) - 1 - have, 0)) > 0)
		have += (size_t)n;
	answer[have] = '\0';
	(void)close(fd);
	HOUSE_CHECK(house->counts.acknowledged == before);
	/* The handshake's answers are ours too, but end alike. */
	if (have < 12 || strstr(answer, "nosniff") == NULL)
		return 0;
	status = (int)strtol(answer + 9, NULL, 10);
	if (status != 400 && status != 417 && status != 100)
		HOUSE_CHECK(block_strict(bytes, len));
	return 0;
}
