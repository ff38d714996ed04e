import Audio
import Capture

/// The last seconds of a leg before anybody knew that a call had begun, so that its first words are screened too.
struct PreRoll {
    struct Chunk {
        var block: LineBlock
        /// Native bytes of the leg's channel; none for a gap.
        var bytes: [UInt8]
        var seconds: Double { Double(block.frames) / Double(block.format.sampleRate) }
    }

    private(set) var chunks: [Chunk] = []
    private(set) var seconds = 0.0
    private let mostSeconds: Double

    init(mostSeconds: Double) { self.mostSeconds = mostSeconds }

    mutating func append(_ chunk: Chunk) {
        chunks.append(chunk)
        seconds += chunk.seconds
        var surplus = 0
        while surplus < chunks.count - 1, seconds - chunks[surplus].seconds >= mostSeconds {
            seconds -= chunks[surplus].seconds
            surplus += 1
        }
        chunks.removeFirst(surplus)
    }

    mutating func removeAll() {
        chunks.removeAll(keepingCapacity: true)
        seconds = 0
    }
}
