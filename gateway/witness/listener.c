/* listener.c - libmicrohttpd before a witness: one thread, so that requests
 * are judged one after the other.
 *
 * The same guard of requests and the same absolute deadlines as before the
 * gateway: whoever calls is a stranger. */
#include <microhttpd.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "intake/guard.h"
#include "postern/deadline.h"
#include "postern/log.h"
#include "witness/witness.h"

#define CONNECTION_MEMORY 32768u
#define CONNECTIONS_MAX	  64u
#define BACKLOG		  64u
#define IDLE_S		  10u
#define HEADER_MS	  10000
#define BODY_MS		  10000
#define ANSWER_MS	  10000

struct witness_listener {
	struct witness *w;
	struct deadlines *deadlines;
	struct MHD_Daemon *daemon;
	int fd, stop_fd;
};

enum address { ADDRESS_NONE, ADDRESS_ADD, ADDRESS_SHOW };

struct request {
	size_t target_len;
	bool begun, answered;
	bool close;
	enum address address;
	struct buf body;
	struct witness_answer answer;
};

#define ADD_PATH    "/add-checkpoint"
#define SHOW_SUFFIX "/checkpoint"
#define HEX_LEN	    (WITNESS_HEX_BYTES - 1)

static enum address address_of(const char *url)
{
	if (strcmp(url, ADD_PATH) == 0)
		return ADDRESS_ADD;
	if (strlen(url) == 1 + HEX_LEN + sizeof(SHOW_SUFFIX) - 1 &&
	    strcmp(url + 1 + HEX_LEN, SHOW_SUFFIX) == 0)
		return ADDRESS_SHOW;
	return ADDRESS_NONE;
}

/* --- one request ---------------------------------------------------------- */

static struct deadline *deadline_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info != NULL ? info->socket_context : NULL;
}

static enum MHD_Result send_answer(struct witness_listener *l,
				   struct MHD_Connection *c, struct request *rq)
{
	const struct witness_answer *a = &rq->answer;
	struct MHD_Response *response = MHD_create_response_from_buffer(
	    a->body.len, a->body.bytes, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result rc;

	if (response == NULL)
		return MHD_NO;
	rq->answered = true;
	deadline_set(l->deadlines, deadline_of(c), ANSWER_MS);
	rc = MHD_add_response_header(response, "Content-Type", a->type);
	if (rc == MHD_YES && a->status == 405)
		rc = MHD_add_response_header(
		    response, "Allow",
		    rq->address == ADDRESS_ADD ? "POST" : "GET");
	if (rc == MHD_YES && rq->close)
		rc = MHD_add_response_header(response, "Connection", "close");
	if (rc == MHD_YES)
		rc = MHD_queue_response(c, a->status, response);
	MHD_destroy_response(response);
	return rc;
}

static enum MHD_Result refuse(struct witness_listener *l,
			      struct MHD_Connection *c, struct request *rq,
			      unsigned int status, const char *text)
{
	rq->answer.status = status;
	rq->answer.type = "text/plain; charset=utf-8";
	buf_clear(&rq->answer.body);
	(void)buf_append_text(&rq->answer.body, text, NULL); /* cosmetic */
	return send_answer(l, c, rq);
}

static enum MHD_Result each_header(void *cls, enum MHD_ValueKind kind,
				   const char *name, size_t name_len,
				   const char *value, size_t value_len)
{
	(void)kind;
	guard_add(cls, name, name_len, value, value_len);
	return MHD_YES;
}

static bool guard_passed(struct MHD_Connection *c, size_t target_len,
			 const char *url, const char *method,
			 const char *version, struct guard_facts *ret)
{
	struct guard_request rq = {.method = method,
				   .url = url,
				   .version = version,
				   .target_len = target_len};
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

	/* Later versions of the library copy texts out of their buffer. */
	rq.in_place = strncmp(MHD_get_version(), "0.", 2) == 0;
	rq.block_len = info != NULL ? info->header_size : 0;
	MHD_get_connection_values_n(c, MHD_HEADER_KIND, each_header, &rq);
	return guard_judge(&rq, ret) && !ret->expect_other;
}

/* Everything that can be said before the body; refused here, the body stays
 * unread and the connection ends. */
static enum MHD_Result first_call(struct witness_listener *l,
				  struct MHD_Connection *c, struct request *rq,
				  const char *url, const char *method,
				  const char *version)
{
	struct guard_facts facts;

	rq->begun = true;
	rq->close = true;
	rq->answer.body = BUF_INIT(WITNESS_ANSWER_MAX);
	if (!guard_passed(c, rq->target_len, url, method, version, &facts))
		return refuse(l, c, rq, 400, "malformed\n");
	rq->close = facts.chunked || facts.length > 0;
	rq->address = address_of(url);
	if (rq->address == ADDRESS_NONE)
		return refuse(l, c, rq, 404, "no such address\n");
	if (rq->address == ADDRESS_ADD ? !facts.post : !facts.get)
		return refuse(l, c, rq, 405, "not with this method\n");
	if (rq->address == ADDRESS_SHOW && rq->close)
		return refuse(l, c, rq, 400, "this method has no body\n");
	if (facts.length > ADDCHECKPOINT_BYTES_MAX)
		return refuse(l, c, rq, 413, "too large\n");
	rq->close = false;
	rq->body = BUF_INIT(ADDCHECKPOINT_BYTES_MAX);
	deadline_set(l->deadlines, deadline_of(c), BODY_MS);
	return MHD_YES;
}

/* What does not fit is read and thrown away, so that the answer is heard; the
 * deadline bounds it. */
static enum MHD_Result take_data(struct request *rq, const char *data,
				 size_t *data_len)
{
	size_t room = rq->body.cap - rq->body.len;

	if (rq->answer.status == 0 && *data_len > room)
		rq->answer.status = 413;
	if (rq->answer.status == 0 &&
	    buf_append(&rq->body, data, *data_len, NULL) != 0)
		rq->answer.status = 503;
	*data_len = 0;
	return MHD_YES;
}

static enum MHD_Result last_call(struct witness_listener *l,
				 struct MHD_Connection *c, struct request *rq,
				 const char *url)
{
	const uint64_t one = 1;
	struct err err = {0};

	rq->close = rq->answer.status != 0;
	if (rq->answer.status == 413)
		return refuse(l, c, rq, 413, "too large\n");
	if (rq->answer.status != 0)
		return refuse(l, c, rq, 503, "no memory\n");
	if (rq->address == ADDRESS_SHOW) {
		witness_show(l->w, url + 1, HEX_LEN, &rq->answer);
	} else if (witness_add(l->w, (const char *)rq->body.bytes, rq->body.len,
			       &rq->answer, &err) != 0) {
		LOG(LOG_LEVEL_ERROR, "witness.ends", LOG_ERR(&err));
		/* Full: it was told already. */
		(void)!write(l->stop_fd, &one, sizeof(one));
	}
	return send_answer(l, c, rq);
}

/* --- callbacks of the library --------------------------------------------- */

static void *on_target(void *ctx, const char *raw, struct MHD_Connection *c)
{
	struct request *rq = calloc(1, sizeof(*rq));

	(void)ctx;
	(void)c;
	if (rq != NULL)
		rq->target_len = guard_target(raw);
	return rq;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c,
				  const char *url, const char *method,
				  const char *version, const char *data,
				  size_t *data_len, void **request_ctx)
{
	struct witness_listener *l = ctx;
	struct request *rq = *request_ctx;

	/* No memory, for the request or for its deadline. */
	if (rq == NULL || rq->answered || deadline_of(c) == NULL)
		return MHD_NO;
	if (!rq->begun)
		return first_call(l, c, rq, url, method, version);
	if (*data_len > 0)
		return take_data(rq, data, data_len);
	return last_call(l, c, rq, url);
}

static void on_completed(void *ctx, struct MHD_Connection *c,
			 void **request_ctx,
			 enum MHD_RequestTerminationCode why)
{
	struct witness_listener *l = ctx;
	struct request *rq = *request_ctx;

