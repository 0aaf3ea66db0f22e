/* visit.c - the steps of one request.
 *
 *   line and headers -> guard -> door -> method -> signature header -> size
 *   -> body -> authentic? -> sealed -> committed -> answered
 *
 * Whatever is refused is refused as early as it can be seen, so that neither
 * "100 Continue" is sent nor a body read for it, and the connection closes. */
#include "intake/inside.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#include "postern/log.h"

#define RETRY_DISK_S	30
#define RETRY_BUSY_S	5
#define FIRST_BYTES_MAX 65536u /* a larger body has to arrive to get memory */

static int64_t now_ms(struct intake *in)
{
	return in->env->boot_ms(in->env);
}

static void deadline_set(struct intake *in, struct visitor *v, int64_t ms)
{
	atomic_store_explicit(&v->deadline_ms, now_ms(in) + ms,
			      memory_order_relaxed);
}

/* --- refusals -------------------------------------------------------------
 */

static enum MHD_Result refuse_framing(struct intake *in, struct visitor *v,
				      unsigned int status)
{
	TALLY(in, refused_framing);
	return reply_problem(in, v, status, 0);
}

static enum MHD_Result refuse_size(struct intake *in, struct visitor *v)
{
	TALLY(in, refused_size);
	return reply_problem(in, v, MHD_HTTP_CONTENT_TOO_LARGE, 0);
}

static enum MHD_Result refuse_signature(struct intake *in, struct visitor *v)
{
	TALLY(in, refused_signature);
	return reply_problem(in, v, MHD_HTTP_UNAUTHORIZED, 0);
}

static enum MHD_Result refuse_busy(struct intake *in, struct visitor *v,
				   int retry_s)
{
	TALLY(in, refused_busy);
	return reply_problem(in, v, MHD_HTTP_SERVICE_UNAVAILABLE, retry_s);
}

/* --- handshake ------------------------------------------------------------
 */

static enum MHD_Result handshake(struct intake *in, struct visitor *v)
{
	static const char wrong[] = "Forbidden\n", odd[] = "Bad Request\n";
	struct buf answer = BUF_INIT(4096);
	enum MHD_Result rc;

	TALLY(in, handshakes);
	/* Providers show these answers to whoever sets the webhook up and want
	 * plain text. */
	switch (admit_request(v, true, &answer)) {
	case ADMIT_ANSWER:
		rc = reply_text(v, MHD_HTTP_OK, answer.bytes, answer.len);
		break;
	case ADMIT_MALFORMED:
		rc = reply_text(v, MHD_HTTP_BAD_REQUEST, odd, sizeof(odd) - 1);
		break;
	case ADMIT_FORGED:
	case ADMIT_BODY:
	default:
		rc =
		    reply_text(v, MHD_HTTP_FORBIDDEN, wrong, sizeof(wrong) - 1);
		break;
	}
	buf_free(&answer);
	return rc;
}

/* --- first call: headers are there, no body yet ---------------------------
 */

/* Reasons to send a provider away until later. */
static int retry_later(const struct intake *in)
{
	if (atomic_load_explicit(&in->disk_low, memory_order_relaxed))
		return RETRY_DISK_S;
	if (atomic_load_explicit(&in->stopping, memory_order_relaxed) ||
	    atomic_load_explicit(&in->broken, memory_order_relaxed))
		return RETRY_BUSY_S;
	return 0;
}

