"""One public git repository at one commit, of which only the wanted files are fetched (partial clone, no checkout)."""
import os
import shutil
import subprocess

# A vanished repository must not ask for a password, a dead line must not hang for ever.
CALM = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "true", "LC_ALL": "C"}
SLOW = ["-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=60", "-c", "gc.auto=0", "-c", "advice.detachedHead=false"]


class Failure(Exception):
    """git's own words, in one line."""


class Repository:
    def __init__(self, address, commit, folder):
        self.address, self.commit, self.folder = address, commit, folder
        self.files = {}                       # path -> blob id, of the whole commit

    def git(self, *arguments, given=None):
        done = subprocess.run(["git", *SLOW, *arguments], cwd=self.folder, env={**os.environ, **CALM}, input=given,
                              stdin=None if given is not None else subprocess.DEVNULL, capture_output=True)
        if done.returncode:
            words = [w for w in done.stderr.decode(errors="replace").splitlines() if w.strip()]
            fatal = [w for w in words if w.startswith(("fatal:", "error:"))]
            raise Failure((fatal or words or [f"git {arguments[0]} ended with {done.returncode}"])[0].strip())
        return done.stdout

    def open(self):
        """Commit and trees; no file yet. Goes on with what an earlier run has fetched."""
        os.makedirs(self.folder, exist_ok=True)
        if not os.path.exists(os.path.join(self.folder, "HEAD")):
            self.git("init", "--quiet", "--bare")
        for key, value in (("url", self.address), ("promisor", "true")):
            self.git("config", f"remote.origin.{key}", value)
        if not self.has_commit():
            try:
                self.git("fetch", "--quiet", "--no-tags", "--depth=1", "--filter=blob:none", "origin", self.commit)
            except Failure:
                # Not every server hands out a commit by its id: all branches then, and the commit may be among them.
                self.git("fetch", "--quiet", "--filter=blob:none", "origin", "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
                if not self.has_commit():
                    raise Failure(f"commit {self.commit} is no longer there") from None
        for entry in self.git("ls-tree", "-r", "-z", "--full-tree", self.commit).split(b"\0"):
            if entry:
                about, path = entry.split(b"\t", 1)
                mode, kind, blob = about.split()
                if kind == b"blob" and mode != b"120000":
                    self.files[path.decode("utf-8", "surrogateescape")] = blob.decode()

    def has_commit(self):
        try:
            # `rev-list -1` reads the commit from what is here; asking for the object could fetch it.
            return self.git("rev-list", "-1", "--quiet", self.commit, "--") is not None
        except Failure:
            return False

    def fetch(self, paths):
        """Brings the files at `paths` in one round trip. git checks each against its id as it arrives."""
        wanted = sorted({self.files[p] for p in paths})
        if wanted:
            self.git("-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet", "--no-tags", "--no-write-fetch-head",
                     "--recurse-submodules=no", "--filter=blob:none", "--stdin", "origin", given="\n".join(wanted).encode() + b"\n")

    def write(self, path, to):
        content = self.git("cat-file", "blob", self.files[path])
        if content.startswith(b"version https://git-lfs"):
            raise Failure("the repository holds only a Git LFS pointer here")
        with open(to, "wb") as f:
            f.write(content)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)
