"""Goal: the pages work in a real browser, on a phone and on a desk, with the
keyboard alone and without a script; nobody is kept out by how they look or
are built; they ask for nothing from elsewhere.
Show: the portal in Chromium, and axe-core finds nothing on any page.

SHOTS=folder keeps pictures of all of them."""
import http.client
import json
import os
import pathlib
import re
import sys
import urllib.parse

from case import ROOT, case, check, equal, main, w

sys.path.insert(0, str(ROOT / "tests" / "sim"))
import browser as chromium  # noqa: E402

URL = "https://rechte.muster.example"
ANNA, BERND, CARLA = "4917139830101", "4917139830102", "4917139830103"
STRANGER = "4917139839999"
SIZES = {"phone": chromium.PHONE, "desktop": chromium.DESKTOP}
SHOTS = os.environ.get("SHOTS")
# Of the phone number a person types, as the page shows it.
TYPED = "+49 171 398 30101"
KEPT = {}


def make(world):
    world.make(extra=f"portal: {{url: {URL}, asks_per_minute: 600}}\n")
    world.start_all()
    for phone in (ANNA, BERND, CARLA):
        text = f"Guten Tag {phone[-1]}"
        world.phone_text(text, phone=phone)
        KEPT[phone] = world.note_with(text)["data"]["conversation"]
        world.greeted(phone)
    KEPT["token"] = json.loads(world.postern(
        "token", "create", "--scope", "rights", "--label", "DSB",
        "--json"))["token"]
    KEPT["browser"] = chromium.Browser()


def base(world):
    return world.url("public")


def visit(world, method, path, body=None):
    c = http.client.HTTPConnection("127.0.0.1", world.ports["public"],
                                   timeout=60)
    c.request(method, path, body, {
        "Content-Type": "application/x-www-form-urlencoded"} if body else {})
    answer = c.getresponse()
    got = answer.status, answer.headers, answer.read().decode()
    c.close()
    return got


def opened(world, what, phone):
    """(address, number) of a request that somebody made."""
    status, headers, _ = visit(world, "POST", "/privacy", urllib.parse.urlencode(
        {"what": what, "kind": "phone", "value": "+" + phone,
         "text": "Hausnummer sieben"}))
    equal(status, 303, "status")
    place = headers["Location"].split("?")[0]
    return place, re.search(r"req_[0-9a-z]{26}",
                            visit(world, "GET", place)[2])[0]


def rights(world, number, what, body):
    status, got = world.api("POST", f"/v1/requests/{number}/{what}", body,
                            token=KEPT["token"])
    check(status in (200, 202), (status, got))


def codes(world, phone):
    return [m for e in world.chat(phone) if e["from"] == "business"
            for m in re.findall(r"\b[B-Z]{4}-[B-Z]{4}\b", e.get("text", ""))]


def new_code(world, phone, before):
    """One at a time: the code of a request that was just made."""
    return w.until("the code", 60, lambda: [
        c for c in codes(world, phone) if c not in before])[-1]


def said(world, place, part):
    return w.until(part, 60, lambda: part in visit(world, "GET", place)[2])


def looked_at(tab, name):
    """One page as it is: whole, within its width, and open to everybody."""
    if SHOTS:
        pathlib.Path(SHOTS).mkdir(parents=True, exist_ok=True)
        tab.picture(pathlib.Path(SHOTS) / f"{name}.png")
    equal((name, tab.axe()), (name, []), "what axe-core finds")
    check(tab.narrow(), f"{name} is wider than the screen")


def at_home(world, tab):
    """Nothing came from elsewhere since the page was opened."""
    for url in tab.asked():
        check(url.startswith(base(world)), url)


def focused(tab, wanted):
    w.until(f"{wanted} has the focus", 30,
            lambda: tab.focus().startswith(wanted))


# --- the check checks ---------------------------------------------------------


@case
def what_is_wrong_is_found(world):
    tab = KEPT["browser"].tab(chromium.PHONE)
    tab.open("data:text/html,<html><meta name=viewport "
             "content='width=device-width'><title>x</title><img src=y>"
             "<p style='color:%23ddd;width:900px'>gray</p><input>")
    rules = {rule for rule, _ in tab.axe()}
    check({"image-alt", "color-contrast", "label", "html-has-lang"} <= rules,
          rules)
    check(not tab.narrow(), "900 pixels fit a phone")
    tab.close()


