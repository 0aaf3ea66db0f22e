/* testcase.h - the words of a test, for reading and for running it. */
#ifndef POSTERN_POLICY_TESTCASE_H
#define POSTERN_POLICY_TESTCASE_H

#include "model.h"

#define TEST_EVENTS	4
#define TEST_WINDOWS	2
#define TEST_FORGETS	3
#define TEST_MECHANISMS 3
#define TEST_CONSENTS	CONSENT_STATES
extern const char *const test_event_words[TEST_EVENTS];
extern const char *const test_window_words[TEST_WINDOWS];
extern const char *const test_forget_words[TEST_FORGETS];
extern const char *const test_mechanism_words[TEST_MECHANISMS];
extern const char *const test_consent_words[TEST_CONSENTS];

/* Given: true or false. */
static const struct {
	const char *key;
	size_t at;
} test_flags[] = {
    {"suppressed", offsetof(struct policy_facts, suppressed)},
    {"restricted", offsetof(struct policy_facts, restricted)},
    {"minor", offsetof(struct policy_facts, minor)},
    {"noticed", offsetof(struct policy_facts, noticed)},
    {"told_closed", offsetof(struct policy_facts, told_closed)},
};

/* Expected: true or false. */
static const struct {
	const char *key;
	size_t at;
} test_outcomes[] = {
    {"send", offsetof(struct policy_decision, send)},
    {"hold_back", offsetof(struct policy_decision, hold)},
    {"reduced", offsetof(struct policy_decision, reduced)},
    {"quarantine", offsetof(struct policy_decision, quarantine)},
    {"special", offsetof(struct policy_decision, special)},
};

#endif
