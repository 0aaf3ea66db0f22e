/* ledger_witness.h - the log shows each new checkpoint to its witnesses, and
 * gathers their cosignatures (c2sp.org/tlog-witness; the other side of it is
 * in gateway/witness/).
 *
 * A witness is somebody else's machine: it may be away for as long as it
 * likes, and nothing of the log waits for it.  What it may not do is remember
 * another history than ours: then one of us was shown what the other was not,
 * and that is said loudly until it signs again. */
#ifndef POSTERN_WORKER_LEDGER_WITNESS_H
#define POSTERN_WORKER_LEDGER_WITNESS_H

#include "postern/signednote.h"
#include "worker.h"

struct ledger_witnesses;

/* Stored as these numbers. */
enum ledger_witness_state {
	LEDGER_WITNESS_NEW,	/* never signed anything */
	LEDGER_WITNESS_SIGNS,	/* the last answer was a cosignature */
	LEDGER_WITNESS_AWAY,	/* no answer, or not now */
	LEDGER_WITNESS_REFUSES, /* does not watch this log, or its key is not
				   the one in the settings */
	LEDGER_WITNESS_FORGOT,	/* saw less than it signed */
	LEDGER_WITNESS_SPLIT,	/* remembers another history of this log */
};
/* "new", "signs", "away", "refuses", "forgot", "split". */
const char *ledger_witness_state_name(enum ledger_witness_state state);

struct ledger_witness_view {
	struct note_key key;
	enum ledger_witness_state state;
	uint64_t size;	  /* of the last checkpoint it signed; 0: none */
	int64_t at_ms;	  /* when */
	int64_t attempts; /* in vain since then */
	int64_t next_ms;  /* asked again then, wall clock; 0: with the next */
	bool told;	  /* seen holds what it says it saw last */
	uint64_t seen;
};

int ledger_witness_open(struct worker *w, struct ledger_witnesses **ret,
			struct err *err);
/* After the http client was closed. */
void ledger_witness_close(struct ledger_witnesses **l);
int ledger_witness_step(struct worker *w, bool *ret_moved, struct err *err);
int64_t ledger_witness_due_in_ms(const struct worker *w);

/* In the order of the settings. */
size_t ledger_witness_count(const struct worker *w);
void ledger_witness_look(const struct worker *w, size_t i,
			 struct ledger_witness_view *ret);

#endif
