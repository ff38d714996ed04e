import Screening

/// A stretch of a score track as bytes, and back, bit for bit.
///
/// Each number of a hop is compared with the hop before: how many low-order bytes differ (half a byte), then those bytes.
/// Neighbours share sign and exponent, and silence repeats itself. Numbers go through `bitPattern`, so nothing is rounded, not
/// even the payload of a NaN: replay compares bytes.
enum TrackCoding {
    private static let version: UInt8 = 1

    private enum Flag {
        static let speech: UInt8 = 1
        static let hasLLR: UInt8 = 2
        /// The hop begins where the one before it led one to expect.
        static let regular: UInt8 = 4
    }

    /// A hop as bit patterns.
    private struct Columns {
        var values: [UInt64]

        init() { values = [UInt64](repeating: 0, count: Self.count) }

        static let count = 4

        init(_ hop: HopScore, after previous: Columns) {
            values = [
                UInt64(hop.evidence.bitPattern), UInt64(hop.speechProbability.bitPattern), UInt64(hop.levelDBFS.bitPattern),
                hop.windowLLR?.bitPattern ?? previous.values[3],
            ]
        }

        /// Nil when a value does not fit its type.
        func hop(startSample: Int, flags: UInt8) -> HopScore? {
            guard values[..<3].allSatisfy({ $0 >> 32 == 0 }) else { return nil }
            func float(_ index: Int) -> Float { Float(bitPattern: UInt32(values[index])) }
            return HopScore(
                startSample: startSample, evidence: float(0), speechProbability: float(1), isSpeech: flags & Flag.speech != 0,
                windowLLR: flags & Flag.hasLLR != 0 ? Double(bitPattern: values[3]) : nil, levelDBFS: float(2))
        }
    }

    static func encode(_ hops: some Collection<HopScore>) -> [UInt8] {
        var bytes: [UInt8] = [version]
        var previous = Columns()
        var (start, step) = (0, 0)
        for hop in hops {
            let newStep = hop.startSample &- start
            let isRegular = newStep == step
            bytes.append((hop.isSpeech ? Flag.speech : 0) | (hop.windowLLR != nil ? Flag.hasLLR : 0) | (isRegular ? Flag.regular : 0))
            if !isRegular { append(UInt64(bitPattern: Int64(hop.startSample)), count: 8, to: &bytes) }
            let columns = Columns(hop, after: previous)
            let differences = zip(columns.values, previous.values).map { $0 ^ $1 }
            let lengths = differences.map { (71 - $0.leadingZeroBitCount) / 8 }
            for index in stride(from: 0, to: Columns.count, by: 2) {
                bytes.append(UInt8(lengths[index] << 4 | (index + 1 < Columns.count ? lengths[index + 1] : 0)))
            }
            for (difference, length) in zip(differences, lengths) { append(difference, count: length, to: &bytes) }
            (start, step, previous) = (hop.startSample, newStep, columns)
        }
        return bytes
    }

    /// - Returns: nil when the bytes are no track, or not `count` hops of one.
    static func decode(_ bytes: [UInt8], count: Int) -> [HopScore]? {
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
        hops.reserveCapacity(min(max(count, 0), bytes.count))
        var columns = Columns()
        var (start, step) = (0, 0)
        while position < bytes.count {
            guard let flags = take(1).map(UInt8.init(truncatingIfNeeded:)), flags < 8 else { return nil }
            let expected = start &+ step
            if flags & Flag.regular == 0 {
                guard let value = take(8) else { return nil }
                step = Int(Int64(bitPattern: value)) &- start
                start = start &+ step
            } else { start = expected }
            var lengths: [Int] = []
            for _ in stride(from: 0, to: Columns.count, by: 2) {
                guard let pair = take(1) else { return nil }
                lengths += [Int(pair >> 4), Int(pair & 15)]
            }
            for index in 0..<Columns.count {
                guard let difference = take(lengths[index]) else { return nil }
                columns.values[index] ^= difference
            }
            guard let hop = columns.hop(startSample: start, flags: flags) else { return nil }
            hops.append(hop)
        }
        return hops.count == count ? hops : nil
    }

    private static func append(_ value: UInt64, count: Int, to bytes: inout [UInt8]) {
        for offset in 0..<UInt64(count) { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * offset))) }
    }
}
