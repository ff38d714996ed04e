import Testing

@testable import Reporting

@Suite struct BatchProgressTests {
    let halfway = BatchProgress(total: 30, done: 12, elapsedSeconds: 28, audioSeconds: 8736)

    @Test func theLineSaysHowMuchHowFastAndHowLong() {
        #expect(halfway.line(width: 80) == "[████████████                  ] 12/30  40 %  312 times real time  0:42 left")
        #expect(halfway.secondsLeft == 42)
        #expect(halfway.timesRealTime == 312)
    }

    @Test(arguments: 1...100) func theLineIsNeverWiderThanTheTerminal(width: Int) {
        #expect(halfway.line(width: width).count <= width)
    }

    @Test func beforeTheFirstRecordingThereIsNoRate() {
        let start = BatchProgress(total: 30, done: 0, elapsedSeconds: 0, audioSeconds: 0)
        #expect(start.secondsLeft == nil)
        #expect(start.timesRealTime == nil)
        #expect(start.line(width: 80) == "[                              ] 0/30  0 %")
    }

    @Test func theEndAndTheOddCasesAreWhole() {
        let end = BatchProgress(total: 3, done: 3, elapsedSeconds: 2, audioSeconds: 9)
        #expect(end.line(width: 80) == "[██████████████████████████████] 3/3  100 %  4.5 times real time")
        #expect(BatchProgress(total: 0, done: 0, elapsedSeconds: 1, audioSeconds: 0).line(width: 40).hasSuffix("] 0/0  100 %"))
        #expect(BatchProgress(total: 2, done: 5, elapsedSeconds: 1, audioSeconds: 0).secondsLeft == 0)
        // 29.6 of 30 done is not yet all.
        #expect(BatchProgress(total: 1000, done: 999, elapsedSeconds: 1, audioSeconds: 1).line(width: 80).contains(" 99 %"))
    }
}
