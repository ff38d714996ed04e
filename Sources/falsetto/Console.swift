import Foundation
import Text

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The terminal and the two standard streams. What is written is written whole, or the command fails: a result that a full
/// disk has swallowed must not look like a success.
enum Console {
    static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
    static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }
    /// Whether what stands there can be drawn over: a terminal that is called dumb knows no sequences.
    static var outputRedraws: Bool { outputIsTerminal && !isDumb }
    static var errorRedraws: Bool { errorIsTerminal && !isDumb }
    private static var isDumb: Bool { ProcessInfo.processInfo.environment["TERM"] == "dumb" }

    /// Columns of the terminal, 80 where there is none.
    static var width: Int {
        var size = winsize()
        let known = unsafe ioctl(errorIsTerminal ? STDERR_FILENO : STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
        return known && size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// Whether whoever reads can read Unicode.
    private static let hasUnicode = TerminalCharacters.haveUnicode(environment: ProcessInfo.processInfo.environment)

    /// What is for people, to standard output: in ASCII where their locale knows no more. Throws as `write` does.
    static func say(_ text: String) throws { try write(hasUnicode ? text : TerminalCharacters.ascii(text)) }

    /// Writes to standard output as it is. Throws a `Fault` when not all of it could be written.
    static func write(_ text: String) throws {
        try write(Array(text.utf8), to: STDOUT_FILENO, name: "standard output")
    }

    /// Writes a line of JSON to standard output, with sorted keys.
    static func write(json value: some Encodable) throws { try write(CanonicalJSON.text(value) + "\n") }

    /// Writes a line to standard error; nothing can be done if that fails.
    static func complain(_ line: String) { note("falsetto: \(line)\n") }

    /// Writes to standard error, for people.
    static func note(_ text: String) {
        try? write(Array((hasUnicode ? text : TerminalCharacters.ascii(text)).utf8), to: STDERR_FILENO, name: "standard error")
    }

    /// Writes to a descriptor that is open. Throws a `Fault` when not all of it could be written.
    static func write(_ bytes: [UInt8], to descriptor: Int32, name: String) throws {
        var written = 0
        while written < bytes.count {
            let status = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress! + written, bytes.count - written) }
            if status < 0, errno == EINTR { continue }
            guard status > 0 else {
                throw Fault("\(name): \(unsafe String(cString: strerror(errno))); nothing more is written", code: Exit.internalError)
            }
            written += status
        }
    }
}
