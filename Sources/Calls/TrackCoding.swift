import Alerting
import Screening

/// A stretch of a score track as bytes, and back, bit for bit.
///
/// Each number of a hop is compared with the hop before: how many low-order bytes differ (half a byte), then those bytes.
/// Neighbours share sign and exponent, and silence repeats itself. Numbers go through `bitPattern`, so nothing is rounded, not
/// even the payload of a NaN: replay compares bytes.
package enum TrackCoding {
    private static let version: UInt8 = 1
    private static let count = 12

    private enum Flag {
        static let speech: UInt8 = 1
        static let hasLLR: UInt8 = 2
        static let hasChange: UInt8 = 4
        /// Two bits: the level.
        static let level: UInt8 = 3
        /// The hop begins where the one before it led one to expect.
        static let regular: UInt8 = 32
    }

    private static let levels: [Level] = [.clear, .watch, .alert]

    /// A hop as bit patterns, each in its place; where there is no value, that of the hop before, which costs nothing.
    private static func values(of hop: HopScore, after previous: [UInt64]) -> [UInt64] {
        [
            UInt64(hop.hop.evidence.bitPattern), UInt64(hop.speechProbability.bitPattern), UInt64(hop.hop.levelDBFS.bitPattern),
            UInt64(hop.hop.quietestDBFS.bitPattern), UInt64(hop.hop.lowerBandPower.bitPattern), UInt64(hop.hop.upperBandPower.bitPattern),
            UInt64(bitPattern: Int64(hop.hop.clippedSamples)), UInt64(bitPattern: Int64(hop.hop.lostSamples)),
            UInt64(bitPattern: Int64(hop.hop.pausedSamples)), hop.windowLLR?.bitPattern ?? previous[9], hop.changeSum?.bitPattern ?? previous[10],
            0,
        ]
    }

    private static func flags(of hop: HopScore) -> UInt8 {
        (hop.hop.isSpeech ? Flag.speech : 0) | (hop.windowLLR != nil ? Flag.hasLLR : 0) | (hop.changeSum != nil ? Flag.hasChange : 0)
            | UInt8(levels.firstIndex(of: hop.level)!) << Flag.level
    }

    /// Every bit of a hop, for comparison.
    package static func columns(of hop: HopScore) -> [UInt64] {
        values(of: hop, after: [UInt64](repeating: 0, count: count)) + [UInt64(flags(of: hop)), UInt64(bitPattern: Int64(hop.startSample))]
    }

    package static func encode(_ hops: some Collection<HopScore>) -> [UInt8] {
        var bytes: [UInt8] = [version]
        var previous = [UInt64](repeating: 0, count: count)
        var (start, step) = (0, 0)
        for hop in hops {
            let newStep = hop.startSample &- start
            let isRegular = newStep == step
            bytes.append(flags(of: hop) | (isRegular ? Flag.regular : 0))
            if !isRegular { append(UInt64(bitPattern: Int64(hop.startSample)), count: 8, to: &bytes) }
            let values = values(of: hop, after: previous)
            let differences = zip(values, previous).map { $0 ^ $1 }
            let lengths = differences.map { (71 - $0.leadingZeroBitCount) / 8 }
            for index in stride(from: 0, to: count, by: 2) { bytes.append(UInt8(lengths[index] << 4 | lengths[index + 1])) }
            for (difference, length) in zip(differences, lengths) { append(difference, count: length, to: &bytes) }
            (start, step, previous) = (hop.startSample, newStep, values)
        }
        return bytes
    }

    /// - Returns: nil when the bytes are no track, or not `count` hops of one.
    package static func decode(_ bytes: [UInt8], count hopCount: Int) -> [HopScore]? {
        guard bytes.first == version else { return nil }
        var position = 1
        func take(_ count: Int) -> UInt64? {
            guard count <= 8, position + count <= bytes.count else { return nil }
            var value: UInt64 = 0
            for offset in 0..<count { value |= UInt64(bytes[position + offset]) << (8 * UInt64(offset)) }
            position += count
            return value
        }
        var hops: [HopScore] = []
        hops.reserveCapacity(min(max(hopCount, 0), bytes.count))
        var values = [UInt64](repeating: 0, count: count)
        var (start, step) = (0, 0)
        while position < bytes.count {
            guard let flags = take(1).map(UInt8.init(truncatingIfNeeded:)), flags < 64 else { return nil }
            if flags & Flag.regular == 0 {
                guard let value = take(8) else { return nil }
                step = Int(Int64(bitPattern: value)) &- start
            }
            start = start &+ step
            var lengths: [Int] = []
            for _ in stride(from: 0, to: count, by: 2) {
                guard let pair = take(1) else { return nil }
                lengths += [Int(pair >> 4), Int(pair & 15)]
            }
            for index in 0..<count {
                guard let difference = take(lengths[index]) else { return nil }
                values[index] ^= difference
            }
            guard let hop = hop(values, startSample: start, flags: flags) else { return nil }
            hops.append(hop)
        }
        return hops.count == hopCount ? hops : nil
    }

    /// Nil when a value does not fit its type.
    private static func hop(_ values: [UInt64], startSample: Int, flags: UInt8) -> HopScore? {
        let level = Int(flags >> Flag.level & 3)
        guard values[..<6].allSatisfy({ $0 >> 32 == 0 }), level < levels.count else { return nil }
        func float(_ index: Int) -> Float { Float(bitPattern: UInt32(values[index])) }
        func integer(_ index: Int) -> Int { Int(Int64(bitPattern: values[index])) }
        let hop = Hop(
            startSample: startSample, evidence: float(0), isSpeech: flags & Flag.speech != 0, levelDBFS: float(2), quietestDBFS: float(3),
            clippedSamples: integer(6), lowerBandPower: float(4), upperBandPower: float(5), lostSamples: integer(7),
            pausedSamples: integer(8))
        return HopScore(
            hop: hop, speechProbability: float(1), windowLLR: flags & Flag.hasLLR != 0 ? Double(bitPattern: values[9]) : nil,
            changeSum: flags & Flag.hasChange != 0 ? Double(bitPattern: values[10]) : nil, level: levels[level])
    }

    private static func append(_ value: UInt64, count: Int, to bytes: inout [UInt8]) {
        for offset in 0..<UInt64(count) { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * offset))) }
    }
}
