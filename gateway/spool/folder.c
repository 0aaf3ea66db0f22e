/* folder.c - names and numbers of the files in DIR/spool. */
#include "spool/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIGITS	     16
#define SEGMENTS_MAX 1000000u

void spool_file_name(uint64_t number, bool bad, char ret[SPOOL_FILE_BYTES])
{
	(void)snprintf(ret, SPOOL_FILE_BYTES, "%016" PRIu64 ".%s",
		       number % 10000000000000000u, bad ? "bad" : "seg");
}

int spool_folder_open(const char *dir, int *ret_fd, struct err *err)
{
	char path[600];
	int n = snprintf(path, sizeof(path), "%s/spool", dir);
	int fd;

	if ((size_t)n >= sizeof(path)) /* below zero too */
		return ERR_SET(err, ERR_INPUT, "path too long", 0);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return ERR_SET(err, errno == ENOENT ? ERR_ABSENT : ERR_STORAGE,
			       "cannot open the spool folder", errno);
	*ret_fd = fd;
	return 0;
}

/* Number and kind out of a file name; false if it is none of ours. */
static bool name_parse(const char *name, uint64_t *ret_number, bool *ret_bad)
{
	uint64_t number = 0;

	for (size_t i = 0; i < DIGITS; i++) {
		if (name[i] < '0' || name[i] > '9')
			return false;
		number = number * 10 + (uint64_t)(name[i] - '0');
	}
	if (strcmp(name + DIGITS, ".seg") != 0 &&
	    strcmp(name + DIGITS, ".bad") != 0)
		return false;
	*ret_number = number;
	*ret_bad = name[DIGITS + 1] == 'b';
	return true;
}

static int number_order(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static int number_add(uint64_t **list, size_t *len, uint64_t number,
		      struct err *err)
{
	uint64_t *grown = *list;

	if (*len >= SEGMENTS_MAX)
		return ERR_SET(err, ERR_INPUT, "too many segments", 0);
	/* Room is doubled at each power of two. */
	if ((*len & (*len - 1)) == 0) {
		size_t room = *len == 0 ? 1 : *len * 2;

		grown = realloc(*list, room * sizeof(*grown));
		if (grown == NULL)
			return ERR_SET(err, ERR_NOMEM, "segment list", 0);
		*list = grown;
	}
	grown[(*len)++] = number;
	return 0;
}

static int folder_collect(DIR *d, struct spool_folder *f, struct err *err)
{
	struct dirent *entry;

	while ((errno = 0, entry = readdir(d)) != NULL) {
		uint64_t number;
		bool bad;
		int rc;

		if (!name_parse(entry->d_name, &number, &bad))
			continue;
		rc = bad ? number_add(&f->bad, &f->bad_len, number, err)
			 : number_add(&f->segments, &f->segments_len, number,
				      err);
		if (rc != 0)
			return -1;
	}
	if (errno != 0)
		return ERR_SET(err, ERR_STORAGE, "cannot list the spool",
			       errno);
	return 0;
}

int spool_folder_list(int folder_fd, struct spool_folder *ret, struct err *err)
{
	struct spool_folder f = {0};
	DIR *d = NULL;
	/* A descriptor of its own: a directory stream has a position. */
	int fd = openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = -1;

	if (fd < 0 || (d = fdopendir(fd)) == NULL) {
		(void)ERR_SET(err, ERR_STORAGE, "cannot list the spool", errno);
		if (fd >= 0)
			(void)close(fd); /* nothing was written */
		goto out;
	}
	if (folder_collect(d, &f, err) != 0)
		goto out;
	if (f.segments_len > 1)
		qsort(f.segments, f.segments_len, sizeof(*f.segments),
		      number_order);
	if (f.bad_len > 1)
		qsort(f.bad, f.bad_len, sizeof(*f.bad), number_order);
	*ret = f;
	f = (struct spool_folder){0};
	rc = 0;
out:
	if (d != NULL)
		(void)closedir(d); /* read only */
	spool_folder_free(&f);
	return rc;
}

void spool_folder_free(struct spool_folder *f)
{
	free(f->segments);
	free(f->bad);
	*f = (struct spool_folder){0};
}

uint64_t spool_folder_highest(const struct spool_folder *f)
{
	uint64_t highest = 0;

	if (f->segments_len > 0)
		highest = f->segments[f->segments_len - 1];
	if (f->bad_len > 0 && f->bad[f->bad_len - 1] > highest)
		highest = f->bad[f->bad_len - 1];
	return highest;
}
