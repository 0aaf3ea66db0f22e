/* messages_say.c - a finding about messages, in words. */
#include <stdio.h>

#include "postern/buf.h"
#include "postern/ledgerbatch.h"

#define LINE_BYTES 256

static const struct {
	const char *english, *german;
} words[] = {
    [LEDGER_MESSAGES_SOUND] = {"the messages are those the log knows",
			       "die Nachrichten sind die, die das Protokoll "
			       "kennt"},
    [LEDGER_MESSAGE_MISSING] = {"a message was removed, and no entry says so",
				"eine Nachricht wurde entfernt, ohne dass ein "
				"Eintrag es sagt"},
    [LEDGER_MESSAGE_CHANGED] = {"a message is not what the newest entry says",
				"eine Nachricht ist nicht, was der neueste "
				"Eintrag sagt"},
    [LEDGER_MESSAGE_UNKNOWN] = {"a message is in no entry",
				"eine Nachricht steht in keinem Eintrag"},
    [LEDGER_LIST_MISSING] = {"the list of messages of an entry was removed",
			     "die Liste der Nachrichten eines Eintrags wurde "
			     "entfernt"},
    [LEDGER_LIST_CHANGED] = {"the list of messages is not that of its entry",
			     "die Liste der Nachrichten ist nicht die ihres "
			     "Eintrags"},
    [LEDGER_LIST_STRAY] = {"a list of messages belongs to no entry",
			   "eine Liste von Nachrichten gehört zu keinem "
			   "Eintrag"},
    [LEDGER_GONE_WRONG] = {"the table of changed messages was tampered with",
			   "die Tabelle der geänderten Nachrichten wurde "
			   "verändert"},
};

int ledger_message_finding_print(const struct ledger_message_finding *f,
				 const struct id_mask *mask, bool german,
				 struct buf *ret, struct err *err)
{
	char entry[LINE_BYTES] = "", message[LINE_BYTES] = "";
	struct id_text id;

	if (f->message != 0) {
		id_format(mask, ID_MESSAGE, f->message, &id);
		(void)snprintf(message, sizeof(message), "%s %s",
			       german ? "; Nachricht" : "; message", id.text);
	}
	if (f->entry != UINT64_MAX)
		(void)snprintf(entry, sizeof(entry), "%s %llu",
			       german ? "; Eintrag" : "; entry",
			       (unsigned long long)f->entry);
	if (buf_append_text(
		ret, german ? words[f->fault].german : words[f->fault].english,
		err) != 0 ||
	    buf_append_text(ret, message, err) != 0)
		return -1;
	return buf_append_text(ret, entry, err);
}
