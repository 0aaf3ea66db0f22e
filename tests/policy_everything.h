/* policy_everything.h - a policy that uses every key, and what changes it. */
#ifndef POSTERN_TESTS_POLICY_EVERYTHING_H
#define POSTERN_TESTS_POLICY_EVERYTHING_H

#include <stdlib.h>
#include <string.h>

#include "postern/policy.h"

/* The assembler takes the file in; paths are relative to where make runs. */
__asm__(".section .rodata\n"
	"everything_begin:\n"
	".incbin \"tests/policies/everything.yaml\"\n"
	".byte 0\n"
	".previous\n");
extern const char everything_begin[] __attribute__((visibility("hidden")));

static struct diag everything_diag;

static inline struct policy *everything_parse(const char *text)
{
	struct policy *p = NULL;

	diag_init(&everything_diag, "policy.yaml");
	if (policy_parse((const uint8_t *)text, strlen(text), &everything_diag,
			 &p) != 0)
		diag_print(&everything_diag, stderr);
	assert_non_null(p);
	return p;
}

static inline struct policy *everything(void)
{
	return everything_parse(everything_begin);
}

/* The file with one text in place of another, which has to be there once. */
static inline char *everything_with(const char *old, const char *new)
{
	const char *at = strstr(everything_begin, old);
	size_t len = strlen(everything_begin) + strlen(new) + 1;
	char *ret = malloc(len);

	assert_non_null(ret);
	assert_non_null(at);
	assert_null(strstr(at + 1, old));
	(void)snprintf(ret, len, "%.*s%s%s", (int)(at - everything_begin),
		       everything_begin, new, at + strlen(old));
	return ret;
}

static inline struct name named(const char *text)
{
	struct name n = {""};

	assert_true(name_set(&n, text, strlen(text)));
	return n;
}

#endif
