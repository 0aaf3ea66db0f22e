"""Logs, notes and cosignatures as somebody else would write them: RFC 6962,
RFC 8032 and the C2SP formats in plain Python, for scripts that stand opposite
the gateway.  Slow, and nothing here is secret."""
import base64
import hashlib

# --- Ed25519 (RFC 8032, 5.1) ------------------------------------------------

P = 2 ** 255 - 19
ORDER = 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(p, q):
    """Points as (X, Y, Z, T), x = X/Z, y = Y/Z, xy = T/Z."""
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, p):
    found = (0, 1, 1, 0)
    while n > 0:
        if n & 1:
            found = add(found, p)
        p = add(p, p)
        n >>= 1
    return found


def recover_x(y, odd):
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * ROOT % P
    if (x * x - square) % P != 0 or (x == 0 and odd):
        raise ValueError("no point")
    return P - x if x & 1 != odd else x


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover_x(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def pressed(p):
    inverse = pow(p[2], P - 2, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return int.to_bytes(y | (x & 1) << 255, 32, "little")


def unpressed(data):
    y = int.from_bytes(data, "little")
    odd, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        raise ValueError("no point")
    x = recover_x(y, odd)
    return x, y, 1, x * y % P


def number(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


class Key:
    """name and seed of a key; kind 1 a log's, 4 a witness's."""

    def __init__(self, name, seed, kind=1):
        self.name, self.kind = name, kind
        digest = hashlib.sha512(seed).digest()
        low = int.from_bytes(digest[:32], "little")
        self.scalar = low & (1 << 254) - 8 | 1 << 254
        self.prefix = digest[32:]
        self.public = pressed(times(self.scalar, BASE))

    def id(self):
        return key_id(self.name, self.kind, self.public)

    def vkey(self):
        packed = base64.b64encode(bytes([self.kind]) + self.public).decode()
        return f"{self.name}+{self.id().hex()}+{packed}"

    def sign(self, message):
        r = number(self.prefix, message) % ORDER
        big_r = pressed(times(r, BASE))
        k = number(big_r, self.public, message) % ORDER
        s = (r + k * self.scalar) % ORDER
        return big_r + int.to_bytes(s, 32, "little")


def verified(public, message, signature):
    s = int.from_bytes(signature[32:], "little")
    if s >= ORDER:
        return False
    k = number(signature[:32], public, message) % ORDER
    try:
        right = add(unpressed(signature[:32]), times(k, unpressed(public)))
    except ValueError:
        return False
    return pressed(times(s, BASE)) == pressed(right)


# --- notes (c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature) ----------


def key_id(name, kind, public):
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) +
                          public).digest()[:4]


def parse_vkey(vkey):
    """(name, id, kind, public), or ValueError."""
    name, hexed, packed = vkey.split("+", 2)
    data = base64.b64decode(packed, validate=True)
    if key_id(name, data[0], data[1:]).hex() != hexed:
        raise ValueError(vkey)
    return name, bytes.fromhex(hexed), data[0], data[1:]


def line(name, data):
    return f"— {name} {base64.b64encode(data).decode()}\n".encode()


def signed(key, text):
    return text + b"\n" + line(key.name, key.id() + key.sign(text))


def split_note(note):
    """(text, [(name, id, signature)])."""
    at = note.rindex(b"\n\n") + 1
    found = []
    for one in note[at + 1:].decode().splitlines():
        dash, name, packed = one.split(" ")
        assert dash == "—", one
        data = base64.b64decode(packed, validate=True)
        found.append((name, data[:4], data[4:]))
    return note[:at], found


def cosigned(vkey, note):
    """When this witness cosigned; None if there is no good line of it."""
    name, wanted, _kind, public = parse_vkey(vkey)
    text, lines = split_note(note)
    for who, found, data in lines:
        if (who, found) == (name, wanted):
            time = int.from_bytes(data[:8], "big")
            message = f"cosignature/v1\ntime {time}\n".encode() + text
            return time if verified(public, message, data[8:]) else None
    return None


# --- trees (RFC 6962, 2.1) ------------------------------------------------------


def root(leaves):
    """MTH; leaves are bytes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = left(len(leaves))
    return hashlib.sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()


def left(n):
    return 1 << (n - 1).bit_length() - 1


def consistency(m, leaves, whole=True):
    """PROOF(m, D)."""
    n = len(leaves)
    if m == n:
        return [] if whole else [root(leaves)]
    k = left(n)
    if m <= k:
        return consistency(m, leaves[:k], whole) + [root(leaves[k:])]
    return consistency(m - k, leaves[k:], False) + [root(leaves[:k])]


def checkpoint(key, leaves):
    text = f"{key.name}\n{len(leaves)}\n" + \
        base64.b64encode(root(leaves)).decode() + "\n"
    return signed(key, text.encode())


def add_checkpoint(key, old, leaves, proof=None, note=None):
    """The body of a request to a witness."""
    if proof is None:
        proof = consistency(old, leaves) if 0 < old < len(leaves) else []
    body = f"old {old}\n".encode()
    for one in proof:
        body += base64.b64encode(one) + b"\n"
    return body + b"\n" + (note or checkpoint(key, leaves))
