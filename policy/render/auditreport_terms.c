/* auditreport_terms.c - events of the proof log in words, and the measures of
 * the standard data protection model they are evidence for.
 *
 * The ids are those of its tables of measures, version 1.0 (dl-de/by-2-0);
 * the words are ours. */
#include "auditreport_terms.h"

#include <string.h>

#define KEPT	 "M11.S14 M11.S16"
#define CONSENT	 "M42.P26"
#define SENT	 "M60.P12 M61.P09"
#define REQUEST	 "M42.P21 M62.P16"
#define PERSON	 "M62.P06 M61.P14"
#define ACCESS	 "M43.D06"
#define RESTRICT "M62.D08 M62.P16"
#define HOLD	 "M60.P06"
#define ERASED	 "M60.S05 M60.S06 M60.S09"
#define KEYS	 "M60.P09 M60.P10"
#define ADMIN	 "M43.P03 M42.P35"
#define RESTORED "M60.S10 M60.P08"
#define POLICY	 "M42.P22 M42.P04"
#define BREACH	 "M42.P31"
#define SYSTEM	 "M43.D08"
#define SIGNED	 "M43.D07"
#define STAMPED	 "M43.D19"

static const struct audit_term terms[] = {
    {"messages.archived",
     {"Nachrichten archiviert", "Messages archived"},
     KEPT},
    {"messages.changed", {"Nachrichten geändert", "Messages changed"}, KEPT},
    {"messages.forgotten",
     {"Nachrichten gelöscht", "Messages forgotten"},
     ERASED},
    {"notice.sent",
     {"Datenschutzhinweis gegeben", "Privacy notice given"},
     "M42.P21"},
    {"consent.requested",
     {"Einwilligung erfragt", "Consent asked for"},
     CONSENT},
    {"consent.reminded", {"An die Frage erinnert", "Reminded"}, CONSENT},
    {"consent.given", {"Einwilligung erteilt", "Consent given"}, CONSENT},
    {"consent.renewed", {"Einwilligung erneuert", "Consent renewed"}, CONSENT},
    {"consent.refused", {"Einwilligung abgelehnt", "Consent refused"}, CONSENT},
    {"consent.deferred", {"Antwort aufgeschoben", "Answer deferred"}, CONSENT},
    {"consent.withdrawn",
     {"Einwilligung widerrufen", "Consent withdrawn"},
     CONSENT},
    {"consent.revoked",
     {"Einwilligung vom Verantwortlichen beendet",
      "Consent ended by the controller"},
     CONSENT},
    {"consent.invalidated",
     {"Einwilligung für ungültig erklärt", "Consent declared invalid"},
     CONSENT},
    {"consent.expired",
     {"Einwilligung abgelaufen", "Consent expired"},
     CONSENT},
    {"consent.signal",
     {"Signal des Anbieters", "Signal of the provider"},
     CONSENT},
    {"send.blocked",
     {"Versand verhindert", "Sending blocked"},
     "M42.P26 M60.P12"},
    {"send.handed_over",
     {"An den Anbieter übergeben", "Handed over to the provider"},
     SENT},
    {"request.opened", {"Antrag eröffnet", "Request opened"}, REQUEST},
    {"request.changed",
     {"Antrag in anderem Stand", "Request moved on"},
     REQUEST},
    {"request.answered", {"Antrag beantwortet", "Request answered"}, REQUEST},
    {"request.decided", {"Antrag entschieden", "Request decided"}, REQUEST},
    {"request.closed", {"Antrag abgeschlossen", "Request closed"}, REQUEST},
    {"identity.joined",
     {"Adressen zusammengeführt", "Addresses joined"},
     PERSON},
    {"identity.split", {"Adressen getrennt", "Addresses split"}, PERSON},
    {"identity.rectified", {"Name berichtigt", "Name rectified"}, PERSON},
    {"identity.verified", {"Identität geprüft", "Identity verified"}, PERSON},
    {"access.viewed", {"Inhalte eingesehen", "Contents viewed"}, ACCESS},
    {"access.exported", {"Inhalte ausgegeben", "Contents exported"}, ACCESS},
    {"disclosure.made", {"Offenlegung", "Disclosure made"}, SENT},
    {"restrict.set",
     {"Verarbeitung eingeschränkt", "Processing restricted"},
     RESTRICT},
    {"restrict.lifted",
     {"Einschränkung aufgehoben", "Restriction lifted"},
     "M62.P16 M62.P17"},
    {"hold.placed", {"Löschung ausgesetzt", "Erasure held"}, HOLD},
    {"hold.approved", {"Aussetzung gebilligt", "Hold approved"}, HOLD},
    {"hold.reviewed", {"Aussetzung überprüft", "Hold reviewed"}, HOLD},
    {"hold.released", {"Aussetzung beendet", "Hold released"}, HOLD},
    {"erase.planned", {"Löschung geplant", "Erasure planned"}, ERASED},
    {"erase.executed", {"Löschung ausgeführt", "Erasure executed"}, ERASED},
    {"erase.verified",
     {"Löschung nachgeprüft", "Erasure verified"},
     "M60.S04 M60.S05"},
    {"sweep.approved",
     {"Löschlauf freigegeben", "Sweep approved"},
     "M60.S04 M60.S05"},
    {"clock.confirmed",
     {"Uhrzeit bestätigt", "Clock confirmed"},
     "M60.S04 M60.S05"},
    {"recipient.told",
     {"Empfänger unterrichtet", "Recipient told"},
     "M60.S04 M60.S05"},
    {"recipient.confirmed",
     {"Empfänger hat bestätigt", "Recipient confirmed"},
     "M60.S04 M60.S05"},
    {"recipient.failed",
     {"Empfänger nicht erreicht", "Recipient not reached"},
     "M60.S04 M60.S05"},
    {"key.created", {"Schlüssel erzeugt", "Key created"}, KEYS},
    {"key.rotated", {"Schlüssel gewechselt", "Key rotated"}, KEYS},
    {"key.destroyed", {"Schlüssel vernichtet", "Key destroyed"}, KEYS},
    {"keys.locked", {"Schlüssel gesperrt", "Keys locked"}, ADMIN},
    {"keys.unlocked", {"Schlüssel entsperrt", "Keys unlocked"}, ADMIN},
    {"token.created", {"Zugang angelegt", "Token created"}, ADMIN},
    {"token.revoked", {"Zugang entzogen", "Token revoked"}, ADMIN},
    {"backup.made", {"Sicherung erstellt", "Backup made"}, "M11.S12"},
    {"backup.expired",
     {"Sicherung verfallen", "Backup expired"},
     "M60.P08 M11.P07"},
    {"backup.restored", {"Sicherung eingespielt", "Backup restored"}, RESTORED},
    {"backup.replayed",
     {"Löschungen nach der Sicherung wiederholt",
      "Erasures since the backup done again"},
     RESTORED},
    {"policy.proposed", {"Regelwerk vorgeschlagen", "Policy proposed"}, POLICY},
    {"policy.approved", {"Regelwerk gebilligt", "Policy approved"}, POLICY},
    {"policy.changed", {"Regelwerk gewechselt", "Policy changed"}, POLICY},
    {"policy.stopped", {"Regelwerk angehalten", "Policy stopped"}, POLICY},
    {"staff.reveal", {"Pseudonym aufgedeckt", "Pseudonym revealed"}, ACCESS},
    {"breach.opened", {"Vorfall eröffnet", "Breach opened"}, BREACH},
    {"breach.decided", {"Vorfall bewertet", "Breach decided"}, BREACH},
    {"breach.notified", {"Vorfall gemeldet", "Breach notified"}, BREACH},
    {"breach.closed", {"Vorfall abgeschlossen", "Breach closed"}, BREACH},
    {"canary.made", {"Köder angelegt", "Canary made"}, ACCESS},
    {"canary.touched", {"Köder berührt", "Canary touched"}, ACCESS},
    {"canary.ended", {"Köder beendet", "Canary ended"}, ACCESS},
    {"import.made",
     {"Einwilligungen übernommen", "Consents imported"},
     CONSENT},
    {"import.suppressed",
     {"Übernahme unterdrückt", "Import suppressed"},
     CONSENT},
    {"quarantine.added", {"Unverstandenes abgelegt", "Quarantined"}, SYSTEM},
    {"quarantine.replayed",
     {"Unverstandenes nachgeholt", "Quarantine replayed"},
     SYSTEM},
    {"outbox.dropped", {"Zustellung aufgegeben", "Delivery dropped"}, SYSTEM},
    {"log.checkpoint", {"Prüfpunkt gesetzt", "Checkpoint signed"}, SIGNED},
    {"log.timestamp", {"Zeitstempel erhalten", "Time stamp received"}, STAMPED},
    {"log.key_rotated",
     {"Schlüssel des Protokolls gewechselt", "Key of the log rotated"},
     SIGNED},
    {"log.pruned",
     {"Alte Einträge entfernt", "Old entries pruned"},
     "M43.D05 M60.P04"},
};

const struct audit_term *audit_term_of(const char *event)
{
	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++)
		if (strcmp(terms[i].event, event) == 0)
			return &terms[i];
	return NULL;
}
