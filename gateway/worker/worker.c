/* worker.c - what every step asks of the worker. */
#include "worker.h"

int64_t worker_now(const struct worker *w)
{
	return w->env->wall_ms(w->env);
}

int64_t worker_boot(const struct worker *w)
{
	return w->env->boot_ms(w->env);
}

int64_t worker_id(struct worker *w)
{
	return id_next(&w->ids, worker_now(w));
}

int worker_channel_index(const struct worker *w, const char *name)
{
	for (size_t i = 0; i < w->settings->channels_len; i++)
		if (strcmp(w->settings->channels[i].name.text, name) == 0)
			return (int)i;
	return -1;
}

int worker_helpdesk_index(const struct worker *w, const char *name)
{
	for (size_t i = 0; i < w->settings->helpdesks_len; i++)
		if (strcmp(w->settings->helpdesks[i].name.text, name) == 0)
			return (int)i;
	return -1;
}
