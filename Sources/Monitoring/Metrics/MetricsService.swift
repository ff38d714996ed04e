import Foundation
import HTTPTypes
import Hummingbird
import Ingest
import Logging
import NIOCore
import ServiceLifecycle

/// Whether the program works, in the words of whoever looks after many.
struct Health: Sendable {
    /// Why new calls should not be sent to it; empty where they should.
    var hindrances: [String] = []
}

/// Serves `/metrics`, `/healthz` and `/readyz` to whoever may reach its address: numbers only, nothing of any call.
struct MetricsService: Service {
    let address: ListenAddress
    let metrics: MonitorMetrics
    /// Asked at each request, on a thread that may wait for the disk.
    let look: @Sendable () -> Health
    let say: @Sendable (String) -> Void

    func run() async throws {
        let router = Router()
        router.get("metrics") { _, _ in
            _ = await offThread(look)
            return Self.plain(.ok, metrics.registry.exposition, type: "text/plain; version=0.0.4; charset=utf-8")
        }
        // It answers, so it runs.
        router.get("healthz") { _, _ in Self.plain(.ok, "ok\n") }
        router.get("readyz") { _, _ in
            let health = await offThread(look)
            return health.hindrances.isEmpty
                ? Self.plain(.ok, "ready\n") : Self.plain(.serviceUnavailable, health.hindrances.joined(separator: "\n") + "\n")
        }
        var logger = Logger(label: "falsetto metrics") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        let (say, address) = (say, address)
        let application = Application(
            router: router, configuration: .init(address: .hostname(address.host, port: address.port), serverName: nil),
            onServerRunning: { channel in
                let host = address.host.contains(":") ? "[\(address.host)]" : address.host
                say("metrics at http://\(host):\(channel.localAddress?.port ?? address.port)/metrics")
            }, logger: logger)
        do { try await application.run() } catch let error as IOError {
            throw MetricsError(description: "metrics: \(address) cannot be listened on: \(error); choose another address or end who holds it")
        }
    }

    private static func plain(_ status: HTTPResponse.Status, _ text: String, type: String = "text/plain; charset=utf-8") -> Response {
        Response(status: status, headers: [.contentType: type, .cacheControl: "no-store"], body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    /// The store waits for the disk, which the few threads that all tasks share must not.
    private func offThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: body()) }
        }
    }
}

/// Why the metrics cannot be served: one line.
public struct MetricsError: Error, Sendable, Equatable, CustomStringConvertible {
    public let description: String
}
