/* ledgerpublish.h - the signed log as files, for everybody to read: DIR/ledger
 * in the layout of c2sp.org/tlog-tiles.  The intake serves it; an auditor may
 * copy it.  Off unless the settings say otherwise. */
#ifndef POSTERN_WORKER_LEDGERPUBLISH_H
#define POSTERN_WORKER_LEDGERPUBLISH_H

#include "worker.h"

#define LEDGER_FOLDER	       "ledger" /* below DIR */
#define LEDGER_CHECKPOINT_FILE "checkpoint"

struct ledger_publish;

int ledgerpublish_open(struct worker *w, struct ledger_publish **ret,
		       struct err *err);
void ledgerpublish_close(struct ledger_publish **p);
/* A turn of the loop: a few files. */
int ledgerpublish_step(struct worker *w, bool *ret_moved, struct err *err);

#endif
