/* ledgerbatch.h - what a transaction did to messages, told to the proof log.
 *
 * Whoever writes or empties message.content_sealed says so, in the same
 * transaction.  Its commit leaves one entry for what came (messages.archived),
 * one for what changed (messages.changed) and one for what was forgotten
 * (messages.forgotten), with their number and the root of RFC 6962 over a
 * record of each, in the order they were told.  A record is 40 bytes: the id,
 * 8 bytes big endian, and
 *
 *   SHA-256(0x00 || content_sealed)
 *   32 bytes 0x00	the row is there, without content
 *   32 bytes 0xff	there is no row any more
 *
 * Table ledger_batch has the records, ledger_gone the newest entry that
 * changed or forgot a message.  So what an archive holds of any message can be
 * held against the log: it is what the newest entry that lists it says. */
#ifndef POSTERN_LEDGERBATCH_H
#define POSTERN_LEDGERBATCH_H

#include "postern/id.h"
#include "postern/merkle.h"
#include "postern/store.h"

struct buf;

/* --- told (batch.c) ------------------------------------------------------- */

enum ledger_fate {
	LEDGER_ARCHIVED,
	LEDGER_CHANGED,
	LEDGER_FORGOTTEN, /* the content; the row stays */
	LEDGER_REMOVED,	  /* the row */
};
struct ledger_message {
	enum ledger_fate fate;
	int64_t id;
	const void *sealed; /* borrowed for the call; NULL: no content */
	size_t len;
	int64_t at_ms;
};
/* Inside a transaction (asserted).  In the order of what is done: the last
 * word about a message counts.  What is told is forgotten when the transaction
 * is taken back.  ERR_NOMEM, or the store's. */
int ledger_batch_add(struct store *st, const struct ledger_message *m,
		     struct err *err);

/* --- the form of a list, for who checks it -------------------------------- */

#define LEDGER_BATCH_MAX    1024 /* messages of an entry */
#define LEDGER_RECORD_BYTES (8 + MERKLE_HASH_BYTES)
void ledger_message_record(const struct ledger_message *m,
			   uint8_t ret[LEDGER_RECORD_BYTES]);
/* len: records. */
void ledger_batch_root(const uint8_t *records, size_t len,
		       struct merkle_hash *ret);

/* Removes the records of entries below first, and what says that one of them
 * is the newest about a message.  Before the entries go, in the same
 * transaction (prune.c). */
int ledger_batch_prune(struct store *st, uint64_t first, struct err *err);

/* --- checked (messages.c) ------------------------------------------------- */

enum ledger_message_fault {
	LEDGER_MESSAGES_SOUND,
	LEDGER_MESSAGE_MISSING, /* the row is gone, and no entry says so */
	LEDGER_MESSAGE_CHANGED, /* not what the newest entry says */
	LEDGER_MESSAGE_UNKNOWN, /* a row that no entry lists */
	LEDGER_LIST_MISSING,	/* of an entry; index of the entry */
	LEDGER_LIST_CHANGED,	/* is not what its entry has the root of */
	LEDGER_LIST_STRAY,	/* of no entry, or of one that needs none */
	LEDGER_GONE_WRONG,	/* ledger_gone of a message, or it is absent */
};
struct ledger_message_finding {
	enum ledger_message_fault fault;
	uint64_t entry;	 /* UINT64_MAX: none */
	int64_t message; /* 0: none */
};
#define LEDGER_CHECK_SLICE 16384 /* messages and entries */
typedef void (*ledger_messages_progress)(void *ctx, uint64_t done,
					 uint64_t all);
/*
 * ledger_check_messages - do the messages of an archive agree with its log?
 *
 * Looks at every entry messages.*, its list, and every message since the log
 * was begun (or since its first entry that was not pruned).  That the entries
 * are what was signed is ledger_verify's to say.  Changes nothing; may look
 * beside the gateway that writes (store_look).  Memory does not follow the
 * archive.  progress may be NULL; it is told of entries after each slice, when
 * nothing is being read (a ledger_progress).
 *
 * Returns 0 with the first finding, also when it found something; -1: could
 * not look (the store's error, ERR_NOMEM).
 */
int ledger_check_messages(struct store *st, ledger_messages_progress progress,
			  void *progress_ctx,
			  struct ledger_message_finding *ret, struct err *err);
/* In words, one line without a newline; names the outside id. */
int ledger_message_finding_print(const struct ledger_message_finding *f,
				 const struct id_mask *mask, bool german,
				 struct buf *ret, struct err *err);

/* Since when messages are told, 8 bytes big endian: the first id that could
 * be given when the log was begun. */
#define LEDGER_META_FROM "ledger_messages_from"

#endif
