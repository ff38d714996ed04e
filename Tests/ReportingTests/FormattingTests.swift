import Testing
import Text

@testable import Reporting

@Suite struct FormattingTests {
    @Test func numbersAreRoundedToTheDecimalsAskedFor() {
        #expect(fixed(3.14159, 2) == "3.14")
        #expect(fixed(0.05, 1) == "0.1")
        #expect(fixed(-0.004, 2) == "0.00")
        #expect(fixed(-1.5, 0) == "-2")
        #expect(fixed(9.999, 2) == "10.00")
        #expect(fixed(.infinity, 1) == "inf")
        #expect(signed(0) == "+0.00")
        #expect(signed(-2.346) == "-2.35")
    }

    @Test func timesReadLikeAClock() {
        #expect(clock(0) == "0:00")
        #expect(clock(59.96, tenths: true) == "1:00.0")
        #expect(clock(59.5) == "1:00")
        #expect(clock(3723) == "1:02:03")
        #expect(clock(8.61, tenths: true) == "0:08.6")
        #expect(clock(.infinity) == "?")
    }

    @Test func aLikelihoodRatioIsToldInAboutTwoFigures() {
        #expect(times(0.7) == "2.0 times")
        #expect(times(-0.7) == "2.0 times")
        #expect(times(3.25) == "26 times")
        #expect(times(5.5) == "240 times")
        #expect(times(7) == "more than 1000 times")
    }

    @Test func controlCharactersAreWrittenOut() {
        #expect("plain ü 🎧.wav".escapedForTerminal == "plain ü 🎧.wav")
        #expect("a\nb\tc\u{1B}[31m\u{7F}\u{9B}\u{202E}gpj.wav".escapedForTerminal == "a\\nb\\tc\\u{1B}[31m\\u{7F}\\u{9B}\\u{202E}gpj.wav")
        #expect("👩‍👧 نمی‌دانم".escapedForTerminal == "👩‍👧 نمی‌دانم")
    }
}
