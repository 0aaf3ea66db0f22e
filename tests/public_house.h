/* public_house.h - addresses of the public asked without a network. */
#ifndef POSTERN_TESTS_PUBLIC_HOUSE_H
#define POSTERN_TESTS_PUBLIC_HOUSE_H

#include "rights_house.h"

#include "dsr_house.h"
#include "postern/opendsr.h"
#include "public/inside.h"

/* One question; its fields are for the test to fill. */
struct asked {
	struct public_request rq;
	struct public_answer a;
	json_t *said; /* its body; NULL: none, or no JSON */
};

static inline void ask_begin(struct house *h, struct asked *q,
			     const char *method, const char *path,
			     const char *body)
{
	memset(q, 0, sizeof(*q));
	q->rq = (struct public_request){.method = method,
					.path = path,
					.query = "",
					.body = (const uint8_t *)body,
					.body_len = strlen(body),
					.at_ms = worker_now(&h->w)};
	for (size_t i = 0; i < PUBLIC_HEADERS; i++)
		q->rq.header[i] = "";
	q->a.body = BUF_INIT(PUBLIC_ANSWER_MAX);
}

static inline unsigned int ask_run(struct house *h, struct asked *q)
{
	bool known = false;
	const struct public_route *route =
	    public_route_of(q->rq.method, q->rq.path, &known);
	struct err err = {0};

	assert_non_null(route);
	assert_int_equal(worker_begin(&h->w, &err), 0);
	if (route->run(&h->w, &q->rq, &q->a, &err) != 0) {
		print_error("%s: %s\n", err.where, err.what);
		fail();
	}
	assert_int_equal(worker_commit(&h->w, &err), 0);
	q->said = json_loadb(q->a.body.len > 0 ? (char *)q->a.body.bytes : "",
			     q->a.body.len, 0, NULL);
	return q->a.status;
}

static inline void ask_end(struct asked *q)
{
	json_decref(q->said);
	buf_free(&q->a.body);
}

static inline const char *ask_header(const struct asked *q, const char *name)
{
	for (size_t i = 0; i < q->a.headers_len; i++)
		if (strcmp(q->a.headers[i][0], name) == 0)
			return q->a.headers[i][1];
	return "";
}

#endif
