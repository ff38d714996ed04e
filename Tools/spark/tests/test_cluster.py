"""The job on a local cluster of two worker processes, with the real program: a worker is killed, then the driver, and nothing is lost or twice.

Needs pyspark, Java, and FALSETTO_PROGRAM, the built program; says so where it is skipped. Takes about a minute.
"""
import csv
import importlib.util
import json
import math
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import wave
from pathlib import Path

sys.dont_write_bytecode = True
TOOLS = Path(__file__).resolve().parent.parent
PROGRAM = os.environ.get("FALSETTO_PROGRAM")
LACKING = [word for word, there in (
    ("FALSETTO_PROGRAM", PROGRAM), ("Java", shutil.which("java") or os.environ.get("JAVA_HOME")),
    ("pyspark", importlib.util.find_spec("pyspark")), ("pyarrow", importlib.util.find_spec("pyarrow"))) if not there]

# Notes what it is given and hands over to the real program; with `hold` in its folder it first waits for `go` there, from the third child on.
NOTING = """#!{python}
import csv, os, sys, time
folder = {folder!r}
manifest = sys.argv[sys.argv.index("--manifest") + 1]
given = [row["path"] for row in csv.DictReader(open(manifest, newline=""))]
with open(folder + "/log", "a") as log:
    log.write("%d %s\\n" % (os.getpid(), "|".join(os.path.basename(os.readlink(g)) if os.path.islink(g) else str(os.path.getsize(g)) for g in given)))
if len(open(folder + "/log").readlines()) > 3 and os.path.exists(folder + "/hold"):
    until = time.monotonic() + 900
    while not os.path.exists(folder + "/go") and time.monotonic() < until:
        time.sleep(0.05)
os.execv({program!r}, [{program!r}] + sys.argv[1:])
"""


def call(path, seed, channels=1, seconds=5):
    """A swelling tone; of another length for each seed, so that its bytes tell it."""
    frames = int(8000 * seconds) + seed

    def sample(t, channel):
        return int(8000 * math.sin(2 * math.pi * (120 + 5 * seed + 40 * channel) * t / 8000) * (0.5 + 0.5 * math.sin(t / 1500)))

    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"".join(struct.pack("<h", sample(t, channel)) for t in range(frames) for channel in range(channels)))


