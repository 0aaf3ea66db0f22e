/* letter_words.c - what is said, German and English.
 *
 * Plain words, short sentences, no article of a law without what it means. */
#include "letters.h"

static const struct {
	const char *name, *words[2];
} letters[LETTERS] = {
    [LETTER_CHALLENGE] =
	{"challenge",
	 {"Ihr Anliegen: {wish}.\n"
	  "Damit niemand in Ihrem Namen handelt, senden Sie bitte genau diese "
	  "Antwort in diesem Chat:\n\n{code}\n\n"
	  "{link}\n"
	  "Die Antwort gilt bis zum {until}. Haben Sie das nicht gewünscht, "
	  "müssen Sie nichts tun; dann geschieht auch nichts. Mit ZURÜCKZIEHEN "
	  "nehmen Sie Ihr Anliegen zurück.",
	  "Your request: {wish}.\n"
	  "So that nobody acts in your name, please send exactly this answer "
	  "in this chat:\n\n{code}\n\n"
	  "{link}\n"
	  "The answer is valid until {until}. If you did not ask for this, do "
	  "nothing; "
	  "then nothing will happen. WITHDRAW takes your request back."}},
    [LETTER_WRONG] =
	{"wrong",
	 {"Diese Antwort stimmt nicht. Bitte senden Sie genau die Antwort aus "
	  "unserer Nachricht.",
	  "This answer is not right. Please send exactly the answer from our "
	  "message."}},
    [LETTER_VERIFIED] =
	{"verified",
	 {"Danke, wir wissen jetzt, dass Sie es sind. Ihr Anliegen: {wish}.\n"
	  "Sie erhalten unsere Antwort spätestens am {due}. Mit ZURÜCKZIEHEN "
	  "nehmen Sie Ihr Anliegen zurück.\n{link}",
	  "Thank you, we now know that it is you. Your request: {wish}.\n"
	  "You will have our answer on {due} at the latest. WITHDRAW takes "
	  "your request back.\n{link}"}},
    [LETTER_DUPLICATE] =
	{"duplicate",
	 {"Dieses Anliegen bearbeiten wir bereits: {wish}. Sie erhalten eine "
	  "Antwort für beide.",
	  "We are already working on this request: {wish}. You will have one "
	  "answer for both."}},
    [LETTER_EXPIRED] =
	{"expired",
	 {"Ihr Anliegen: {wish}.\n"
	  "Wir haben keine richtige Antwort erhalten und wissen deshalb nicht, "
	  "von wem es kommt. Wir haben nichts unternommen (Art. 12 Abs. 2 "
	  "DSGVO). Sie können es jederzeit erneut stellen.\n"
	  "Sie können sich bei einer Aufsichtsbehörde beschweren, zum "
	  "Beispiel: {authority}. Sie können auch vor Gericht klagen (Art. 77, "
	  "79 DSGVO).",
	  "Your request: {wish}.\n"
	  "We had no right answer and so do not know who makes it. We have "
	  "done nothing (Art. 12(2) GDPR). You may make it again at any "
	  "time.\n"
	  "You may complain to a supervisory authority, such as: {authority}. "
	  "You may also go to court (Art. 77, 79 GDPR)."}},
    [LETTER_EXTENDED] =
	{"extended",
	 {"Ihr Anliegen: {wish}.\n"
	  "Wir brauchen mehr Zeit. Grund: {reason} {text}\n"
	  "Sie erhalten unsere Antwort spätestens am {due} (Art. 12 Abs. 3 "
	  "DSGVO).",
	  "Your request: {wish}.\n"
	  "We need more time. Reason: {reason} {text}\n"
	  "You will have our answer on {due} at the latest (Art. 12(3) "
	  "GDPR)."}},
    [LETTER_REFUSED] =
	{"refused",
	 {"Ihr Anliegen: {wish}.\n"
	  "Wir können ihm nicht entsprechen. Grund: {reason} {text}\n"
	  "Rechtsgrundlage: {article}.\n"
	  "Sie können sich bei einer Aufsichtsbehörde beschweren, zum "
	  "Beispiel: {authority}. Sie können auch vor Gericht klagen (Art. 77, "
	  "79 DSGVO).",
	  "Your request: {wish}.\n"
	  "We cannot grant it. Reason: {reason} {text}\n"
	  "Legal basis: {article}.\n"
	  "You may complain to a supervisory authority, such as: {authority}. "
	  "You may also go to court (Art. 77, 79 GDPR)."}},
    [LETTER_WITHDRAWN] =
	{"withdrawn",
	 {"Sie haben Ihr Anliegen zurückgenommen: {wish}. Wir unternehmen dazu "
	  "nichts mehr.",
	  "You took your request back: {wish}. We will do nothing more about "
	  "it."}},
    [LETTER_NO_DATA] =
	{"no_data",
	 {"Ihr Anliegen: {wish}.\n"
	  "Zu Ihren Angaben haben wir keine Daten gespeichert. Gespeichert "
	  "sind nur dieses Anliegen und unsere Antwort.",
	  "Your request: {wish}.\n"
	  "We have stored no data about you. Only this request and our answer "
	  "are stored."}},
    [LETTER_ERASED] =
	{"erased",
	 {"Ihre Daten sind gelöscht.\n"
	  "{settled}"
	  "{recipients}"
	  "{backup}\n"
	  "{link}\n"
	  "{receipt}\n"
	  "Diese Nachricht und Ihr Anliegen bewahren wir als Nachweis auf. "
	  "Wenn etwas nicht stimmt, können Sie sich bei einer Aufsichtsbehörde "
	  "beschweren, zum Beispiel: {authority}.",
	  "Your data are erased.\n"
	  "{settled}"
	  "{recipients}"
	  "{backup}\n"
	  "{link}\n"
	  "{receipt}\n"
	  "We keep this message and your request as evidence. If something is "
	  "not right, you may complain to a supervisory authority, such as: "
	  "{authority}."}},
    [LETTER_PARTLY_ERASED] =
	{"partly_erased",
	 {"Ihre Daten sind gelöscht, soweit wir sie löschen dürfen. Was wir "
	  "noch aufbewahren und warum, steht in dieser Liste; was darin "
	  "eingeschränkt heißt, speichern wir nur noch und nutzen es nicht.\n"
	  "{settled}"
	  "{recipients}"
	  "{backup}\n"
	  "{link}\n"
	  "{receipt}\n"
	  "Diese Nachricht und Ihr Anliegen bewahren wir als Nachweis auf. "
	  "Sie können sich bei einer Aufsichtsbehörde beschweren, zum "
	  "Beispiel: {authority}. Sie können auch vor Gericht klagen (Art. 77, "
	  "79 DSGVO).",
	  "Your data are erased as far as we may erase them. What we still "
	  "keep, and why, is in this list; what it calls restricted we only "
	  "store and do not use.\n"
	  "{settled}"
	  "{recipients}"
	  "{backup}\n"
	  "{link}\n"
	  "{receipt}\n"
	  "We keep this message and your request as evidence. You may complain "
	  "to a supervisory authority, such as: {authority}. You may also go "
	  "to court (Art. 77, 79 GDPR)."}},
    [LETTER_NOT_ERASED] =
	{"not_erased",
	 {"Ihr Anliegen: {wish}.\n"
	  "Wir dürfen Ihre Daten noch nicht löschen. Den Grund nennt diese "
	  "Liste; was darin eingeschränkt heißt, speichern wir nur noch und "
	  "nutzen es nicht.\n"
	  "{settled}"
	  "{recipients}"
	  "{link}\n"
	  "{receipt}\n"
	  "Sie können sich bei einer Aufsichtsbehörde beschweren, zum "
	  "Beispiel: {authority}. Sie können auch vor Gericht klagen (Art. 77, "
	  "79 DSGVO).",
	  "Your request: {wish}.\n"
	  "We may not erase your data yet. This list says why; what it calls "
	  "restricted we only store and do not use.\n"
	  "{settled}"
	  "{recipients}"
	  "{link}\n"
	  "{receipt}\n"
	  "You may complain to a supervisory authority, such as: {authority}. "
	  "You may also go to court (Art. 77, 79 GDPR)."}},
    [LETTER_ACCESS] =
	{"access",
	 {"Die Kopie Ihrer Daten liegt bereit. Der Link gilt einmal, bis zum "
	  "{until}; danach löschen wir die Kopie:\n{link}\n"
	  "{fee}\n"
	  "Sie können Ihre Daten berichtigen, löschen oder einschränken "
	  "lassen, ihrer Nutzung widersprechen und sich bei einer "
	  "Aufsichtsbehörde beschweren, zum Beispiel: {authority}.",
	  "The copy of your data is ready. The link works once, until {until}; "
	  "after that we erase the copy:\n{link}\n"
	  "{fee}\n"
	  "You may have your data rectified, erased or restricted, object to "
	  "their use, and complain to a supervisory authority, such as: "
	  "{authority}."}},
    [LETTER_PORTABILITY] =
	{"portability",
	 {"Ihre Daten liegen zum Mitnehmen bereit. Der Link gilt einmal, bis "
	  "zum {until}; danach löschen wir diese Kopie:\n{link}",
	  "Your data are ready to be taken along. The link works once, until "
	  "{until}; after that we erase this copy:\n{link}"}},
    [LETTER_RECTIFIED] =
	{"rectified",
	 {"Ihre Daten sind berichtigt. Wer sie von uns erhalten hat, erfährt "
	  "davon; auf Wunsch nennen wir Ihnen diese Empfänger (Art. 19 "
	  "DSGVO).",
	  "Your data are rectified. Whoever had them from us is told; if you "
	  "wish we tell you who that is (Art. 19 GDPR)."}},
    [LETTER_RESTRICTED] =
	{"restricted",
	 {"Ihre Daten sind eingeschränkt: Wir speichern sie und nutzen sie "
	  "nicht. Bevor sich das ändert, sagen wir es Ihnen (Art. 18 Abs. 3 "
	  "DSGVO). Wer sie von uns erhalten hat, erfährt davon; auf Wunsch "
	  "nennen wir Ihnen diese Empfänger (Art. 19 DSGVO).",
	  "Your data are restricted: we store them and do not use them. "
	  "Before that changes we will tell you (Art. 18(3) GDPR). Whoever "
	  "had them from us is told; if you wish we tell you who that is "
	  "(Art. 19 GDPR)."}},
    [LETTER_OBJECTED] =
	{"objected",
	 {"Ihr Widerspruch gilt. Sie erhalten von uns keine Werbung mehr.",
	  "Your objection is in effect. You will have no more advertising from "
	  "us."}},
    [LETTER_OBJECTION_GRANTED] =
	{"objection_granted",
	 {"Ihr Widerspruch gilt. Für den Zweck, dem Sie widersprochen haben, "
	  "nutzen wir Ihre Daten nicht mehr.",
	  "Your objection is in effect. We no longer use your data for the "
	  "purpose you objected to."}},
    [LETTER_OBJECTION_WEIGHED] =
	{"objection_weighed",
	 {"Ihren Widerspruch prüfen wir. Bis dahin nutzen wir Ihre Daten "
	  "nicht. "
	  "Sie erhalten unsere Antwort spätestens am {due}.",
	  "We are looking at your objection. Until then we do not use your "
	  "data. You will have our answer on {due} at the latest."}},
    [LETTER_CONSENT_WITHDRAWN] =
	{"consent_withdrawn",
	 {"Ihr Widerruf gilt. Was vorher geschah, bleibt rechtmäßig.",
	  "Your withdrawal is in effect. What was done before stays lawful."}},
};

