/* reply.c - everything this process says to the outside.
 *
 * Nothing of a request is ever repeated in an answer, with one exception: the
 * challenge of a handshake, which the driver has checked. */
#include "intake/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "postern/text.h"

#define INSTANCE_BYTES 16
#define PROBLEM_BYTES  320
#define PROBLEM_TYPE   "application/problem+json"

static const char *title_of(unsigned int status)
{
	switch (status) {
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 411:
		return "Length Required";
	case 413:
		return "Content Too Large";
	case 417:
		return "Expectation Failed";
	case 429:
		return "Too Many Requests";
	case 503:
		return "Service Unavailable";
	default:
		return "Internal Server Error";
	}
}

static bool header_add(struct MHD_Response *r, const char *name,
		       const char *value)
{
	return MHD_add_response_header(r, name, value) == MHD_YES;
}

/* What every answer carries. */
static bool headers_common(struct MHD_Response *r, bool close)
{
	return header_add(r, "X-Content-Type-Options", "nosniff") &&
	       header_add(r, "Cache-Control", "no-store") &&
	       (!close || header_add(r, "Connection", "close"));
}

static struct MHD_Response *stored_make(bool close)
{
	struct MHD_Response *r =
	    MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);

	if (r != NULL && !headers_common(r, close)) {
		MHD_destroy_response(r);
		return NULL;
	}
	return r;
}

int replies_make(struct intake *in, struct err *err)
{
	in->stored = stored_make(false);
	in->stored_close = stored_make(true);
	if (in->stored == NULL || in->stored_close == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for answers", 0);
	return 0;
}

void replies_free(struct intake *in)
{
	if (in->stored != NULL)
		MHD_destroy_response(in->stored);
	if (in->stored_close != NULL)
		MHD_destroy_response(in->stored_close);
	in->stored = NULL;
	in->stored_close = NULL;
}

enum MHD_Result reply_stored(struct intake *in, struct visitor *v)
{
	v->step = VISIT_ANSWERED;
	TALLY(in, acknowledged);
	return MHD_queue_response(v->connection, MHD_HTTP_OK,
				  v->close ? in->stored_close : in->stored);
}

/* The body of a problem; returns its length. */
static size_t problem_write(struct intake *in, unsigned int status,
			    char ret[PROBLEM_BYTES])
{
	uint8_t random[INSTANCE_BYTES];
	char instance[BASE32_LEN(INSTANCE_BYTES) + 1];
	int n;

	in->env->random(in->env, random, sizeof(random));
	base32_encode(random, sizeof(random), instance);
	n = snprintf(ret, PROBLEM_BYTES,
		     "{\"type\":\"about:blank\",\"title\":\"%s\","
		     "\"status\":%u,\"instance\":\"req_%s\"}",
		     title_of(status), status, instance);
	return n > 0 && n < PROBLEM_BYTES ? (size_t)n : 0;
}

static enum MHD_Result reply_queue(struct visitor *v, unsigned int status,
				   struct MHD_Response *r)
{
	enum MHD_Result rc = MHD_queue_response(v->connection, status, r);

	MHD_destroy_response(r);
	v->step = VISIT_ANSWERED;
	return rc;
}

static bool retry_add(struct MHD_Response *r, int retry_after_s)
{
	char seconds[12];

	if (retry_after_s <= 0)
		return true;
	(void)snprintf(seconds, sizeof(seconds), "%d", retry_after_s);
	return header_add(r, "Retry-After", seconds);
}

enum MHD_Result reply_problem(struct intake *in, struct visitor *v,
			      unsigned int status, int retry_after_s)
{
	char body[PROBLEM_BYTES];
	struct MHD_Response *r;
	size_t len = problem_write(in, status, body);

	r = MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_COPY);
	if (r == NULL)
		return MHD_NO;
	if (!headers_common(r, true) ||
	    !header_add(r, "Content-Type", PROBLEM_TYPE) ||
	    (status == 405 &&
	     !header_add(r, "Allow",
			 v->way != NULL ? "GET, POST, DELETE" : "GET, POST")) ||
	    !retry_add(r, retry_after_s)) {
		MHD_destroy_response(r);
		return MHD_NO;
	}
	return reply_queue(v, status, r);
}

