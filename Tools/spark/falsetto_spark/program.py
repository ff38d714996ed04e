"""Runs on a worker: recordings go to `falsetto analyze`, many to a child, and every one of them comes back as records.

Rule: a recording that kills the program, or on which it goes silent, is a failed recording with its reason; what is wrong with the worker
itself (no program, another version, a full disk) is an error of the task. Why: Spark tries a task again elsewhere, and a failed recording
is never tried again.
"""
import csv
import ctypes
import fcntl
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path

SCHEMA = "falsetto.analysis/1"
# How `analyze` ends when it said all that it has to say (69: a program is missing for some recordings; their records say so).
TOLD_ALL = (0, 1, 2, 3, 69)
PREFIX = "falsetto-archive-"


class WorkerFault(Exception):
    """This worker cannot screen; names no recording. `code` is the exit code where it is met before the job."""

    def __init__(self, words, code=70):
        super().__init__(words)
        self.code = code


def failure(path, kind, words):
    """The record of a recording that could not be screened."""
    return {"schema": SCHEMA, "path": path, "error": words, "errorKind": kind}


def settings_of(record):
    """What has to be the same in all results of one output; None for a failed recording."""
    if "error" in record:
        return None
    return tuple(record[name] for name in ("build", "modelIdentity", "policyDigest")) + (record["operatingPoint"]["name"],)


class Folder:
    """A folder for one batch, for this user only, locked as long as its process lives.

    A worker that is killed cannot clean up: the next batch on the same machine takes away what nobody holds any more, because it may be
    the sound of calls.
    """

    def __enter__(self):
        base = Path(tempfile.gettempdir())
        for stale in base.glob(PREFIX + "*"):
            self.remove_if_left(stale)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        self.lock = open(self.path / "lock", "w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)
        self.lock.close()

    @staticmethod
    def remove_if_left(folder):
        try:
            with open(folder / "lock", "r") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            pass                                           # held, another user's, or gone meanwhile


class Program:
    """`falsetto analyze` with its arguments. Can be sent to workers."""

    def __init__(self, command, arguments=(), jobs=1, silence_seconds=600, root="/", expected=None):
        self.command, self.arguments, self.jobs = command, list(arguments), jobs
        self.silence_seconds, self.root, self.expected = silence_seconds, root, expected

    def screen(self, rows):
        """Records of all of `rows`: pairs of a path and the recording's bytes, or None where the path is to be read."""
        with Folder() as folder:
            records, names = [], {}
            for number, (path, content) in enumerate(rows):
                # The suffix stays: headerless recordings are known by it.
                name = str(folder / f"{number:06d}{self.suffix(path)}")
                try:
                    self.lay(name, path, content)
                    names[name] = path
                except ValueError as error:
                    records.append(failure(path, "badRow", str(error)))
            for record in self.all_records(list(names), folder):
                settings = settings_of(record)
                if self.expected and settings and settings != tuple(self.expected):
                    raise WorkerFault(
                        f"{socket.gethostname()}: falsetto screens there as {settings}, here as {tuple(self.expected)}; install the same version, "
                        "model and policy on all workers")
                given = names[record["path"]]
                if "error" in record:
                    record["error"] = record["error"].replace(record["path"], "the recording")
                records.append(record | {"path": given})
            return records

    @staticmethod
    def suffix(path):
        suffix = os.path.splitext(path)[1]
        return suffix if suffix[1:].replace("-", "").isalnum() and suffix.isascii() and len(suffix) <= 12 else ""

    def lay(self, name, path, content):
        """Puts the recording in the batch's folder: a link to it, or its bytes. Raises `ValueError` with what is wrong with the row."""
        if content is not None:
            with open(name, "wb") as file:
                file.write(content)
            return
        if path.startswith("file:"):
            path = "/" + path.removeprefix("file:").lstrip("/")
        if "://" in path:
            raise ValueError("a path of another file system; mount it on the workers, or give a table with the recordings' bytes")
        if "\0" in path:
            raise ValueError("a path with a zero byte")
        os.symlink(os.path.join(self.root, path), name)

    def all_records(self, names, folder):
        while names:
            records, words = self.run(names, folder)
            yield from records
            said = {record["path"] for record in records}
            names = [name for name in names if name not in said]
            if not names:
                return
            if not words:
                raise WorkerFault(f"{socket.gethostname()}: falsetto ended as if it were done and left out {len(names)} recordings")
            # With one at a time it is the first; with more it is near: alone it shows.
            alone, names = names[0], names[1:]
            records, words = self.run([alone], folder)
            yield from records or [failure(alone, "programSilent" if "silent" in words else "programDied", words)]

    def run(self, names, folder):
        """One child. All records of the recordings that it finished, and how it broke off; "" where it came to its end."""
        manifest = folder / "recordings.csv"
        with open(manifest, "w", newline="", encoding="utf-8") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["path"]] + [[name] for name in names])
        with open(folder / "words", "w+", errors="replace") as complaints:
            try:
                child = subprocess.Popen(
                    [self.command, "analyze", "--format", "ndjson", "--jobs", str(self.jobs), *self.arguments, "--manifest", str(manifest)],
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=complaints, preexec_fn=die_with_parent)
            except OSError as error:
                raise WorkerFault(
                    f"{socket.gethostname()}: {self.command} cannot be run: {error.strerror}; install Falsetto on every worker", 69) from None
            silent = False
            lines = []
            try:
                for line in self.lines(child):
                    lines.append(line)
                child.wait()
            except TimeoutError:
                silent = True
            finally:
                child.kill()
                child.wait()
                child.stdout.close()
            complaints.seek(0)
            said = complaints.read().strip().splitlines()
        if child.returncode in TOLD_ALL:
            return [json.loads(line) for line in lines], ""
        if child.returncode in (64, 78):
            raise WorkerFault(f"{socket.gethostname()}: {said[-1] if said else 'falsetto refused its arguments'}", child.returncode)
        # The last line may be cut, and the last recording may have legs that were not said yet.
        records = [json.loads(line) for line in lines if line.endswith(b"\n")]
        if records:
            last = records[-1]["path"]
            records = [record for record in records if record["path"] != last]
        if silent:
            return records, f"falsetto was silent for {self.silence_seconds:g} s on it and was ended"
        how = f"signal {signal.Signals(-child.returncode).name}" if child.returncode < 0 else f"code {child.returncode}"
        return records, f"falsetto died of it ({how})"

    def lines(self, child):
        """The lines of its output. Raises `TimeoutError` where none came for too long."""
        arriving = queue.SimpleQueue()

        def read():
            for line in child.stdout:
                arriving.put(line)
            arriving.put(None)

        threading.Thread(target=read, daemon=True).start()
        while True:
            try:
                line = arriving.get(timeout=self.silence_seconds)
            except queue.Empty:
                raise TimeoutError from None
            if line is None:
                return
            yield line


def die_with_parent():
    """In the child: it ends when the worker is killed, instead of working for nobody."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
