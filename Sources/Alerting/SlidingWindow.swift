/// Evidence in steps of 2^-24, so that sums are exact: adding and taking off again leaves no rounding behind, in whatever
/// order, from the start of a call to its end. A float of 1 or more is a multiple of that step already.
enum ExactEvidence {
    static let steps = Double(1 << 24)
    /// Beyond this (both signs) evidence counts no more: a network's logit is far below it, and 2^29 hops cannot overflow.
    static let limit: Float = 1024

    /// - Precondition: `evidence` is finite.
    static func exact(_ evidence: Float) -> Int64 {
        Int64((Double(min(max(evidence, -limit), limit)) * steps).rounded())
    }

    static func mean(_ sum: Int64, of count: Int) -> Double { Double(sum) / (steps * Double(count)) }
}

/// The last seconds of net speech of a leg: silence neither enters it nor pushes anything out.
///
/// Holds one entry for each hop of speech. Pushing takes constant time and does not allocate.
struct SlidingWindow: Sendable {
    private struct Entry {
        var evidence: Int64
        var startSample: Int
    }

    private var entries: [Entry]
    private var next = 0
    private var sum: Int64 = 0
    /// Hops of speech in the window.
    private(set) var count = 0

    /// - Parameter capacity: hops of speech that the window holds, at least 1.
    init(capacity: Int) {
        precondition(capacity >= 1, "a window holds at least one hop")
        entries = Array(repeating: Entry(evidence: 0, startSample: 0), count: capacity)
    }

    var capacity: Int { entries.count }

    /// Adds a hop of speech; the oldest leaves when the window is full.
    mutating func push(_ evidence: Int64, startSample: Int) {
        if count == entries.count { sum -= entries[next].evidence } else { count += 1 }
        sum += evidence
        entries[next] = Entry(evidence: evidence, startSample: startSample)
        next = next + 1 == entries.count ? 0 : next + 1
    }

    mutating func removeAll() {
        count = 0
        sum = 0
    }

    /// Forgets the hops that begin before a sample. Takes time in their number.
    mutating func removeAll(before sample: Int) {
        while count > 0, entries[oldest].startSample < sample {
            sum -= entries[oldest].evidence
            count -= 1
        }
    }

    private var oldest: Int { next >= count ? next - count : next - count + entries.count }

    /// Mean evidence of the window.
    /// - Precondition: the window is not empty.
    var meanEvidence: Double { ExactEvidence.mean(sum, of: count) }

    /// The first sample of the oldest hop.
    /// - Precondition: the window is not empty.
    var startSample: Int { entries[oldest].startSample }
}
