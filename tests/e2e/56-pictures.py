"""Goal: a picture reaches the desk without the place and the device it was
taken with, and neither is ever on disk; a picture that cannot be freed of them
is refused and named; without media.strip it comes as it was sent."""
import struct

from case import case, check, equal, main, rows, w

PLACE, DEVICE, NOTE = "52.5163N13.3777E", "Kanarivogel X200", "Kanarie-Notiz"
PHONE = "4917139200561"
# 16 by 8 pixels, made with a JPEG library, without any marker but JFIF.
BARE = bytes.fromhex(
    "ffd8ffe000104a46494600010100000100010000ffdb00430008060607060508"
    "0707070909080a0c140d0c0b0b0c1912130f141d1a1f1e1d1a1c1c20242e2720"
    "222c231c1c2837292c30313434341f27393d38323c2e333432ffdb0043010909"
    "090c0b0c180d0d1832211c213232323232323232323232323232323232323232"
    "323232323232323232323232323232323232323232323232323232323232ffc0"
    "0011080008001003012200021101031101ffc4001f0000010501010101010100"
    "000000000000000102030405060708090a0bffc400b510000201030302040305"
    "0504040000017d01020300041105122131410613516107227114328191a10823"
    "42b1c11552d1f02433627282090a161718191a25262728292a3435363738393a"
    "434445464748494a535455565758595a636465666768696a737475767778797a"
    "838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7"
    "b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1"
    "f2f3f4f5f6f7f8f9faffc4001f01000301010101010101010100000000000001"
    "02030405060708090a0bffc400b5110002010204040304070504040001027700"
    "0102031104052131061241510761711322328108144291a1b1c109233352f015"
    "6272d10a162434e125f11718191a262728292a35363738393a43444546474849"
    "4a535455565758595a636465666768696a737475767778797a82838485868788"
    "898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4"
    "c5c6c7c8c9cad2d3d4d5d6d7d8d9dae2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9"
    "faffda000c03010002110311003f00f13b2b4f331c574565a37998f968a2ba31"
    "54a31bd8de8d69c363ffd9")
SEEN = {}


def rules(world, strip):
    """The template's policy, its line about media as it is or spelt out."""
    text = (world.data / "policy.yaml").read_text().split("\ntests:")[0]
    line = next(s for s in text.split("\n") if "# media: {" in s)
    media = "    media: {kinds: [image, document], max: 16MiB, strip: [place]}"
    return text.replace(line, media if strip else line) + "\n"


def make(world):
    world.make()
    SEEN["template"] = rules(world, False)
    world.make(policy=rules(world, True))
    world.start_all()


def exif(orientation):
    """Model, orientation, maker note and place, little-endian."""
    texts = b"".join(t.encode() + b"\0" for t in (DEVICE, NOTE, PLACE))
    model, note = len(DEVICE) + 1, len(NOTE) + 1
    start = 8 + 2 + 4 * 12 + 4
    place = start + len(texts)
    return (b"Exif\0\0II*\0" + struct.pack("<IH", 8, 4)
            + struct.pack("<HHII", 0x110, 2, model, start)
            + struct.pack("<HHIHH", 0x112, 3, 1, orientation, 0)
            + struct.pack("<HHII", 0x927c, 7, note, start + model)
            + struct.pack("<HHII", 0x8825, 4, 1, place) + bytes(4) + texts
            + struct.pack("<HHHII", 1, 2, 2, len(PLACE) + 1,
                          start + model + note) + bytes(4))


def marker(number, content):
    return b"\xff" + bytes([number]) + struct.pack(">H", len(content) + 2) + content


def picture(orientation=6):
    return (BARE[:2] + marker(0xe1, exif(orientation))
            + marker(0xe1, b"http://ns.adobe.com/xap/1.0/\0" + PLACE.encode())
            + marker(0xfe, NOTE.encode()) + BARE[2:] + DEVICE.encode())


def send(world, data, caption, mime="image/jpeg"):
    status, _ = w.call("POST", world.url(
        "phone", f"/phone/file?from={PHONE}&name=bild.jpg&caption={caption}"),
        data, {"Content-Type": mime})
    equal(status, 200, "sent")
    return world.note_with(caption, 60)["data"]["attachments"][0]


def fetched(world, attachment):
    status, body = w.call(
        "GET", world.url("internal", attachment["href"]),
        headers={"Authorization": f"Bearer {world.token()}"})[:2]
    equal(status, 200, "status")
    return body


def markers(data):
    """Numbers and contents up to the first scan."""
    found, at = [], 2
    while data[at + 1] != 0xda:
        size, = struct.unpack_from(">H", data, at + 2)
        found.append((data[at + 1], data[at + 4:at + 2 + size]))
        at += 2 + size
    return found


def is_bare(data):
    for text in (PLACE, DEVICE, NOTE):
        check(text.encode() not in data, f"still there: {text}")
    app = [m for m in markers(data) if m[0] >= 0xe0]
    equal([m[0] for m in app], [0xe0, 0xe1], "markers")
    equal(len(app[1][1]), 32, "Exif: the orientation and nothing else")
    equal(app[1][1][24], 6, "which side is up")
    equal(data[-2:], b"\xff\xd9", "end")


@case
def a_picture_comes_without_place_and_device(world):
    a = send(world, picture(), "Schaden")
    got = fetched(world, a)
    is_bare(got)
    equal(a["bytes"], len(got), "length as told")
    equal(rows(world, "SELECT bytes FROM attachment"), [(len(got),)], "row")


@case
def so_does_one_that_comes_as_a_document(world):
    is_bare(fetched(world, send(world, picture(), "Dokument", "application/pdf")))


@case
def a_picture_that_cannot_be_read_is_refused_and_named(world):
    before = sum(p.is_file() for p in (world.data / "media").rglob("*"))
    for caption, data in (("Halb", picture()[:-60]),
                          ("Kaputt", b"\xff\xd8\xff\xe1" + PLACE.encode() * 20)):
        a = send(world, data, caption)
        equal((a["href"], a["failed"]), (None, "unreadable"), caption)
    equal(sum(p.is_file() for p in (world.data / "media").rglob("*")), before,
          "files")


@case
def other_files_come_as_they_are(world):
    data = b"%PDF-1.7 " + bytes(range(256)) * 900
    equal(fetched(world, send(world, data, "Vertrag", "application/pdf")), data,
          "bytes")
    for size in (1, 11, 12, 13):
        equal(fetched(world, send(world, data[:size], f"Klein{size}",
                                  "application/pdf")), data[:size], "bytes")


@case
def nothing_of_it_lies_on_disk(world):
    equal(world.sweep([PLACE, DEVICE, NOTE]), [], "clear text")


@case
def check_says_what_strip_does_not_reach(world):
    said = world.postern("check")
    check("kept with its data" in said, said)


@case
def without_strip_a_picture_comes_as_it_was_sent(world):
    world.adopt(SEEN["template"])
    equal(fetched(world, send(world, picture(), "WieGesandt")), picture(),
          "bytes")


main(make)
