import Calls
import Crypto
import Foundation
import Reporting
import Store
import Synchronization
import TestSupport
import Testing

@testable import Monitoring

private let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

@Suite("A web address as a sink") struct WebhookTests {
    /// A file that holds the secret, for all tests of this process.
    private static let secretFile: String = {
        let path = NSTemporaryDirectory() + "falsetto-webhook-secret-\(getpid())"
        try! Data((secret + "\n").utf8).write(to: URL(fileURLWithPath: path))
        return path
    }()

    private func sink(_ url: String, trust: String? = nil, timeoutSeconds: Double = 60) throws -> WebhookSink {
        let settings = try #require(WebhookSettings(url: url, secret: .file(Self.secretFile), trust: trust))
        return WebhookSink(settings: settings, timeoutSeconds: timeoutSeconds, clock: { Date(timeIntervalSince1970: 1_800_000_000.9) })
    }

    private func event(_ id: String = EventID.random().text) -> CallEvent {
        CallEvent(id: id, call: "8e9b1kpbhsx5", leg: "far", at: Date(timeIntervalSince1970: 0), kind: .disclosed(atSeconds: 1))
    }

    @Test("The signature is the one that Standard Webhooks' libraries expect")
    func signature() throws {
        // python3: base64(hmac.digest(base64 of the secret, b'msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{"test": 2432232314}', sha256))
        let settings = try sink("https://example.org/hidden").settings
        #expect(settings.place == "https://example.org")
        let key = try settings.key()
        #expect(
            WebhookSink.signature(of: #"{"test": 2432232314}"#, id: "msg_p5jXN8AQM9LWM0D4loKWxJek", stamp: 1_614_265_330, key: key)
                == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test("The receiver gets the event's JSON as it is, its id as key of idempotency, and a signature over both and the time")
    func delivers() async throws {
        let receiver = try await WebhookReceiver { _, _ in .status(204) }
        let event = event()
        try await sink("http://127.0.0.1:\(receiver.port)/alerts?desk=1").deliver(event.jsonLine)
        let request = try #require(receiver.requests.first)
        let headers = request.headers
        #expect(request.path == "/alerts" && request.body == event.jsonLine && headers["content-type"] == "application/json")
        #expect(headers["webhook-id"] == event.id && headers["idempotency-key"] == event.id && headers["webhook-timestamp"] == "1800000000")
        let code = Data(base64Encoded: String(headers["webhook-signature"]?.dropFirst(3) ?? "")) ?? Data()
        let key = SymmetricKey(data: Data(base64Encoded: String(secret.dropFirst(6)))!)
        #expect(HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: Data("\(event.id).1800000000.\(request.body)".utf8), using: key))
    }

    @Test("Any other answer is a failure, a redirect too, and nobody else is asked")
    func refusals() async throws {
        let elsewhere = try await WebhookReceiver { _, _ in .status(200) }
        let receiver = try await WebhookReceiver { number, _ in
            switch number {
            case 0: .status(500)
            case 1: .status(400)
            case 2: .status(307, headers: ["Location": "http://127.0.0.1:\(elsewhere.port)/"])
            default: .status(302, headers: ["Location": "http://127.0.0.1:\(elsewhere.port)/"])
            }
        }
        let place = "http://127.0.0.1:\(receiver.port)"
        let sink = try self.sink(place + "/token-that-is-secret")
        await #expect(throws: SinkFailure("\(place): answered 500")) { try await sink.deliver(event().jsonLine) }
        await #expect(throws: SinkFailure("\(place): answered 400")) { try await sink.deliver(event().jsonLine) }
        for status in [307, 302] {
            await #expect(throws: SinkFailure("\(place): answered \(status), a redirect, which is not followed; give the address itself")) {
                try await sink.deliver(event().jsonLine)
            }
        }
        #expect(elsewhere.requests.isEmpty && receiver.requests.count == 4)
    }

    @Test("A receiver that hangs costs its time only; one that is not there, or closes, is a failure")
    func hanging() async throws {
        let receiver = try await WebhookReceiver { _, _ in .hang }
        let place = "http://127.0.0.1:\(receiver.port)"
        await #expect(throws: SinkFailure("\(place): no answer within 0.3 s")) {
            try await sink(place, timeoutSeconds: 0.3).deliver(event().jsonLine)
        }
        #expect(receiver.requests.count == 1)
        let free = freePort()
        await #expect(throws: SinkFailure.self) { try await sink("http://127.0.0.1:\(free)", timeoutSeconds: 2).deliver(event().jsonLine) }
    }

