/* words.c - kinds and states of requests, in words. */
#include "words.h"

#include <string.h>

static const struct right_words rights[RIGHTS_TYPES][2] = {
    [RIGHTS_ACCESS] = {{"Auskunft und Kopie",
			"Sie erfahren, was wir über Sie gespeichert haben, "
			"woher es kommt und "
			"wer es bekommen hat, und erhalten eine Kopie.",
			"Art.&nbsp;15&nbsp;DSGVO"},
		       {"Access and a copy",
			"You learn what we have stored about you, where it "
			"comes from and who "
			"received it, and you get a copy.",
			"Art.&nbsp;15&nbsp;GDPR"}},
    [RIGHTS_RECTIFICATION] =
	{{"Berichtigung",
	  "Etwas, das wir über Sie gespeichert haben, stimmt nicht oder fehlt.",
	  "Art.&nbsp;16&nbsp;DSGVO"},
	 {"Rectification",
	  "Something we have stored about you is wrong or missing.",
	  "Art.&nbsp;16&nbsp;GDPR"}},
    [RIGHTS_ERASURE] =
	{{"Löschung",
	  "Wir löschen Ihre Daten. Was ein Gesetz uns aufzubewahren "
	  "vorschreibt, "
	  "wird eingeschränkt aufbewahrt und danach gelöscht; Sie erfahren, "
	  "was das ist.",
	  "Art.&nbsp;17&nbsp;DSGVO"},
	 {"Erasure",
	  "We erase your data. What a law obliges us to keep is locked and "
	  "erased afterwards; you learn what that is.",
	  "Art.&nbsp;17&nbsp;GDPR"}},
    [RIGHTS_RESTRICTION] =
	{{"Einschränkung",
	  "Wir bewahren Ihre Daten auf, verwenden sie aber nicht mehr, etwa "
	  "solange wir prüfen, ob sie stimmen.",
	  "Art.&nbsp;18&nbsp;DSGVO"},
	 {"Restriction",
	  "We keep your data but no longer use them, for example while we "
	  "check "
	  "whether they are correct.",
	  "Art.&nbsp;18&nbsp;GDPR"}},
    [RIGHTS_PORTABILITY] =
	{{"Datenübertragung",
	  "Sie bekommen, was Sie uns gegeben haben, in einem Format, das "
	  "andere "
	  "Programme lesen können.",
	  "Art.&nbsp;20&nbsp;DSGVO"},
	 {"Data portability",
	  "You get what you gave us in a format that other programs can read.",
	  "Art.&nbsp;20&nbsp;GDPR"}},
    [RIGHTS_OBJECTION] =
	{{"Widerspruch",
	  "Sie wollen nicht, dass wir Ihre Daten verwenden, oder keine Werbung "
	  "mehr bekommen.",
	  "Art.&nbsp;21&nbsp;DSGVO"},
	 {"Objection",
	  "You do not want us to use your data, or want no more advertising.",
	  "Art.&nbsp;21&nbsp;GDPR"}},
    [RIGHTS_WITHDRAWAL] =
	{{"Widerruf einer Einwilligung",
	  "Sie hatten uns etwas erlaubt und nehmen das zurück.",
	  "Art.&nbsp;7 Abs.&nbsp;3&nbsp;DSGVO"},
	 {"Withdrawal of consent",
	  "You had allowed us something and take that back.",
	  "Art.&nbsp;7(3)&nbsp;GDPR"}},
};

