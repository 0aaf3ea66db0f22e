/* verbs.h - one verb, one function; main.c holds the table. */
#ifndef POSTERN_VERBS_H
#define POSTERN_VERBS_H

#include <stdbool.h>
#include <stdio.h>

#define EXIT_DONE    0
#define EXIT_REFUSED 1
#define EXIT_USAGE   2

struct verb_args {
	const char *dir;     /* -d DIR */
	bool json;	     /* --json */
	const char *version; /* of this program; NULL in tests */
	int argc;	     /* what follows the verb, options included */
	char **argv;
};

int verb_init(const struct verb_args *args);	   /* settings/init.c */
int verb_check(const struct verb_args *args);	   /* settings/check.c */
int verb_serve(const struct verb_args *args);	   /* supervise/serve.c */
int verb_version(const struct verb_args *args);	   /* main.c */
int verb_decode(const struct verb_args *args);	   /* channel/decode.c */
int verb_status(const struct verb_args *args);	   /* api/operator.c */
int verb_token(const struct verb_args *args);	   /* api/operator.c */
int verb_quarantine(const struct verb_args *args); /* api/operator.c */
int verb_outbox(const struct verb_args *args);	   /* api/operator.c */
int verb_alarms(const struct verb_args *args);	   /* api/operator.c */
int verb_backup(const struct verb_args *args);	   /* backup/ */
int verb_restore(const struct verb_args *args);	   /* backup/ */
int verb_breach(const struct verb_args *args);	   /* api/operator.c */
int verb_canary(const struct verb_args *args);	   /* api/operator.c */
int verb_restrict(const struct verb_args *args);   /* api/operator.c */
int verb_policy(const struct verb_args *args);	   /* policy_verbs/ */
int verb_rights(const struct verb_args *args);	   /* rights_verbs/ */
int verb_consent(const struct verb_args *args);	   /* policy_verbs/ */
int verb_ledger(const struct verb_args *args);	   /* ledger_verbs/ */
int verb_sweep(const struct verb_args *args);	   /* rights_verbs/ */
int verb_staff(const struct verb_args *args);	   /* rights_verbs/ */
int verb_hold(const struct verb_args *args);	   /* rights_verbs/ */
int verb_keys(const struct verb_args *args);	   /* api/operator.c */

/* What may follow, for --help. */
void verb_policy_usage(FILE *out);
void verb_rights_usage(FILE *out);
void verb_consent_usage(FILE *out);
void verb_ledger_usage(FILE *out);
void verb_sweep_usage(FILE *out);
void verb_hold_usage(FILE *out);
void verb_staff_usage(FILE *out);

#endif
