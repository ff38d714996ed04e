/// Finds what a receiver put in the place of packets that never came: runs of exact zeros, and a packet played once more.
///
/// Neither is sound of the line: heard as speech it moves the score (zeroed packets of 20 ms, one in ten, by about 1). Only what
/// interrupts speech counts: a run of zeros whose two edges stand in loud sound, and a repetition, sample by sample, of loud
/// sound. A pause that a noise gate or a synthesizer made silent begins and ends softly, and a steady tone repeats for
/// longer than any receiver does. Works on samples as the line gave them: a resampler leaves no exact zero.
///
/// Sound passes at once, unless it may turn out to be none: then it is held back, for `mostHeldSeconds` at most. How the samples
/// were cut into blocks changes nothing.
///
/// Rule: `take` says what is loss, sample by sample; `passStretch` may only pass sound that `take` would pass. Why: every sample of every call goes
/// through here, nearly all of it is plainly sound, and 16 samples cost there what two do in `take`.
struct PacketLoss {
    enum Piece: Equatable {
        case sound(Int)
        case gap(Int)
    }

    /// The shortest run of zeros that counts; packets are 10 ms or more.
    private static let leastZeroSeconds = 0.005
    /// The longest run of zeros that is loss: behind it a pause is likelier than a burst of lost packets.
    private static let mostZeroSeconds = 0.4
    /// What repeats for longer is a tone.
    private static let mostRepeatSeconds = 0.16
    static let mostHeldSeconds = mostZeroSeconds + edgeSeconds
    /// An edge: how much of the sound beside a run of zeros is looked at. Sound that fades into the zeros of µ-law passes through
    /// every step on its way there; a packet cut out leaves full samples standing. In 2 ms both look alike, in this little they do not.
    private static let edgeSeconds = 0.00025
    /// A repetition is followed from here on; before, equal samples are chance.
    private static let leastRepeatSeconds = 0.001
    /// Lengths of packets in use, in ms; the longest is last.
    private static let packets: InlineArray<5, Int> = [10, 20, 30, 40, 60]
    /// Sound below -60 dBFS, or more than 36 dB below the loudest of the last second or so, is a pause. Of packets zeroed all over a
    /// call with 85 % speech one in two counts by this and by the edges; many others lay in pauses.
    private static let leastPeak: Float = 0.001
    private static let leastShareOfPeak: Float = 1.0 / 64
    /// Least step of A-law and some more: what stays at one value below it is silence as zeros are.
    private static let quiet: Float = 0.0005

    private let leastZeros: Int
    private let mostZeros: Int
    private let mostRepeats: Int
    private let edge: Int
    private let leastRepeats: Int
    private let fading: Float
    /// In place, as what counts in them: this is gone through with each sample of each call.
    private let lags: InlineArray<5, Int>
    /// Samples in a row that equal the one a packet before, for each of `lags`.
    private var repeats = InlineArray<5, Int>(repeating: 0)
    private let longestLag: Int
    /// The last `longestLag` samples, and behind them those that are being taken.
    private var line: [Float]
    private var index = 0
    /// The peak of the sound, fading with a time constant of a second.
    private var peak: Float = 0

    /// Not yet passed on.
    private var held: [Float] = []
    /// At the end of what is held, or passed on already while a longer run goes on.
    private var zeros = 0
    private var zeroValue: Float = 0
    private var startsAbruptly = false
    /// Zeros at the beginning of `held` whose other edge is still looked at.
    private var zerosBefore = 0

    /// What came of the samples taken in, in order; `samples` holds those of `.sound`.
    private var pieces: [Piece] = []
    private var samples: [Float] = []

    init(sampleRate: Int) {
        func count(_ seconds: Double) -> Int { Int((seconds * Double(sampleRate)).rounded()) }
        (leastZeros, mostZeros) = (count(Self.leastZeroSeconds), count(Self.mostZeroSeconds))
        (mostRepeats, leastRepeats) = (count(Self.mostRepeatSeconds), count(Self.leastRepeatSeconds))
        edge = max(1, count(Self.edgeSeconds))
        fading = 1 - 1 / Float(sampleRate)
        lags = InlineArray { Self.packets[$0] * sampleRate / 1000 }
        longestLag = lags[lags.count - 1]
        line = [Float](repeating: 0, count: longestLag)
    }

