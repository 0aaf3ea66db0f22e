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
	for (size_t i = 0; i < ask->known.len; i++)
		if (note_check(note, &ask->known.keys[i], NULL) == NOTE_BAD) {
			*ret_why = "the cosignature of a witness is wrong";
			return false;
		}
	return true;
}

static void tell(struct answer *a, const struct verify_keys *keys,
		 const struct note *note)
{
	for (size_t i = 0; i < keys->len; i++) {
		uint64_t at_s = 0;

		if (note_check(note, &keys->keys[i], &at_s) == NOTE_GOOD)
			answer_item_time(a, keys->keys[i].name,
					 strlen(keys->keys[i].name), at_s);
	}
}

bool verify_witnesses(struct answer *a, const struct verify_ask *ask,
		      const struct note *note, const char **ret_why)
{
	if (ask->witnesses.len + ask->known.len > 0) {
		answer_list(a, "witnesses");
		tell(a, &ask->witnesses, note);
		tell(a, &ask->known, note);
		answer_list_end(a);
	}
	return verify_cosigned(ask, note, ret_why);
}
