/* http.h - calls out, on one libcurl multi handle, with the address guard.
 *
 * The guard sees the address that is really connected to, on every connect:
 * private and special ranges are refused unless the owner's allow list names
 * them, also when DNS changes its answer.  Redirects are never followed, the
 * environment and proxies are ignored, header and body bytes are capped. */
#ifndef POSTERN_HTTP_H
#define POSTERN_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/buf.h"
#include "postern/env.h"
#include "postern/err.h"

struct http_client;

struct http_header {
	char *name, *value;
};

/* Receives body bytes of a 2xx as they come; nonzero aborts. */
typedef int (*http_sink)(void *ctx, const uint8_t *bytes, size_t len);
/* Gives body bytes to send; 0 = end, (size_t)-1 aborts. */
typedef size_t (*http_source)(void *ctx, uint8_t *ret, size_t size);

#define HTTP_HEADERS_MAX 16
#define HTTP_ALLOW_MAX	 24

struct http_call {
	char method[8];
	char *url;
	struct http_header headers[HTTP_HEADERS_MAX];
	size_t headers_len;
	struct buf body;
	/* Multipart upload: fields and one streamed file; body unused then. */
	struct http_header form[4];
	size_t form_len;
	http_source file;
	void *file_ctx;
	char *file_name, *file_type;
	int64_t file_len;
	http_sink sink; /* NULL: collect in reply.body */
	void *sink_ctx;
	size_t answer_max;	  /* bytes of answer body kept or passed */
	long timeout_ms;	  /* whole call; 0 = 30 s */
	const char *const *allow; /* "host:port", "10.0.0.0/8:443"; borrowed */
	size_t allow_len;
	/* Host must equal or end in one of these (media); NULL: any host */
	const char *const *hosts;
	size_t hosts_len;
	bool http_allowed; /* plain http, only towards allowed targets */
	/* The receiver tells repeats apart (GET always counts as such): when a
	 * kept-alive connection dies without an answer, the request goes out
	 * once more at once instead of ending as HTTP_CUT. */
	bool repeatable;
};
int http_call_header(struct http_call *call, const char *name,
		     const char *value, struct err *err);
int http_call_set(char **member, const char *value, struct err *err);
void http_call_free(struct http_call *call); /* wipes */
/* Wipes and frees what a call carries: headers, body, form; not where it goes
 * and under which rules. */
void http_call_strip(struct http_call *call);

enum http_fate {
	HTTP_ANSWERED, /* status holds */
	HTTP_REFUSED,  /* the guard or a malformed URL: never connected */
	HTTP_NOT_SENT, /* failed before the request was on its way */
	HTTP_CUT,      /* failed after it may have been sent: outcome unknown */
	HTTP_TOO_LARGE, /* answer over a cap; status may hold */
	HTTP_ABORTED,	/* the sink or source said so */
};

struct http_reply {
	enum http_fate fate;
	long status;
	int64_t retry_after_ms; /* -1: none named; 0..24 h */
	char type[128];		/* Content-Type */
	struct buf body;
};

/* Called from http_poll.  reply is borrowed. */
typedef void (*http_done)(void *ctx, const struct http_reply *reply);

int http_open(struct env *env, struct http_client **ret, struct err *err);
/* Calls still under way are dropped without calling done. */
void http_close(struct http_client **c);
/* Takes the content of *call (also on failure). */
int http_start(struct http_client *c, struct http_call *call, http_done done,
	       void *ctx, struct err *err);
/* Waits for traffic, extra descriptors (POLLIN) or timeout_ms, then moves on
 * all calls and runs done callbacks. */
int http_poll(struct http_client *c, const int *fds, size_t fds_len,
	      int timeout_ms, struct err *err);
/* For tests: fixed answers "host:port:address" instead of DNS, for calls
 * started from now on.  Copied; NULL ends it. */
int http_set_resolve(struct http_client *c, const char *const *answers,
		     size_t answers_len, struct err *err);
size_t http_under_way(const struct http_client *c);
/* How long http_poll has waited for traffic, in all: whether this thread has
 * time to spare. */
uint64_t http_waited_us(const struct http_client *c);

/* Pure, fuzzed: is this address public?  (RFC 6890 ranges, embedded IPv4.) */
bool http_address_public(const void *sockaddr, size_t len);
/* Pure: does the list name this address and port? host is the URL's host. */
bool http_allowed(const char *const *allow, size_t allow_len, const char *host,
		  const void *sockaddr, size_t len);
/* Pure: is this a well-formed entry of an allow list?  An "ip:port" or
 * "cidr:port" entry permits exactly those addresses.  A "host:port" entry
 * permits what the name resolves to only if that is public, private, or
 * loopback for "localhost"; never link-local, metadata or multicast. */
bool http_allow_entry(const char *entry);
/* Pure: may an address that somebody else named be called, as far as its text
 * tells?  https, and no private, link-local or loopback address in whatever
 * spelling; or a target of the allow list.  The guard looks again at what a
 * name resolves to. */
bool http_url_callable(const char *url, const char *const *allow,
		       size_t allow_len);
/* Retry-After: seconds or HTTP date, against now; a date that has passed is
 * 0.  -1 if neither, or more than 24 h. */
int64_t http_retry_after_ms(const char *value, int64_t now_ms);

#endif
