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

        struct Gap: Equatable {
            var leg: Int
            var frames: Int
            var cause: MissingSound
        }

        var gaps: [Gap] { lock.withLock { heardGaps } }

        var sound: [[UInt8]] { lock.withLock { legs } }
        var rates: Set<Int> { lock.withLock { heardRates } }
        var ending: CallEnding? { lock.withLock { endings.count == 1 ? endings[0] : nil } }

        func sound(_ samples: [UInt8], leg: Int, sampleRate: Int) {
            lock.withLock {
                while legs.count <= leg { legs.append([]) }
                legs[leg] += samples
                heardRates.insert(sampleRate)
            }
        }

        func missing(frames: Int, leg: Int, sampleRate: Int, _ cause: MissingSound) {
            lock.withLock { heardGaps.append(Gap(leg: leg, frames: frames, cause: cause)) }
        }
        func end(_ ending: CallEnding) { lock.withLock { endings.append(ending) } }
    }

    private let lock = NSLock()
    private var taken: [(CallOffer, Page)] = []

    var pages: [Page] { lock.withLock { taken.map(\.1) } }
    var offers: [CallOffer] { lock.withLock { taken.map(\.0) } }

    func begin(_ offer: CallOffer, turn: LoopTurn?) -> any CallFeed {
        let page = Page()
        lock.withLock { taken.append((offer, page)) }
        return page
    }
}
