"""A real Chromium, driven over its DevTools protocol through a pipe: pages are
opened, keys pressed, pictures taken.  Python's standard library only."""
import base64
import contextlib
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
AXE = ROOT / "build" / "browser" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE_S = 90
PHONE = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
DESKTOP = {"width": 1280, "height": 800, "deviceScaleFactor": 1,
           "mobile": False}
KEYS = {"Tab": ("Tab", 9, ""), "Enter": ("Enter", 13, "\r"),
        "Space": (" ", 32, " "), "ArrowDown": ("ArrowDown", 40, ""),
        "ArrowUp": ("ArrowUp", 38, "")}
# What people with a disability meet, and what is good practice besides.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa",
         "best-practice"]


class Trouble(Exception):
    """The browser did not do what it was asked for."""


class Browser:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="postern-browser-")
        ours, theirs = os.pipe(), os.pipe()  # to it, from it
        self.out, self.into = ours[1], theirs[0]
        self.log = open(os.path.join(self.folder, "log"), "wb")
        self.process = subprocess.Popen(
            [self.program(), "--headless=new", "--no-sandbox",
             "--remote-debugging-pipe", "--disable-gpu",
             "--disable-dev-shm-usage", "--no-first-run",
             "--disable-extensions", "--disable-background-networking",
             "--disable-component-update", "--disable-sync",
             "--disable-default-apps", "--metrics-recording-only",
             "--password-store=basic", "--force-color-profile=srgb",
             "--hide-scrollbars", "--lang=de",
             f"--user-data-dir={self.folder}/profile", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            close_fds=False, start_new_session=True,
            preexec_fn=lambda: self.take(ours[0], theirs[1]))
        os.close(ours[0])
        os.close(theirs[1])
        self.left, self.number, self.events = b"", 0, []
        self.said("Browser.getVersion")

    @staticmethod
    def program():
        for name in ("chromium", "chromium-browser", "google-chrome"):
            if shutil.which(name):
                return shutil.which(name)
        raise Trouble("no chromium; tools/install-deps installs it")

    @staticmethod
    def take(read, write):
        """What it reads has to be 3, what it writes 4."""
        spare = (os.dup2(read, 63, inheritable=False),
                 os.dup2(write, 62, inheritable=False))
        os.dup2(spare[0], 3)
        os.dup2(spare[1], 4)

    def close(self):
        with contextlib.suppress(OSError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.out)
        os.close(self.into)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def one(self, end):
        """The next thing it says."""
        while b"\0" not in self.left:
            wait = end - time.monotonic()
            if wait <= 0 or not select.select([self.into], [], [], wait)[0]:
                raise Trouble("the browser says nothing")
            got = os.read(self.into, 1 << 20)
            if not got:
                raise Trouble("the browser ended: " + pathlib.Path(
                    self.folder, "log").read_text(errors="replace")[-600:])
            self.left += got
        said, self.left = self.left.split(b"\0", 1)
        return json.loads(said)

    def said(self, method, session=None, **params):
        """Asks, and gives back what comes; events on the way are kept."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self.out, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + PATIENCE_S
        while True:
            got = self.one(end)
            if got.get("id") == self.number:
                if "error" in got:
                    raise Trouble(f"{method}: {got['error']['message']}")
                return got["result"]
            if "method" in got:
                self.events.append(got)

    def tab(self, size, script=False, language="de"):
        return Tab(self, size, script, language)


class Tab:
    """A page of its own, with nothing of the others."""

    def __init__(self, browser, size, script, language):
        self.browser, self.size = browser, size
        self.context = browser.said("Target.createBrowserContext")[
            "browserContextId"]
        self.target = browser.said(
            "Target.createTarget", url="about:blank",
            browserContextId=self.context)["targetId"]
        self.session = browser.said(
            "Target.attachToTarget", targetId=self.target,
            flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network"):
            self.said(domain + ".enable")
        self.said("Emulation.setDeviceMetricsOverride", **size)
        self.said("Emulation.setFocusEmulationEnabled", enabled=True)
        self.said("Network.setExtraHTTPHeaders",
                  headers={"Accept-Language": language})
        self.script = script
        self.scripts(script)

    def said(self, method, **params):
        return self.browser.said(method, self.session, **params)

    def scripts(self, on):
        self.said("Emulation.setScriptExecutionDisabled", value=not on)

    def close(self):
        self.browser.said("Target.disposeBrowserContext",
                          browserContextId=self.context)

    def loaded(self, what):
        """Does something that leads to another page, and waits for it."""
        self.browser.events.clear()
        what()
        end = time.monotonic() + PATIENCE_S
        while not any(e["method"] == "Page.loadEventFired" and
                      e.get("sessionId") == self.session
                      for e in self.browser.events):
            got = self.browser.one(end)
            if "method" in got:
                self.browser.events.append(got)

    def answer(self):
        """Status of the document that came last."""
        return [e["params"]["response"]["status"]
                for e in self.browser.events
                if e["method"] == "Network.responseReceived" and
                e["params"]["type"] == "Document"][-1]

    def asked(self):
        """Addresses that were asked for since the last page."""
        return [e["params"]["request"]["url"] for e in self.browser.events
                if e["method"] == "Network.requestWillBeSent"]

    def open(self, url):
        def go():
            got = self.said("Page.navigate", url=url)
            if got.get("errorText"):
                raise Trouble(f"{url}: {got['errorText']}")
        self.loaded(go)

    def value(self, expression, wait=False):
        got = self.said("Runtime.evaluate", expression=expression,
                        returnByValue=True, awaitPromise=wait)
        if "exceptionDetails" in got:
            raise Trouble(json.dumps(got["exceptionDetails"])[:400])
        return got["result"].get("value")

    def path(self):
        return self.value("location.pathname")

    def text(self):
        return self.value("document.body.innerText")

    def focus(self):
        """What has the focus: its id, or its name and text."""
        return self.value(
            "(e => e.id || e.tagName.toLowerCase() + ' ' + "
            "e.textContent.trim())(document.activeElement)")

    # --- what a person does --------------------------------------------------

    def key(self, name, times=1, shift=False):
        key, code, text = KEYS[name]
        for _ in range(times):
            how = {"key": key, "code": name, "windowsVirtualKeyCode": code,
                   "nativeVirtualKeyCode": code,
                   "modifiers": 8 if shift else 0}
            self.said("Input.dispatchKeyEvent",
                      type="keyDown" if text else "rawKeyDown",
                      **how, **({"text": text} if text else {}))
            self.said("Input.dispatchKeyEvent", type="keyUp", **how)

    def write(self, text):
        for c in text:
            self.said("Input.dispatchKeyEvent", type="char", text=c)

    def tab_to(self, wanted, most=40):
        """Tab until that has the focus; every stop on the way."""
        stops = []
        for _ in range(most):
            self.key("Tab")
            stops.append(self.focus())
            if stops[-1] == wanted:
                return stops
        raise Trouble(f"no way to {wanted} by Tab: {stops}")

    # --- what is looked at ---------------------------------------------------

    def axe(self):
        """What the accessibility rules find wrong: [(rule, where)]."""
        self.scripts(True)
        self.said("Runtime.evaluate", expression=AXE.read_text())
        found = self.value(
            "axe.run(document, {resultTypes: ['violations'], runOnly: "
            f"{json.dumps(RULES)}}}).then(r => JSON.stringify("
            "r.violations.map(v => [v.id, v.nodes.map(n => n.target.join("
            "' ') + ': ' + n.failureSummary)])))", wait=True)
        self.scripts(self.script)
        return json.loads(found)

    def narrow(self):
        """Does all of it fit into the width?"""
        return self.value("document.documentElement.scrollWidth <= "
                          "document.documentElement.clientWidth")

    def picture(self, path):
        size = self.said("Page.getLayoutMetrics")["cssContentSize"]
        got = self.said("Page.captureScreenshot", format="png",
                        captureBeyondViewport=True,
                        clip={"x": 0, "y": 0, "width": self.size["width"],
                              "height": size["height"], "scale": 1})
        pathlib.Path(path).write_bytes(base64.b64decode(got["data"]))
