/* reasons.c - a sentence for every reason a decision can have.
 *
 * $c channel, $h helpdesk, $d Datenart, $m Datenart of attachments, $p
 * purpose.  tests/house fails when policy/decide*.c gives a reason that is
 * not in this table. */
#include "postern/explain.h"

#include "terms.h"

static const struct sentence {
	const char *code;
	const char *in[2]; /* by enum tongue */
} sentences[] = {
    {"channel.unknown",
     {"Das Regelwerk kennt den Kanal $c nicht; was von dort kommt, wird weder "
      "behalten noch weitergegeben.",
      "The policy does not know the channel $c; what comes from there is "
      "neither kept nor passed on."}},
    {"channel.data",
     {"Nachrichten des Kanals $c haben die Datenart $d.",
      "Messages of the channel $c are of the Datenart $d."}},
    {"channel.tag",
     {"Ein Wort der Nachricht ordnet sie auf dem Kanal $c der Datenart $d zu.",
      "A word of the message classifies it, on the channel $c, as $d."}},
    {"special.words",
     {"Ein Wort der Nachricht weist auf besondere Kategorien von Daten hin; "
      "sie bekommt die Datenart $d.",
      "A word of the message hints at special categories of data; it becomes "
      "$d."}},
    {"conversation.tag",
     {"Der Vorgang wurde vom Helpdesk der Datenart $d zugeordnet.",
      "The helpdesk classified the conversation as $d."}},
    {"data.media",
     {"Anhänge haben die Datenart $m.", "Attachments are of the Datenart $m."}},
    {"channel.media",
     {"Der Kanal $c nimmt Anhänge dieser Art oder Größe nicht an; der Anhang "
      "wird nicht geholt.",
      "The channel $c takes no attachments of this kind or size; it is not "
      "fetched."}},
    {"channel.media.strip",
     {"Aus Bildern (JPEG, PNG, WebP) des Kanals $c werden mitgesandte "
      "Angaben entfernt.",
      "Embedded data are removed from pictures (JPEG, PNG, WebP) of the "
      "channel $c."}},
    {"channel.on_delete",
     {"So behandelt der Kanal $c eine Nachricht, die ihr Absender löscht.",
      "This is how the channel $c treats a message its sender deletes."}},
    {"channel.on_edit",
     {"So behandelt der Kanal $c den alten Text, wenn der Absender ihn ändert.",
      "This is how the channel $c treats the old text when its sender changes "
      "it."}},
    {"channel.mechanism",
     {"Für die Übermittlung an den Anbieter des Kanals $c gilt keine Garantie "
      "mehr.",
      "No safeguard holds any more for the transfer to the provider of the "
      "channel $c."}},
    {"channel.until_consent",
     {"Der Kanal $c wartet auf eine Einwilligung, die diese Person nicht "
      "erteilt hat.",
      "The channel $c waits for a consent this person has not given."}},
    {"channel.first_contact",
     {"Wer dem Kanal $c zum ersten Mal schreibt, wird informiert.",
      "Who writes to the channel $c for the first time is informed."}},
    {"channel.hours",
     {"Der Kanal $c ist um diese Zeit nicht besetzt.",
      "Nobody attends the channel $c at this time."}},
    {"channel.purpose",
     {"Eine Antwort auf dem Kanal $c dient dem Zweck $p.",
      "A reply on the channel $c serves the purpose $p."}},
    {"route.none",
     {"Keine Route führt vom Kanal $c zu einem Helpdesk.",
      "No route leads from the channel $c to a helpdesk."}},
    {"helpdesk.unknown",
     {"Das Regelwerk kennt den Helpdesk $h nicht.",
      "The policy does not know the helpdesk $h."}},
    {"helpdesk.data",
     {"Der Helpdesk $h erfährt nichts von Nachrichten der Datenart $d.",
      "The helpdesk $h is told nothing of messages of the Datenart $d."}},
    {"helpdesk.sees",
     {"Das sieht der Helpdesk $h von einer Nachricht.",
      "This is what the helpdesk $h sees of a message."}},
    {"helpdesk.person",
     {"So wird die Person vor dem Helpdesk $h genannt.",
      "This is how the person is called before the helpdesk $h."}},
    {"person.restricted",
     {"Die Verarbeitung der Daten dieser Person ist eingeschränkt oder "
      "ausgesetzt.",
      "Processing of this person's data is restricted or on hold."}},
    {"redact.store",
     {"Was diese Regel findet, wird aus dem Text genommen, bevor er "
      "gespeichert "
      "wird; das Original gibt es danach nirgends.",
      "What this rule finds is taken out of the text before it is stored; the "
      "original is nowhere after that."}},
    {"redact.forward",
     {"Was diese Regel findet, sieht kein Helpdesk; im Archiv bleibt es "
      "verschlüsselt stehen.",
      "What this rule finds is seen by no helpdesk; it stays sealed in the "
      "archive."}},
    {"send.purpose",
     {"Die Antwort nennt selbst ihren Zweck: $p.",
      "The reply itself names its purpose: $p."}},
    {"purpose.unknown",
     {"Das Regelwerk kennt den Zweck der Antwort nicht.",
      "The policy does not know the purpose of the reply."}},
    {"consent_missing",
     {"Der Zweck $p braucht eine Einwilligung, und es ist keine belegt; "
      "Schweigen ist keine.",
      "The purpose $p needs a consent, and none is on record; silence is "
      "none."}},
    {"consent_withdrawn",
     {"Die Einwilligung in den Zweck $p wurde widerrufen.",
      "The consent to the purpose $p was withdrawn."}},
    {"consent_expired",
     {"Die Einwilligung in den Zweck $p ist abgelaufen.",
      "The consent to the purpose $p has expired."}},
    {"consent_minor",
     {"Die Person kann minderjährig sein, und für den Zweck $p hat niemand "
      "für sie eingewilligt.",
      "The person may be a minor, and nobody consented to the purpose $p for "
      "them."}},
    {"consent_suppressed",
     {"Die Adresse steht auf der Sperrliste.",
      "The address stands on the suppression list."}},
    {"objection",
     {"Die Person hat der Werbung widersprochen, auch der zum Zweck $p.",
      "The person objected to advertising, the purpose $p included."}},
    {"send.automatic",
     {"Das Gateway schreibt selbst, wozu das Recht es anhält: ein Hinweis, "
      "eine Frage oder die Antwort auf ein Schlüsselwort.",
      "The gateway itself writes what the law has it write: a notice, a "
      "question or the answer to a keyword."}},
    {"window.closed",
     {"Das Antwortfenster des Anbieters ist zu; nur eine Vorlage darf noch "
      "hinaus.",
      "The provider's reply window is closed; only a template may still go "
      "out."}},
    {"keyword.stop",
     {"Die ganze Nachricht heißt STOP: Widerruf und Widerspruch gelten sofort "
      "für alle Werbung auf diesem Kanal.",
      "The whole message means STOP: withdrawal and objection hold at once "
      "for all advertising on this channel."}},
    {"keyword.start",
     {"Die ganze Nachricht heißt START: nach der Einwilligung wird neu "
      "gefragt, eine alte lebt nicht auf.",
      "The whole message means START: consent is asked for anew, an old one "
      "does not revive."}},
    {"keyword.help",
     {"Die ganze Nachricht bittet um Hilfe.",
      "The whole message asks for help."}},
    {"keyword.erase",
     {"Die ganze Nachricht verlangt die Löschung; gelöscht wird erst, wenn die "
      "Person sich ausgewiesen hat.",
      "The whole message asks for erasure; nothing is erased before the person "
      "proved who they are."}},
    {"keyword.access",
     {"Die ganze Nachricht verlangt Auskunft; gezeigt wird erst etwas, wenn "
      "die Person sich ausgewiesen hat.",
      "The whole message asks for access; nothing is shown before the person "
      "proved who they are."}},
    {"keyword.review",
     {"Die Nachricht könnte ein Widerruf sein; ein Mensch liest sie binnen "
      "eines Arbeitstages, bis dahin ruht Werbung.",
      "The message may be a withdrawal; a person reads it within one working "
      "day, and advertising pauses until then."}},
};

