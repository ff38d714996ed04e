"""`fetch` and `prints` on repositories and a corpus folder that the test makes; no network."""
import csv
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOOLS = os.path.dirname(HERE)
sys.path.insert(0, TOOLS)

import audio  # noqa: E402
import fingerprint  # noqa: E402

COLUMNS = ["path", "label", "split", "source", "native_rate", "native_codec", "duration_s", "source_repo", "source_commit", "source_path", "notes"]


def sound(seed, seconds, rate=16000):
    """Eight tones whose strengths change every 60 ms, as int16 bytes: as busy as speech is."""
    rng, n = random.Random(seed), int(seconds * rate)
    tones = [220 * 1.46 ** k * rng.uniform(0.9, 1.1) for k in range(8)]
    strength = [[rng.uniform(0, 1) ** 2 for _ in range(int(seconds / 0.06) + 2)] for _ in tones]
    x = [sum(s[int(i / rate / 0.06)] * math.sin(2 * math.pi * f * i / rate) for f, s in zip(tones, strength)) for i in range(n)]
    return audio.array.array("h", [int(3500 * v) for v in x]).tobytes()


def put(raw, rate, path, *coder):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    audio.ffmpeg(["-f", "s16le", "-ar", str(rate), "-ac", "1", "-i", "-", *coder, path], given=raw)


def git(folder, *arguments):
    who = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
    return subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


class Home:
    """Two repositories in a folder, and the corpus folder that somebody once cut from them."""

    def __init__(self, folder):
        self.folder, self.corpus, self.rows = folder, os.path.join(folder, "corpus"), []
        self.page = os.path.join(folder, "home", "people", "page")
        os.makedirs(self.page)
        git(self.page, "init", "--quiet")
        for option in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
            git(self.page, "config", option, "true")
        wide, narrow = sound(1, 5), sound(2, 5, 8000)
        put(wide, 16000, self.in_page("wavs/[Sample 02]-1-Ground truth.wav"))
        put(sound(3, 1.2), 16000, self.in_page("short.wav"))
        put(narrow, 8000, self.in_page("prompts/hello.ulaw"), "-f", "mulaw")
        put(sound(4, 3), 16000, self.in_page("not wanted.wav"))
        git(self.page, "add", "."), git(self.page, "commit", "--quiet", "-m", "recordings")
        self.commit = git(self.page, "rev-parse", "HEAD")
        # The pinned commit is no branch's head: the recording has changed since.
        put(sound(5, 5), 16000, self.in_page("wavs/[Sample 02]-1-Ground truth.wav"))
        git(self.page, "commit", "--quiet", "-am", "other recordings")
        self.start = 23457
        self.row("audio/page/wide.ogg", wide[2 * self.start:2 * (self.start + 48000)], 16000, "wavs/[Sample 02]-1-Ground truth.wav", "3.000")
        self.row("audio/page/short.ogg", sound(3, 1.2), 16000, "short.wav", "1.200")
        # Another FLAC encoder's file: the same samples, other bytes.
        coded = audio.samples(self.in_page("prompts/hello.ulaw"))
        self.row("audio/page/hello_00.flac", coded[2 * 4321:2 * (4321 + 24000)], 8000, "prompts/hello.ulaw#t=0.00", "3.000", "-compression_level", "0")

    def in_page(self, path):
        return os.path.join(self.page, path)

    def row(self, path, raw, rate, source_path, seconds, *coder):
        coder = coder or (("-c:a", "libopus", "-b:a", "36k") if path.endswith(".ogg") else ())
        put(raw, rate, os.path.join(self.corpus, path), *coder)
        self.add(path, source_path, seconds, rate)

    def add(self, path, source_path, seconds="3.000", rate=16000, repo="people/page", commit=None):
        self.rows.append(dict(zip(COLUMNS, [path, "bonafide", "train", path.split("/")[1], rate, "pcm_s16le", seconds, repo,
                                            self.commit if commit is None else commit, source_path, "a, note"])))

    def describe(self):
        plain = os.path.join(self.corpus, "manifest.csv")
        with open(plain, "w", newline="") as f:
            w = csv.DictWriter(f, COLUMNS)
            w.writeheader()
            w.writerows(self.rows)
        self.manifest = os.path.join(self.folder, "voices.csv")
        subprocess.run([sys.executable, os.path.join(TOOLS, "prints"), "--corpus", self.corpus, "--out", self.manifest, plain],
                       check=True, capture_output=True)

    def edit(self, change):
        with open(self.manifest, newline="") as f:
            rows = list(csv.DictReader(f))
        rows = [r for r in (change(r) for r in rows) if r]
        with open(self.manifest, "w", newline="") as f:
            w = csv.DictWriter(f, rows[0])
            w.writeheader()
            w.writerows(rows)

    def fetch(self, *more, out="out"):
        self.out = os.path.join(self.folder, out)
        # Whatever git is told elsewhere on this machine must not decide a test.
        calm = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        done = subprocess.run([sys.executable, os.path.join(TOOLS, "fetch"), "--out", self.out, "--manifest", self.manifest,
                               "--home", f"file://{self.folder}/home/", "--format", "json", *more], capture_output=True, text=True, env=calm)
        self.words = done.stderr
        return done.returncode, json.loads(done.stdout) if done.stdout else None

    def log(self):
        with open(os.path.join(self.out, "fetched.csv"), newline="") as f:
            return {r["path"]: r for r in csv.DictReader(f)}


class FetchTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.whole = tempfile.mkdtemp(prefix="fetch-test-")
        cls.made = Home(cls.whole)
        cls.made.describe()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.whole)

    def setUp(self):
        """Each test has a copy of its own."""
        self.folder = tempfile.mkdtemp(prefix="fetch-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        shutil.copytree(self.whole, self.folder, dirs_exist_ok=True)
        self.home = h = object.__new__(Home)
        h.__dict__.update(self.made.__dict__, folder=self.folder, corpus=os.path.join(self.folder, "corpus"),
                          page=os.path.join(self.folder, "home", "people", "page"), manifest=os.path.join(self.folder, "voices.csv"))

    def test_clips_are_cut_again_and_each_says_what_it_was_checked_by(self):
        code, said = self.home.fetch()
        self.assertEqual((code, said["there"], said["clips"]), (0, 3, 3), self.home.words)
        log = self.home.log()
        wide, hello, short = (log["audio/page/" + n] for n in ("wide.ogg", "hello_00.flac", "short.ogg"))
        # The manifest does not say where the clip begins; its print does.
        self.assertEqual(wide["check"], "print")
        self.assertLess(abs(float(wide["start_s"]) - self.home.start / 16000), 0.010)
        self.assertGreater(float(wide["agreement"]), 0.9)
        self.assertEqual((hello["check"], hello["start_s"]), ("samples", f"{4321 / 8000:.4f}"))
        self.assertEqual((short["check"], short["start_s"]), ("print", "0.0000"))
        for path, rate, n in (("wide.ogg", 16000, 48000), ("hello_00.flac", 8000, 24000), ("short.ogg", 16000, 19200)):
            self.assertEqual(len(audio.samples(os.path.join(self.home.out, "audio/page", path), rate)) // 2, n)
        with open(os.path.join(self.home.out, "manifest.csv"), newline="") as f:
            rows = list(csv.DictReader(f))
        self.assertEqual(list(rows[0]), COLUMNS)
        self.assertEqual([r["notes"] for r in rows], ["a, note"] * 3)
        self.assertEqual(os.listdir(os.path.join(self.home.out, ".repositories")), [])

    def test_only_the_wanted_files_come_over(self):
        code, _ = self.home.fetch("--keep")
        self.assertEqual(code, 0)
        clone = os.path.join(self.home.out, ".repositories", "people__page.git")
        missing = git(clone, "rev-list", "--objects", "--missing=print", self.home.commit).splitlines()
        self.assertEqual([m for m in missing if m.startswith("?")],
                         ["?" + git(self.home.page, "rev-parse", self.home.commit + ":not wanted.wav")])

    def test_what_is_there_is_not_fetched_again_and_what_is_gone_is(self):
        self.home.fetch("--source", "page")
        made = os.path.join(self.home.out, "audio/page/short.ogg")
        os.rename(self.home.page, self.home.page + ".away")
        code, said = self.home.fetch()
        self.assertEqual((code, said["there"]), (0, 3), "no clip needs the repository any more")
        with open(made, "ab") as f:
            f.write(b"damaged")
        code, said = self.home.fetch()
        self.assertEqual((code, said["checks"]["repository"]), (3, 1))
        os.rename(self.home.page + ".away", self.home.page)
        code, said = self.home.fetch()
        self.assertEqual((code, said["there"], said["repositories_failed"]), (0, 3, {}))

    def test_a_run_broken_off_in_the_middle_of_a_line_goes_on(self):
        self.home.fetch()
        log = os.path.join(self.home.out, "fetched.csv")
        with open(log) as f:
            lines = f.readlines()
        with open(log, "w") as f:
            f.write("".join(lines[:2]) + lines[2][:25])
        code, said = self.home.fetch()
        self.assertEqual((code, said["there"]), (0, 3))
        self.assertIn("2 clips from 1 repositories; 1 are there already", self.home.words)

    def test_a_failing_repository_is_reported_and_the_rest_goes_on(self):
        def change(r):
            if r["path"].endswith("short.ogg"):
                r["source_repo"] = "people/vanished"
            return r
        self.home.edit(change)
        code, said = self.home.fetch()
        self.assertEqual((code, said["there"], said["checks"]["repository"]), (3, 2, 1))
        self.assertEqual(said["repositories_failed"]["people/vanished"]["clips"], 1)
        self.assertIn("people/vanished", self.home.words)

    def test_a_commit_that_is_gone_and_a_file_that_is_not_in_it_are_told_apart(self):
        def change(r):
            if r["path"].endswith("short.ogg"):
                r["source_path"] = "no such.wav"
            if r["path"].endswith("wide.ogg"):
                r["source_commit"] = "0123456789" * 4
            if r["path"].endswith("flac"):
                r["source_repo"], r["source_commit"] = "generated (src8.py)", ""
            return r
        self.home.edit(change)
        code, said = self.home.fetch()
        self.assertEqual((code, said["there"]), (3, 0))
        self.assertEqual({p["path"].split("/")[-1]: p["check"] for p in said["failed"]},
                         {"short.ogg": "missing", "wide.ogg": "repository", "hello_00.flac": "not public"})

    def test_a_piece_is_sought_in_the_recording_that_the_notes_name(self):
        def change(r):
            if r["path"].endswith("wide.ogg"):
                r["source_path"], r["notes"] = "page/wide_0.5s.wav", "a talk; cut at 0.5 s of " + r["source_path"]
            if r["path"].endswith("flac"):
                r["source_path"], r["notes"] = "page/hello.wav", "8 kHz; mu-law file prompts/hello.ulaw decoded"
            return r
        self.home.edit(change)
        code, said = self.home.fetch()
        self.assertEqual((code, said["checks"]), (0, {"print": 2, "samples": 1}), said["failed"])

    @unittest.skipUnless(shutil.which("dpkg-deb"), "dpkg-deb is missing: Debian packages are not tested")
    def test_a_debian_package_is_read_like_a_repository(self):
        tree = os.path.join(self.folder, "tree")
        for folder in ("DEBIAN", "usr/share/tutor/en"):
            os.makedirs(os.path.join(tree, folder))
        with open(os.path.join(tree, "DEBIAN", "control"), "w") as f:
            f.write("Package: tutor-data\nVersion: 1:2-3\nArchitecture: all\nMaintainer: nobody <n@example.org>\nDescription: words\n")
        shutil.copy(self.home.in_page("short.wav"), os.path.join(tree, "usr/share/tutor/en/a.wav"))
        os.symlink("en", os.path.join(tree, "usr/share/tutor/old"))
        # A package that is there already is not downloaded: no test asks a mirror.
        there = os.path.join(self.folder, "out", ".repositories", "debian__tutor-data")
        os.makedirs(there)
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", tree, os.path.join(there, "tutor-data.deb")], check=True, capture_output=True)
        paths = {"short.ogg": "tutor/old/a.wav", "wide.ogg": "tutor/en/b.wav"}

        def change(r):
            r["source_path"] = paths.get(os.path.basename(r["path"]))
            return {**r, "source_repo": "debian:tutor-data", "source_commit": "1:2-3"} if r["source_path"] else None
        self.home.edit(change)
        code, said = self.home.fetch()
        self.assertEqual((code, said["checks"]), (3, {"print": 1, "missing": 1}), self.home.words)
        self.assertEqual(said["failed"][0]["reason"], "tutor/en/b.wav is not in 1:2-3")
        self.assertFalse(os.path.exists(there))

    def test_what_was_never_public_is_no_failure(self):
        self.home.edit(lambda r: {**r, "source_commit": ""} if r["path"].endswith("flac") else r)
        code, said = self.home.fetch()
        self.assertEqual((code, said["there"], said["checks"]["not public"]), (0, 2, 1))

    def test_another_recording_under_the_right_name_is_found_out(self):
        self.home.edit(lambda r: {**r, "source_commit": git(self.home.page, "rev-parse", "HEAD")})
        code, said = self.home.fetch()
        self.assertEqual(code, 3)
        self.assertEqual([(p["path"], p["check"]) for p in said["failed"]], [("audio/page/wide.ogg", "differs")])
        self.assertFalse(os.path.exists(os.path.join(self.home.out, "audio/page/wide.ogg")))

    def test_a_whole_recording_that_sounds_different_is_found_out(self):
        other = fingerprint.of(os.path.join(self.home.corpus, "audio/page/wide.ogg"))
        self.home.edit(lambda r: {**r, "print": other[:len(r["print"])]} if r["path"].endswith("short.ogg") else r)
        code, said = self.home.fetch()
        self.assertEqual((code, [p["check"] for p in said["failed"]]), (3, ["differs"]))
        self.assertFalse(os.path.exists(os.path.join(self.home.out, "audio/page/short.ogg")))

    def test_a_corpus_at_hand_gives_the_very_sample(self):
        code, _ = self.home.fetch("--compare", self.home.corpus)
        self.assertEqual(code, 0)
        wide = self.home.log()["audio/page/wide.ogg"]
        self.assertEqual((wide["check"], wide["start_s"]), ("compared", f"{self.home.start / 16000:.4f}"))

    def test_the_same_encoder_gives_the_same_file(self):
        self.home.fetch(out="first")
        made = self.home.log()
        self.home.edit(lambda r: {**r, "sha256": made[r["path"]]["sha256"]})
        code, said = self.home.fetch(out="second")
        self.assertEqual((code, said["checks"]), (0, {"identical": 3}))

    def test_a_server_that_does_not_filter_serves_too(self):
        for option in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
            git(self.home.page, "config", option, "false")
        code, said = self.home.fetch()
        self.assertEqual((code, said["there"]), (0, 3), self.home.words)

    def test_bad_manifests_get_one_line(self):
        self.home.edit(lambda r: {**r, "path": "../" + r["path"]})
        self.assertEqual(self.home.fetch()[0], 64)
        self.assertIn("leads out of the corpus folder", self.home.words)
        with open(self.home.manifest, "w") as f:
            f.write("path,label\nx.ogg,spoof\n")
        self.assertEqual(self.home.fetch()[0], 64)
        self.assertEqual(len(self.home.words.splitlines()), 1)
        os.remove(self.home.manifest)
        self.assertEqual(self.home.fetch()[0], 64)
        self.assertEqual(len(self.home.words.splitlines()), 1)


class PrintTest(unittest.TestCase):
    def test_a_list_brought_up_to_date_keeps_what_is_unchanged_and_forgets_what_is_gone(self):
        with tempfile.TemporaryDirectory() as t:
            home = Home(t)
            home.describe()

            def rows():
                with open(home.manifest, newline="") as f:
                    return {os.path.basename(r["path"]): r for r in csv.DictReader(f)}
            first = rows()
            home.edit(lambda r: {**r, "print": "kept" + r["print"]})
            home.rows = [r for r in home.rows if not r["path"].endswith("flac")]
            wide = next(r for r in home.rows if r["path"].endswith("wide.ogg"))
            put(sound(11, 3), 16000, os.path.join(home.corpus, wide["path"]))
            wide["notes"] = "another take"
            home.describe()
            now = rows()
            self.assertEqual(set(now), {"wide.ogg", "short.ogg"})
            self.assertEqual(now["short.ogg"]["print"], "kept" + first["short.ogg"]["print"])
            self.assertNotIn("kept", now["wide.ogg"]["print"])
            self.assertNotEqual(now["wide.ogg"]["sha256"], first["wide.ogg"]["sha256"])
            self.assertEqual(now["wide.ogg"]["notes"], "another take")

    def test_a_print_finds_its_place_and_no_other_recording(self):
        with tempfile.TemporaryDirectory() as t:
            raw, other = sound(8, 5), sound(9, 5)
            for name, x in (("whole.ogg", raw), ("clip.flac", raw[2 * 20001:2 * 68001]), ("other.ogg", other)):
                put(x, 16000, os.path.join(t, name))
            text = fingerprint.of(os.path.join(t, "clip.flac"))
            start, agreement = fingerprint.find(text, fingerprint.signs(fingerprint.energies(os.path.join(t, "whole.ogg"))))
            self.assertLess(abs(start - 20001 / 16000), 0.010)
            self.assertGreater(agreement, 0.85)
            _, agreement = fingerprint.find(text, fingerprint.signs(fingerprint.energies(os.path.join(t, "other.ogg"))))
            self.assertLess(agreement, fingerprint.SAME)


if __name__ == "__main__":
    unittest.main()
