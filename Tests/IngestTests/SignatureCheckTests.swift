import Crypto
import Foundation
import NIOHTTP1
import Testing

@testable import Ingest

@Suite("Signed requests") struct SignatureCheckTests {
    private static let hookKey = "SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh"
    private static let hookParameters =
        #"""
        ("@request-target" "@authority" "audiohook-organization-id" "audiohook-session-id" "audiohook-correlation-id" "x-api-key");\#
        keyid="SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh";nonce="VGhpc0lzQVVuaXF1ZU5vbmNl";alg="hmac-sha256";created=1641013200;expires=3282026430
        """#

    /// The example of AudioHook's documentation.
    private func hookRequest(_ change: (inout HTTPRequestHead) -> Void = { _ in }) -> HTTPRequestHead {
        var request = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/api/v1/voicebiometrics/ws")
        for (name, value) in [
            ("Host", "audiohook.example.com"), ("Audiohook-Organization-Id", "d7934305-0972-4844-938e-9060eef73d05"),
            ("Audiohook-Session-Id", "30b0e395-84d3-4570-ac13-9a62d8f514c0"), ("Audiohook-Correlation-Id", "e160e428-53e2-487c-977d-96989bf5c99d"),
            ("X-API-KEY", Self.hookKey), ("Signature", "sig1=:NZBwyBHRRyRoeLqy1IzOa9VYBuI8TgMFt2GRDkDuJh4=:"),
            ("Signature-Input", "sig1=" + Self.hookParameters),
        ] { request.headers.add(name: name, value: value) }
        change(&request)
        return request
    }

    private func check() -> SignatureCheck {
        SignatureCheck(keys: [Self.hookKey: SymmetricKey(data: Data(base64Encoded: "TXlTdXBlclNlY3JldEtleVRlbGxOby0xITJAMyM0JDU=")!)])
    }

    private static let created = 1_641_013_200.0

    @Test("RFC 9421, B.2.5: the standard's own signature holds")
    func standard() {
        var request = HTTPRequestHead(version: .http1_1, method: .POST, uri: "/foo")
        for (name, value) in [
            ("Host", "example.com"), ("Date", "Tue, 20 Apr 2021 02:07:55 GMT"), ("Content-Type", "application/json"),
            ("Signature-Input", #"sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret""#),
            ("Signature", "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:"),
        ] { request.headers.add(name: name, value: value) }
        let key = Data(base64Encoded: "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==")!
        let check = SignatureCheck(keys: ["test-shared-secret": SymmetricKey(data: key)])
        #expect(check.holds(request, now: 1_618_884_473, requires: []))
        request.headers.replaceOrAdd(name: "Content-Type", value: "text/plain")
        #expect(!check.holds(request, now: 1_618_884_473, requires: []))
    }

    @Test("AudioHook's own example holds, once, and while it is young")
    func example() {
        let check = check()
        #expect(check.holds(hookRequest(), now: Self.created + 1))
        // The same again is somebody who listened in.
        #expect(!check.holds(hookRequest(), now: Self.created + 2))
        #expect(!self.check().holds(hookRequest(), now: Self.created + 60) && !self.check().holds(hookRequest(), now: Self.created - 60))
    }

    @Test("Whatever of it is changed or missing, it does not hold", arguments: 0..<9)
    func changed(case index: Int) {
        let request = hookRequest { request in
            switch index {
            case 0: request.uri = "/api/v1/other"
            case 1: request.headers.replaceOrAdd(name: "Host", value: "other.example.com")
            case 2: request.headers.replaceOrAdd(name: "Audiohook-Session-Id", value: "40b0e395-84d3-4570-ac13-9a62d8f514c0")
            case 3: request.headers.replaceOrAdd(name: "X-API-KEY", value: "another")
            case 4: request.headers.remove(name: "Signature")
            case 5: request.headers.replaceOrAdd(name: "Signature", value: "sig1=:AAAA:")
            case 6:
                request.headers.replaceOrAdd(
                    name: "Signature-Input", value: "sig1=" + Self.hookParameters.replacingOccurrences(of: " \"x-api-key\"", with: ""))
            case 7:
                request.headers.replaceOrAdd(
                    name: "Signature-Input",
                    value: "sig1=" + Self.hookParameters.replacingOccurrences(of: "expires=3282026430", with: "expires=3282026431"))
            default: request.headers.replaceOrAdd(name: "Signature-Input", value: "sig1=((((")
            }
        }
        #expect(!check().holds(request, now: Self.created + 1))
    }
}
