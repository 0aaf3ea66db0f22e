"""Is a package of a person's data what it says it is?  Written apart from the
gateway: Python's own readers of ZIP, JSON, CSV and XML, and the published
schema of docs/schema.

packaged.py FILE.zip        ends with 0, or says what is wrong
"""
import csv
import hashlib
import io
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as xml
import zipfile

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "schema"
FORMULA = "=+-@\t\r"
TEXTS = ("data.json", "messages.csv", "README_de.html", "README_en.html",
         "manifest.json")
SAFE = re.compile(r"[A-Za-z0-9_./-]+\Z")


class Wrong(Exception):
    pass


def need(claim, what):
    if not claim:
        raise Wrong(what)


# --- a validator for the part of JSON Schema that is used here --------------

KINDS = {"object": dict, "array": list, "string": str, "integer": int,
         "boolean": bool, "null": type(None)}
KNOWN = {"$schema", "$id", "$defs", "$ref", "title", "description", "type",
         "properties", "required", "additionalProperties", "items", "enum",
         "const", "pattern", "minimum"}


def is_kind(value, kind):
    return isinstance(value, KINDS[kind]) and \
        not (kind == "integer" and isinstance(value, bool))


def validate(value, schema, root, at="$"):
    unknown = set(schema) - KNOWN
    need(not unknown, f"{at}: the validator does not know {unknown}")
    if "$ref" in schema:
        part = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            part = part[step]
        validate(value, part, root, at)
    if "type" in schema:
        kinds = schema["type"]
        kinds = [kinds] if isinstance(kinds, str) else kinds
        need(any(is_kind(value, k) for k in kinds), f"{at}: is no {kinds}")
    if "const" in schema:
        need(value == schema["const"], f"{at}: is not {schema['const']}")
    if "enum" in schema:
        need(value in schema["enum"], f"{at}: is none of the words")
    if "pattern" in schema and isinstance(value, str):
        need(re.search(schema["pattern"], value), f"{at}: is spelled otherwise")
    if "minimum" in schema:
        need(value >= schema["minimum"], f"{at}: is too small")
    if isinstance(value, list) and "items" in schema:
        for i, one in enumerate(value):
            validate(one, schema["items"], root, f"{at}[{i}]")
    if isinstance(value, dict):
        missing = set(schema.get("required", ())) - set(value)
        need(not missing, f"{at}: lacks {missing}")
        known = schema.get("properties", {})
        for key, one in value.items():
            if key in known:
                validate(one, known[key], root, f"{at}.{key}")
            else:
                need(schema.get("additionalProperties", True) is not False,
                     f"{at}: has {key}, which nobody announced")


def portable(data):
    """Against docs/schema/portability.schema.json."""
    schema = json.loads((SCHEMAS / "portability.schema.json").read_text())
    validate(data, schema, schema)


# --- the package ------------------------------------------------------------


def page(name, text):
    """Well-formed, and nothing in it runs or loads."""
    root = xml.fromstring(text)
    for element in root.iter():
        tag = element.tag.rpartition("}")[2]
        need(tag not in ("script", "iframe", "object", "embed", "form", "base",
                         "svg", "math", "link"), f"{name}: has a <{tag}>")
        for key, value in element.attrib.items():
            need(not key.lower().startswith("on"), f"{name}: has {key}=")
            if key in ("href", "src"):
                need(value.startswith(("#", "media/")),
                     f"{name}: leads elsewhere")
    return root


def table(text):
    need("\r\n" in text, "messages.csv: lines end otherwise")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    need(len({len(r) for r in rows}) == 1, "messages.csv: is no table")
    for row in rows:
        for cell in row:
            bare = cell.lstrip(" \n\v\f")
            need(not bare.startswith(tuple(FORMULA)),
                 "messages.csv: a cell is a formula")
    return [dict(zip(rows[0], r)) for r in rows[1:]]


class Package:
    def __init__(self, content):
        with zipfile.ZipFile(io.BytesIO(content)) as z:
            need(z.testzip() is None, "a file does not unpack")
            names = z.namelist()
            need(len(names) == len(set(names)), "a name comes twice")
            self.files = {n: z.read(n) for n in names}
        self.manifest = json.loads(self.files["manifest.json"])
        self.check_manifest()
        self.data = json.loads(self.files["data.json"].decode())
        self.rows = table(self.files["messages.csv"].decode())
        self.pages = {n: page(n, self.files[n].decode())
                      for n in self.files if n.endswith(".html")}
        self.check_messages()

    def check_manifest(self):
        told = {f["path"]: f for f in self.manifest["files"]}
        need(len(told) == len(self.manifest["files"]), "a path comes twice")
        need(set(told) | {"manifest.json"} == set(self.files),
             "the manifest names other files")
        for path, f in told.items():
            need(SAFE.match(path) and ".." not in path and path[0] != "/",
                 f"{path}: is no safe name")
            need(f["bytes"] == len(self.files[path]), f"{path}: its length")
            need(f["sha256"] == hashlib.sha256(self.files[path]).hexdigest(),
                 f"{path}: its SHA-256")
            need(isinstance(f["datenart"], list) and
                 isinstance(f["basis"], list), f"{path}: says not what it is")

    def check_messages(self):
        messages = self.data["messages"]
        need([m["id"] for m in messages] == [r["id"] for r in self.rows],
             "JSON and CSV tell of other messages")
        missing = {m["path"] for m in self.manifest["missing"]}
        for m in messages:
            for a in m.get("attachments", ()):
                need("path" not in a or a["path"] in self.files or
                     a["path"] in missing, "an attachment is missing")
        masked = {r["id"] for r in self.manifest["redactions"]}
        need(all(m["id"] in masked for m in messages if "masked" in m),
             "the manifest does not tell of a redaction")
        need(all(r["ground"] == "Art. 15(4) GDPR"
                 for r in self.manifest["redactions"]), "on what ground")

    def text(self, name):
        """What a page says, without its markup."""
        return "".join(self.pages[name].itertext())


if __name__ == "__main__":
    try:
        opened = Package(pathlib.Path(sys.argv[1]).read_bytes())
        if opened.manifest["kind"] == "portability":
            portable(opened.data)
    except (Wrong, ValueError, KeyError, csv.Error, xml.ParseError,
            zipfile.BadZipFile) as why:
        sys.exit(f"{type(why).__name__}: {why}")
