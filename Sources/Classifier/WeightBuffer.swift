/// Immutable floats at a fixed, cache-line-aligned address, shared by every call that runs the model.
@safe final class WeightBuffer: @unchecked Sendable {
    let count: Int
    private let storage: UnsafeMutablePointer<Float>

    init(_ values: [Float]) {
        count = values.count
        let raw = UnsafeMutableRawPointer.allocate(byteCount: max(values.count, 1) * 4, alignment: 64)
        unsafe storage = raw.bindMemory(to: Float.self, capacity: values.count)
        for (index, value) in values.enumerated() { unsafe (storage + index).initialize(to: value) }
    }

    deinit { unsafe storage.deallocate() }

    var pointer: UnsafePointer<Float> { unsafe UnsafePointer(storage) }
}
