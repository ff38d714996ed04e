"""Tests of Tools/corpora/calls, on voices that are made here: tones that stand for speakers."""
import csv
import io
import math
import shutil
import struct
import sys
import tempfile
import unittest
import wave
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from falsetto_calls import plan  # noqa: E402
from falsetto_calls.main import main  # noqa: E402


def table(people, machines):
    """Rows for (source, speaker, clips) and (source, speaker, system, clips)."""
    rows = [{"path": f"{s}/{p}-{k}.wav", "label": "bonafide", "source": s, "speaker": p, "duration_s": "3"}
            for s, p, n in people for k in range(n)]
    rows += [{"path": f"{s}/{p}-{y}-{k}.wav", "label": "spoof", "source": s, "speaker": p, "system": y, "duration_s": "3"}
             for s, p, y, n in machines for k in range(n)]
    return rows


def clips(people, machines=()):
    problems = []
    made = plan.clips_of(table(people, machines), problems)
    assert not problems, problems
    return made


class Planning(unittest.TestCase):
    people = [("a", "ann", 30), ("a", "abe", 1), ("b", "bob", 5), ("c", "ann", 4), ("d", "", 6)]
    machines = [("a", "ann", "vits", 4), ("b", "bob", "tacotron", 1), ("b", "bo'b", "vits", 3)]

    def test_a_human_clip_stands_in_one_human_call_of_one_speaker(self):
        calls, _ = plan.plan(clips(self.people, self.machines))
        used = [c.path for call in calls if call.kind == "human" for c in call.clips]
        self.assertEqual(len(used), len(set(used)))
        self.assertEqual(len(used), 45)
        for call in calls:
            self.assertEqual(len({(c.source, c.speaker) for c in call.clips}), 1)

    def test_a_clip_without_a_speaker_belongs_to_its_source(self):
        calls, _ = plan.plan(clips([("d", "", 2)]))
        self.assertEqual([c.speaker for c in calls[0].clips], ["(d)", "(d)"])

    def test_too_little_of_a_voice_makes_no_call_and_is_counted(self):
        calls, left = plan.plan(clips(self.people, self.machines))
        self.assertEqual(left, {"human": 1, "synthetic": 1})
        self.assertEqual(sorted(len(c.clips) for c in calls if c.kind != "human"), [3, 4])

    def test_no_speaker_and_no_source_stands_in_two_parts(self):
        all_clips = clips([(f"s{k}", f"p{k % 7}", 3) for k in range(20)] + [("big", "solo", 40)])
        part = plan.parts_of(all_clips, 3)
        speakers = {}
        for clip in all_clips:
            self.assertEqual(speakers.setdefault(clip.speaker, part[clip.source]), part[clip.source])
        self.assertEqual(set(part.values()), {0, 1, 2})

    def test_another_call_changes_no_call_that_was_there(self):
        few, _ = plan.plan(clips(self.people, self.machines))
        more, _ = plan.plan(clips(self.people + [("e", "eve", 9)], self.machines + [("e", "eve", "vits", 9)]))
        names = {c.name: [x.path for x in c.first + c.clips] for c in more}
        for call in few:
            self.assertEqual(names[call.name], [x.path for x in call.first + call.clips])

    def test_a_swapped_call_opens_with_the_claimed_speaker_where_there_is_one(self):
        calls, _ = plan.plan(clips(self.people, self.machines), mid_call=1)
        swapped = {c.clips[0].speaker: c for c in calls if c.kind == "swapped"}
        self.assertEqual({c.speaker for c in swapped["ann"].first}, {"ann"})
        self.assertEqual({c.speaker for c in swapped["bo'b"].first}, {"bob"})
        self.assertTrue(all(c.label == "human" for call in swapped.values() for c in call.first))

    def test_unknown_labels_and_copies_are_told_with_their_line(self):
        rows = table([("a", "ann", 2)], []) + [{"path": "x", "label": "robot"}] + table([("a", "ann", 1)], [])
        problems = []
        plan.clips_of(rows, problems)
        self.assertEqual(problems, [
            'line 4: unknown label "robot"; use bonafide (or human), spoof (or synthetic), enhanced, partly, doubtful, nonspeech',
            "line 5: a/ann-0.wav stands on line 2 already; a clip counts once"])


