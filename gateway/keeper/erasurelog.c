/* erasurelog.c - which keys were destroyed: random ids only, kept outside
 * every backup, so that a restore can destroy them again (compliance 7.4). */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper/vault.h"

#define LINE_BYTES_MAX 128

int erasure_note(struct buf *lines, int64_t now_ms, int64_t person,
		 const struct name *datenart, uint32_t count, struct err *err)
{
	char line[LINE_BYTES_MAX];

	(void)snprintf(line, sizeof(line),
		       "erased %" PRId64 " %" PRId64 " %s %" PRIu32 "\n",
		       now_ms, person, datenart != NULL ? datenart->text : "*",
		       count); /* at most 7 + 20 + 21 + 33 + 12 */
	return buf_append_text(lines, line, err);
}

int erasure_append(struct env *env, const char *dir, const struct buf *lines,
		   struct err *err)
{
	return durable_append(env, dir, ERASURE_FILE, lines->bytes, lines->len,
			      err);
}

/* --- reading back --------------------------------------------------------- */

/* Digits and the byte behind them; false: none, or more than fit. */
static bool take_number(struct cut *c, uint8_t end, int64_t *ret)
{
	int64_t v = 0;
	size_t n = 0;
	uint8_t digit;

	while ((digit = cut_u8(c)) >= '0' && digit <= '9') {
		if (++n > 18)
			return false;
		v = v * 10 + (digit - '0');
	}
	*ret = v;
	return n > 0 && digit == end && c->failed == 0;
}

bool erasure_parse(const void *line, size_t len, struct erasure *ret)
{
	static const char word[] = "erased ";
	const size_t word_len = sizeof(word) - 1;
	struct cut c = CUT(line, len);
	struct erasure e = {0};
	const uint8_t *at = cut_bytes(&c, word_len), *end;
	int64_t keys;

	if (at == NULL || memcmp(at, word, word_len) != 0 ||
	    !take_number(&c, ' ', &e.at_ms) || !take_number(&c, ' ', &e.person))
		return false;
	at = c.at;
	end = memchr(at, ' ', c.left);
	if (end == NULL)
		return false;
	len = (size_t)(end - at);
	e.all = len == 1 && at[0] == '*';
	if (!e.all && !name_set(&e.datenart, (const char *)at, len))
		return false;
	(void)cut_bytes(&c, len + 1);
	if (!take_number(&c, '\n', &keys) || c.left != 0)
		return false;
	*ret = e;
	return true;
}

/* The next line with its end; 0: no more.  Of one that is longer than any of
 * ours LINE_BYTES_MAX + 1 is returned and the rest passed over: cut into
 * pieces, one of them might look like a line. */
static size_t next_line(FILE *file, char ret[LINE_BYTES_MAX])
{
	size_t len = 0;
	int c;

	while ((c = getc(file)) != EOF) {
		if (len < LINE_BYTES_MAX)
			ret[len] = (char)c;
		if (len <= LINE_BYTES_MAX)
			len++;
		if (c == '\n')
			break;
	}
	return len;
}

/* A line that was torn off, and nothing else, may be unreadable. */
int erasure_next(FILE *file, struct erasure *ret, struct err *err)
{
	char line[LINE_BYTES_MAX];
	size_t len;

	while ((len = next_line(file, line)) > 0)
		if (len <= LINE_BYTES_MAX && erasure_parse(line, len, ret))
			return 1;
	return ferror(file) ? ERR_SET(err, ERR_STORAGE,
				      "cannot read erasures.log", errno)
			    : 0;
}

static int replay(FILE *file, struct keystore *store, uint32_t *ret_count,
		  struct err *err)
{
	uint32_t total = 0, count;
	struct erasure e;
	int rc;

	while ((rc = erasure_next(file, &e, err)) > 0) {
		if (keystore_key_shred(store, e.person,
				       e.all ? NULL : &e.datenart, e.at_ms,
				       &count, err) != 0)
			return -1;
		total += count;
	}
	if (rc == 0)
		*ret_count = total;
	return rc;
}

int erasure_replay(const char *dir, struct keystore *store, uint32_t *ret_count,
		   struct err *err)
{
	char path[DURABLE_PATH_BYTES];
	FILE *file;
	int rc;

	if (durable_path(dir, ERASURE_FILE, path, err) != 0)
		return -1;
	file = fopen(path, "re");
	if (file == NULL) {
		if (errno != ENOENT)
			return ERR_SET(err, ERR_STORAGE,
				       "cannot read erasures.log", errno);
		*ret_count = 0;
		return 0;
	}
	rc = replay(file, store, ret_count, err);
	(void)fclose(file); /* read only */
	return rc;
}
