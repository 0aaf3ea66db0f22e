/* Arbitrary bytes as postern.yaml and as policy.yaml: no crash, and either a
 * result or a finding, never both or none. */
#include <assert.h>
#include <sodium.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "postern/policy.h"
#include "postern/settings.h"
#include "settings/syntax.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_double(void *ctx, enum secret_source source, const char *name,
		       const struct setting_row *row, struct secret *ret,
		       struct err *err)
{
	static const char text[] = "0123456789abcdef0123456789abcdef";

	(void)ctx;
	(void)source;
	(void)name;
	(void)row;
	return secret_set(ret, text, sizeof(text) - 1, err);
}

static void decide(const struct policy *p)
{
	static const struct name names[] = {{"kundenservice"}, {"desk"}};
	struct policy_decision d;

	for (unsigned int i = 0; i < 32; i++) {
		const struct policy_facts facts = {
		    .act = i & 1 ? ACT_SEND : ACT_RECEIVE,
		    .channel = &names[0],
		    .helpdesk = i & 2 ? &names[1] : NULL,
		    .media = true,
		    .purpose = i & 4 ? "marketing" : NULL,
		    .suppressed = (i & 8) != 0,
		    .window_open = (i & 16) != 0,
		};

		policy_decide(p, &facts, &d);
		assert(d.reasons_len > 0);
		assert(!(d.send && d.window_closed));
	}
}

static void text_predicates(const uint8_t *data, size_t size)
{
	char text[256];
	struct url url;

	if (size >= sizeof(text))
		return;
	memcpy(text, data, size);
	text[size] = '\0';
	(void)syntax_listen(text);
	(void)syntax_target(text);
	(void)syntax_zone(text);
	(void)syntax_date(text);
	(void)syntax_hook_path(text);
	if (syntax_url(text, &url))
		assert(url.host[0] != '\0' && url.port != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct diag diag, notes;
	const struct settings_source source = {.dir = "/nowhere",
					       .role = ROLE_WORKER,
					       .read = read_double,
					       .notes = &notes};
	struct settings *s = NULL;
	struct policy *p = NULL;

	if (sodium_init() < 0)
		return 0;
	diag_init(&diag, "postern.yaml");
	diag_init(&notes, "postern.yaml");
	(void)settings_parse(data, size, &source, &diag, &s);
	assert((s == NULL) == (diag.findings_len > 0));
	diag_init(&diag, "policy.yaml");
	(void)policy_parse(data, size, &diag, &p);
	assert((p == NULL) == (diag.findings_len > 0));
	if (p) {
		decide(p);
		policy_notes(p, &notes);
	}
	text_predicates(data, size);
	policy_free(&p);
	settings_free(&s);
	return 0;
}
