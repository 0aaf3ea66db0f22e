/* rows.h - rows of table package, for each other only. */
#ifndef POSTERN_PACKAGE_ROWS_H
#define POSTERN_PACKAGE_ROWS_H

#include "package.h"

#define PACKAGE_DATENART   "EXPORT"
#define PACKAGE_SEALED_MAX 128

struct package_row {
	int64_t id, request, person;
	enum package_kind kind;
	char language[3];
	uint16_t year;
	char file[PACKAGE_NAME_BYTES]; /* "": none yet, or no more */
	int64_t bytes, expires_ms;
	uint8_t sealed[PACKAGE_SEALED_MAX]; /* its key */
	size_t sealed_len;
};
/* If it is ready and has not expired. */
int package_row_ready(struct worker *w, int64_t id, struct package_row *ret,
		      bool *ret_found, struct err *err);
/* The oldest that waits to be made. */
int package_row_waits(struct worker *w, struct package_row *ret,
		      bool *ret_found, struct err *err);
void package_key_ref(const struct package_row *row, struct key_ref *ret);
/* The key of its file, sealed and opened. */
int package_key_seal(struct worker *w, struct package_row *row,
		     const uint8_t key[32], struct err *err);
int package_key(struct worker *w, const struct package_row *row,
		uint8_t ret[32], struct err *err);

/* The whole file is there: names it.  In the transaction. */
struct package_made {
	char file[PACKAGE_NAME_BYTES];
	int64_t bytes, messages, expires_ms;
	uint8_t sha256[32], manifest[32];
};
int package_row_ready_set(struct worker *w, const struct package_row *row,
			  const struct package_made *made, struct err *err);
/* It is over; key, file and link go.  In the transaction. */
int package_row_end(struct worker *w, const struct package_row *row,
		    enum package_state state, const char *reason,
		    struct err *err);
/* The file that is being written; "" none.  (making.c) */
const char *package_makes(const struct worker *w);
int package_row_progress(struct worker *w, int64_t id, int64_t messages,
			 int64_t of_messages, struct err *err);

#endif