    @Test("By TLS only a certificate that is trusted is taken")
    func transportSecurity() async throws {
        let folder = NSTemporaryDirectory() + "falsetto-webhook-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (certificate, key) = (folder + "/certificate.pem", folder + "/key.pem")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days",
            "2",
            "-keyout", key, "-out", certificate,
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let receiver = try await WebhookReceiver(tls: (certificate, key)) { _, _ in .status(200) }
        let url = "https://127.0.0.1:\(receiver.port)/"
        await #expect { try await sink(url).deliver(event().jsonLine) } throws: { "\($0)".contains(": TLS: ") }
        #expect(receiver.requests.isEmpty)
        try await sink(url, trust: certificate).deliver(event().jsonLine)
        #expect(receiver.requests.count == 1)
    }

    @Test("What a receiver had and never acknowledged comes again under its id, from the outbox of the next run; then it is gone")
    func crash() async throws {
        let folder = StateFolder(path: NSTemporaryDirectory() + "falsetto-webhook-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        let receiver = try await WebhookReceiver { number, _ in number == 0 ? .hang : .status(200) }
        let settings = try sink("http://127.0.0.1:\(receiver.port)").settings
        let event = event()
        var arrived = receiver.arrived.makeAsyncIterator()
        func run(_ store: Store) -> (SinkBoard, Task<Void, Never>) {
            let board = SinkBoard([SinkSettings(name: "web", target: .webhook(settings), timeoutSeconds: 600)])
            let post = board.all[0]
            return (board, Task { await SinkRun(post: post, store: store, say: { _ in }).run() })
        }
        do {
            let store = try Store(folder, for: .daemon)
            try store.enqueue(SinkBoard([SinkSettings(name: "web", target: .webhook(settings))]).messages(of: event), call: try CallID("a"))
            let (_, sending) = run(store)
            #expect(await arrived.next()?.headers["webhook-id"] == event.id)
            // As a process that dies: nothing of what follows the request is done.
            sending.cancel()
            await sending.value
        }
        let later = Date().addingTimeInterval(10)
        let store = try Store(folder, for: .daemon, clock: { later })
        let (board, sending) = run(store)
        let again = await arrived.next()
        #expect(again?.headers["webhook-id"] == event.id && again?.body == event.jsonLine)
        while try !store.outboxCounts().isEmpty { await Task.yield() }
        board.close()
        await sending.value
        #expect(receiver.requests.count == 2)
    }

    @Test("A receiver that asks for time gets it: nothing is sent to it until then, and then all that waits")
    func retryAfter() async throws {
        let folder = StateFolder(path: NSTemporaryDirectory() + "falsetto-webhook-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: folder.path) }
        let times = Mutex<[ContinuousClock.Instant]>([])
        let receiver = try await WebhookReceiver { number, _ in
            times.withLock { $0.append(.now) }
            return number == 0 ? .status(429, headers: ["Retry-After": "3"]) : .status(200)
        }
        let settings = try sink("http://127.0.0.1:\(receiver.port)").settings
        let board = SinkBoard([SinkSettings(name: "web", target: .webhook(settings))])
        let store = try Store(folder, for: .daemon)
        let events = [event(), event()]
        for event in events { try store.enqueue(board.messages(of: event), call: try CallID("a")) }
        let said = Mutex<[String]>([])
        let post = board.all[0]
        let sending = Task { await SinkRun(post: post, store: store, say: { words in said.withLock { $0.append(words) } }).run() }
        var arrived = receiver.arrived.makeAsyncIterator()
        let ids = [await arrived.next(), await arrived.next(), await arrived.next()].map { $0?.headers["webhook-id"] }
        board.close()
        await sending.value
        #expect(ids[0] == events[0].id && Set(ids[1...]) == Set(events.map(\.id)))
        let waited = times.withLock { $0[1] - $0[0] }
        #expect(waited > .seconds(2.9), "\(waited)")
        #expect(said.withLock { $0.first } == "sink web: \(settings.place): answered 429 and asks to wait 3 s; it is tried again until it works")
    }

    @Test(
        "How long a receiver asks to be left alone: seconds or a date",
        arguments: [
            ("120", 120.0), (" 0 ", 0), ("Fri, 15 Jan 2027 08:00:30 GMT", 30), ("Fri, 15 Jan 2027 07:00:00 GMT", 0), ("soon", nil), ("-1", nil),
            ("", nil), ("1.5", nil),
        ] as [(String, Double?)])
    func retryAfterForms(text: String, seconds: Double?) {
        #expect(WebhookSink.seconds(ofRetryAfter: text, now: Date(timeIntervalSince1970: 1_800_000_000)) == seconds)
    }

    @Test("It is read from the configuration; what is unsafe is refused, and what is missing is said")
    func configuration() throws {
        func read(_ lines: String) throws -> SinkSettings.Target? {
            try Configuration(text: "[[sink]]\nname = \"web\"\ntype = \"webhook\"\n" + lines, name: "c.toml").sinks.first?.target
        }
        let target = try read(
            "url = \"https://desk.example.org/falsetto\"\nsecret-file = \"/etc/falsetto/webhook\"\ntrust = \"/etc/falsetto/ca.pem\"")
        #expect(
            target
                == .webhook(
                    WebhookSettings(
                        url: "https://desk.example.org/falsetto", secret: .file("/etc/falsetto/webhook"),
                        trust: "/etc/falsetto/ca.pem")!))
        #expect(
            try read("url = \"http://[::1]:8080/\"\nsecret-environment = \"HOOK\"")
                == .webhook(WebhookSettings(url: "http://[::1]:8080/", secret: .environment("HOOK"))!))
        for url in ["http://desk.example.org/", "ftp://127.0.0.1/", "https://me:pass@desk.example.org/", "desk", "https://"] {
            #expect(
                throws: ConfigurationError([
                    "c.toml: sink[0].url: must begin with https:// (http:// only for this machine), without a user and password in it"
                ]), "\(url)"
            ) {
                try read("url = \"\(url)\"\nsecret-file = \"x\"")
            }
        }
        for secrets in ["", "secret-file = \"a\"\nsecret-environment = \"B\""] {
            #expect(
                throws: ConfigurationError(["c.toml: sink[0].secret-file: the events are signed: give secret-file or secret-environment, one of them"]
                )
            ) {
                try read("url = \"https://a.example\"\n" + secrets)
            }
        }
    }

    @Test("A secret that is not there, or is none, is said at the start, and never itself")
    func secrets() throws {
        let bad = NSTemporaryDirectory() + "falsetto-webhook-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: bad) }
        func problem(_ secret: WebhookSettings.Secret, trust: String? = nil) -> String? {
            SinkSettings(name: "web", target: .webhook(WebhookSettings(url: "https://a.example/hidden", secret: secret, trust: trust)!)).problem
        }
        #expect(problem(.file(Self.secretFile)) == nil)
        #expect(problem(.file("/nowhere"))?.contains("https://a.example: its secret cannot be read from /nowhere;") == true)
        #expect(problem(.environment("FALSETTO_NO_SUCH_SECRET"))?.contains("$FALSETTO_NO_SUCH_SECRET") == true)
        #expect(problem(.file(Self.secretFile), trust: Self.secretFile)?.contains("holds no certificate") == true)
        for text in ["short", "whsec_c2hvcnQ=", String(repeating: "A", count: 200)] {
            try Data(text.utf8).write(to: URL(fileURLWithPath: bad))
            let words = try #require(problem(.file(bad)))
            #expect(words.contains("24 to 64 bytes in base64") && !words.contains(text) && !words.contains("hidden"))
        }
    }
}
