/* accesspage_words.c - see accesspage_words.h. */
#include "accesspage_words.h"

#include <string.h>

#include "postern/consentpage.h"

static const struct access_section sections[] = {
    {.name = "person",
     .title = {"Ihre Person", "You"},
     .says = {"So sind Sie bei uns gespeichert. Haben Sie uns über mehrere "
	      "Adressen geschrieben, kann es mehrere Einträge geben.",
	      "This is how you are stored with us. If you wrote from several "
	      "addresses there may be several entries."},
     .none = {"Es ist nichts gespeichert.", "Nothing is stored."},
     .columns = {{"name", {"Name im Profil", "Name in the profile"}},
		 {"username", {"Benutzername", "User name"}},
		 {"id", {"Kennung", "Id"}},
		 {"known_since", {"Bekannt seit", "Known since"}}}},
    {.name = "addresses",
     .title = {"Ihre Adressen", "Your addresses"},
     .says = {"Unter diesen Adressen haben Sie uns geschrieben.",
	      "You wrote to us from these addresses."},
     .none = {"Es ist keine Adresse gespeichert.", "No address is stored."},
     .columns = {{"address", {"Adresse", "Address"}},
		 {"kind", {"Art", "Kind"}},
		 {"from", {"Seit", "From"}},
		 {"to", {"Bis", "Until"}}}},
    {.name = "recipients",
     .title = {"Wer Daten von Ihnen erhalten hat", "Who received your data"},
     .says = {"Empfänger mit Namen (Art. 15 Abs. 1 lit. c DSGVO).",
	      "Recipients by name (Art. 15(1)(c) GDPR)."},
     .none = {"Niemand außer uns hat Daten von Ihnen erhalten.",
	      "Nobody but us received data of you."},
     .columns = {{"name", {"Empfänger", "Recipient"}},
		 {"kind", {"Rolle", "Role"}},
		 {"purpose", {"Wofür", "What for"}},
		 {"first", {"Zuerst", "First"}},
		 {"last", {"Zuletzt", "Last"}}}},
    {.name = "conversations",
     .title = {"Ihre Gespräche", "Your conversations"},
     .says = {"Was in ihnen steht, folgt darunter.",
	      "What is in them follows below."},
     .none = {"Es gibt kein Gespräch.", "There is no conversation."},
     .columns = {{"channel", {"Kanal", "Channel"}},
		 {"state", {"Stand", "State"}},
		 {"opened", {"Begonnen", "Opened"}},
		 {"closed", {"Abgeschlossen", "Closed"}},
		 {"tagged", {"Eingeordnet als", "Classified as"}},
		 {"helpdesk", {"Bearbeitet von", "Handled by"}}}},
    {.name = "messages",
     .title = {"Nachrichten", "Messages"},
     .says = {"Von alt nach neu; auch was eingeschränkt oder aus rechtlichen "
	      "Gründen aufbewahrt ist, steht hier und ist gekennzeichnet.",
	      "From old to new; what is restricted or kept for legal reasons "
	      "is here as well, and marked."},
     .none = {"Es ist keine Nachricht gespeichert.", "No message is stored."}},
    {.name = "notes",
     .title = {"Notizen über Ihre Gespräche", "Notes on your conversations"},
     .says = {"Wer sie schrieb, ist durch ein Kürzel ersetzt; Rechte anderer "
	      "sind gewahrt (Art. 15 Abs. 4 DSGVO).",
	      "Who wrote them is replaced by a code; the rights of others are "
	      "observed (Art. 15(4) GDPR)."},
     .none = {"Es gibt keine Notizen.", "There are no notes."},
     .columns = {{"at", {"Wann", "When"}},
		 {"text", {"Notiz", "Note"}},
		 {"staff", {"Von", "By"}}}},
    {.name = "consents",
     .title = {"Ihre Einwilligungen", "Your consents"},
     .says = {"Jedes Ereignis, von der Frage bis zum Widerruf. Eine "
	      "Einwilligung können Sie jederzeit widerrufen.",
	      "Every event, from the question to the withdrawal. You can "
	      "withdraw a consent at any time."},
     .none = {"Sie haben keine Einwilligung erteilt.", "You gave no consent."},
     .columns = {{"at", {"Wann", "When"}},
		 {"purpose", {"Zweck", "Purpose"}},
		 {"kind", {"Ereignis", "Event"}},
		 {"channel", {"Kanal", "Channel"}},
		 {"method", {"Wie", "How"}},
		 {"answer", {"Ihre Antwort", "Your answer"}}}},
    {.name = "wordings",
     .title = {"Texte, die Ihnen gezeigt wurden", "Texts you were shown"},
     .says = {"Hinweise und Fragen im Wortlaut.",
	      "Notices and questions, word for word."},
     .none = {"Es wurde keiner gezeigt.", "None was shown."},
     .columns = {{"name", {"Name", "Name"}},
		 {"language", {"Sprache", "Language"}},
		 {"text", {"Wortlaut", "Wording"}}}},
    {.name = "notices",
     .title = {"Hinweise, die Sie erhielten", "Notices you were sent"},
     .says = {"Informationen zum Datenschutz (Art. 13 DSGVO).",
	      "Information on data protection (Art. 13 GDPR)."},
     .none = {"Es wurde keiner gesendet.", "None was sent."},
     .columns = {{"at", {"Wann", "When"}},
		 {"channel", {"Kanal", "Channel"}},
		 {"notice", {"Hinweis", "Notice"}}}},
    {.name = "lookups",
     .title = {"Wann jemand in Ihre Daten sah", "When somebody looked at your "
						"data"},
     .says = {"Tag und Zweck. Namen von Beschäftigten gehören nicht zur "
	      "Auskunft, solange Sie sie für Ihre Rechte nicht brauchen "
	      "(EuGH C-579/21).",
	      "Date and purpose. Names of staff are no part of the answer as "
	      "long as you do not need them for your rights (CJEU C-579/21)."},
     .none = {"Es ist kein Einblick vermerkt.", "No look-up is on record."},
     .columns = {{"at", {"Wann", "When"}},
		 {"what", {"Was", "What"}},
		 {"purpose", {"Zweck", "Purpose"}}}},
    {.name = "disclosures",
     .title = {"Weitergaben im Einzelnen", "Single disclosures"},
     .says = {"An wen, wann und wofür.", "To whom, when and what for."},
     .none = {"Es ist keine vermerkt.", "None is on record."},
     .columns = {{"at", {"Wann", "When"}},
		 {"recipient", {"Empfänger", "Recipient"}},
		 {"purpose", {"Wofür", "What for"}}}},
    {.name = "suppressions",
     .title = {"Sperrliste", "Suppression list"},
     .says = {"Einträge, die Werbung an Sie verhindern. Sie überdauern eine "
	      "Löschung, damit Ihr Nein gilt.",
	      "Entries that keep advertising from you. They outlive an "
	      "erasure, so that your no holds."},
     .none = {"Sie stehen nicht auf der Sperrliste.",
	      "You are not on the suppression list."},
     .columns = {{"since", {"Seit", "Since"}},
		 {"scope", {"Wofür", "What for"}},
		 {"channel", {"Kanal", "Channel"}},
		 {"reason", {"Grund", "Reason"}}}},
    {.name = "restrictions",
     .title = {"Einschränkungen der Verarbeitung", "Restrictions of "
						   "processing"},
     .says = {"Nach Art. 18 DSGVO.", "Under Art. 18 GDPR."},
     .none = {"Es gibt keine.", "There are none."},
     .columns = {{"since", {"Seit", "Since"}},
		 {"ground",
		  {"Grund, Art. 18 Abs. 1 lit.", "Ground, Art. "
						 "18(1), letter"}},
		 {"lifted", {"Aufgehoben", "Lifted"}}}},
    {.name = "requests",
     .title = {"Ihre Anträge", "Your requests"},
     .says = {"Was Sie bisher verlangt haben, und was daraus wurde.",
	      "What you asked for so far, and what became of it."},
     .none = {"Es gibt keinen Antrag.", "There is no request."},
     .columns = {{"received", {"Eingang", "Received"}},
		 {"type", {"Antrag", "Request"}},
		 {"state", {"Stand", "State"}},
		 {"due", {"Frist", "Due"}},
		 {"ended", {"Erledigt", "Ended"}}}},
    {.name = "reviews",
     .title = {"Was ein Mensch zu entscheiden hatte", "What a person had to "
						      "decide"},
     .says = {"Aufgaben, die aus Ihren Nachrichten entstanden.",
	      "Tasks that came of your messages."},
     .none = {"Es gab keine.", "There were none."},
     .columns = {{"at", {"Wann", "When"}},
		 {"kind", {"Worum es ging", "What about"}},
		 {"state", {"Stand", "State"}},
		 {"decision", {"Entscheidung", "Decision"}}}},
};

