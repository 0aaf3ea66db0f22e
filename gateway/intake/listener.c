/* listener.c - libmicrohttpd, and nothing of it elsewhere but the types. */
#include "intake/inside.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "postern/log.h"

#define POOL_BYTES 32768 /* per connection: headers and read buffer */
#define BACKLOG	   1024
#define INCREMENT  4096
#define STRICT	   1
#define OTHER_FDS  128 /* segments, library, log: never a client's */
#define SEND_BYTES 65536

/* --- connections ----------------------------------------------------------
 */

static void visitor_link(struct intake *in, struct visitor *v)
{
	pthread_mutex_lock(&in->visitors_lock);
	v->next = in->visitors;
	if (v->next != NULL)
		v->next->prev = v;
	in->visitors = v;
	in->visitors_len++;
	pthread_mutex_unlock(&in->visitors_lock);
}

static void visitor_unlink(struct intake *in, struct visitor *v)
{
	pthread_mutex_lock(&in->visitors_lock);
	in->visitors_len--;
	if (v->prev != NULL)
		v->prev->next = v->next;
	else
		in->visitors = v->next;
	if (v->next != NULL)
		v->next->prev = v->prev;
	pthread_mutex_unlock(&in->visitors_lock);
}

static struct visitor *visitor_new(struct loop *l,
				   struct MHD_Connection *connection)
{
	struct intake *in = l->in;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct visitor *v = calloc(1, sizeof(*v));

	if (v == NULL || info == NULL) {
		free(v);
		return NULL;
	}
	v->connection = connection;
	v->loop = l;
	v->fd = info->connect_fd;
	v->body = BUF_INIT(0);
	atomic_init(&v->deadline_ms,
		    in->env->boot_ms(in->env) +
			in->conf->settings->limits.header_deadline_ms);
	visitor_link(in, v);
	return v;
}

static void visitor_free(struct intake *in, struct visitor *v)
{
	visitor_unlink(in, v);
	visit_forget(in, v);
	assert(!atomic_load(&v->pending));
	buf_free(&v->body);
	if (v->entry != NULL)
		free(v->entry->record);
	free(v->entry);
	free(v);
}

/* The descriptor is still open in both cases. */
static void on_connection(void *ctx, struct MHD_Connection *connection,
			  void **socket_ctx,
			  enum MHD_ConnectionNotificationCode code)
{
	struct loop *l = ctx;
	struct intake *in = l->in;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*socket_ctx = visitor_new(l, connection);
		TALLY(in, connections);
	} else if (*socket_ctx != NULL) {
		visitor_free(in, *socket_ctx);
		*socket_ctx = NULL;
	}
}

/* --- requests -------------------------------------------------------------
 */

static struct visitor *visitor_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info != NULL ? info->socket_context : NULL;
}

/* The request line was read, its target is still as it came.  What is
 * returned becomes the handler's context. */
static void *on_target(void *ctx, const char *raw,
		       struct MHD_Connection *connection)
{
	struct visitor *v = visitor_of(connection);

	if (v != NULL) {
		v->target_len = guard_target(raw);
		way_note(((struct loop *)ctx)->in, v, raw);
	}
	return v;
}

static enum MHD_Result on_header(void *ctx, enum MHD_ValueKind kind,
				 const char *name, size_t name_len,
				 const char *value, size_t value_len)
{
	struct guard_request *rq = ctx;

	(void)kind;
	guard_add(rq, name, name_len, value, value_len);
	return rq->headers_len <= GUARD_HEADERS_MAX ? MHD_YES : MHD_NO;
}

static enum MHD_Result first_call(struct intake *in, struct visitor *v,
				  const char *url, const char *method,
				  const char *version)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(
	    v->connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	struct guard_request rq;

	/* Not initialised as a whole: two kilobytes per request. */
	rq.method = method;
	rq.url = url;
	rq.version = version;
	rq.target_len = v->target_len;
	rq.block_len = info != NULL ? info->header_size : 0;
	rq.in_place = in->in_place;
	rq.headers_len = 0;
	(void)MHD_get_connection_values_n(v->connection, MHD_HEADER_KIND,
					  on_header, &rq);
	return visit_begin(in, v, &rq);
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection,
				  const char *url, const char *method,
				  const char *version, const char *bytes,
				  size_t *bytes_len, void **request_ctx)
{
	struct intake *in = ((struct loop *)ctx)->in;
	struct visitor *v = *request_ctx;

	(void)connection;
	if (v == NULL)
		return MHD_NO; /* no memory when it connected */
	switch (v->step) {
	case VISIT_LINE:
		return first_call(in, v, url, method, version);
	case VISIT_BODY:
		if (*bytes_len > 0)
			return visit_take(in, v, bytes, bytes_len);
		return v->way != NULL ? passage_go(in, v, url)
				      : visit_end(in, v);
	case VISIT_SHOW:
		return published_reply(in, v, url);
	case VISIT_WAIT:
		return visit_wait(in, v);
	case VISIT_PASS:
		return passage_end(in, v);
	case VISIT_ANSWERED:
	default:
		return MHD_NO;
	}
}

