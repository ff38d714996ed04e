import Audio
import Calls
import Dispatch
import Foundation
import Synchronization
import Testing

@testable import Store

@Suite("The key of kept audio") struct AudioKeyTests {
    @Test("Made by several at once it is one key, whole from the beginning, and nothing is left beside it")
    func atOnce() throws {
        for _ in 0..<40 {
            let folder = StateFolder(path: NSTemporaryDirectory() + "falsetto-key-\(UUID().uuidString)")
            try folder.make()
            defer { try? FileManager.default.removeItem(atPath: folder.path) }
            let keys = Mutex<[[UInt8]]>([])
            DispatchQueue.concurrentPerform(iterations: 8) { _ in
                let key = try? AudioKey(makingAt: folder.audioKey)
                keys.withLock { $0.append(key?.fingerprint ?? []) }
            }
            let made = keys.withLock { $0 }
            #expect(made.count == 8 && Set(made).count == 1 && made[0].count == 8)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["audio.key"])
        }
    }
}

@Suite("Kept audio is sealed") struct SealedAudioTests {
    private let records: [AudioRecord] = [
        .opened(.s16, sampleRate: 8000), .samples((0..<40_000).map { UInt8(truncatingIfNeeded: $0 * 7) }), .gap(.overrun, frames: 123),
        .samples([1, 2, 3, 4]), .opened(.s32, sampleRate: 48_000), .samples([UInt8](repeating: 9, count: 400_000)), .disclosed,
        .gap(.paused, frames: 480_000),
    ]

    /// A call with kept audio, cut into blocks of any size.
    private func keep(_ store: Store, _ id: CallID, key: AudioKey, blockBytes: Int = 1_000, ends: Bool = true) {
        var recorder = CallRecorder(store: store, start: start(id, keepsAudio: true), key: key)
        for record in records {
            guard case .samples(let bytes) = record else {
                recorder.keep(record, leg: 0)
                continue
            }
            for start in stride(from: 0, to: bytes.count, by: blockBytes) {
                recorder.keep(.samples(Array(bytes[start..<min(start + blockBytes, bytes.count)])), leg: 0)
            }
        }
        if ends { recorder.end([result()], sampleCounts: [0]) }
        let notices = recorder.takeNotices()
        #expect(notices.isEmpty)
    }

    /// All records with neighbouring samples joined, since how sound was cut into blocks says nothing.
    private func read(_ reader: SealedAudioReader) throws -> [AudioRecord] {
        var all: [AudioRecord] = []
        while let record = try reader.next() {
            if case .samples(let bytes) = record, case .samples(let before) = all.last {
                all[all.count - 1] = .samples(before + bytes)
            } else {
                all.append(record)
            }
        }
        return all
    }

    private func file(_ place: Place, _ id: CallID) -> URL { URL(fileURLWithPath: place.folder.audioFile(id, leg: 0)) }

    @Test("What was heard comes back whole, in its order, whatever the blocks", arguments: [4, 1_000, 100_000])
    func roundTrip(blockBytes: Int) throws {
        let place = Place()
        let store = try place.open()
        let id = CallID.random()
        keep(store, id, key: try AudioKey(makingAt: place.folder.audioKey), blockBytes: blockBytes)
        let reader = try #require(try store.audio(of: id, leg: 0, key: try AudioKey(path: place.folder.audioKey)))
        let frames = 20_000 + 123 + 2 + 100_000 + 480_000
        #expect(try read(reader) == records + [.end(frames: frames)] && reader.isWhole)
        #expect(try store.call(id).keepsAudio)
    }

