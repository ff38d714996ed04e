"""The command line of Tools/spark/screen."""
import argparse
import json
import math
import os
import shutil
import struct
import sys
import tempfile
from pathlib import Path

from .program import Program, WorkerFault, settings_of

HELP = """Screens an archive of calls on Apache Spark, with `falsetto analyze` as the child of each worker.

TABLE has a column `path`; with a column `content` (the recording's bytes) nothing is read from the workers' disks.
OUT gets Parquet with the columns of `falsetto analyze --format ndjson` (a row a leg); a recording that could not be screened is a
row with `error` and `errorKind`. What OUT has already is not screened again: after a crash, give the same command.
"""
EXAMPLES = """EXAMPLES
    Tools/spark/screen calls.csv --out verdicts                            # on all cores of this machine
    Tools/spark/screen calls.parquet --out verdicts --scores
    Tools/spark/screen 's3a://bucket/calls/2026' --table files --out s3a://bucket/verdicts --master spark://head:7077 --program falsetto
    Tools/spark/screen calls.csv --out verdicts -- --policy mine.json --leg far=right    # after -- : options of falsetto analyze

docs/archives.md says more.

Exit codes: 0 all screened; 3 some recordings failed (they are rows of OUT); 64 usage; 69 something is missing; 70 the job failed: the same
command goes on where it stopped; 78 policy, model or OUT at fault.
"""
KINDS = {".parquet": "parquet", ".csv": "csv", ".txt": "text"}


def number(least, kind=int):
    def parse(word):
        value = kind(word)
        if not least <= value < math.inf:
            raise ValueError(word)
        return value
    parse.__name__ = f"number from {least}"
    return parse


def pair(word):
    name, equals, value = word.partition("=")
    if not equals or not name:
        raise ValueError(word)
    return name, value


class Parser(argparse.ArgumentParser):
    def error(self, message):
        say(f"{message}; Tools/spark/screen --help")
        raise SystemExit(64)


def arguments(words):
    parser = Parser(prog="Tools/spark/screen", description=HELP, epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", metavar="TABLE", help="Parquet, CSV with a header, or text with a path a line")
    parser.add_argument("--table", dest="kind", choices=["parquet", "csv", "text", "files"],
                        help="what TABLE is, if its suffix does not say; files: a folder of recordings, on any file system that Spark reads")
    parser.add_argument("--out", required=True, help="the folder for the results, on a file system that all workers reach")
    parser.add_argument("--master", default="local[*]", help="Spark's master (local[*])")
    parser.add_argument("--conf", action="append", default=[], type=pair, metavar="NAME=VALUE", help="a setting of Spark's; repeatable")
    parser.add_argument("--program", help="falsetto, as every worker finds it; by default the one of this checkout or in PATH")
    parser.add_argument("--root", default=os.getcwd(), help="where relative paths of the table begin (this folder)")
    parser.add_argument("--batch", type=number(1), default=64, help="recordings a child, so that starting costs little (64)")
    parser.add_argument("--silence", type=number(1, float), default=600, metavar="SECONDS",
                        help="a recording on which falsetto says nothing for so long has failed (600)")
    parser.add_argument("--scores", action="store_true", help="stores the score track, hop by hop, too")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="of the summary on standard output")
    own, rest = (words[:words.index("--")], words[words.index("--") + 1:]) if "--" in words else (words, [])
    options = parser.parse_args(own)
    options.kind = options.kind or KINDS.get(os.path.splitext(options.table.rstrip("/"))[1])
    if not options.kind:
        parser.error(f"{options.table}: its suffix does not say what it is; give --table parquet, csv, text or files")
    taken = [word for word in rest if word.split("=")[0] in ("--format", "--manifest", "--jobs", "--labels", "--report", "--embed-audio", "--help")]
    if taken:
        parser.error(f"{taken[0]}: not for falsetto analyze on Spark")
    options.analyze = (["--scores"] if options.scores else []) + whole_paths(rest)
    return options


def whole_paths(words):
    """A worker's current folder is another one."""
    files = ("--policy", "--model")
    return [os.path.abspath(word) if words[place - 1:place] and words[place - 1] in files else word for place, word in enumerate(words)]


def say(words):
    print(f"falsetto: {words}", file=sys.stderr, flush=True)


def found_program(given):
    if given:
        return given
    built = Path(__file__).resolve().parents[3] / ".build" / "release" / "falsetto"
    return str(built) if built.exists() else shutil.which("falsetto")


def probe(program, scratch):
    """Screens a second of silence here: what is wrong with program, model, policy or options shows before a cluster is asked, and what it
    screens with has to be the same on every worker."""
    sound = Path(scratch) / "silence.wav"
    data = bytes(16000)
    sound.write_bytes(
        b"RIFF" + struct.pack("<I", 36 + len(data)) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
        + b"data" + struct.pack("<I", len(data)) + data)
    record, = program.screen([(str(sound), None)])
    return settings_of(record)


def main(words=None):
    options = arguments(sys.argv[1:] if words is None else words)
    command = found_program(options.program)
    if not command:
        say("no falsetto here; build it (Tools/falsetto --version), install it (Tools/install), or give --program")
        return 69
    if not shutil.which("java") and not os.environ.get("JAVA_HOME"):
        say("Spark needs Java 17 or later: apt-get install -y --no-install-recommends default-jre-headless")
        return 69
    program = Program(command, options.analyze, silence_seconds=options.silence, root=os.path.abspath(options.root))
    with tempfile.TemporaryDirectory(prefix="falsetto-spark-") as scratch:
        try:
            # --leg and --raw choose among what a recording has; silence has not got it.
            program.expected = probe(Program(command, plain(options.analyze)), scratch)
        except WorkerFault as fault:
            say(fault)
            return fault.code
        return on_spark(options, program, scratch)


def plain(words):
    """The options of `analyze` that say what it screens with."""
    kept, words = [], list(words)
    while words:
        word = words.pop(0)
        if word in ("--leg", "--raw"):
            words[:1] = []
        elif not word.startswith(("--leg=", "--raw=")):
            kept.append(word)
    return kept


def on_spark(options, program, scratch):
    # Workers on this machine run the Python that this runs in.
    if options.master.startswith("local"):
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    from . import job
    spark = None
    try:
        spark = job.session(options, scratch)
        told = job.run(spark, options, program, say)
    except job.Refused as error:
        say(error)
        return error.code
    except KeyboardInterrupt:
        say("broken off; the same command goes on where this stopped")
        return 130
    except Exception as error:                             # noqa: BLE001 - whatever Spark, Java or the network said
        say(f"the job failed: {job.reason(error)}. The same command goes on where this stopped")
        if os.environ.get("FALSETTO_TRACE"):
            raise
        return 70
    finally:
        if spark:
            spark.stop()
    if options.format == "json":
        print(json.dumps(told))
    else:
        legs = ", ".join(f"{count:,} {outcome}" for outcome, count in sorted(told["legs"].items())) or "none"
        print(f"{told['recordings']:,} recordings, {told['screenedNow']:,} of them screened now in {told['seconds']:g} s; legs: {legs}")
        if told["failed"]:
            kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(told["failedByKind"].items()))
            print(f"{told['failed']:,} could not be screened ({kinds}); they are the rows with `error`")
    return 3 if told["failed"] or told["rowsWithoutPath"] else 0


if __name__ == "__main__":
    sys.exit(main())
