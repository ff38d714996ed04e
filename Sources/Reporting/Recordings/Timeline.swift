import Screening

/// A run of line time, in seconds from the start of the leg.
struct TimelineSpan: Equatable {
    var startSeconds: Double
    var endSeconds: Double
}

extension LegResult {
    /// Length of one hop of the track: the distance of its first two entries, or the whole leg when it has but one.
    var hopSeconds: Double {
        track.count > 1 ? track[1].startSeconds - track[0].startSeconds : durationSeconds
    }

    /// The runs of hops that count as speech, in order of time, clipped to the end of the leg.
    var speechIntervals: [TimelineSpan] {
        var intervals: [TimelineSpan] = []
        let hop = hopSeconds
        var open: Double?
        for score in track {
            if score.isSpeech {
                if open == nil { open = score.startSeconds }
            } else if let start = open {
                intervals.append(TimelineSpan(startSeconds: start, endSeconds: score.startSeconds))
                open = nil
            }
        }
        if let start = open, let last = track.last {
            intervals.append(TimelineSpan(startSeconds: start, endSeconds: min(last.startSeconds + hop, max(durationSeconds, start))))
        }
        return intervals
    }
}

/// The track squeezed into a given number of columns of equal length, for drawing.
struct TimelineColumns {
    struct Column: Equatable {
        /// Share of the column's hops that are speech, 0...1.
        var speechShare = 0.0
        /// Highest and lowest `windowLLR` of the column's hops; nil where no hop has one.
        var highestLLR: Double?
        var lowestLLR: Double?
    }

    let columns: [Column]
    let secondsPerColumn: Double

    /// - Parameter count: at least 1. A column with no hop of its own (fewer hops than columns) shows the hop it lies in.
    init(track: [HopScore], hopSeconds: Double, durationSeconds: Double, count: Int) {
        precondition(count > 0, "a timeline has at least one column")
        let duration = max(durationSeconds, hopSeconds, 1e-9)
        secondsPerColumn = duration / Double(count)
        guard !track.isEmpty, hopSeconds > 0 else {
            columns = Array(repeating: Column(), count: count)
            return
        }
        columns = (0..<count).map { index in
            // Half a millionth of a hop keeps a boundary that falls on a hop's start from taking the hop before it.
            let first = Int((duration * Double(index) / Double(count) / hopSeconds + 5e-7).rounded(.down))
            let next = Int((duration * Double(index + 1) / Double(count) / hopSeconds - 5e-7).rounded(.up))
            guard first < track.count else { return Column() }
            let hops = track[first..<min(max(next, first + 1), track.count)]
            let scores = hops.compactMap(\.windowLLR)
            return Column(
                speechShare: Double(hops.count { $0.isSpeech }) / Double(hops.count),
                highestLLR: scores.max(), lowestLLR: scores.min())
        }
    }
}
