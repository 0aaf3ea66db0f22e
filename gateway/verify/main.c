/* main.c - postern-verify: a log, a receipt, a note or a time stamp, checked
 * by somebody who has nothing of Postern but this file.
 *
 * Reads the files it is given and writes its answer; it has no database and no
 * network code, and asks the kernel to hold it to that (calls.c). */
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "alone.h"
#include "verbs.h"
#include "verify.h"

#define PROGRAM "postern-verify"

static const char verify_alone_usage[] =
    "[--json] [--vkey KEY|@FILE] ... [--witness KEY|@FILE] ...\n"
    "               [--checkpoint FILE] FOLDER\n"
    "[--json] --receipt FILE --vkey KEY|@FILE ... [--entry FILE]\n"
    "               [--witness KEY|@FILE] ...\n"
    "[--json] --note FILE --vkey KEY|@FILE ...\n"
    "[--json] --stamp FILE [--data FILE] [--root PEM]\n";

static void print_help(void)
{
	(void)printf(
	    "usage: " PROGRAM
	    " [OPTION] ... FOLDER | --receipt FILE | --note FILE | "
	    "--stamp FILE\n"
	    "\n"
	    "Verifies a proof log of Postern, or any other in the formats of "
	    "c2sp.org:\n"
	    "  FOLDER           a log as tlog-tiles, or what postern ledger "
	    "export made\n"
	    "  --receipt FILE   a .tlog-proof: is its entry in the log?\n"
	    "  --note FILE      a signed note: is it signed by these keys?\n"
	    "  --stamp FILE     an RFC 3161 reply: did these bytes exist "
	    "then?\n"
	    "\n"
	    "  --vkey KEY       key of the log, name+id+base64; @FILE: one in "
	    "each line\n"
	    "  --witness KEY    key of a witness that has to have signed, "
	    "too\n"
	    "  --checkpoint FILE  a checkpoint from outside that the log has "
	    "to extend\n"
	    "  --entry FILE     the entry a receipt is about, if it holds "
	    "none\n"
	    "  --data FILE      what was stamped; else the .checkpoint or .txt "
	    "of "
	    "its name beside it,\n"
	    "                   checkpoint.txt or checkpoint\n"
	    "  --root PEM       the authority's root certificate; else the one "
	    "*root*.pem beside it\n"
	    "  --json           print for machines\n"
	    "\n"
	    "Exit status: 0 verified, 1 refused or failed, 2 wrong usage.\n");
}

/* --json, --help and -h stand anywhere before "--". */
static int take_out(char **argv, int argc, const char *option, bool *ret_found)
{
	int kept = 0;
	bool ours = true;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0)
			ours = false;
		if (ours && strcmp(argv[i], option) == 0)
			*ret_found = true;
		else
			argv[kept++] = argv[i];
	}
	return kept;
}

int main(int argc, char **argv)
{
	struct verify_ask ask = {.program = PROGRAM,
				 .usage = verify_alone_usage};
	bool help = false;

	argc = take_out(argv + 1, argc - 1, "--json", &ask.json);
	argc = take_out(argv + 1, argc, "--help", &help);
	argc = take_out(argv + 1, argc, "-h", &help);
	if (help) {
		print_help();
		return fflush(stdout) == 0 ? EXIT_DONE : EXIT_REFUSED;
	}
	if (sodium_init() < 0 || alone_enter() != 0)
		return verify_failed(&ask, "the kernel does not take away "
					   "what is not needed here");
	return verify_run(&ask, argc, argv + 1);
}
