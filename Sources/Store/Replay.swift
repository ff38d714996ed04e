import Alerting
import Audio
import Calls
import Classifier
import Foundation
import Policies
import Screening

/// Hears a stored call again and compares, to the byte, what comes out with what was stored.
public struct CallReplay: Sendable {
    /// What is heard.
    public enum Way: Sendable {
        /// The kept recording through the whole engine, with its gaps, pauses and openings.
        case audio(AudioKey)
        /// The stored score track through the alert engine; nothing before it is checked.
        case track
        /// A recording from elsewhere through the whole engine. It knows nothing of what the call lost or paused.
        case recording(RecordingSource, legs: [LegChoice])

        var reported: ReplayReport.Way {
            switch self {
            case .audio: .audio
            case .track: .track
            case .recording(let source, _): .recording(source.name)
            }
        }
    }

    public let store: Store
    public let model: Model
    /// The version of this program.
    public let build: String
    /// Another operating point than the call's own; nil for that.
    public var policy: AppliedPolicy?
    /// Called now and then with the seconds heard and the seconds there are.
    public var progress: (@Sendable (Double, Double?) -> Void)?

    public init(store: Store, model: Model, build: String) {
        self.store = store
        self.model = model
        self.build = build
    }

    /// - Throws: `StoreError`: `notFound`, `usage` (a call that goes on; audio that was not kept), `key`, `audio`, `corrupt`;
    ///   `AudioError` from the recording.
    public func run(_ id: CallID, _ way: Way) throws -> ReplayReport {
        let call = try store.call(id)
        guard call.state != .open else { throw StoreError(.usage, "call \(id) goes on", advice: "replay it when it has ended") }
        let stored = try store.legs(of: id)
        let own: AppliedPolicy
        do { own = try AppliedPolicy(stored: call.policy) } catch {
            throw StoreError(.corrupt, "the policy stored with the call \(error.words)", advice: "run `falsetto store verify`")
        }
        let policy = policy ?? own
        var report = ReplayReport(call: call, way: way.reported, reasons: reasons(call, own: own, used: policy))
        let heard: [HeardLeg]
        switch way {
        case .audio(let key): heard = try stored.indices.map { try hear(id, leg: $0, of: stored[$0], policy: policy, key: key) }
        case .track: heard = stored.map { judge($0.track, of: $0, policy: policy, sampleCount: $0.leg.sampleCount) }
        case .recording(let source, let choices): heard = try hear(source, choices, as: stored, policy: policy)
        }
        report.legs = zip(stored, heard).map { LegComparison(stored: $0, heard: $1, isWhole: call.state == .ended) }
        for (leg, heard) in zip(stored, heard) {
            if let note = heard.note { report.notes.append("leg \(leg.leg.name): \(note)") }
            if leg.marks.contains(where: { $0.kind == .notStored }) {
                report.notes.append("leg \(leg.leg.name): part of its track was never stored, the disk was full")
            }
        }
        if call.state == .interrupted { report.notes.append("the call was cut short; only what was stored of it is compared") }
        return report
    }

    private func reasons(_ call: StoredCall, own: AppliedPolicy, used: AppliedPolicy) -> [ReplayReport.Reason] {
        var reasons: [ReplayReport.Reason] = []
        if call.modelIdentity != model.identity { reasons.append(.model(stored: call.modelIdentity, now: model.identity)) }
        if own != used { reasons.append(.policy(stored: call.policyName, now: used.name)) }
        if call.kernel != model.kernel { reasons.append(.kernel(stored: call.kernel, now: model.kernel)) }
        if call.build != build { reasons.append(.build(stored: call.build, now: build)) }
        return reasons
    }
}
