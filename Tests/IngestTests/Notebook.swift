import Foundation

@testable import Ingest

/// Writes down what it is told, by whichever event loop.
final class Notebook: CallTaker, @unchecked Sendable {
    final class Page: CallFeed, @unchecked Sendable {
        private let lock = NSLock()
        private var legs: [[UInt8]] = []
        private var endings: [CallEnding] = []
        private var heardRates: Set<Int> = []
        private var heardGaps: [Gap] = []
        private var count = 0
        private let framesWaitedFor: Int

        init(framesWaitedFor: Int = 0) { self.framesWaitedFor = framesWaitedFor }

        struct Gap: Equatable {
            var leg: Int
            var frames: Int
            var cause: MissingSound
        }

        /// How often it was handed sound.
        var pieces: Int { lock.withLock { count } }
        var gaps: [Gap] { lock.withLock { heardGaps } }

        var sound: [[UInt8]] { lock.withLock { legs } }
        var rates: Set<Int> { lock.withLock { heardRates } }
        var ending: CallEnding? { lock.withLock { endings.count == 1 ? endings[0] : nil } }

        func sound(_ samples: [UInt8], leg: Int, sampleRate: Int) {
            lock.withLock {
                while legs.count <= leg { legs.append([]) }
                legs[leg] += samples
                count += 1
                heardRates.insert(sampleRate)
            }
        }

        func missing(frames: Int, leg: Int, sampleRate: Int, _ cause: MissingSound) {
            lock.withLock { heardGaps.append(Gap(leg: leg, frames: frames, cause: cause)) }
        }
        func framesNeeded(leg: Int) -> Int { framesWaitedFor }
        func end(_ ending: CallEnding) { lock.withLock { endings.append(ending) } }
    }

    private let lock = NSLock()
    private var taken: [(CallOffer, Page)] = []
    private let framesWaitedFor: Int

    /// - Parameter framesWaitedFor: how many frames it says that each piece of sound should have.
    init(framesWaitedFor: Int = 0) { self.framesWaitedFor = framesWaitedFor }

    var pages: [Page] { lock.withLock { taken.map(\.1) } }
    var offers: [CallOffer] { lock.withLock { taken.map(\.0) } }

    func begin(_ offer: CallOffer, turn: LoopTurn?) -> any CallFeed {
        let page = Page(framesWaitedFor: framesWaitedFor)
        lock.withLock { taken.append((offer, page)) }
        return page
    }
}
