/* item.h - one record of the archive that goes by a rule of its own, and the
 * one way to delete it.
 *
 * Sweep, request, a person's own deletion and an operator all come through
 * here (design 1.8).  Nothing in here decides: judge.h does. */
#ifndef POSTERN_FORGET_ITEM_H
#define POSTERN_FORGET_ITEM_H

#include "postern/buf.h"
#include "worker/worker.h"

enum item_kind {
	ITEM_MESSAGE,
	ITEM_ATTACHMENT,
	ITEM_QUARANTINE, /* a body that nobody understood; person 0 */
	ITEM_NOTE,	 /* of staff */
	ITEM_KINDS,
};
const char *item_kind_name(enum item_kind kind); /* "message", ... */

struct item {
	enum item_kind kind;
	int64_t id;
	int64_t person;	    /* whose conversation it is in */
	int64_t key_person; /* whose key sealed it */
	int64_t conversation, message;
	struct name channel, datenart;
	uint16_t year;
	int64_t received_ms;
	int64_t closed_ms; /* of its conversation; 0: not closed */
	int64_t start_ms;  /* of an event of its own: a withdrawal, the end of
			    * a request; 0: none, or not yet */
	bool empty;	   /* its content went before */
	bool told;	   /* of a message: to a helpdesk (worker/expired.h) */
};
/* *ret_found false: the row is gone. */
int item_load(struct worker *w, enum item_kind kind, int64_t id,
	      struct item *ret, bool *ret_found, struct err *err);

/* What one transaction deletes. */
struct forgetting {
	struct worker *w;
	struct buf files; /* names, MEDIA_NAME_BYTES each */
	struct buf gone;  /* lines of forgotten.log (worker/forgotten.h) */
	bool media;	  /* provider's copies are to be tidied */
	bool tells;	  /* the helpdesk hears of each message: nobody tells it
			   * of the whole person (Art. 19 GDPR) */
	bool expires; /* its time is over: told in bundles, not one by one */
	struct buf expired; /* struct over (item_tell.c) */
	uint64_t items, files_len;
};
/*
 * forget_item - row, files, outbox, versions, notes on it, in the caller's
 * transaction.
 *
 * The proof log is told of each message (prove_message, LEDGER_REMOVED), and
 * what a helpdesk or a provider still holds is remembered so that it can be
 * told.  Keys are not touched: erasure.h, sweep.h do that for what has nothing
 * left.  Doing it again does nothing.
 */
int forget_item(struct forgetting *f, const struct item *item, struct err *err);
/* The same of a person of whom something is kept by law, whose keys stay: a
 * backup of before brings back all of them otherwise. */
int forget_person(struct forgetting *f, int64_t person, struct err *err);
/* Last act inside the transaction; then after its commit.  On failure the
 * caller frees files, gone and expired. */
int forget_before_commit(struct forgetting *f, struct err *err);
int forget_after_commit(struct forgetting *f, struct err *err);
/* Instead of it, after the transaction was taken back. */
void forget_taken_back(struct forgetting *f);

/* Destroys the keys of Datenarten of a person that no sealed row needs any
 * more; in the transaction, after the rows went.  Datenarten REQUEST, SUPPRESS
 * and EXPORT are never among them, nor the instance's own keys (person 0). */
int forget_keys(struct worker *w, int64_t key_person, uint64_t *ret_keys,
		struct err *err);
/* The same of several, in one round trip. */
int forget_keys_of(struct worker *w, const int64_t *persons, size_t len,
		   uint64_t *ret_keys, struct err *err);

#endif
