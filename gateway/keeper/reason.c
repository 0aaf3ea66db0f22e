/* reason.c - the table of reasons. */
#include "keeper/reason.h"

#include <stddef.h>

static const char *const texts[REASON_END] = {
    [REASON_NONE] = "",
    [REASON_LOCKED] = "locked by an operator; unlock it",
    [REASON_PASSPHRASE] = "waits for the passphrase; unlock it",
    [REASON_WRONG_PHRASE] = "the passphrase does not open the root key",
    [REASON_NO_FILE] = "the root key file is absent; put it back",
    [REASON_UNREADABLE] = "the root key file cannot be read by this user",
    [REASON_OPEN_TO_ALL] = "others may read the root key file; chmod 600",
    [REASON_EMPTY] = "the root key file is empty; restore it",
    [REASON_NO_KEY_FILE] = "the root key file holds something else",
    [REASON_LENGTH] = "the key in the root key file has a wrong length",
    [REASON_TRUNCATED] = "the root key file is truncated or damaged",
    [REASON_OTHER_ONE] = "the root key file is of another instance",
    [REASON_OTHER_EPOCH] = "the root key file is from before a rotation",
    [REASON_WRONG_KEY] = "the root key does not open keeper.db",
    [REASON_NO_STORE] = "keeper.db is absent; restore it with its root key",
    [REASON_STORE_DAMAGED] = "keeper.db is damaged or cannot be written",
    [REASON_STORE_NEWER] = "keeper.db was made by a newer version",
    [REASON_CREDENTIAL] = "a root key in a credential is not rotated here",
    [REASON_LOG_ORIGIN] = "the proof log was signed under another name",
    [REASON_LOG_ROOT] = "does not extend the proof log that was signed last",
    [REASON_LOG_SHORTER] = "is shorter than the proof log signed last",
    [REASON_LOG_KEYS] = "the proof log has had too many keys",
};

const char *reason_text(unsigned int reason)
{
	return reason < REASON_END ? texts[reason] : "";
}

enum reason reason_of(const struct err *err)
{
	for (unsigned int r = REASON_NONE + 1; r < REASON_END; r++)
		if (err->what == texts[r])
			return (enum reason)r;
	return REASON_NONE;
}
