/* drp.h - Data Rights Protocol 1.0 as bytes: signed bodies, whose they are,
 * and what they ask.  Pure.
 *
 * Source: Data Rights Protocol 1.0, 3.07; compliance 5.3. */
#ifndef POSTERN_DRP_H
#define POSTERN_DRP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"

#define DRP_VERSION   "1.0"
#define DRP_ID_MAX    64
#define DRP_KEY_BYTES 32
#define DRP_WINDOW_MS (10 * 60 * (int64_t)1000)

/* --- directories ---------------------------------------------------------- */

struct drp_agent {
	char id[DRP_ID_MAX + 1];
	char name[128];
	uint8_t key[DRP_KEY_BYTES];
};
#define DRP_AGENTS_MAX 64
struct drp_agents {
	struct drp_agent all[DRP_AGENTS_MAX];
	size_t len;
};
/* A list of representatives, each with id and verify_key; ERR_INPUT: it is
 * none, or two have one id.  ret is large: not for the stack. */
int drp_agents_read(const void *bytes, size_t len, struct drp_agents *ret,
		    struct err *err);
const struct drp_agent *drp_agent_find(const struct drp_agents *a,
				       const char *id);

/* --- signed bodies -------------------------------------------------------- */

/* In the order of the checks. */
enum drp_verdict {
	DRP_GOOD,
	DRP_ENCODING,
	DRP_SIGNATURE,
	DRP_BODY, /* signed, but no JSON object with its claims */
	DRP_AGENT,
	DRP_BUSINESS,
	DRP_EARLY,
	DRP_EXPIRED, /* also: a window of more than ten minutes */
};
const char *drp_verdict_name(enum drp_verdict verdict); /* "agent-id" */

struct drp_trust {
	const struct drp_agent *agent; /* whose token came with it */
	const char *business;
	int64_t now_ms;
	/* Revoking: a body of nothing but a reason is good, too. */
	bool reason_alone;
};
/*
 * drp_open - base64(signature, JSON) to its JSON.
 *
 * *ret: the caller's reference, only when DRP_GOOD; what jansson frees is
 * wiped.  -1: ERR_NOMEM.
 */
int drp_open(const void *body, size_t len, const struct drp_trust *trust,
	     enum drp_verdict *ret_verdict, json_t **ret, struct err *err);

/* --- what is asked -------------------------------------------------------- */

enum drp_exercise { DRP_ACCESS, DRP_DELETION };
struct drp_request {
	enum drp_exercise exercise;
	const char *agent_request; /* NULL: none; all borrowed */
	const char *status_callback;
	const char *email, *phone, *name;
	bool email_verified, phone_verified;
};
/* NULL: read; or what is wrong, static, never a value. */
const char *drp_request_read(const json_t *doc, struct drp_request *ret);

/* --- what is answered ----------------------------------------------------- */

/* A row of states.json.  reason NULL: none. */
struct drp_state {
	const char *state, *reason;
	bool final;
};
const struct drp_state *drp_states(size_t *ret_len);

#endif
