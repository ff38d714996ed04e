import Audio
import Calls
import Foundation
internal import GRDB

/// The kept sound of one leg, in the clear: what a person asked to hear.
public struct KeptSound: Sendable, Equatable {
    /// Time without sound in it; it stands as silence, so that all that follows keeps its place.
    public struct Gap: Sendable, Equatable {
        public var kind: Mark.Kind
        /// From the start of the leg.
        public var startSeconds: Double
        public var seconds: Double
    }

    public var leg: String
    public var sampleRate: Int
    /// Full scale at ±1.
    public var samples: [Float]
    /// From the start of the leg.
    public var startSeconds: Double
    public var gaps: [Gap]
    /// The recording ends where it was to end; else it was cut off.
    public var isWhole: Bool

    public var seconds: Double { Double(samples.count) / Double(sampleRate) }

    /// A WAV of 16-bit samples, which is what the line gave or more than a telephone carries.
    public var wav: [UInt8] { PCMWave.bytes(samples, sampleRate: sampleRate) }
}

extension Store {
    /// Which part of which leg is to be heard.
    public struct Listening: Sendable {
        /// Nil for the first.
        public var leg: String?
        /// In seconds from the start of the leg.
        public var stretch: Range<Double>

        public init(leg: String? = nil, stretch: Range<Double> = 0..<Double.infinity) {
            self.leg = leg
            self.stretch = stretch
        }
    }

    /// Opens a leg's sealed sound. That it was done stands in the audit chain before anything is given out, so that nobody hears
    /// a caller without a trace; `purpose` says what for, in the words of `AuditEntry.Kind`, and `who` who asked, where that is known.
    /// - Throws: `StoreError`: `notFound` (no call, leg or audio, or a stretch without any), `key`, `audio`.
    public func hear(_ id: CallID, _ what: Listening, key: AudioKey, as purpose: AuditEntry.Kind, by who: String? = nil) throws(StoreError)
        -> KeptSound
    {
        precondition([.audioPlayed, .audioExported, .audioPictured].contains(purpose), "sound is opened to be played, exported or pictured")
        let call = try call(id)
        guard let index = what.leg.map({ name in call.legs.firstIndex { $0.name == name } }) ?? 0 else {
            throw StoreError(
                .notFound, "call \(id) has no leg '\(what.leg ?? "")'", advice: "its legs are " + call.legs.map(\.name).joined(separator: ", "))
        }
        guard let reader = try audio(of: id, leg: index, key: key) else {
            throw StoreError(.notFound, "the audio of call \(id) was not kept, or its time is over", advice: "`listen --keep-audio` keeps it")
        }
        let sound = try Self.read(reader, leg: call.legs[index].name, stretch: what.stretch, of: id)
        let now = clock().storedMilliseconds
        let from = fixedTenths(sound.startSeconds), to = fixedTenths(sound.startSeconds + sound.seconds)
        try write { db in
            try AuditEntry.append(
                purpose, call: id, detail: "leg \(sound.leg), \(from) to \(to) s" + (who.map { ", by \($0)" } ?? ""), at: now, in: db)
        }
        return sound
    }

    private static func read(_ reader: SealedAudioReader, leg: String, stretch: Range<Double>, of id: CallID) throws(StoreError) -> KeptSound {
        var sound: KeptSound?
        var encoding = SampleEncoding.s16
        // Frames of the present rate since it began, and the time it began at.
        var (rate, frames, base) = (0, 0, 0.0)
        var resampler: Resampler?
        var native: [Float] = []
        var place = 0  // Samples of the sound's own rate that came so far.
        func add(_ part: [Float]) {
            guard var known = sound else { return }
            let from = Int((stretch.lowerBound * Double(known.sampleRate)).rounded())
            let to = stretch.upperBound.isFinite ? Int((stretch.upperBound * Double(known.sampleRate)).rounded()) : Int.max
            let (first, last) = (max(from - place, 0), min(to - place, part.count))
            sound = nil
            if first < last { known.samples += part[first..<last] }
            sound = known
            place += part.count
        }
        func settle() {
            guard resampler != nil else { return }
            var rest: [Float] = []
            resampler!.finish(into: &rest)
            add(rest)
            resampler = nil
        }
        while let record = try reader.next() {
            switch record {
            case .opened(let newEncoding, let newRate):
                settle()
                if sound == nil {
                    sound = KeptSound(
                        leg: leg, sampleRate: newRate, samples: [], startSeconds: stretch.lowerBound, gaps: [], isWhole: false)
                }
                base += rate > 0 ? Double(frames) / Double(rate) : 0
                (encoding, rate, frames) = (newEncoding, newRate, 0)
            case .samples(let bytes):
                native.removeAll(keepingCapacity: true)
                encoding.decode(bytes, into: &native)
                frames += native.count
                guard let target = sound?.sampleRate, target != rate else {
                    add(native)
                    continue
                }
                if resampler == nil {
                    do { resampler = try Resampler(from: rate, to: target) } catch { throw StoreError(.audio, error.description) }
                }
                var ready: [Float] = []
                resampler!.push(native, into: &ready)
                add(ready)
            case .gap(let kind, let count):
                settle()
                guard let target = sound?.sampleRate, rate > 0 else { continue }
                let start = base + Double(frames) / Double(rate)
                frames += count
                let seconds = Double(count) / Double(rate)
                if start < stretch.upperBound, start + seconds > stretch.lowerBound {
                    sound!.gaps.append(.init(kind: kind, startSeconds: start, seconds: seconds))
                }
                // To the sample that all time so far comes to, so that no rounding adds up.
                let due = Int(((base + Double(frames) / Double(rate)) * Double(target)).rounded())
                add([Float](repeating: 0, count: min(max(0, due - place), target * 86_400)))
            case .disclosed, .end: break
            }
        }
        settle()
        sound?.isWhole = reader.isWhole
        guard let sound, !sound.samples.isEmpty else {
            throw StoreError(.notFound, "there is no sound of call \(id) in that stretch", advice: "see its length with `falsetto calls show \(id)`")
        }
        return sound
    }
}

private func fixedTenths(_ seconds: Double) -> String {
    let tenths = Int((seconds * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
}
