/* deadline.c - the thread that ends late connections. */
#include "postern/deadline.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/socket.h>

#define TICK_MS 500

struct deadline {
	struct deadline *prev, *next;
	int fd;
	int64_t at_ms; /* boot clock; INT64_MAX none */
};

struct deadlines {
	struct env *env;
	void (*tick)(void *ctx);
	void *ctx;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	struct deadline *first;
	bool stopping;
};

static int64_t at(struct deadlines *d, int64_t in_ms)
{
	return in_ms < 0 ? INT64_MAX : d->env->boot_ms(d->env) + in_ms;
}

static void reap(struct deadlines *d)
{
	int64_t now_ms = d->env->boot_ms(d->env);

	for (struct deadline *one = d->first; one != NULL; one = one->next) {
		if (one->at_ms > now_ms)
			continue;
		/* The lock is what keeps the descriptor ours until here: the
		 * notification of its end waits for it. */
		(void)shutdown(one->fd, SHUT_RDWR);
		one->at_ms = INT64_MAX;
	}
}

static void *run(void *ctx)
{
	struct deadlines *d = ctx;

	pthread_mutex_lock(&d->lock);
	while (!d->stopping) {
		struct timespec until;

		(void)clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += TICK_MS * 1000000L;
		if (until.tv_nsec >= 1000000000L) {
			until.tv_nsec -= 1000000000L;
			until.tv_sec++;
		}
		(void)pthread_cond_timedwait(&d->changed, &d->lock, &until);
		if (d->stopping)
			break;
		reap(d);
		pthread_mutex_unlock(&d->lock);
		d->tick(d->ctx);
		pthread_mutex_lock(&d->lock);
	}
	pthread_mutex_unlock(&d->lock);
	return NULL;
}

int deadlines_open(struct env *env, void (*tick)(void *ctx), void *ctx,
		   struct deadlines **ret, struct err *err)
{
	struct deadlines *d = calloc(1, sizeof(*d));
	pthread_condattr_t attr;
	int rc;

	if (d == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for deadlines", 0);
	d->env = env;
	d->tick = tick;
	d->ctx = ctx;
	pthread_mutex_init(&d->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&d->changed, &attr);
	pthread_condattr_destroy(&attr);
	rc = pthread_create(&d->thread, NULL, run, d);
	if (rc != 0) {
		pthread_cond_destroy(&d->changed);
		pthread_mutex_destroy(&d->lock);
		free(d);
		return ERR_SET(err, ERR_NOMEM, "no thread for deadlines", rc);
	}
	*ret = d;
	return 0;
}

void deadlines_close(struct deadlines **deadlines)
{
	struct deadlines *d = *deadlines;

	*deadlines = NULL;
	if (d == NULL)
		return;
	pthread_mutex_lock(&d->lock);
	d->stopping = true;
	pthread_cond_signal(&d->changed);
	pthread_mutex_unlock(&d->lock);
	pthread_join(d->thread, NULL);
	pthread_cond_destroy(&d->changed);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

struct deadline *deadline_add(struct deadlines *d, int fd, int64_t in_ms)
{
	struct deadline *one = calloc(1, sizeof(*one));

	if (one == NULL)
		return NULL;
	one->fd = fd;
	pthread_mutex_lock(&d->lock);
	one->at_ms = at(d, in_ms);
	one->next = d->first;
	if (d->first != NULL)
		d->first->prev = one;
	d->first = one;
	pthread_mutex_unlock(&d->lock);
	return one;
}

void deadline_set(struct deadlines *d, struct deadline *one, int64_t in_ms)
{
	if (one == NULL)
		return;
	pthread_mutex_lock(&d->lock);
	one->at_ms = at(d, in_ms);
	pthread_mutex_unlock(&d->lock);
}

void deadline_remove(struct deadlines *d, struct deadline **deadline)
{
	struct deadline *one = *deadline;

	*deadline = NULL;
	if (one == NULL)
		return;
	pthread_mutex_lock(&d->lock);
	if (one->prev != NULL)
		one->prev->next = one->next;
	else
		d->first = one->next;
	if (one->next != NULL)
		one->next->prev = one->prev;
	pthread_mutex_unlock(&d->lock);
	free(one);
}
