"""One Debian package at one version, read without being installed; the same steps as a git repository's."""
import os
import shutil
import subprocess
import tarfile

from repository import CALM, Failure

PREFIX = "debian:"                           # in `source_repo`; `source_commit` is the version, `source_path` a file below /usr/share


class Package:
    def __init__(self, name, version, folder):
        self.name, self.commit, self.folder = name, version, folder
        self.files = {}                       # path -> member of the package

    def run(self, *command):
        try:
            done = subprocess.run(command, cwd=self.folder, env={**os.environ, **CALM}, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        except FileNotFoundError:
            raise Failure(f"{command[0]} is missing, and these come from the Debian package {self.name}") from None
        if done.returncode:
            words = [w for w in done.stderr.splitlines() if w.startswith("E:")] or done.stderr.split("\n")
            raise Failure(words[0].strip() or f"{command[0]} ended with {done.returncode}")

    def archive(self):
        found = [f for f in os.listdir(self.folder) if f.endswith(".deb")]
        return os.path.join(self.folder, found[0]) if found else None

    def members(self):
        """The package's files and links, one after another, each readable while it is the current one."""
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", self.archive()], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as p:
            with tarfile.open(fileobj=p.stdout, mode="r|") as tar:
                for member in tar:
                    if member.isfile() or member.issym():
                        yield tar, member

    def open(self):
        """Downloads the package (apt checks its hash against the signed list) and lists it."""
        os.makedirs(self.folder, exist_ok=True)
        if not self.archive():
            self.run("apt-get", "download", "-q", f"{self.name}={self.commit}")
        files, links = {}, {}
        try:
            for _, m in self.members():
                name = m.name.removeprefix("./")
                if m.isfile():
                    files[name] = m.name
                else:
                    links[name] = os.path.normpath(os.path.join(os.path.dirname(name), m.linkname)).lstrip("/")
        except (OSError, tarfile.TarError) as e:
            raise Failure(f"{os.path.basename(self.archive())} cannot be read: {e}") from None
        # Through a linked folder a file has a second name, and the corpus may have come by that.
        for link, target in links.items():
            for name, member in list(files.items()):
                if name == target or name.startswith(target + "/"):
                    files[link + name.removeprefix(target)] = member
        self.files = {name.removeprefix("usr/share/"): member for name, member in files.items()}

    def place(self, path):
        return os.path.join(self.folder, self.files[path].removeprefix("./").replace("/", "__"))

    def fetch(self, paths):
        wanted = {self.files[p]: self.place(p) for p in paths}
        for tar, member in self.members():
            if member.name in wanted:
                with open(wanted[member.name], "wb") as f:
                    shutil.copyfileobj(tar.extractfile(member), f)

    def write(self, path, to):
        os.replace(self.place(path), to)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)