static enum MHD_Result post_begin(struct intake *in, struct visitor *v,
				  const struct guard_request *rq,
				  const struct guard_facts *facts)
{
	const char *signature =
	    oneclick_is(in, v) ? NULL
			       : v->door->channel->driver->signature_header;
	int retry_s;

	if (facts->expect_other)
		return refuse_framing(in, v, MHD_HTTP_EXPECTATION_FAILED);
	if (!facts->chunked && !facts->has_length)
		return refuse_framing(in, v, MHD_HTTP_LENGTH_REQUIRED);
	if (signature != NULL && guard_count(rq, signature) != 1)
		return refuse_signature(in, v);
	if (facts->length > v->door->body_max)
		return refuse_size(in, v);
	retry_s = retry_later(in);
	if (retry_s > 0)
		return refuse_busy(in, v, retry_s);
	v->body.cap = v->door->body_max;
	if (buf_reserve(&v->body,
			facts->length < FIRST_BYTES_MAX ? (size_t)facts->length
							: FIRST_BYTES_MAX,
			NULL) != 0)
		return refuse_busy(in, v, RETRY_BUSY_S);
	/* Chunk framing is read leniently by the library: whatever follows
	 * such a body is not served. */
	v->close = facts->chunked;
	v->step = VISIT_BODY;
	deadline_set(in, v, in->conf->settings->limits.body_deadline_ms);
	return MHD_YES;
}

enum MHD_Result visit_begin(struct intake *in, struct visitor *v,
			    const struct guard_request *rq)
{
	struct guard_facts facts;

	TALLY(in, requests);
	if (!guard_judge(rq, &facts))
		return refuse_framing(in, v, MHD_HTTP_BAD_REQUEST);
	v->door = door_find(in, rq->url);
	if (v->door == NULL)
		v->door = oneclick_find(in, rq->url, &v->click);
	if (v->door == NULL && facts.get && published_is(in, rq->url)) {
		if (facts.chunked || facts.length > 0)
			return published_reply(in, v, rq->url);
		v->step = VISIT_SHOW;
		return MHD_YES;
	}
	v->way = v->door == NULL ? way_find(in, rq->url) : NULL;
	if (v->way != NULL)
		return passage_begin(in, v, rq, &facts);
	if (v->door == NULL) {
		TALLY(in, refused_path);
		return reply_problem(in, v, MHD_HTTP_NOT_FOUND, 0);
	}
	if (facts.get && oneclick_is(in, v))
		return reply_made(v, in->oneclick.ask);
	if (facts.get)
		return handshake(in, v);
	if (!facts.post)
		return refuse_framing(in, v, MHD_HTTP_METHOD_NOT_ALLOWED);
	return post_begin(in, v, rq, &facts);
}

/* --- the body -------------------------------------------------------------
 */

/* Large bodies share one allowance, so that a few cannot take all memory. */
static bool charge(struct intake *in, struct visitor *v, size_t len)
{
	size_t was;

	if (v->body.len + len <= KEPT_BYTES)
		return true;
	was = atomic_fetch_add(&in->bodies_bytes, len);
	v->charged += len;
	return was + len <= BODIES_BYTES_MAX;
}

enum MHD_Result visit_take(struct intake *in, struct visitor *v,
			   const char *bytes, size_t *len)
{
	unsigned int status = 0;

	if (v->body.len + *len > v->body.cap) {
		status = MHD_HTTP_CONTENT_TOO_LARGE;
		TALLY(in, refused_size);
	} else if (!charge(in, v, *len) ||
		   buf_append(&v->body, bytes, *len, NULL) != 0) {
		status = MHD_HTTP_SERVICE_UNAVAILABLE;
		TALLY(in, refused_busy);
	}
	/* The library's read buffer outlives the connection in the heap; it
	 * is ours to change until this call returns. */
	sodium_memzero((void *)(uintptr_t)bytes, *len);
	*len = 0;
	if (status == 0)
		return MHD_YES;
	reply_now(in, v, status);
	return MHD_NO;
}

/* Without an answer the library asks again at its next turn.  Suspending the
 * connection until then would cost it and us five system calls more. */
static enum MHD_Result hand_over(struct intake *in, struct visitor *v)
{
	v->step = VISIT_WAIT;
	v->in_flight = true;
	if (v->loop->handed++ == 0)
		v->loop->handed_since = now_ms(in);
	atomic_fetch_add(&in->in_flight, 1);
	atomic_fetch_add(&in->waiting, 1);
	writer_push(in, v);
	return MHD_YES;
}

