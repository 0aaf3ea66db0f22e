/* receiptopening.h - what a person needs to show that an entry is about their
 * request: the opening of its commitment.
 *
 *   {"key":"<64 hex>","payload":"<text>","record":"req_..."}
 *
 * in exactly this spelling, with no escapes in payload but \" and \\.  It is
 * believed if the commitment of an entry that a log includes is that of
 * record and payload under key.  Pure. */
#ifndef POSTERN_RECEIPTOPENING_H
#define POSTERN_RECEIPTOPENING_H

#include "postern/ledgerentry.h"

#define OPENING_KEY_BYTES   32
#define OPENING_PAYLOAD_MAX 1024

struct receiptopening {
	uint8_t key[OPENING_KEY_BYTES];
	char payload[OPENING_PAYLOAD_MAX + 1];
	size_t payload_len;
	struct id_text record;
};
/* False: it is of another form. */
bool receiptopening_read(const void *bytes, size_t len,
			 struct receiptopening *ret);
/* Is it that of this entry? */
bool receiptopening_fits(const struct receiptopening *o,
			 const struct ledger_told *told);

/* BLAKE2b-256(audit key, "gw-audit-v1" 00 record id 00 SHA-256(payload)).
 * Source: compliance 6.7, 7.5. */
void audit_commitment(const uint8_t audit_key[32], const char *record_id,
		      const void *payload, size_t payload_len, uint8_t ret[32]);
/* From the payload's SHA-256 alone. */
void audit_commitment_digest(const uint8_t audit_key[32], const char *record_id,
			     const uint8_t digest[32], uint8_t ret[32]);

#endif
