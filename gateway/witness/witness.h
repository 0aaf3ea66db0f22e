/* witness.h - somebody else who signs the log along: a process of its own, in
 * a folder of its own, on the machine of a data protection officer or a works
 * council (c2sp.org/tlog-witness, v1.0.0).
 *
 * It remembers one checkpoint per log and signs only what extends it, so a log
 * that shows one history to some and another to others gets a cosignature for
 * one of them at most.
 *
 * DIR/witness.yaml   settings
 * DIR/witness.key    the seed of its key in base64, 0600
 * DIR/logs/<hex>     per log the last checkpoint it signed; SHA-256(origin)
 * DIR/logs/<hex>.other  another one of the same size that the log signed too:
 *                    evidence that it tells two histories
 * DIR/lock           one process at a time */
#ifndef POSTERN_WITNESS_H
#define POSTERN_WITNESS_H

#include <stdio.h>

#include "postern/addcheckpoint.h"
#include "postern/diag.h"
#include "postern/env.h"

#define WITNESS_LOGS_MAX     64
#define WITNESS_LISTEN	     "127.0.0.1:8090"
#define WITNESS_LISTEN_BYTES 280
#define WITNESS_SECRET_BYTES 64 /* libsodium's Ed25519 key */
#define WITNESS_HEX_BYTES    65 /* SHA-256(origin) in hex, with NUL */

/* --- settings (settings.c) ------------------------------------------------ */
struct witness_settings {
	char listen[WITNESS_LISTEN_BYTES];
	char name[NOTE_NAME_BYTES];
	struct note_key logs[WITNESS_LOGS_MAX]; /* several may be of one log */
	size_t logs_len;
};
/* Pure.  -1 with findings in diag. */
int witness_settings_parse(const uint8_t *bytes, size_t len, struct diag *diag,
			   struct witness_settings *ret);
/* DIR/witness.yaml; -1 with findings, or why it cannot be read, printed. */
int witness_settings_load(const char *dir, FILE *out,
			  struct witness_settings *ret);

/* --- the folder (folder.c) ------------------------------------------------ */
/* Makes DIR, key and settings; what is there is never replaced, and a folder
 * that was left half made is finished.  ERR_INPUT: it is one already, or it is
 * a gateway's. */
int witness_make(const char *dir, const struct witness_settings *s,
		 struct err *err);
/* The verifier key and the secret one of DIR; secret is wiped by the caller. */
int witness_key(const char *dir, const char *name, struct note_key *ret,
		uint8_t ret_secret[WITNESS_SECRET_BYTES], struct err *err);
/* ERR_BUSY: another process has it.  The descriptor holds it. */
int witness_lock(const char *dir, int *ret_fd, struct err *err);

/* --- what it saw, and what it answers (witness.c) ------------------------- */
struct witness; /* one thread */

struct witness_conf {
	struct env *env;
	const char *dir;
	const struct witness_settings *settings; /* borrowed */
	const struct note_key *key;		 /* copied */
	const uint8_t *secret;			 /* copied */
};
/* Reads what was signed before.  ERR_CORRUPT: it is not what this key signed;
 * starting over could sign a second history. */
int witness_open(const struct witness_conf *conf, struct witness **ret,
		 struct err *err);
void witness_close(struct witness **w);

struct witness_answer {
	unsigned int status; /* of HTTP */
	const char *type;    /* static */
	struct buf body;     /* replaced */
};
#define WITNESS_ANSWER_MAX (NOTE_BYTES_MAX + 1024)
/* POST add-checkpoint, from the body to the answer; what is cosigned is on the
 * disk when it returns.  0: answered, with whatever status.  -1: the disk
 * cannot be trusted, end this process (status 500 is set). */
int witness_add(struct witness *w, const char *body, size_t len,
		struct witness_answer *ret, struct err *err);
/* GET <hex>/checkpoint: 200 or 404. */
void witness_show(struct witness *w, const char *hex, size_t hex_len,
		  struct witness_answer *ret);
void witness_origin_hex(const char *origin, char ret[WITNESS_HEX_BYTES]);

/* --- the listener (listener.c) -------------------------------------------- */
struct witness_listener;

/* Takes fd.  stop_fd gets a count when the process has to end. */
int witness_listen(struct witness *w, struct env *env, int fd, int stop_fd,
		   struct witness_listener **ret, struct err *err);
void witness_listener_close(struct witness_listener **l);

/* --- all of it (serve.c) -------------------------------------------------- */
/* Until SIGTERM or SIGINT.  Returns the exit status; complains to stderr, says
 * to stdout where it listens and with which key it signs. */
int witness_serve(const char *dir);

#endif
