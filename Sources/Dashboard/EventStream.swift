import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

/// Server-sent events (WHATWG HTML, section 9.2): a stream of texts that ends with the reader, its right to read, or the program.
enum EventStream {
    struct Event: Sendable, Equatable {
        var name: String
        var id: String?
        /// Without a line break.
        var data: String

        init(name: String, id: String? = nil, data: String) {
            self.name = name
            self.id = id
            self.data = data
        }

        var text: String { "event: \(name)\n" + (id.map { "id: \($0)\n" } ?? "") + "data: \(data)\n\n" }
    }

    static let pause = Duration.milliseconds(500)
    /// A comment goes out after so many pauses of silence, so that a reader that is gone is noticed.
    private static let quietPauses = 20

    /// - Parameter next: the events since it was last asked; nil to end the stream.
    static func response(_ next: @escaping @Sendable () async throws -> [Event]?) -> Response {
        Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: .init { writer in
                var quiet = 0
                try await writer.write(ByteBuffer(string: "retry: 2000\n\n"))
                while !Task.isShuttingDownGracefully, !Task.isCancelled {
                    guard let events = try await next() else { break }
                    quiet = events.isEmpty ? quiet + 1 : 0
                    if !events.isEmpty {
                        try await writer.write(ByteBuffer(string: events.map(\.text).joined()))
                    } else if quiet % quietPauses == 0 {
                        try await writer.write(ByteBuffer(string: ":\n\n"))
                    }
                    try await Task.sleep(for: pause)
                }
                try await writer.finish(nil)
            })
    }
}
