/// Which channels of a recording carry the same sound.
///
/// Many recorders write one line's mono into both channels of a stereo file. Such twins are one leg, screened once.
public struct ChannelComparison: Sendable, Equatable {
    /// Groups of channel indices with the same sound, each in rising order, ordered by their first channel.
    public let groups: [[Int]]

    /// How far two samples may lie apart and still count as the same: one step of 16-bit sound. Lossy codecs round twin channels
    /// that far apart; no audible difference is that small.
    public static let tolerance: Float = 1 / 32_768

    /// Reads `reader` until all channels are known to differ, or to its end, in bounded memory.
    ///
    /// Most recordings are told apart within a second of sound. A reader with one channel is not read at all.
    /// Throws: what `RecordingReader.read` throws.
    public init(_ reader: inout RecordingReader) throws(AudioError) {
        var groups = [Array(0..<reader.channelCount)]
        var block: [[Float]] = []
        while groups.contains(where: { $0.count > 1 }), try reader.read(upTo: 4096, into: &block) > 0 {
            groups = groups.flatMap { ChannelComparison.split($0, by: block) }
        }
        self.groups = groups.sorted { $0[0] < $1[0] }
    }

    /// The members that agree with the first one in this block, then the rest, split in turn.
    private static func split(_ group: [Int], by block: [[Float]]) -> [[Int]] {
        var result: [[Int]] = []
        var rest = group
        while let first = rest.first {
            let same = rest.filter { $0 == first || agree(block[first], block[$0]) }
            result.append(same)
            rest.removeAll(where: same.contains)
        }
        return result
    }

    private static func agree(_ a: [Float], _ b: [Float]) -> Bool {
        for index in a.indices where abs(a[index] - b[index]) > tolerance { return false }
        return true
    }
}
