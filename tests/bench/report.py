"""The table, the ratios and what makes them worth less."""
import json
import re
import statistics

import picture
import rivals

BUSY_MAX = 0.1
# key, title, class, its arguments, requests under way at once
RIVALS = [
    ("bare", "bare libmicrohttpd, suspend and resume", rivals.Bare, (), 64),
    ("floor", "floor: verify, seal, flush, no more", rivals.Floor, (), 64),
    ("node_group", "Node, group commit", rivals.Node, ("group",), 64),
    ("node_single", "Node, one commit each", rivals.Node, ("single",), 64),
    ("postgres_16", "PostgreSQL, single rows, 16 clients", rivals.Postgres,
     (16,), 16),
    ("postgres_64", "PostgreSQL, single rows, 64 clients", rivals.Postgres,
     (64,), 64),
    ("redis_16", "Redis appendfsync always, 16 clients", rivals.Redis, (16,),
     16),
    ("redis_64", "Redis appendfsync always, 64 clients", rivals.Redis, (64,),
     64),
    ("postfix", "Postfix, accepted and relayed", rivals.Postfix, (), 32),
]
STOPPED = [
    ("burst_64", "Postern, 64 connections", 64),
    ("burst_1000", "Postern, 1000 connections", 1000),
    ("burst_1", "Postern, 1 connection", 1),
    ("burst_connect", "Postern, connects each time", 64),
    ("half_burst", "Postern, half load, open loop", 64),
]
BEHIND = [
    ("behind_64", "Postern, 64 connections", 64),
    ("half_behind", "Postern, half load, open loop", 64),
]
DISKS = [(0, "disk as is"), (1000, "+1 ms"), (5000, "+5 ms")]


def suffix(us):
    return f"+{us}" if us else ""


def median(runs, name, field="per_second"):
    values = [r[field] for r in runs.get(name, ()) if field in r]
    return statistics.median(values) if values else None


def ratio(a, b):
    return a / b if a is not None and b else None


def better(*values):
    return max((v for v in values if v is not None), default=None)


# --- ratios ---------------------------------------------------------------


def beside(runs, tail):
    """Ratios of rates, of one disk: (what, value, wanted, relation)."""
    def m(key, field="per_second"):
        return median(runs, key + tail, field)
    postgres = better(m("postgres_16"), m("postgres_64"))
    redis = better(m("redis_16"), m("redis_64"))
    out = []
    for key, how in (("burst_64", "stopped"), ("behind_64", "behind")):
        ack = m(key)
        out += [
            # It flushes nothing, so a slower disk says nothing of it.
            (f"acknowledged ({how}) / bare",
             None if tail else ratio(ack, m("bare")), 0.7, ">="),
            (f"acknowledged ({how}) / Node, group commit",
             ratio(ack, m("node_group")), 5, ">="),
            (f"acknowledged ({how}) / Node, one commit each",
             ratio(ack, m("node_single")), 15, ">="),
            (f"acknowledged ({how}) / PostgreSQL, the better",
             ratio(ack, postgres), 3, ">="),
            (f"acknowledged ({how}) / Redis, the better",
             ratio(ack, redis), 1, ">="),
        ]
    whole, steady = m("behind_64", "end_to_end"), m("steady")
    for name, value in (("all at once", whole), ("steady", steady)):
        out += [
            (f"end to end, {name} / acknowledged (stopped)",
             ratio(value, m("burst_64")), 0.25, ">="),
            (f"end to end, {name} / acknowledged (behind)",
             ratio(value, m("behind_64")), 0.25, ">="),
            (f"end to end, {name} / Postfix relay",
             ratio(value, m("postfix")), 20, ">="),
        ]
    sync = runs.get("sync" + tail)
    sync = statistics.median(sync) if sync else None
    for key, how in (("half_burst", "stopped"), ("half_behind", "behind")):
        out.append((f"p99 at half load ({how}) / median fdatasync", ratio(
            m(key, "p99_ms"), sync), 10, "<"))
    return out


def ledger(entries, text):
    """What bench-receive and bench-ledger say."""
    def numbers(pattern):
        return [float(v) for v in re.findall(pattern, text)]
    return {"entries": entries, "text": text,
            "share": numbers(r"the log costs ([-\d.]+) %"),
            "proof_ms": numbers(r"proof: .*p99 ([\d.]+)"),
            "verify_s": numbers(r"verify all: ([\d.]+) s"),
            "kib": numbers(r"verify .*at most (\d+) KiB")}


