import Foundation
import Store
import Synchronization

/// Who has come in and may go on: kept in memory, so that a restart signs everybody out.
///
/// A session's name is 256 random bits made when somebody comes in, never one that came with a request; what is kept is its digest.
final class Sessions: Sendable {
    struct Session: Sendable {
        var account: String
        /// Goes with every form, so that no other site can send one.
        var formToken: String
        var began: Date
        var lastUsed: Date
    }

    static let idleSeconds = 3600.0
    static let mostSeconds = 12 * 3600.0
    private static let most = 10_000

    private let sessions = Mutex<[String: Session]>([:])
    private let clock: @Sendable () -> Date

    init(clock: @escaping @Sendable () -> Date) { self.clock = clock }

    /// - Returns: what the browser is to keep.
    func begin(for account: String) -> String {
        let name = Token.random()
        let now = clock()
        sessions.withLock { sessions in
            sessions = sessions.filter { Self.isGood($0.value, at: now) }
            if sessions.count >= Self.most, let oldest = sessions.min(by: { $0.value.lastUsed < $1.value.lastUsed }) { sessions[oldest.key] = nil }
            sessions[Token.digest(name)] = Session(account: account, formToken: Token.random(), began: now, lastUsed: now)
        }
        return name
    }

    /// Nil where there is none of that name, or where it has run out.
    func session(_ name: String) -> Session? {
        let now = clock(), key = Token.digest(name)
        return sessions.withLock { sessions in
            guard var session = sessions[key] else { return nil }
            guard Self.isGood(session, at: now) else {
                sessions[key] = nil
                return nil
            }
            session.lastUsed = now
            sessions[key] = session
            return session
        }
    }

    /// Whether a session stands, without counting as its use: a page that is left open must not keep it.
    func isOpen(_ name: String) -> Bool {
        let now = clock(), key = Token.digest(name)
        return sessions.withLock { $0[key].map { Self.isGood($0, at: now) } ?? false }
    }

    func end(_ name: String) { sessions.withLock { $0[Token.digest(name)] = nil } }

    private static func isGood(_ session: Session, at now: Date) -> Bool {
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
