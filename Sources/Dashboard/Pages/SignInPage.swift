import HTTPTypes
import Hummingbird
import Store

extension Dashboard {
    func addSignIn(to router: Router<Visit>) {
        router.get("sign-in") { _, visit in signInPage(visit) }
        router.post("sign-in") { request, visit in try await signIn(request, visit) }
        router.post("sign-out") { request, visit in
            _ = try await visit.ownForm(request)
            if let name = request.cookies[Gate.cookie]?.value { try sessions.end(name) }
            var response = Response.redirect(to: "/sign-in")
            response.setCookie(cookie("", maxAge: 0))
            response.headers[HTTPField.Name("Clear-Site-Data")!] = "\"cache\""
            return response
        }
        router.get("/") { _, visit in
            Response.redirect(to: visit.account?.role == .reviewer ? "/review" : "/calls")
        }
    }

    private func signInPage(_ visit: Visit, fault: String? = nil, status: HTTPResponse.Status = .ok) -> Response {
        let words: HTML =
            options.trustedHeader == nil
            ? """
            <form method="post" action="/sign-in" class="sheet">
            <label>Name <input name="name" autocomplete="username" required autofocus></label>
            <label>Password <input name="password" type="password" autocomplete="current-password" required></label>
            <button>Sign in</button>
            </form>
            <p class="note">Users are made at the command line of the machine that listens: <code>falsetto serve user add NAME</code></p>
            """ : "<p>The proxy in front of this page signs people in, and named nobody who is known here.</p>"
        let body: HTML = """
            <h1>Sign in</h1>
            \(fault.map { "<p class=\"fault\" role=\"alert\">\($0)</p>" as HTML })
            \(words)
            """
        return Page(title: "Sign in", body: body, visit: visit).response(status: status)
    }

    private func signIn(_ request: Request, _ visit: Visit) async throws -> Response {
        guard options.trustedHeader == nil else { throw HTTPError(.notFound) }
        let form = try await request.form()
        let name = form["name"] ?? "", password = form["password"] ?? ""
        guard signIns.begin(name) else {
            return signInPage(visit, fault: "Too many tries; wait a quarter of an hour.", status: .tooManyRequests)
        }
        let account = try store.account(named: name)
        // As long for a name that is not there, so that nobody finds out which are.
        guard password.count <= Password.lengths.upperBound, Password.matches(password, account?.secret), let account else {
            return signInPage(visit, fault: "That name and password do not belong together.", status: .forbidden)
        }
        signIns.succeeded(name)
        if let old = request.cookies[Gate.cookie]?.value { try sessions.end(old) }
        try store.noteSignIn(of: account.name)
        var response = Response.redirect(to: "/")
        response.setCookie(cookie(try sessions.begin(for: account.name), maxAge: nil))
        return response
    }

    private func cookie(_ value: String, maxAge: Int?) -> Cookie {
        Cookie(name: Gate.cookie, value: value, maxAge: maxAge, path: "/", secure: options.isBehindHTTPS, httpOnly: true, sameSite: .strict)
    }

    /// The style and the script, the only files there are: their names are routes, so that no path leads anywhere else.
    func addFiles(to router: Router<Visit>) {
        let style = PageStyle.css, script = Files.text("dashboard.js")
        router.get("style.css") { _, _ in Self.file(style, type: "text/css; charset=utf-8") }
        router.get("script.js") { _, _ in Self.file(script, type: "text/javascript; charset=utf-8") }
    }

    private static func file(_ text: String, type: String) -> Response {
        var response = Response.text(text, type: type)
        response.headers[.cacheControl] = "no-cache"
        return response
    }
}
