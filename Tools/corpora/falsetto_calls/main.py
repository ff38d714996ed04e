"""The command line of Tools/corpora/calls."""
import argparse
import csv
import os
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from . import plan, sound
from .channels import Failure

COLUMNS = ["path", "label", "leg", "startSeconds", "endSeconds", "speaker", "source", "kind", "part", "channel", "system",
           "system_family", "sex", "language", "native_rate", "level_dbfs", "snr_db", "duration_s"]
USAGE, MISSING, BAD_INPUT = 64, 69, 3


def arguments(words):
    p = argparse.ArgumentParser(
        prog="calls", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Builds whole calls from a manifest of clips (path,label and, where known, speaker, source, system, sex, duration_s,\n"
                    "native_rate), deterministically. Writes WAV files and manifest.csv, which `falsetto tune` reads.",
        epilog="EXAMPLES\n  calls --corpus corpus --where split=dev --out calls\n"
               "  calls --corpus corpus --where split=train --sources fold0.txt --out calls/fold0\n"
               "  calls --corpus corpus --announcements asterisk_core_sounds --limit 20 --out trial\n\n"
               "A clip without a speaker belongs to its source's one unnamed speaker.\n"
               "EXIT CODES  0 done, 3 bad manifest or recording, 64 usage, 69 ffmpeg or sox is missing")
    p.add_argument("--corpus", required=True, type=Path, metavar="DIR", help="the folder that the manifest's paths begin in")
    p.add_argument("--manifest", type=Path, metavar="FILE", help="by default DIR/manifest.csv")
    p.add_argument("--corrections", type=Path, metavar="FILE",
                   help="labels and families that hold instead of the manifest's, by path; see Corpora/README.md")
    p.add_argument("--out", required=True, type=Path, metavar="DIR", help="where the calls go")
    p.add_argument("--where", action="append", default=[], metavar="COLUMN=VALUE", help="only such rows; repeatable")
    p.add_argument("--without", action="append", default=[], metavar="COLUMN=VALUE", help="no such rows; repeatable")
    p.add_argument("--sources", type=Path, metavar="FILE", help="only the sources in this file, one a line")
    p.add_argument("--announcements", action="append", default=[], metavar="SOURCE",
                   help="clips of this source open a quarter of the calls, once each, and are nobody's speech; repeatable")
    p.add_argument("--parts", type=int, default=1, metavar="N", help="numbers the sources by part; none shares a speaker with another part")
    p.add_argument("--seconds", type=float, default=40, help="speech of one voice to aim at in a call (40)")
    p.add_argument("--least", type=float, default=6, help="a synthetic voice with less speech makes no call (6)")
    p.add_argument("--least-human", type=float, default=3.2, help="a person with less speech makes no call (3.2)")
    p.add_argument("--mid-call", type=float, default=0.5, metavar="SHARE", help="share of synthetic voices swapped in mid-call (0.5)")
    p.add_argument("--band", choices=["any", "narrow", "wide"], default="any", help="clips of less than 16 kHz are always narrow")
    p.add_argument("--limit", type=int, metavar="N", help="at most N calls of each kind, spread over the sources")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    return p.parse_args(words)


def complain(line):
    print(f"calls: {line}", file=sys.stderr)


def chosen_rows(options):
    manifest = options.manifest or options.corpus / "manifest.csv"
    with open(manifest, newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        for column in ("path", "label"):
            if column not in (reader.fieldnames or []):
                raise ValueError(f"{manifest}: line 1: no column \"{column}\"; the columns are {', '.join(reader.fieldnames or [])}")
        rows = list(reader)
    if options.corrections:
        with open(options.corrections, newline="", encoding="utf-8") as file:
            reader = csv.DictReader(file)
            if missing := {"path", "label", "system_family"} - set(reader.fieldnames or []):
                raise ValueError(f"{options.corrections}: line 1: no column {', '.join(sorted(missing))}; path, label and system_family are needed")
            said = {row["path"]: row for row in reader}
        rows = [dict(r, label=said[r["path"]]["label"], system_family=said[r["path"]]["system_family"],
                     system="" if said[r["path"]]["label"] == "bonafide" else r.get("system") or said[r["path"]]["system_family"])
                if r["path"] in said else r for r in rows]
    for wanted, conditions in ((True, options.where), (False, options.without)):
        for condition in conditions:
            column, separator, value = condition.partition("=")
            if not separator or (rows and column not in rows[0]):
                raise ValueError(f"{condition}: give COLUMN=VALUE with a column of {manifest}")
            rows = [r for r in rows if (r[column] == value) == wanted]
    if options.sources:
        wanted = set(options.sources.read_text().split("\n")) - {""}
        rows = [r for r in rows if r.get("source", "") in wanted]
    return rows


def spread(calls, limit):
    """At most `limit` calls of each kind: one of each source in turn."""
    kept = []
    for kind in ("human", "synthetic", "swapped"):
        queues = {}
        for call in calls:
            if call.kind == kind:
                queues.setdefault(call.clips[0].source, []).append(call)
        taken = []
        while len(taken) < limit and queues:
            for source in sorted(queues):
                taken.append(queues[source].pop(0))
                if not queues[source]:
                    del queues[source]
        kept += taken[:limit]
    return kept


def build_one(call, root, out, seed, band):
    return call.name, sound.build(call, root, out, seed, band)


def main(words=None):
    options = arguments(words)
    missing = [p for p in ("ffmpeg", "sox") if not shutil.which(p)]
    if missing:
        complain(f"{' and '.join(missing)} missing; on Debian: apt-get install ffmpeg sox libsox-fmt-base libvo-amrwbenc0")
        return MISSING
    problems = []
    try:
        clips = plan.clips_of(chosen_rows(options), problems)
    except (OSError, ValueError) as error:
        complain(error)
        return BAD_INPUT if isinstance(error, OSError) else USAGE
    problems += [f"no file {options.corpus / c.path}" for c in clips if not (options.corpus / c.path).is_file()]
    if problems or not clips:
        for line in problems[:20] or ["no row is left to build a call from"]:
            complain(line)
        if len(problems) > 20:
            complain(f"and {len(problems) - 20} more of the kind")
        return BAD_INPUT
    calls, left = plan.plan(clips, options.seed, options.seconds, options.least, options.least_human, options.mid_call,
                            options.announcements, options.parts)
    if options.limit:
        calls = spread(calls, options.limit)

    rows, start = {}, time.monotonic()
    with ProcessPoolExecutor(max(1, options.jobs)) as pool:
        jobs = [pool.submit(build_one, c, options.corpus, options.out, options.seed, options.band) for c in calls]
        try:
            for done, job in enumerate(as_completed(jobs), 1):
                name, made = job.result()
                rows[name] = made
                if sys.stderr.isatty():
                    left_seconds = (time.monotonic() - start) / done * (len(jobs) - done)
                    print(f"\r\033[2K{done}/{len(jobs)} calls, {left_seconds:.0f} s left", end="", file=sys.stderr)
        except Failure as error:
            pool.shutdown(cancel_futures=True)
            complain(error)
            return BAD_INPUT
        if sys.stderr.isatty():
            print("\r\033[2K", end="", file=sys.stderr)
    with open(options.out / "manifest.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for call in calls:
            writer.writerows(rows[call.name])
    for kind in ("human", "synthetic", "swapped"):
        own = [c for c in calls if c.kind == kind]
        seconds = sum(c.seconds for call in own for c in call.clips)
        print(f"{kind}: {len(own)} calls, {len({c.clips[0].speaker for c in own})} speakers of {len({c.clips[0].source for c in own})} sources, "
              f"{seconds / 3600:.2f} h of clips")
    print(f"in no call: {left['synthetic']} synthetic clips (less than {options.least:g} s of one voice by one system), "
          f"{left['human']} human ones (less than {options.least_human:g} s of a person)")
    return 0
