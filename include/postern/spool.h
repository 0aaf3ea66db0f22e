/* spool.h - acknowledged bodies between intake and worker.
 *
 * spool/<16 digits>.seg, preallocated, appended by the intake only, read and
 * unlinked by the worker.  Every segment begins with a key record: the spool
 * key of that quarter of an hour, boxed to the keeper's public key.  A new
 * quarter and every start of the intake begin a new segment, so a torn tail
 * is never appended to.  The worker never unlinks the newest segment: numbers
 * only grow.
 *
 * Record: 80-byte header (big endian), then the payload:
 *   0 u32 magic "PSR2"   4 u8 kind (1 key, 2 body)   5 u8 verdict
 *   6 u16 zero           8 u32 payload length        12 u32 zero
 *   16 u64 received ms   24 channel name, 32 bytes, NUL-padded
 *   56 8 bytes zero      64 16-byte check, as XXH3 writes 128 bits:
 *                           XXH3(header[0..64) and XXH3(payload))
 * A record whose check fails is a torn tail: the segment ends there.  More it
 * need not find: whoever can write here can compute any check, and the seal
 * of a body proves what the check cannot.  "PSR1", which a version before may
 * have left behind, is read too: BLAKE2b of header[0..64) and payload. */
#ifndef POSTERN_SPOOL_H
#define POSTERN_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/env.h"
#include "postern/err.h"
#include "postern/keeper.h"
#include "postern/name.h"

#define SPOOL_HEADER_BYTES  80
#define SPOOL_PAYLOAD_MAX   (5u * 1024 * 1024)
#define SPOOL_SEGMENT_BYTES (8u * 1024 * 1024)
#define SPOOL_EPOCH_MS	    (15 * 60 * 1000)

struct spool_position {
	uint64_t segment;
	uint64_t offset;
};

enum spool_kind { SPOOL_KEY = 1, SPOOL_BODY = 2 };

struct spool_record {
	enum spool_kind kind;
	uint8_t verdict;
	int64_t received_ms;
	struct name channel;
	const uint8_t *payload; /* key: SPOOL_BOX_BYTES; body: sealed.h */
	size_t payload_len;
};

/* verdict of a body: what made it authentic. */
enum {
	SPOOL_VERIFIED = 1,  /* the provider's signature */
	SPOOL_ONE_CLICK = 2, /* a token of ours, which is the body */
};

/* --- format, pure -------------------------------------------------------- */

/* Writes the header for a payload given in pieces. */
void spool_header(const struct spool_record *record,
		  uint8_t ret[SPOOL_HEADER_BYTES]);
/* Bytes at a record's start.  Returns 0; -1 with ERR_ABSENT (zeros or too few
 * bytes: nothing more here) or ERR_CORRUPT (torn or damaged). */
int spool_parse(const uint8_t *bytes, size_t len, struct spool_record *ret,
		size_t *ret_record_len, struct err *err);
/* AAD of a body: "postern-spool-v1", channel, received ms. */
#define SPOOL_AAD_BYTES 64
size_t spool_aad(const struct name *channel, int64_t received_ms,
		 uint8_t ret[SPOOL_AAD_BYTES]);

/* --- reading, for the worker --------------------------------------------- */

struct spool_reader;
struct spool_item {
	struct spool_record record; /* bodies only; payload owned by the reader
				       until the next spool_read */
	uint8_t box[SPOOL_BOX_BYTES]; /* of its segment */
	struct spool_position after;  /* position once this one is archived */
};
int spool_reader_open(const char *dir, struct spool_position from,
		      struct spool_reader **ret, struct err *err);
void spool_reader_close(struct spool_reader **r);
/* Up to items_max bodies or about bytes_max payload bytes, in order.
 * *ret_len 0: nothing new.  A damaged record inside a closed segment is
 * counted in *ret_damaged, logged by the caller, and the rest of that segment
 * is kept aside as <number>.bad, never dropped. */
int spool_read(struct spool_reader *r, struct spool_item *ret_items,
	       size_t items_max, size_t bytes_max, size_t *ret_len,
	       size_t *ret_damaged, struct err *err);
/* Unlinks segments wholly before position, but never the newest one.  Gives
 * the pair number of the oldest key record still on disk. */
int spool_trim(struct spool_reader *r, struct spool_position archived,
	       uint32_t *ret_oldest_pair, struct err *err);
/* Bytes not yet read, for metrics. */
uint64_t spool_backlog_bytes(struct spool_reader *r);

#endif
