/* fuzz_facts.c - facts of a record as JSON: facts or a finding inside the
 * line, never both; no decision without a reason. */
#include "fuzz_house.h"
#include "policy_tools/facts.h"
#include "postern/jsonmem.h"

static void check_decision(const struct erasure_facts *f, json_t *name)
{
	struct erasure_decision d = erasure_decide(f);
	json_t *row = decision_json(name, &d);

	MUST(d.reasons_len >= 1 && d.reasons_len <= ERASURE_REASONS_MAX);
	MUST(row != NULL);
	MUST(json_is_string(json_object_get(row, "decision")));
	MUST(json_array_size(json_object_get(row, "reasons")) == d.reasons_len);
	MUST(json_object_get(row, "name") == name);
	if (d.verdict == ERASURE_ERASE)
		MUST(!f->legal_hold);
	json_decref(row);
}

static void check_findings(const struct diag *diag, size_t size)
{
	MUST(diag->findings_len > 0);
	for (size_t i = 0; i < diag->findings_len; i++) {
		MUST(diag->findings[i].line == 3);
		MUST(diag->findings[i].column >= 1);
		MUST(diag->findings[i].column <= size + 1);
		MUST(strstr(diag->findings[i].text, "; ") != NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct diag diag;
	struct erasure_facts facts;
	json_t *name = NULL;
	char *line = malloc(size + (size == 0));

	MUST(line != NULL);
	if (size > 0)
		memcpy(line, data, size);
	diag_init(&diag, "fuzz");
	if (facts_parse(line, size, 3, &diag, &facts, &name) == 0) {
		MUST(diag.findings_len == 0);
		check_decision(&facts, name);
		json_decref(name);
	} else {
		MUST(name == NULL);
		check_findings(&diag, size);
	}
	free(line);
	return 0;
}
