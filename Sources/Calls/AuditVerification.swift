/// What a walk along the audit chain found.
public struct AuditVerification: Sendable, Equatable {
    public enum Fault: Sendable, Equatable {
        /// The link itself: the entry was changed, or one before it was taken out or put in.
        case brokenLink(entry: Int64)
        /// The entry is whole, what it vouches for is not what is stored.
        case changedContent(entry: Int64, call: String, kind: String)
        /// What the entry vouches for is gone, and no purge says so.
        case missingContent(entry: Int64, call: String, kind: String)
        /// Something is stored that no entry vouches for.
        case unvouched(call: String, kind: String)
        /// The chain does not hold the head that was noted, or ends before it.
        case headNotFound
        /// Entries at the end are gone that the database itself remembers.
        case cutTail(last: Int64, expected: Int64)
    }

    /// Entries walked.
    public var entryCount: Int64
    /// The last entry's digest, 64 hexadecimal digits: to note elsewhere. Nil while there is no entry.
    public var head: String?
    /// The first fault along the chain; nil when all of it holds.
    public var fault: Fault?

    package init(entryCount: Int64, head: String?, fault: Fault?) {
        self.entryCount = entryCount
        self.head = head
        self.fault = fault
    }
}
