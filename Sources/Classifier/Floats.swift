/// Floats at a fixed, cache-line-aligned address, zero at first: what one leg remembers and works in.
@safe final class Floats {
    let count: Int
    let start: UnsafeMutablePointer<Float>

    init(_ count: Int) {
        self.count = count
        let raw = UnsafeMutableRawPointer.allocate(byteCount: max(count, 1) * 4, alignment: 64)
        unsafe start = raw.initializeMemory(as: Float.self, repeating: 0, count: max(count, 1))
    }

    deinit { unsafe start.deallocate() }
}
