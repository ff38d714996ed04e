import Testing

@testable import Monitoring

/// Draws a line: one character a hop of one second. `s` speech, `m` sound without speech (music, ringing), `.` silence, `-` no
/// sound from the device. The answer has `(` where a call begins, `)` where it ends, `.` else.
private func line(_ heard: String, _ change: (inout CallBoundary.Options) -> Void = { _ in }) -> String {
    var options = CallBoundary.Options()
    options.startAfterSpeechSeconds = 2
    options.startWithinSeconds = 4
    options.endAfterSilenceSeconds = 3
    options.endAfterNoSpeechSeconds = 6
    options.endAfterAwaySeconds = 8
    change(&options)
    var boundary = CallBoundary(options: options, hopSeconds: 1)
    return String(
        heard.map { character in
            switch boundary.push(
                .init(isSpeech: character == "s", levelDBFS: character == "." || character == "-" ? -90 : -20, isAway: character == "-"))
            {
            case .begin: "("
            case .end: ")"
            case nil: "."
            }
        })
}

@Suite("Where a call begins and ends") struct CallBoundaryTests {
    @Test("Enough speech within a short while begins a call; ringing and music do not")
    func begins() {
        #expect(line("mmmm..mmmm..") == "............")
        #expect(line("mms.s.") == "....(.")
        #expect(line("s...s...s...") == "............")
    }

    @Test("A line that falls silent ends it, and speech in between counts afresh")
    func silence() {
        #expect(line("ss..s...") == ".(.....)")
        #expect(line("ss....ss") == ".(..).." + "(")
    }

    @Test("Music on hold without speech ends it later than silence")
    func noSpeech() { #expect(line("ssmmmmmmmm") == ".(.....)..") }

    @Test("A device that is away keeps the call open, for a while")
    func away() {
        #expect(line("ss------ss..") == ".(..........")
        #expect(line("ss---------") == ".(.......).")
        // What went before it is remembered: two seconds of silence, then away, then one more second of silence.
        #expect(line("ss..---.") == ".(.....)")
    }

    @Test("Being away begins nothing and pushes speech out of the short while")
    func awayWhileWaiting() { #expect(line("s----s--") == "........") }

    @Test("A call that was begun from outside starts with clean clocks")
    func fromOutside() {
        var boundary = CallBoundary(hopSeconds: 1)
        boundary.set(inCall: true)
        #expect(boundary.isInCall)
        for _ in 0..<9 { #expect(boundary.push(.init(isSpeech: false, levelDBFS: -90)) == nil) }
        #expect(boundary.push(.init(isSpeech: false, levelDBFS: -90)) == .end(.silence))
    }
}
