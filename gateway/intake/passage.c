/* passage.c - requests that go through the hatch to the worker, and answers
 * that come back.
 *
 * The connection is suspended meanwhile: the library forgets it, and its loop
 * goes on with the hooks.  One thread waits for all answers.  It never calls
 * the library: it leaves the answer with the passage and wakes the loop, which
 * resumes the connection.  A suspended connection cannot close, so a visitor
 * is there as long as its passage.
 *
 * How many may be under way, how long, and how many connections may be at such
 * addresses at all is bounded here; hooks have nothing of it to wait for. */
#include "intake/inside.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "postern/log.h"

#define PASSAGES_MAX 32
#define VISITORS_MAX 128   /* of all connections, at the worker's addresses */
#define PASSAGE_MS   10000 /* then 503: the worker is away, locked or slow */
#define RETRY_S	     5
#define LOOK_MS	     1000

enum passage_state { PASSAGE_FREE, PASSAGE_WAITS, PASSAGE_BACK };

struct passage {
	enum passage_state state;
	struct visitor *visitor;
	int fd; /* our end; -1: closed */
	int64_t until_ms;
	struct buf packet;
	struct hatch_answer answer; /* in the packet */
	bool answered;
};

struct passages {
	pthread_mutex_t lock; /* of everything but what a state hands over */
	struct passage all[PASSAGES_MAX];
	pthread_t thread;
	bool runs;
	int wake_fd;
	atomic_bool end, release;
	atomic_uint back; /* so many wait for their loop */
};

/* --- the thread that waits for answers ------------------------------------ */

/* What came, if anything; in the thread, which alone closes ends. */
static void passage_finish(struct intake *in, struct passage *p)
{
	struct ipc_frame f;
	struct loop *loop;

	p->answered =
	    hatch_take(p->fd, HATCH_ANSWER, &p->packet, &f, NULL) == 0 &&
	    hatch_get_answer(f.payload, f.payload_len, &p->answer, NULL) == 0;
	(void)close(p->fd); /* whoever answers later is told by that */
	p->fd = -1;
	loop = p->visitor->loop;
	pthread_mutex_lock(&in->passages->lock);
	p->state = PASSAGE_BACK;
	atomic_fetch_add(&in->passages->back, 1);
	pthread_mutex_unlock(&in->passages->lock);
	loops_wake(in, UINT64_C(1) << loop->number);
}

struct watch {
	struct pollfd fds[PASSAGES_MAX + 1];
	struct passage *of[PASSAGES_MAX + 1];
	nfds_t len;
};

/* Those that wait; returns how long at most. */
static int watch_fill(struct passages *ps, struct watch *w, int64_t now)
{
	int64_t least = LOOK_MS;

	w->len = 1;
	w->fds[0] = (struct pollfd){.fd = ps->wake_fd, .events = POLLIN};
	pthread_mutex_lock(&ps->lock);
	for (size_t i = 0; i < PASSAGES_MAX; i++) {
		struct passage *p = &ps->all[i];

		if (p->state != PASSAGE_WAITS)
			continue;
		w->fds[w->len] = (struct pollfd){.fd = p->fd, .events = POLLIN};
		w->of[w->len++] = p;
		if (p->until_ms - now < least)
			least = p->until_ms - now;
	}
	pthread_mutex_unlock(&ps->lock);
	return least > 0 ? (int)least : 0;
}

static void watch_look(struct intake *in, struct watch *w, int64_t now)
{
	bool release = atomic_load(&in->passages->release);

	for (nfds_t i = 1; i < w->len; i++)
		if (release || w->fds[i].revents != 0 ||
		    now >= w->of[i]->until_ms)
			passage_finish(in, w->of[i]);
}

static void *passages_run(void *arg)
{
	struct intake *in = arg;
	struct passages *ps = in->passages;
	struct watch w;
	uint64_t count;

	(void)pthread_setname_np(pthread_self(), "intake-hatch");
	while (!atomic_load(&ps->end)) {
		int ms = watch_fill(ps, &w, in->env->boot_ms(in->env));

		if (poll(w.fds, w.len, ms) < 0)
			continue; /* interrupted */
		if (w.fds[0].revents != 0)
			(void)!read(ps->wake_fd, &count, sizeof(count));
		watch_look(in, &w, in->env->boot_ms(in->env));
		handouts_tell(in);
	}
	return NULL;
}

