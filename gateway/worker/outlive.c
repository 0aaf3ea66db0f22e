/* outlive.c - see outlive.h.
 *
 * Source: compliance 1 (6), 7.4. */
#include "outlive.h"

#include <errno.h>
#include <stdlib.h>

#include "postern/durable.h"

#define LINES_MAX (16u * 1024 * 1024)

struct outliving {
	struct buf lines[OUTLIVE_FILES];
};

static const char *const names[OUTLIVE_FILES] = {
    [OUTLIVE_WITHDRAWALS] = "withdrawals.log",
    [OUTLIVE_HOLDS] = "holds.log",
};

const char *outlive_name(enum outlive_file file)
{
	return names[file];
}

/* --- written -------------------------------------------------------------- */

int outlive_append(struct worker *w, const char *name, const struct buf *lines,
		   struct err *err)
{
	int rc;

	/* A worker of a test has no folder. */
	if (lines->len == 0 || w->settings == NULL ||
	    w->settings->dir[0] == '\0')
		return 0;
	rc = durable_append(w->env, w->settings->dir, name, lines->bytes,
			    lines->len, err);
	if (rc != 0 && err->native == ENOSPC)
		err->kind = ERR_BUSY;
	return rc;
}

int outlive_add(struct worker *w, enum outlive_file file, const char *line,
		struct err *err)
{
	if (w->outliving == NULL) {
		w->outliving = calloc(1, sizeof(*w->outliving));
		if (w->outliving == NULL)
			return ERR_SET(err, ERR_NOMEM, "lines of a log", 0);
		for (size_t i = 0; i < OUTLIVE_FILES; i++)
			w->outliving->lines[i] = BUF_INIT(LINES_MAX);
	}
	return buf_append_text(&w->outliving->lines[file], line, err);
}

int outlive_write(struct worker *w, struct err *err)
{
	for (size_t i = 0; w->outliving != NULL && i < OUTLIVE_FILES; i++)
		if (outlive_append(w, names[i], &w->outliving->lines[i], err) !=
		    0)
			return -1;
	outlive_drop(w);
	return 0;
}

void outlive_drop(struct worker *w)
{
	for (size_t i = 0; w->outliving != NULL && i < OUTLIVE_FILES; i++)
		buf_free(&w->outliving->lines[i]);
	free(w->outliving);
	w->outliving = NULL;
}

/* --- read ----------------------------------------------------------------- */

bool outlive_number(struct cut *c, uint8_t end, int64_t *ret)
{
	int64_t v = 0;
	size_t n = 0;
	uint8_t digit;

	while ((digit = cut_u8(c)) >= '0' && digit <= '9') {
		/* One spelling of each. */
		if (v > (INT64_MAX - (digit - '0')) / 10 || (n > 0 && v == 0))
			return false;
		v = v * 10 + (digit - '0');
		n++;
	}
	*ret = v;
	return n > 0 && digit == end && c->failed == 0;
}

bool outlive_word(struct cut *c, const char *word)
{
	const size_t len = strlen(word);
	const uint8_t *at;

	if (c->left < len)
		return false;
	at = cut_bytes(c, len);
	return memcmp(at, word, len) == 0;
}

static bool in_names(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool outlive_text(struct cut *c, uint8_t end, char *ret, size_t size)
{
	size_t len = 0;
	uint8_t byte;

	while (in_names(byte = cut_u8(c))) {
		if (len + 1 >= size)
			return false;
		ret[len++] = (char)byte;
	}
	ret[len] = '\0';
	if (len == 0 || byte != end || c->failed != 0)
		return false;
	if (strcmp(ret, "-") == 0)
		ret[0] = '\0';
	return true;
}

/* The next line with its end; 0: no more.  Of one that is longer than max
 * only that it is. */
static size_t next_line(FILE *file, char *ret, size_t max)
{
	size_t len = 0;
	int c;

	while ((c = getc(file)) != EOF) {
		if (len < max)
			ret[len] = (char)c;
		if (len <= max)
			len++;
		if (c == '\n')
			break;
	}
	return len;
}

static int each_line(FILE *file, size_t max, outlive_line *each, void *ctx,
		     struct err *err)
{
	char *line = malloc(max);
	size_t len;
	int rc = 0;

	if (line == NULL)
		return ERR_SET(err, ERR_NOMEM, "a line of a log", 0);
	while (rc == 0 && (len = next_line(file, line, max)) > 0)
		if (len <= max)
			rc = each(ctx, line, len, err);
	free(line);
	if (rc == 0 && ferror(file))
		rc = ERR_SET(err, ERR_STORAGE, "cannot read a log", errno);
	return rc;
}

int outlive_each(const char *dir, const char *name, size_t max,
		 outlive_line *each, void *ctx, struct err *err)
{
	char path[DURABLE_PATH_BYTES];
	FILE *file;
	int rc;

	if (durable_path(dir, name, path, err) != 0)
		return -1;
	file = fopen(path, "re");
	if (file == NULL)
		return errno == ENOENT ? 0
				       : ERR_SET(err, ERR_STORAGE,
						 "cannot read a log", errno);
	rc = each_line(file, max, each, ctx, err);
	(void)fclose(file); /* read only */
	return rc;
}
