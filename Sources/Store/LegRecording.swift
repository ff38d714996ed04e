import Calls
internal import GRDB
import Screening

/// What of a leg waits to be written.
struct LegRecording: Sendable {
    private(set) var pendingHops: [HopScore] = []
    var pendingMarks: [Mark] = []
    /// Hops heard, written or not.
    private(set) var hopCount = 0
    /// Hops that memory could not hold while nothing could be stored.
    private(set) var droppedHops = 0
    private var droppedFrom: HopScore?
    private var writtenMarks = 0

    mutating func append(_ hop: HopScore) {
        pendingHops.append(hop)
        hopCount += 1
        guard pendingHops.count > CallRecorder.mostPendingHops else { return }
        // A block at a time, so that a full memory does not cost a shift a hop.
        let count = CallRecorder.mostPendingHops / 10
        droppedFrom = droppedFrom ?? pendingHops[0]
        droppedHops += count
        pendingHops.removeFirst(count)
    }

    func write(call: CallID, leg: Int, in db: Database) throws {
        try Store.insert(pendingHops, firstHop: hopCount - pendingHops.count, call: call, leg: leg, in: db)
        for (index, mark) in (lost + pendingMarks).enumerated() {
            try Store.insert(mark, number: writtenMarks + index, call: call, leg: leg, in: db)
        }
    }

    mutating func wasWritten() {
        writtenMarks += lost.count + pendingMarks.count
        pendingMarks = []
        pendingHops.removeAll(keepingCapacity: true)
        droppedHops = 0
        droppedFrom = nil
    }

    private var lost: [Mark] {
        guard let droppedFrom, let next = pendingHops.first else { return [] }
        return [
            Mark(
                .notStored, hop: hopCount - pendingHops.count - droppedHops, startSample: droppedFrom.startSample,
                sampleCount: next.startSample - droppedFrom.startSample)
        ]
    }
}