void passages_wake(struct intake *in)
{
	const uint64_t one = 1;

	/* Full: awake already. */
	(void)!write(in->passages->wake_fd, &one, sizeof(one));
}

/* --- opening and closing -------------------------------------------------- */

int passages_open(struct intake *in, struct err *err)
{
	struct passages *ps;

	if (in->conf->hatch_fd <= 0)
		return 0; /* such addresses are unknown then */
	ps = calloc(1, sizeof(*ps));
	if (ps == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for the hatch", 0);
	ps->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ps->wake_fd < 0 || pthread_mutex_init(&ps->lock, NULL) != 0) {
		if (ps->wake_fd >= 0)
			(void)close(ps->wake_fd); /* an eventfd */
		free(ps);
		return ERR_SET(err, ERR_NOMEM, "no hatch", errno);
	}
	for (size_t i = 0; i < PASSAGES_MAX; i++)
		ps->all[i].fd = -1;
	in->passages = ps;
	return 0;
}

int passages_start(struct intake *in, struct err *err)
{
	struct passages *ps = in->passages;
	int rc;

	if (ps == NULL)
		return 0;
	rc = pthread_create(&ps->thread, NULL, passages_run, in);
	if (rc != 0)
		return ERR_SET(err, ERR_NOMEM, "no hatch thread", rc);
	ps->runs = true;
	return 0;
}

void passages_release(struct intake *in)
{
	if (in->passages == NULL)
		return;
	atomic_store(&in->passages->release, true);
	passages_wake(in);
}

void passages_stop(struct intake *in)
{
	struct passages *ps = in->passages;

	if (ps == NULL || !ps->runs)
		return;
	atomic_store(&ps->end, true);
	passages_wake(in);
	(void)pthread_join(ps->thread, NULL); /* it was created */
	ps->runs = false;
	for (size_t i = 0; i < PASSAGES_MAX; i++)
		if (ps->all[i].state == PASSAGE_WAITS)
			passage_finish(in, &ps->all[i]);
}

void passages_close(struct intake *in)
{
	struct passages *ps = in->passages;

	if (ps == NULL)
		return;
	for (size_t i = 0; i < PASSAGES_MAX; i++) {
		if (ps->all[i].fd >= 0)
			(void)close(ps->all[i].fd); /* never answered */
		buf_free(&ps->all[i].packet);
	}
	(void)close(ps->wake_fd); /* an eventfd */
	(void)pthread_mutex_destroy(&ps->lock);
	free(ps);
	in->passages = NULL;
}

/* --- a request, from its headers on --------------------------------------- */

static const struct {
	const char *name, *other; /* the same, of an older version */
} passed[PUBLIC_HEADERS] = {
    [PUBLIC_TYPE] = {"Content-Type", NULL},
    [PUBLIC_AUTHORIZATION] = {"Authorization", NULL},
    [PUBLIC_LANGUAGE] = {"Accept-Language", NULL},
    [PUBLIC_DOMAIN] = {"X-OpenDSR-Processor-Domain",
		       "X-OpenGDPR-Processor-Domain"},
    [PUBLIC_SIGNATURE] = {"X-OpenDSR-Signature", "X-OpenGDPR-Signature"},
    [PUBLIC_ORIGIN] = {"Origin", NULL},
    [PUBLIC_SITE] = {"Sec-Fetch-Site", NULL},
    [PUBLIC_HOST] = {"Host", NULL},
};

static bool headers_clear(const struct guard_request *rq)
{
	for (size_t i = 0; i < PUBLIC_HEADERS; i++) {
		size_t n = guard_count(rq, passed[i].name);

		if (passed[i].other != NULL)
			n += guard_count(rq, passed[i].other);
		if (n > 1)
			return false;
	}
	return true;
}

static bool method_read(const char *name, enum public_method *ret)
{
	for (int m = PUBLIC_GET; m <= PUBLIC_DELETE; m++)
		if (strcmp(name, public_method_name((enum public_method)m)) ==
		    0) {
			*ret = (enum public_method)m;
			return true;
		}
	return false;
}

