import Audio

/// A channel that the user asked for, and what to call it: `right`, `2`, `far=right`.
public struct LegChoice: Sendable, Equatable {
    /// Counted from 0.
    public var channel: Int
    /// Nil for the channel's own name.
    public var name: String?

    public init(channel: Int, name: String? = nil) {
        self.channel = channel
        self.name = name
    }

    /// - Throws: `AudioError` of kind `usage` that says what may be written.
    public init(parsing text: String) throws(AudioError) {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let word = parts[parts.count - 1].lowercased()
        switch word {
        case "mono", "left": channel = 0
        case "right": channel = 1
        default:
            guard let number = Int(word), 1...AudioLimits.channelCounts.upperBound ~= number else {
                throw AudioError(
                    .usage, path: nil, "leg '\(text)' names no channel",
                    advice: "give left, right or a number from 1 to \(AudioLimits.channelCounts.upperBound), as in far=right")
            }
            channel = number - 1
        }
        name = parts.count == 2 && !parts[0].isEmpty ? parts[0] : nil
    }

    /// What a channel is called when nobody named it.
    package static func ownName(channel: Int, of count: Int) -> String {
        switch (count, channel) {
        case (1, _): "mono"
        case (2, 0): "left"
        case (2, _): "right"
        default: "channel \(channel + 1)"
        }
    }
}
