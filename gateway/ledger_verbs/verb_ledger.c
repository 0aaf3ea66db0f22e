/* verb_ledger.c - `postern ledger ...`: the table of its verbs. */
#include "ledger_verbs.h"
#include "policy_verbs/options.h"
#include "witness.h"

int ledger_verb_verify(const struct verb_args *args)
{
	struct verify_ask ask = {.program = "postern ledger verify",
				 .json = args->json,
				 .dir = args->dir,
				 .data = ledger_look_log,
				 .root = ledger_look_root,
				 .usage = ""}; /* the table has it */

	return verify_run(&ask, args->argc, args->argv);
}

static const struct subverb verbs[] = {
    {"verify", ledger_verb_verify,
     "[--vkey KEY|@FILE] ... [--witness KEY|@FILE] ...\n"
     "                             [--checkpoint FILE] [--log-only] [FOLDER]\n"
     "       postern ledger verify --receipt FILE --vkey KEY|@FILE ... "
     "[--entry FILE]\n"
     "                             [--witness KEY|@FILE] ...\n"
     "       postern ledger verify --note FILE --vkey KEY|@FILE ...\n"
     "       postern ledger verify --stamp FILE [--data FILE] [--root PEM]"},
    {"prove", ledger_verb_prove, "INDEX|ID [--out FILE]"},
    {"checkpoint", ledger_verb_checkpoint, "[--show]"},
    {"keys", ledger_verb_keys, ""},
    {"rotate", ledger_verb_rotate, ""},
    {"export", ledger_verb_export, "--from DATE --to DATE --out DIR"},
    {"witness", verb_ledger_witness,
     "\n"
     "       postern ledger witness init --name NAME --log VKEY ... "
     "[--listen HOST:PORT]\n"
     "       postern ledger witness vkey"},
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

int verb_ledger(const struct verb_args *args)
{
	return subverb_run(args, "ledger", verbs, VERBS);
}

void verb_ledger_usage(FILE *out)
{
	subverb_usage(out, "ledger", verbs, VERBS);
}
