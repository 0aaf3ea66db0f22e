/* logstate.h - what the keeper remembers of the proof log, in keeper.db.
 *
 * One value, so that size, root, keys and the note of then are always of one
 * moment.  The private halves are wrapped rows beside it ("log.1", "log.2",
 * ...), which a rotation of the root key wraps anew like every other. */
#ifndef POSTERN_KEEPER_LOGSTATE_H
#define POSTERN_KEEPER_LOGSTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "keeper/keystore.h"
#include "postern/buf.h"
#include "postern/keeperlog.h"

#define LOG_NOTE_MAX  2048 /* three lines, two signatures */
#define LOG_STATE_MAX 16384
#define LOG_NAME_MAX  16 /* of a key's row */

struct log_public {
	uint8_t bytes[32];
	uint64_t from_size; /* UINT64_MAX: has signed nothing yet */
	int64_t made_s;
};
struct log_state {
	char origin[NOTE_NAME_BYTES];
	uint64_t size;
	struct merkle_hash root;
	int64_t signed_s;
	/* The last one is next and signs along with the one before it. */
	bool rotating;
	uint16_t keys_len; /* at least one, with rotating two */
	struct log_public keys[KEEPER_LOG_KEYS_MAX];
	uint16_t note_len; /* of the last signed size; 0: none */
	char note[LOG_NOTE_MAX];
};

int log_state_put(struct buf *b, const struct log_state *s, struct err *err);
/* Pure, fuzzed.  ERR_CORRUPT: not what log_state_put wrote. */
int log_state_take(const uint8_t *bytes, size_t len, struct log_state *ret,
		   struct err *err);
/* ERR_ABSENT: there is no log yet. */
int log_state_load(struct keystore *store, struct log_state *ret,
		   struct err *err);
/* Inside a transaction. */
int log_state_store(struct keystore *store, const struct log_state *s,
		    struct err *err);

/* The row of the i-th key (from 0). */
void log_key_name(size_t i, char ret[LOG_NAME_MAX]);
/* As others know it. */
int log_key_note(const struct log_state *s, size_t i, struct note_key *ret,
		 struct err *err);

#endif
