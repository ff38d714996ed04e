import Crypto
import CryptoExtras
import Foundation
import Synchronization
import Text

/// A password as it is kept: `scrypt$N$r$p$SALT$KEY` (C. Percival and S. Josefsson, RFC 7914), salt and key in base64.
///
/// N = 2^17, r = 8, p = 1 is what OWASP's password storage sheet asks for: 128 MiB and a good fraction of a second a guess.
public enum Password {
    /// Bounds on what somebody may choose. The lower one is ASVS 2.1.1; the upper one 2.1.2.
    public static let lengths = 12...128
    static let rounds = 1 << 17
    private static let blockSize = 8
    /// One at a time: each takes 128 MiB, and whoever sends many at once must not take more.
    private static let turn = Mutex(())

    /// What is wrong with a password, in one sentence; nil when it can be one.
    public static func fault(_ password: String) -> String? {
        // A run of spaces counts as one (ASVS 2.1.1), and is kept as it is.
        let spoken = password.replacing(/\ +/, with: " ")
        guard spoken.count >= lengths.lowerBound, password.count <= lengths.upperBound else {
            return "a password has \(lengths.lowerBound) to \(lengths.upperBound) characters"
        }
        return Set(password).count < 5 ? "a password of fewer than 5 different characters is guessed at once" : nil
    }

    public static func digest(_ password: String) -> String { digest(password, rounds: rounds) }

    /// - Parameter rounds: a power of 2; tests take few.
    static func digest(_ password: String, rounds: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        let salt = (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        let key = derive(password, salt: salt, rounds: rounds)
        return "scrypt$\(rounds)$\(blockSize)$1$\(Data(salt).base64EncodedString())$\(Data(key).base64EncodedString())"
    }

    /// Whether it is the password of a digest. Takes as long for a digest that is none.
    static func matches(_ password: String, _ digest: String?) -> Bool {
        let parts = digest?.split(separator: "$") ?? []
        guard parts.count == 6, parts[0] == "scrypt", let rounds = Int(parts[1]), rounds <= Self.rounds,
            let salt = Data(base64Encoded: String(parts[4])), let key = Data(base64Encoded: String(parts[5]))
        else {
            _ = derive(password, salt: Array(repeating: 0, count: 16), rounds: Self.rounds)
            return false
        }
        return equal(derive(password, salt: Array(salt), rounds: rounds), Array(key))
    }

    private static func derive(_ password: String, salt: [UInt8], rounds: Int) -> [UInt8] {
        // One form for what looks the same, however a keyboard composes it.
        let bytes = Array(password.precomposedStringWithCompatibilityMapping.utf8)
        return turn.withLock { _ in
            // Fails only for parameters that are none, and these are constants.
            let key = try! KDF.Scrypt.deriveKey(from: bytes, salt: salt, outputByteCount: 32, rounds: rounds, blockSize: blockSize, parallelism: 1)
            return unsafe key.withUnsafeBytes { unsafe Array($0) }
        }
    }

    /// In a time that does not depend on where they differ.
    private static func equal(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        a.count == b.count && zip(a, b).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// A program's way in: 32 random bytes, shown once, kept as `token$DIGEST`. Nobody can guess them, so that a plain digest will do.
public enum Token {
    public static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        let bytes = Data((0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        return bytes.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    public static func digest(_ token: String) -> String {
        "token$" + SHA256.hash(data: Data(token.utf8)).hexadecimal
    }
}
