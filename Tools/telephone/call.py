#!/usr/bin/env python3
"""Places a call at a trunk of `falsetto listen`, as a telephone system does: for trying a configuration out.

    pip install websockets
    Tools/telephone/call.py twilio    ws://127.0.0.1:9093/          call.wav
    Tools/telephone/call.py jambonz   ws://127.0.0.1:9093/          call.wav      # two channels are two legs
    Tools/telephone/call.py asterisk  ws://127.0.0.1:9093/          call.wav
    Tools/telephone/call.py audiohook wss://example.org/?token=T    call.wav      # --key KEY --secret BASE64 signs the request
    Tools/telephone/call.py audiosocket 127.0.0.1:9092              call.wav

Each dialect is written from its own document (named at its function); the server's code has no part in it. WAV: 16-bit, 8 kHz. In real time
unless --fast. Ends with 0 when the other side took the call to its end, with 1 when it closed before.
"""

import argparse
import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import socket
import ssl
import sys
import time
import uuid
import wave
from urllib.parse import urlsplit

PACKET = 160


def mulaw(samples):
    """ITU-T G.711, table 2a."""
    codes = bytearray()
    for sample in samples:
        magnitude = min(abs(sample) >> 2, 8158) + 33
        segment = magnitude.bit_length() - 6
        codes.append(~((0x80 if sample < 0 else 0) | segment << 4 | magnitude >> (segment + 1) & 15) & 255)
    return bytes(codes)


def read(path):
    """Channels of a WAV file, each a list of samples."""
    advice = f"16-bit WAV at 8 kHz in one or two channels is sent; sox {path} -b 16 -r 8000 out.wav makes one"
    try:
        with wave.open(path) as file:
            if file.getsampwidth() != 2 or file.getframerate() != 8000 or file.getnchannels() > 2:
                sys.exit(f"{path}: {advice}")
            data = memoryview(file.readframes(file.getnframes())).cast("h").tolist()
            return [data[channel :: file.getnchannels()] for channel in range(file.getnchannels())]
    except OSError as error:
        sys.exit(f"{path}: {error.strerror}")
    except (wave.Error, EOFError) as error:
        sys.exit(f"{path}: {str(error) or 'no sound in it'}; {advice}")


class Pace:
    """20 ms a packet, or as fast as it is taken."""

    def __init__(self, fast):
        self.fast, self.began, self.sent = fast, time.monotonic(), 0

    async def wait(self):
        self.sent += 1
        if not self.fast:
            await asyncio.sleep(max(0, self.began + 0.02 * self.sent - time.monotonic()))


def packets(channels):
    for start in range(0, len(channels[0]), PACKET):
        yield [channel[start : start + PACKET] for channel in channels]


