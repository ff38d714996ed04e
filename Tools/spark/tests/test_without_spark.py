"""What a worker does with its child, and the schema, without Spark: a stand-in program that dies, goes silent or leaves things out."""
import json
import os
import stat
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from falsetto_spark import __main__ as command, program, schema  # noqa: E402
from falsetto_spark.program import Folder, Program, WorkerFault  # noqa: E402

# Says a record for each recording of the manifest; a recording's words say what it does to the program.
STAND_IN = """#!{python}
import csv, json, os, signal, sys, time
manifest = sys.argv[sys.argv.index("--manifest") + 1]
with open({log!r}, "a") as log:
    log.write("child\\n")
for row in csv.DictReader(open(manifest, newline="")):
    words = open(row["path"]).read() if os.path.exists(row["path"]) else "unreadable"
    if words == "kill":
        print(json.dumps(dict(path=row["path"], leg="left", half=True)), flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)
    if words == "hang":
        time.sleep(60)
    if words == "refuse":
        print("--policy: no such file", file=sys.stderr)
        sys.exit(78)
    if words == "skip":
        continue
    if words == "unreadable":
        print(json.dumps(dict(schema="falsetto.analysis/1", path=row["path"], error=row["path"] + " is no file", errorKind="notFound")), flush=True)
        continue
    for leg in ("left", "right"):
        print(json.dumps(dict(path=row["path"], leg=leg, words=words, build=words if words.startswith("build") else "1",
                              modelIdentity="m", policyDigest="p", operatingPoint=dict(name="n"))), flush=True)
sys.exit(1)
"""


