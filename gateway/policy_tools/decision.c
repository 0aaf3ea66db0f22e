/* decision.c - what becomes of a record, as JSON. */
#include <stdio.h>
#include <string.h>

#include "facts.h"
#include "postern/caldate.h"

static json_t *reasons_json(const struct erasure_decision *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->reasons_len; i++)
		/* s* leaves out what is NULL. */
		(void)json_array_append_new(
		    list, json_pack("{s:s,s:s*}", "code", d->reasons[i].code,
				    "article", d->reasons[i].article));
	return list;
}

json_t *decision_json(json_t *name, const struct erasure_decision *d)
{
	const char *verdict = erasure_verdict_names[d->verdict];
	char text[64], until[CALDATE_BYTES];
	json_t *root;

	(void)snprintf(text, sizeof(text), "%s", verdict);
	if (d->verdict == ERASURE_RESTRICT_UNTIL) {
		caldate_format(d->until, until);
		(void)snprintf(text, sizeof(text), "%s:%s", verdict, until);
	}
	root = json_pack("{s:O*,s:s,s:o}", "name", name, "decision", text,
			 "reasons", reasons_json(d));
	if (root != NULL && json_array_size(json_object_get(root, "reasons")) !=
				d->reasons_len) {
		json_decref(root);
		root = NULL;
	}
	return root;
}

bool facts_blank(const char *line, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strchr(" \t\r", line[i]) == NULL || line[i] == '\0')
			return false;
	return true;
}

int facts_decide(const char *line, size_t len, size_t number, struct diag *diag,
		 json_t **ret)
{
	struct erasure_decision decision;
	struct erasure_facts facts;
	json_t *name = NULL;

	if (len > FACTS_LINE_MAX)
		return diag_add(diag, number, FACTS_LINE_MAX,
				"the line is too long; at most %d bytes",
				FACTS_LINE_MAX);
	if (facts_parse(line, len, number, diag, &facts, &name) != 0)
		return -1;
	decision = erasure_decide(&facts);
	*ret = decision_json(name, &decision);
	json_decref(name);
	return 0;
}
