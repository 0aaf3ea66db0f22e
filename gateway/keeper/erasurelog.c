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

/* A write that was cut off leaves half a line; the next one begins anew. */
static int end_torn_line(int fd, struct err *err)
{
	struct stat st;
	char last;

	if (fstat(fd, &st) != 0)
		return ERR_SET(err, ERR_STORAGE, "cannot see erasures.log",
			       errno);
	if (st.st_size == 0)
		return 0;
	if (pread(fd, &last, 1, st.st_size - 1) != 1)
		return ERR_SET(err, ERR_STORAGE, "cannot read erasures.log",
			       errno);
	return last == '\n' ? 0 : durable_write(fd, "\n", 1, err);
}

int erasure_append(struct env *env, const char *dir, const struct buf *lines,
		   struct err *err)
{
	char path[DURABLE_PATH_BYTES];
	int rc = -1;
	int fd = -1;

	if (durable_path(dir, ERASURE_FILE, path, err) != 0)
		return -1;
	fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		  0600);
	if (fd < 0)
		return ERR_SET(err, ERR_STORAGE, "cannot open erasures.log",
			       errno);
	if (end_torn_line(fd, err) != 0 ||
	    durable_write(fd, lines->bytes, lines->len, err) != 0)
		goto out;
	if (env->datasync(env, fd) != 0) {
		ERR_SET(err, ERR_STORAGE, "cannot sync erasures.log", errno);
		goto out;
	}
	if (durable_sync_dir(dir, err) != 0)
		goto out;
	rc = 0;
out:
	(void)close(fd); /* synced above, or failed already */
	return rc;
}

/* The torn line at the end, and nothing else, may be unreadable. */
static bool read_line(const char *line, int64_t *ret_ms, int64_t *ret_person,
		      bool *ret_all, struct name *ret_datenart)
{
	char datenart[NAME_LEN_MAX + 1];
	unsigned long keys;
	int end = 0;

	if (sscanf(line, "erased %" SCNd64 " %" SCNd64 " %32s %lu%n", ret_ms,
		   ret_person, datenart, &keys, &end) != 4 ||
	    strcmp(line + end, "\n") != 0)
		return false;
	*ret_all = strcmp(datenart, "*") == 0;
	return *ret_all || name_set(ret_datenart, datenart, strlen(datenart));
}

int erasure_replay(const char *dir, struct keystore *store, uint32_t *ret_count,
		   struct err *err)
{
	char path[DURABLE_PATH_BYTES], line[LINE_BYTES_MAX];
	uint32_t total = 0;
	FILE *file;

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
	while (fgets(line, sizeof(line), file) != NULL) {
		int64_t ms, person;
		struct name datenart;
		uint32_t count;
		bool all;

		if (!read_line(line, &ms, &person, &all, &datenart))
			continue;
		if (keystore_key_shred(store, person, all ? NULL : &datenart,
				       ms, &count, err) != 0)
			break;
		total += count;
	}
	if (ferror(file) || !feof(file)) {
		if (ferror(file))
			ERR_SET(err, ERR_STORAGE, "cannot read erasures.log",
				errno);
		(void)fclose(file); /* read only */
		return -1;
	}
	(void)fclose(file); /* read only */
	*ret_count = total;
	return 0;
}
