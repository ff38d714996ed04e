"""A falsetto of its own to look at: a state folder, calls that were really heard, accounts, and `falsetto serve` over it."""

import base64
import hashlib
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
from pathlib import Path

PASSWORD = "a good long password"
PEOPLE = {"ad": "admin", "vi": "viewer", "ann": "reviewer", "bob": "reviewer"}
HUMAN_SOUNDS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
TEXT = (
    "Good morning, this is the appointment service of the city library. Your reserved books have arrived and wait for you at the desk. "
    "Please bring your card, and note that the house closes at eight tonight. If another day suits you better, say so after the tone, and "
    "somebody will ring you back before noon. Thank you, and have a pleasant day.")


def telephone(arguments, stdin=None):
    """Sound through sox to what a telephone carries: 8 kHz, 16 bits, one channel, raw."""
    return subprocess.run(
        ["sox", *arguments, "-t", "raw", "-r", "8000", "-e", "signed", "-b", "16", "-c", "1", "-", "norm", "-6"],
        input=stdin, capture_output=True, check=True).stdout


def machine_voice(text=TEXT, voice="en-us", speed=160):
    """A call in a made voice, by espeak-ng."""
    wave = subprocess.run(["espeak-ng", "-v", voice, "-s", str(speed), "--stdout", text], capture_output=True, check=True).stdout
    return telephone(["-t", "wav", "-"], wave)


def human_voice(first=0, seconds=30):
    """A call in a person's voice: prompts of the Asterisk project, one after the other."""
    sounds = sorted(path for path in HUMAN_SOUNDS.glob("*.gsm") if path.stat().st_size > 6000)
    chosen, length = [], 0.0
    for path in sounds[first % len(sounds):] + sounds:
        chosen.append(path)
        length += path.stat().st_size / 1650
        if length >= seconds:
            break
    return telephone([str(path) for path in chosen])


class AudioSocketCall:
    """A call as Asterisk's AudioSocket brings it: messages of a kind, a length of two bytes, and what it holds."""

    def __init__(self, port, number):
        self.connection = socket.create_connection(("127.0.0.1", port))
        self.say(0x01, bytes(15) + bytes([number]))

    def say(self, kind, body=b""):
        self.connection.sendall(bytes([kind]) + len(body).to_bytes(2, "big") + body)

    def speak(self, samples):
        """16-bit samples at 8 kHz, 20 ms a message, as fast as they are taken."""
        for start in range(0, len(samples), 320):
            self.say(0x10, samples[start:start + 320])

    def speak_on(self, samples, gone):
        """As fast as people speak, over and over, until the event `gone`; on a thread of its own."""
        def run():
            while True:
                for start in range(0, len(samples), 8000):
                    self.speak(samples[start:start + 8000])
                    if gone.wait(0.5):
                        return self.hang_up()
        threading.Thread(target=run, daemon=True).start()

    def hang_up(self):
        self.say(0x00)
        self.connection.close()


