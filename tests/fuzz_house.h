/* fuzz_house.h - what several fuzz targets need: a broken property ends the
 * process, also where assert is switched off; a folder in memory; choices
 * taken from the front of the input. */
#ifndef POSTERN_TESTS_FUZZ_HOUSE_H
#define POSTERN_TESTS_FUZZ_HOUSE_H

#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(claim)                                                            \
	do {                                                                   \
		if (!(claim)) {                                                \
			(void)fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, \
				      __LINE__, #claim);                       \
			abort();                                               \
		}                                                              \
	} while (0)

/* --- input, piece by piece; past its end everything is zero --------------- */

struct feed {
	const uint8_t *at;
	size_t left;
};

static inline uint8_t feed_byte(struct feed *f)
{
	if (f->left == 0)
		return 0;
	f->left--;
	return *f->at++;
}

/* A text of at most max bytes, ended by NUL, to be freed. */
static inline char *feed_text(struct feed *f, size_t max)
{
	size_t want = feed_byte(f), len;
	char *text;

	if (want > max)
		want = max;
	len = want < f->left ? want : f->left;
	text = malloc(len + 1);
	MUST(text != NULL);
	memcpy(text, f->at, len);
	text[len] = '\0';
	f->at += len;
	f->left -= len;
	return text;
}

/* --- a folder that is gone afterwards ------------------------------------- */

static char fuzz_dir[64];

static inline int fuzz_dir_remove(const char *path, const struct stat *st,
				  int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline void fuzz_dir_end(void)
{
	(void)nftw(fuzz_dir, fuzz_dir_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline void fuzz_dir_begin(void)
{
	const char *tmp = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	(void)snprintf(fuzz_dir, sizeof(fuzz_dir), "%s/fuzz-XXXXXX", tmp);
	MUST(mkdtemp(fuzz_dir) != NULL);
	MUST(atexit(fuzz_dir_end) == 0);
}

/* A file of these two pieces, in place of what was there. */
static inline void fuzz_file(const char *path, const void *head,
			     size_t head_len, const void *rest, size_t rest_len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	MUST(fd >= 0);
	MUST(write(fd, head, head_len) == (ssize_t)head_len);
	MUST(write(fd, rest, rest_len) == (ssize_t)rest_len);
	(void)close(fd);
}

#endif
