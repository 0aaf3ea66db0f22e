/* ledger_verbs.h - `postern ledger ...`: the verbs, and how they read the
 * archive of an instance, running or not. */
#ifndef POSTERN_LEDGER_VERBS_H
#define POSTERN_LEDGER_VERBS_H

#include "postern/ledger.h"
#include "verbs.h"
#include "verify/verify.h"

int ledger_verb_verify(const struct verb_args *args);
int ledger_verb_prove(const struct verb_args *args);
int ledger_verb_checkpoint(const struct verb_args *args);
int ledger_verb_keys(const struct verb_args *args);
int ledger_verb_rotate(const struct verb_args *args);
int ledger_verb_export(const struct verb_args *args);

/* --- look.c --------------------------------------------------------------- */

/* DIR/postern.db, only to read.  ERR_ABSENT: there is none. */
int ledger_look(const char *dir, struct store **ret, struct err *err);
/* The same as a log to be verified (verify_open). */
int ledger_look_log(const char *dir, struct verify_log *ret, struct err *err);
/* The keys DIR publishes, or else those its running instance names; fewer than
 * there were is no error. */
void ledger_look_keys(const char *dir, struct verify_keys *ret);
/* Of the instance that runs in dir; nothing is said if none does. */
void ledger_ask_keys(const char *dir, struct verify_keys *ret);
/* The root certificate the settings in DIR name (verify_root). */
bool ledger_look_root(const char *dir, char *ret, size_t size);

/* --- progress.c ----------------------------------------------------------- */

/* On a terminal, and never twice the same. */
struct ledger_meter {
	const char *what;
	bool showing;
	unsigned int percent;
};
void ledger_meter_begin(struct ledger_meter *m, const char *what);
void ledger_meter_show(struct ledger_meter *m, uint64_t done, uint64_t all);
void ledger_meter_end(struct ledger_meter *m);

#endif
