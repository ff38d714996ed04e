import Foundation
import GRDB
import TestSupport
import Testing

@testable import Store

@Suite("kill -9") struct KillTests {
    @Test("At any moment it loses no acknowledged alert: 60 kills, each store opened and verified after it", .timeLimit(.minutes(20)))
    func kills() throws { try kill(rounds: 60) }

    @Test("Nor of many calls whose alerts go in one transaction: 20 kills", .timeLimit(.minutes(20)))
    func killsOfMany() throws { try kill(rounds: 20, "many") }

    private func kill(rounds: Int, _ words: String...) throws {
        let place = Place()
        var generator = SeededGenerator()
        var acknowledged: Set<String> = []
        var duringOpening = 0
        var interrupted = 0
        for round in 0..<rounds {
            let child = try Child([place.folder.path] + words)
            // A third is killed at any moment from its very start, the rest after some acknowledgements.
            let lines = round % 3 == 0 ? 0 : Int.random(in: 1...40, using: &generator)
            let seen = child.killAfter(lines: lines, spinning: Int.random(in: 0...(round % 3 == 0 ? 60_000 : 5_000), using: &generator))
            if seen.isEmpty { duringOpening += 1 }
            acknowledged.formUnion(seen)

            guard FileManager.default.fileExists(atPath: place.folder.database) else { continue }
            let store = try place.open()
            interrupted += store.interruptedCalls.count
            let (stored, waiting, digests) = try store.read { db in
                (
                    Set(try String.fetchAll(db, sql: "SELECT event FROM alert")), Set(try String.fetchAll(db, sql: "SELECT event FROM outbox")),
                    try Int.fetchOne(db, sql: "SELECT count(*) FROM audit WHERE kind = 'alert'")
                )
            }
            #expect(
                acknowledged.isSubset(of: stored),
                "round \(round) lost \(acknowledged.subtracting(stored).count) of \(acknowledged.count) acknowledged alerts")
            #expect(stored == waiting && digests == stored.count, "round \(round) tore an alert from its outbox entry or its audit link")
            #expect(try store.verify().fault == nil, "round \(round)")
            // The hops that each alert rests on came with it.
            for call in try store.calls() {
                for leg in try store.legs(of: call.id) { #expect(leg.alerts.allSatisfy { $0.hop <= leg.track.count }) }
            }
        }
        #expect(acknowledged.count > 100)
        print(
            "\(rounds) kills: \(acknowledged.count) alerts acknowledged, none lost; \(interrupted) calls closed as interrupted, "
                + "\(duringOpening) kills before the first acknowledgement"
        )
    }
}

/// The writing child and the pipe it acknowledges through.
private struct Child {
    private let process = Process()
    private let pipe = Pipe()

    init(_ arguments: [String]) throws {
        var url = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        repeat {
            url.deleteLastPathComponent()
        } while !FileManager.default.isExecutableFile(atPath: url.appending(path: "StoreWriter").path) && url.path != "/"
        process.executableURL = url.appending(path: "StoreWriter")
        process.arguments = arguments
        process.standardOutput = pipe
        try process.run()
    }

    /// Kills the child once it has said so many lines and some turns of a loop have passed; gives back all whole lines it said.
    func killAfter(lines: Int, spinning turns: Int) -> [String] {
        var text = Data()
        while text.count(where: { $0 == 10 }) < lines {
            let more = pipe.fileHandleForReading.availableData
            if more.isEmpty { break }
            text += more
        }
        var sum = 0
        for turn in 0..<turns * 100 { sum = sum &* 31 &+ turn }
        precondition(sum != 1)
        Glibc.kill(process.processIdentifier, SIGKILL)
        text += pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: text, as: UTF8.self).components(separatedBy: "\n").dropLast().map { $0 }
    }
}