@unittest.skipUnless(shutil.which("ffmpeg") and shutil.which("sox"), "ffmpeg and sox make the calls")
class Building(unittest.TestCase):
    """People hum at 500 Hz, machines at 1500 Hz: who speaks can be measured in the finished call."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = Path(self.folder.name)
        rows = table([("a", "ann", 4), ("b", "bob", 3)], [("a", "ann", "vits", 3), ("b", "bob", "vits", 3)])
        for row in rows:
            path = self.root / "corpus" / row["path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            frequency = 500 if row["label"] == "bonafide" else 1500
            with wave.open(str(path), "wb") as file:
                file.setparams((1, 2, 16000, 0, "NONE", ""))
                file.writeframes(b"".join(struct.pack("<h", int(8000 * math.sin(2 * math.pi * frequency * n / 16000))) for n in range(48000)))
        with open(self.root / "corpus/manifest.csv", "w", newline="") as file:
            writer = csv.DictWriter(file, ["path", "label", "source", "speaker", "system", "system_family", "duration_s"], restval="")
            writer.writeheader()
            writer.writerows(rows)

    def tearDown(self):
        self.folder.cleanup()

    def build(self, out, *words):
        said = io.StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            code = main(["--corpus", str(self.root / "corpus"), "--out", str(self.root / out), "--jobs", "2", *words])
        return code, said.getvalue()

    def test_the_swap_is_at_the_sample_that_the_manifest_says(self):
        self.assertEqual(self.build("calls", "--mid-call", "1")[0], 0)
        with open(self.root / "calls/manifest.csv") as file:
            rows = [r for r in csv.DictReader(file) if r["kind"] == "swapped"]
        self.assertEqual([r["label"] for r in rows], ["human", "synthetic"] * 2)
        for human, machine in zip(rows[::2], rows[1::2]):
            self.assertEqual(human["endSeconds"], machine["startSeconds"])
            with wave.open(str(self.root / "calls" / human["path"])) as file:
                rate = file.getframerate()
                samples = struct.unpack(f"<{file.getnframes()}h", file.readframes(file.getnframes()))
            swap = round(float(machine["startSeconds"]) * rate)
            length = rate // 10

            def strength(frequency, start):
                window = range(max(0, start), start + length)
                return math.hypot(*(sum(samples[n] * f(2 * math.pi * frequency * n / rate) for n in window) for f in (math.cos, math.sin)))

            # A coder may delay by some milliseconds; a tenth of a second past the swap the machine is heard, and not before it.
            self.assertGreater(strength(1500, swap + rate // 20), 5 * strength(500, swap + rate // 20))
            self.assertLess(strength(1500, swap - length), strength(1500, swap + rate // 20) / 5)
            self.assertAlmostEqual(len(samples) / rate, float(machine["endSeconds"]), delta=0.1)

    def test_the_same_table_gives_the_same_bytes(self):
        self.build("one")
        self.build("two", "--jobs", "1")
        files = sorted(p.relative_to(self.root / "one") for p in (self.root / "one").rglob("*") if p.is_file())
        self.assertGreater(len(files), 4)
        for file in files:
            self.assertEqual((self.root / "one" / file).read_bytes(), (self.root / "two" / file).read_bytes(), file)

    def test_a_corrected_label_holds_and_what_is_partly_a_machine_s_is_left_out(self):
        corrections = self.root / "corrections.csv"
        corrections.write_text("path,label,system_family,page,quote\n" + "".join(f"b/bob-{k}.wav,spoof,classical,p,q\n" for k in range(3))
                               + "a/ann-0.wav,partly,tts,p,q\nb/bob-vits-0.wav,bonafide,,p,q\nb/bob-vits-1.wav,bonafide,,p,q\n")
        self.assertEqual(self.build("calls", "--mid-call", "0", "--corrections", str(corrections))[0], 0)
        with open(self.root / "calls/manifest.csv") as file:
            rows = {(r["source"], r["label"]): r for r in csv.DictReader(file)}
        self.assertEqual(rows["b", "synthetic"]["system"], "classical")
        length = lambda label, source: float(rows[source, label]["endSeconds"]) - float(rows[source, label]["startSeconds"])
        self.assertLess(length("human", "b"), length("human", "a"))
        self.build("as-it-is", "--mid-call", "0")
        with open(self.root / "as-it-is/manifest.csv") as file:
            before = {(r["source"], r["label"]): r for r in csv.DictReader(file)}
        self.assertGreater(float(before["a", "human"]["duration_s"]), float(rows["a", "human"]["duration_s"]) + 2)

    def test_a_row_without_a_file_is_told_and_nothing_is_built(self):
        (self.root / "corpus/a/ann-2.wav").unlink()
        code, said = self.build("calls")
        self.assertEqual(code, 3)
        self.assertIn("a/ann-2.wav", said)
        self.assertFalse((self.root / "calls").exists())


if __name__ == "__main__":
    unittest.main()
