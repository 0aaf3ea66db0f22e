/* withdrawallog.h - DIR/withdrawals.log: what ended a consent, and who wants no
 * advertising (outlive.h).
 *
 *	withdrawn MS ID PERSON PURPOSE CHANNEL KIND BY METHOD SOURCE OF
 *	suppressed MS HASH SCOPE CHANNEL REASON
 *
 * CHANNEL "-": every one.  HASH: of kind and address under the suppression
 * key, which is in keeper.db and outlives every person; 64 hex digits.  OF is
 * ID, but for those who turned out to be the same person: in an older archive
 * they may be two.
 *
 * Source: Art. 7(3), 21(3) GDPR; CJEU C-129/21; compliance 1 (6). */
#ifndef POSTERN_WORKER_WITHDRAWALLOG_H
#define POSTERN_WORKER_WITHDRAWALLOG_H

#include "consent.h"

#define WITHDRAWAL_LINE_MAX 384
#define WITHDRAWAL_WORD_MAX 23

struct withdrawal_line {
	bool suppressed;
	int64_t at_ms;
	char purpose[NAME_LEN_MAX + 1]; /* or scope */
	char channel[NAME_LEN_MAX + 1];
	/* of an event */
	int64_t id, person, of;
	char kind[WITHDRAWAL_WORD_MAX + 1], by[WITHDRAWAL_WORD_MAX + 1];
	char method[WITHDRAWAL_WORD_MAX + 1];
	char source[WITHDRAWAL_WORD_MAX + 1]; /* or reason */
	/* of an address */
	uint8_t hash[32];
};
/* Pure.  One line with its end, nothing else. */
bool withdrawal_line_parse(const void *line, size_t len,
			   struct withdrawal_line *ret);
int withdrawal_line_print(const struct withdrawal_line *l,
			  char ret[WITHDRAWAL_LINE_MAX], struct err *err);

/* An event that ends a consent, of everybody who is the same person; of any
 * other event nothing.  In its transaction. */
int withdrawal_log_event(struct worker *w, const struct consent_entry *e,
			 int64_t id, struct err *err);
int withdrawal_log_hash(struct worker *w, const uint8_t hash[32],
			const struct consent_entered *e, struct err *err);

struct withdrawal_replayed {
	uint64_t events, hashes; /* rows that were added */
};
/* As restriction_log_replay().  Events of persons whom the archive does not
 * know are left out, hashes never. */
int withdrawal_log_replay(struct store *st, const char *dir,
			  struct withdrawal_replayed *ret, struct err *err);

#endif
