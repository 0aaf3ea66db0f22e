/* processes.h - how keeper, worker and intake are, as the supervisor sees it:
 * a shared page that only it can write. */
#ifndef POSTERN_PROCESSES_H
#define POSTERN_PROCESSES_H

#include <stdbool.h>
#include <stdint.h>

/* In the order in which they are started. */
enum { PROCESS_KEEPER, PROCESS_WORKER, PROCESS_INTAKE, PROCESSES };

struct process {
	_Atomic int64_t since_ms; /* boot clock; 0: not running */
	_Atomic uint32_t starts;
	_Atomic bool ready;
};

struct processes {
	struct process of[PROCESSES];
	char version[16]; /* of the program all of them run */
};

/* p may be NULL in all of these: nobody wants to know. */
void processes_started(struct processes *p, unsigned int which,
		       int64_t boot_ms);
void processes_ready(struct processes *p, unsigned int which);
void processes_ended(struct processes *p, unsigned int which);

/* "keeper", "worker", "intake". */
const char *process_name(unsigned int which);
/* "ready", "starting" or "away". */
const char *process_state(const struct process *p);
/* Seconds since it was started; 0 when it is not running. */
int64_t process_uptime_s(const struct process *p, int64_t boot_ms);

#endif
