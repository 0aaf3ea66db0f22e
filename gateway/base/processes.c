/* processes.c - the page about the three processes. */
#include "postern/processes.h"

#include <stdatomic.h>
#include <stddef.h>

void processes_started(struct processes *p, unsigned int which, int64_t boot_ms)
{
	if (p == NULL)
		return;
	atomic_store(&p->of[which].ready, false);
	atomic_fetch_add(&p->of[which].starts, 1);
	atomic_store(&p->of[which].since_ms, boot_ms > 0 ? boot_ms : 1);
}

void processes_ready(struct processes *p, unsigned int which)
{
	if (p != NULL)
		atomic_store(&p->of[which].ready, true);
}

void processes_ended(struct processes *p, unsigned int which)
{
	if (p == NULL)
		return;
	atomic_store(&p->of[which].since_ms, 0);
	atomic_store(&p->of[which].ready, false);
}

const char *process_name(unsigned int which)
{
	static const char *const names[PROCESSES] = {"keeper", "worker",
						     "intake"};

	return names[which];
}

const char *process_state(const struct process *p)
{
	if (atomic_load(&p->since_ms) == 0)
		return "away";
	return atomic_load(&p->ready) ? "ready" : "starting";
}

int64_t process_uptime_s(const struct process *p, int64_t boot_ms)
{
	int64_t since_ms = atomic_load(&p->since_ms);

	return since_ms > 0 && boot_ms > since_ms ? (boot_ms - since_ms) / 1000
						  : 0;
}
