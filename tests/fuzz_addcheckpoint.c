/* fuzz_addcheckpoint.c - the body of a request to a witness: what is taken is
 * written in one way only. */
#include "fuzz_house.h"
#include "postern/addcheckpoint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf again = BUF_INIT(ADDCHECKPOINT_BYTES_MAX);
	struct addcheckpoint *a = calloc(1, sizeof(*a));
	struct err err = {0};
	uint64_t number;
	char text[ADDCHECKPOINT_SIZE_BYTES];
	const char *note;

	MUST(a != NULL);
	if (addcheckpoint_size_parse(data, size, &number)) {
		addcheckpoint_size_print(number, text);
		MUST(memcmp(text, data, size) == 0);
	}
	if (addcheckpoint_parse((const char *)data, size, a, &err) != 0) {
		MUST(err.kind == ERR_INPUT);
		free(a);
		return 0;
	}
	MUST(a->proof_len <= MERKLE_PROOF_MAX);
	note = a->note.text;
	MUST(note > (const char *)data && note < (const char *)data + size);
	MUST(addcheckpoint_print(a->old_size, a->proof, a->proof_len, note,
				 size - (size_t)(note - (const char *)data),
				 &again, &err) == 0);
	MUST(again.len == size && memcmp(again.bytes, data, size) == 0);
	buf_free(&again);
	free(a);
	return 0;
}
