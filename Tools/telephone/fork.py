#!/usr/bin/env python3
"""Gives Falsetto a copy of every call that an rtpengine carries (version 10 or later), both parties apart.

    Tools/telephone/fork.py --rtpengine 127.0.0.1:2223 --falsetto 127.0.0.1:40000 --lines 20

The trunk in Falsetto's configuration has the same address and number of lines:

    [[trunk]]
    name = "rtpengine"
    type = "rtp"
    listen = "127.0.0.1:40000"
    lines = 20
    legs = "ports"
    consent = "callers are told by an announcement"

Asks rtpengine (its "ng" protocol, in JSON) twice a second which calls there are, and subscribes a free line of the trunk to each that both parties
have joined: who called is the far leg, at the line's first port, who was called the near one, two ports above. The call itself goes on as it did.
A subscription ends with its call; its line takes another when Falsetto has seen that (the trunk's `idle`, --rest here). Started again, it finds its
own subscriptions. By rtpengine's document "The ng control protocol". Prints one line a call, without its id; ends with Ctrl-C and leaves the
subscriptions as they are.
"""

import argparse
import json
import secrets
import socket
import sys
import time

# A subscription's tag, by which it is known again: this and the number of the line.
TAG = "falsetto-line-"


class Engine:
    """One rtpengine, asked over UDP: a cookie, a space, a message in JSON; the answer begins with the same cookie."""

    def __init__(self, address):
        self.address = address
        family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)

    def ask(self, command, **keys):
        """The answer, or None where the call is gone."""
        cookie = secrets.token_hex(8)
        message = f"{cookie} {json.dumps({'command': command, **keys})}".encode()
        # The same cookie again is answered with the same answer, so what was lost may be sent again.
        for patience in (0.5, 1, 2):
            self.socket.sendto(message, self.address)
            until = time.monotonic() + patience
            while (left := until - time.monotonic()) > 0:
                self.socket.settimeout(left)
                try:
                    head, _, body = self.socket.recv(65536).partition(b" ")
                except OSError:
                    break
                if head == cookie.encode():
                    answer = json.loads(body)
                    return answer if answer.get("result") == "ok" else None
        raise ConnectionError(f"rtpengine does not answer at {self.address[0]}:{self.address[1]}; is that its listen-ng?")


def parties(call):
    """The tags of who called and of who was called, in the order in which they came; fewer while nobody has answered.

    While it rings, who was called is listed under a made-up name and has no tag of their own: rtpengine copies nobody whom it cannot name.
    """
    return [
        party["tag"]
        for party in call["tags"].values()
        if party["tag"] and party["medias"] and any(other["type"] == "offer/answer" for other in party.get("subscriptions", []))
    ]


def line_of(call):
    """The line that a call is subscribed to, or None. The tag of a subscription that was given up stays in the call."""
    return next((int(tag.removeprefix(TAG)) for tag, party in call["tags"].items() if tag.startswith(TAG) and party.get("subscriptions")), None)


def answer(offer, host, port):
    """To an offer of two streams: the first is wanted at a port, the second two above it."""
    family = "IP6" if ":" in host else "IP4"
    head, *streams = offer.replace("\r\n", "\n").split("\nm=audio ")
    lines = ["v=0", f"o=- 0 0 IN {family} {host}", "s=-", f"c=IN {family} {host}", "t=0 0"]
    for number, stream in enumerate(streams):
        first, *rest = stream.splitlines()
        lines.append(f"m=audio {port + 2 * number} {first.partition(' ')[2]}")
        lines += [line for line in rest if line.startswith(("a=rtpmap:", "a=fmtp:", "a=ptime:"))] + ["a=recvonly"]
    return "\r\n".join(lines) + "\r\n"


def subscribe(engine, call, tags, line, address):
    """Has rtpengine send both parties to a line; whether it will."""
    keys = {"call-id": call, "to-tag": f"{TAG}{line}"}
    offer = engine.ask("subscribe request", **keys, **{"from-tags": tags})
    if offer and offer["sdp"].count("m=audio ") == 2:
        if engine.ask("subscribe answer", **keys, sdp=answer(offer["sdp"], address[0], address[1] + 4 * line)) is not None:
            return True
    engine.ask("unsubscribe", **keys)
    return False


def address(text):
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rtpengine", type=address, default="127.0.0.1:2223", help="its listen-ng; by default 127.0.0.1:2223")
    parser.add_argument("--falsetto", type=address, default="127.0.0.1:40000", help="the trunk's `listen`; by default 127.0.0.1:40000")
    parser.add_argument("--lines", type=int, default=1, help="the trunk's `lines`; by default 1")
    parser.add_argument("--rest", type=float, default=12, help="seconds until a line takes another call: more than the trunk's `idle`; by default 12")
    options = parser.parse_args()
    engine = Engine(options.rtpengine)
    on = {}
    free_at = [0.0] * options.lines
    waiting, refused = set(), set()
    while True:
        try:
            calls = (engine.ask("list", limit=100_000) or {"calls": []})["calls"]
            for call in [call for call in on if call not in calls]:
                line = on.pop(call)
                free_at[line] = time.monotonic() + options.rest
                print(f"line {line}: the call has ended", flush=True)
            waiting, refused = waiting & set(calls), refused & set(calls)
            for call in calls:
                if call in on or call in refused or not (state := engine.ask("query", **{"call-id": call})):
                    continue
                line = line_of(state)
                if line is not None and line < options.lines:
                    on[call] = line
                    continue
                tags = parties(state)
                if len(tags) < 2:
                    continue
                line = next((line for line, free in enumerate(free_at) if line not in on.values() and free <= time.monotonic()), None)
                if line is None:
                    if call not in waiting:
                        print("a call waits: no line is free", flush=True)
                    waiting.add(call)
                elif subscribe(engine, call, tags[:2], line, options.falsetto):
                    on[call] = line
                    print(f"line {line}: a call is on", flush=True)
                else:
                    refused.add(call)
                    print("a call is not heard: rtpengine makes no copy of it", flush=True)
        except ConnectionError as error:
            print(error, file=sys.stderr, flush=True)
            time.sleep(2)
        time.sleep(0.5)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
