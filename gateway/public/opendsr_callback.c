/* opendsr_callback.c - a processor says how far it is with a request of ours.
 *
 * The order is that of the security guide: nothing is parsed before it is known
 * who signed it.  Source: OpenDSR 2.0; compliance 5.2. */
#include "opendsr.h"

#include <string.h>

#include "../recipients/telling.h"

static const struct settings_processor *by_domain(const struct worker *w,
						  const char *domain)
{
	for (size_t i = 0; domain[0] != '\0' && i < w->settings->processors_len;
	     i++)
		if (strcasecmp(w->settings->processors[i].domain, domain) == 0)
			return &w->settings->processors[i];
	return NULL;
}

static unsigned int trust(const struct worker *w,
			  const struct settings_processor *p,
			  const struct public_request *rq)
{
	const struct opendsr_proof proof = {
	    .pem = p != NULL ? p->certificate_pem : NULL,
	    .pem_len = p != NULL ? p->certificate_len : 0,
	    .domain = p != NULL ? p->domain : "",
	    .signature = rq->header[PUBLIC_SIGNATURE],
	    .now_ms = worker_now(w),
	};

	if (proof.pem == NULL)
		return 401;
	switch (opendsr_verify(&proof, rq->body, rq->body_len)) {
	case OPENDSR_SIGNED:
		return 202;
	case OPENDSR_BAD_CERTIFICATE:
		return 401;
	default:
		return 400;
	}
}

/* The row it is about; 0: none that this processor was asked for. */
static int find(struct worker *w, const struct settings_processor *p,
		const struct opendsr_answer *a, int64_t *ret_id,
		struct err *err)
{
	char own[512];
	struct telling t;
	bool found = false;
	int64_t id = 0;

	*ret_id = 0;
	if (!a->told || telling_callback(w, own, sizeof(own)) != 0 ||
	    strcmp(a->url, own) != 0)
		return 0;
	if (telling_find(w, a->id, &id, &found, err) != 0 ||
	    (found && telling_load(w, id, &t, &found, err) != 0))
		return -1;
	if (found && strcmp(t.kind, "processor") == 0 &&
	    strcmp(t.recipient, p->name.text) == 0)
		*ret_id = id;
	return 0;
}

static int take(struct worker *w, int64_t id, enum opendsr_status status,
		struct err *err)
{
	if (status == OPENDSR_COMPLETED)
		return telling_end(w, id, TELLING_CONFIRMED, "completed", err);
	if (status == OPENDSR_CANCELLED)
		return telling_end(w, id, TELLING_FAILED, "cancelled", err);
	return 0;
}

int opendsr_callback(struct worker *w, const struct public_request *rq,
		     struct public_answer *ret, struct err *err)
{
	const struct settings_processor *p =
	    by_domain(w, rq->header[PUBLIC_DOMAIN]);
	unsigned int status = trust(w, p, rq);
	struct opendsr_answer a;
	struct err why = {0};
	int64_t id = 0;

	if (status != 202)
		return public_problem(ret, status, 0);
	if (opendsr_answer_read(rq->body, rq->body_len, &a, &why) != 0) {
		if (why.kind == ERR_INPUT)
			return public_problem(ret, 400, 0);
		*err = why;
		return -1;
	}
	if (find(w, p, &a, &id, err) != 0)
		return -1;
	if (id == 0)
		return public_problem(ret, 400, 0);
	ret->status = 202;
	return take(w, id, a.status, err);
}
