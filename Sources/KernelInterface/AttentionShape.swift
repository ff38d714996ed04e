/// Consecutive rows of keys and of values; one of the two stretches that a wrapped ring holds.
@safe public struct KeyStretch {
    public var keys: UnsafePointer<Float>
    public var values: UnsafePointer<Float>
    public var rows: Int

    public init(keys: UnsafePointer<Float>, values: UnsafePointer<Float>, rows: Int) {
        unsafe self.keys = keys
        unsafe self.values = values
        self.rows = rows
    }
}

/// The sizes of an attention of several heads that lie side by side in every row.
public struct AttentionShape: Sendable, Equatable {
    public var heads: Int
    /// Floats of one head; a multiple of 32.
    public var headWidth: Int
    public var queryRows: Int
    /// Distances between rows, in floats.
    public var queryStride: Int
    public var keyStride: Int
    public var valueStride: Int
    public var outputStride: Int

    /// - Parameter stride: the distance between rows of queries, keys, values and output, where they are the same; heads * headWidth by default.
    public init(heads: Int, headWidth: Int, queryRows: Int, stride: Int? = nil) {
        precondition(heads > 0 && headWidth > 0 && headWidth % 32 == 0, "a head's width is a multiple of 32")
        self.heads = heads
        self.headWidth = headWidth
        self.queryRows = queryRows
        queryStride = stride ?? heads * headWidth
        keyStride = queryStride
        valueStride = queryStride
        outputStride = queryStride
    }
}
