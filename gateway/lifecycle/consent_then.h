/* consent_then.h - what a person had agreed to when a message came.
 *
 * The state of now is worker/consent.h's business; this one asks for the past,
 * of very many messages: what it reads it keeps for a while, in a place that
 * does not grow. */
#ifndef POSTERN_LIFECYCLE_CONSENT_THEN_H
#define POSTERN_LIFECYCLE_CONSENT_THEN_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/name.h"
#include "postern/simulate.h"
#include "postern/store.h"

struct consent_then;

struct consent_then_ask {
	enum simulate_side side; /* whose purpose it is */
	const struct name *purpose, *channel;
	bool marketing; /* the purpose */
	int64_t person, conversation;
	int64_t message, received_ms;
};

int consent_then_open(struct store *st, struct consent_then **ret,
		      struct err *err);
void consent_then_close(struct consent_then **c);
/*
 * consent_then_valid - did a valid consent stand when the message was judged?
 *
 * Counts what was in the archive before the message, and what the message
 * itself said as an answer; what it said as a keyword, or what came later, does
 * not.  Errors are the store's.
 */
int consent_then_valid(struct consent_then *c,
		       const struct consent_then_ask *ask, bool *ret,
		       struct err *err);

#endif
