/* queue.c - jobs between the listener threads and the loop. */
#include <sys/eventfd.h>

#include "listener.h"

bool queue_put(struct api *a, struct job *job)
{
	bool taken = false;

	job->next = NULL;
	job->since_ms = worker_boot(a->w);
	pthread_mutex_lock(&a->lock);
	/* What only tidies up is always taken. */
	if ((!a->stopping && a->queued < QUEUE_MAX) ||
	    job->stage == JOB_ABANDON) {
		if (a->last != NULL)
			a->last->next = job;
		else
			a->first = job;
		a->last = job;
		a->queued++;
		taken = true;
	}
	pthread_mutex_unlock(&a->lock);
	if (taken)
		(void)eventfd_write(a->job_fd, 1);
	return taken;
}

struct job *queue_take(struct api *a)
{
	struct job *job;
	eventfd_t n;

	/* First the signal, then the queue: a job put in between leaves the
	 * descriptor readable. */
	(void)eventfd_read(a->job_fd, &n);
	pthread_mutex_lock(&a->lock);
	job = a->first;
	if (job != NULL) {
		a->first = job->next;
		if (a->first == NULL)
			a->last = NULL;
		a->queued--;
		job->next = NULL;
	}
	if (a->first != NULL)
		(void)eventfd_write(a->job_fd, 1);
	pthread_mutex_unlock(&a->lock);
	return job;
}

struct job *queue_take_stale(struct api *a, int64_t before_ms)
{
	struct job *stale = NULL, **kept = &a->first, *last = NULL;

	pthread_mutex_lock(&a->lock);
	for (struct job *job = a->first, *next; job != NULL; job = next) {
		next = job->next;
		/* An upload's pieces keep their order; its begin may fail. */
		if (job->since_ms >= before_ms || job->stage == JOB_ABANDON ||
		    job->upload != NULL) {
			*kept = job;
			kept = &job->next;
			last = job;
			continue;
		}
		a->queued--;
		job->next = stale;
		stale = job;
	}
	*kept = NULL;
	a->last = last;
	pthread_mutex_unlock(&a->lock);
	return stale;
}

void queue_stop(struct api *a)
{
	pthread_mutex_lock(&a->lock);
	a->stopping = true;
	pthread_mutex_unlock(&a->lock);
}
