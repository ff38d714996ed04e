import Capture
import Dispatch
import Foundation
import Synchronization

/// Plays a short tone at an event, on a thread of its own: a device can hang.
final class ToneSink: EventSink {
    private let tone: Tone
    private let timeoutSeconds: Double
    private let configuration: String?
    private let clock: @Sendable () -> Date
    /// A tone that has not come back yet; none is begun meanwhile.
    private let isBusy = Mutex(false)

    /// A tone that comes later than this warns of nothing: it is left out.
    static let freshSeconds = 15.0

    /// - Parameter configuration: libasound's, as text; nil for the system's.
    init(tone: Tone, timeoutSeconds: Double, configuration: String? = nil, clock: @escaping @Sendable () -> Date = { Date() }) {
        self.tone = tone
        self.timeoutSeconds = timeoutSeconds
        self.configuration = configuration
        self.clock = clock
    }

    private struct Event: Decodable { var at: String }

    func deliver(_ payload: String) async throws(SinkFailure) {
        let event = try? JSONDecoder().decode(Event.self, from: Data(payload.utf8))
        let at = event.flatMap {
            try? Date(
                $0.at,
                strategy: .iso8601.year().month().day().timeZone(separator: .omitted).time(includingFractionalSeconds: true))
        }
        if let at, clock().timeIntervalSince(at) > Self.freshSeconds { return }
        let mayPlay = isBusy.withLock { busy in
            defer { busy = true }
            return !busy
        }
        guard mayPlay else { throw SinkFailure("tone: \(tone.device): an earlier tone still hangs") }
        let answer = Answer()
        let thread = Thread { [self] in
            let result: Result<Void, SinkFailure>
            do throws(CaptureError) {
                try tone.play(configuration: configuration)
                result = .success(())
            } catch { result = .failure(SinkFailure("tone: \(error)")) }
            isBusy.withLock { $0 = false }
            answer.give(result)
        }
        thread.name = "tone"
        thread.start()
        let late = SinkFailure("tone: \(tone.device) hangs since \(timeoutSeconds) s")
        DispatchQueue.global().asyncAfter(deadline: .now() + timeoutSeconds) { answer.give(.failure(late)) }
        let ending = SinkFailure("tone: the program is ending")
        let result = await withTaskCancellationHandler {
            await answer.wait()
        } onCancel: {
            answer.give(.failure(ending))
        }
        try result.get()
    }
}
