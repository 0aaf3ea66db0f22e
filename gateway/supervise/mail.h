/* mail.h - hands the mails of DIR/mail to the command of the settings, one at a
 * time: the worker writes them and may start nothing. */
#ifndef POSTERN_SUPERVISE_MAIL_H
#define POSTERN_SUPERVISE_MAIL_H

#include "supervise/supervise.h"

#define MAIL_LOOK_MS  2000
#define MAIL_LIMIT_MS 120000 /* for one hand-over, then it is killed */
#define MAIL_WAIT_MS  60000  /* after a failure; doubled each time */
#define MAIL_MOST_MS  3600000

struct mail {
	pid_t pid; /* 0: nothing is handed over */
	char name[64];
	int64_t due_ms;	 /* boot clock: look, or kill, then */
	int64_t wait_ms; /* of the last failure; 0 none */
};

/* Once the time has come: starts, or kills, the command.  Returns when to call
 * again (boot clock). */
int64_t mail_tend(struct mail *m, const char *dir, const char *command,
		  const struct users *users, int64_t now_ms);
/* A child ended: true if it was this one. */
bool mail_ended(struct mail *m, const char *dir, pid_t pid, int status,
		int64_t now_ms);

#endif
