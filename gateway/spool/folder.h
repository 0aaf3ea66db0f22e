/* folder.h - names and numbers of the files in DIR/spool. */
#ifndef POSTERN_SPOOL_FOLDER_H
#define POSTERN_SPOOL_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"

#define SPOOL_FILE_BYTES 24 /* 16 digits, ".seg" or ".bad", NUL */

struct spool_folder {
	uint64_t *segments; /* ascending */
	size_t segments_len;
	uint64_t *bad; /* set aside, ascending */
	size_t bad_len;
};

/* "0000000000000017.seg" */
void spool_file_name(uint64_t number, bool bad, char ret[SPOOL_FILE_BYTES]);
/* Opens DIR/spool, close-on-exec. */
int spool_folder_open(const char *dir, int *ret_fd, struct err *err);
/* What lies there now; other names are passed over. */
int spool_folder_list(int folder_fd, struct spool_folder *ret, struct err *err);
void spool_folder_free(struct spool_folder *f);
/* The highest number ever seen there, 0 if none. */
uint64_t spool_folder_highest(const struct spool_folder *f);

#endif
