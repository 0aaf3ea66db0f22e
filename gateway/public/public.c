/* public.c - requests that the intake passes through the hatch.
 *
 * A knock brings one end of a pair with a request in it.  It is answered at
 * once, in one transaction, and the end closed: nothing is kept here between
 * two turns, so there is nothing that a crowd, or an intake that was taken
 * over, could fill.  Who has gone away meanwhile is not served: their request
 * was answered with 503, and has to have no effect. */
#include "leaf.h"

#include <errno.h>
#include <sodium.h>
#include <unistd.h>

#include "postern/log.h"
#include "postern/text.h"
#include "worker/ledgerclock.h"
#include "worker/lifecycle.h"
#include "worker/prove.h"

#define KNOCKS_A_TURN  8
#define SLICE_MS       5 /* of the loop, when many ask */
#define LATE_MS	       60000
#define RETRY_S	       5
#define INSTANCE_BYTES 16
#define PROBLEM_BYTES  256

/* --- answers -------------------------------------------------------------- */

static const char *title_of(unsigned int status)
{
	switch (status) {
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 409:
		return "Conflict";
	case 415:
		return "Unsupported Media Type";
	case 503:
		return "Service Unavailable";
	default:
		return "Internal Server Error";
	}
}

static void answer_begin(struct public_answer *a)
{
	buf_free(&a->body);
	sodium_memzero(a, sizeof(*a));
	a->body = BUF_INIT(PUBLIC_ANSWER_MAX);
}

int public_problem(struct public_answer *ret, unsigned int status,
		   int64_t retry_after_s)
{
	uint8_t random[INSTANCE_BYTES];
	char instance[BASE32_LEN(INSTANCE_BYTES) + 1], text[PROBLEM_BYTES];

	randombytes_buf(random, sizeof(random));
	base32_encode(random, sizeof(random), instance);
	(void)snprintf(text, sizeof(text),
		       "{\"type\":\"about:blank\",\"title\":\"%s\","
		       "\"status\":%u,\"instance\":\"req_%s\"}",
		       title_of(status), status, instance);
	answer_begin(ret);
	ret->status = status;
	ret->retry_after_s = retry_after_s;
	/* Without memory for it the status says it alone. */
	if (buf_append_text(&ret->body, text, NULL) == 0)
		ret->type = "application/problem+json";
	return 0;
}

int public_header_add(struct public_answer *ret, const char *name,
		      const char *value, struct err *err)
{
	char(*to)[PUBLIC_ANSWER_VALUE_MAX + 1];

	if (ret->headers_len == PUBLIC_ANSWER_HEADERS_MAX ||
	    strlen(name) > PUBLIC_ANSWER_NAME_MAX ||
	    strlen(value) > PUBLIC_ANSWER_VALUE_MAX)
		return ERR_SET(err, ERR_INPUT, "a header too much", 0);
	to = ret->headers[ret->headers_len++];
	(void)snprintf(to[0], sizeof(to[0]), "%s", name);
	(void)snprintf(to[1], sizeof(to[1]), "%s", value);
	return 0;
}

/* --- one request ---------------------------------------------------------- */

/* While the archive, the keeper or the policy is in doubt nobody is served,
 * and nobody waits for it. */
static bool serves(const struct worker *w)
{
	return w->ready && lifecycle_trusted(w) && ledgerclock_lets(w, false);
}

static bool ends_process(const struct err *err)
{
	return err->kind == ERR_STORAGE || err->kind == ERR_CORRUPT ||
	       err->kind == ERR_UNCERTAIN;
}

