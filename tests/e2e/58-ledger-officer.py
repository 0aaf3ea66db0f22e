"""Goal: the data protection officer gets a checkpoint once a day and when
somebody asks: as a file in a folder, or as a mail handed to a command that may
fail for a while."""
import email
import email.policy
import json
import signal

from case import case, check, equal, main, rows, w

SENDMAIL = """#!/bin/sh
# Fails while FAIL is there; else keeps the mail and how it was called.
[ -e "{dir}/FAIL" ] && {{ echo x >> "{dir}/failed"; exit 75; }}
echo "$*" > "{dir}/called"
cat > "{dir}/mail.part" && mv "{dir}/mail.part" "{dir}/mail"
"""


def make(world):
    world.make()
    world.box = world.dir / "box"
    world.box.mkdir()
    world.box.chmod(0o777)
    world.folder = world.dir / "officer"
    world.folder.mkdir()
    world.folder.chmod(0o777)
    world.command = world.box / "sendmail"
    world.command.write_text(SENDMAIL.format(dir=world.box))
    world.command.chmod(0o755)
    settle(world, f"folder: {world.folder}")
    world.start_all()
    world.operator = json.loads(world.postern(
        "token", "create", "--scope", "operator", "--label", "op",
        "--json"))["token"]


def settle(world, officer):
    path = world.data / "postern.yaml"
    text = "".join(line for line in path.read_text().splitlines(True)
                   if not line.startswith("ledger:"))
    path.write_text(text + "ledger: {checkpoint: {minutes: 1440, entries: 2},"
                    f" officer: {{{officer}}}}}\n")


def sign(world):
    world.phone_text("Noch ein Eintrag")
    world.note_with("Noch ein Eintrag")
    status, made = world.api("POST", "/v1/ledger/checkpoint",
                             token=world.operator)
    equal(status, 200, "signed")
    return made


def files(world):
    """Whole ones: they are written beside, and renamed."""
    return {p.name for p in world.folder.iterdir() if p.suffix != ".new"}


@case
def the_first_checkpoint_becomes_a_file(world):
    world.phone_text("Erster")
    world.note_with("Erster")
    w.until("a file", 20, lambda: files(world))
    name = files(world).pop()
    check(name.startswith("checkpoint-") and name.endswith(".txt"), name)
    size = int(name[11:-4])
    equal((world.folder / name).read_bytes(),
          rows(world, "SELECT note FROM ledger_checkpoint WHERE size=?",
               size)[0][0], "content")


@case
def then_none_for_a_day_unless_somebody_asks(world):
    before = files(world)
    made = sign(world)
    w.until("a second file", 20, lambda: files(world) - before)
    equal(files(world) - before, {f"checkpoint-{made['size']}.txt"}, "asked")
    # Others were signed meanwhile, and none of them became a file.
    check(len(rows(world, "SELECT size FROM ledger_checkpoint")) >
          len(files(world)), "one each")


@case
def a_mail_is_handed_over_and_tried_again(world):
    settle(world, f"sendmail: {world.command}")
    (world.box / "FAIL").touch()
    world.processes["postern"].send_signal(signal.SIGHUP)
    w.until("the folder for mails", 30, (world.data / "mail").exists)
    w.until("it is ready", 30, world.ready)
    made = w.until("signed", 30, lambda: sign(world))
    w.until("it fails", 30, (world.box / "failed").exists)
    equal([p.name for p in (world.data / "mail").glob("*.eml")],
          [f"checkpoint-{made['size']}.eml"], "it waits")
    (world.box / "FAIL").unlink()
    # A restart does not wait as long as a refusal makes it.
    equal(world.stop("postern"), 0, "status")
    world.serve()
    w.until("it is handed over", 30, (world.box / "mail").exists)
    w.until("it is gone", 20, lambda: not list(
        (world.data / "mail").iterdir()))
    equal((world.box / "called").read_text(), "-t -i\n", "arguments")
    world.made = made


@case
def the_mail_says_in_two_languages_what_the_file_is_for(world):
    mail = email.message_from_bytes((world.box / "mail").read_bytes(),
                                    policy=email.policy.default)
    equal(mail["To"], "datenschutz@muster.example", "to")
    size = world.made["size"]
    check(str(size) in mail["Subject"], mail["Subject"])
    check(abs(mail["Date"].datetime.timestamp() - w.time.time()) < 3600, "date")
    text, note = mail.iter_parts()
    words = text.get_content()
    for one in ("Protokoll", "Löschungen", f"{size} Einträge",
                "no personal data", f"{size} entries"):
        check(one in words, (one, words))
    equal(note.get_filename(), f"checkpoint-{size}.txt", "name")
    equal(note.get_payload(decode=True).decode(), world.made["checkpoint"],
          "to the byte")


@case
def only_mails_of_the_worker_are_handed_over(world):
    (world.box / "mail").unlink()
    stranger = world.dir / "stranger.eml"
    stranger.write_text("To: dpo@muster.example\n\nnot ours\n")
    link = world.data / "mail" / "a.eml"
    link.symlink_to(stranger)
    w.until("it is looked at", 30, lambda: "mail.cannot_start" in
            (world.dir / "postern.log").read_text())
    check(not (world.box / "mail").exists(), "a link was followed")
    check(stranger.exists(), "it was removed")
    link.unlink()


@case
def a_folder_that_is_gone_stops_nothing(world):
    gone = world.dir / "gone"
    settle(world, f"folder: {gone}")
    equal(world.stop("postern"), 0, "status")
    world.serve()
    sign(world)
    w.until("it says so", 30, lambda: "ledger.officer_fails" in
            (world.dir / "postern.log").read_text())
    world.phone_text("Trotzdem")
    world.note_with("Trotzdem")


main(make)
