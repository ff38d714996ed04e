import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// A real HTTP server that events are posted to, which does as the test says. It serves until the process ends: cancelled with a request in hand,
/// NIO's writer would end the process.
public final class WebhookReceiver: Sendable {
    public struct Request: Sendable {
        public var path: String
        public var headers: [String: String]
        public var body: String
    }

    public enum Answer: Sendable {
        case status(Int, headers: [String: String] = [:])
        /// None.
        case hang
    }

    public let port: Int
    private let seen: Seen
    private let arrivals: AsyncStream<Request>

    /// Requests so far, in the order in which they came.
    public var requests: [Request] { seen.all.withLock { $0 } }
    /// Requests as they come; for one reader.
    public var arrived: AsyncStream<Request> { arrivals }

    private final class Seen: Sendable { let all = Mutex<[Request]>([]) }

    /// - Parameters:
    ///   - port: 0 for any.
    ///   - tls: its certificate and key, in files of PEM form.
    ///   - answer: to the n-th request, counted from 0.
    public init(port: Int = 0, tls: (certificate: String, key: String)? = nil, answer: @escaping @Sendable (Int, Request) -> Answer) async throws {
        let seen = Seen()
        let (arrivals, arriving) = AsyncStream<Request>.makeStream()
        let responder = CallbackResponder<BasicRequestContext> { incoming, _ in
            let body = try await incoming.body.collect(upTo: 1 << 20)
            var headers: [String: String] = [:]
            for field in incoming.headers { headers[field.name.canonicalName] = field.value }
            let request = Request(path: incoming.uri.path, headers: headers, body: String(buffer: body))
            let number = seen.all.withLock { all in
                all.append(request)
                return all.count - 1
            }
            arriving.yield(request)
            switch answer(number, request) {
            case .status(let status, let headers):
                var fields = HTTPFields()
                for (name, value) in headers { fields[.init(name)!] = value }
                return Response(status: .init(code: status), headers: fields)
            case .hang:
                try await Task.sleep(for: .seconds(86_400))
                throw HTTPError(.serviceUnavailable)
            }
        }
        let (ports, bound) = AsyncStream<Int>.makeStream()
        var logger = Logger(label: "receiver") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        var server = HTTPServerBuilder.http1()
        if let tls {
            let chain = try NIOSSLCertificate.fromPEMFile(tls.certificate).map { NIOSSLCertificateSource.certificate($0) }
            server = try .tls(
                tlsConfiguration: .makeServerConfiguration(
                    certificateChain: chain, privateKey: .privateKey(try NIOSSLPrivateKey(file: tls.key, format: .pem))))
        }
        let application = Application(
            responder: responder, server: server, configuration: .init(address: .hostname("127.0.0.1", port: port), serverName: nil),
            onServerRunning: { channel in
                bound.yield(channel.localAddress?.port ?? 0)
                bound.finish()
            }, logger: logger)
        Task {
            defer { bound.finish() }
            try await application.run()
        }
        self.arrivals = arrivals
        self.seen = seen
        var number = 0
        for await port in ports { number = port }
        guard number > 0 else { throw POSIXError(.EADDRINUSE) }
        self.port = number
    }
}