@case
def no_script_runs_and_none_is_missed(world):
    tab = KEPT["browser"].tab(chromium.DESKTOP)
    tab.open("data:text/html,<title>no</title><script>"
             "document.title='yes'</script>")
    equal(tab.value("document.title"), "no", "the title")
    tab.open(base(world) + "/privacy")
    equal(tab.value("document.scripts.length"), 0, "scripts")
    at_home(world, tab)
    tab.close()


# --- the whole way, by keyboard -----------------------------------------------


def whole_way(world, size, language):
    """From the form to the confirmed request; Tab, arrows, Space, Enter and
    letters, nothing else."""
    german = language == "de"
    name = f"{size}-{language}"
    before = set(codes(world, ANNA))
    tab = KEPT["browser"].tab(SIZES[size], language=language)
    tab.open(base(world) + "/privacy")
    equal(tab.answer(), 200, "status")
    at_home(world, tab)
    looked_at(tab, f"1-form-{name}")
    stops = tab.tab_to("button " + ("Antrag absenden" if german
                                    else "Send request"))
    equal(stops[:2], ["a Zum Inhalt", "a English"] if german else
          ["a Skip to content", "a Deutsch"], "the first stops")
    equal(stops[2:6], ["access", "kind", "value", "text"], "the order")
    # Sent empty: the summary has the focus and leads to what is wrong.
    tab.loaded(lambda: tab.key("Enter"))
    equal(tab.answer(), 422, "status")
    focused(tab, "div Bitte prüfen" if german else "div Please check")
    check(tab.value("document.title").startswith(
        "Fehler: " if german else "Error: "), "the title")
    looked_at(tab, f"2-errors-{name}")
    tab.key("Tab", 3)
    check(tab.focus().startswith("a "), tab.focus())
    tab.key("Enter")
    focused(tab, "value")
    tab.write(TYPED)
    tab.key("Tab", shift=True)
    equal(tab.focus(), "kind", "before it")
    tab.key("ArrowDown")
    equal(tab.value("document.activeElement.value"), "phone", "chosen")
    tab.key("Tab", shift=True)
    equal(tab.value("document.activeElement.name"), "what", "before that")
    # Backwards one comes to the last of them; behind it is the first.
    equal(tab.focus(), "withdrawal", "the last one")
    tab.key("ArrowDown")
    equal(tab.value("document.querySelector('[name=what]:checked').value"),
          "access", "chosen")
    tab.tab_to("text")
    tab.write("Bitte alles")
    tab.tab_to("button " + ("Antrag absenden" if german else "Send request"))
    tab.loaded(lambda: tab.key("Enter"))
    equal(tab.answer(), 200, "status")
    place = tab.path()
    check(place.startswith("/privacy/status/"), place)
    check(("Ihr Antrag ist eingegangen" if german else
           "We have received your request") in tab.text(), tab.text())
    looked_at(tab, f"3-received-{name}")
    tab.tab_to("code")
    tab.write("falsch")
    tab.loaded(lambda: tab.key("Enter"))
    equal(tab.answer(), 422, "status")
    focused(tab, "div Bitte prüfen" if german else "div Please check")
    looked_at(tab, f"4-code-wrong-{name}")
    code = new_code(world, ANNA, before)
    tab.tab_to("code")
    tab.write(code.lower())
    tab.loaded(lambda: tab.key("Enter"))
    equal((tab.answer(), tab.path()), (200, place), "confirmed")
    check(("Wir warten auf" if german else "We are waiting") not in
          tab.text(), tab.text())
    said(world, place, "liegt bereit")
    tab.open(base(world) + f"{place}?lang={language}")
    looked_at(tab, f"5-completed-{name}")
    at_home(world, tab)
    tab.close()


@case
def on_a_phone_in_german(world):
    whole_way(world, "phone", "de")


