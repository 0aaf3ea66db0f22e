/* witnesses.c - who signs the proof log along, and how far. */
#include <inttypes.h>

#include "route.h"
#include "witnesses.h"
#include "worker/ledger_witness.h"

static json_t *one_json(const struct ledger_witness_view *v, uint64_t last)
{
	char id[16];

	(void)snprintf(id, sizeof(id), "%08" PRIx32, v->key.id);
	return json_pack(
	    "{s:s, s:s, s:s, s:I, s:o, s:I, s:o, s:I, s:o}", "name",
	    v->key.name, "key", id, "state",
	    ledger_witness_state_name(v->state), "size", (json_int_t)v->size,
	    "signed", job_json_time(v->at_ms), "missing",
	    (json_int_t)(last > v->size ? last - v->size : 0), "seen",
	    v->told ? json_integer((json_int_t)v->seen) : json_null(),
	    "attempts", (json_int_t)v->attempts, "next",
	    job_json_time(v->next_ms));
}

int witnesses_json(struct worker *w, json_t **ret, uint64_t *ret_last,
		   struct err *err)
{
	static const char sql[] = "SELECT max(size) FROM ledger_checkpoint";
	int64_t last = 0;
	bool found = false;
	json_t *list;

	if (store_one_int(w->store, sql, STORE_NO_ARGS, &last, &found, err) !=
	    0)
		return -1;
	*ret_last = found ? (uint64_t)last : 0;
	list = json_array();
	for (size_t i = 0; i < ledger_witness_count(w); i++) {
		struct ledger_witness_view v;

		ledger_witness_look(w, i, &v);
		(void)json_array_append_new(list, one_json(&v, *ret_last));
	}
	*ret = list;
	return 0;
}

int api_ledger_witnesses(struct worker *w, struct job *job, struct err *err)
{
	uint64_t last = 0;
	json_t *list = NULL;

	if (witnesses_json(w, &list, &last, err) != 0)
		return -1;
	return job_json(job, 200,
			json_pack("{s:I, s:o}", "checkpoint", (json_int_t)last,
				  "witnesses", list),
			err);
}
