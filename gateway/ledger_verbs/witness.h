/* witness.h - `postern ledger witness`: to be one for the log of others. */
#ifndef POSTERN_LEDGER_VERBS_WITNESS_H
#define POSTERN_LEDGER_VERBS_WITNESS_H

#include "verbs.h"

#define LEDGER_WITNESS_USAGE                                      \
	"ledger witness\n"                                        \
	"ledger witness init --name NAME --log VKEY [--log VKEY " \
	"...] [--listen HOST:PORT]\n"                             \
	"ledger witness vkey"

/* args->argv begins after "witness"; args->dir is the witness's folder. */
int verb_ledger_witness(const struct verb_args *args);

#endif
