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
    {"template", offsetof(struct policy_facts, template_message)},
};

/* Expected: true or false. */
static const struct {
	const char *key;
	size_t at;
} test_outcomes[] = {
    {"send", offsetof(struct policy_decision, send)},
    {"reduced", offsetof(struct policy_decision, reduced)},
    {"quarantine", offsetof(struct policy_decision, quarantine)},
    {"special", offsetof(struct policy_decision, special)},
};

/* What a test is about: facts in, decision out. */
struct run {
	const struct policy *p;
	const struct policy_test *test;
	struct policy_facts facts;
	struct policy_decision d;
	struct name channel, helpdesk, tagged;
	char *normal; /* owned */
	bool decided; /* it is about a message, not about a Datenart alone */
	bool has_due;
	int64_t due; /* the day from which its data may be erased */
};

/* Returns 0, or -1: out of memory.  Ended with test_end() in either case. */
int test_decide(struct run *r, const struct policy *p, size_t i,
		const struct policy_test_facts *outside); /* testfacts.c */
void test_end(struct run *r);
/* Texts that the finders of the channel take out, by name: of its text, before
 * it is stored and before it is forwarded.  At most max, each once. */
size_t test_redacted(const struct run *r, const char **ret, size_t max);

#endif
