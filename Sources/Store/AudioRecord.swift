import Audio
import Calls

/// One entry of a kept recording: what the leg heard, in order, exact to the frame.
public enum AudioRecord: Sendable, Equatable {
    /// From here on the line gives this; first, and again when the device was opened anew.
    case opened(SampleEncoding, sampleRate: Int)
    /// Native samples of the leg's one channel, whole ones; at most a second.
    case samples([UInt8])
    /// Frames of the line that were not heard, and why.
    case gap(Mark.Kind, frames: Int)
    /// From here on the machine's voice had said what it is.
    case disclosed
    /// The recording is whole; the frames it spans, gaps included.
    case end(frames: Int)

    private enum Code {
        static let opened: UInt8 = 1
        static let samples: UInt8 = 2
        static let gap: UInt8 = 3
        static let disclosed: UInt8 = 4
        static let end: UInt8 = 5
    }

    var bytes: [UInt8] {
        switch self {
        case .opened(let encoding, let rate): [Code.opened] + Self.littleEndian(rate) + Array(encoding.rawValue.utf8)
        case .samples(let bytes): [Code.samples] + bytes
        case .gap(let kind, let frames): [Code.gap] + Self.littleEndian(frames) + Array(kind.rawValue.utf8)
        case .disclosed: [Code.disclosed]
        case .end(let frames): [Code.end] + Self.littleEndian(frames)
        }
    }

    /// Nil when the bytes are no record.
    init?(_ bytes: [UInt8]) {
        let rest = bytes.dropFirst()
        let number = rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let text = String(decoding: rest.dropFirst(8), as: UTF8.self)
        switch bytes.first {
        case Code.opened:
            guard rest.count > 8, let encoding = SampleEncoding(rawValue: text), AudioLimits.sampleRates.contains(Int(clamping: number)) else {
                return nil
            }
            self = .opened(encoding, sampleRate: Int(number))
        case Code.samples: self = .samples(Array(rest))
        case Code.gap:
            guard rest.count > 8, let kind = Mark.Kind(rawValue: text), number <= Int.max >> 1 else { return nil }
            self = .gap(kind, frames: Int(number))
        case Code.disclosed where rest.isEmpty: self = .disclosed
        case Code.end where rest.count == 8: self = .end(frames: Int(clamping: number))
        default: return nil
        }
    }

    private static func littleEndian(_ value: Int) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
