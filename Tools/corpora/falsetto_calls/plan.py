"""Which clips make which call: pure, from the table and a seed alone.

Rules, and why:
- A clip stands in one human call, or in one synthetic stretch. A second copy would be counted as more hours of people.
- A call has one speaker of one source. Where a table names no speaker, the source is the speaker: people who cannot be told
  apart must not be counted as many.
- No speaker and no source stands in two parts: sources that share a speaker are tied together before parts are drawn.
- A swapped call opens with a person and goes on in a machine's voice: the same claimed speaker of the same source where the
  table has one, otherwise another person of that source and sex. Its human clips may stand in a human call too: `falsetto
  tune` counts no hours of people on a leg that has a synthetic stretch.
"""
import hashlib
import random
from collections import defaultdict
from dataclasses import dataclass, field

LABELS = {"bonafide": "human", "bona-fide": "human", "human": "human", "spoof": "synthetic", "synthetic": "synthetic"}


@dataclass
class Clip:
    path: str
    label: str
    speaker: str
    source: str
    seconds: float
    row: dict


@dataclass
class Call:
    """`kind` is human, synthetic or swapped; `first` are the human clips of a swapped call, `clips` the voice it is about."""
    name: str
    kind: str
    clips: list
    first: list = field(default_factory=list)
    announcement: list = field(default_factory=list)
    part: int = 0


def randomness(*words):
    """A generator of its own for everything that has a name, so that one call more changes no other call."""
    digest = hashlib.sha256("\n".join(map(str, words)).encode()).hexdigest()
    return random.Random(int(digest[:16], 16))


def clips_of(rows, problems):
    """Rows with a label that is human or synthetic; others (enhanced, partly generated, doubtful, nonspeech) are left out, unknown ones are told."""
    clips, seen = [], {}
    for line, row in enumerate(rows, 2):
        word = row.get("label", "")
        if word in ("enhanced", "partly", "doubtful", "nonspeech"):
            continue
        if word not in LABELS:
            problems.append(f"line {line}: unknown label \"{word}\"; "
                            "use bonafide (or human), spoof (or synthetic), enhanced, partly, doubtful, nonspeech")
            continue
        path = row.get("path", "")
        if path in seen:
            problems.append(f"line {line}: {path} stands on line {seen[path]} already; a clip counts once")
            continue
        seen[path] = line
        source = row.get("source", "") or "unknown"
        speaker = row.get("speaker", "") or f"({source})"
        clips.append(Clip(path, LABELS[word], speaker, source, float(row.get("duration_s") or 3), row))
    return clips


def parts_of(clips, count):
    """source -> part. Sources that share a speaker are one; the largest go first, each to the part with the fewest human seconds."""
    parent = {}

    def root(x):
        while parent.setdefault(x, x) != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for clip in clips:
        parent[root(("source", clip.source))] = root(("speaker", clip.speaker))
    weight, members = defaultdict(float), defaultdict(set)
    for clip in clips:
        group = root(("source", clip.source))
        members[group].add(clip.source)
        weight[group] += clip.seconds if clip.label == "human" else clip.seconds / 1000
    load, part = [0.0] * count, {}
    for group in sorted(members, key=lambda g: (-weight[g], min(members[g]))):
        target = min(range(count), key=lambda k: (load[k], k))
        load[target] += weight[group]
        for source in members[group]:
            part[source] = target
    return part


def shared_speakers(clips, column):
    """Speakers that stand under two values of a column that the table calls its parts."""
    values = defaultdict(set)
    for clip in clips:
        values[clip.speaker].add(clip.row.get(column, ""))
    return sorted(s for s, v in values.items() if len(v) > 1)


def plan(clips, seed=1, seconds=40.0, least=6.0, least_human=3.2, mid_call=0.5, announcers=(), parts=1):
    """The calls, in a fixed order, and how many clips of each class were too few for a call.

    `seconds` of one voice are aimed at a call; a synthetic stretch of less than `least` makes no call, nor does a person with
    less than `least_human`: on less than 3 s of speech nothing is ever alerted, so such a call would count for nothing.
    """
    part = parts_of(clips, parts)
    announcements = [c for c in clips if c.source in announcers and c.label == "human"]
    clips = [c for c in clips if c.source not in announcers]
    people, voices = defaultdict(list), defaultdict(list)
    for clip in clips:
        if clip.label == "human":
            people[(clip.source, clip.speaker)].append(clip)
        else:
            voices[(clip.source, clip.speaker, clip.row.get("system", ""))].append(clip)

    calls, left = [], {"human": 0, "synthetic": 0}
    for (source, speaker), own in sorted(people.items()):
        if sum(c.seconds for c in own) < least_human:
            left["human"] += len(own)
            continue
        for index, chunk in enumerate(chunks(own, seconds)):
            calls.append(Call(f"human/{source}/{word(speaker)}-{index}", "human", chunk))
    for key, own in sorted(voices.items()):
        source, speaker, system = key
        for index, chunk in enumerate(chunks(own, seconds)):
            if sum(c.seconds for c in chunk) < least:
                left["synthetic"] += len(chunk)
                continue
            name = f"{source}/{word(system or 'unknown')}-{word(speaker)}-{index}"
            rng = randomness("kind", seed, name)
            first = human_opening(people, source, speaker, chunk[0].row.get("sex", ""), rng) if rng.random() < mid_call else []
            calls.append(Call(("swapped/" if first else "synthetic/") + name, "swapped" if first else "synthetic", chunk, first))
    randomness("announcements", seed).shuffle(announcements)
    for call in calls:
        call.part = part[call.clips[0].source]
        if announcements and randomness("announcement", seed, call.name).random() < 0.25:
            call.announcement = [announcements.pop()]
    return calls, left


def human_opening(people, source, speaker, sex, rng):
    """Clips of the claimed speaker, or of another person of the source; at least 4 s, at most 16 s. Empty where there is none."""
    own = people.get((source, speaker), [])
    if sum(c.seconds for c in own) < 4:
        others = [v for (s, _), v in sorted(people.items()) if s == source and sum(c.seconds for c in v) >= 4]
        fitting = [v for v in others if not sex or v[0].row.get("sex", "") == sex]
        if not fitting:
            return []
        own = rng.choice(fitting)
    start, chosen, total = rng.randrange(len(own)), [], 0.0
    aim = rng.uniform(6, 16)
    for offset in range(len(own)):
        clip = own[(start + offset) % len(own)]
        chosen.append(clip)
        total += clip.seconds
        if total >= aim:
            break
    return chosen


def chunks(clips, seconds):
    """One voice's clips in turn, cut into calls of about `seconds`: the last one takes what is left if that is short."""
    total = sum(c.seconds for c in clips)
    count = max(1, round(total / seconds))
    aim, out, run, length = total / count, [], [], 0.0
    for clip in clips:
        run.append(clip)
        length += clip.seconds
        if length >= aim - 1e-9 and len(out) < count - 1:
            out.append(run)
            run, length = [], 0.0
    return out + [run] if run else out


def word(text):
    """A speaker's name as a part of a file's name; names that differ stay different."""
    plain = "".join(c if c.isalnum() or c in "._-" else "_" for c in text)
    return plain if plain == text and plain else f"{plain[:40]}_{hashlib.sha256(text.encode()).hexdigest()[:6]}"
