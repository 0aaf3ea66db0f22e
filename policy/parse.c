/* parse.c - policy.yaml to a struct policy; pure. */
#include <sodium.h>

#include "model.h"

#define TOLERANCE 10 /* percent */

/* In this order: what refers to names comes after what makes them. */
static const struct section {
	const char *key;
	bool required;
	const char *right;
	policy_section *parse;
} sections[] = {
    {"notices", false, "", policy_parse_notices},
    {"purposes", true, "add what messages are handled for",
     policy_parse_purposes},
    {"data", true, "add the Datenarten, each with its deletion rule",
     policy_parse_rules},
    {"channels", true, "add each channel with purpose and data",
     policy_parse_channels},
    {"helpdesks", true, "add each helpdesk with what it sees",
     policy_parse_helpdesks},
    {"patterns", false, "", policy_parse_patterns},
    {"redact", false, "", policy_parse_redact},
    {"special", false, "", policy_parse_special},
    {"keywords", false, "", policy_parse_keywords},
    {"replies", false, "", policy_parse_replies},
    {"approvals", false, "", policy_parse_approvals},
    {"tests", false, "", policy_parse_tests},
};

/* Room for every word a file of this size can hold. */
static bool own_words(struct policy *p, size_t file_len, struct diag *diag)
{
	p->owned_size = file_len + WORDS_MAX * 2;
	p->owned = malloc(p->owned_size);
	if (!p->owned)
		diag_add(diag, 0, 0, "out of memory; try again");
	return p->owned != NULL;
}

static void parse_head(struct policy *p, const struct yaml *root,
		       struct diag *diag)
{
	const struct yaml *node;

	node = policy_need(root, "policy", "begin it with policy: and a name",
			   diag);
	if (node)
		(void)policy_field_name(node, "policy", &p->name, diag);
	node = policy_need(root, "version",
			   "add version: 1, and count it up with each change",
			   diag);
	if (node)
		(void)policy_field_int(node, 1, 1000000000, &p->version, diag);
}

static void parse_root(struct policy *p, const struct yaml *root,
		       struct diag *diag)
{
	if (!policy_is_map(root, "the file", diag))
		return;
	(void)policy_known_keys(root, KEYS_FILE, diag);
	parse_head(p, root, diag);
	for (size_t i = 0; i < COUNT_OF(sections); i++) {
		const struct section *s = &sections[i];
		const struct yaml *node =
		    s->required ? policy_need(root, s->key, s->right, diag)
				: yaml_get(root, s->key);

		if (node)
			s->parse(p, node, diag);
	}
	policy_agree(p, diag);
}

static bool keep_source(struct policy *p, const uint8_t *bytes, size_t len,
			struct diag *diag)
{
	p->source = malloc(len + 1);
	if (!p->source) {
		diag_add(diag, 0, 0, "out of memory; try again");
		return false;
	}
	memcpy(p->source, bytes, len);
	p->source_len = len;
	return true;
}

int policy_parse(const uint8_t *bytes, size_t len, struct diag *diag,
		 struct policy **ret)
{
	size_t before = diag->findings_len + diag->more;
	struct policy *p = calloc(1, sizeof(*p));
	int rc = -1;

	if (!p) {
		diag_add(diag, 0, 0, "out of memory; try again");
		goto out;
	}
	p->approvals = (struct policy_approvals){
	    .policy = 1, .hold = 1, .unmask = 1, .tolerance = TOLERANCE};
	policy_builtin_replies(p);
	if (yaml_parse(bytes, len, diag, &p->doc) != 0 ||
	    !own_words(p, len, diag))
		goto out;
	parse_root(p, yaml_root(p->doc), diag);
	if (diag->findings_len + diag->more != before)
		goto out;
	crypto_generichash(p->digest, sizeof(p->digest), bytes, len, NULL, 0);
	if (!keep_source(p, bytes, len, diag))
		goto out;
	*ret = p;
	p = NULL;
	rc = 0;
out:
	policy_free(&p);
	return rc;
}

void policy_free(struct policy **p)
{
	if (*p) {
		yaml_free(&(*p)->doc);
		free((*p)->owned);
		free((*p)->source);
	}
	free(*p);
	*p = NULL;
}

const uint8_t *policy_source(const struct policy *p, size_t *ret_len)
{
	*ret_len = p->source_len;
	return p->source;
}

const uint8_t *policy_digest(const struct policy *p)
{
	return p->digest;
}
