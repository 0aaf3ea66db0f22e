/* consent_file.h - a file of rows or records, one a line or one alone. */
#ifndef POSTERN_POLICY_VERBS_CONSENT_FILE_H
#define POSTERN_POLICY_VERBS_CONSENT_FILE_H

#include "postern/buf.h"
#include "postern/consentrecord.h"
#include "postern/diag.h"
#include "verbs.h"

struct consent_file {
	const struct verb_args *args;
	struct diag diag;
	struct buf bytes;
};

struct consent_piece {
	const char *text;
	size_t len, line; /* of its first byte */
};

/* "-" is standard input.  EXIT_DONE, or EXIT_REFUSED with a complaint. */
int consent_file_read(struct consent_file *f, const struct verb_args *args,
		      const char *name);
void consent_file_free(struct consent_file *f);

/* A finding at a byte of the piece, to standard error. */
void consent_file_tell(struct consent_file *f, const struct consent_piece *p,
		       size_t at, const struct consentrecord_fault *fault);

/* Each record.  EXIT_DONE when every call gave it; EXIT_REFUSED when one did
 * not; any other status of a call ends the walk. */
typedef int (*consent_piece_run)(void *ctx, const struct consent_piece *p);
int consent_file_each(const struct consent_file *f, consent_piece_run run,
		      void *ctx);

#endif
