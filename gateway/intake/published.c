/* published.c - the proof log's files, as the worker left them in DIR/ledger.
 *
 * The name of a file is never what came: a path is parsed to a tile and printed
 * again, so nothing else can be asked for. */
#include "intake/inside.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/tile.h"

#define PREFIX	   "/ledger/"
#define FOLDER	   "ledger" /* below DIR */
#define CHECKPOINT "checkpoint"
#define FILE_MAX   (1024 * 1024)
#define NAME_BYTES (TILE_PATH_BYTES + 16)

/* Tiles never change; a partial one may go when it is full. */
#define FOR_EVER "public, max-age=31536000, immutable"
#define A_WHILE	 "public, max-age=3600"
#define ASK	 "no-cache"

/* The file below DIR/ledger, its type and how long it may be kept. */
static bool name_of(const char *path, char ret[NAME_BYTES],
		    const char **ret_type, const char **ret_cache)
{
	struct tile t;

	if (strcmp(path, CHECKPOINT) == 0) {
		memcpy(ret, CHECKPOINT, sizeof(CHECKPOINT));
		*ret_type = "text/plain; charset=utf-8";
		*ret_cache = ASK;
		return true;
	}
	if (!tile_parse(path, strlen(path), &t))
		return false;
	tile_path(&t, ret);
	*ret_type = "application/octet-stream";
	*ret_cache = t.width == TILE_WIDTH ? FOR_EVER : A_WHILE;
	return true;
}

static int open_file(const struct intake *in, const char *name,
		     size_t *ret_size)
{
	char path[1024];
	struct stat st;
	int n, fd;

	n = snprintf(path, sizeof(path), "%s/" FOLDER "/%s", in->conf->dir,
		     name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return -1;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
			st.st_size > FILE_MAX)) {
		(void)close(fd); /* only looked at */
		return -1;
	}
	if (fd >= 0)
		*ret_size = (size_t)st.st_size;
	return fd;
}

bool published_is(const struct intake *in, const char *url)
{
	return in->conf->settings->ledger.publish &&
	       strncmp(url, PREFIX, sizeof(PREFIX) - 1) == 0;
}

enum MHD_Result published_reply(struct intake *in, struct visitor *v,
				const char *url)
{
	const char *type, *cache;
	struct MHD_Response *r;
	char name[NAME_BYTES];
	size_t size = 0;
	int fd = -1;

	if (name_of(url + sizeof(PREFIX) - 1, name, &type, &cache))
		fd = open_file(in, name, &size);
	if (fd < 0)
		return reply_problem(in, v, MHD_HTTP_NOT_FOUND, 0);
	r = MHD_create_response_from_fd(size, fd); /* takes it */
	if (r == NULL) {
		(void)close(fd); /* only read from */
		return MHD_NO;
	}
	return reply_file(v, r, type, cache);
}
