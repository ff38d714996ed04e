import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Store

/// What every answer carries, and what becomes of errors.
///
/// Rule: nothing on a page runs or is fetched but this program's own script, style and answers; no page stands in another's frame.
struct ProtectingMiddleware: RouterMiddleware {
    let dashboard: Dashboard

    static let policy = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src blob:; connect-src 'self'; \
        form-action 'self'; frame-ancestors 'none'; base-uri 'none'
        """

    func handle(_ request: Request, context: Visit, next: (Request, Visit) async throws -> Response) async throws -> Response {
        var response: Response
        do { response = try await next(request, context) } catch let error as StoreError {
            response = answer(HTTPError(error), request, context)
        } catch let error as HTTPError {
            response = answer(error, request, context)
        } catch let error as any HTTPResponseError {
            response = answer(HTTPError(error.status), request, context)
        } catch {
            context.logger.error("a page failed", metadata: ["error": "\(error)"])
            response = answer(HTTPError(.internalServerError, message: "Something went wrong; the program's log says what."), request, context)
        }
        response.headers[.contentSecurityPolicy] = Self.policy
        response.headers[.xContentTypeOptions] = "nosniff"
        response.headers[HTTPField.Name("X-Frame-Options")!] = "DENY"
        // Not `no-referrer`: browsers then say "null" for where a form came from, which `Gate` asks for.
        response.headers[HTTPField.Name("Referrer-Policy")!] = "same-origin"
        response.headers[HTTPField.Name("Cross-Origin-Opener-Policy")!] = "same-origin"
        response.headers[HTTPField.Name("Cross-Origin-Resource-Policy")!] = "same-origin"
        // So that no browser takes an answer for a page, whatever stands in it.
        if request.uri.path.hasPrefix("/api/"), response.headers[.contentType] == "application/json" {
            response.headers[.contentDisposition] = "attachment; filename=\"api.json\""
        }
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        if dashboard.options.isBehindHTTPS { response.headers[.strictTransportSecurity] = "max-age=31536000" }
        return response
    }

    private func answer(_ error: HTTPError, _ request: Request, _ visit: Visit) -> Response {
        let words = error.body ?? error.status.reasonPhrase
        var response: Response
        if request.uri.path.hasPrefix("/api/") {
            response = (try? .json(["error": words], status: error.status)) ?? Response(status: error.status)
        } else {
            let body: HTML = "<h1>\(error.status.reasonPhrase)</h1><p>\(words)</p><p><a href=\"/\">Back</a></p>"
            response = Page(title: error.status.reasonPhrase, body: body, visit: visit).response(status: error.status)
        }
        for field in error.headers { response.headers[field.name] = field.value }
        return response
    }
}

/// Who may come in: finds out who a request is from, and lets strangers to the sign-in page only.
struct Gate: RouterMiddleware {
    let dashboard: Dashboard

    static let cookie = "falsetto"
    private static let methods: [HTTPRequest.Method] = [.get, .head, .post]
    private static let open = ["/sign-in", "/style.css", "/script.js", "/api/v1/openapi.json"]

    func handle(_ request: Request, context: Visit, next: (Request, Visit) async throws -> Response) async throws -> Response {
        try checkHost(request)
        guard Self.methods.contains(request.method) else {
            throw HTTPError(.methodNotAllowed, headers: [.allow: Self.methods.map(\.rawValue).joined(separator: ", ")])
        }
        var visit = context
        let path = request.uri.path
        let isForMachines = path.hasPrefix("/api/")
        if isForMachines { visit.account = try tokenAccount(request) } else { try identify(&visit, request) }
        if request.method != .get, request.method != .head, !isForMachines { try checkOrigin(request) }
        guard visit.account != nil || Self.open.contains(path) else {
            if isForMachines {
                throw HTTPError(.unauthorized, headers: [.wwwAuthenticate: "Bearer"], message: "Send a token: Authorization: Bearer TOKEN.")
            }
            guard request.method == .get, request.headers[.accept]?.contains("text/html") ?? true else {
                throw HTTPError(.unauthorized, message: "Sign in first.")
            }
            return .redirect(to: "/sign-in")
        }
        return try await next(request, visit)
    }

    /// Only under names that are this program's: else a page from elsewhere could give its own name this machine's address, and
    /// ask as if it were one of ours (DNS rebinding).
    private func checkHost(_ request: Request) throws(HTTPError) {
        var host = request.head.authority ?? ""
        if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") { host = String(host[..<colon]) }
        guard dashboard.options.names.contains(host.lowercased()) else {
            throw HTTPError(.misdirectedRequest, message: "This is not served under that name; see `falsetto serve --name`.")
        }
    }

    /// Beside the token in each form: a browser says where a form was sent from, and some say only one of the two.
    private func checkOrigin(_ request: Request) throws(HTTPError) {
        let site = request.headers[HTTPField.Name("Sec-Fetch-Site")!]
        let own = request.head.authority ?? ""
        let isOwn = request.headers[.origin].map { $0 == "http://\(own)" || $0 == "https://\(own)" } ?? true
        guard isOwn, site == nil || site == "same-origin" || site == "none" else {
            throw HTTPError(.forbidden, message: "That was sent from another site.")
        }
    }

    private func identify(_ visit: inout Visit, _ request: Request) throws {
        if let header = dashboard.options.trustedHeader {
            guard let name = request.headers[header], !name.isEmpty else { return }
            visit.account = try dashboard.store.account(named: name)
            visit.formToken = dashboard.proxyFormToken(for: name)
            return
        }
        guard let name = request.cookies[Self.cookie]?.value, let session = try dashboard.sessions.session(name) else { return }
        // Asked anew each time: who was removed is out at once.
        visit.account = try dashboard.store.account(named: session.account)
        visit.formToken = session.formToken
    }

    private func tokenAccount(_ request: Request) throws -> Account? {
        guard let header = request.headers[.authorization], header.lowercased().hasPrefix("bearer ") else { return nil }
        let digest = Token.digest(String(header.dropFirst(7)))
        return try dashboard.store.accounts().first { $0.secret == digest }
    }
}

extension Visit {
    /// A form's fields, if the form is one of ours.
    /// - Throws: 403 without the token that each of our forms carries.
    func ownForm(_ request: Request) async throws -> [String: String] {
        let form = try await request.form()
        guard let formToken, form["token"] == formToken else {
            throw HTTPError(.forbidden, message: "The form is out of date; go back and try again.")
        }
        return form
    }
}