static int run(struct worker *w, const struct public_route *route,
	       const struct public_request *rq, struct public_answer *ret,
	       struct err *err)
{
	if (worker_begin(w, err) != 0)
		return -1;
	if (route->run(w, rq, ret, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	/* It takes back what it cannot write. */
	return worker_commit(w, err);
}

/* It says which there are (RFC 9110, 15.5.6). */
static int no_such_method(const char *path, struct public_answer *ret,
			  struct err *err)
{
	char methods[PUBLIC_METHODS_BYTES];

	public_methods_of(path, methods);
	(void)public_problem(ret, 405, 0); /* always answers */
	return public_header_add(ret, "Allow", methods, err);
}

/* 0: there is an answer.  -1: the archive failed, and there is one too. */
static int answer(struct worker *w, const struct public_request *rq,
		  struct public_answer *ret, struct err *err)
{
	bool known;
	const struct public_route *route =
	    public_route_of(rq->method, rq->path, &known);
	struct err e = {0};

	/* People mistype addresses; programs do not want a page. */
	if (route == NULL && !known && strcmp(rq->method, "GET") == 0 &&
	    strncmp(rq->path, "/privacy/", 9) == 0)
		return leaf_unknown(w, rq, ret, err);
	if (route == NULL)
		return known ? no_such_method(rq->path, ret, err)
			     : public_problem(ret, 404, 0);
	if (!serves(w))
		return public_problem(ret, 503, RETRY_S);
	if (run(w, route, rq, ret, &e) == 0)
		return 0;
	prove_drop(w);
	LOG(LOG_LEVEL_WARN, "public.failed",
	    log_table("address", route->pattern), LOG_ERR(&e));
	(void)public_problem(ret, 503, RETRY_S); /* always answers */
	if (!ends_process(&e))
		return 0;
	*err = e;
	return -1;
}

static void send_answer(int fd, struct public_answer *a)
{
	struct buf frame = BUF_INIT(IPC_PAYLOAD_MAX);
	struct err err = {0};

	if (hatch_put_answer(a, &frame, &err) != 0) {
		LOG(LOG_LEVEL_ERROR, "public.no_answer", LOG_ERR(&err));
		buf_clear(&frame);
		(void)public_problem(a, 500, 0); /* always answers */
		if (hatch_put_answer(a, &frame, &err) != 0)
			buf_clear(&frame);
	}
	/* Who does not take it will not get it: the intake says 503. */
	if (frame.len > 0)
		(void)hatch_send(fd, HATCH_ANSWER, &frame, NULL);
	buf_free(&frame);
}

/* What the end of a pair brings; it stays the caller's. */
static int serve(struct worker *w, int fd, struct err *err)
{
	struct buf packet = BUF_INIT(IPC_FRAME_MAX);
	struct public_answer a = {0};
	struct public_request rq;
	struct ipc_frame frame;
	int rc = 0;

	answer_begin(&a);
	if (hatch_take(fd, HATCH_ASK, &packet, &frame, NULL) != 0 ||
	    hatch_get_request(frame.payload, frame.payload_len, &rq, NULL) != 0)
		goto out; /* not the intake itself */
	/* Who gave up was told 503.  Of what is done nobody wants an answer. */
	if (hatch_gone(fd) && strcmp(rq.method, "DONE") != 0)
		goto out;
	/* When it came is not for the intake to say; only how long ago. */
	if (rq.at_ms > worker_now(w) || worker_now(w) - rq.at_ms > LATE_MS)
		rq.at_ms = worker_now(w);
	rc = answer(w, &rq, &a, err);
	send_answer(fd, &a);
out:
	buf_free(&packet);
	answer_begin(&a);
	buf_free(&a.body);
	return rc;
}

/* --- a turn --------------------------------------------------------------- */

int public_step(struct worker *w, bool *ret_moved, struct err *err)
{
	int64_t until = worker_boot(w) + SLICE_MS;

	/* At the end they wait for the next process. */
	if (w->hatch_fd <= 0 || w->stopping)
		return 0;
	for (int i = 0; i < KNOCKS_A_TURN; i++) {
		struct err e = {0};
		int fd = -1, rc;

		if (hatch_take_knock(w->hatch_fd, &fd, &e) != 0)
			return 0; /* nobody knocks */
		*ret_moved = true;
		if (fd < 0)
			continue; /* no request at all */
		rc = serve(w, fd, err);
		(void)close(fd); /* answered */
		if (rc != 0)
			return -1;
		if (worker_boot(w) >= until)
			break;
	}
	return 0;
}