static enum MHD_Result refuse(struct intake *in, struct visitor *v,
			      unsigned int status, int retry_s)
{
	if (status == MHD_HTTP_CONTENT_TOO_LARGE)
		TALLY(in, refused_size);
	else if (status == MHD_HTTP_NOT_FOUND)
		TALLY(in, refused_path);
	else if (retry_s > 0)
		TALLY(in, refused_busy);
	else
		TALLY(in, refused_framing);
	return reply_problem(in, v, status, retry_s);
}

/* 0, or what is wrong with it. */
static unsigned int judge(struct visitor *v, const struct guard_request *rq,
			  const struct guard_facts *facts)
{
	if (!method_read(rq->method, &v->method))
		return MHD_HTTP_METHOD_NOT_ALLOWED;
	if (facts->expect_other)
		return MHD_HTTP_EXPECTATION_FAILED;
	if (v->query_odd || !headers_clear(rq))
		return MHD_HTTP_BAD_REQUEST;
	if (strlen(rq->url) > PUBLIC_PATH_MAX)
		return MHD_HTTP_NOT_FOUND;
	if (v->method == PUBLIC_POST && !facts->chunked && !facts->has_length)
		return MHD_HTTP_LENGTH_REQUIRED;
	if (facts->length > PUBLIC_BODY_MAX)
		return MHD_HTTP_CONTENT_TOO_LARGE;
	return 0;
}

static bool ends(const struct intake *in)
{
	return atomic_load(&in->stopping) || atomic_load(&in->broken);
}

enum MHD_Result passage_begin(struct intake *in, struct visitor *v,
			      const struct guard_request *rq,
			      const struct guard_facts *facts)
{
	unsigned int status = judge(v, rq, facts);
	int retry_s = RETRY_S;

	if (status != 0)
		return refuse(in, v, status, 0);
	v->counted = true;
	if (atomic_fetch_add(&in->passing, 1) >= VISITORS_MAX || ends(in))
		return refuse(in, v, MHD_HTTP_SERVICE_UNAVAILABLE, retry_s);
	if (!way_lets(in, v, rq->url, &retry_s))
		return refuse(in, v, MHD_HTTP_TOO_MANY_REQUESTS, retry_s);
	v->body.cap = PUBLIC_BODY_MAX;
	v->close = true;
	v->step = VISIT_BODY;
	atomic_store(&v->deadline_ms,
		     in->env->boot_ms(in->env) +
			 in->conf->settings->limits.body_deadline_ms);
	return MHD_YES;
}

/* --- into the hatch ------------------------------------------------------- */

static struct passage *passage_take(struct intake *in, struct visitor *v)
{
	struct passage *p = NULL;

	pthread_mutex_lock(&in->passages->lock);
	for (size_t i = 0; i < PASSAGES_MAX && p == NULL; i++)
		if (in->passages->all[i].visitor == NULL)
			p = &in->passages->all[i];
	if (p != NULL)
		p->visitor = v;
	pthread_mutex_unlock(&in->passages->lock);
	return p;
}

static void request_fill(struct visitor *v, const char *url, int64_t at_ms,
			 struct public_request *ret)
{
	*ret = (struct public_request){
	    .method = public_method_name(v->method),
	    .path = url,
	    .query = v->query,
	    .body = v->body.bytes,
	    .body_len = v->body.len,
	    .at_ms = at_ms,
	};
	for (size_t i = 0; i < PUBLIC_HEADERS; i++) {
		unsigned int count;
		size_t len;

		ret->header[i] = admit_header(v, passed[i].name, &len, &count);
		if (count == 0 && passed[i].other != NULL)
			ret->header[i] =
			    admit_header(v, passed[i].other, &len, &count);
	}
}

int passage_put(struct intake *in, const struct public_request *rq, int *ret_fd,
		struct err *err)
{
	struct buf frame = BUF_INIT(IPC_PAYLOAD_MAX);
	int ends_of[2] = {-1, -1};
	int rc = -1;

	if (hatch_put_request(rq, &frame, err) == 0 &&
	    hatch_pair(ends_of, err) == 0 &&
	    hatch_send(ends_of[0], HATCH_ASK, &frame, err) == 0 &&
	    hatch_knock(in->conf->hatch_fd, ends_of[1], err) == 0) {
		*ret_fd = ends_of[0];
		ends_of[0] = -1;
		rc = 0;
	}
	for (int i = 0; i < 2; i++)
		if (ends_of[i] >= 0)
			(void)close(ends_of[i]); /* the worker has its copy */
	buf_free(&frame);
	return rc;
}

