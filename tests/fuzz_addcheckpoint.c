/* fuzz_addcheckpoint.c - the body of a request to a witness: what is taken is
 * written in one way only.  Anything else is read as its settings. */
#include "fuzz_house.h"
#include "witness/witness.h"

static void read_settings(const uint8_t *data, size_t size)
{
	static struct witness_settings s;
	static struct diag diag;

	diag_init(&diag, "witness.yaml");
	if (witness_settings_parse(data, size, &diag, &s) != 0) {
		MUST(diag.findings_len > 0);
		return;
	}
	MUST(s.logs_len > 0 && s.logs_len <= WITNESS_LOGS_MAX);
	MUST(note_name_valid(s.name, strlen(s.name)));
	MUST(s.listen[0] != '\0');
	for (size_t i = 0; i < s.logs_len; i++)
		MUST(s.logs[i].type == NOTE_ED25519);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf again = BUF_INIT(ADDCHECKPOINT_BYTES_MAX);
	struct addcheckpoint *a = calloc(1, sizeof(*a));
	struct err err = {0};
	uint64_t number;
	char text[ADDCHECKPOINT_SIZE_BYTES];
	const char *note;

	MUST(a != NULL);
	if (size < 4 || memcmp(data, "old ", 4) != 0)
		read_settings(data, size);
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