    @Test("No second lies in the file as it was heard, and no two records are sealed alike")
    func sealed() throws {
        let place = Place()
        let store = try place.open()
        let id = CallID.random()
        keep(store, id, key: try AudioKey(makingAt: place.folder.audioKey))
        let bytes = try Data(contentsOf: file(place, id))
        #expect(bytes.range(of: Data(repeating: 9, count: 16)) == nil)
        var nonces: Set<Data> = []
        var position = SealedAudioWriter.magic.count + 8
        while position + 16 <= bytes.count {
            let length = (0..<4).reduce(0) { $0 | Int(bytes[position + $1]) << (8 * $1) }
            nonces.insert(bytes[(position + 4)..<(position + 16)])
            position += 4 + length
        }
        // 3 seconds of 8 kHz and their rest, 2 of 48 kHz and theirs, 2 openings, 2 gaps, disclosure, end.
        #expect(nonces.count == 3 + 1 + 3 + 2 + 2 + 1 + 1)
        #expect(try FileManager.default.attributesOfItem(atPath: file(place, id).path)[.posixPermissions] as? Int == 0o600)
    }

    @Test("Without a key, or without being asked to, no sound is kept")
    func notKept() throws {
        let place = Place()
        let store = try place.open()
        let key = try AudioKey(makingAt: place.folder.audioKey)
        for (wanted, key) in [(true, nil), (false, key)] {
            let id = CallID.random()
            var recorder = CallRecorder(store: store, start: start(id, keepsAudio: wanted), key: key)
            recorder.keep(.opened(.s16, sampleRate: 8000), leg: 0)
            recorder.keep(.samples([1, 2]), leg: 0)
            recorder.end([result()], sampleCounts: [1])
            #expect(try !store.call(id).keepsAudio && !FileManager.default.fileExists(atPath: file(place, id).path))
        }
    }

    @Test("A file cut off anywhere gives what is whole before the cut, and is known to end early")
    func truncated() throws {
        let place = Place()
        let store = try place.open()
        let id = CallID.random()
        let key = try AudioKey(makingAt: place.folder.audioKey)
        keep(store, id, key: key)
        let whole = try Data(contentsOf: file(place, id))
        let all = try read(try #require(try store.audio(of: id, leg: 0, key: key)))
        for length in [whole.count - 1, whole.count - 40, whole.count / 2, 60, 40] {
            try whole.prefix(length).write(to: file(place, id))
            let reader = try #require(try store.audio(of: id, leg: 0, key: key))
            let part = try read(reader)
            #expect(!reader.isWhole && part.count < all.count && zip(part, all).dropLast().allSatisfy { $0 == $1 })
        }
        try whole.prefix(10).write(to: file(place, id))
        #expect { try store.audio(of: id, leg: 0, key: key) } throws: { ($0 as? StoreError)?.kind == .audio }
    }

    @Test("A daemon that dies leaves the seconds it had sealed")
    func interrupted() throws {
        let place = Place()
        let store = try place.open()
        let id = CallID.random()
        let key = try AudioKey(makingAt: place.folder.audioKey)
        keep(store, id, key: key, ends: false)
        let reader = try #require(try store.audio(of: id, leg: 0, key: key))
        #expect(try read(reader) == records && !reader.isWhole)
    }

    @Test("A changed byte, a record taken out, swapped or lent from another call or leg does not prove authentic")
    func forged() throws {
        let place = Place()
        let store = try place.open()
        let (id, other) = (CallID.random(), CallID.random())
        let key = try AudioKey(makingAt: place.folder.audioKey)
        keep(store, id, key: key)
        keep(store, other, key: key)
        let whole = try Data(contentsOf: file(place, id))
        var cuts = [SealedAudioWriter.magic.count + 8]
        while cuts.last! < whole.count { cuts.append(cuts.last! + 4 + (0..<4).reduce(0) { $0 | Int(whole[cuts.last! + $1]) << (8 * $1) }) }
        let pieces = zip(cuts, cuts.dropFirst()).map { whole[$0..<$1] }
        let head = whole[..<cuts[0]]
        var changed = whole
        changed[cuts[2] + 500] ^= 1
        let forgeries: [Data] = [
            changed, head + pieces.dropFirst().reduce(Data(), +), head + pieces[1] + pieces[0] + pieces[2], head + pieces[0] + pieces[0],
            head + (pieces.prefix(3) + pieces.suffix(1)).reduce(Data(), +), try Data(contentsOf: file(place, other)),
        ]
        for (index, forgery) in forgeries.enumerated() {
            try forgery.write(to: file(place, id))
            #expect("forgery \(index)") {
                let reader = try #require(try store.audio(of: id, leg: 0, key: key))
                while try reader.next() != nil {}
            } throws: {
                ($0 as? StoreError)?.kind == .audio && "\($0)".contains("does not prove authentic")
            }
        }
    }

