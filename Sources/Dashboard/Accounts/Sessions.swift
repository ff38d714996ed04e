import Foundation
import Store
import Synchronization

/// Who has come in and may go on; kept in the store, so that a restart of the program signs nobody out.
///
/// A session's name is 256 random bits made when somebody comes in, never one that came with a request; what is kept is its digest.
struct Sessions: Sendable {
    struct Session: Sendable {
        var account: String
        /// Goes with every form, so that no other site can send one: made of the session's name, which nobody else has.
        var formToken: String
    }

    static let idleSeconds = 3600.0
    static let mostSeconds = 12 * 3600.0
    private static let most = 10_000
    /// A use is noted at most so often, since each waits for the disk; a session ends so much early at most.
    private static let notedEverySeconds = 60.0

    let store: Store

    /// - Returns: what the browser is to keep.
    func begin(for account: String) throws(StoreError) -> String {
        let name = Token.random()
        let now = store.clock()
        try store.keep(StoredSession(digest: Token.digest(name), account: account, began: now, lastUsed: now), most: Self.most) {
            Self.isGood($0, at: now)
        }
        return name
    }

    /// Nil where there is none of that name, or where it has run out.
    func session(_ name: String) throws(StoreError) -> Session? {
        let now = store.clock()
        guard let session = try store.session(Token.digest(name)), Self.isGood(session, at: now) else { return nil }
        if now.timeIntervalSince(session.lastUsed) >= Self.notedEverySeconds { try store.noteUse(ofSession: session.digest, at: now) }
        return Session(account: session.account, formToken: Token.digest("form of " + name))
    }

    /// Whether a session stands, without counting as its use: a page that is left open must not keep it.
    func isOpen(_ name: String) throws(StoreError) -> Bool {
        try store.session(Token.digest(name)).map { Self.isGood($0, at: store.clock()) } ?? false
    }

    func end(_ name: String) throws(StoreError) { try store.endSession(Token.digest(name)) }

    private static func isGood(_ session: StoredSession, at now: Date) -> Bool {
        now.timeIntervalSince(session.lastUsed) < idleSeconds && now.timeIntervalSince(session.began) < mostSeconds
    }
}

/// How often somebody may try a password: ten failures a name and two hundred in all, in a quarter of an hour.
final class SignInLimit: Sendable {
    static let seconds = 900.0
    static let mostOfName = 10
    static let mostInAll = 200

    private let failures = Mutex<[(name: String, at: Date)]>([])
    private let clock: @Sendable () -> Date

    init(clock: @escaping @Sendable () -> Date) { self.clock = clock }

    /// Whether a try may be made; it counts as failed until `succeeded` says otherwise, so that many at once cannot slip through.
    func begin(_ name: String) -> Bool {
        let now = clock()
        return failures.withLock { failures in
            failures.removeAll { now.timeIntervalSince($0.at) >= Self.seconds }
            guard failures.count < Self.mostInAll, failures.count(where: { $0.name == name }) < Self.mostOfName else { return false }
            failures.append((name, now))
            return true
        }
    }

    func succeeded(_ name: String) { failures.withLock { $0.removeAll { $0.name == name } } }
}
