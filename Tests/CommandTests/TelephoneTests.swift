import Foundation
import Testing

@Suite("Tools/telephone") struct TelephoneTests {
    private func run(_ arguments: [String]) throws -> (code: Int32, words: String) {
        let run = try Program.run(
            arguments, tool: Program.project.appending(path: "Tools/telephone/try"), environment: ["FALSETTO_PROGRAM": Program.url.path])
        return (run.code, run.output + run.complaint)
    }

    @Test(
        "A call between two telephones, through a SIP and a media proxy under the page's configuration, is heard, both parties apart, and goes on",
        .enabled(
            if: ["rtpengine", "kamailio", "baresip", "espeak-ng", "sox"].allSatisfy(isThere),
            "a real call needs rtpengine, Kamailio, baresip, espeak-ng and sox"))
    func realCall() throws {
        let run = try run([])
        #expect(run.code == 0, "\(run.words)")
        #expect(run.words.hasSuffix("was heard and stored as it was\n"), "\(run.words)")
    }

    @Test("It says what it does") func help() throws {
        let run = try run(["--help"])
        #expect(try self.run(["--colour"]).code == 64)
        #expect(run.code == 0 && run.words.contains("Tools/telephone/try") && run.words.contains("FALSETTO_PROGRAM"), "\(run.words)")
    }
}
