import Audio
import Capture
import Dispatch
import Foundation
import Reporting
import Screening
import Store
import Synchronization

/// The thread that screens: takes what the reading threads put into their rings, and obeys words from outside between blocks.
///
/// Rule: it shares nothing with storing, sinks and screens but queues it never waits for. Why: a disk, a command or a terminal
/// that hangs must not cost a caller's warning.
package final class ListeningThread: Sendable {
    private struct Inbox {
        var requests: [(ControlRequest, CheckedContinuation<ControlReply, Never>)] = []
        var options: MonitorOptions?
        var isClosed = false
    }

    private let inbox = Mutex(Inbox())
    private let stops = Atomic<Bool>(false)
    private let arrived: DispatchSemaphore
    private let ended = DispatchSemaphore(value: 0)

    /// - Parameters:
    ///   - lines: being captured; `arrived` is signalled whenever one of them has something.
    ///   - makeMonitor: makes the monitor, on the thread that will use it.
    package init(
        lines: [CaptureLine], arrived: DispatchSemaphore, makeMonitor: @escaping @Sendable () throws -> CallMonitor,
        failed: @escaping @Sendable (any Error) -> Void
    ) {
        self.arrived = arrived
        let thread = Thread { [self] in
            do {
                let monitor = try makeMonitor()
                try run(lines, monitor)
            } catch { failed(error) }
            refuseRequests()
            ended.signal()
        }
        thread.name = "screening"
        thread.start()
    }

    /// Puts a word from outside to the monitor.
    package func ask(_ request: ControlRequest) async -> ControlReply {
        await withCheckedContinuation { continuation in
            let isIn = inbox.withLock { inbox in
                if inbox.isClosed { return false }
                inbox.requests.append((request, continuation))
                return true
            }
            if isIn { arrived.signal() } else { continuation.resume(returning: .refused("the program is ending")) }
        }
    }

    /// New options, from the next call on.
    func change(_ options: MonitorOptions) {
        inbox.withLock { $0.options = options }
        arrived.signal()
    }

    /// Takes what is in the rings, ends the call that is on and returns.
    package func stop() {
        stops.store(true, ordering: .relaxed)
        arrived.signal()
        ended.wait()
    }

    private func run(_ lines: [CaptureLine], _ monitor: CallMonitor) throws {
        var wereAway = lines.map { _ in false }
        while true {
            let isLast = stops.load(ordering: .relaxed)
            _ = arrived.wait(timeout: .now() + .milliseconds(100))
            for (index, line) in lines.enumerated() {
                // No more than the ring held: a file that fills it as fast as it is emptied must not shut out the rest.
                for _ in 0..<max(line.ring.count, 1) {
                    var fault: AudioError?
                    let took = unsafe line.ring.take { block, bytes in
                        do throws(AudioError) { try unsafe monitor.take(line: index, block, bytes) } catch { fault = error }
                    }
                    if let fault { throw fault }
                    if !took { break }
                }
                let problem = line.problem?.description ?? (line.isSilent ? "\(line.name): it is open and delivers nothing" : nil)
                if (problem != nil) != wereAway[index] {
                    wereAway[index] = problem != nil
                    if let problem { monitor.lineIsAway(problem) } else { monitor.lineIsBack() }
                }
            }
            try answer(monitor)
            if isLast {
                try monitor.finish()
                return
            }
        }
    }

    private func answer(_ monitor: CallMonitor) throws {
        let (requests, options) = inbox.withLock { inbox in
            defer { (inbox.requests, inbox.options) = ([], nil) }
            return (inbox.requests, inbox.options)
        }
        if let options { monitor.options = options }
        for (request, continuation) in requests { continuation.resume(returning: try monitor.obey(request)) }
    }

    private func refuseRequests() {
        let left = inbox.withLock { inbox in
            inbox.isClosed = true
            defer { inbox.requests = [] }
            return inbox.requests
        }
        for (_, continuation) in left { continuation.resume(returning: .refused("the program is ending")) }
    }
}
