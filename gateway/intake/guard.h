/* guard.h - is this request framed in one way only?
 *
 * Pure: what the HTTP library kept of a request goes in, a verdict comes out.
 * The library takes more than RFC 9112 allows (bare LF, folded lines, NUL in
 * a value, two lengths, ...).  Most of that is gone from its parsed view, but
 * its texts still lie in the read buffer where they were received, so each
 * must begin exactly where the one before ended plus ": " or CRLF.  Whatever
 * was skipped, joined or ended otherwise leaves a gap. */
#ifndef POSTERN_INTAKE_GUARD_H
#define POSTERN_INTAKE_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUARD_HEADERS_MAX 64

struct guard_header {
	const char *name, *value;
	size_t name_len, value_len;
};

struct guard_request {
	const char *method, *url, *version;
	size_t target_len; /* of the raw request target; 0: refused */
	size_t block_len;  /* method to the end of the empty line */
	bool in_place;	   /* texts lie where they were received */
	struct guard_header headers[GUARD_HEADERS_MAX];
	size_t headers_len; /* may pass the maximum: too many */
};

struct guard_facts {
	bool get, post;	   /* neither: another method */
	bool chunked;	   /* length is unknown then */
	bool has_length;   /* Content-Length was there */
	bool expect_other; /* an expectation that is not 100-continue */
	uint64_t length;
};

/* One more header, as the library keeps it; value NULL: it had none.  Beyond
 * the maximum they are only counted. */
void guard_add(struct guard_request *rq, const char *name, size_t name_len,
	       const char *value, size_t value_len);
/* The raw request target, before the library decodes it in place: origin
 * form, path of unreserved characters without empty or dot segments, any
 * visible ASCII in the query.  Returns its length, 0 if refused. */
size_t guard_target(const char *raw);
/* False: malformed or ambiguous, answer 400 and close. */
bool guard_judge(const struct guard_request *rq, struct guard_facts *ret);
/* How often a header came. */
size_t guard_count(const struct guard_request *rq, const char *name);

#endif