    /// Samples that are held back.
    var heldCount: Int { held.count }

    mutating func push(_ block: Span<Float>) {
        unsafe block.withUnsafeBufferPointer { unsafe line.append(contentsOf: $0) }
        var position = longestLag
        while position < line.count {
            let start = position
            while passStretch(at: position) { position += Stretch.scalarCount }
            if position > start {
                samples.append(contentsOf: line[start..<position])
                pass(position - start)
            }
            let end = min(position + Stretch.scalarCount, line.count)
            while position < end {
                take(position)
                position += 1
            }
        }
        line.removeFirst(block.count)
    }

    /// What is held is sound after all: the stream ends, or something else comes.
    mutating func flush() {
        release()
        (zeros, zerosBefore) = (0, 0)
        for lag in repeats.indices { repeats[lag] = 0 }
        for position in line.indices { line[position] = 0 }
    }

    /// Hands over what came so far, in exchange for empty arrays.
    mutating func drain(into pieces: inout [Piece], _ samples: inout [Float]) {
        pieces.removeAll(keepingCapacity: true)
        samples.removeAll(keepingCapacity: true)
        swap(&self.pieces, &pieces)
        swap(&self.samples, &samples)
    }

    private mutating func take(_ position: Int) {
        let sample = line[position]
        if zeros > 0, sample != zeroValue { endZeros() }
        if zeros == 0, abs(sample) <= Self.quiet {
            zeroValue = sample
            startsAbruptly = zerosBefore == 0 && isLoud(peak(of: edge, before: position))
        }
        if zeros > 0 || abs(sample) <= Self.quiet { zeros += 1 }
        let isRepeating = follow(position)
        index += 1
        fade(sample)

        let mayBeLoss = isRepeating || zeros > 0 && startsAbruptly && zeros <= mostZeros
        if held.isEmpty, zerosBefore == 0, !mayBeLoss {
            samples.append(sample)
            return pass(1)
        }
        held.append(sample)
        if zerosBefore > 0 {
            // The other edge is known once all of it is there.
            if held.count == zerosBefore + edge { judgeZeros(endingWith: position) }
        } else if !mayBeLoss {
            release()
        }
    }

    /// A run of zeros has ended with the sample before this one.
    private mutating func endZeros() {
        let count = zeros
        zeros = 0
        guard startsAbruptly, zerosBefore == 0, (leastZeros...mostZeros).contains(count), held.count >= count else { return }
        // What stands before them in `held` was held for another reason.
        let other = held.count - count
        if other > 0 { release(other) }
        zerosBefore = count
    }

    private mutating func judgeZeros(endingWith position: Int) {
        let count = zerosBefore
        zerosBefore = 0
        guard isLoud(peak(of: edge, before: position + 1)) else { return release() }
        held.removeFirst(count)
        mark(count)
        release()
    }

    /// Counts repetitions. True while one goes on that may be a packet's.
    private mutating func follow(_ position: Int) -> Bool {
        var isRepeating = false
        for which in lags.indices {
            let lag = lags[which]
            if index >= lag, line[position] == line[position - lag] {
                repeats[which] += 1
                isRepeating = isRepeating || repeats[which] >= leastRepeats && repeats[which] <= mostRepeats
            } else {
                let count = repeats[which]
                repeats[which] = 0
                // Its last samples are what is held, all but those of its first millisecond.
                let lost = min(count, held.count)
                if count >= lag, count <= mostRepeats, zerosBefore == 0, lost > 0, lost + leastRepeats >= lag,
                    isLoud(peak(of: min(count, lag), before: position))
                {
                    let other = held.count - lost
                    if other > 0 { release(other) }
                    held.removeAll(keepingCapacity: true)
                    mark(lost)
                    zeros = 0
                }
            }
        }
        return isRepeating
    }

