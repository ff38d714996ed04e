"""The pages in a real browser (Debian's chromium, driven by playwright): sizes, colours, keyboard, axe's rules, sound, two people at once,
the running call, restarts, and what another site's page may try. Needs FALSETTO_PROGRAM; `Tools/browser/run` sets all of it up."""

import http.server
import os
import re
import shutil
import threading
import time
import unittest

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from falsetto_site import PASSWORD, AudioSocketCall, Site, human_voice, machine_voice

PATIENCE = 120_000
COPIES = 10_000
PAGES = {"ad": ["live", "calls", "calls?page=150", "people", "numbers", "known", "review", "CALL"], "ann": ["review", "calls", "live", "CALL"], None: ["sign-in"]}
# What Chromium says of a connection that a test cut itself.
CUT = re.compile("ERR_(CONNECTION|INCOMPLETE|EMPTY|NETWORK)|Failed to load resource: net::")


class Pages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site(os.environ["FALSETTO_PROGRAM"])
        cls.addClassCleanup(shutil.rmtree, cls.site.folder, ignore_errors=True)
        cls.addClassCleanup(cls.site.close)
        cls.site.add_people()
        cls.call = cls.site.hear(machine_voice())
        cls.human = cls.site.hear(human_voice(seconds=15))
        cls.site.copy(cls.human, COPIES)
        cls.site.serve()
        playwright = sync_playwright().start()
        cls.addClassCleanup(playwright.stop)
        cls.browser = playwright.chromium.launch(executable_path=os.environ.get("FALSETTO_CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"])
        cls.addClassCleanup(cls.browser.close)
        cls.signed_in = {}
        cls.axe = Axe()

    def page(self, user=None, width=1280, scheme="light"):
        """A page of somebody who has signed in; what its console complains of fails the test."""
        context = self.browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.addCleanup(context.close)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        self.complaints = getattr(self, "complaints", [])
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" and not CUT.search(message.text) else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        if user and user not in self.signed_in:
            self.sign_in(page, user)
            self.signed_in[user] = context.cookies()
        elif user:
            context.add_cookies(self.signed_in[user])
        return page

    def sign_in(self, page, user):
        page.goto(self.site.address + "/sign-in")
        page.fill("input[name=name]", user)
        page.fill("input[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "sign-in" not in url)

    def tearDown(self):
        self.assertEqual(getattr(self, "complaints", []), [], "the browser complains")

    def go(self, page, path):
        page.goto(f"{self.site.address}/{path.replace('CALL', f'calls/{self.call}')}", wait_until="load")

    def test_every_page_fits_and_keeps_axes_rules(self):
        fastest = {}
        for width in (1280, 390):
            for scheme in ("light", "dark"):
                for user, paths in PAGES.items():
                    page = self.page(user, width, scheme)
                    for path in paths:
                        with self.subTest(path=path, width=width, scheme=scheme, user=user):
                            self.go(page, path)
                            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
                            self.assertLessEqual(over, 0, "wider than the window")
                            self.assertEqual((page.locator("h1").count(), page.locator("main").count()), (1, 1))
                            small = page.evaluate(
                                """() => [...document.querySelectorAll('button, .button')].filter((e) => e.offsetParent &&
                                    e.getBoundingClientRect().height < 24).map((e) => e.outerHTML.slice(0, 80))""")
                            self.assertEqual(small, [], "too small to hit")
                            self.assertLess(len(page.content().encode()), 100_000)
                            found = self.axe.run(page).response["violations"]
                            self.assertEqual([(it["id"], [node["html"][:120] for node in it["nodes"]][:3]) for it in found], [])
                            timing = page.evaluate("performance.getEntriesByType('navigation')[0]")
                            took = timing["responseEnd"] - timing["requestStart"]
                            fastest[path] = min(fastest.get(path, took), took)
                    page.context.close()
        print(f"with {COPIES + 2} calls in the store, the best of four: " + ", ".join(f"{path} {took:.0f} ms" for path, took in fastest.items()))

    def test_all_is_reached_by_keyboard_and_the_focus_is_seen(self):
        page = self.page("ad")
        for path in ("calls", "CALL", "known"):
            self.go(page, path)
            page.keyboard.press("Tab")
            self.assertEqual(page.evaluate("document.activeElement.className"), "skip")
            page.keyboard.press("Enter")
            self.assertTrue(page.url.endswith("#main"))
            self.go(page, path)
            page.evaluate("for (const e of document.querySelectorAll('*')) e.removeAttribute('data-was')")
            expected = page.evaluate(
                "[...document.querySelectorAll('a[href], button:not([disabled]), input:not([type=hidden]), select, textarea')].filter((e) => e.offsetParent).length")
            reached, unseen = 0, []
            for _ in range(expected * 4 + 40):
                page.keyboard.press("Tab")
                state = page.evaluate(
                    """() => { const e = document.activeElement; if (e === document.body) return null; const style = getComputedStyle(e);
                    const fresh = !e.dataset.was && e.matches('a[href], button, input, select, textarea'); e.dataset.was = 1;
                    return [fresh, style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0, e.outerHTML.slice(0, 80)]; }""")
                if state is None:
                    break
                reached += state[0]
                if not state[1] and "skip" not in state[2]:
                    unseen.append(state[2])
            self.assertGreaterEqual(reached, expected, path)
            self.assertEqual(unseen, [], path)

    def test_kept_sound_is_drawn_played_followed_and_jumped_in(self):
        for width, drawing in ((1280, "wide"), (390, "narrow")):
            page = self.page("ad", width)
            with page.expect_response(lambda answer: "/spectrogram" in answer.url) as picture:
                self.go(page, "CALL")
            self.assertEqual(picture.value.headers["content-type"], "image/png")
            self.assertLess(len(picture.value.body()), 100_000)
            page.keyboard.press("p")
            page.wait_for_selector("audio")
            page.wait_for_function("() => document.querySelector('audio').currentTime > 0.3")
            head = page.locator(f"svg.plot.{drawing} line.head")
            before = float(head.get_attribute("x1"))
            page.wait_for_function("() => document.querySelector('audio').currentTime > 1.5")
            self.assertGreater(float(head.get_attribute("x1")), before)
            # A line has no width, so that it is the drawing it stands in that must be in view.
            self.assertTrue(page.locator(f"svg.plot.{drawing}").is_visible())
            to = float(page.get_attribute("[data-seek]", "data-seek"))
            page.keyboard.press("j")
            page.wait_for_function(f"() => Math.abs(document.querySelector('audio').currentTime - {to}) < 2")
            page.keyboard.press("p")
            page.wait_for_function("() => document.querySelector('audio').paused")
            # The middle of the drawing is the middle of the call.
            plot = page.locator(f"svg.plot.{drawing}")
            scale = plot.bounding_box()["width"] / plot.evaluate("e => e.viewBox.baseVal.width")
            middle = float(plot.get_attribute("data-left")) + float(plot.get_attribute("data-width")) / 2
            plot.click(position={"x": middle * scale, "y": 60}, force=True)
            seconds = float(plot.get_attribute("data-seconds"))
            page.wait_for_function(f"() => Math.abs(document.querySelector('audio').currentTime - {seconds / 2}) < {seconds / 50 + 0.2}")
        self.go(page, "CALL")
        for word in ("audioPlayed", "audioPictured", "viewed"):
            self.assertIn(word, page.inner_text("main"))

    def test_two_people_judge_one_call_at_once_by_keyboard(self):
        pages = [self.page("ann"), self.page("bob")]
        for page in pages:
            self.go(page, "review")
        names = [page.locator("main .path").first.inner_text() for page in pages]
        self.assertEqual(names[0], names[1])
        self.assertNotIn("LLR", pages[0].inner_text("main"))
        pages[0].keyboard.press("n")
        pages[0].keyboard.type("a note with h and s <img src=x onerror=alert(1)>")
        self.assertIn("note with h", pages[0].locator("textarea").input_value())
        pages[0].keyboard.press("Tab")
        for page, key in zip(pages, "sh"):
            page.keyboard.press(key)
        for page in pages:
            page.wait_for_url("**/review?judged=*")
            self.assertIn("you said", page.inner_text("main"))
        admin = self.page("ad")
        self.go(admin, f"calls/{names[0]}")
        self.assertIn("<img src=x onerror=alert(1)>", admin.inner_text("main"))
        self.assertEqual(admin.locator("main img").count(), 0)
        self.assertCountEqual(re.findall(r"(ann|bob)\s+(synthetic|human)", admin.inner_text("main")), [("ann", "synthetic"), ("bob", "human")])
        self.go(admin, "people")
        self.assertIn("1 disputed", admin.inner_text("main"))

    def test_the_running_call_is_led_from_the_page_and_seen_through_restarts(self):
        page = self.page("ad")
        self.go(page, "live")
        page.evaluate("window.sameAsBefore = true")
        says = lambda words: page.wait_for_function("(words) => document.querySelector('[data-live]').innerText.includes(words)", arg=words)
        says("Nobody listens")
        self.site.listen()
        says("It listens; no call is on.")
        id = self.site.run("call", "start", "--id", "browser-1").split()[1]
        says(id)
        says("A call is on.")
        page.wait_for_function("() => document.querySelector('[data-put=length]').textContent > '0:02'")
        self.assertTrue(page.evaluate("window.sameAsBefore"), "the page was loaded anew")
        for button, words in (("Pause", "paused: nothing is heard"), ("Hear again", "A call is on."), ("The voice said", "disclosed: ")):
            page.get_by_role("button", name=re.compile("^" + button)).click()
            says(words)
        page.get_by_role("button", name=re.compile("^End")).click()
        says("no call is on")
        self.go(page, f"calls/{id}")
        shown = page.inner_text("main")
        for words in ("paused for", "machine's voice", "pause, by ad", "resume, by ad", "disclose, by ad", "end, by ad"):
            self.assertIn(words, shown)
        # What listens is killed and comes back.
        self.go(page, "live")
        page.evaluate("window.sameAsBefore = true")
        self.site.kill(self.site.listener)
        says("Nobody listens")
        self.site.listen()
        says("It listens")
        # What serves is killed and comes back: the page goes on where it was, and who had signed in still is.
        port = self.site.port
        self.site.kill(self.site.server)
        says("Connection lost, trying again.")
        self.site.serve(port)
        says("It listens")
        self.assertTrue(page.evaluate("window.sameAsBefore"), "the page was loaded anew")
        page.get_by_role("button", name=re.compile("^Pause")).click()
        says("Paused: nothing is heard.")

    def test_calls_of_a_telephone_system_come_go_and_are_disclosed_one_by_one(self):
        page = self.page("ad")
        reviewer = self.page("ann")
        for each in (page, reviewer):
            self.go(each, "live")
            each.evaluate("window.sameAsBefore = true")
        says = lambda words, who=page: who.wait_for_function("(words) => document.querySelector('[data-live]').innerText.includes(words)", arg=words)
        port = self.site.take_calls()
        self.addCleanup(lambda: (self.site.listener.terminate(), self.site.listener.wait()))
        says("It listens; no call is on.")
        # A call begins with its first sound, and is let go where none comes for long.
        gone = threading.Event()
        self.addCleanup(gone.set)
        calls = [AudioSocketCall(port, 1)]
        calls[0].speak(machine_voice()[:160_000])
        # There is no other yet that could have become as long meanwhile.
        id = page.locator("[data-trunks] tbody tr", has_text="0:10").locator("[data-cell=call]").inner_text()
        calls.append(AudioSocketCall(port, 2))
        calls[1].speak_on(human_voice(seconds=15), gone)
        says("2 calls are on.")
        page.wait_for_function("() => document.querySelectorAll('[data-trunks] tbody tr').length === 2")
        first = page.locator("[data-trunks] tbody tr", has_text=id)
        self.assertIn("audiosocket", first.inner_text())
        self.assertRegex(first.locator("[data-cell=llr]").inner_text(), r"^[+−-]\d+\.\d\d$")
        self.assertRegex(first.locator("[data-cell=at]").inner_text(), r"\+\d+\.\d\d \(\w+\)")
        says(id, reviewer)
        self.assertEqual(reviewer.locator("[data-cell=llr], [data-cell=state], [data-cell=alerts], [data-trunks] button").count(), 0)
        # A row that is there stays the same row while its texts change.
        first.evaluate("(row) => { row.sameAsBefore = true; }")
        calls[0].speak(machine_voice()[160_000:176_000])
        first.get_by_text("0:11").wait_for()
        self.assertTrue(page.locator("[data-trunks] tbody tr", has_text=id).evaluate("(row) => row.sameAsBefore"), "the row was drawn anew")
        self.assertTrue(page.evaluate("window.sameAsBefore"), "the page was loaded anew")
        page.locator("[data-trunks] tbody tr", has_text=id).get_by_role("button").click()
        calls[0].speak(machine_voice()[176_000:192_000])
        page.wait_for_function("(id) => [...document.querySelectorAll('[data-trunks] tbody tr')].find((r) => r.innerText.includes(id))"
                               ".innerText.includes('disclosed')", arg=id)
        self.assertTrue(page.locator("[data-trunks] tbody tr", has_text=id).get_by_role("button").is_disabled())
        page.get_by_role("button", name=re.compile("^Pause")).click()
        says("2 calls are on; paused: nothing is heard.")
        page.get_by_role("button", name=re.compile("^Hear again")).click()
        says("2 calls are on.")
        self.assertEqual(page.get_by_role("button", name=re.compile("^End")).count(), 0)
        calls[0].hang_up()
        says("A call is on.")
        page.wait_for_function("() => document.querySelectorAll('[data-trunks] tbody tr').length === 1")
        gone.set()
        says("It listens; no call is on.")
        self.go(page, f"calls/{id}")
        for words in ("disclose, by ad", "audiosocket"):
            self.assertIn(words, page.inner_text("main"))

    def test_another_sites_page_can_neither_frame_nor_send_forms(self):
        address = self.site.address

        class Elsewhere(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                body = (
                    f'<iframe name="frame" src="{address}/calls"></iframe>'
                    f'<form method="post" action="{address}/known/add"><input name="kind" value="line"><input name="which" value="forged"></form>').encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(body)

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        page = self.page("ad")
        page.goto(f"http://localhost:{server.server_port}/", wait_until="load")
        frame = page.frame("frame")
        deadline = time.monotonic() + 30
        while "chrome-error" not in frame.url and time.monotonic() < deadline:
            page.wait_for_timeout(100)
        self.assertIn("chrome-error", frame.url)
        self.assertTrue(any("frame" in words.lower() for words in self.complaints), self.complaints)
        self.complaints.clear()
        page.evaluate("document.forms[0].submit()")
        page.wait_for_url("**/known/add")
        # The cookie is for this site's own requests: the form comes from a stranger.
        self.assertNotIn("Known voices", page.inner_text("body"))
        self.complaints.clear()
        self.assertNotIn("forged", self.site.run("serve", "allow", "list"))

    def test_a_planted_session_is_worth_nothing(self):
        page = self.page()
        page.context.add_cookies([{"name": "falsetto", "value": "planted", "url": self.site.address}])
        self.sign_in(page, "vi")
        cookie = next(it for it in page.context.cookies() if it["name"] == "falsetto")
        self.assertNotEqual(cookie["value"], "planted")
        self.assertEqual((cookie["httpOnly"], cookie["sameSite"]), (True, "Strict"))
        self.assertEqual(page.evaluate("document.cookie"), "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
