/* consent_check.h - one record of a file, judged without an instance. */
#ifndef POSTERN_POLICY_VERBS_CONSENT_CHECK_H
#define POSTERN_POLICY_VERBS_CONSENT_CHECK_H

#include "postern/consentrecord.h"

struct consent_verdict {
	const char *form; /* record, receipt, kantara, events, row; NULL */
	bool accepted;
	struct consentrecord_fault fault; /* unless accepted */
	bool has_state;			  /* of events at a time */
	enum consent_state state;
};

/* A record or receipt; or one in a member of that name; {"events","at"}; or a
 * row of an import (consentrow.h), by its form alone. */
void consent_check(const json_t *row, struct consent_verdict *ret);

/* Where the field of a fault is in valid JSON, or the nearest around it that
 * is there: bytes from the start. */
size_t consent_check_place(const char *text, size_t len, const char *field);

#endif
