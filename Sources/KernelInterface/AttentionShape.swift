/// The sizes of an attention of several heads that lie side by side in every row, over a ring of keys and values.
public struct AttentionShape: Sendable, Equatable {
    public let heads: Int
    /// Floats of one head; a multiple of 32.
    public let headWidth: Int
    /// Rows of keys and values that the ring holds.
    public let slots: Int

    public init(heads: Int, headWidth: Int, slots: Int) {
        precondition(heads > 0 && headWidth > 0 && headWidth % 32 == 0, "a head's width is a multiple of 32")
        precondition(slots > 0, "a ring has slots")
        self.heads = heads
        self.headWidth = headWidth
        self.slots = slots
    }

    /// Slots up to a whole panel of keys.
    package func paddedSlots(_ panelWidth: Int) -> Int { (slots + panelWidth - 1) / panelWidth * panelWidth }
}