def ledger_targets(log):
    out = []
    if log["share"]:
        out.append(("proof log / acknowledgement to archive, the worst",
                    max(log["share"]) / 100, 0.15, "<="))
    if log["proof_ms"]:
        out.append(("proof from a large log, ms, p99, the slower kind",
                    max(log["proof_ms"]), 10, "<"))
    if log["verify_s"]:
        out.append(("verify of a large log, s", log["verify_s"][0], 60, "<"))
    if len(log["kib"]) == 2:
        out.append(("memory for it, MiB more than for a hundredth",
                    (log["kib"][1] - log["kib"][0]) / 1024, 8, "<"))
    return out


def size_targets(big):
    out = []
    if "memory_kb" in big:
        out.append(("memory of the three, MiB (PSS)", sum(
            pss for pss, _ in big["memory_kb"].values()) / 1024, 64, "<"))
    if "start" in big:
        out.append(("start to ready, s", big["start"]["seconds"], 2, "<"))
    if "size" in big:
        size = big["size"]
        out.append(("archive bytes / (2 x sealed + 300)", ratio(
            size["bytes"], 2 * size["sealed_bytes"] + 300), 1, "<"))
    if big.get("decide"):
        out.append(("decision on the hot path, us, the slowest text",
                    max(big["decide"].values()), 20, "<"))
    if "ledger" in big:
        out += ledger_targets(big["ledger"])
    if "growth" in big:
        out.append(("end to end while it grows, last / first", ratio(
            big["growth"]["last"], big["growth"]["first"]), 0.9, ">="))
    if big.get("rows", {}).get("ratio"):
        out.append(("archive alone, full / empty, the worse batch", min(
            big["rows"]["ratio"]), 0.9, ">="))
    if len(big.get("rows", {}).get("erased_ms", [])) == 2:
        few, all_of_it = big["rows"]["erased_ms"]
        out.append(("one person of 100 messages erased out of it, ms, worst",
                    all_of_it, 1000, "<"))
        out.append(("the same / out of a tenth of it", ratio(all_of_it, few),
                    2, "<"))
    return out


def targets(runs, big):
    """{disk: [(what, value, wanted, relation)]} of design.md section 6."""
    found = {us: beside(runs, suffix(us)) for us, _ in DISKS}
    found[0] += size_targets(big)
    return found


def limits(runs, rows):
    """What each acknowledgement target that was not met would take: [(what,
    disk, rate it needs, its share of bare, of the floor, and of what 64
    connections get when each flush serves all of them and nothing else takes
    time)].  Bare flushes nothing: its rate holds for every disk."""
    out, bare = [], median(runs, "bare")
    for us, disk in DISKS:
        floor = median(runs, "floor" + suffix(us))
        sync = runs.get("sync" + suffix(us))
        flush = 64 * 1000 / statistics.median(sync) if sync else None
        for what, value, wanted, relation in rows[us]:
            if not what.startswith("acknowledged") or \
                    verdict(value, wanted, relation) != "not met":
                continue
            key = "burst_64" if "(stopped)" in what else "behind_64"
            need = wanted * median(runs, key + suffix(us)) / value
            out.append((what, disk, need, ratio(need, bare),
                        ratio(need, floor), ratio(need, flush)))
    return out


def verdict(value, wanted, relation):
    if value is None:
        return "not measured"
    met = value >= wanted if relation == ">=" else value < wanted
    return "met" if met else "not met"


# --- printing -------------------------------------------------------------


def head(text):
    print(f"\n{text}\n{'':<44}{'per second':>10}{'p50 ms':>9}{'p99 ms':>9}"
          f"{'p99.9':>9}  spread of the rate")


def row(name, runs, key, rate="per_second"):
    values = runs.get(key)
    if not values:
        return
    cells = [median(runs, key, f) for f in (rate, "p50_ms", "p99_ms",
                                            "p999_ms")]
    if rate != "per_second":
        cells[1:] = [None] * 3
    texts = [f"{cells[0]:>10.0f}"] + [
        f"{c:>9.2f}" if c is not None else f"{'':>9}" for c in cells[1:]]
    rates = [v[rate] for v in values]
    print(f"  {name:<42}{''.join(texts)}  {min(rates):.0f}-{max(rates):.0f}, "
          f"{len(values)} runs")