static const struct {
	enum state_look look;
	const char *words[2][2]; /* name, what */
} states[RIGHTS_STATES] = {
    [RIGHTS_RECEIVED] = {LOOK_OPEN,
			 {{"Eingegangen", "Ihr Antrag ist bei uns."},
			  {"Received", "We have your request."}}},
    [RIGHTS_IDENTITY_PENDING] =
	{LOOK_OPEN,
	 {{"Wir warten auf Ihre Bestätigung",
	   "Bevor wir etwas tun oder sagen, müssen wir sicher sein, dass der "
	   "Antrag von Ihnen kommt. Solange steht die Frist still."},
	  {"We are waiting for your confirmation",
	   "Before we do or say anything we have to be sure that the request "
	   "comes from you. Until then the time limit is paused."}}},
    [RIGHTS_VERIFIED] = {LOOK_OPEN,
			 {{"Bestätigt",
			   "Wir wissen, dass der Antrag von Ihnen kommt, und "
			   "bearbeiten ihn."},
			  {"Confirmed",
			   "We know that the request comes from you and are "
			   "working on it."}}},
    [RIGHTS_IN_PROGRESS] = {LOOK_OPEN,
			    {{"In Bearbeitung", "Wir bearbeiten Ihren Antrag."},
			     {"In progress",
			      "We are working on your request."}}},
    [RIGHTS_EXTENDED] =
	{LOOK_OPEN,
	 {{"In Bearbeitung, Frist verlängert",
	   "Ihr Antrag braucht länger. Den Grund haben wir Ihnen mitgeteilt."},
	  {"In progress, time limit extended",
	   "Your request takes longer. We have told you the reason."}}},
    [RIGHTS_DECIDED] =
	{LOOK_OPEN,
	 {{"Entschieden", "Über Ihren Antrag ist entschieden; er wird jetzt "
			  "ausgeführt."},
	  {"Decided", "Your request has been decided and is now being carried "
		      "out."}}},
    [RIGHTS_EXECUTING] =
	{LOOK_OPEN,
	 {{"Wird ausgeführt", "Was Sie beantragt haben, geschieht gerade."},
	  {"Being carried out", "What you asked for is happening now."}}},
    [RIGHTS_WAITING_RECIPIENTS] =
	{LOOK_OPEN,
	 {{"Ausgeführt, Bestätigungen stehen aus",
	   "Bei uns ist alles getan. Wer Daten von uns bekommen hatte, ist "
	   "benachrichtigt; noch haben nicht alle bestätigt."},
	  {"Carried out, confirmations outstanding",
	   "On our side everything is done. Those who had received data from "
	   "us have been told; not all of them have confirmed yet."}}},
    [RIGHTS_WAITING_BACKUPS] =
	{LOOK_OPEN,
	 {{"Ausgeführt, Sicherungskopien laufen aus",
	   "Bei uns ist alles getan. In verschlüsselten Sicherungskopien "
	   "liegen "
	   "noch Reste, bis die letzte abgelaufen ist; niemand liest sie."},
	  {"Carried out, backups are expiring",
	   "On our side everything is done. Encrypted backups still hold "
	   "remains until the last one has expired; nobody reads them."}}},
    [RIGHTS_COMPLETED] = {LOOK_DONE,
			  {{"Abgeschlossen", "Ihr Antrag ist erledigt."},
			   {"Completed", "Your request is settled."}}},
    [RIGHTS_REFUSED] = {LOOK_OVER,
			{{"Abgelehnt",
			  "Ihrem Antrag konnten wir nicht folgen."},
			 {"Refused", "We could not grant your request."}}},
    [RIGHTS_WITHDRAWN] =
	{LOOK_OVER,
	 {{"Zurückgezogen", "Sie haben den Antrag zurückgezogen. Sie können "
			    "jederzeit einen neuen stellen."},
	  {"Withdrawn",
	   "You have withdrawn the request. You can make a new one "
	   "at any time."}}},
    [RIGHTS_DUPLICATE] = {LOOK_OVER,
			  {{"Schon in Arbeit",
			    "Sie haben dasselbe schon einmal beantragt; wir "
			    "bearbeiten den früheren Antrag."},
			   {"Already under way",
			    "You have asked for the same before; we are "
			    "working on the earlier request."}}},
    [RIGHTS_FAILED_RETRY] = {LOOK_OPEN,
			     {{"Wird ausgeführt",
			       "Ein Schritt hat nicht geklappt. Wir versuchen "
			       "ihn noch einmal; Sie müssen nichts tun."},
			      {"Being carried out",
			       "A step did not work. We are trying again; you "
			       "do not have to do anything."}}},
    [RIGHTS_EXPIRED] =
	{LOOK_OVER,
	 {{"Abgelaufen", "Der Antrag wurde nicht bestätigt. Wir haben deshalb "
			 "nichts getan; Sie können jederzeit einen neuen "
			 "stellen."},
	  {"Expired", "The request was not confirmed. So we have done nothing; "
		      "you can make a new one at any time."}}},
};

const struct right_words *words_right(enum rights_type type, enum tongue tongue)
{
	return &rights[type][tongue == TONGUE_EN];
}

struct state_words words_state(enum rights_state state, enum tongue tongue)
{
	const char *const *words = states[state].words[tongue == TONGUE_EN];

	return (struct state_words){words[0], words[1], states[state].look};
}
