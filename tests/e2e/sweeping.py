"""What the scripts about the sweep share: a gateway whose clock is a calendar,
and runs, approved where they wait for it."""
import datetime
import json
import sys
import time
import zoneinfo

from case import ROOT, check, envelope, equal, post, rows, w

sys.path.insert(0, str(ROOT / "tests" / "torture"))
import faults  # noqa: E402

CLOCKED = ROOT / "build" / "flavour-torture" / "postern"
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
IDS = {"last": 0}


def clocked(world):
    """False: this build has no clock of its own."""
    world.plan = None
    if not CLOCKED.exists() or w.BUILD != ROOT / "build":
        return False
    world.binary = str(CLOCKED)
    world.plan = faults.Plan(world)
    return True


def token(world):
    (world.dir / "desk-token").write_text(json.loads(world.postern(
        "token", "create", "--scope", "desk", "--helpdesk", "desk", "--days",
        "3660", "--json"))["token"])


def clock(world, year, month, day, hour=10, minute=0, confirm=True):
    """That moment in Berlin, by the gateway's clock."""
    at = datetime.datetime(year, month, day, hour, minute, tzinfo=BERLIN)
    world.now = int(at.timestamp())
    world.plan.clock(int((at.timestamp() - time.time()) * 1000))
    if confirm:
        world.confirm_clock()


def write(world, phone, text, now=None):
    """A message of that moment; its conversation."""
    IDS["last"] += 1
    body = envelope({"id": f"wamid.W{IDS['last']}", "type": "text",
                     "timestamp": str(now or int(time.time())),
                     "text": {"body": text}}, phone=phone)
    equal(post(world, body)[0], 200, "ack")
    return world.note_with(text)["data"]["conversation"]


def desk(world, conversation, what, body=None):
    status, got = world.api(
        "POST", f"/v1/conversations/{conversation}/{what}", body)
    equal(status, 200, f"{what}: {got}")


# --- runs ---------------------------------------------------------------------


def sweep(world, identity):
    return json.loads(world.postern("sweep", "status", identity, "--json"))


def ended(world, identity, *states):
    return w.until(f"the run is {states}", 60, lambda: (
        lambda s: s if s["state"] in states else None)(sweep(world, identity)))


def sweeps(world):
    return json.loads(world.postern("sweep", "status", "--json"))["sweeps"]


def idle(world):
    """None is under way; one of its own may have begun meanwhile."""
    return w.until("no run is under way", 60, lambda: not any(
        s["state"] in ("counting", "running") for s in sweeps(world)))


def run(world, kind="run"):
    """A run, once it has come as far as it comes by itself."""
    for _ in range(5):
        idle(world)
        made = json.loads(world.postern("sweep", kind, "--json", check=False))
        if "id" in made:
            return ended(world, made["id"], "counted", "done", "stopped")
    raise w.Failure(f"no run: {made}")


def approve(world, made, name="dora"):
    path = world.person(name, "rights")
    return json.loads(world.postern("sweep", "approve", made["id"],
                                    "--token-file", str(path), "--json"))


def waiting(world):
    return [s for s in sweeps(world)
            if s["state"] == "counted" and s["kind"] == "real"]


def approved_run(world):
    """A real run; what it, or one of its own, waits for is approved."""
    made = run(world)
    for one in waiting(world):
        approve(world, one)
        idle(world)
        made = run(world)
    equal(made["state"], "done", str(made))
    return made


def last(world):
    return sweeps(world)[0]


def alarms(world):
    return [kind for kind, in rows(
        world, "SELECT kind FROM alarm WHERE ended_ms IS NULL ORDER BY kind")]


def messages(world, conversation=None):
    return rows(world, "SELECT count(*) FROM message")[0][0]


def said(world, text):
    """How often the desk still finds a message of this text."""
    return [n for n in world.notes() if n["data"].get("text") == text]


def stored(world):
    """Messages that came in, as the archive has them."""
    return rows(world, "SELECT count(*) FROM message WHERE direction='in'"
                )[0][0]


__all__ = ["alarms", "approve", "approved_run", "check", "clock", "clocked",
           "desk", "ended", "idle", "last", "messages", "run", "said",
           "stored", "sweep", "sweeps", "token", "waiting", "write"]