class Children(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.log = self.folder / "log"
        self.stand_in = self.folder / "stand-in"
        self.stand_in.write_text(STAND_IN.format(python=sys.executable, log=str(self.log)))
        self.stand_in.chmod(0o755)

    def screen(self, contents, **settings):
        return Program(str(self.stand_in), **settings).screen([(f"call {k}.wav", c.encode()) for k, c in enumerate(contents)])

    def children(self):
        return len(self.log.read_text().splitlines())

    def test_many_recordings_cost_one_child_and_keep_their_names(self):
        records = self.screen(["a", "b", "c"])
        self.assertEqual([(r["path"], r["leg"], r["words"]) for r in records],
                         [(f"call {k}.wav", leg, w) for k, w in enumerate("abc") for leg in ("left", "right")])
        self.assertEqual(self.children(), 1)

    def test_a_recording_that_kills_the_program_fails_and_the_others_do_not(self):
        records = self.screen(["a", "kill", "b", "kill", "c"])
        died = [r for r in records if "error" in r]
        self.assertEqual([r["path"] for r in died], ["call 1.wav", "call 3.wav"])
        self.assertEqual({r["errorKind"] for r in died}, {"programDied"})
        self.assertIn("SIGSEGV", died[0]["error"])
        self.assertEqual(sorted(r["path"] for r in records if "error" not in r), sorted(f"call {k}.wav" for k in (0, 2, 4) for _ in "lr"))
        self.assertFalse(any("half" in r for r in records))

    def test_silence_ends_the_child_and_fails_the_recording(self):
        began = time.monotonic()
        records = self.screen(["a", "hang", "b"], silence_seconds=2)
        self.assertEqual([r["path"] for r in records if r.get("errorKind") == "programSilent"], ["call 1.wav"])
        self.assertEqual(len(records), 5)
        self.assertLess(time.monotonic() - began, 30)

    def test_what_is_wrong_with_the_worker_fails_no_recording(self):
        for contents, words in ((["refuse"], "--policy: no such file"), (["a", "skip"], "left out 1 recordings"), (["build 2"], "install the same")):
            with self.assertRaisesRegex(WorkerFault, words):
                self.screen(contents, expected=("1", "m", "p", "n"))
        with self.assertRaisesRegex(WorkerFault, "cannot be run"):
            Program("/nonexistent/falsetto").screen([("a", b"a")])

    def test_paths_are_read_where_they_are_and_bad_ones_have_their_reason(self):
        (self.folder / "a").write_text("words")
        rows = [("a", None), (f"file://{self.folder}/a", None), ("gone", None), ("s3a://bucket/a", None), ("a\0b", None)]
        records = Program(str(self.stand_in), root=str(self.folder)).screen(rows)
        self.assertEqual([r["path"] for r in records if r.get("words") == "words"], ["a"] * 2 + [f"file://{self.folder}/a"] * 2)
        failed = {r["path"]: (r["errorKind"], r["error"]) for r in records if "error" in r}
        self.assertEqual(failed["gone"], ("notFound", "the recording is no file"))
        self.assertEqual(failed["s3a://bucket/a"][0], "badRow")
        self.assertEqual(failed["a\0b"][0], "badRow")

    def test_sound_of_a_killed_worker_is_taken_away_and_that_of_a_living_one_is_not(self):
        left = Path(tempfile.mkdtemp(prefix=program.PREFIX))
        (left / "lock").touch()
        (left / "000001.wav").write_bytes(b"a call")
        with Folder() as first, Folder() as second:
            self.assertFalse(left.exists())
            self.assertTrue(first.exists() and second.exists())
            self.assertEqual(stat.S_IMODE(os.stat(first).st_mode), 0o700)
        self.assertFalse(first.exists() or second.exists())


class Schema(unittest.TestCase):
    def columns(self, **properties):
        path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "schema.json"
        path.write_text(json.dumps({"oneOf": [{"$ref": "#/$defs/leg"}], "$defs": {"leg": {"type": "object", "properties": properties}}}))
        return schema.columns(path)

    def test_every_column_of_the_records_schema_is_there(self):
        columns = schema.columns()
        whole = json.loads(schema.FILE.read_text())
        self.assertEqual(set(columns), set(whole["$defs"]["analysis"]["properties"]) | set(whole["$defs"]["unreadable"]["properties"]))
        self.assertEqual(columns["llr"], "double")
        self.assertEqual(columns["alerts"][0]["strongest"], {"startSeconds": "double", "endSeconds": "double", "windowLLR": "double"})
        self.assertEqual(columns["recording"]["sampleRate"], "long")

    def test_what_has_no_column_type_is_an_error_not_a_lost_field(self):
        for part in ({"type": ["number", "string"]}, {"enum": [1, 2]}, {"type": "object", "patternProperties": {}}, {}, {"anyOf": []},
                     {"oneOf": [{"type": "string"}, {"type": "number"}]}):
            with self.subTest(part), self.assertRaises(schema.Unknown):
                self.columns(field=part)

    def test_a_record_fits_or_is_refused(self):
        kind = self.columns(a={"type": "number"}, b={"type": "array", "items": {"type": "integer"}})
        self.assertEqual(schema.fitted({"a": 3}, kind), {"a": 3.0, "b": None})
        for record in ({"a": "3"}, {"b": [1.5]}, {"b": [True]}, {"c": 1}, {"b": 1}, []):
            with self.subTest(record), self.assertRaises(schema.Unknown):
                schema.fitted(record, kind)


class CommandLine(unittest.TestCase):
    def test_usage_is_refused_in_one_line(self):
        for words in (["t.csv"], ["table", "--out", "o"], ["t.csv", "--out", "o", "--batch", "0"], ["t.csv", "--out", "o", "--", "--jobs", "3"],
                      ["t.csv", "--out", "o", "--conf", "x"]):
            with self.subTest(words), self.assertRaises(SystemExit) as end:
                command.arguments(words)
            self.assertEqual(end.exception.code, 64)

    def test_what_follows_the_dashes_goes_to_analyze_with_whole_paths(self):
        options = command.arguments(["t.csv", "--out", "o", "--scores", "--", "--policy", "p.json", "--leg", "far=right"])
        self.assertEqual(options.analyze, ["--scores", "--policy", os.path.abspath("p.json"), "--leg", "far=right"])
        self.assertEqual(command.plain(options.analyze), ["--scores", "--policy", os.path.abspath("p.json")])


if __name__ == "__main__":
    unittest.main()
