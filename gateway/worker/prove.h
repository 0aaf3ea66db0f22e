/* prove.h - what the gateway does leaves its entry in the proof log.
 *
 * An act is told with prove() where it happens, and waits in memory until its
 * transaction commits: worker_commit() gets the commitments of all of them in
 * one round trip, writes the entries and commits.  An entry that cannot be
 * written takes the act back.  Whoever asks the keeper for something anyway
 * puts the commitments of its acts into the same batch (prove_ask,
 * prove_take), so that telling them costs no round trip at all.
 *
 * What an act says about a person is never in the entry: it is committed to
 * under the person's audit key, which is that of CONTACT in the year the
 * person was first seen, and dies with the person.  What is committed to per
 * event: docs/ledger.md.  A request of a person's has a key of its own, so
 * that who asks is told in the same way whether known or not.
 *
 * Source: Art. 5(2), 7(1) GDPR; compliance 6.7. */
#ifndef POSTERN_WORKER_PROVE_H
#define POSTERN_WORKER_PROVE_H

#include "postern/ledgerentry.h"
#include "worker.h"

/* One member of what is committed to: a text of ours (a name, a static word,
 * an id) or, if text is NULL, a number. */
struct act_fact {
	const char *key, *text;
	int64_t number;
};
#define ACT_FACTS(...)                                       \
	(const struct act_fact[]){__VA_ARGS__},              \
	    sizeof((const struct act_fact[]){__VA_ARGS__}) / \
		sizeof(struct act_fact)

struct act {
	enum ledger_event event;
	enum ledger_reason reason;
	/* LEDGER_STAFF: whoever the API acts for, nobody: the system. */
	enum ledger_actor by;
	enum id_kind kind;
	int64_t object; /* 0: none; of a person's: the act has an id its own */
	int64_t person; /* under whose key; 0: nothing is committed to */
	/* Instead: under this data key, or, for a receipt that somebody takes
	 * home, under an audit key of 32 bytes made for this entry alone. */
	const struct key_ref *under;
	const uint8_t *one_off;
	/* By key, ascending; those without text and number are left out. */
	const struct act_fact *facts;
	size_t facts_len;
	int64_t policy; /* version; 0: the one in force */
	bool counted;
	uint64_t count;
};
/* The bytes that are committed to: {"at":1790000000000,"channel":"shop"}.
 * Pure.  ERR_INPUT: a text that is none of ours, or too much. */
#define PROVE_SAYS_MAX 640
int prove_says(const struct act_fact *facts, size_t len,
	       char ret[PROVE_SAYS_MAX], struct err *err);

/* Copies everything.  Inside the transaction of the act, or, where the act is
 * a mere look at something, before worker_begin(). */
int prove(struct worker *w, const struct act *act, struct err *err);

/* --- transactions of the worker ------------------------------------------- */

/* As store_begin() and so on, and the entries go with them. */
int worker_begin(struct worker *w, struct err *err);
int worker_commit(struct worker *w, struct err *err);
void worker_roll_back(struct worker *w);
/* Before the commit: for what is done between entry and commit by somebody
 * who cannot take it back. */
int prove_write(struct worker *w, struct err *err);

/* --- without a round trip of their own ------------------------------------ */

/* Is there an act that waits for a commitment? */
bool prove_wants(const struct worker *w);
/* Adds them to a batch, behind what makes keys. */
void prove_ask(struct worker *w, struct keeper_batch *batch);
/* After it ran. */
int prove_take(struct worker *w, const struct keeper_batch *batch,
	       struct err *err);
/* The acts that wait did not happen. */
void prove_drop(struct worker *w);

/* --- who ------------------------------------------------------------------ */

/* Whom the API acts for.  Of the operator at the socket of the host nobody
 * knows who it is: sixteen times 0. */
struct staff {
	char pseudonym[LEDGER_STAFF_HEX + 1];
};
#define STAFF_OF_HOST ((struct staff){"0000000000000000"})
/* The keeper's hash of use "staff" over year (2 bytes) and token id (8 bytes),
 * big endian; its first 8 bytes. */
size_t prove_staff_add(const struct worker *w, struct keeper_batch *batch,
		       int64_t token);
/* The same of another year. */
size_t prove_staff_add_in(struct keeper_batch *batch, int64_t token,
			  uint16_t year);
int prove_staff_get(const struct keeper_batch *batch, size_t slot,
		    struct staff *ret, struct err *err);

/* --- the keys ------------------------------------------------------------- */

/* What became of the root key while nobody could write it down is written
 * now; at the first start, whose tokens there are. */
int prove_keys(struct worker *w, int64_t root_epoch, struct err *err);
/* A new root key is about to be made.  In the transaction. */
int prove_rotation(struct worker *w, int64_t root_epoch, struct err *err);

#endif
