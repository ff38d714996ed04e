"""The client against a small server that notes what it is asked."""

import http.server
import json
import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from falsetto_client import Falsetto, FalsettoError  # noqa: E402


class Server(http.server.BaseHTTPRequestHandler):
    seen = []

    def log_message(self, *_):
        pass

    def answer(self, status, body, kind="application/json"):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        Server.seen.append((self.path, None, self.headers.get("Authorization"), self.headers.get("Last-Event-ID")))
        if self.headers.get("Authorization") != "Bearer good":
            return self.answer(401, {"error": "Send a token."})
        if self.path.startswith("/api/v1/calls?"):
            page = int(self.path.split("page=")[1])
            return self.answer(200, {"total": 3, "offset": page * 2, "calls": [{"id": f"c{page}{i}"} for i in range(2 - page)]})
        if self.path == "/api/v1/events":
            return self.answer(200, b"retry: 2000\n\nevent: alert\nid: 7\ndata: {\"call\":\"a1\"}\n\n:\n\nevent: live\ndata: {\"words\":\"x\"}\n\n", "text/event-stream")
        return self.answer(200, {"path": self.path})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Server.seen.append((self.path, body, self.headers.get("Authorization"), None))
        self.answer(201 if "judgements" in self.path else 200, [{"outcome": "human"}] if "analyses" in self.path else json.loads(body))


class ClientTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.address = f"http://127.0.0.1:{cls.server.server_port}"
        cls.client = Falsetto(cls.address, token="good")

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        cls.server.server_close()

    def test_pages_are_fetched_until_all_are_there(self):
        self.assertEqual([call["id"] for call in self.client.calls(start="2026-11-01")], ["c00", "c01", "c10"])
        self.assertIn("from=2026-11-01", Server.seen[-1][0])

    def test_a_stranger_gets_a_clear_error(self):
        with self.assertRaises(FalsettoError) as caught:
            Falsetto(self.address, token="bad").call("a1")
        self.assertEqual(caught.exception.status, 401)
        self.assertIn("Send a token.", str(caught.exception))

    def test_an_id_cannot_leave_its_place_in_the_path(self):
        self.assertEqual(self.client.call("../accounts")["path"], "/api/v1/calls/..%2Faccounts")

    def test_judgements_and_recordings_are_sent_as_they_are(self):
        self.assertEqual(self.client.judge("a1", "human", note="known")["note"], "known")
        self.assertEqual(self.client.analyse(b"RIFF")[0]["outcome"], "human")
        self.assertEqual(Server.seen[-1][1], b"RIFF")

    def test_events_are_read_as_they_come_and_taken_up_where_they_ended(self):
        events = list(self.client.events(last_id=6))
        self.assertEqual(events, [("alert", "7", {"call": "a1"}), ("live", None, {"words": "x"})])
        self.assertEqual(Server.seen[-1][3], "6")

    def test_nobody_there_is_said(self):
        with self.assertRaises(FalsettoError) as caught:
            Falsetto("http://127.0.0.1:9", token="good", timeout=2).call("a1")
        self.assertIn("is `falsetto serve` running?", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
