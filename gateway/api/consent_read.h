/* consent_read.h - the events of one person's consents, opened. */
#ifndef POSTERN_API_CONSENT_READ_H
#define POSTERN_API_CONSENT_READ_H

#include "job.h"
#include "worker/consent.h"

/* The newest of them; older ones do not change any state. */
#define CONSENT_LINES_MAX 256
#define PROVIDER_ID_BYTES 256

struct consent_line {
	int64_t id, at_ms, until_ms, prompt, answer; /* 0: none */
	struct name purpose, channel;		     /* channel "": every one */
	char kind[16], by[16], method[16], source[24];
	char language[LANGUAGE_BYTES]; /* "": not told */
	uint8_t wording[32];
	bool has_wording;
	/* consent_lines_open() */
	/* Of the question, and of what answered or ended it; "": none. */
	char prompt_id[PROVIDER_ID_BYTES], answer_id[PROVIDER_ID_BYTES];
	json_t *evidence; /* NULL: none, or erased */
	/* While it is read */
	struct key_ref key;
	struct buf sealed;
	size_t slot, prompt_slot, answer_slot;
};
struct consent_lines {
	struct consent_line all[CONSENT_LINES_MAX]; /* oldest first */
	size_t len;
};

/* Is there such a person?  Else refuses with 404. */
int consent_person_there(struct worker *w, struct job *job, int64_t person,
			 struct err *err);
/*
 * consent_lines_read - what is known of a person, and of everybody who is the
 * same person.
 *
 *   purpose	only what concerns it, that said of all purposes or of all
 *		marketing included; NULL: everything
 *
 * *ret is to be freed in every case.  Errors are the store's, or ERR_NOMEM.
 */
int consent_lines_read(struct worker *w, int64_t person,
		       const struct name *purpose, struct consent_lines **ret,
		       struct err *err);
/* Opens what is sealed.  ERR_BUSY: the keeper is away. */
int consent_lines_open(struct worker *w, struct consent_lines *lines,
		       struct err *err);
void consent_lines_free(struct consent_lines **lines); /* wipes */

/* A text of the evidence, or NULL. */
const char *consent_line_text(const struct consent_line *line,
			      const char *member);

#endif