    private func peak(of count: Int, before position: Int) -> Float {
        var result: Float = 0
        for back in 1...count { result = max(result, abs(line[position - back])) }
        return result
    }

    private mutating func fade(_ sample: Float) { peak = max(peak * fading, sample.isFinite ? min(abs(sample), 4) : 0) }

    private func isLoud(_ level: Float) -> Bool { level >= max(Self.leastPeak, peak * Self.leastShareOfPeak) }

    private mutating func mark(_ count: Int) {
        if case .gap(let before)? = pieces.last { pieces[pieces.count - 1] = .gap(before + count) } else { pieces.append(.gap(count)) }
    }

    private mutating func release(_ count: Int? = nil) {
        let count = count ?? held.count
        guard count > 0 else { return }
        samples.append(contentsOf: held[..<count])
        held.removeFirst(count)
        pass(count)
    }

    private mutating func pass(_ count: Int) {
        if case .sound(let before)? = pieces.last { pieces[pieces.count - 1] = .sound(before + count) } else { pieces.append(.sound(count)) }
    }
}

// MARK: what is plainly sound

private typealias Stretch = SIMD16<Float>

extension PacketLoss {
    /// Counts on in a stretch that `take` would pass sample by sample; does nothing with any other.
    private mutating func passStretch(at position: Int) -> Bool {
        let size = Stretch.scalarCount
        guard position + size <= line.count, held.isEmpty, zerosBefore == 0, zeros == 0 || !startsAbruptly, index >= longestLag else { return false }
        let values = stretch(at: position)
        let sizes = Self.sizes(values)

        // The least that the fading peak can be anywhere in it.
        var faded = peak
        for _ in 0..<size { faded *= fading }
        let isQuiet = Self.count(sizes .<= Self.quiet) > 0
        // A run of zeros may begin in it: none does abruptly where nothing is loud.
        if isQuiet {
            let loud = max(Self.leastPeak, faded * Self.leastShareOfPeak)
            guard Self.count(sizes .< loud) == size, peak(of: edge, before: position) < loud else { return false }
        }
        var counted = repeats
        for which in lags.indices {
            guard Self.count(values .== stretch(at: position - lags[which])) > 0 else {
                counted[which] = 0
                continue
            }
            for place in position..<position + size {
                counted[which] = line[place] == line[place - lags[which]] ? counted[which] + 1 : 0
                if counted[which] >= leastRepeats, counted[which] <= mostRepeats { return false }
            }
        }

        repeats = counted
        if isQuiet { countZeros(at: position) } else { zeros = 0 }
        if Self.count(sizes .> faded) > 0 {
            for place in position..<position + size { fade(line[place]) }
        } else {
            peak = faded
        }
        index += size
        return true
    }

    /// The run of zeros that a stretch ends with, which has not begun abruptly.
    private mutating func countZeros(at position: Int) {
        let value = line[position + Stretch.scalarCount - 1]
        var count = 0
        if abs(value) <= Self.quiet {
            while count < Stretch.scalarCount, line[position + Stretch.scalarCount - 1 - count] == value { count += 1 }
        }
        let goesOn = count == Stretch.scalarCount && zeros > 0 && zeroValue == value
        zeros = goesOn ? zeros + count : count
        zeroValue = value
        startsAbruptly = false
    }

    private func stretch(at position: Int) -> Stretch {
        unsafe line.withUnsafeBufferPointer { unsafe UnsafeRawPointer($0.baseAddress! + position).loadUnaligned(as: Stretch.self) }
    }

    private static func sizes(_ values: Stretch) -> Stretch {
        let signs = SIMD16<UInt32>(repeating: 0x7fff_ffff)
        return unsafe unsafeBitCast(unsafeBitCast(values, to: SIMD16<UInt32>.self) & signs, to: Stretch.self)
    }

    /// Lanes in which it holds, told by a few instructions; the standard library's `any` looks at each lane.
    private static func count(_ mask: SIMDMask<SIMD16<Int32>>) -> Int {
        Int(SIMD16<Int32>(repeating: 0).replacing(with: 1, where: mask).wrappedSum())
    }
}
