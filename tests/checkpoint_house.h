/* checkpoint_house.h - the example log of the fixtures, for the tests of
 * checkpoints and receipts. */
#ifndef POSTERN_TESTS_CHECKPOINT_HOUSE_H
#define POSTERN_TESTS_CHECKPOINT_HOUSE_H

#include "proof_house.h"

#include <sodium.h>

#include "postern/checkpoint.h"

#define ORIGIN "gateway.example.de/audit/tenant-1"
#define ROOT   "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static inline void key_of(const char *vkey, struct note_key *ret)
{
	assert_int_equal(note_key_parse(vkey, strlen(vkey), ret, NULL), 0);
}

/* The log's key and the witness's. */
static inline void example_keys(struct note_key ret[2])
{
	json_t *json = fixture_json("c2sp/checkpoint-cosignature.json");
	json_t *row = json_array_get(json_object_get(json, "cases"), 1);

	key_of(row_text(row, "log_vkey"), &ret[0]);
	key_of(row_text(row, "witness_vkey"), &ret[1]);
	json_decref(json);
}

#endif
