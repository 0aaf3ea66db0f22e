/* forgotten.c - see forgotten.h. */
#include "forgotten.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "postern/durable.h"

#define LINE_MAX_BYTES 96
#define DIGITS_MAX     18

int forgotten_add(struct buf *lines, int64_t now_ms, const char *kind,
		  int64_t id, struct err *err)
{
	char line[LINE_MAX_BYTES];

	(void)snprintf(line, sizeof(line), "gone %" PRId64 " %s %" PRId64 "\n",
		       now_ms, kind, id); /* at most 5 + 20 + 17 + 20 */
	return buf_append_text(lines, line, err);
}

/* A line that a crash cut off ends at the next one's beginning. */
static int write_lines(struct worker *w, int fd, const struct buf *lines,
		       struct err *err)
{
	if (durable_write(fd, "\n", 1, err) != 0 ||
	    durable_write(fd, lines->bytes, lines->len, err) != 0)
		return -1;
	return w->env->datasync(w->env, fd) == 0
		   ? 0
		   : ERR_SET(err, ERR_STORAGE, "cannot sync forgotten.log",
			     errno);
}

int forgotten_append(struct worker *w, const struct buf *lines, struct err *err)
{
	char path[DURABLE_PATH_BYTES];
	int fd, rc;

	/* A worker of a test has no folder. */
	if (lines->len == 0 || w->settings == NULL ||
	    w->settings->dir[0] == '\0')
		return 0;
	if (durable_path(w->settings->dir, FORGOTTEN_FILE, path, err) != 0)
		return -1;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		  0600);
	if (fd < 0)
		return ERR_SET(err, ERR_STORAGE, "cannot open forgotten.log",
			       errno);
	rc = write_lines(w, fd, lines, err);
	(void)close(fd); /* synced above, or failed already */
	if (rc != 0 && err->native == ENOSPC)
		err->kind = ERR_BUSY;
	return rc;
}

/* --- reading back --------------------------------------------------------- */

static bool take_number(const char **at, const char *end, int64_t *ret)
{
	int64_t v = 0;
	size_t n = 0;

	for (; *at < end && **at >= '0' && **at <= '9'; (*at)++, n++)
		if (n < DIGITS_MAX)
			v = v * 10 + (**at - '0');
	*ret = v;
	return n > 0 && n <= DIGITS_MAX;
}

bool forgotten_parse(const char *line, size_t len, struct forgotten *ret)
{
	static const char word[] = "gone ";
	const char *at = line, *end = line + len;
	struct forgotten f = {0};
	size_t n = 0;

	if (len < sizeof(word) || memcmp(line, word, sizeof(word) - 1) != 0)
		return false;
	at += sizeof(word) - 1;
	if (!take_number(&at, end, &f.at_ms) || at == end || *at++ != ' ')
		return false;
	while (at < end && *at >= 'a' && *at <= 'z' &&
	       n < FORGOTTEN_KIND_MAX - 1)
		f.kind[n++] = *at++;
	if (n == 0 || at == end || *at++ != ' ' ||
	    !take_number(&at, end, &f.id) || at != end)
		return false;
	*ret = f;
	return true;
}