static int passage_send(struct intake *in, struct passage *p, const char *url,
			struct err *err)
{
	struct public_request rq;

	request_fill(p->visitor, url, in->env->wall_ms(in->env), &rq);
	return passage_put(in, &rq, &p->fd, err);
}

enum MHD_Result passage_go(struct intake *in, struct visitor *v,
			   const char *url)
{
	struct err err = {0};
	enum MHD_Result rc;
	struct passage *p;

	if (handout_is(v, url)) {
		if (handout_reply(in, v, url, &rc))
			return rc;
		v->method = PUBLIC_GET; /* the page that says so */
	}
	p = ends(in) ? NULL : passage_take(in, v);
	v->passage = p;
	if (p == NULL)
		return refuse(in, v, MHD_HTTP_SERVICE_UNAVAILABLE, RETRY_S);
	p->until_ms = in->env->boot_ms(in->env) + PASSAGE_MS;
	if (passage_send(in, p, url, &err) != 0)
		/* A header that no address of ours has. */
		return err.kind == ERR_INPUT
			   ? refuse(in, v, MHD_HTTP_BAD_REQUEST, 0)
			   : refuse(in, v, MHD_HTTP_SERVICE_UNAVAILABLE,
				    RETRY_S);
	buf_clear(&v->body); /* wiped: the worker has it */
	v->step = VISIT_PASS;
	v->in_flight = true;
	atomic_store(&v->deadline_ms, INT64_MAX); /* the passage has its own */
	atomic_fetch_add(&in->in_flight, 1);
	atomic_fetch_add(&in->waiting, 1);
	MHD_suspend_connection(v->connection);
	pthread_mutex_lock(&in->passages->lock);
	p->state = PASSAGE_WAITS;
	pthread_mutex_unlock(&in->passages->lock);
	passages_wake(in);
	return MHD_YES;
}

/* --- and back ------------------------------------------------------------- */

void passages_resume(struct loop *l)
{
	struct passages *ps = l->in->passages;
	struct MHD_Connection *found[PASSAGES_MAX];
	size_t len = 0;

	if (ps == NULL || atomic_load(&ps->back) == 0)
		return;
	pthread_mutex_lock(&ps->lock);
	for (size_t i = 0; i < PASSAGES_MAX; i++) {
		struct passage *p = &ps->all[i];

		if (p->state != PASSAGE_BACK || p->visitor->loop != l)
			continue;
		p->state = PASSAGE_FREE; /* the visitor has it until it ends */
		found[len++] = p->visitor->connection;
		atomic_fetch_sub(&ps->back, 1);
	}
	pthread_mutex_unlock(&ps->lock);
	for (size_t i = 0; i < len; i++)
		MHD_resume_connection(found[i]);
}

enum MHD_Result passage_end(struct intake *in, struct visitor *v)
{
	const struct passage *p = v->passage;

	v->loop->answered = true;
	atomic_fetch_sub(&in->waiting, 1);
	atomic_store(&v->deadline_ms,
		     in->env->boot_ms(in->env) +
			 in->conf->settings->limits.header_deadline_ms);
	if (!p->answered)
		return refuse(in, v, MHD_HTTP_SERVICE_UNAVAILABLE, RETRY_S);
	return reply_answer(v, &p->answer);
}

void passage_forget(struct intake *in, struct visitor *v)
{
	struct passage *p = v->passage;

	if (v->step == VISIT_PASS)
		atomic_fetch_sub(&in->waiting, 1);
	if (v->counted)
		atomic_fetch_sub(&in->passing, 1);
	free(v->query); /* addresses, nothing of a person */
	v->query = NULL;
	v->query_odd = v->counted = false;
	v->way = NULL;
	v->passage = NULL;
	if (p == NULL)
		return;
	buf_free(&p->packet); /* wipes */
	p->answered = false;
	pthread_mutex_lock(&in->passages->lock);
	p->visitor = NULL;
	pthread_mutex_unlock(&in->passages->lock);
}
