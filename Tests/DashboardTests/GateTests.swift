import Foundation
import HTTPTypes
import Hummingbird
import Synchronization
import Testing

@testable import Dashboard
@testable import Store

@Suite("Who comes in, and what an attacker tries") struct GateTests {
    @Test("A stranger is sent to the sign-in page, and gets 401 where no page is asked for")
    func stranger() async throws {
        let site = try Site()
        let id = try site.addCall()
        try await site.dashboard().visited { door in
            let browser = Browser(door)
            for path in ["/", "/calls", "/calls/\(id)", "/calls/\(id)/audio", "/review", "/people", "/numbers", "/known", "/live", "/nosuchpage"] {
                let answer = try await browser.get(path)
                #expect(answer.status == .seeOther && answer.headers[.location] == "/sign-in", "\(path)")
            }
            #expect(try await browser.get("/live/events", headers: ["accept": "text/event-stream"]).status == .unauthorized)
            #expect(try await browser.post("/calls/\(id)/judgement", ["verdict": "human"]).status == .unauthorized)
            for path in ["/api/v1/calls", "/api/v1/calls/\(id)", "/api/v1/events"] { #expect(try await browser.get(path).status == .unauthorized) }
            #expect(try await browser.send(.post, "/api/v1/analyses", headers: [:], body: "RIFF").status == .unauthorized)
        }
        #expect(try site.store.call(id).judgements.isEmpty)
        #expect(try !site.audit(of: id).contains { $0.hasPrefix("viewed") })
    }

    @Test("Signing in gives a new session each time: one that was planted beforehand is worth nothing")
    func fixation() async throws {
        let site = try Site()
        try site.add("mk", .viewer)
        try await site.dashboard().visited { door in
            let browser = Browser(door)
            browser.cookie = "planted"
            try await browser.signIn("mk")
            let first = try #require(browser.cookie)
            #expect(first != "planted" && first.count >= 40)
            let attacker = Browser(door)
            attacker.cookie = "planted"
            #expect(try await attacker.get("/calls").status == .seeOther)
            // A second sign-in ends the first session.
            _ = try await browser.post("/sign-in", ["name": "mk", "password": password], withToken: false)
            #expect(browser.cookie != first)
            attacker.cookie = first
            #expect(try await attacker.get("/calls").status == .seeOther)
        }
    }

    @Test("A session ends with sign-out, an hour of rest, half a day in all, and with its account")
    func ends() async throws {
        let site = try Site()
        try site.add("mk", .viewer)
        try await site.dashboard().visited { door in
            let browser = Browser(door)
            try await browser.signIn("mk")
            let old = browser.cookie
            #expect(try await browser.post("/sign-out").status == .seeOther)
            browser.cookie = old
            #expect(try await browser.get("/calls").status == .seeOther)

            try await browser.signIn("mk")
            site.clock.date += 3590
            #expect(try await browser.get("/calls").status == .ok)
            site.clock.date += 3610
            #expect(try await browser.get("/calls").status == .seeOther)

            try await browser.signIn("mk")
            for _ in 0..<13 {
                site.clock.date += 3300
                #expect(try await browser.get("/calls").status == .ok)
            }
            site.clock.date += 301
            #expect(try await browser.get("/calls").status == .seeOther)

            try await browser.signIn("mk")
            try site.store.removeAccount(named: "mk")
            #expect(try await browser.get("/calls").status == .seeOther)
        }
    }

    @Test("A restart of the program signs nobody out and lets no session run on that has ended; a new password ends those of the old")
    func restart() async throws {
        let site = try Site()
        try site.add("mk", .viewer)
        let kept = Mutex<String?>(nil)
        try await site.dashboard().visited { door in
            let browser = Browser(door)
            try await browser.signIn("mk")
            kept.withLock { $0 = browser.cookie }
        }
        try await site.dashboard().visited { door in
            let browser = Browser(door)
            browser.cookie = kept.withLock { $0 }
            let page = try await browser.get("/calls")
            #expect(page.status == .ok)
            // Forms of pages that were open before the restart are good as well.
            #expect(try await browser.post("/sign-out").status == .seeOther)
            browser.cookie = kept.withLock { $0 }
            #expect(try await browser.get("/calls").status == .seeOther)
            try await browser.signIn("mk")
            try site.add("mk", .viewer)
            #expect(try await browser.get("/calls").status == .seeOther)
        }
        // What is kept is no use to whoever reads the store.
        let digest = Token.digest(try #require(kept.withLock { $0 }))
        try await site.dashboard().visited { door in
            let thief = Browser(door)
            thief.cookie = digest
            let answer = try await thief.get("/calls")
            #expect(answer.status == .seeOther)
        }
    }

    @Test("A form without its token, with another's, or from another site changes nothing")
    func forgery() async throws {
        let site = try Site()
        try site.add("rev", .reviewer)
        try site.add("other", .reviewer)
        let id = try site.addCall()
        try await site.dashboard().visited { door in
            let (browser, other) = (Browser(door), Browser(door))
            try await browser.signIn("rev")
            try await other.signIn("other")
            let theirs = try #require(try await other.get("/calls").text.firstMatch(of: /name="token" value="([^"]*)"/)).1
            let path = "/calls/\(id)/judgement", fields = ["verdict": "human"]
            #expect(try await browser.post(path, fields, withToken: false).status == .forbidden)
            #expect(try await browser.post(path, fields.merging(["token": String(theirs)]) { $1 }).status == .forbidden)
            #expect(try await browser.post(path, fields, headers: ["origin": "https://elsewhere.example"]).status == .forbidden)
            #expect(try await browser.post(path, fields, headers: ["sec-fetch-site": "cross-site"]).status == .forbidden)
            #expect(
                try await browser.post("/sign-in", ["name": "rev", "password": password], headers: ["origin": "https://elsewhere.example"]).status
                    == .forbidden)
            #expect(try await browser.post(path, fields, headers: ["content-type": "text/plain"]).status == .badRequest)
            #expect(try site.store.call(id).judgements.isEmpty)
            #expect(
                try await browser.post(path, fields, headers: ["origin": "http://localhost", "sec-fetch-site": "same-origin"]).status == .seeOther)
            #expect(try site.store.call(id).judgements.map(\.verdict) == [.human])
        }
    }

