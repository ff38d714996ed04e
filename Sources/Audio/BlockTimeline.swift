/// Where on a recording's time its decoded blocks belong: gaps out of stated times.
///
/// Rule: the count of frames rules as long as it agrees with the stated times; a block stated later than that by more than
/// `toleranceMilliseconds` lies behind a gap. Why: times are rounded, and recorders stamp them with jitter. A block that is
/// stated too early is appended all the same, since sound is never thrown away, and the time it runs ahead is taken off the
/// next gap: so jitter cannot add up. Where times start anew (a second link, a counter that wrapped), so does the origin.
struct BlockTimeline: Equatable {
    /// Less than the shortest packet in use that one can hear the lack of (20 ms), more than jitter of rounding.
    static let toleranceMilliseconds = 15
    /// Encoder delay at a track's beginning is no late start.
    static let startToleranceMilliseconds = 100
    /// Behind times that run back by more than this the time starts anew.
    static let restartMilliseconds = 1000
    /// A gap of more than that, or gaps of more than that in all, are damage.
    static let mostGapSeconds = 12 * 3600

    private let sampleRate: Int
    private let startsAtZero: Bool
    /// Frames so far, gaps included.
    private(set) var frames = 0
    private(set) var ignoredJumps = 0
    private var gapFrames = 0
    /// Stated time of frame 0, in ms; nil before the first block.
    private var origin: Int?

    init(sampleRate: Int, startsAtZero: Bool) {
        self.sampleRate = sampleRate
        self.startsAtZero = startsAtZero
    }

    /// Takes the next block. Returns the frames of gap before it.
    mutating func add(milliseconds: Int, frames count: Int) -> Int {
        defer { frames += count }
        guard let known = origin else {
            origin = startsAtZero ? 0 : milliseconds
            guard startsAtZero, milliseconds > Self.startToleranceMilliseconds else {
                origin = milliseconds
                return 0
            }
            return open(late: milliseconds, milliseconds)
        }
        let late = milliseconds - known - Int((Double(frames) * 1000 / Double(sampleRate)).rounded())
        if late < -Self.restartMilliseconds {
            restart(milliseconds)
            return 0
        }
        return late > Self.toleranceMilliseconds ? open(late: late, milliseconds) : 0
    }

    private mutating func open(late: Int, _ milliseconds: Int) -> Int {
        let limit = Self.mostGapSeconds * sampleRate
        guard late <= Self.mostGapSeconds * 1000, gapFrames + late * sampleRate / 1000 <= limit else {
            ignoredJumps += 1
            restart(milliseconds)
            return 0
        }
        let gap = late * sampleRate / 1000
        gapFrames += gap
        frames += gap
        return gap
    }

    /// The block at hand goes on where the last one ended.
    private mutating func restart(_ milliseconds: Int) {
        origin = milliseconds - Int((Double(frames) * 1000 / Double(sampleRate)).rounded())
    }
}
