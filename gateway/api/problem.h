/* problem.h - every way a call can be refused (RFC 9457).  docs/api.md lists
 * the same rows; a client may rely on type and status. */
#ifndef POSTERN_API_PROBLEM_H
#define POSTERN_API_PROBLEM_H

#include "postern/err.h"

struct problem {
	unsigned int status;
	const char *type, *title;
};

#define PROBLEMS(X)                                                           \
	X(malformed, 400, "The request is malformed")                         \
	X(invalid, 400, "The body does not fit this call")                    \
	X(unauthorised, 401, "A valid token is needed")                       \
	X(forbidden, 403, "The token lacks the scope for this")               \
	X(local_only, 403, "Only on the operator socket of this host")        \
	X(policy, 403, "The policy forbids this")                             \
	X(person, 403, "Only somebody with a token of their own can do this") \
	X(another, 403, "Somebody else has to agree")                         \
	X(absent, 404, "There is nothing here")                               \
	X(method, 405, "This address does not know the method")               \
	X(window_closed, 409, "The reply window is closed")                   \
	X(closed, 409, "The conversation is closed")                          \
	X(channel_cannot, 409,                                                \
	  "The channel of this conversation cannot do it")                    \
	X(conflict, 409, "The object is in another state")                    \
	X(key_in_flight, 409, "A call with this Idempotency-Key is running")  \
	X(pending, 409, "The bytes are not here yet")                         \
	X(gone, 410, "The bytes are gone")                                    \
	X(length_required, 411, "The body needs a Content-Length")            \
	X(too_large, 413, "The body is too large")                            \
	X(media_type, 415, "The body must be application/json")               \
	X(key_reused, 422, "The Idempotency-Key belongs to another request")  \
	X(too_many, 429, "Too many failed log-ins")                           \
	X(internal, 500, "The gateway failed")                                \
	X(unavailable, 503, "Not now; the same call may work later")

#define X(name, status, title) extern const struct problem problem_##name;
PROBLEMS(X)
#undef X

/* What an error of a lower layer is to the caller; never its text. */
const struct problem *problem_of(enum err_kind kind);

#endif