int reply_headers(struct MHD_Response *r, const char *type)
{
	return headers_common(r, true) && header_add(r, "Content-Type", type)
		   ? 0
		   : -1;
}

enum MHD_Result reply_made(struct visitor *v, struct MHD_Response *r)
{
	v->step = VISIT_ANSWERED;
	return MHD_queue_response(v->connection, MHD_HTTP_OK, r);
}

enum MHD_Result reply_text(struct visitor *v, unsigned int status,
			   const void *text, size_t len)
{
	struct MHD_Response *r;

	/* The library copies and does not write through the pointer. */
	r = MHD_create_response_from_buffer(len, (void *)(uintptr_t)text,
					    MHD_RESPMEM_MUST_COPY);
	if (r == NULL)
		return MHD_NO;
	if (!headers_common(r, true) ||
	    !header_add(r, "Content-Type", "text/plain; charset=utf-8")) {
		MHD_destroy_response(r);
		return MHD_NO;
	}
	return reply_queue(v, status, r);
}

enum MHD_Result reply_file(struct visitor *v, struct MHD_Response *r,
			   const char *type, const char *cache)
{
	if (!header_add(r, "X-Content-Type-Options", "nosniff") ||
	    !header_add(r, "Cache-Control", cache) ||
	    !header_add(r, "Content-Type", type)) {
		MHD_destroy_response(r);
		return MHD_NO;
	}
	return reply_queue(v, MHD_HTTP_OK, r);
}

/* A body that is wiped as soon as the library is done with it. */
struct wiped {
	size_t len;
	uint8_t bytes[];
};

static void wiped_free(void *ctx)
{
	struct wiped *w = ctx;

	sodium_memzero(w->bytes, w->len);
	free(w);
}

static struct MHD_Response *wiped_make(const uint8_t *bytes, size_t len)
{
	struct wiped *w = malloc(sizeof(*w) + len);
	struct MHD_Response *r;

	if (w == NULL)
		return NULL;
	w->len = len;
	if (len > 0)
		memcpy(w->bytes, bytes, len);
	r = MHD_create_response_from_buffer_with_free_callback_cls(
	    len, w->bytes, wiped_free, w);
	if (r == NULL)
		wiped_free(w);
	return r;
}

enum MHD_Result reply_answer(struct visitor *v, const struct hatch_answer *a)
{
	struct MHD_Response *r = wiped_make(a->body, a->body_len);
	bool good;

	if (r == NULL)
		return MHD_NO;
	good = headers_common(r, true) && retry_add(r, (int)a->retry_after_s) &&
	       (a->type[0] == '\0' || header_add(r, "Content-Type", a->type));
	for (size_t i = 0; i < a->headers_len && good; i++)
		good = header_add(r, a->headers[i][0], a->headers[i][1]);
	if (!good) {
		MHD_destroy_response(r);
		return MHD_NO;
	}
	return reply_queue(v, a->status, r);
}

void reply_now(struct intake *in, struct visitor *v, unsigned int status)
{
	char body[PROBLEM_BYTES], answer[PROBLEM_BYTES + 320];
	size_t len = problem_write(in, status, body);
	int n;

	n = snprintf(answer, sizeof(answer),
		     "HTTP/1.1 %u %s\r\nContent-Type: " PROBLEM_TYPE "\r\n"
		     "Content-Length: %zu\r\n"
		     "X-Content-Type-Options: nosniff\r\n"
		     "Cache-Control: no-store\r\n%s"
		     "Connection: close\r\n\r\n%s",
		     status, title_of(status), len,
		     status == 503 ? "Retry-After: 5\r\n" : "", body);
	/* As good as it gets: the peer may be gone, and is cut off anyway. */
	if (n > 0 && (size_t)n < sizeof(answer))
		(void)!send(v->fd, answer, (size_t)n,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
	v->step = VISIT_ANSWERED;
}
