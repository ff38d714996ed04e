/// Changes bytes as damage, carelessness and malice do. The same seed gives the same changes.
struct Mutation {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

    /// One change, or up to eight: many get no further than the first check. `others` lend pieces of themselves.
    mutating func mutated(_ bytes: [UInt8], isText: Bool, others: [[UInt8]]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...(below(2) == 0 ? 0 : below(8)) {
            // Headers decide most: half of all changes are among the first bytes.
            let reach = below(2) == 0 ? min(bytes.count, 128) : bytes.count
            if isText, below(3) > 0 { changeText(&bytes) } else { changeBytes(&bytes, at: below(reach), others) }
        }
        return bytes
    }

    private static let numbers: [UInt64] = [
        0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_0000, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, .max,
    ]

    private mutating func changeBytes(_ bytes: inout [UInt8], at: Int, _ others: [[UInt8]]) {
        guard !bytes.isEmpty else {
            bytes = pick(others)
            return
        }
        switch below(9) {
        case 0: bytes[at] ^= 1 << UInt8(below(8))
        case 1: bytes[at] = UInt8(truncatingIfNeeded: next())
        case 2:
            let (number, width, isBig) = (pick(Self.numbers), pick([1, 2, 4, 8]), below(2) == 0)
            for index in 0..<width where at + index < bytes.count {
                bytes[at + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * (isBig ? width - 1 - index : index)))
            }
        case 3: bytes.removeLast(below(bytes.count))
        case 4: bytes.removeSubrange(at..<min(bytes.count, at + 1 + below(64)))
        case 5: bytes.insert(contentsOf: (0...below(64)).map { _ in UInt8(truncatingIfNeeded: next()) }, at: at)
        case 6: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 1 + below(4096))], at: at)
        case 7:
            let other = pick(others)
            let start = below(other.count)
            let piece = other[start..<min(other.count, start + 1 + below(4096))]
            bytes.replaceSubrange(at..<min(bytes.count, at + piece.count), with: piece)
        default: for index in at..<min(bytes.count, at + 1 + below(512)) { bytes[index] = below(2) == 0 ? 0 : 0xFF }
        }
    }

    private static let words = [
        "", "-1", "0", "1e999", "-1e-999", "NaN", "inf", "9223372036854775808", "0x10", "true", "null", "\"", "'", "\\", "\\u0000", "\\uD800", ",",
        ";",
        "\t", "\r\n", "\n", "\u{FEFF}", "\u{202E}", "\u{0}", "[", "]", "{", "}", "=", "#", ":", "..", "/", "é", "𐐷", "[[", "\"\"\"",
        "1979-05-27T07:32:00Z",
    ]

    private mutating func changeText(_ bytes: inout [UInt8]) {
        let isEdge: (UInt8) -> Bool = { !(0x30...0x39 ~= $0 || 0x41...0x5A ~= $0 || 0x61...0x7A ~= $0 || $0 == 0x2E || $0 == 0x2D || $0 == 0x5F) }
        let at = below(bytes.count)
        var (from, to) = (at, at)
        while from > 0, from < bytes.count, !isEdge(bytes[from - 1]) { from -= 1 }
        while to < bytes.count, !isEdge(bytes[to]) { to += 1 }
        switch below(6) {
        case 0: bytes.replaceSubrange(from..<max(from, to), with: pick(Self.words).utf8)
        case 1: bytes.insert(contentsOf: pick(Self.words).utf8, at: at)
        case 2:
            bytes.insert(contentsOf: Array(repeating: Array(pick(Self.words).utf8), count: 1 + below(below(50) == 0 ? 20_000 : 40)).joined(), at: at)
        case 3: bytes.removeSubrange(from..<max(from, to))
        default:
            // Lines are doubled, taken out and exchanged.
            var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map(Array.init)
            guard !lines.isEmpty else { return }
            let (a, b) = (below(lines.count), below(lines.count))
            switch below(3) {
            case 0: lines.insert(lines[a], at: b)
            case 1: lines.remove(at: a)
            default: lines.swapAt(a, b)
            }
            bytes = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
        }
    }
}