static void on_completed(void *ctx, struct MHD_Connection *connection,
			 void **request_ctx,
			 enum MHD_RequestTerminationCode code)
{
	struct intake *in = ((struct loop *)ctx)->in;

	(void)connection;
	/* Says nothing about what the peer got. */
	if (*request_ctx != NULL) {
		handout_end(in, *request_ctx,
			    code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
		visit_forget(in, *request_ctx);
	}
	*request_ctx = NULL;
}

/* The library quotes requests in its messages: counted, never printed. */
static void on_message(void *ctx, const char *format, va_list args)
{
	struct intake *in = ((struct loop *)ctx)->in;

	(void)format;
	(void)args;
	TALLY(in, log_dropped);
}

/* --- daemon ---------------------------------------------------------------
 */

/* One loop's share.  Without a descriptor left no segment could be made and
 * every webhook would get 503, so idle clients must not take them all. */
static unsigned int connections_share(const struct intake *in)
{
	int64_t most = in->conf->settings->limits.connections_max;
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 &&
	    r.rlim_cur < (rlim_t)most + OTHER_FDS)
		most = r.rlim_cur > 2 * OTHER_FDS
			   ? (int64_t)r.rlim_cur - OTHER_FDS
			   : OTHER_FDS;
	most /= (int64_t)in->loops_len;
	return most > 0 ? (unsigned int)most : 1u;
}

/* Who waits for a commit is idle to the library, and gets an answer at the
 * commit deadline: not before that. */
static unsigned int idle_timeout_s(const struct intake *in)
{
	unsigned int late =
	    (unsigned int)in->conf->settings->limits.commit_deadline_ms / 1000 +
	    2;

	return late > IDLE_TIMEOUT_S ? late : IDLE_TIMEOUT_S;
}

/* Answers are short.  Left to itself the kernel keeps megabytes of them for
 * who asks and does not read.  Connections inherit it; without it the
 * deadline still holds. */
static void send_buffer_limit(const struct intake *in)
{
	const int bytes = SEND_BYTES;

	(void)setsockopt(in->conf->listen_fd, SOL_SOCKET, SO_SNDBUF, &bytes,
			 sizeof(bytes));
}

bool listener_in_place(void)
{
	/* Since 1.0 the library refuses by itself what the layout shows and
	 * keeps its texts elsewhere. */
	return strncmp(MHD_get_version(), "0.", 2) == 0;
}

int listener_open(struct loop *l, struct err *err)
{
	struct intake *in = l->in;
	unsigned int flags =
	    MHD_USE_EPOLL | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME;

	if (in->conf->listen_fd < 0)
		flags |= MHD_USE_NO_LISTEN_SOCKET;
	else if (fcntl(in->conf->listen_fd, F_SETFL, O_NONBLOCK) != 0)
		return ERR_SET(err, ERR_STORAGE, "listening socket", errno);
	send_buffer_limit(in);
	l->daemon = MHD_start_daemon(
	    flags, 0, NULL, NULL, on_request, l, MHD_OPTION_EXTERNAL_LOGGER,
	    on_message, l, MHD_OPTION_LISTEN_SOCKET,
	    (MHD_socket)in->conf->listen_fd, MHD_OPTION_CONNECTION_LIMIT,
	    connections_share(in), MHD_OPTION_CONNECTION_TIMEOUT,
	    idle_timeout_s(in), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)POOL_BYTES, MHD_OPTION_CONNECTION_MEMORY_INCREMENT,
	    (size_t)INCREMENT, MHD_OPTION_LISTEN_BACKLOG_SIZE,
	    (unsigned int)BACKLOG, MHD_OPTION_NOTIFY_CONNECTION, on_connection,
	    l, MHD_OPTION_NOTIFY_COMPLETED, on_completed, l,
	    MHD_OPTION_URI_LOG_CALLBACK, on_target, l,
	    MHD_OPTION_STRICT_FOR_CLIENT, STRICT, MHD_OPTION_END);
	if (l->daemon == NULL)
		return ERR_SET(err, ERR_STORAGE, "cannot start the listener",
			       0);
	return 0;
}

void listener_close(struct loop *l)
{
	/* Quiesced, so that the descriptor stays the caller's. */
	if (l->daemon != NULL && l->in->conf->listen_fd >= 0)
		(void)MHD_quiesce_daemon(l->daemon);
	if (l->daemon != NULL)
		MHD_stop_daemon(l->daemon);
	l->daemon = NULL;
}