def processes():
    """`{pid: (parent, command line)}` of all that run."""
    found = {}
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit():
                stat = (entry / "stat").read_text()
                found[int(entry.name)] = (int(stat.rsplit(")", 1)[1].split()[1]), (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            pass
    return found


def ancestors(pid, table):
    while pid in table and pid > 1:
        yield pid
        pid = table[pid][0]


@unittest.skipIf(LACKING, f"SKIPPED: Spark is not tested, for want of {', '.join(LACKING)}")
class Cluster(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.out = self.folder / "out"
        self.noting = self.folder / "noting"
        self.noting.write_text(NOTING.format(python=sys.executable, folder=str(self.folder), program=PROGRAM))
        self.noting.chmod(0o755)
        self.begun = []
        self.addCleanup(self.end)
        import pyspark
        work = Path(pyspark.__file__).parent / "work"
        before = set(work.glob("*"))
        self.addCleanup(lambda: [shutil.rmtree(left, ignore_errors=True) for left in set(work.glob("*")) - before])

    def end(self):
        for run in self.begun:
            if run.poll() is None:
                os.killpg(run.pid, signal.SIGKILL)
                run.wait()

    def start(self, table, *more):
        log = open(self.folder / f"stderr{len(self.begun)}", "w+")
        self.addCleanup(log.close)
        run = subprocess.Popen(
            [sys.executable, "-B", "-m", "falsetto_spark", str(table), "--out", str(self.out), "--program", str(self.noting), "--batch", "2",
             "--master", "local-cluster[2,1,1024]", "--root", str(self.folder), "--format", "json", *more],
            env=os.environ | {"PYTHONPATH": str(TOOLS)}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True, process_group=0)
        run.words = lambda: Path(log.name).read_text()
        self.begun.append(run)
        return run

    def finish(self, run):
        said, _ = run.communicate(timeout=900)
        self.assertIn(run.returncode, (0, 3), run.words())
        return json.loads(said)

    def until(self, run, condition, what):
        end = time.monotonic() + 900
        while time.monotonic() < end:
            found = condition()
            if found:
                return found
            if run.poll() is not None:
                self.fail(f"ended before {what}: {run.words()}")
            time.sleep(0.05)
        self.fail(f"never {what}: {run.words()}")

    def stored(self):
        """Paths of finished files: each is there whole."""
        import pyarrow.parquet
        return [row for part in sorted(self.out.glob("part-*.parquet")) for row in pyarrow.parquet.read_table(part).to_pylist()] if self.out.exists() else []

    def noted(self):
        """`(pid, recordings)` of each child."""
        log = self.folder / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [(int(line.split(" ", 1)[0]), line.split(" ", 1)[1].split("|")) for line in lines]

    def hold(self):
        (self.folder / "go").unlink(missing_ok=True)
        (self.folder / "log").unlink(missing_ok=True)
        (self.folder / "hold").touch()

    def test_a_killed_worker_and_a_killed_driver_lose_nothing_and_store_nothing_twice(self):
        names = [f"call {k:02d}, \"one\".wav" for k in range(14)]
        for k, name in enumerate(names):
            call(self.folder / name, seed=k, channels=2 if k == 3 else 1)
        with open(self.folder / "calls.csv", "w", newline="") as file:
            csv.writer(file).writerows([["path"], ["nowhere.wav"], ["nowhere.wav"]] + [[name] for name in names[:9]])

        # A table of paths. One of two workers is killed while it works.
        self.hold()
        run = self.start(self.folder / "calls.csv", "--scores")
        held = self.until(run, lambda: len(self.noted()) >= 5 and self.stored() and self.noted()[-1], "the cluster was at work")
        table = processes()
        worker = next(pid for pid in ancestors(held[0], table) if "CoarseGrainedExecutorBackend" in table[pid][1])
        os.kill(worker, signal.SIGKILL)
        self.until(run, lambda: held[0] not in processes(), "the killed worker's child was gone")
        (self.folder / "go").touch()
        told = self.finish(run)
        print(f"\n{run.words()}{told}", file=sys.stderr)
        self.assertIn("Lost executor", run.words())
        self.assertEqual((told["recordings"], told["screenedNow"], told["failed"]), (10, 10, 1))
        rows = self.stored()
        self.assertEqual(sorted((r["path"], r["leg"] or "") for r in rows),
                         sorted([("nowhere.wav", "")] + [(n, leg) for k, n in enumerate(names[:9]) for leg in (("left", "right") if k == 3 else ("mono",))]))
        self.assertEqual([r["errorKind"] for r in rows if r["error"]], ["notFound"])
        # The first child is the driver's look at its own program.
        screened = [name for _, given in self.noted()[1:] for name in given]
        again = {name for name in screened if screened.count(name) > 1}
        self.assertEqual((set(screened), again), (set(names[:9]) | {"nowhere.wav"}, set(held[1])))

        # A row holds what the program says of the same recording.
        alone = subprocess.run([PROGRAM, "analyze", "--format", "ndjson", "--scores", str(self.folder / names[3])], capture_output=True, text=True)
        for line in alone.stdout.splitlines():
            record = json.loads(line)
            row = next(r for r in rows if r["path"] == names[3] and r["leg"] == record["leg"])
            self.assertEqual(whole(row) | {"path": "", "screenedAt": ""}, whole(record) | {"path": "", "screenedAt": ""})

        # A table of bytes with these recordings and others. The driver is killed.
        import pyarrow
        import pyarrow.parquet
        (self.folder / "bytes.parquet").mkdir()
        for k in range(0, 14, 2):
            part = pyarrow.table({"path": names[k:k + 2], "content": [(self.folder / n).read_bytes() for n in names[k:k + 2]]})
            pyarrow.parquet.write_table(part, self.folder / "bytes.parquet" / f"{k}.parquet")
        many = ["--scores", "--conf", "spark.sql.files.openCostInBytes=0", "--conf", "spark.sql.files.maxPartitionBytes=200000"]
        self.hold()
        run = self.start(self.folder / "bytes.parquet", *many)
        new = self.until(run, lambda: len(self.noted()) >= 4 and {r["path"] for r in self.stored()} - set(names[:9]), "it had stored something")
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        self.until_gone(run.pid)
        new = {r["path"] for r in self.stored()} - set(names[:9]) - {"nowhere.wav"}
        self.assertTrue(0 < len(new) < 5, new)

        # The same command goes on.
        self.hold()
        (self.folder / "go").touch()
        told = self.finish(self.start(self.folder / "bytes.parquet", *many))
        self.assertEqual((told["recordings"], told["screenedNow"], told["failed"]), (14, 5 - len(new), 0))
        sizes = {str((self.folder / n).stat().st_size): n for n in names}
        self.assertEqual({sizes[size] for _, given in self.noted()[1:] for size in given}, set(names[9:]) - new)
        self.assertEqual(sorted(r["path"] for r in self.stored()), sorted(names + [names[3], "nowhere.wav"]))

        # Another policy does not mix in.
        policy, other = self.folder / "policy.json", self.folder / "other.json"
        shown = json.loads(subprocess.run([PROGRAM, "policy", "show", "--format", "json"], capture_output=True, text=True, check=True).stdout)
        policy.write_text(json.dumps(shown | {"name": "another"}))
        subprocess.run([PROGRAM, "policy", "check", "--accept", str(other), str(policy)], capture_output=True, check=True)
        refused = self.start(self.folder / "calls.csv", "--master", "local[1]", "--", "--policy", str(other))
        refused.communicate(timeout=900)
        self.assertEqual(refused.returncode, 78)
        self.assertIn("--out was begun with", refused.words().splitlines()[-1])

    def until_gone(self, group):
        """All that a killed driver left: its workers end when they miss it."""
        end = time.monotonic() + 900
        while time.monotonic() < end:
            mine = [pid for pid, (_, line) in processes().items() if str(self.folder) in line or "CoarseGrainedExecutorBackend" in line and group_of(pid) == group]
            if not mine:
                return
            time.sleep(0.1)
        self.fail(f"left over: {mine}")


def group_of(pid):
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return None


def whole(value):
    """Without the nulls, which Parquet has for what is absent; whole numbers as floats."""
    if isinstance(value, dict):
        return {name: whole(part) for name, part in value.items() if part is not None}
    if isinstance(value, list):
        return [whole(part) for part in value]
    return float(value) if type(value) is int else value


if __name__ == "__main__":
    unittest.main()
