import Text

/// Why a recording cannot be read, or read to its end.
///
/// `description` is one line: which path, what is wrong, and what to do where something can be done. Control characters
/// in paths and in the words of libraries are printed escaped, so no file name can draw on the terminal.
public struct AudioError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: String, Sendable, Equatable, CaseIterable {
        case notFound
        case permission
        /// A directory, FIFO, socket or device where a file was expected.
        case notRegular
        /// A file of zero bytes.
        case empty
        /// A sound file without a single sample in it.
        case noAudio
        /// The content is no kind of recording that is known here.
        case notAudio
        /// A recording in an encoding that nothing on this machine reads.
        case unsupported
        /// Outside the limits of `AudioLimits`, or of the standard input's spool.
        case limit
        /// The header is damaged, or ends before the sound begins.
        case damagedHeader
        /// Needs a program that is not installed (exit code 69).
        case missingTool
        /// The decoding child process failed, or hung and was ended.
        case childFailed
        case diskFull
        /// An option's value, such as `--raw`, cannot be understood (exit code 64).
        case usage
        /// Any other failure of the operating system.
        case io
    }

    public var kind: Kind
    /// The path as it was given; nil where no single file is at fault.
    public var path: String?
    /// What is wrong, without the path.
    public var problem: String
    /// What to do about it; nil where there is nothing to do.
    public var advice: String?

    public init(_ kind: Kind, path: String?, _ problem: String, advice: String? = nil) {
        self.kind = kind
        self.path = path
        self.problem = problem
        self.advice = advice
    }

    public var description: String {
        var line = path.map { $0.escapedForTerminal + ": " } ?? ""
        line += problem.escapedForTerminal
        if let advice { line += "; " + advice.escapedForTerminal }
        return line
    }
}