	(void)why;
	*request_ctx = NULL;
	deadline_set(l->deadlines, deadline_of(c), HEADER_MS);
	if (rq == NULL)
		return;
	buf_free(&rq->body);
	buf_free(&rq->answer.body);
	free(rq);
}

static void on_connection(void *ctx, struct MHD_Connection *c, void **own,
			  enum MHD_ConnectionNotificationCode code)
{
	struct witness_listener *l = ctx;
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct deadline *one = *own;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*own = info != NULL ? deadline_add(l->deadlines,
						   info->connect_fd, HEADER_MS)
				    : NULL;
		return;
	}
	deadline_remove(l->deadlines, &one);
	*own = NULL;
}

/* The library's texts may quote a request: only that there was one. */
static void on_message(void *ctx, const char *format, va_list args)
{
	(void)ctx;
	(void)format;
	(void)args;
	LOG0(LOG_LEVEL_DEBUG, "witness.http.library");
}

static void on_tick(void *ctx)
{
	(void)ctx; /* nothing waits here for anything else */
}

/* --- daemon --------------------------------------------------------------- */

static struct MHD_Daemon *start(struct witness_listener *l)
{
	return MHD_start_daemon(
	    MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL,
	    on_request, l, MHD_OPTION_EXTERNAL_LOGGER, on_message, NULL,
	    MHD_OPTION_LISTEN_SOCKET, l->fd, MHD_OPTION_URI_LOG_CALLBACK,
	    on_target, l, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
	    MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
	    MHD_OPTION_LISTEN_BACKLOG_SIZE, BACKLOG,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION,
	    on_connection, l, MHD_OPTION_NOTIFY_COMPLETED, on_completed, l,
	    MHD_OPTION_END);
}

int witness_listen(struct witness *w, struct env *env, int fd, int stop_fd,
		   struct witness_listener **ret, struct err *err)
{
	struct witness_listener *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		(void)close(fd); /* never used */
		return ERR_SET(err, ERR_NOMEM, "no memory", 0);
	}
	l->w = w;
	l->fd = fd;
	l->stop_fd = stop_fd;
	if (deadlines_open(env, on_tick, NULL, &l->deadlines, err) == 0) {
		l->daemon = start(l);
		if (l->daemon != NULL) {
			*ret = l;
			return 0;
		}
		(void)ERR_SET(err, ERR_BUSY, "no listener", 0);
	}
	witness_listener_close(&l);
	return -1;
}

void witness_listener_close(struct witness_listener **listener)
{
	struct witness_listener *l = *listener;

	*listener = NULL;
	if (l == NULL)
		return;
	if (l->daemon != NULL) {
		(void)MHD_quiesce_daemon(l->daemon);
		MHD_stop_daemon(l->daemon); /* waits for its thread */
	}
	(void)close(l->fd); /* nothing written */
	deadlines_close(&l->deadlines);
	free(l);
}