def disk_tables(runs, us, name):
    tail = suffix(us)
    if not any(k.endswith(tail) and (us or "+" not in k) and k != "busy"
               for k in runs):
        return
    sync = runs.get("sync" + tail)
    print(f"\n=== {name}" + (
        f": every fsync and fdatasync of every server sleeps {us / 1000:g} ms "
        "more" if us else "") + (
        f"; median fdatasync of 8 kB {statistics.median(sync):.3f} ms"
        if sync else ""))
    head("Acknowledged, worker and keeper stopped: verify, seal, commit, "
         "answer, as the others do")
    for key, title, _ in STOPPED:
        row(title, runs, key + tail)
    for key, title, *_ in RIVALS:
        if key != "postfix":
            row(title, runs, key + tail)
    head("Acknowledged, archive and delivery running behind on the same "
         "processors")
    for key, title, _ in BEHIND:
        row(title, runs, key + tail)
    for key, how in (("half_burst", "stopped"), ("half_behind", "behind")):
        p99 = median(runs, key + tail, "flush_p99_ms")
        if p99 is not None:
            print(f"  (half load, {how}: a flush of 8 kB beside it took p50 "
                  f"{median(runs, key + tail, 'flush_p50_ms'):.2f}, p99 "
                  f"{p99:.2f} ms)")
    head("End to end: until the helpdesk (or smtp-sink) has it")
    row("Postern, all at once, to the last message", runs, "behind_64" + tail,
        "end_to_end")
    row("Postern, highest rate it follows", runs, "steady" + tail)
    row("Postfix, accepted and relayed", runs, "postfix" + tail)
    for got in runs.get("steady" + tail, ()):
        print(f"  (steady: {got['seconds']} s, {got['backlog']} messages "
              f"under way at its end, {got['in_chain_ms']:.0f} ms of it; the "
              "latency is the acknowledgement's)")


