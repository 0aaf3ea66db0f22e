/* policy_house.h - policies for tests: the example of the design, line for
 * line, and how to read and judge one. */
#ifndef POSTERN_TESTS_POLICY_HOUSE_H
#define POSTERN_TESTS_POLICY_HOUSE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "postern/policy.h"

#define HEAD "policy: kundenservice\nversion: 1\n"
#define PURPOSES                           \
	"purposes:\n"                      \
	"  support:   {basis: contract}\n" \
	"  marketing: {basis: consent, double_opt_in: true, valid: P24M}\n"
#define DATA                                                              \
	"data:\n"                                                         \
	"  MSG_SUPPORT:  {from: process_end, keep: P30D, delete: P90D}\n" \
	"  MSG_BUSINESS: {from: collection, statutory: {norm: \"HGB "     \
	"257\", years: 6, start: year_end}, restrict: {from: "            \
	"process_end, after: P90D}}\n"                                    \
	"  MEDIA:        {from: process_end, delete: P90D}\n"             \
	"  RAW:          {from: collection, delete: P3D}\n"
#define CHANNELS                                                  \
	"channels:\n"                                             \
	"  kundenservice: {purpose: support, data: MSG_SUPPORT, " \
	"first_contact: notice, notice: hinweis_de}\n"
#define HELPDESKS      \
	"helpdesks:\n" \
	"  desk: {sees: [text, attachments], person: alias}\n"
#define REST                                                              \
	"redact:\n"                                                       \
	"  - {find: iban, before: [forward]}\n"                           \
	"notices:\n"                                                      \
	"  hinweis_de: \"Muster GmbH verarbeitet Ihre Nachricht\"\n"      \
	"approvals: {policy: 2, hold: 2, unmask: 1}\n"                    \
	"tests:\n"                                                        \
	"  - name: a support message is forwarded under an alias\n"       \
	"    given: {channel: kundenservice, event: message, text: \"Wo " \
	"ist mein Paket?\"}\n"                                            \
	"    expect: {store: MSG_SUPPORT, forward: desk, person: alias, " \
	"notice: hinweis_de}\n"
#define EXAMPLE HEAD PURPOSES DATA CHANNELS HELPDESKS REST

static struct diag diag;

static inline struct policy *parse(const char *text)
{
	struct policy *p = NULL;

	diag_init(&diag, "policy.yaml");
	(void)policy_parse((const uint8_t *)text, strlen(text), &diag, &p);
	return p;
}

/* One that has to be in order. */
static inline struct policy *good(const char *text)
{
	struct policy *p = parse(text);

	if (!p)
		diag_print(&diag, stderr);
	assert_non_null(p);
	return p;
}

static inline struct policy *example(void)
{
	return good(EXAMPLE);
}

static inline struct name name(const char *text)
{
	struct name n = {""};

	assert_true(name_set(&n, text, strlen(text)));
	return n;
}

static inline bool has_reason(const struct policy_decision *d, const char *code)
{
	for (size_t i = 0; i < d->reasons_len; i++)
		if (strcmp(d->reasons[i].code, code) == 0)
			return true;
	return false;
}

static inline size_t reason_line(const struct policy_decision *d,
				 const char *code)
{
	for (size_t i = 0; i < d->reasons_len; i++)
		if (strcmp(d->reasons[i].code, code) == 0)
			return d->reasons[i].line;
	return 9999;
}

static inline bool has_finding(const struct diag *d, const char *text)
{
	for (size_t i = 0; i < d->findings_len; i++)
		if (strstr(d->findings[i].text, text))
			return true;
	return false;
}

#endif