    @Test("No page stands in another's frame or runs anything but its own script; the cookie is for this site's requests only")
    func frames() async throws {
        let site = try Site()
        try site.add("mk", .viewer)
        let id = try site.addCall()
        try await site.dashboard { $0.isBehindHTTPS = true }.visited { door in
            let browser = Browser(door)
            let answer = try await browser.post("/sign-in", ["name": "mk", "password": password], withToken: false)
            let cookie = try #require(answer.headers[values: .setCookie].first)
            for word in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/"] { #expect(cookie.contains(word), "\(cookie)") }
            for path in [
                "/calls", "/calls/\(id)", "/people", "/numbers", "/known", "/live", "/sign-in", "/style.css", "/script.js", "/nosuchpage",
                "/api/v1/calls",
            ] {
                let answer = try await browser.get(path)
                let policy = try #require(answer.headers[.contentSecurityPolicy], "\(path)")
                #expect(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'none'") && !policy.contains("unsafe"))
                #expect(answer.headers[HTTPField.Name("X-Frame-Options")!] == "DENY")
                #expect(answer.headers[.xContentTypeOptions] == "nosniff")
                // With `no-referrer` Chromium sends "Origin: null" with each form, and nobody could sign in.
                #expect(answer.headers[HTTPField.Name("Referrer-Policy")!] == "same-origin")
                #expect(answer.headers[.strictTransportSecurity] != nil)
                // What the policy would forbid is not there to begin with.
                #expect(!answer.text.contains(" style=") && !answer.text.contains(" onclick=") && !answer.text.contains("<script>"))
            }
        }
    }

    @Test("Markup in labels, consent, notes and searches is shown as it was written")
    func injection() async throws {
        let site = try Site()
        let nasty = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"
        try site.add("ad", .admin)
        let id = try site.addCall(device: nasty, consent: nasty)
        try site.store.judge(id, as: .human, by: "<b>mk</b>", sawScore: false, note: nasty)
        try site.store.allow(.line, "<script>alert('x')</script>", note: nasty, by: "<b>mk</b>")
        try await site.dashboard().visited { door in
            let browser = Browser(door)
            try await browser.signIn("ad")
            for path in [
                "/calls", "/calls/\(id)", "/people", "/numbers", "/known", "/calls?words=\(Dashboard.encoded(nasty))",
                "/calls?from=\(Dashboard.encoded(nasty))",
            ] {
                let answer = try await browser.get(path)
                #expect(!answer.text.contains("<script>alert") && !answer.text.contains("<img") && !answer.text.contains("<b>mk"), "\(path)")
            }
            let shown = try await browser.get("/calls/\(id)")
            #expect(shown.text.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;"))
            // And none of it reaches SQL as anything but a value.
            #expect(try await browser.get("/calls?words=\(Dashboard.encoded("' OR 1=1 --"))").text.contains("No call is stored that fits"))
            #expect(try await browser.get("/calls?outcome=\(Dashboard.encoded("human') OR ('1'='1"))").status == .badRequest)
        }
    }

