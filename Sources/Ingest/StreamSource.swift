import Audio
import Dispatch
import Foundation
import Glibc
import Synchronization

/// A stream of headerless samples, such as a recorder's output on standard input, heard as one call: it begins with the first frame and
/// ends with the stream.
public final class StreamSource: Sendable {
    private let stops = Atomic<Bool>(false)
    private let ended = DispatchSemaphore(value: 0)

    /// What a stream can hold; other raw formats need a decoder that sees the whole file.
    public static let encodings: [RawFormat.Encoding] = [.ulaw, .alaw, .s16le]

    /// Starts to read.
    /// - Parameters:
    ///   - legs: names of the channels, in order; channels behind them are not heard.
    ///   - mayRead: whether there is room for more; a stream that comes from a file waits for the disk instead of losing sound.
    ///   - finished: told once, on the reading thread, after the call has ended: why it was not heard to its end, or nil.
    public init(
        descriptor: Int32, format: RawFormat, legs: [String], trunk: String, taker: any CallTaker,
        mayRead: @escaping @Sendable () -> Bool = { true }, finished: @escaping @Sendable (String?) -> Void
    ) {
        precondition(Self.encodings.contains(format.encoding) && (1...format.channelCount).contains(legs.count), "a format that streams")
        let thread = Thread { [self] in
            var call = StreamCall(format: format, legs: legs, trunk: trunk, taker: taker)
            var problem: String?
            do throws(CallRefusal) { try read(descriptor, into: &call, mayRead) } catch { problem = error.description }
            call.end(stops.load(ordering: .relaxed) ? .shutdown : problem == nil ? .hungUp : .connectionLost)
            finished(problem)
            ended.signal()
        }
        thread.name = "stream"
        thread.start()
    }

    /// Ends the call and the reading; what the stream still holds is left.
    public func stop() {
        stops.store(true, ordering: .relaxed)
        ended.wait()
        ended.signal()
    }

    private func read(_ descriptor: Int32, into call: inout StreamCall, _ mayRead: () -> Bool) throws(CallRefusal) {
        var buffer = [UInt8](repeating: 0, count: 8192)
        while !stops.load(ordering: .relaxed) {
            guard mayRead() else {
                usleep(2000)
                continue
            }
            var waits = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if unsafe poll(&waits, 1, 100) == 0 { continue }
            let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count >= 0 else { throw CallRefusal("the stream cannot be read: \(unsafe String(cString: strerror(errno)))") }
            if count == 0 { return }
            try call.take(buffer[..<count])
        }
    }
}

/// Cuts a stream into the samples of its legs.
struct StreamCall {
    private let format: RawFormat
    private let legs: [String]
    private let trunk: String
    private let taker: any CallTaker
    private var feed: (any CallFeed)?
    /// The beginning of a frame whose rest has not come yet.
    private var rest: [UInt8] = []

    init(format: RawFormat, legs: [String], trunk: String, taker: any CallTaker) {
        self.format = format
        self.legs = legs
        self.trunk = trunk
        self.taker = taker
    }

    mutating func take(_ bytes: some Collection<UInt8>) throws(CallRefusal) {
        rest += bytes
        let width = (format.encoding == .s16le ? 2 : 1) * format.channelCount
        let whole = rest.count / width * width
        guard whole > 0 else { return }
        let frames = Array(rest[..<whole])
        rest.removeFirst(whole)
        if feed == nil {
            feed = try taker.begin(
                CallOffer(
                    trunk: trunk, outsideID: nil,
                    legs: legs.map { OfferedLeg(name: $0, sampleRate: format.sampleRate, isOnlyChannel: format.channelCount == 1) }))
        }
        var linear = frames
        if format.encoding != .s16le {
            linear = []
            G711.decode(frames, format.encoding == .ulaw ? .mu : .a, into: &linear)
        }
        for leg in legs.indices {
            try feed?.sound(Linear16.channel(leg, of: format.channelCount, linear), leg: leg, sampleRate: format.sampleRate)
        }
    }

    /// A frame that was cut off at the end is left out.
    mutating func end(_ ending: CallEnding) {
        feed?.end(ending)
        feed = nil
    }
}