    @Test("Another key is told from a damaged file")
    func wrongKey() throws {
        let place = Place()
        let store = try place.open()
        let id = CallID.random()
        keep(store, id, key: try AudioKey(makingAt: place.folder.audioKey))
        #expect { try store.audio(of: id, leg: 0, key: AudioKey(bytes: [UInt8](repeating: 1, count: 32))) } throws: {
            ($0 as? StoreError)?.kind == .key && "\($0)".contains("did not seal")
        }
    }

    @Test("A key file that others can read, a link, one of another length, or none, is refused")
    func keyFiles() throws {
        let place = Place()
        _ = try place.open()
        let path = place.folder.audioKey
        func refusal() -> StoreError? {
            do { _ = try AudioKey(path: path); return nil } catch { return error }
        }
        #expect(refusal()?.kind == .key && "\(refusal()!)".contains("no key file"))
        let key = try AudioKey(makingAt: path)
        #expect(try AudioKey(path: path).fingerprint == key.fingerprint && AudioKey(makingAt: path).fingerprint == key.fingerprint)
        for mode in [0o640, 0o604, 0o610, 0o777] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            #expect(refusal()?.kind == .key && "\(refusal()!)".contains("chmod 600"))
        }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        try Data(repeating: 1, count: 33).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        #expect("\(refusal()!)".contains("32 bytes"))
        try FileManager.default.moveItem(atPath: path, toPath: path + ".real")
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path + ".real")
        #expect("\(refusal()!)".contains("link"))
        guard getuid() == 0 else { return }
        try FileManager.default.removeItem(atPath: path)
        _ = try AudioKey(makingAt: path)
        #expect(chown(path, 65_534, 65_534) == 0)
        #expect("\(refusal()!)".contains("another user"))
    }

    @Test("A full disk ends the recording with a word, not the call, and leaves whole records")
    func fullDisk() throws {
        let place = Place()
        let store = try place.open()
        let id = CallID.random()
        let key = try AudioKey(makingAt: place.folder.audioKey)
        var recorder = CallRecorder(store: store, start: start(id, keepsAudio: true), key: key)
        recorder.keep(.opened(.s16, sampleRate: 8000), leg: 0)
        // /dev/full takes the place of a disk that fills up: the open file is replaced under its writer.
        let path = place.folder.audioFile(id, leg: 0)
        let descriptor = try #require(openDescriptor(of: path))
        let full = open("/dev/full", O_WRONLY)
        let saved = dup(descriptor)
        dup2(full, descriptor)
        recorder.keep(.samples([UInt8](repeating: 5, count: 40_000)), leg: 0)
        dup2(saved, descriptor)
        close(full)
        close(saved)
        let notices = recorder.takeNotices()
        guard case .audioStopped(leg: 0, let error) = notices.first else {
            Issue.record("no word of it: \(notices)")
            return
        }
        #expect(error.kind == .full && "\(notices[0])".contains("screening goes on"))
        let isStored4 = recorder.record(.action(.raised(alert(0))), leg: 0) && recorder.end([result()], sampleCounts: [0])
        #expect(isStored4)
        let reader = try #require(try store.audio(of: id, leg: 0, key: key))
        #expect(try read(reader) == [.opened(.s16, sampleRate: 8000)] && !reader.isWhole)
    }

    private func openDescriptor(of path: String) -> Int32? {
        let name = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        return (3..<Int32(256)).first {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == name
        }
    }
}