def large(big):
    print()
    for name, (pss, rss) in sorted(big.get("memory_kb", {}).items()):
        print(f"memory {name:<8} {pss / 1024:6.1f} MiB PSS "
              f"{rss / 1024:6.1f} MiB RSS")
    if "growth" in big:
        marks = big["growth"]["marks"]
        print(f"grown to {marks[-1][0] if marks else 0} messages"
              + ("" if big["growth"]["whole"] else " (its time was over)")
              + ", end to end: " + ", ".join(
                  f"{rate:.0f}/s at {at}" for at, rate in
                  marks[::max(1, len(marks) // 5)]))
    if "start" in big:
        start = big["start"]
        print(f"start with {start['waiting']} waiting: ready after "
              f"{start['seconds']:.2f} s, " + (
                  f"all told {start['drained_s']:.1f} s later"
                  if start["drained_s"] is not None else
                  "NOT ALL TOLD IN TIME"))
    if "size" in big:
        size = big["size"]
        print(f"archive: {size['messages']} messages, {size['bytes']:.0f} "
              f"bytes each, {size['sealed_bytes']:.0f} of them sealed")
    if big.get("decide"):
        print("the policy's decision on the hot path, facts and reasons "
              "included: " + ", ".join(
                  f"{us:.2f} us for a text of {length}"
                  for length, us in sorted(big["decide"].items())))
    if "ledger" in big:
        print(f"the proof log, {big['ledger']['entries']} entries:\n"
              + "".join(f"  {line}\n" for line in
                        big["ledger"]["text"].splitlines()), end="")
    if "rows" in big:
        print(f"the archive alone, {big['rows']['rows']} rows:\n"
              + "".join(f"  {line}\n"
                        for line in big["rows"]["text"].splitlines()), end="")


def ratios(rows):
    print(f"\n{'ratio':<52}{'wanted':>8}" + "".join(
        f"{name:>20}" for us, name in DISKS))
    for number, (what, _, wanted, relation) in enumerate(rows[0]):
        cells = []
        for us, _ in DISKS:
            value = rows[us][number][1] if number < len(rows[us]) else None
            cells.append("" if value is None else
                         f"{value:.2f} {verdict(value, wanted, relation)}")
        if any(cells):
            print(f"{what:<52}{relation:>3} {wanted:<4g}" + "".join(
                f"{cell:>20}" for cell in cells))
        else:
            print(f"{what:<52}{relation:>3} {wanted:<4g}{'not measured':>20}")


def reach(runs, rows):
    """How much of what can be had there is, and what was asked for."""
    print()
    for us, name in DISKS:
        floor = median(runs, "floor" + suffix(us))
        for key, how in (("burst_64", "worker and keeper stopped"),
                         ("behind_64", "archive and delivery behind")):
            part = ratio(median(runs, key + suffix(us)), floor)
            if part is not None:
                print(f"{name}: {part:.2f} of the floor, {how}")
    part = ratio(median(runs, "floor"), median(runs, "bare"))
    if part is not None:
        print(f"{DISKS[0][1]}: the floor itself is {part:.2f} of bare")
    costs = [(title, median(runs, key, "processor_us")) for key, title in (
        ("burst_64", "Postern"), ("floor", "floor"), ("bare", "bare"),
        ("node_group", "Node, group commit"))]
    if any(cost for _, cost in costs):
        print("processor time of the server per acknowledgement, us: "
              + ", ".join(f"{title} {cost:.1f}" for title, cost in costs
                          if cost))
    found = limits(runs, rows)
    if found:
        print(f"\n{'not met; the rate it needs':<48}{'disk':<12}"
              f"{'per second':>11}{'of bare':>10}{'of floor':>10}"
              f"{'of flush':>10}")
    for what, disk, need, *parts in found:
        print(f"{what:<48}{disk:<12}{need:>11.0f}" + "".join(
            f"{part:>10.2f}" if part is not None else f"{'':>10}"
            for part in parts))
    if any(part and part > 1 for row in found for part in row[3:]):
        print("Over 1 of bare: more than this library answers here without "
              "any work.  Over 1 of floor:\nmore than the work alone, with "
              "nothing around it, reached.  Over 1 of flush: more than 64\n"
              "connections get from this disk if all else took no time.")


def table(runs, big, skipped, rows, sizes):
    for us, name in DISKS:
        disk_tables(runs, us, name)
    large(big)
    ratios(rows)
    reach(runs, rows)
    print("\nDuring each row only the named server ran; all others were "
          "stopped (SIGSTOP).\nparts: " + " ".join(sizes["parts"])
          + (f"; left out: {' '.join(sizes['left_out'])}"
             if sizes["left_out"] else ""))
    for name, why in skipped.items():
        print(f"skipped {name}: {why}")
    caution(runs)
    if sizes["short"]:
        print("BENCH=short: smaller numbers than the targets speak of "
              f"({sizes['archived']} archived, {sizes['waiting']} waiting, "
              f"{sizes['rows']} rows, {sizes['entries']} entries of the "
              "proof log).")


def caution(runs):
    """What makes the figures of this run worth less."""
    busy = statistics.median(runs["busy"]) if "busy" in runs else 0
    if busy > BUSY_MAX:
        print(f"CAUTION: something else used {busy:.0%} of the processors "
              "before the rounds; neither \"met\" nor \"not met\" of this run "
              "means much.  Repeat it on a quiet machine.")
    under_way = {key: n for key, *_, n in RIVALS + STOPPED + BEHIND}
    for key, values in runs.items():
        name, _, us = key.partition("+")
        if us and name in under_way:
            most = under_way[name] * 1e6 / int(us)
            if max(v["per_second"] for v in values) > most:
                print(f"CAUTION: {key}: more than {most:.0f}/s cannot be if "
                      "it flushes before it answers.")


def write(directory, runs, big, skipped, rows, sizes):
    (directory / "result.json").write_text(json.dumps({
        **sizes, "runs": runs, "large": big, "skipped": skipped,
        "targets": [{"what": a, "disk": name, "value": b,
                     "wanted": f"{d} {c:g}", "verdict": verdict(b, c, d)}
                    for us, name in DISKS for a, b, c, d in rows[us]],
        "limits": [{"what": a, "disk": b, "needs_per_second": c,
                    "of_bare": d, "of_floor": e, "of_flush": f}
                   for a, b, c, d, e, f in limits(runs, rows)],
    }, indent=1) + "\n")
    curves = []
    for name, key in (("Postern, 64", "burst_64"),
                      ("Postern, 1", "burst_1"),
                      ("Postern, 1000", "burst_1000"),
                      ("Postern, half load", "half_burst"),
                      ("Postern, 64, behind", "behind_64"), ("bare", "bare"),
                      ("floor", "floor"),
                      ("Node, group", "node_group"),
                      ("Node, single", "node_single")):
        found = [r["curve_ms"] for r in runs.get(key, ()) if "curve_ms" in r]
        if found:
            curves.append((name, [statistics.median(v) for v in zip(*found)]))
    if curves:
        (directory / "latency.svg").write_text(picture.svg(curves))
