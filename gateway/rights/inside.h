/* inside.h - what the files of this room share. */
#ifndef POSTERN_RIGHTS_INSIDE_H
#define POSTERN_RIGHTS_INSIDE_H

#include <jansson.h>

#include "postern/caldate.h"
#include "postern/holidays.h"
#include "postern/tongue.h"
#include "rights.h"
#include "worker/prove.h"

#define RIGHTS_DATENART "REQUEST"

/* A row of table request. */
struct request {
	struct rights_request is;
	struct name channel; /* "": none */
	uint16_t year;
	char scope[NAME_LEN_MAX + 1];
	int64_t asked_day, proved_day; /* 0: not yet */
	uint8_t proof_hash[32];
	bool has_proof;
	int64_t proof_tries, proof_until_ms;
	int64_t duplicate_of, decided_by, approved_by;
	bool decided, approved;
	int64_t fee_cents, answered_ms, heard, entry;
	char verdict[16];
	bool restored; /* rights_resume() */
};
int request_load(struct worker *w, int64_t id, struct request *ret,
		 bool *ret_found, struct err *err);
/* ERR_ABSENT: it is gone. */
int request_need(struct worker *w, int64_t id, struct request *ret,
		 struct err *err);

enum tongue request_tongue(const struct request *r);

/* --- names.c -------------------------------------------------------------- */

bool rights_state_named(const char *name, enum rights_state *ret);
bool rights_via_named(const char *name, enum rights_via *ret);
/* May it go from one to the other? */
bool rights_state_follows(enum rights_state from, enum rights_state to);

/* --- state.c -------------------------------------------------------------- */

#define BY_SYSTEM  INT64_C(-1)
#define BY_SUBJECT INT64_C(-2)
/*
 * request_enter - another state: row, event, entry of the proof log, and
 * everybody who wants to hear of it; in the caller's transaction.
 *
 *   reason	a code, kept with the request; NULL: as it was
 *   by		token, 0: the operator, or one of the above
 *
 * ERR_INPUT: from its state it does not go there.
 */
int request_enter(struct worker *w, struct request *r, enum rights_state to,
		  const char *reason, int64_t by, struct err *err);
/* The first event: it came. */
int request_begun(struct worker *w, const struct request *r, int64_t by,
		  struct err *err);
/* The same of one whose entry in the log is there already. */
int request_adopted(struct worker *w, const struct request *r, struct err *err);
/* A person acts on it: one that came back with a backup goes on.  In the
 * caller's transaction. */
int request_goes_on(struct worker *w, struct request *r, struct err *err);
/* When it is looked at again; INT64_MAX: never. */
#define NEVER INT64_MAX
int request_next(struct worker *w, int64_t id, int64_t next_ms,
		 struct err *err);

/* --- decide.c ------------------------------------------------------------- */

/* Has the person had a copy before?  Only then may one cost something. */
int further_copy(struct worker *w, const struct request *r, bool *ret,
		 struct err *err);

/* --- due.c ---------------------------------------------------------------- */

struct due {
	struct deadline first, now; /* now: extended, if it was */
};
/* Of a request as its row is. */
int request_due(const struct worker *w, const struct request *r,
		struct due *ret, struct err *err);
/* Written into the row after one of pause, extension changed. */
int request_due_write(struct worker *w, struct request *r, struct err *err);
/* Whole days the clock stood still while identity was unclear. */
int64_t request_pause(const struct worker *w, int64_t receipt_day,
		      int64_t asked_day, int64_t proved_day);
int64_t request_today(const struct worker *w);

/* --- sealing.c ------------------------------------------------------------ */

struct key_ref request_key(int64_t id, uint16_t year);
/* The JSON of request_sealed, reply_sealed; *ret NULL: there is none (any
 * more).  Give it back with json_decref(). */
int request_open_sealed(struct worker *w, const struct request *r,
			enum seal_field field, json_t **ret, struct err *err);
/* Opens what is sealed; *ret NULL: its key is gone. */
int opened_json(struct worker *w, const struct key_ref *key, int64_t record,
		enum seal_field field, const struct buf *sealed, json_t **ret,
		struct err *err);
/* The same under the request's key. */
int request_opened(struct worker *w, const struct request *r, int64_t record,
		   enum seal_field field, const struct buf *sealed,
		   json_t **ret, struct err *err);
/* Writes it; in the caller's transaction.  NULL: takes it away. */
int request_seal(struct worker *w, const struct request *r,
		 enum seal_field field, const json_t *what, struct err *err);

/* --- proofhash.c ---------------------------------------------------------- */

#define RIGHTS_SECRET_BYTES 33 /* 160 bits in base32 and NUL */
void rights_secret(struct worker *w, char ret[RIGHTS_SECRET_BYTES]);
/* Adds the keyed hash of a secret; what: "link", "proof". */
size_t rights_hash_add(struct keeper_batch *batch, const char *what, int64_t id,
		       const char *secret);
int rights_hash_get(const struct keeper_batch *batch, size_t slot,
		    uint8_t ret[32], struct err *err);
/* One at once. */
int rights_hash(struct worker *w, const char *what, int64_t id,
		const char *secret, uint8_t ret[32], struct err *err);

#endif
