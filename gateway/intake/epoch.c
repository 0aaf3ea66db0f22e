/* epoch.c - the key of the present quarter of an hour. */
#include "intake/inside.h"

#include <stdlib.h>

#include <sodium.h>

#include "postern/sealed.h"

static struct epoch *epoch_make(struct intake *in, int64_t now_ms)
{
	struct epoch *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->key = sodium_malloc(SEAL_KEY_BYTES);
	if (e->key == NULL) {
		free(e);
		return NULL;
	}
	in->env->random(in->env, e->key, SEAL_KEY_BYTES);
	e->ends_ms = now_ms + SPOOL_EPOCH_MS;
	atomic_init(&e->holders, 1);
	return e;
}

struct epoch *epoch_take(struct intake *in)
{
	int64_t now = in->env->boot_ms(in->env);
	struct epoch *e;

	pthread_mutex_lock(&in->epoch_lock);
	if (in->epoch == NULL || now >= in->epoch->ends_ms) {
		e = epoch_make(in, now);
		/* Without memory the old key serves a little longer. */
		if (e != NULL) {
			epoch_drop(&in->epoch);
			in->epoch = e;
		}
	}
	e = in->epoch;
	if (e != NULL)
		atomic_fetch_add(&e->holders, 1);
	pthread_mutex_unlock(&in->epoch_lock);
	return e;
}

void epoch_drop(struct epoch **ep)
{
	struct epoch *e = *ep;

	*ep = NULL;
	if (e == NULL || atomic_fetch_sub(&e->holders, 1) != 1)
		return;
	sodium_free(e->key); /* wipes */
	free(e);
}
