import Alerting
import Calls
import Foundation
import GRDB
import Screening
import Synchronization
import Testing

@testable import Store

/// A file system of its own that is full soon, in memory; only root can mount one.
final class SmallDisk {
    let path = NSTemporaryDirectory() + "falsetto-disk-\(UUID().uuidString)"

    init?(bytes: Int) {
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard mount("-t", "tmpfs", "-o", "size=\(bytes)", "none") else {
            try? FileManager.default.removeItem(atPath: path)
            return nil
        }
    }

    func grow(to bytes: Int) throws { if !mount("-o", "remount,size=\(bytes)") { throw CocoaError(.fileWriteUnknown) } }

    deinit {
        run("umount", ["-l", path])
        try? FileManager.default.removeItem(atPath: path)
    }

    private func mount(_ words: String...) -> Bool { run("mount", words + [path]) }

    @discardableResult
    private func run(_ program: String, _ words: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + words
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}

/// A state folder of its own for one test, gone afterwards, with a clock that the test moves.
final class Place: Sendable {
    let folder: StateFolder
    private let now = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

    init() { folder = StateFolder(path: NSTemporaryDirectory() + "falsetto-store-\(UUID().uuidString)") }

    deinit { try? FileManager.default.removeItem(atPath: folder.path) }

    var time: Date {
        get { now.withLock { $0 } }
        set { now.withLock { $0 = newValue } }
    }

    func advance(days: Double) { time += days * 86_400 }

    func open(_ purpose: Store.Purpose = .daemon, pageLimit: Int? = nil) throws -> Store {
        try Store(folder, for: purpose, clock: { [self] in time }, pageLimit: pageLimit)
    }

    /// Bytes of the database and of all that SQLite keeps beside it.
    func databaseBytes() -> Data {
        ["", "-wal", "-shm"].reduce(into: Data()) { $0 += (try? Data(contentsOf: URL(fileURLWithPath: folder.database + $1))) ?? Data() }
    }
}

let provenance = Provenance(
    build: "0.0.0", modelName: "constructed", modelIdentity: String(repeating: "a", count: 64), operatingPoint: .provisional,
    kernel: "x86-64-v1")

func start(
    _ id: CallID = .random(), at date: Date = Date(timeIntervalSince1970: 1_800_000_000), consent: String = "own line", keepsAudio: Bool = false
) -> CallStart {
    CallStart(
        id: id, startedAt: date, consent: consent, device: "desk", provenance: provenance,
        legs: [.init(name: "far", isOnlyChannel: true)], keepsAudio: keepsAudio)
}

func hop(_ index: Int, evidence: Float? = nil) -> HopScore {
    HopScore(
        hop: Hop(
            startSample: index * 3200, evidence: evidence ?? Float(index) * 0.37 - 3, isSpeech: index % 3 > 0,
            levelDBFS: index % 5 == 0 ? -.infinity : -20 - Float(index % 9), quietestDBFS: -60.25, clippedSamples: index % 4,
            lowerBandPower: 0.1 * Float(index), upperBandPower: 1e-9, lostSamples: index % 11 == 0 ? 480 : 0, pausedSamples: 0),
        speechProbability: 0.5 + Float(index % 7) / 20, windowLLR: index > 2 ? Double(index) / 7 : nil, changeSum: index > 4 ? 0.1 : nil,
        level: index % 6 == 5 ? .watch : .clear)
}

func alert(_ index: Int) -> Alert {
    Alert(
        startSample: index * 16_000, atSample: index * 16_000 + 51_200, atNetSpeechSeconds: 3, windowLLR: 3.25,
        strongest: Stretch(startSample: index * 16_000, endSample: index * 16_000 + 51_200, windowLLR: 3.25), operatingPoint: "provisional")
}

func result(_ outcome: Outcome = .synthetic) -> LegResult {
    LegResult(
        Verdict(
            outcome: outcome, llr: 3.5, netSpeechSeconds: 12, conditions: LineConditions(bandwidth: .narrowband, speechLevelDBFS: -20),
            alerts: [alert(0)]),
        durationSeconds: 20)
}

/// A call of 100 hops with an alert, a gap and its end.
@discardableResult
func storeCall(_ store: Store, _ start: CallStart, messages: Bool = false) -> EventID {
    var recorder = CallRecorder(store: store, start: start)
    let event = EventID.random()
    for index in 0..<60 { recorder.record(.hop(hop(index)), leg: 0) }
    recorder.record(
        .action(.raised(alert(4))), leg: 0, event: event,
        messages: messages ? [SinkMessage(event: event, sink: "file", payload: "payload-of-\(start.id)")] : [])
    recorder.mark(Mark(.overrun, hop: 60, startSample: 192_000, sampleCount: 480, startFrame: 576_000, frameCount: 1440), leg: 0)
    for index in 60..<100 { recorder.record(.hop(hop(index)), leg: 0) }
    recorder.record(.action(.ended(alert(4))), leg: 0)
    recorder.end([result()], sampleCounts: [320_000])
    return event
}

/// Changes rows behind the store's back, as somebody with the file in hand could.
func tamper(_ place: Place, _ sql: String) throws {
    let database = try DatabaseQueue(path: place.folder.database)
    try database.writeWithoutTransaction { try $0.execute(sql: sql) }
    try database.close()
}
