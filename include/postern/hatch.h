/* hatch.h - how the intake passes what the public asks on to the worker.
 *
 * The intake reads the internet: it guards the framing of such a request,
 * collects its bounded body, and hands both on without a look inside.  The
 * worker answers, and the intake repeats the answer.
 *
 * Each request has a socketpair of its own.  The intake puts the request in as
 * one frame (ipc.h) and passes the other end, with a knock, through the one
 * socket that both were given at their start.  So an answer can only reach who
 * asked, whoever of the two is started anew meanwhile, and who has gone away
 * is seen by the closed end.
 *
 * Either side treats the other as hostile. */
#ifndef POSTERN_HATCH_H
#define POSTERN_HATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/buf.h"
#include "postern/ipc.h"

#define PUBLIC_BODY_MAX	  (64 * 1024)
#define PUBLIC_PATH_MAX	  255
#define PUBLIC_QUERY_MAX  1023
#define PUBLIC_HEADER_MAX 1023
#define PUBLIC_ANSWER_MAX (128 * 1024) /* one packet, with its headers */

/* Of the headers only these pass. */
enum public_header {
	PUBLIC_TYPE, /* Content-Type */
	PUBLIC_AUTHORIZATION,
	PUBLIC_LANGUAGE,  /* Accept-Language */
	PUBLIC_DOMAIN,	  /* X-OpenDSR-Processor-Domain, X-OpenGDPR-... */
	PUBLIC_SIGNATURE, /* X-OpenDSR-Signature, X-OpenGDPR-... */
	PUBLIC_ORIGIN,	  /* Origin */
	PUBLIC_SITE,	  /* Sec-Fetch-Site */
	PUBLIC_HOST,	  /* Host: what the sender calls us */
	PUBLIC_HEADERS,
};
/* GET, POST, DELETE: what anybody may ask.  DONE: the intake itself says that
 * it sent a whole file; nobody outside can. */
enum public_method {
	PUBLIC_GET = 1,
	PUBLIC_POST,
	PUBLIC_DELETE,
	PUBLIC_DONE,
};
/* "GET"; NULL: none. */
const char *public_method_name(enum public_method method);

struct public_request {
	const char *method, *path, *query;  /* decoded by nobody */
	const char *header[PUBLIC_HEADERS]; /* "" absent */
	const uint8_t *body;
	size_t body_len;
	int64_t at_ms; /* wall clock of the intake */
};

#define PUBLIC_ANSWER_HEADERS_MAX 6
#define PUBLIC_ANSWER_NAME_MAX	  63
#define PUBLIC_ANSWER_VALUE_MAX	  699
struct public_answer {
	unsigned int status;
	const char *type; /* static; NULL: no body */
	struct buf body;
	char headers[PUBLIC_ANSWER_HEADERS_MAX][2]
		    [PUBLIC_ANSWER_VALUE_MAX + 1]; /* name, value; "" none */
	size_t headers_len;
	int64_t retry_after_s; /* 0: none */
	bool wipe;	       /* the body is personal */
};

/* --- frames (pure) -------------------------------------------------------- */

#define HATCH_KNOCK  0x4801 /* with one descriptor */
#define HATCH_ASK    0x4802
#define HATCH_ANSWER 0x4803

/* What a frame carries.  ERR_INPUT: too long, or no request or answer at all;
 * ERR_NOMEM. */
int hatch_put_request(const struct public_request *rq, struct buf *ret,
		      struct err *err);
int hatch_put_answer(const struct public_answer *a, struct buf *ret,
		     struct err *err);

/* The texts of *ret lie in the payload.  ERR_CORRUPT: not one of ours. */
int hatch_get_request(const uint8_t *payload, size_t len,
		      struct public_request *ret, struct err *err);
struct hatch_answer {
	unsigned int status;
	const char *type; /* "": none */
	const char *headers[PUBLIC_ANSWER_HEADERS_MAX][2];
	size_t headers_len;
	int64_t retry_after_s;
	const uint8_t *body;
	size_t body_len;
};
int hatch_get_answer(const uint8_t *payload, size_t len,
		     struct hatch_answer *ret, struct err *err);

/* --- packets, none of which ever waits ------------------------------------ */

/* One end of a new pair, large enough for both frames. */
int hatch_pair(int ret[2], struct err *err);
/* ERR_BUSY: nobody takes it now; ERR_INPUT: too long. */
int hatch_send(int fd, uint16_t type, const struct buf *payload,
	       struct err *err);
/* Passes a descriptor on; the caller keeps his.  ERR_BUSY: there is no room, or
 * nobody. */
int hatch_knock(int fd, int passed, struct err *err);
/*
 * hatch_take_knock - the next descriptor that was passed; *ret -1: none waits.
 *
 * What is not exactly one end of a pair is closed, and none either.
 */
int hatch_take_knock(int fd, int *ret, struct err *err);
/*
 * hatch_take - the packet that waits, in ret (at most a frame; wiped by
 * buf_free), and what is in it.
 *
 * ERR_BUSY: none is there (err->native EAGAIN), or the peer is gone;
 * ERR_CORRUPT: not of this type; ERR_NOMEM.
 */
int hatch_take(int fd, uint16_t type, struct buf *ret,
	       struct ipc_frame *ret_frame, struct err *err);
/* Nobody waits for the answer any more. */
bool hatch_gone(int fd);

#endif
