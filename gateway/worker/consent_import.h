/* consent_import.h - consents a controller has from before, or from elsewhere.
 *
 * Evidence rules, the first that holds:
 *
 * 1. What the person said here, or put them on the suppression list, counts
 *    more than any file, whatever date it has: an import lifts nothing.
 * 2. Without the wording that was shown and proof that it was agreed to there
 *    is no consent.
 * 3. What ran out by the policy's validity is over.
 * 4. The same event is not written twice.
 *
 * Nobody becomes a person here but who has a consent that counts.
 *
 * Source: compliance 4.3, 4.5, 9 W5; CJEU C-129/21. */
#ifndef POSTERN_WORKER_CONSENT_IMPORT_H
#define POSTERN_WORKER_CONSENT_IMPORT_H

#include <jansson.h>

#include "consent.h"

#define CONSENT_IMPORT_ROWS_MAX 100

enum consent_imported {
	IMPORT_ACCEPTED,
	IMPORT_KNOWN,	   /* was imported before */
	IMPORT_SUPPRESSED, /* rule 1 */
	IMPORT_UNPROVEN,   /* rule 2; field: what is missing */
	IMPORT_EXPIRED,	   /* rule 3 */
	IMPORT_REFUSED,	   /* fits neither this form nor the policy; field */
};
/* "accepted", ... */
const char *consent_imported_name(enum consent_imported result);

/* Texts are borrowed. */
struct consent_import_row {
	const char *kind, *address; /* kind: static */
	struct consent_of of;	    /* person: found, or 0 */
	bool withdrawn, guardian;
	int64_t at_ms;
	const char *wording, *language; /* NULL: none */
	const json_t *evidence;		/* NULL: none */
	/* What came of it.  The caller may set IMPORT_REFUSED before. */
	enum consent_imported result;
	const char *field, *what, *want; /* static; NULL */
	enum consent_state state;	 /* of the consent afterwards */
	/* While it runs */
	size_t slot; /* of its index, then of its evidence */
	int64_t event;
	uint16_t year;
};

/*
 * consent_import - rows in their order, inside the caller's transaction.
 *
 * At most CONSENT_IMPORT_ROWS_MAX.  ERR_BUSY: the keeper is away; else the
 * store's.
 */
int consent_import(struct worker *w, struct consent_import_row *rows,
		   size_t len, struct err *err);

#endif
