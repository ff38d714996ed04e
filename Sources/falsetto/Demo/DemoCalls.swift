import Foundation

/// Two calls made on the spot for `falsetto demo`: one that this machine's synthesizers speak, one joined from recordings
/// of people that the system's packages bring. Both pass through the same telephone band (300 to 3400 Hz, 8 kHz, µ-law).
///
/// Nothing is shipped: the synthesizers (espeak-ng, flite, festival) and the recordings are the machine's own, and every
/// call names where it comes from and its licence.
struct DemoCalls {
    struct Call {
        /// What is known about the caller, for the comparison with what the screener says.
        enum Caller: String { case machine, human }

        var caller: Caller
        var file: URL
        /// One sentence: who speaks, from where.
        var origin: String
        var licence: String
    }

    let calls: [Call]
    /// The synthesizers that spoke the machine's call, as they are commonly called.
    let speakers: [String]
    /// Those that would have spoken, and did not: not installed, or without a voice.
    let silent: [String]

    /// What the demo must say when it is done.
    var closing: String {
        let voices = (speakers.dropLast().isEmpty ? "" : speakers.dropLast().joined(separator: ", ") + " and ") + (speakers.last ?? "")
        return """
            What this shows: that the program runs here, and what its output looks like. What it does not show: how often it is \
            right. Two recordings prove nothing about error rates, and a classic synthesizer (here \(voices)) is not \
            what scammers use: they clone voices with neural networks. Voices of classic synthesizers and telephone prompts are among those that the \
            model was trained on, so neither call is wholly new to it; its error rates are in the README.
            """
    }

    /// What is known of the two calls beside what was found, in one sentence; where the program has them the wrong way round it says so.
    static func comparison(machineLLR: Double?, humanLLR: Double?) -> String {
        guard let machineLLR, let humanLLR else { return "One of the calls held no speech that could be judged." }
        return machineLLR > humanLLR
            ? "Of the two, the machine's call is the likelier to be a machine's: that is right."
            : "Of the two, the people's call came out as the likelier to be a machine's: here Falsetto is wrong about both."
    }

    /// Makes both calls in a folder that exists: `machine-call.wav` and `human-call.wav`.
    ///
    /// - Throws: `DemoError`, when a package is missing or a program fails.
    static func make(in folder: URL) throws(DemoError) -> DemoCalls {
        let synthesizers = DemoSynthesizer.allCases.filter { CommandLineProgram($0.command) != nil }
        let people = DemoRecordings.allCases.first { $0.arePresent }
        let sox = CommandLineProgram("sox")
        var packages: [String] = []
        if synthesizers.isEmpty { packages += ["espeak-ng", "flite"] }
        if sox == nil { packages.append("sox") }
        if people == nil { packages.append(DemoRecordings.asterisk.package) }
        guard let sox, let people, packages.isEmpty else { throw .missing(packages: packages) }

        let work = folder.appendingPathComponent(".parts-\(UUID().uuidString)")
        do { try FileManager.default.createDirectory(at: work, withIntermediateDirectories: true) } catch {
            throw .failed(command: "making \(work.path)", words: error.localizedDescription)
        }
        defer { try? FileManager.default.removeItem(at: work) }

        var spoken: [URL] = []
        var speakers: [String] = []
        var failure: DemoError?
        for synthesizer in synthesizers {
            do {
                spoken += try synthesizer.speak(into: work)
                speakers.append(synthesizer.name)
            } catch {
                // A synthesizer without a voice is common (festival's come in packages of their own): the others will do.
                failure = error
            }
        }
        if spoken.isEmpty, let failure { throw failure }

        let telephone = DemoTelephone(sox: sox, work: work)
        let machine = folder.appendingPathComponent("machine-call.wav")
        try telephone.join(spoken, into: machine)
        let human = folder.appendingPathComponent("human-call.wav")
        try telephone.join(people.files, into: human)
        let usual = [DemoSynthesizer.espeak, .flite].map(\.name)
        let calls = [
            Call(
                caller: .machine, file: machine, origin: "spoken just now by \(speakers.joined(separator: ", "))",
                licence: "made by this machine, no recording used"),
            Call(caller: .human, file: human, origin: people.origin, licence: people.licence),
        ]
        return DemoCalls(calls: calls, speakers: speakers, silent: usual.filter { !speakers.contains($0) })
    }
}

/// Why the demo cannot make its calls.
enum DemoError: Error, CustomStringConvertible {
    case missing(packages: [String])
    case failed(command: String, words: String)

    var description: String {
        switch self {
        case .missing(let packages):
            "the demo needs packages that are not installed; as root run: apt-get update && apt-get install -y "
                + "--no-install-recommends " + packages.joined(separator: " ")
        case .failed(let command, let words):
            "the demo could not make its calls: \(command) failed: \(words)"
        }
    }
}