    @Test(
        "No path leads to a file or to what is no call",
        arguments: [
            "/../../etc/passwd", "/calls/../audio.key", "/calls/..%2F..%2Fetc%2Fpasswd", "/calls/%2e%2e%2fcalls.sqlite", "/style.css/../calls.sqlite",
            "/calls/.%00",
            "/calls/audio.key%00/audio", "/calls/-rf/export?as=json", "/openapi.json", "/Resources/openapi.json", "/calls.sqlite",
        ])
    func traversal(path: String) async throws {
        let site = try Site()
        try site.add("ad", .admin)
        _ = try AudioKey(makingAt: site.folder.audioKey)
        try await site.dashboard().visited { door in
            let browser = Browser(door)
            try await browser.signIn("ad")
            let answer = try await browser.get(path)
            #expect(answer.status == .notFound || answer.status == .badRequest, "\(answer.status)")
            #expect(!answer.text.contains("root:") && !answer.text.contains("SQLite format") && !answer.text.contains(site.folder.path))
        }
    }

    @Test("A name that is not ours is refused, so that no page elsewhere can point its own name here")
    func rebinding() async throws {
        let site = try Site()
        try await site.dashboard { $0.names = ["falsetto.example"] }.visited { door in
            let answer = try await Browser(door).get("/sign-in")
            #expect(answer.status == .misdirectedRequest)
        }
    }

    @Test("After ten wrong passwords a name waits a quarter of an hour, also for the right one; other names do not")
    func limit() async throws {
        let site = try Site()
        try site.add("mk", .viewer)
        try site.add("ab", .viewer)
        try await site.dashboard().visited { door in
            let browser = Browser(door)
            for _ in 0..<10 {
                #expect(try await browser.post("/sign-in", ["name": "mk", "password": "wrong wrong wrong"], withToken: false).status == .forbidden)
            }
            #expect(try await browser.post("/sign-in", ["name": "mk", "password": password], withToken: false).status == .tooManyRequests)
            try await Browser(door).signIn("ab")
            site.clock.date += 901
            try await browser.signIn("mk")
        }
    }

    @Test("Behind a proxy that signs people in, its header counts and the form does not; without the option the header is nothing")
    func proxy() async throws {
        let site = try Site()
        try site.add("mk", .viewer)
        let header = ["x-remote-user": "mk"]
        try await site.dashboard().visited { door in
            let stranger = try await Browser(door).get("/calls", headers: header)
            #expect(stranger.status == .seeOther)
        }
        try await site.dashboard { $0.trustedHeader = HTTPField.Name("X-Remote-User")! }.visited { door in
            let browser = Browser(door)
            let named = try await browser.get("/calls", headers: header)
            #expect(named.status == .ok)
            #expect(try await browser.get("/calls", headers: ["x-remote-user": "nobody"]).status == .seeOther)
            #expect(try await browser.post("/sign-in", ["name": "mk", "password": password], withToken: false).status == .notFound)
        }
    }

    @Test("Passwords: what scrypt gives for RFC 7914's example, what is refused, and that only the right one fits")
    func passwords() throws {
        // RFC 7914, section 12, third vector: N = 16384, r = 8, p = 1; the first 32 bytes, since a shorter key is the start of a longer.
        let example = "scrypt$16384$8$1$U29kaXVtQ2hsb3JpZGU=$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI="
        #expect(Password.matches("pleaseletmein", example) && !Password.matches("pleaseletmeim", example))
        let digest = Password.digest("correct horse battery", rounds: 16)
        #expect(digest.hasPrefix("scrypt$16$8$1$") && !digest.contains("horse"))
        #expect(Password.matches("correct horse battery", digest) && !Password.matches("correct horse batterz", digest))
        #expect(Password.digest("correct horse battery", rounds: 16) != digest)
        // The same letters however they are composed.
        #expect(Password.matches("cafe\u{301} au lait, deux", Password.digest("café au lait, deux", rounds: 16)))
        #expect(Password.fault("a b        cd") != nil && Password.fault("a b c d e f g h") == nil)
        #expect(Password.fault("short") != nil && Password.fault("aaaaaaaaaaaaaaaa") != nil && Password.fault(password) == nil)
        #expect(Password.fault(String(repeating: "ab1 x", count: 60)) != nil)
    }

    @Test("A password that counts takes long enough to make guessing dear")
    func cost() {
        let start = ContinuousClock.now
        let digest = Password.digest(password)
        let took = ContinuousClock.now - start
        print("scrypt with N = \(Password.rounds), r = 8, p = 1: \(took)")
        #expect(digest.hasPrefix("scrypt$131072$8$1$") && took > .milliseconds(100))
    }
}
