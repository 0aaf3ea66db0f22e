/* id.h - record ids.
 *
 * Inside, an id is a 63-bit integer that grows with time, so that B-trees are
 * written at their end (no random keys).  Outside it is 128 bit that look
 * random: the integer masked and authenticated with the instance's id mask
 * (SIV-like, BLAKE2b), so looking one up needs no index, a made-up one is
 * refused without a query, and time and number of records do not show. */
#ifndef POSTERN_ID_H
#define POSTERN_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"

enum id_kind {
	ID_MESSAGE,	 /* msg_ */
	ID_CONVERSATION, /* cnv_ */
	ID_PERSON,	 /* per_ */
	ID_REQUEST,	 /* req_ */
	ID_HOLD,	 /* hld_ */
	ID_ATTACHMENT,	 /* att_ */
	ID_DELIVERY,	 /* dlv_ */
	ID_TOKEN,	 /* tok_ */
	ID_QUARANTINE,	 /* qrn_ */
	ID_POLICY,	 /* pol_ */
	ID_ERASURE,	 /* ers_ */
	ID_SWEEP,	 /* swp_: a run of the sweep */
	ID_REVIEW,	 /* rev_ */
	ID_NOTE,	 /* nte_ */
	ID_PACKAGE,	 /* pkg_ */
	ID_TELLING,	 /* tel_: a recipient to be told */
	ID_BREACH,	 /* brc_ */
	ID_CANARY,	 /* cny_ */
	ID_BACKUP,	 /* bak_ */
	ID_ALARM,	 /* alm_ */
	ID_REVEAL,	 /* rvl_: whose pseudonym is that? */
	/* In the proof log alone: nobody asks for them. */
	ID_CONSENT,	/* cns_: a consent event */
	ID_RESTRICTION, /* rst_ */
	ID_ACT,		/* act_: one that has no record of its own */
	ID_KINDS,
};

#define ID_MASK_BYTES 32
#define ID_TEXT_BYTES 31 /* prefix, underscore, 26 base32, NUL */

struct id_mask {
	uint8_t key[ID_MASK_BYTES];
};
struct id_text {
	char text[ID_TEXT_BYTES];
};

/* The outside form of id. */
void id_format(const struct id_mask *mask, enum id_kind kind, int64_t id,
	       struct id_text *ret);
/* Returns 0, or -1 with ERR_ABSENT when text is no id of this kind that this
 * instance made. */
int id_parse(const struct id_mask *mask, enum id_kind kind, const char *text,
	     size_t text_len, int64_t *ret_id, struct err *err);

/* Whether text is spelled as an id of some kind; whether this instance made it
 * only its mask can say. */
bool id_spelled(const char *text, size_t text_len, enum id_kind *ret_kind);

/* Hands out ids: milliseconds since 2024 << 20 plus a counter; never below or
 * equal to the last one, also when the clock goes back.  One thread. */
struct id_source {
	int64_t last;
};
int64_t id_next(struct id_source *source, int64_t wall_ms);
/* What is of that time or later has no smaller one. */
int64_t id_at(int64_t wall_ms);
/* When it was handed out, UTC ms; 0: before the first one could be. */
int64_t id_time_ms(int64_t id);
/* "Kunde K7QF-29XM": how a person is called without being known.  word is
 * "Kunde"; ret has at least ALIAS_BYTES. */
#define ALIAS_BYTES 32
void id_alias(const struct id_mask *mask, int64_t person,
	      char ret[ALIAS_BYTES]);

#endif