static const char *const wishes[RIGHTS_TYPES][2] = {
    [RIGHTS_ACCESS] = {"Auskunft über Ihre Daten", "access to your data"},
    [RIGHTS_RECTIFICATION] = {"Berichtigung Ihrer Daten",
			      "rectification of your data"},
    [RIGHTS_ERASURE] = {"Löschung Ihrer Daten", "erasure of your data"},
    [RIGHTS_RESTRICTION] = {"Einschränkung der Verarbeitung Ihrer Daten",
			    "restriction of the processing of your data"},
    [RIGHTS_PORTABILITY] = {"Übertragung Ihrer Daten",
			    "portability of your data"},
    [RIGHTS_OBJECTION] = {"Widerspruch gegen die Nutzung Ihrer Daten",
			  "objection to the use of your data"},
    [RIGHTS_WITHDRAWAL] = {"Widerruf Ihrer Einwilligung",
			   "withdrawal of your consent"},
};

static const char *const orders[RIGHTS_TYPES][2] = {
    [RIGHTS_ACCESS] = {"KOPIE", "COPY"},
    [RIGHTS_RECTIFICATION] = {"ANTRAG", "REQUEST"},
    [RIGHTS_ERASURE] = {"LÖSCHEN", "DELETE"},
    [RIGHTS_RESTRICTION] = {"ANTRAG", "REQUEST"},
    [RIGHTS_PORTABILITY] = {"KOPIE", "COPY"},
    [RIGHTS_OBJECTION] = {"ANTRAG", "REQUEST"},
    [RIGHTS_WITHDRAWAL] = {"ANTRAG", "REQUEST"},
};

const char *letter_name(enum letter letter)
{
	return letters[letter].name;
}

const char *letter_words(enum letter letter, enum tongue tongue)
{
	return letters[letter].words[tongue];
}

const char *letter_wish(enum rights_type type, enum tongue tongue)
{
	return wishes[type][tongue];
}

const char *letter_order(enum rights_type type, enum tongue tongue)
{
	return orders[type][tongue];
}
