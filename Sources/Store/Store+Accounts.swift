import Foundation
internal import GRDB

/// Somebody who may look at calls on the pages, or a program that may ask for them.
public struct Account: Sendable, Equatable {
    public enum Role: String, Sendable, CaseIterable {
        /// Sees calls with their scores.
        case viewer
        /// Judges calls without seeing their scores first.
        case reviewer
        /// Sees everything, tells `listen` what to do, and lets judgements count that were held back.
        case admin
    }

    public var name: String
    public var role: Role
    /// A digest that a password or token can be checked against; never the thing itself.
    public var secret: String

    public init(name: String, role: Role, secret: String) {
        self.name = name
        self.role = role
        self.secret = secret
    }
}

extension Store {
    /// In order of names.
    public func accounts() throws(StoreError) -> [Account] {
        try read { db in try Row.fetchAll(db, sql: "SELECT * FROM account ORDER BY name").compactMap(Self.account) }
    }

    /// Nil where there is none of that name.
    public func account(named name: String) throws(StoreError) -> Account? {
        try read { db in try Row.fetchOne(db, sql: "SELECT * FROM account WHERE name = ?", arguments: [name]).flatMap(Self.account) }
    }

    /// Makes an account, or gives one of that name another role and secret.
    /// - Parameter who: who does it; nil for the owner of the store, at the command line.
    /// - Throws: `usage` for a name that is none.
    public func keep(_ account: Account, by who: String? = nil) throws(StoreError) {
        try Self.checkName(account.name, "a user's name")
        let now = clock().storedMilliseconds
        try write { db in
            try db.execute(
                sql: """
                    INSERT INTO account (name, role, secret, madeAt) VALUES (?, ?, ?, ?)
                    ON CONFLICT (name) DO UPDATE SET role = excluded.role, secret = excluded.secret
                    """,
                arguments: [account.name, account.role.rawValue, account.secret, now])
            // Who came in with the password before has to come in again.
            try db.execute(sql: "DELETE FROM session WHERE account = ?", arguments: [account.name])
            let detail = "\(account.name) is \(account.role.rawValue)" + (who.map { ", by \($0)" } ?? "")
            try AuditEntry.append(.accountChanged, call: nil, detail: detail, at: now, in: db)
        }
    }

    /// - Throws: `notFound`.
    public func removeAccount(named name: String) throws(StoreError) {
        let now = clock().storedMilliseconds
        try write { db in
            try db.execute(sql: "DELETE FROM account WHERE name = ?", arguments: [name])
            guard db.changesCount > 0 else { throw StoreError(.notFound, "there is no user '\(name)'", advice: "see `falsetto serve user list`") }
            try AuditEntry.append(.accountChanged, call: nil, detail: "\(name) is removed", at: now, in: db)
        }
    }

    /// Enters in the audit chain that somebody came in.
    public func noteSignIn(of name: String) throws(StoreError) {
        let now = clock().storedMilliseconds
        try write { db in try AuditEntry.append(.signedIn, call: nil, detail: name, at: now, in: db) }
    }

    private static func account(_ row: Row) -> Account? {
        Account.Role(rawValue: row["role"]).map { Account(name: row["name"], role: $0, secret: row["secret"]) }
    }
}
