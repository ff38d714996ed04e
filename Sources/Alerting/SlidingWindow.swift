/// The last seconds of net speech of a leg: silence neither enters it nor pushes anything out.
///
/// Holds one entry for each hop of speech. Sums are taken afresh over the window, so that no rounding is carried from the
/// start of a call to its end.
public struct SlidingWindow: Sendable {
    private struct Entry {
        var evidence: Float
        var startSample: Int
        var endSample: Int
    }

    private var entries: [Entry]
    private let capacity: Int
    private var next = 0

    /// - Parameter capacity: hops of speech that the window holds, at least 1.
    public init(capacity: Int) {
        precondition(capacity >= 1, "a window holds at least one hop")
        self.capacity = capacity
        entries = []
        entries.reserveCapacity(capacity)
    }

    /// Hops of speech in the window.
    public var count: Int { entries.count }

    /// Adds a hop of speech; the oldest leaves when the window is full. Does not allocate.
    public mutating func push(evidence: Float, startSample: Int, endSample: Int) {
        let entry = Entry(evidence: evidence, startSample: startSample, endSample: endSample)
        if entries.count < capacity {
            entries.append(entry)
        } else {
            entries[next] = entry
        }
        next = (next + 1) % capacity
    }

    /// Mean evidence of the window; 0 when it is empty.
    public var meanEvidence: Double {
        guard !entries.isEmpty else { return 0 }
        var sum = 0.0
        for offset in 0..<entries.count { sum += Double(entries[(oldest + offset) % entries.count].evidence) }
        return sum / Double(entries.count)
    }

    /// The first sample of the oldest hop; nil when the window is empty.
    public var startSample: Int? { entries.isEmpty ? nil : entries[oldest].startSample }

    /// The sample behind the newest hop; nil when the window is empty.
    public var endSample: Int? { entries.isEmpty ? nil : entries[(oldest + entries.count - 1) % entries.count].endSample }

    private var oldest: Int { entries.count < capacity ? 0 : next }
}
