"""The drill's report, German and English, for people who were not there."""
import datetime
import re
import subprocess

# name: (German, English)
WORDS = {
    "clear_before": ("Kein Klartext: Vorhof, Archiv, Protokolle, Temporäres",
                     "No clear text: spool, archive, logs, temporary files"),
    "clear_archived": ("Kein Klartext, nachdem alles archiviert ist",
                       "No clear text once everything is archived"),
    "search_finds": ("Die Suche findet, was da ist",
                     "The search finds what is there"),
    "clear_backup": ("Kein Klartext in den Sicherungen",
                     "No clear text in the backups"),
    "erased": ("Löschung ausgeführt", "Erasure executed"),
    "each_step_once": ("Jeder Schritt genau einmal", "Each step exactly once"),
    "clear_erased": ("Kein Klartext nach der Löschung",
                     "No clear text after the erasure"),
    "sealed_erased": ("Auch die Chiffrate der Gelöschten sind fort",
                      "The ciphertexts of the erased are gone, too"),
    "keys_erased": ("Ihre Schlüssel sind zerstört",
                    "Their keys are destroyed"),
    "unknown_erased": ("Sie sind unbekannt", "They are unknown"),
    "others_erased": ("Die anderen sind unversehrt", "The others are intact"),
    "proofs_old": ("Nachweise der Löschungen prüfen sich",
                   "Proofs of the erasures verify"),
    "orderly_end": ("Ordentliches Ende", "Orderly end"),
    "log_agrees": ("Archiv und Nachweis-Log stimmen überein",
                   "Archive and proof log agree"),
    "locked": ("Nach der Rückkehr der Sicherung gesperrt",
               "Locked when the backup came back"),
    "replayed": ("Löschungen wiederholt, bevor geöffnet wurde (Anzahl)",
                 "Erasures done again before it opened (count)"),
    "proved_again": ("Und im neuen Log erneut nachgewiesen",
                     "And proved again in the new log"),
    "clear_restored": ("Kein Klartext nach der Rückkehr",
                       "No clear text after it came back"),
    "sealed_restored": ("Keine Chiffrate der Gelöschten nach der Rückkehr",
                        "No ciphertexts of the erased after it came back"),
    "keys_restored": ("Keine Schlüssel der Gelöschten nach der Rückkehr",
                      "No keys of the erased after it came back"),
    "unknown_restored": ("Sie sind weiter unbekannt",
                         "They are still unknown"),
    "stop_outlives": ("Wer seither „Stopp“ sagte, bekommt keine Werbung",
                      "Who said stop since is sent no advertising"),
    "hold_outlives": ("Was seither festgehalten wurde, bleibt es",
                      "What was held since is held"),
    "parked": ("Was wartete, ist sichtbar geparkt",
               "What waited is visibly parked"),
    "nothing_resent": ("Nichts wurde erneut gesendet",
                       "Nothing was sent again"),
    "others_restored": ("Die anderen sind unversehrt zurück",
                        "The others came back intact"),
    "proofs_new": ("Nachweise aus dem neuen Log prüfen sich",
                   "Proofs from the new log verify"),
    "old_proofs_hold": ("Die alten Nachweise gelten weiter",
                        "The old proofs still hold"),
    "log_verifies": ("Das Nachweis-Log ist unversehrt",
                     "The proof log is sound"),
    "end": ("Ordentliches Ende", "Orderly end"),
    "log_agrees_restored": ("Archiv und Log stimmen überein",
                            "Archive and log agree"),
    "went_through": ("Die Übung kam bis zum Ende",
                     "The drill came to its end"),
}
TEXTS = (
    {"file": "report.de.md", "title": "Löschübung",
     "intro": "{persons} erfundene Personen, jede mit einer einmaligen "
     "Spur in Text, Datei und Dateiname, in allen Zuständen: im Vorhof, "
     "archiviert, beantwortet, wartend, in Quarantäne. Sicherung; dann "
     "{erase} gelöscht, {flying} davon, während ihre Nachricht unterwegs "
     "war; dann kehrte die ältere Sicherung auf einer leeren Maschine "
     "zurück.",
     "head": "| Prüfung | Ergebnis | Befund |", "good": "gehalten",
     "bad": "NICHT GEHALTEN", "sum": "{good} von {all} Prüfungen gehalten; "
     "{seconds} Sekunden; {when}; Stand {commit}.",
     "not": "Nicht geprüft: Arbeitsspeicher der Prozesse, Speicherabzüge "
     "(sie sind abgeschaltet), Blöcke, die Dateisystem oder Laufwerk "
     "behalten, Auskunftspakete."},
    {"file": "report.en.md", "title": "Erasure drill",
     "intro": "{persons} made-up persons, each with a unique trace in text, "
     "file and file name, in every state: in the spool, archived, answered, "
     "waiting, quarantined. A backup; then {erase} were erased, {flying} of "
     "them while their message was on its way; then the older backup came "
     "back on an empty machine.",
     "head": "| Check | Result | Finding |", "good": "held",
     "bad": "DID NOT HOLD", "sum": "{good} of {all} checks held; {seconds} "
     "seconds; {when}; at {commit}.",
     "not": "Not checked: memory of the processes, core dumps (they are "
     "off), blocks that file system or drive keep, access packages."},
)

# What a check found, in German: the longer words first.
GERMAN = (
    ("a sealed text is found where it lies",
     "ein versiegelter Text wird gefunden, wo er liegt"),
    (r"sound: the (\d+) entries of (\S+) are what was signed",
     r"unversehrt: die \1 Einträge von \2 sind, was signiert wurde"),
    ("ciphertexts searched", "Chiffrate gesucht"), ("found", "gefunden"),
    ("proposed", "vorläufig ausgesetzt"), ("ready", "Bereitschaft"),
    ("persons", "Personen"), ("records", "Datensätze"),
    ("entries", "Einträge"), ("keys", "Schlüssel"), ("steps", "Schritte"),
    ("deliveries", "Zustellungen"), ("notes", "Hinweise"),
    ("messages", "Nachrichten"), (r"(\d+) of (\d+)", r"\1 von \2"),
    (" readable", " lesbar"), (" verify", " prüfen sich"),
)


def found(detail, german):
    text = str(detail).replace("|", "/").replace("\n", " ")[:160]
    for english, words in GERMAN if german else ():
        text = re.sub(english, words, text)
    return text


def commit():
    done = subprocess.run(["git", "rev-parse", "--short", "HEAD"],
                          capture_output=True)
    return done.stdout.decode().strip() or "?"


def write(out, drill, seconds):
    out.mkdir(parents=True, exist_ok=True)
    figures = {
        "persons": drill.args.persons, "erase": drill.args.erase,
        "flying": drill.args.flying, "seconds": round(seconds),
        "good": sum(c[1] for c in drill.checks), "all": len(drill.checks),
        "when": datetime.datetime.now(datetime.timezone.utc).strftime(
            "%Y-%m-%d %H:%M UTC"), "commit": commit()}
    for language, words in enumerate(TEXTS):
        lines = [f"# {words['title']}", "", words["intro"].format(**figures),
                 "", words["sum"].format(**figures), "", words["head"],
                 "|---|---|---|"]
        for name, held, detail in drill.checks:
            what = WORDS.get(name, (name, name))[language]
            lines.append(f"| {what} | "
                         f"{words['good'] if held else words['bad']} | "
                         f"{found(detail, language == 0)} |")
        lines += ["", words["not"], ""]
        (out / words["file"]).write_text("\n".join(lines))
