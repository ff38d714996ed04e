import Alerting
import Audio
import Classifier
import Evaluation
import Foundation
import Monitoring
import Policies
import Screening
import TestSupport
import Text
import Tuning

/// A place where bytes come in from outside.
enum Door: String, CaseIterable {
    case recording, model, policy, manifest, scores, configuration, control, audiosocket, websocket, rtp

    /// Of a hundred executions, how many are this door's.
    var share: Int {
        switch self {
        case .recording: 20
        case .model: 5
        case .policy, .scores: 15
        case .manifest, .configuration, .websocket: 10
        case .control, .audiosocket, .rtp: 5
        }
    }

    /// One in so many mutated recordings is one that only ffmpeg reads, and may start its child, which costs a hundred times what the others
    /// do. The others find no ffmpeg, and so have no second decoder where libsndfile gives up.
    static let childRecordingEvery = 40

    var isText: Bool { ![.recording, .model, .audiosocket, .websocket, .rtp].contains(self) }
}

/// What stands behind the doors: takes a mutated input, and refuses it or makes something of it.
final class House {
    private let model: Model
    private let sound: String
    private let telephones: TelephoneHouse
    /// Answers as long as the house stands.
    private let listener: ControlSocket
    private let place: ControlSocketPath

    init(folder: URL) throws {
        model = try formerModel()
        telephones = try TelephoneHouse()
        sound = folder.appending(path: "mono.wav").path
        place = ControlSocketPath(path: folder.appending(path: "c.sock").path)
        listener = try ControlSocket(place) { request in ControlReply(call: nil, isPaused: false, words: "\(request)") }
    }

    /// What is wrong with an answer: a refusal that is no single line.
    struct Fault: Error { var words: String }

    /// - Returns: whether it was taken, and not refused.
    func open(_ door: Door, _ file: String, _ bytes: [UInt8], _ mutation: inout Mutation) throws -> Bool {
        do {
            switch door {
            case .recording:
                var screening = RecordingScreening(model: model, policy: .provisional)
                screening.limitSeconds = 2
                let raw: RawFormat? = mutation.below(10) == 0 ? RawFormat(mutation.pick([RawFormat.Encoding.ulaw, .alaw, .s16le, .gsm, .vox])) : nil
                _ = try screening.screen(.path(file, raw: raw))
            case .model: try screen(try Model(path: file), .provisional)
            case .policy:
                let (policy, _) = try Policy.reading(Data(bytes), path: file)
                _ = policy.json()
                for band in policy.peopleScores?.bands ?? [] {
                    let reference = PopulationStability.Reference(edges: band.edges, counts: band.calls)
                    let stability = PopulationStability(reference: reference, present: (0..<100).map(Double.init))
                    guard stability?.index.isFinite != false, band.edge(near: 0.5).llr.isFinite else { throw Fault(words: "no finite index") }
                }
                for point in policy.operatingPoints { if let applied = policy.applied(at: point.name) { try screen(model, applied) } }
            case .manifest:
                var finder = RecordingFinder()
                try finder.add(manifest: file)
                let table = try CSVTable(contentsOf: URL(fileURLWithPath: file))
                _ = try? TrialTable(table)
                _ = try CallTable(table)
            case .scores:
                let scores = try ScoreFile(contentsOf: URL(fileURLWithPath: file))
                _ = try TrialTable(scores.table)
            case .configuration: _ = try Configuration(path: file)
            case .control: return try control(bytes)
            case .audiosocket, .websocket, .rtp: return try telephones.open(door, bytes)
            }
            return true
        } catch let fault as Fault { throw fault } catch {
            let words = "\(error)"
            // Of a table and a configuration all faults are told at once, a line each.
            let mayHaveLines = [.manifest, .scores, .configuration].contains(door)
            guard !words.isEmpty, mayHaveLines || !words.contains("\n") else { throw Fault(words: "no single line: \(words)") }
            return false
        }
    }

    private func screen(_ model: Model, _ policy: AppliedPolicy) throws {
        var screening = RecordingScreening(model: model, policy: policy)
        screening.limitSeconds = 1
        _ = try screening.screen(.path(sound, raw: nil))
    }

    /// Sends what is no request, or is one, and demands an answer.
    private func control(_ bytes: [UInt8]) throws -> Bool {
        var address = try ControlSocket.address(place.path)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard connected == 0 else { throw Fault(words: "nobody listens at the control socket") }
        // What is longer than any request is left unread: sending it may fail.
        _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        shutdown(descriptor, Int32(SHUT_WR))
        var answer = [UInt8](), block = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &block, block.count)
            guard count > 0 else { break }
            answer += block[..<count]
        }
        // A reset tells of bytes that nobody read.
        guard let reply = try? JSONDecoder().decode(ControlReply.self, from: Data(answer)) else {
            guard bytes.count > 4096 else { throw Fault(words: "no answer: \(String(decoding: answer, as: UTF8.self))") }
            return false
        }
        return reply.isDone
    }
}