static enum MHD_Result store(struct intake *in, struct visitor *v)
{
	int retry_s = retry_later(in);

	if (retry_s > 0 || admit_seal(in, v, NULL) != 0)
		return refuse_busy(in, v, retry_s > 0 ? retry_s : RETRY_BUSY_S);
	return hand_over(in, v);
}

/* The address was proof enough; the body has to mean it.  Whether there is
 * such an address is nobody's business. */
static enum MHD_Result clicked(struct intake *in, struct visitor *v)
{
	if (!oneclick_means_it(v))
		return refuse_framing(in, v, MHD_HTTP_BAD_REQUEST);
	if (!oneclick_known(v))
		return reply_made(v, in->oneclick.done);
	if (oneclick_take(in, v, NULL) != 0)
		return refuse_busy(in, v, RETRY_BUSY_S);
	return store(in, v);
}

enum MHD_Result visit_end(struct intake *in, struct visitor *v)
{
	struct buf answer = BUF_INIT(4096);
	enum MHD_Result rc;

	if (oneclick_is(in, v))
		return clicked(in, v);
	switch (admit_request(v, false, &answer)) {
	case ADMIT_BODY:
		rc = store(in, v);
		break;
	case ADMIT_ANSWER:
		rc = reply_text(v, MHD_HTTP_OK, answer.bytes, answer.len);
		break;
	case ADMIT_MALFORMED:
		rc = refuse_framing(in, v, MHD_HTTP_BAD_REQUEST);
		break;
	case ADMIT_FORGED:
	default:
		rc = refuse_signature(in, v);
		break;
	}
	buf_free(&answer);
	return rc;
}

/* --- committed ------------------------------------------------------------
 */

enum MHD_Result visit_wait(struct intake *in, struct visitor *v)
{
	if (atomic_load(&v->pending))
		return MHD_YES;
	v->loop->answered = true;
	atomic_fetch_sub(&in->waiting, 1);
	atomic_store(&v->waits_since, 0);
	deadline_set(in, v, in->conf->settings->limits.header_deadline_ms);
	if (v->outcome == OUTCOME_STORED && oneclick_is(in, v)) {
		TALLY(in, acknowledged);
		return reply_made(v, in->oneclick.done);
	}
	if (v->outcome == OUTCOME_STORED)
		return reply_stored(in, v);
	return refuse_busy(in, v, RETRY_BUSY_S);
}

void visit_forget(struct intake *in, struct visitor *v)
{
	/* The connection died before it was answered. */
	if (v->step == VISIT_WAIT) {
		(void)writer_give_up(in, v);
		atomic_fetch_sub(&in->waiting, 1);
		atomic_store(&v->waits_since, 0);
	}
	if (v->in_flight)
		atomic_fetch_sub(&in->in_flight, 1);
	if (v->charged > 0)
		atomic_fetch_sub(&in->bodies_bytes, v->charged);
	if (v->body.size > KEPT_BYTES)
		buf_free(&v->body);
	else
		buf_clear(&v->body);
	if (v->entry != NULL)
		epoch_drop(&v->entry->epoch); /* kept only by a failed seal */
	if (v->entry != NULL && v->entry->size > KEPT_BYTES) {
		free(v->entry->record);
		v->entry->record = NULL;
		v->entry->size = 0;
	}
	handout_end(in, v, false);
	passage_forget(in, v);
	v->in_flight = false;
	v->charged = 0;
	v->door = NULL;
	v->click = (struct unsubscribe){0};
	v->close = false;
	v->target_len = 0;
	v->step = VISIT_LINE;
	/* The next request, should there be one: idle, then its headers. */
	deadline_set(in, v,
		     IDLE_TIMEOUT_S * 1000 +
			 in->conf->settings->limits.header_deadline_ms);
}