@case
def on_a_desk_in_english(world):
    whole_way(world, "desktop", "en")


# --- every other page ---------------------------------------------------------


def link_in_chat(world, phone, path):
    return w.until("the link", 60, lambda: [
        m for e in world.chat(phone) for m in re.findall(
            re.escape(URL) + f"({path}[0-9a-z]+)", e.get("text", ""))])[-1]


def make_pages(world):
    """(name, path, status) of a page in each state."""
    yield "unknown", "/privacy/status/" + "0" * 32, 404
    place, number = opened(world, "restriction", STRANGER)
    visit(world, "POST", place, "do=withdraw")
    yield "withdrawn", place, 200
    place, number = opened(world, "rectification", ANNA)
    rights(world, number, "identity", {"method": "letter"})
    rights(world, number, "extend", {
        "reason_code": "JustificationA12Complexity", "text": "Vieles zu prüfen."})
    said(world, place, "Frist verlängert")
    yield "extended", place, 200
    place, number = opened(world, "rectification", BERND)
    rights(world, number, "identity", {"method": "letter"})
    rights(world, number, "decide", {
        "decision": "refuse",
        "reason_code": "JustificationA12IdentityFailure"})
    said(world, place, "Abgelehnt")
    yield "refused", place, 200
    w.until("its code", 60, lambda: len(codes(world, BERND)) > 0)
    before = set(codes(world, BERND))
    place, number = opened(world, "portability", BERND)
    code = new_code(world, BERND, before)
    yield "proof", f"/privacy/proof/{number}.{code}", 200
    yield "proof-over", f"/privacy/proof/{number}x.{code}", 404
    yield "fetch", link_in_chat(world, ANNA, "/privacy/paket/"), 200
    equal(world.api("POST", f"/v1/conversations/{KEPT[CARLA]}/close",
                    {})[0], 200, "closed")
    place, number = opened(world, "erasure", CARLA)
    rights(world, number, "identity", {"method": "letter"})
    said(world, place, "Was aus Ihren Daten wurde")
    yield "erased", place, 200


@case
def every_page_is_open_to_everybody(world):
    pages = list(make_pages(world))
    for size, how in SIZES.items():
        tab = KEPT["browser"].tab(how)
        for name, path, status in pages:
            for language in ("de", "en"):
                tab.open(base(world) + f"{path}?lang={language}")
                equal((name, tab.answer()), (name, status), "status")
                equal(tab.value("document.documentElement.lang"), language,
                      "language")
                at_home(world, tab)
                looked_at(tab, f"6-{name}-{size}-{language}")
        tab.close()


@case
def the_button_of_the_message_confirms(world):
    before = set(codes(world, BERND))
    place, number = opened(world, "access", BERND)
    code = new_code(world, BERND, before)
    tab = KEPT["browser"].tab(chromium.PHONE)
    tab.open(base(world) + f"/privacy/proof/{number}.{code}")
    tab.tab_to("button Ja, das war ich")
    tab.loaded(lambda: tab.key("Enter"))
    equal(tab.answer(), 200, "status")
    check("bestätigt" in tab.text(), tab.text())
    looked_at(tab, "7-confirmed-phone-de")
    tab.close()


@case
def larger_letters_and_no_colours_leave_it_whole(world):
    """Twice as large on the narrowest phone, and with the colours of the
    system (forced-colors)."""
    tab = KEPT["browser"].tab({"width": 320, "height": 640,
                               "deviceScaleFactor": 1, "mobile": True})
    tab.said("Emulation.setEmulatedMedia", features=[
        {"name": "forced-colors", "value": "active"}])
    tab.open(base(world) + "/privacy")
    tab.value("document.documentElement.style.fontSize='150%'")
    if SHOTS:
        tab.picture(pathlib.Path(SHOTS) / "8-large.png")
    check(tab.narrow(), tab.value(
        "[...document.querySelectorAll('*')].filter(e => "
        "e.getBoundingClientRect().right > innerWidth).map(e => e.outerHTML"
        ".slice(0, 60)).join('\\n')"))
    tab.close()


@case
def the_browser_goes(world):
    KEPT.pop("browser").close()


main(make)
