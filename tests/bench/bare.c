/* bare.c - the server to compare the intake with: libmicrohttpd answering
 * every POST after a suspend and a resume from another thread, and no work.
 * Also stands for a helpdesk that takes everything: GET gives how many POSTs
 * were answered.
 *
 *   bare PORT      on 127.0.0.1; ends on SIGTERM or after 30 minutes */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIFE_S 1800
#define CROWD  2048 /* connections */

struct visit {
	bool waits;
	struct visit *next;
	struct MHD_Connection *connection;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static struct visit *queue;
static struct MHD_Response *stored;
static atomic_ullong answered;

/* What the writer is in the intake: takes all that wait, answers all. */
static void *resume_run(void *arg)
{
	(void)arg;
	for (;;) {
		struct visit *list;

		pthread_mutex_lock(&lock);
		while (queue == NULL)
			pthread_cond_wait(&moved, &lock);
		list = queue;
		queue = NULL;
		pthread_mutex_unlock(&lock);
		while (list != NULL) {
			struct visit *next = list->next;

			MHD_resume_connection(list->connection);
			list = next;
		}
	}
	return NULL;
}

static enum MHD_Result count_say(struct MHD_Connection *connection)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "%llu\n", atomic_load(&answered));
	struct MHD_Response *r = MHD_create_response_from_buffer(
	    (size_t)n, text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result rc = MHD_queue_response(connection, MHD_HTTP_OK, r);

	MHD_destroy_response(r);
	return rc;
}

static enum MHD_Result wait_for_resume(struct MHD_Connection *connection,
				       struct visit *v)
{
	v->waits = true;
	v->connection = connection;
	MHD_suspend_connection(connection);
	pthread_mutex_lock(&lock);
	v->next = queue;
	queue = v;
	pthread_cond_signal(&moved);
	pthread_mutex_unlock(&lock);
	return MHD_YES;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection,
				  const char *url, const char *method,
				  const char *version, const char *bytes,
				  size_t *bytes_len, void **request_ctx)
{
	struct visit *v = *request_ctx;

	(void)ctx, (void)url, (void)version, (void)bytes;
	if (strcmp(method, "POST") != 0)
		return count_say(connection);
	if (v == NULL) {
		*request_ctx = calloc(1, sizeof(*v));
		return *request_ctx != NULL ? MHD_YES : MHD_NO;
	}
	if (*bytes_len > 0) {
		*bytes_len = 0;
		return MHD_YES;
	}
	if (!v->waits)
		return wait_for_resume(connection, v);
	atomic_fetch_add(&answered, 1);
	return MHD_queue_response(connection, MHD_HTTP_OK, stored);
}

static void on_completed(void *ctx, struct MHD_Connection *connection,
			 void **request_ctx,
			 enum MHD_RequestTerminationCode code)
{
	(void)ctx, (void)connection, (void)code;
	free(*request_ctx);
	*request_ctx = NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	struct MHD_Daemon *daemon;
	pthread_t thread;
	sigset_t ends;
	int number;

	if (argc != 2)
		return 2;
	at.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	sigaddset(&ends, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	stored = MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
	if (stored == NULL || pthread_create(&thread, NULL, resume_run, NULL))
		return 1;
	daemon = MHD_start_daemon(
	    MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
		MHD_USE_ITC,
	    0, NULL, NULL, on_request, NULL, MHD_OPTION_SOCK_ADDR, &at,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned int)CROWD,
	    MHD_OPTION_LISTEN_BACKLOG_SIZE, (unsigned int)1024,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
	if (daemon == NULL)
		return 1;
	alarm(LIFE_S);
	sigwait(&ends, &number);
	return 0; /* nothing to keep: connections may be suspended */
}
