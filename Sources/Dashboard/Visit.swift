import Calls
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Store

/// One request and who it is from.
struct Visit: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Nil for a stranger.
    var account: Account?
    /// Nil for a program with a token, and behind a proxy that signs people in.
    var formToken: String?

    init(source: Source) { coreContext = .init(source: source) }

    /// The account, where it has one of the roles.
    /// - Throws: 401 for a stranger, 403 for anybody else.
    func needs(_ roles: Account.Role...) throws(HTTPError) -> Account {
        guard let account else { throw HTTPError(.unauthorized, message: "Sign in first.") }
        guard roles.isEmpty || roles.contains(account.role) else {
            let wanted = roles.map(\.rawValue).joined(separator: " and ")
            throw HTTPError(.forbidden, message: "That is for \(wanted) accounts; \(account.name) is \(account.role.rawValue).")
        }
        return account
    }

    /// The call that the path names.
    /// - Throws: 404 for what cannot be a call's id, be it a path to somewhere else.
    func callID() throws(HTTPError) -> CallID {
        guard let text = parameters.get("id"), let id = try? CallID(text) else { throw HTTPError(.notFound, message: "There is no such call.") }
        return id
    }
}

extension Request {
    /// The fields of a form that was sent.
    /// - Throws: 413 for more than a form of these pages can hold, 400 for what is no form.
    func form() async throws -> [String: String] {
        guard headers[.contentType]?.hasPrefix("application/x-www-form-urlencoded") == true else {
            throw HTTPError(.badRequest, message: "That is no form.")
        }
        let body = try await body.collect(upTo: 16_384)
        do { return try URLEncodedFormDecoder().decode([String: String].self, from: String(buffer: body)) } catch {
            throw HTTPError(.badRequest, message: "That is no form.")
        }
    }

    /// A field of the address, as forms write it (a plus is a space); nil where it is empty.
    func field(_ name: String) -> String? {
        for pair in (uri.query ?? "").split(separator: "&") where pair.hasPrefix(name + "=") {
            let text = pair.dropFirst(name.count + 1).replacing("+", with: " ").removingPercentEncoding ?? ""
            return text.isEmpty ? nil : text
        }
        return nil
    }
}

extension HTTPError {
    /// What the store says, for somebody at a browser: without paths of this machine.
    init(_ error: StoreError) {
        let status: HTTPResponse.Status =
            switch error.kind {
            case .absent, .notFound: .notFound
            case .usage: .badRequest
            case .inUse: .conflict
            default: .internalServerError
            }
        self.init(status, message: "\(error.problem)\(error.advice.map { "; \($0)" } ?? "").")
    }
}

extension Response {
    static func redirect(to path: String) -> Response {
        Response(status: .seeOther, headers: [.location: path])
    }

    static func text(_ text: String, type: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: type, .contentLength: String(text.utf8.count)],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    static func json(_ text: String, status: HTTPResponse.Status = .ok) -> Response { self.text(text, type: "application/json", status: status) }

    static func json(_ value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.dateEncodingStrategy = .iso8601
        return json(String(decoding: try encoder.encode(value), as: UTF8.self), status: status)
    }
}
