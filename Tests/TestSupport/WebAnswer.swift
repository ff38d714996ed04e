import AsyncHTTPClient
import NIOCore

/// What a web address answers.
public struct WebAnswer: Sendable {
    public var status: Int
    public var body: String

    public init(of url: String) async throws {
        let response = try await HTTPClient.shared.execute(HTTPClientRequest(url: url), timeout: .seconds(600))
        status = Int(response.status.code)
        body = String(buffer: try await response.body.collect(upTo: 1 << 22))
    }
}