static const struct sentence *find(const char *code)
{
	for (size_t i = 0; i < COUNT_OF(sentences); i++)
		if (strcmp(sentences[i].code, code) == 0)
			return &sentences[i];
	return NULL;
}

bool explain_knows(const char *code)
{
	return find(code) != NULL;
}

static const char *named(const struct explain_names *names, char which)
{
	switch (which) {
	case 'c':
		return names->channel;
	case 'h':
		return names->helpdesk;
	case 'd':
		return names->data;
	case 'm':
		return names->media_data;
	default:
		return names->purpose;
	}
}

int explain_reason(enum tongue tongue, const char *code,
		   const struct explain_names *names, struct buf *ret,
		   struct err *err)
{
	struct prose t = {.out = ret, .tongue = tongue};
	const struct sentence *s = find(code);
	const char *at = s ? s->in[tongue] : "";

	if (!s)
		prose_add(&t,
			  TR(&t, "Grund %s, ohne Satz in dieser Fassung.",
			     "Reason %s, without a sentence in this version."),
			  code);
	while (*at != '\0') {
		size_t plain = strcspn(at, "$");

		prose_bytes(&t, at, plain);
		at += plain;
		if (*at != '$')
			break;
		prose_add(&t, "%s",
			  named(names, at[1]) ? named(names, at[1]) : "…");
		at += 2;
	}
	return prose_end(&t, err);
}

