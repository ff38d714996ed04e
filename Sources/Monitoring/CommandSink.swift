/// Runs a program once an event, with the event on its standard input. It has taken the event when it exits with 0.
struct CommandSink: EventSink {
    let words: [String]
    let timeoutSeconds: Double

    func deliver(_ payload: String) async throws(SinkFailure) {
        _ = try await SinkProgram(words: words, timeoutSeconds: timeoutSeconds).run(input: payload + "\n")
    }
}
