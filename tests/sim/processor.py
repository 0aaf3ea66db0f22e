"""A company with OpenDSR 2.0: takes requests, signs what it says, repeats
itself, and breaks when it is told to.  Plain http on loopback; the key is made
with the openssl command."""
import base64
import http.server
import json
import pathlib
import subprocess
import threading
import urllib.request


def make_key(folder, domain, name="firm"):
    """(key, certificate): PEM files below folder."""
    key, cert = (pathlib.Path(folder) / f"{name}.{end}"
                 for end in ("key", "pem"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
         str(key), "-out", str(cert), "-days", "30", "-subj", f"/CN={domain}",
         "-addext", f"subjectAltName=DNS:{domain}"],
        check=True, capture_output=True)
    key.chmod(0o600)
    return key, cert


def sign(key, body):
    done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", str(key)],
                          input=body, check=True, capture_output=True)
    return base64.b64encode(done.stdout).decode()


def verified(cert, body, signature, folder):
    """Is this the signature of that certificate's key?"""
    folder = pathlib.Path(folder)
    public = subprocess.run(["openssl", "x509", "-in", str(cert), "-noout",
                             "-pubkey"], check=True, capture_output=True)
    (folder / "check.pub").write_bytes(public.stdout)
    (folder / "check.sig").write_bytes(base64.b64decode(signature))
    return subprocess.run(
        ["openssl", "dgst", "-sha256", "-verify", str(folder / "check.pub"),
         "-signature", str(folder / "check.sig")], input=body,
        capture_output=True).returncode == 0


class Server:
    """Whatever comes is kept; answer(handler, body) says what is answered."""

    def __init__(self, port, answer):
        outer = self
        self.got = []
        self.lock = threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def take(self):
                size = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(size)
                with outer.lock:
                    outer.got.append({"method": self.command,
                                      "path": self.path, "body": body,
                                      "headers": dict(self.headers)})
                status, text = answer(self, body)
                if status == 0:
                    self.close_connection = True
                    return
                raw = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = do_DELETE = take

        class Quiet(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                """Whoever asked was killed."""

        self.http = Quiet(("127.0.0.1", port), Handler)
        self.http.daemon_threads = True
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()

    def of(self, method):
        with self.lock:
            return [g for g in self.got if g["method"] == method]


class Processor(Server):
    def __init__(self, port, key, domain):
        super().__init__(port, self.answer)
        self.key, self.domain = key, domain
        self.breaks = []  # statuses of the next requests; 0: cut
        self.requests = {}  # id -> (body, status)

    def answer(self, handler, body):
        if handler.command == "GET":
            one = handler.path.rsplit("/", 1)[1]
            if one not in self.requests:
                return 404, "{}"
            return 200, json.dumps({
                "controller_id": "c", "subject_request_id": one,
                "request_status": self.requests[one][1]})
        if self.breaks:
            return self.breaks.pop(0), "{}"
        asked = json.loads(body)
        self.requests.setdefault(asked["subject_request_id"],
                                 [asked, "in_progress"])
        return 201, json.dumps({
            "controller_id": "c", "received_time": "2026-11-22T10:00:00Z",
            "expected_completion_time": "2026-12-22T10:00:00Z",
            "encoded_request": base64.b64encode(body).decode(),
            "subject_request_id": asked["subject_request_id"]})

    def tells(self, url, one, status, own_url, key=None, spoil=False):
        """A callback to the gateway; gives its answer's status."""
        self.requests[one][1] = status
        body = json.dumps({
            "controller_id": "c", "subject_request_id": one,
            "expected_completion_time": "2026-12-22T10:00:00Z",
            "status_callback_url": own_url,
            "request_status": status}).encode()
        signature = sign(key or self.key, body)
        request = urllib.request.Request(
            url, data=body + (b" " if spoil else b""), method="POST", headers={
                "Content-Type": "application/json",
                "X-OpenDSR-Processor-Domain": self.domain,
                "X-OpenDSR-Signature": signature})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