/* --- keywords ------------------------------------------------------------- */

const char *explain_keyword(enum tongue tongue, enum keyword_class class)
{
	static const char *const effects[KEYWORD_CLASSES][2] = {
	    [KEYWORD_NONE] = {"Eine gewöhnliche Nachricht.",
			      "An ordinary message."},
	    [KEYWORD_STOP] =
		{"Widerruft und widerspricht der Werbung dieses "
		 "Verantwortlichen auf diesem Kanal; das wird einmal "
		 "bestätigt. Die Betreuung geht weiter, und der Helpdesk sieht "
		 "die Nachricht.",
		 "Withdraws from advertising of this controller on this "
		 "channel, which is confirmed once; support goes on and the "
		 "helpdesk sees the message."},
	    [KEYWORD_START] = {"Fragt neu nach der Einwilligung; eine alte "
			       "lebt nie auf.",
			       "Asks anew for consent; never revives an old "
			       "one."},
	    [KEYWORD_HELP] = {"Wird mit dem Kontakt und dem Weg zum Abmelden "
			      "beantwortet; ändert nichts.",
			      "Is answered with the contact and how to stop; "
			      "changes nothing."},
	    [KEYWORD_ERASE] = {"Eröffnet einen Antrag auf Löschung; gelöscht "
			       "wird erst, wenn die Person sich ausgewiesen "
			       "hat.",
			       "Opens a request for erasure; nothing is erased "
			       "before the person proved who they are."},
	    [KEYWORD_ACCESS] = {"Eröffnet einen Antrag auf Auskunft; gezeigt "
				"wird erst etwas, wenn die Person sich "
				"ausgewiesen hat.",
				"Opens a request for access; nothing is shown "
				"before the person proved who they are."},
	    [KEYWORD_REVIEW] = {"Ein Mensch muss sie binnen eines Arbeitstages "
				"lesen; bis dahin ruht Werbung.",
				"A person has to read it within one working "
				"day; advertising pauses until then."},
	    [KEYWORD_CONFIRM] = {"Sagt ja; zählt nur als Antwort auf eine "
				 "Frage.",
				 "Says yes; counts only as the answer to a "
				 "question."},
	};

	return effects[class][tongue];
}
