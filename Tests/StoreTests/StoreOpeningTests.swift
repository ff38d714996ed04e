import Calls
import Foundation
import GRDB
import Testing

@testable import Store

@Suite("Opening the store") struct StoreOpeningTests {
    @Test("Only a daemon makes one; others say that there is none, and make nothing")
    func absent() throws {
        let place = Place()
        for purpose in [Store.Purpose.reading, .command] {
            #expect { try place.open(purpose) } throws: { ($0 as? StoreError)?.kind == .absent }
        }
        #expect(!FileManager.default.fileExists(atPath: place.folder.path))
        _ = try place.open()
        #expect(try place.open(.reading).calls().isEmpty)
    }

    @Test("A store whose maker was killed before its first table is begun anew; another program's is left alone")
    func halfMade() throws {
        for (table, isOurs) in [("grdb_migrations", true), ("notes", false)] {
            let place = Place()
            try FileManager.default.createDirectory(atPath: place.folder.path, withIntermediateDirectories: true)
            let made = try DatabaseQueue(path: place.folder.database)
            try made.write { try $0.execute(sql: "CREATE TABLE \(table) (identifier TEXT NOT NULL PRIMARY KEY)") }
            try made.close()
            if isOurs {
                #expect(try place.open().calls().isEmpty)
            } else {
                #expect { try place.open() } throws: { ($0 as? StoreError)?.kind == .corrupt }
            }
        }
    }

