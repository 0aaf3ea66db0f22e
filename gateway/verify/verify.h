/* verify.h - what `postern ledger verify` and postern-verify share: checks of
 * a log, a receipt, a note and a time stamp that read files, know the keys
 * they are given and nothing else.
 *
 * No database and no network: the one thing only the gateway can do, reading
 * its own archive, comes in through a function. */
#ifndef POSTERN_VERIFY_VERIFY_H
#define POSTERN_VERIFY_VERIFY_H

#include <stdbool.h>

#include "postern/ledgerverify.h"

#define VERIFY_KEYS_MAX	  128 /* as many as a log ever has */
#define VERIFY_TEXT_BYTES 1024

/* --- keys (keys.c) -------------------------------------------------------- */

struct verify_keys {
	struct note_key keys[VERIFY_KEYS_MAX];
	size_t len;
};
/* "KEY", or "@FILE" with a key in each line; '#' begins a remark. */
int verify_keys_add(struct verify_keys *k, const char *word, struct err *err);
int verify_keys_read(struct verify_keys *k, const void *text, size_t len,
		     struct err *err);

/* --- a log (wholelog.c)
 * -------------------------------------------------------- */

struct verify_log {
	struct ledger_source source;
	const char *note; /* its last checkpoint */
	size_t note_len;
	/* Keys it names itself, for who has none; may be empty. */
	struct verify_keys published;
	uint64_t waiting; /* entries no checkpoint covers yet */
	/* Whether what the log is about agrees with it: 1 yes, 0 no, with a
	 * line about the first that does not, -1 error.  NULL: it is not there
	 * to be looked at. */
	int (*contents)(void *owner, ledger_progress progress, void *ctx,
			struct buf *ret, struct err *err);
	void *owner;
	void (*close)(void *owner);
};
/* 1 a log of this kind was opened, 0 it is none, -1 error. */
typedef int (*verify_open)(const char *dir, struct verify_log *ret,
			   struct err *err);

/* The PEM file that the settings in dir name for time stamps: its path, or
 * false. */
typedef bool (*verify_root)(const char *dir, char *ret, size_t size);

/* --- the question (options.c) --------------------------------------------- */

struct verify_ask {
	const char *program; /* "postern ledger verify" */
	bool json;
	const char *dir;   /* where the gateway keeps its data, or NULL */
	verify_open data;  /* opens such a folder; NULL: cannot */
	verify_root root;  /* NULL: cannot */
	const char *usage; /* lines, each after "usage: PROGRAM " */
	/* What the options say. */
	const char *folder, *receipt, *note, *stamp;
	const char *entry, *against, *stamped, *root_pem;
	bool log_only; /* not what it is about (verify_log.contents) */
	struct verify_keys keys, witnesses;
	/* Witnesses among the --vkey: known, and not asked for. */
	struct verify_keys known;
};
/* Reads the options and answers: 0, 1 or 2, which is the exit status. */
int verify_run(struct verify_ask *ask, int argc, char **argv);

int verify_log_ask(struct verify_ask *ask);	/* wholelog.c */
int verify_receipt_ask(struct verify_ask *ask); /* receipt.c */
int verify_note_ask(struct verify_ask *ask);	/* note.c */
int verify_stamp_ask(struct verify_ask *ask);	/* stamp.c */

/* 1 checked: *ret_status is the exit status; 0: no exported folder
 * (export.c). */
int verify_export_ask(struct verify_ask *ask, const char *dir, int *ret_status);

struct tilefolder;
/* What was stamped of an exported log, in DIR/stamps: is the log that went on
 * from there the one with this root (stamps.c)?  *ret_why: NULL if so; ret_len:
 * how many.  What they say of time is --stamp's to check. */
int verify_export_stamps(const char *dir, const struct tilefolder *folder,
			 const struct verify_keys *keys,
			 const struct checkpoint *body, uint64_t *ret_len,
			 const char **ret_why, struct err *err);

/* --- files (files.c) ------------------------------------------------------ */

/* "-" is standard input. */
int verify_read(const char *path, size_t max, struct buf *ret, struct err *err);
/* The file name beside another file; false: too long. */
bool verify_beside(const char *path, const char *name, char *ret, size_t size);
bool verify_exists(const char *path);

/* --- the answer (answer.c) ------------------------------------------------ */

/* Lines for people, or one JSON object; nothing is printed before the end, so
 * an answer is never half of one. */
struct answer {
	bool json, good, listing;
	size_t members, items;
	struct buf out;
	struct err err;
	bool failed;
};
#define ANSWER_PRINTF(at) __attribute__((format(printf, at, (at) + 1)))

/* verdict: a word for machines; the rest is the sentence for people. */
ANSWER_PRINTF(4)
void answer_begin(struct answer *a, const struct verify_ask *ask,
		  const char *verdict, const char *format, ...);
void answer_good(struct answer *a); /* exit status 0; else 1 */
ANSWER_PRINTF(3)
void answer_text(struct answer *a, const char *name, const char *format, ...);
void answer_number(struct answer *a, const char *name, uint64_t value);
/* Point in time, UTC. */
void answer_time(struct answer *a, const char *name, int64_t at_s);
/* A list of names; of pairs if second is given. */
void answer_list(struct answer *a, const char *name);
void answer_item(struct answer *a, const char *text, size_t len);
void answer_item_time(struct answer *a, const char *text, size_t len,
		      uint64_t at_s);
void answer_list_end(struct answer *a);
/* JSON that was printed before, for machines; a line for people. */
void answer_json(struct answer *a, const char *name, const void *json,
		 size_t len);
/* Prints and frees; the exit status. */
int answer_end(struct answer *a);

/* One line to standard error, and the exit status 1 (2: with the usage).  What
 * failed is an answer, too, for a machine that asked for one: "failed". */
__attribute__((format(printf, 2, 3))) int verify_failed(
    const struct verify_ask *ask, const char *format, ...);
__attribute__((format(printf, 2, 3))) int verify_misused(
    const struct verify_ask *ask, const char *format, ...);

/* --- what several checks say ---------------------------------------------- */

/* The cosignatures that are asked for: tells them with their times.  false,
 * with *ret_why: one is missing or bad. */
bool verify_witnesses(struct answer *a, const struct verify_ask *ask,
		      const struct note *note, const char **ret_why);
/* Whether the witnesses asked for have signed, without telling. */
bool verify_cosigned(const struct verify_ask *ask, const struct note *note,
		     const char **ret_why);

#endif
