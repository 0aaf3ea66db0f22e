/* witness.h - `postern ledger witness`: to be one for the log of others. */
#ifndef POSTERN_LEDGER_VERBS_WITNESS_H
#define POSTERN_LEDGER_VERBS_WITNESS_H

#include "verbs.h"

/* args->argv begins after "witness"; args->dir is the witness's folder. */
int verb_ledger_witness(const struct verb_args *args);

#endif