    @Test("Folder, database and lock are for their owner only")
    func ownerOnly() throws {
        let place = Place()
        let store = try place.open()
        storeCall(store, start())
        for (path, mode) in [
            (place.folder.path, 0o700), (place.folder.database, 0o600), (place.folder.database + "-wal", 0o600), (place.folder.daemonLock, 0o600),
        ] {
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == mode, "\(path)")
        }
    }

    @Test("A second daemon is refused and told who has it; commands are not; when the first ends the next may")
    func oneDaemon() throws {
        let place = Place()
        var first: Store? = try place.open()
        #expect { try place.open() } throws: {
            guard let error = $0 as? StoreError else { return false }
            return error.kind == .inUse && "\(error)".contains("process \(getpid())") && !"\(error)".contains("\n")
        }
        storeCall(first!, start())
        #expect(try place.open(.reading).calls().count == 1)
        #expect(try place.open(.command).calls().count == 1)
        first = nil
        _ = try place.open()
    }

    @Test("A daemon's store on a full disk is none for now, says so, and opens once there is room")
    func fullDisk() throws {
        guard let disk = SmallDisk(bytes: 16 << 10) else { return print("SKIPPED: no file system can be mounted here (a test for root)") }
        let folder = StateFolder(path: disk.path + "/falsetto")
        let store = try Store(folder, for: .daemon, secondsATry: 0)
        #expect(store.trouble?.kind == .full && store.interruptedCalls.isEmpty)
        var recorder = CallRecorder(store: store, start: start())
        recorder.record(.action(.raised(alert(0))), leg: 0)
        let stopped = recorder.takeNotices()
        let words = stopped.first.map { "\($0)" } ?? ""
        #expect(
            stopped.count == 1 && words.contains("screening goes on") && (words.contains("no space left") || words.contains("free space")), "\(words)"
        )
        #expect(throws: StoreError.self) { try Store(folder, for: .reading) }
        try disk.grow(to: 64 << 20)
        let isStored = recorder.end([result()], sampleCounts: [320_000])
        let resumed = recorder.takeNotices()
        #expect(isStored && store.trouble == nil && resumed == [.resumed(lostHops: 0)])
        #expect(try Store(folder, for: .reading).calls().map(\.id) == [recorder.start.id])
    }

    @Test("A store that another program holds is said within seconds; a daemon has it as soon as it can")
    func lockedByAnother() throws {
        let place = Place()
        storeCall(try place.open(), start())
        let other = try DatabaseQueue(path: place.folder.database)
        try other.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
            try db.execute(sql: "PRAGMA user_version = 0")
        }
        let begun = ContinuousClock.now
        #expect { try place.open(.reading).calls() } throws: {
            ($0 as? StoreError)?.kind == .locked && "\($0)".contains("another program holds the store") && !"\($0)".contains("\n")
        }
        let store = try Store(place.folder, for: .daemon, secondsATry: 0)
        #expect(store.trouble?.kind == .locked)
        #expect(ContinuousClock.now - begun < .seconds(30))
        try other.close()
        #expect(try store.calls().count == 1 && store.trouble == nil)
    }

    @Test("WAL, full synchronisation and overwriting of what is deleted are on")
    func settings() throws {
        let place = Place()
        let store = try place.open()
        let values = try store.read { db in
            try ["journal_mode", "synchronous", "secure_delete", "foreign_keys"].map { try String.fetchOne(db, sql: "PRAGMA \($0)") }
        }
        #expect(values == ["wal", "2", "1", "1"])
    }

    @Test(
        "A damaged file, or one that is no database, is one clear line and stays as it is",
        arguments: ["text", "other", "truncated", "flipped", "one page"])
    func corrupt(how: String) throws {
        let place = Place()
        do {
            let store = try place.open()
            for _ in 0..<20 { storeCall(store, start()) }
            try store.database.close()
        }
        let url = URL(fileURLWithPath: place.folder.database)
        var bytes = try Data(contentsOf: url)
        switch how {
        case "text": bytes = Data("these are not the calls you are looking for".utf8) + bytes
        case "truncated": bytes = bytes.prefix(bytes.count / 2)
        case "flipped": for index in stride(from: 5 * 4096, to: bytes.count, by: 97) { bytes[index] ^= 0x5A }
        case "one page":
            // A page of alerts, which nobody reads on opening: only the integrity check can see it.
            let place = try #require(bytes.range(of: Data("raisedBy".utf8))).lowerBound / 4096 * 4096
            for index in place..<place + 8 { bytes[index] = 0 }
        default:
            try FileManager.default.removeItem(at: url)
            try tamper(place, "CREATE TABLE something (a); INSERT INTO something VALUES (1)")
            bytes = try Data(contentsOf: url)
        }
        try bytes.write(to: url)
        #expect { try place.open() } throws: {
            guard let error = $0 as? StoreError else { return false }
            return error.kind == .corrupt && "\(error)".contains(place.folder.database) && !"\(error)".contains("\n")
        }
        #expect(try Data(contentsOf: url) == bytes)
        if how != "flipped", how != "one page" { #expect { try place.open(.reading).calls() } throws: { ($0 as? StoreError)?.kind == .corrupt } }
        #expect(try Data(contentsOf: url) == bytes)
    }

    @Test("A store of a newer version is refused and stays as it is")
    func newerSchema() throws {
        let place = Place()
        try place.open().database.close()
        try tamper(place, "INSERT INTO grdb_migrations VALUES ('99 what is to come')")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: place.folder.database))
        for purpose in [Store.Purpose.daemon, .command, .reading] {
            #expect { try place.open(purpose) } throws: {
                guard let error = $0 as? StoreError else { return false }
                return error.kind == .newerSchema && "\(error)".contains("update this program")
            }
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: place.folder.database)) == bytes)
    }

    @Test("A call that a dead daemon left open is closed as interrupted, with what was stored of it")
    func interrupted() throws {
        let place = Place()
        let id = CallID.random()
        do {
            var recorder = CallRecorder(store: try place.open(), start: start(id))
            for index in 0..<60 { recorder.record(.hop(hop(index)), leg: 0) }
            recorder.record(.action(.raised(alert(0))), leg: 0)
        }
        #expect(try place.open(.reading).call(id).state == .open)
        let store = try place.open()
        #expect(store.interruptedCalls == [id])
        let call = try store.call(id)
        #expect(call.state == .interrupted && call.legs[0].sampleCount == 60 * 3200)
        #expect(try store.legs(of: id)[0].track == (0..<60).map { hop($0) })
        #expect(try store.verify().fault == nil)
    }

    @Test("An unreadable track keeps nobody from listening; it is said where it is read")
    func unreadableTrack() throws {
        let place = Place()
        let id = CallID.random()
        do {
            var recorder = CallRecorder(store: try place.open(), start: start(id))
            for index in 0..<60 { recorder.record(.hop(hop(index)), leg: 0) }
        }
        try tamper(place, "UPDATE track SET data = x'0102030405'")
        let store = try place.open()
        #expect(store.interruptedCalls == [id])
        #expect { try store.legs(of: id) } throws: { ($0 as? StoreError)?.kind == .corrupt && "\($0)".contains("store verify") }
    }
}
