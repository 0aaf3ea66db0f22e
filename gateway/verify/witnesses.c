/* witnesses.c - cosignatures of a checkpoint. */
#include <string.h>

#include "verify.h"

bool verify_cosigned(const struct verify_ask *ask, const struct note *note,
		     const char **ret_why)
{
	for (size_t i = 0; i < ask->witnesses.len; i++) {
		switch (note_check(note, &ask->witnesses.keys[i], NULL)) {
		case NOTE_GOOD:
			break;
		case NOTE_BAD:
			*ret_why = "the cosignature of a witness is wrong";
			return false;
		case NOTE_ABSENT:
			*ret_why = "a witness that was asked for has not "
				   "signed it";
			return false;
		}
	}
	return true;
}

bool verify_witnesses(struct answer *a, const struct verify_ask *ask,
		      const struct note *note, const char **ret_why)
{
	if (ask->witnesses.len == 0)
		return true;
	answer_list(a, "witnesses");
	for (size_t i = 0; i < ask->witnesses.len; i++) {
		const struct note_key *key = &ask->witnesses.keys[i];
		uint64_t at_s = 0;

		if (note_check(note, key, &at_s) == NOTE_GOOD)
			answer_item_time(a, key->name, strlen(key->name), at_s);
	}
	answer_list_end(a);
	return verify_cosigned(ask, note, ret_why);
}
