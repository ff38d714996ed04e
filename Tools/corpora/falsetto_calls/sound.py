"""A call's sound before the channel: clips at one level, pauses, ring, hold music; and where each stretch begins.

Positions are sample indices at 16 kHz and even, so that they are exact on an 8 kHz line too.
"""
import math
from array import array
from operator import mul

from . import channels
from .plan import randomness

RATE = channels.RATE
QUIET_SHARE = 0.2                                # of the calls have no noise but what their recordings bring


def rms(samples):
    return math.sqrt(sum(map(mul, samples, samples)) / len(samples)) if samples else 0.0


def at_level(samples, target):
    """Scaled to an RMS of `target` (1 is full scale), clipped at full scale."""
    level = rms(samples)
    if level == 0:
        return samples
    gain = target * 32767 / level
    return array("h", [max(-32767, min(32767, int(gain * x))) for x in samples])


def tone(frequencies, seconds, level):
    count = even(seconds)
    steps = [2 * math.pi * f / RATE for f in frequencies]
    scale = 32767 * level / len(steps)
    return array("h", [int(scale * sum(math.sin(s * n) for s in steps)) for n in range(count)])


def ring(rng):
    """Ring-back of one of three countries' kinds, one or two bursts (ITU-T E.180, supplement 2)."""
    frequencies, on, off = rng.choice([((425,), 1.0, 4.0), ((440, 480), 2.0, 4.0), ((400, 450), 0.4, 0.2)])
    burst = tone(frequencies, on, rng.uniform(0.03, 0.12))
    out = array("h")
    for _ in range(rng.choice([1, 2])):
        out += burst + silence(off)
    return out


def hold_music(rng):
    """A plucked arpeggio: harmonics that die away, chord after chord. Music in nobody's hands, for 4 to 10 s."""
    beat = even(rng.uniform(0.22, 0.4))
    root = rng.uniform(180, 320)
    level = rng.uniform(0.04, 0.12) * 32767
    out = array("h")
    for index in range(int(rng.uniform(4, 10) * RATE / beat)):
        chord = [(0, 4, 7, 12), (-3, 0, 4, 9), (5, 9, 12, 17), (7, 11, 14, 19)][index // 4 % 4]
        step = 2 * math.pi * root * 2 ** (chord[index % 4] / 12) / RATE
        fade = math.exp(-3.0 / beat)
        envelope = level
        for n in range(beat):
            out.append(int(envelope * (math.sin(step * n) + 0.4 * math.sin(2 * step * n) + 0.2 * math.sin(3 * step * n)) / 1.6))
            envelope *= fade
    return out


def silence(seconds):
    return array("h", bytes(2 * even(seconds)))


def even(seconds):
    return int(seconds * RATE / 2) * 2


def pause(rng):
    """Between two utterances of one person: log-normal about 0.6 s; now and then the other party speaks."""
    if rng.random() < 0.2:
        return rng.uniform(2, 6)
    return min(3.0, max(0.2, rng.lognormvariate(math.log(0.6), 0.5)))


def build(call, root, out, seed, band="any"):
    """Makes one call's WAV file. Returns its rows for the manifest."""
    rng = randomness("sound", seed, call.name)
    all_clips = call.announcement + call.first + call.clips
    narrow_only = any(int(float(c.row.get("native_rate") or 16000)) < 16000 for c in all_clips)
    names = channels.NARROW if narrow_only or band == "narrow" else channels.WIDE if band == "wide" else channels.NARROW + channels.WIDE
    channel = rng.choice(names)
    level, snr = 10 ** (rng.uniform(-32, -20) / 20), rng.uniform(15, 35)
    noise_seed = rng.randrange(2 ** 31)
    # Lines without a noise of their own are common by now (a coder end to end, a suppressor): what is measured must hold on them too.
    quiet = randomness("quiet", seed, call.name).random() < QUIET_SHARE

    decoded = dict(zip([c.path for c in all_clips], channels.decode([root / c.path for c in all_clips])))
    for clip in all_clips:
        # Opus and Vorbis files have been coded; every other clip is, once, so that the difference says nothing.
        if not clip.path.endswith((".ogg", ".opus")):
            decoded[clip.path] = channels.opus_once(decoded[clip.path])
    line = array("h")
    if rng.random() < 0.5:
        line += ring(rng)
    line += silence(rng.uniform(0.3, 1.5))

    def speak(clips):
        begin = len(line)
        for index, clip in enumerate(clips):
            if index:
                if rng.random() < 0.04:
                    line.extend(silence(0.5) + hold_music(rng) + silence(0.5))
                line.extend(silence(pause(rng)))
            samples = at_level(array("h", decoded[clip.path]), level * 10 ** (rng.uniform(-1.5, 1.5) / 20))
            line.extend(samples[:len(samples) // 2 * 2])
        return begin

    counted_from = 0
    if call.announcement:
        speak(call.announcement)
        line.extend(silence(0.6))
        if rng.random() < 0.5:
            line.extend(hold_music(rng) + silence(0.6))
        counted_from = len(line)
    opening = len(line)
    if call.first:
        opening = speak(call.first)
        line.extend(silence(pause(rng)))
    voice = speak(call.clips)
    line += silence(rng.uniform(0.5, 2))

    path = f"{call.name}.wav"
    channels.through(line.tobytes(), channel, out / path, 0 if quiet else level * 10 ** (-snr / 20), noise_seed)
    lead, seconds = call.clips[0], len(line) / RATE
    common = {
        "path": path, "leg": "mono", "source": lead.source, "kind": call.kind, "part": str(call.part), "channel": channel,
        "level_dbfs": f"{20 * math.log10(level):.1f}", "snr_db": "" if quiet else f"{snr:.1f}", "duration_s": f"{seconds:.3f}",
        **{k: lead.row.get(k, "") for k in ("system", "system_family", "sex", "language", "native_rate")},
    }

    def row(label, start, end, clip):
        return dict(common, label=label, startSeconds=f"{start / RATE:.6f}", endSeconds=f"{end / RATE:.6f}", speaker=clip.speaker)

    if call.kind == "human":
        return [row("human", counted_from, len(line), lead)]
    if call.kind == "synthetic":
        return [row("synthetic", voice, len(line), lead)]
    return [row("human", opening, voice, call.first[0]), row("synthetic", voice, len(line), lead)]
