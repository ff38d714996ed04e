"""Asks a running `falsetto serve` for calls, judgements, events and analyses; only the standard library.

    >>> falsetto = Falsetto("http://127.0.0.1:7357", token="...")
    >>> for call in falsetto.calls(outcome="synthetic"):
    ...     print(call["id"], call["alerts"])
    >>> falsetto.judge("7kq2m4xw9a1c", "human", note="I know the caller")
    >>> falsetto.analyse("call.wav")[0]["outcome"]

A token is made by `falsetto serve user add NAME --role viewer --token`. Likelihood ratios are natural logs, positive is synthetic.
"""

import json
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path


class FalsettoError(Exception):
    """What the server refused and why; `status` is the HTTP status, None where no answer came."""

    def __init__(self, status, words):
        super().__init__(f"{status}: {words}" if status else words)
        self.status = status


class Falsetto:
    """A server and a token for it."""

    def __init__(self, address="http://127.0.0.1:7357", *, token, timeout=30):
        self.address = address.rstrip("/")
        self.token = token
        self.timeout = timeout

    def _open(self, path, *, body=None, content_type=None, headers=None, timeout=None):
        headers = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        if content_type:
            headers["Content-Type"] = content_type
        request = urllib.request.Request(f"{self.address}/api/v1{path}", data=body, headers=headers)
        try:
            return urllib.request.urlopen(request, timeout=timeout or self.timeout)
        except urllib.error.HTTPError as error:
            try:
                words = json.load(error)["error"]
            except (ValueError, KeyError, TypeError):
                words = error.reason
            raise FalsettoError(error.code, words) from None
        except urllib.error.URLError as error:
            raise FalsettoError(None, f"{self.address}: {error.reason}; is `falsetto serve` running?") from None

    def _json(self, path, **options):
        with self._open(path, **options) as answer:
            return json.load(answer)

    def calls(self, **search):
        """All calls of a search (start, until, outcome, judged, words), the latest first, fetched page by page."""
        if "start" in search:
            search["from"] = search.pop("start")
        page, seen = 0, 0
        while True:
            answer = self._json("/calls?" + urllib.parse.urlencode({**search, "page": page}))
            yield from answer["calls"]
            seen += len(answer["calls"])
            page += 1
            if not answer["calls"] or seen >= answer["total"]:
                return

    def call(self, id):
        """One call with its results, events and marks. That it was looked at is entered in the audit chain."""
        return self._json(f"/calls/{urllib.parse.quote(id, safe='')}")

    def audio(self, id, leg=None):
        """A leg's kept sound as the bytes of a WAV file; entered in the audit chain."""
        query = "?" + urllib.parse.urlencode({"leg": leg}) if leg else ""
        with self._open(f"/calls/{urllib.parse.quote(id, safe='')}/audio{query}") as answer:
            return answer.read()

    def judgements(self, id):
        """What people said of a call."""
        return self._json(f"/calls/{urllib.parse.quote(id, safe='')}/judgements")

    def judge(self, id, verdict, note=None):
        """Says what a call was: human, synthetic, disclosed or unsure."""
        body = {"as": verdict, **({"note": note} if note else {})}
        return self._json(
            f"/calls/{urllib.parse.quote(id, safe='')}/judgements", body=json.dumps(body).encode(), content_type="application/json")

    def drift(self):
        """Whether scores lie where they lay when the policy in use was measured, band by band; `says` is for people."""
        return self._json("/drift")

    def analyse(self, recording, timeout=600):
        """Screens a recording (a path, or bytes) and gives its records, one a leg."""
        body = recording if isinstance(recording, (bytes, bytearray)) else Path(recording).read_bytes()
        return self._json("/analyses", body=body, content_type="application/octet-stream", timeout=timeout)

    def events(self, last_id=None):
        """Events as they come, as (name, id, data): `alert` and `live`. Ends when the server does."""
        headers = {"Accept": "text/event-stream"}
        if last_id is not None:
            headers["Last-Event-ID"] = str(last_id)
        with self._open("/events", headers=headers, timeout=60) as answer:
            name, id, data = "message", None, []
            for line in answer:
                line = line.decode().rstrip("\n")
                if not line:
                    if data:
                        yield name, id, json.loads("\n".join(data))
                    name, id, data = "message", None, []
                elif line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("id: "):
                    id = line[4:]
                elif line.startswith("data: "):
                    data.append(line[6:])