const struct access_section *access_section_of(const char *name)
{
	for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
		if (strcmp(sections[i].name, name) == 0)
			return &sections[i];
	return NULL;
}

static const struct {
	const char *word, *in[2];
} words[] = {
    /* conversations, messages */
    {"open", {"offen", "open"}},
    {"closed", {"abgeschlossen", "closed"}},
    {"received", {"eingegangen", "received"}},
    {"queued", {"wartet auf den Versand", "waits to be sent"}},
    {"sent", {"gesendet", "sent"}},
    {"delivered", {"zugestellt", "delivered"}},
    {"read", {"gelesen", "read"}},
    {"played", {"abgespielt", "played"}},
    {"failed", {"nicht zugestellt", "not delivered"}},
    {"unknown", {"Ausgang nicht bekannt", "outcome not known"}},
    {"edited", {"geändert", "edited"}},
    {"deleted", {"von Ihnen gelöscht", "deleted by you"}},
    {"masked",
     {"von Ihnen gelöscht; versiegelt bis zum Ende der Frist",
      "deleted by you; sealed until its period ends"}},
    {"kept", {"von Ihnen gelöscht; aufbewahrt", "deleted by you; kept"}},
    {"erased", {"Inhalt gelöscht", "content erased"}},
    {"unreadable", {"Inhalt nicht lesbar", "content cannot be read"}},
    {"restrict_hold",
     {"Löschung ausgesetzt: Rechtsansprüche",
      "erasure suspended: legal claims"}},
    {"restrict_pending_review",
     {"Löschung wird geprüft", "erasure is being weighed"}},
    {"restrict_until", {"gesetzlich aufzubewahren", "to be kept by law"}},
    {"reaction", {"Reaktion", "reaction"}},
    {"version", {"frühere Fassung", "earlier version"}},
    {"edit", {"Änderung", "edit"}},
    {"delete", {"Löschung", "deletion"}},
    {"image", {"Bild", "image"}},
    {"audio", {"Tonaufnahme", "audio"}},
    {"video", {"Video", "video"}},
    {"document", {"Dokument", "document"}},
    {"sticker", {"Sticker", "sticker"}},
    {"location", {"Standort", "location"}},
    {"contacts", {"Kontakt", "contact"}},
    {"template", {"Vorlage", "template"}},
    {"notice", {"Hinweis", "notice"}},
    {"ask", {"Frage nach Einwilligung", "question for consent"}},
    {"echo", {"vom Gerät gesendet", "sent from a device"}},
    {"in", {"von Ihnen", "from you"}},
    {"out", {"an Sie", "to you"}},
    /* addresses, recipients */
    {"bsuid", {"Kennung beim Anbieter", "id at the provider"}},
    {"phone", {"Telefonnummer", "phone number"}},
    {"email", {"E-Mail", "e-mail"}},
    {"helpdesk", {"Helpdesk", "helpdesk"}},
    {"processor", {"Auftragsverarbeiter", "processor"}},
    {"provider", {"Anbieter des Kanals", "provider of the channel"}},
    {"recipient", {"Empfänger", "recipient"}},
    {"transport", {"Transport der Nachrichten", "transport of messages"}},
    {"support", {"Kundenservice", "customer service"}},
    /* requests, reviews, suppression */
    {"access", {"Auskunft", "access"}},
    {"portability", {"Übertragung", "portability"}},
    {"rectification", {"Berichtigung", "rectification"}},
    {"erasure", {"Löschung", "erasure"}},
    {"restriction", {"Einschränkung", "restriction"}},
    {"objection", {"Widerspruch", "objection"}},
    {"withdrawal", {"Widerruf", "withdrawal"}},
    {"import", {"Übernahme", "import"}},
    {"done", {"erledigt", "done"}},
    {"identity_pending", {"wartet auf Nachweis", "waits for proof"}},
    {"verified", {"Person bestätigt", "person verified"}},
    {"in_progress", {"in Bearbeitung", "in progress"}},
    {"extended", {"Frist verlängert", "extended"}},
    {"decided", {"entschieden", "decided"}},
    {"executing", {"wird ausgeführt", "being carried out"}},
    {"waiting_recipients",
     {"Empfänger werden informiert", "recipients are "
				     "told"}},
    {"waiting_backups", {"Sicherungen laufen ab", "backups expire"}},
    {"completed", {"erledigt", "completed"}},
    {"refused", {"abgelehnt", "refused"}},
    {"withdrawn", {"zurückgezogen", "withdrawn"}},
    {"duplicate", {"doppelt gestellt", "duplicate"}},
    {"failed_retry", {"wird erneut versucht", "is tried again"}},
    {"expired", {"abgelaufen", "expired"}},
    {"marketing", {"Werbung", "advertising"}},
};

const char *access_word(enum tongue tongue, const char *word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].in[tongue];
	return word;
}
