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

    @Test func aLikelihoodRatioIsToldInOneFigureAndNotBeyondAHundred() {
        #expect(times(0.1) == "slightly")
        #expect(times(0.45) == "about 1.5 times")
        #expect(times(0.7) == "about 2 times")
        #expect(times(-0.7) == "about 2 times")
        #expect(times(1.4) == "about 4 times")
        #expect(times(2.27) == "about 10 times")
        #expect(times(3.25) == "about 30 times")
        #expect(times(5.5) == "more than 100 times")
        #expect([3.004, 33.1, 1.3, 97, 100].map(figureBelow) == ["3", "30", "1", "90", "100"])
        #expect([3.004, 33.1, 1.3, 97, 100].map(figureAbove) == ["3.5", "40", "1.5", "100", "100"])
    }

    @Test func longTimesAreClocksAndCountsHaveTheirPlural() {
        #expect(spoken(19.63) == "19.6 s")
        #expect(spoken(59.94) == "59.9 s")
        #expect(spoken(59.96) == "1:00")
        #expect(spoken(11_325) == "3:08:45")
        #expect(counted(1, "call") == "1 call" && counted(0, "call") == "0 calls" && counted(2, "entry", "entries") == "2 entries")
    }

    @Test func aLocaleWithoutUnicodeIsToldInASCII() {
        for (environment, expected) in [
            (["LC_ALL": "C"], false), (["LC_ALL": "POSIX", "LANG": "en_US.UTF-8"], false), (["LANG": "de_DE.ISO-8859-1"], false),
            (["LC_ALL": "C.UTF-8"], true), (["LC_CTYPE": "en_US.utf8", "LANG": "C"], true), (["LC_ALL": "", "LANG": "C"], false), ([:], true),
        ] { #expect(TerminalCharacters.haveUnicode(environment: environment) == expected, "\(environment)") }
        #expect(TerminalCharacters.ascii("▲ machine-made · +6┤▁█ ü") == "^ machine-made - +6|_# \\u{FC}")
        // All that the program itself writes has a likeness.
        for record in Sample.everyKind {
            for text in [TextSummary(width: 80).text(record), TextSummary(width: 80).text(record, detail: .oneLine)] {
                #expect(TerminalCharacters.ascii(text).utf8.allSatisfy { $0 < 128 } && !TerminalCharacters.ascii(text).contains("\\u{"))
            }
        }
    }

    @Test func controlCharactersAreWrittenOut() {
        #expect("plain ü 🎧.wav".escapedForTerminal == "plain ü 🎧.wav")
        #expect("a\nb\tc\u{1B}[31m\u{7F}\u{9B}\u{202E}gpj.wav".escapedForTerminal == "a\\nb\\tc\\u{1B}[31m\\u{7F}\\u{9B}\\u{202E}gpj.wav")
        #expect("👩‍👧 نمی‌دانم".escapedForTerminal == "👩‍👧 نمی‌دانم")
    }
}
