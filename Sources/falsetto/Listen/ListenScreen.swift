import Calls
import Dispatch
import Foundation
import Monitoring
import Reporting
import Text

/// Shows what is heard, on a thread of its own: a terminal or a pipe that hangs stops nothing but this.
final class ListenScreen: Sendable {
    private let queue: BoundedQueue<MonitorItem>
    private let ended = DispatchSemaphore(value: 0)

    init(plan: ListenPlan, queue: BoundedQueue<MonitorItem>) {
        self.queue = queue
        let output = plan.output
        let scores = plan.command.scores
        let view = LiveView(
            width: Console.width,
            colour: TextSummary.colourWanted(onTerminal: Console.outputIsTerminal, environment: ProcessInfo.processInfo.environment),
            operatingPoint: plan.screening.operatingPoint, hopSeconds: plan.screening.hopSeconds,
            waitsToBeTold: plan.options.waitsToBeTold)
        let thread = Thread { [ended] in
            switch output {
            case .live: Self.draw(queue, view)
            default: Self.print(queue, events: output == .ndjson, scores: scores)
            }
            ended.signal()
        }
        thread.name = "display"
        thread.start()
    }

    /// Shows what is left and returns; a terminal that hangs gets half a second.
    func finish() {
        queue.close()
        _ = ended.wait(timeout: .now() + 0.5)
    }

    /// Events on standard output; what a person should know goes to standard error as well, since nobody may read the events.
    private static func print(_ queue: BoundedQueue<MonitorItem>, events: Bool, scores: Bool) {
        var writes = events
        while let items = queue.take() {
            for event in items.compactMap(\.event) {
                switch event.kind {
                case .notice(let words): Console.complain(words.escapedForTerminal)
                case .lineAway(let words): Console.complain("\(words.escapedForTerminal); the call stays open")
                case .lineBack: Console.complain("the device is back")
                default: break
                }
                if !writes || !scores && event.name == "hop" { continue }
                do { try Console.write(event.jsonLine + "\n") } catch {
                    // Whoever read the events has gone; screening, storing and sinks go on.
                    Console.complain("standard output takes nothing more; events go to the store and the sinks only")
                    writes = false
                }
            }
            let dropped = queue.takeDropped()
            if dropped > 0, writes, scores { Console.complain("standard output is too slow: \(dropped) hops were left out") }
        }
    }

    private static func draw(_ queue: BoundedQueue<MonitorItem>, _ start: LiveView) {
        var view = start
        var drawn = 0
        var drawnAt = ContinuousClock.now - .seconds(1)
        func redraw() {
            view.width = min(max(Console.width - 1, 40), 140)
            let rows = view.rows()
            // Up over the last rows, each line cleared to its end, what is left below cleared.
            var text = drawn > 0 ? "\u{1B}[\(drawn)F" : ""
            for row in rows { text += row + "\u{1B}[K\n" }
            text += "\u{1B}[J"
            try? Console.say(text)
            drawn = rows.count
            drawnAt = .now
        }
        redraw()
        while let items = queue.take() {
            var isUrgent = false
            for event in items.compactMap(\.event) {
                view.take(event)
                isUrgent = isUrgent || LiveView.isUrgent(event)
            }
            if isUrgent || ContinuousClock.now - drawnAt >= .milliseconds(180) { redraw() }
        }
        redraw()
    }
}
