"""One line on standard error every few seconds: how far, and how much time is left."""
import sys
import time


class Progress:
    def __init__(self, what, total, every=5.0):
        self.what, self.total, self.every = what, total, every
        self.start = self.last = time.monotonic()

    def __call__(self, done, note=""):
        now = time.monotonic()
        if now - self.last < self.every and done < self.total:
            return
        self.last = now
        left = (self.total - done) * (now - self.start) / max(done, 1)
        print(f"{self.what}: {done} of {self.total}, {clock(left)} left{note and ', ' + note}", file=sys.stderr, flush=True)


def clock(seconds):
    m, s = divmod(int(seconds), 60)
    return f"{m // 60}:{m % 60:02d}:{s:02d}" if m >= 60 else f"{m}:{s:02d}"