class Site:
    """Everything lies under `folder`; the program is told so by its environment."""

    def __init__(self, program, folder=None):
        self.program = str(Path(program).resolve())
        self.folder = Path(folder or tempfile.mkdtemp(prefix="falsetto-site-")).resolve()
        self.environment = {
            **os.environ, "XDG_STATE_HOME": str(self.folder / "state"), "XDG_RUNTIME_DIR": str(self.folder / "run"),
            "XDG_CONFIG_HOME": str(self.folder / "config"), "ALSA_CONFIG_PATH": str(self.folder / "asound.conf")}
        for name in ("state", "run", "config"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.server = None
        self.listener = None
        self.address = None

    def run(self, *arguments, input=None, check=True):
        """The program's standard output."""
        answer = subprocess.run(
            [self.program, *map(str, arguments)], env=self.environment, capture_output=True, input=input if input is None else bytes(input))
        if check and answer.returncode != 0:
            raise RuntimeError(f"falsetto {' '.join(map(str, arguments))}: {answer.returncode}: {answer.stderr.decode()}")
        return answer.stdout.decode()

    def add_people(self, people=PEOPLE):
        """Accounts behind the program's back, with digests that are cheap to check: what a password costs is measured elsewhere."""
        self.run("serve", "user", "list")
        key = hashlib.scrypt(PASSWORD.encode(), salt=b"salt", n=16, r=8, p=1, dklen=32)
        secret = f"scrypt$16$8$1${base64.b64encode(b'salt').decode()}${base64.b64encode(key).decode()}"
        with sqlite3.connect(self.database, timeout=60) as database:
            database.executemany("INSERT INTO account VALUES (?, ?, ?, 0)", [(name, role, secret) for name, role in people.items()])
        database.close()

    def hear(self, sound, *arguments):
        """Has a call heard and stored with its sound; its id."""
        output = self.run(
            "listen", "--stdin", "--raw", "s16le:8000:1", "--consent", "made for a test", "--keep-audio", "--output", "ndjson", *arguments, input=sound)
        return next(json.loads(line)["call"] for line in output.splitlines() if '"callStarted"' in line)

    @property
    def database(self):
        return Path(self.environment["XDG_STATE_HOME"]) / "falsetto/calls.sqlite"

    def copy(self, id, times):
        """Copies of a call behind the store's back, a minute apart each: enough to fill lists."""
        with sqlite3.connect(self.database, timeout=60) as database:
            for number in range(times):
                copy = f"copy{number}"
                database.execute(
                    """INSERT INTO call SELECT ?, startedAt - ? * 60000, consent, device, build, modelName, modelIdentity, kernel, policyName,
                    policy, randomblob(32), state, NULL FROM call WHERE id = ?""", (copy, number + 1, id))
                database.execute(
                    "INSERT INTO leg SELECT ?, leg, name, isOnlyChannel, sampleCount, outcome, result FROM leg WHERE call = ?", (copy, id))
        database.close()

    def serve(self, port=0):
        self.server = subprocess.Popen(
            [self.program, "serve", "--port", str(port), "--format", "json"], env=self.environment, stdout=subprocess.PIPE, text=True)
        self.address = json.loads(self.server.stdout.readline())["address"].rstrip("/")
        return self.address

    @property
    def port(self):
        return int(self.address.rsplit(":", 1)[1])

    def listen(self):
        """Listens on a microphone that is a file, and begins a call by hand: it goes on until it is told to end."""
        self.make_microphone(machine_voice())
        self.listener = subprocess.Popen(
            [self.program, "listen", "--device", "mic", "--rate", "8000", "--paused", "--consent", "made for a test", "--output", "ndjson"],
            env=self.environment, stdout=subprocess.PIPE, text=True)
        for line in self.listener.stdout:
            if "takes words at" in line:
                break
        return self.listener

    def make_microphone(self, sound):
        """ALSA's device `mic`."""
        (self.folder / "call.raw").write_bytes(sound)
        (self.folder / "asound.conf").write_text(
            "</usr/share/alsa/alsa.conf>\n"
            f'pcm.mic {{ type file slave.pcm {{ type null }} file "/dev/null" infile "{self.folder / "call.raw"}" format raw }}\n')

    def take_calls(self, *arguments):
        """Listens for the calls of a telephone system; the port at which it does."""
        self.listener = subprocess.Popen(
            [self.program, "listen", "--audiosocket", "127.0.0.1:0", "--consent", "made for a test", "--output", "ndjson", *arguments],
            env=self.environment, stdout=subprocess.PIPE, text=True)
        for line in self.listener.stdout:
            if found := re.search(r"audiosocket at 127\.0\.0\.1, port (\d+)", line):
                port = int(found[1])
            if "takes words at" in line:
                return port

    def kill(self, process):
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()

    def close(self):
        for process in (self.server, self.listener):
            if process and process.poll() is None:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    self.kill(process)
            if process and process.stdout:
                process.stdout.close()
