import Calls
import Crypto
import Foundation

/// Turns what a telephone system calls a call into the id that it is stored under: opaque, and the same digest for the same call.
///
/// Rule: an id from outside is coded with a key that never leaves the machine before it is kept anywhere. Why: exchanges put telephone
/// numbers into their ids, and a plain digest of a number is found by trying all numbers.
public struct CallNames: Sendable {
    private let key: AudioKey

    /// Reads the key file, or makes it where there is none.
    public init(makingAt path: String) throws(StoreError) { key = try AudioKey(makingAt: path) }

    init(key: AudioKey) { self.key = key }

    /// Of a key that is kept nowhere: a call is not found again by its outside id after the run.
    public static func ofThisRun() -> CallNames { CallNames(key: AudioKey(bytes: [UInt8](SecureBytes.random(AudioKey.byteCount)))) }

    /// The digest of a call's outside id on one trunk (60 bits of HMAC-SHA-256), and four random letters behind it, since some systems
    /// use an id again.
    public func id(for outside: String, trunk: String) -> CallID {
        CallID(unchecked: digest(outside, trunk: trunk) + "-" + CallID.random().text.suffix(4))
    }

    /// What the ids of all calls begin with that the system called so.
    public func digest(_ outside: String, trunk: String) -> String { CallID.letters(key.code(over: Array("\(trunk)\0\(outside)".utf8))) }
}