async def twilio(line, channels, pace):
    """twilio.com/docs/voice/media-streams/websocket-messages, protocol Call, version 1.0.0."""
    tracks = ["inbound", "outbound"][: len(channels)]
    ids = {"streamSid": "MZ" + uuid.uuid4().hex, "callSid": "CA" + uuid.uuid4().hex, "accountSid": "AC" + uuid.uuid4().hex}
    number = 0

    async def say(event, **more):
        nonlocal number
        number += 1
        await line.send(json.dumps({"event": event, "sequenceNumber": str(number), "streamSid": ids["streamSid"], **more}))

    await line.send(json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"}))
    form = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    await say("start", start={**ids, "tracks": tracks, "customParameters": {}, "mediaFormat": form})
    for index, packet in enumerate(packets(channels)):
        for track, samples in zip(tracks, packet):
            payload = base64.b64encode(mulaw(samples)).decode()
            await say("media", media={"track": track, "chunk": str(index + 1), "timestamp": str(20 * index + 5), "payload": payload})
        await pace.wait()
    await say("stop", stop={"accountSid": ids["accountSid"], "callSid": ids["callSid"]})


async def jambonz(line, channels, pace):
    """docs.jambonz.org/verbs/verbs/listen."""
    mix = "stereo" if len(channels) == 2 else "mono"
    await line.send(json.dumps({"callSid": str(uuid.uuid4()), "direction": "inbound", "sampleRate": 8000, "mixType": mix}))
    for packet in packets(channels):
        await line.send(b"".join(sample.to_bytes(2, "little", signed=True) for frame in zip(*packet) for sample in frame))
        await pace.wait()
    await line.close()


async def asterisk(line, channels, pace):
    """docs.asterisk.org, Configuration, Channel Drivers, WebSocket."""
    await line.send(f"MEDIA_START connection_id:{uuid.uuid4()} channel:WebSocket/try/0x1 format:ulaw optimal_frame_size:160")
    for (samples, *_) in packets(channels):
        await line.send(mulaw(samples))
        await pace.wait()
    await line.close()


async def audiohook(line, channels, pace):
    """The AudioHook protocol, version 2 (developer.genesys.cloud, Devapps, AudioHook)."""
    session, number, heard = str(uuid.uuid4()), 0, 0

    async def say(kind, **parameters):
        nonlocal number
        number += 1
        message = {"version": "2", "id": session, "type": kind, "seq": number, "serverseq": heard, "position": f"PT{pace.sent * 0.02:.2f}S"}
        await line.send(json.dumps({**message, "parameters": parameters}))

    async def answer(kind):
        nonlocal heard
        message = json.loads(await line.recv())
        heard = message["seq"]
        assert message["type"] == kind and message["clientseq"] == number and message["id"] == session, message
        return message["parameters"]

    names = ["external", "internal"][: len(channels)]
    offer = [{"type": "audio", "format": "PCMU", "channels": names, "rate": 8000}]
    person = {"id": str(uuid.uuid4()), "ani": "+15551234567", "aniName": "", "dnis": ""}
    await say("open", organizationId=str(uuid.uuid4()), conversationId=str(uuid.uuid4()), participant=person, media=offer)
    assert (await answer("opened"))["media"] == offer
    for packet in packets(channels):
        await line.send(mulaw(sample for frame in zip(*packet) for sample in frame))
        await pace.wait()
    await say("ping")
    await answer("pong")
    await say("close", reason="end")
    await answer("closed")


def signed(url, key, secret):
    """RFC 9421, hmac-sha256, over what AudioHook's page "Security" wants covered."""
    parts = urlsplit(url)
    fields = {
        "@request-target": parts.path + ("?" + parts.query if parts.query else ""),
        "@authority": parts.netloc,
        "audiohook-organization-id": str(uuid.uuid4()),
        "audiohook-session-id": str(uuid.uuid4()),
        "audiohook-correlation-id": str(uuid.uuid4()),
        "x-api-key": key,
    }
    nonce, now = secrets.token_urlsafe(18), int(time.time())
    covered = "(" + " ".join(f'"{name}"' for name in fields) + ")"
    parameters = f'{covered};keyid="{key}";nonce="{nonce}";alg="hmac-sha256";created={now};expires={now + 10}'
    base = "\n".join([f'"{name}": {value}' for name, value in fields.items()] + [f'"@signature-params": {parameters}'])
    code = base64.b64encode(hmac.new(base64.b64decode(secret), base.encode(), hashlib.sha256).digest()).decode()
    headers = {name: value for name, value in fields.items() if name[0] != "@"}
    return {**headers, "Signature-Input": f"sig1={parameters}", "Signature": f"sig1=:{code}:"}


async def by_websocket(options, channels):
    import websockets

    context = None
    if options.url.startswith("wss:"):
        context = ssl.create_default_context(cafile=options.ca)
        if options.certificate:
            context.load_cert_chain(options.certificate, options.certificate_key)
    headers = signed(options.url, options.key, options.secret) if options.key else {}
    if options.bearer:
        headers["Authorization"] = f"Bearer {options.bearer}"
    protocols = ["audio.jambonz.org"] if options.dialect == "jambonz" else None
    async with websockets.connect(options.url, additional_headers=headers, ssl=context, subprotocols=protocols, close_timeout=120) as line:
        await globals()[options.dialect](line, channels, Pace(options.fast))
        await line.wait_closed()
        print(f"closed with {line.close_code}")
        return line.close_code == 1000


async def by_audiosocket(options, channels):
    """docs.asterisk.org, Configuration, Channel Drivers, AudioSocket."""
    host, port = options.url.rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, int(port))

    def say(kind, payload=b""):
        writer.write(bytes([kind]) + len(payload).to_bytes(2, "big") + payload)

    say(1, uuid.uuid4().bytes)
    pace = Pace(options.fast)
    for (samples, *_) in packets(channels):
        say(0x10, b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))
        await writer.drain()
        await pace.wait()
    say(0)
    await writer.drain()
    return await reader.read() == b""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dialect", choices=["twilio", "jambonz", "asterisk", "audiohook", "audiosocket"])
    parser.add_argument("url")
    parser.add_argument("wav")
    parser.add_argument("--fast", action="store_true", help="no slower than it is taken")
    parser.add_argument("--bearer", help="a token for the Authorization header")
    parser.add_argument("--key", help="AudioHook's API key; with --secret, its client secret in base64")
    parser.add_argument("--secret")
    parser.add_argument("--ca", help="PEM of the authority that signed the server's certificate")
    parser.add_argument("--certificate", help="PEM of an own certificate; with --certificate-key")
    parser.add_argument("--certificate-key")
    options = parser.parse_args()
    channels = read(options.wav)
    place = by_audiosocket if options.dialect == "audiosocket" else by_websocket
    try:
        was_taken = asyncio.run(place(options, channels))
    except (OSError, AssertionError, socket.gaierror) as error:
        sys.exit(f"{options.url}: {error}")
    except Exception as error:  # what the library says of a refusal or a broken connection
        if type(error).__module__.startswith("websockets"):
            sys.exit(f"{options.url}: {error}")
        raise
    sys.exit(0 if was_taken else 1)


if __name__ == "__main__":
    main()
