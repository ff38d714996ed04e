import Text

/// Why a device cannot be captured from, in one line: what was done, to which device, libasound's own words, what to do.
public struct CaptureError: Error, Sendable, Equatable, CustomStringConvertible {
    public enum Kind: String, Sendable, Equatable, CaseIterable {
        /// No PCM of that name, or its hardware is not there.
        case noSuchDevice
        /// Another program holds it.
        case busy
        case permission
        /// It cannot do the rate, the channels or the format that were asked for.
        case unsupported
        /// It was there and went away.
        case gone
        case other
    }

    public var kind: Kind
    /// What was being done, such as `open`.
    public var operation: String
    public var device: String
    /// libasound's own words, or the system's.
    public var words: String
    public var advice: String

    public init(_ kind: Kind, operation: String, device: String, words: String, advice: String? = nil) {
        self.kind = kind
        self.operation = operation
        self.device = device
        self.words = words
        self.advice = advice ?? Self.advice(kind)
    }

    public var description: String { "\(device): \(operation): \(words); \(advice)".escapedForTerminal }

    private static func advice(_ kind: Kind) -> String {
        switch kind {
        case .noSuchDevice: "`falsetto devices` lists what can be captured"
        case .busy: "close the program that holds it, or capture through a sound server (pulse, pipewire) or dsnoop"
        case .permission: "add the user to the group `audio` and log in again"
        case .unsupported: "`falsetto devices` says what it can do; leave out --rate, --channels or --format"
        case .gone: "plug it in again; it is tried until it is back"
        case .other: "try another device of `falsetto devices`"
        }
    }
}
