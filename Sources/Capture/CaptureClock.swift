import Glibc

/// The time that capturing goes by: monotonic nanoseconds, and sleeping. Tests put their own in its place.
public struct CaptureClock: Sendable {
    public var nanoseconds: @Sendable () -> UInt64
    public var sleep: @Sendable (UInt64) -> Void

    public init(nanoseconds: @escaping @Sendable () -> UInt64, sleep: @escaping @Sendable (UInt64) -> Void) {
        self.nanoseconds = nanoseconds
        self.sleep = sleep
    }

    /// The machine's monotonic clock, which no setting of the time of day moves.
    public static let monotonic = CaptureClock(
        nanoseconds: {
            var time = timespec()
            unsafe clock_gettime(CLOCK_MONOTONIC, &time)
            return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
        },
        sleep: { nanoseconds in
            var time = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
            unsafe nanosleep(&time, nil)
        })
}
