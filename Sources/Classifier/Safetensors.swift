import Foundation

/// The parts of a safetensors file: a JSON header of names, types, shapes and offsets, then the bytes.
///
/// Source of the format: huggingface/safetensors, README, section Format. Everything that the header says is checked against
/// the file before a tensor is handed out; tensors must fill the data section without gap or overlap, as the format demands.
struct Safetensors {
    enum ElementType: String {
        case float32 = "F32"
        case bfloat16 = "BF16"

        var byteCount: Int { self == .float32 ? 4 : 2 }
    }

    struct Tensor: Equatable {
        var type: ElementType
        var shape: [Int]
        /// Little-endian, a slice of the mapped file: not copied.
        var bytes: Data
    }

    let path: String
    let tensors: [String: Tensor]
    let metadata: [String: String]

    private struct Entry: Decodable {
        var dtype: String
        var shape: [Int]
        var data_offsets: [Int]
    }

    private static let largestHeader = 1 << 20

    init(path: String) throws(ModelError) {
        let data: Data
        do { data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe) } catch {
            throw .unreadable(path: path, why: (error as NSError).localizedDescription)
        }
        try self.init(data: data, path: path)
    }

    init(data: Data, path: String) throws(ModelError) {
        self.path = path
        guard data.count >= 8 else { throw .malformed(path: path, what: "\(data.count) bytes are no safetensors file") }
        let length = data.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(Self.largestHeader), Int(length) <= data.count - 8 else {
            throw .malformed(path: path, what: "header of \(length) bytes in a file of \(data.count)")
        }
        let header = data.dropFirst(8).prefix(Int(length))
        let body = data.dropFirst(8 + Int(length))
        guard let object = try? JSONSerialization.jsonObject(with: header) as? [String: Any] else {
            throw .malformed(path: path, what: "header is not a JSON object")
        }
        metadata = object["__metadata__"] as? [String: String] ?? [:]
        var found: [String: Tensor] = [:]
        var ranges: [Range<Int>] = []
        for (name, value) in object where name != "__metadata__" {
            guard let object = value as? [String: Any], let raw = try? JSONSerialization.data(withJSONObject: object),
                let entry = try? JSONDecoder().decode(Entry.self, from: raw)
            else { throw .tensor(path: path, name: name, what: "header entry lacks dtype, shape or data_offsets") }
            guard let type = ElementType(rawValue: entry.dtype) else {
                throw .tensor(path: path, name: name, what: "type \(entry.dtype), only F32 and BF16 are supported")
            }
            guard entry.data_offsets.count == 2, let low = entry.data_offsets.first, let high = entry.data_offsets.last,
                low >= 0, low <= high, high <= body.count
            else {
                throw .tensor(path: path, name: name, what: "offsets \(entry.data_offsets) outside \(body.count) data bytes")
            }
            var size = type.byteCount
            for side in entry.shape {
                let (product, overflow) = size.multipliedReportingOverflow(by: side)
                guard side >= 0, !overflow else { throw .tensor(path: path, name: name, what: "shape \(entry.shape)") }
                size = product
            }
            guard size == high - low else {
                throw .tensor(path: path, name: name, what: "shape \(entry.shape) needs \(size) bytes, there are \(high - low)")
            }
            found[name] = Tensor(type: type, shape: entry.shape, bytes: body[body.startIndex + low..<body.startIndex + high])
            ranges.append(low..<high)
        }
        var end = 0
        for range in ranges.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
            guard range.lowerBound == end else {
                throw .malformed(path: path, what: "tensor bytes overlap or leave a gap at \(range.lowerBound)")
            }
            end = range.upperBound
        }
        guard end == body.count else {
            throw .malformed(path: path, what: "\(body.count - end) bytes behind the last tensor")
        }
        tensors = found
    }

    /// The tensor's numbers; every one must be finite.
    func floats(_ name: String) throws(ModelError) -> [Float] {
        guard let tensor = tensors[name] else { throw .tensor(path: path, name: name, what: "is missing") }
        if tensor.type == .bfloat16 { return try halves(name).map { Float(bitPattern: UInt32($0) << 16) } }
        let values = unsafe tensor.bytes.withUnsafeBytes { raw in
            (0..<raw.count / 4).map { index in
                unsafe Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)))
            }
        }
        guard let bad = values.firstIndex(where: { !$0.isFinite }) else { return values }
        throw .tensor(path: path, name: name, what: "element \(bad) is \(values[bad]), must be finite")
    }

    /// The bits of a bfloat16 tensor's numbers; every one must be finite.
    func halves(_ name: String) throws(ModelError) -> [UInt16] {
        guard let tensor = tensors[name], tensor.type == .bfloat16 else { throw .tensor(path: path, name: name, what: "is no BF16 tensor") }
        let values = unsafe tensor.bytes.withUnsafeBytes { raw in
            (0..<raw.count / 2).map { unsafe UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)) }
        }
        guard let bad = values.firstIndex(where: { $0 & 0x7f80 == 0x7f80 }) else { return values }
        throw .tensor(path: path, name: name, what: "element \(bad) is \(Float(bitPattern: UInt32(values[bad]) << 16)), must be finite")
    }
}
