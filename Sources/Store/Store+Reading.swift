import Alerting
import Calls
import Foundation
internal import GRDB
import Screening

/// What is stored, read back.
extension Store {
    /// All calls, the latest first.
    public func calls() throws(StoreError) -> [StoredCall] {
        try read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM call ORDER BY startedAt DESC, id").map { try Self.call($0, in: db) }
        }
    }

    /// - Throws: `notFound`.
    public func call(_ id: CallID) throws(StoreError) -> StoredCall {
        try read { db in try Self.call(Self.row(of: id, in: db), in: db) }
    }

    /// The legs with their tracks, marks and alerts.
    /// - Throws: `notFound`, `corrupt`.
    public func legs(of id: CallID) throws(StoreError) -> [StoredLeg] {
        try read { db in
            let call = try Self.call(Self.row(of: id, in: db), in: db)
            return try call.legs.enumerated().map { index, leg in
                StoredLeg(
                    leg: leg, track: try Self.track(of: id, leg: index, in: db), marks: try Self.marks(of: id, leg: index, in: db),
                    alerts: try Self.alerts(of: id, leg: index, in: db))
            }
        }
    }

    /// Calls that somebody judged, with their tracks: material for choosing thresholds. A call judged several times counts with
    /// its last judgement.
    public func judgedCalls() throws(StoreError) -> [JudgedCall] {
        var search = CallSearch()
        search.isJudged = true
        let judged = try calls(search).calls.filter { $0.state != .open }
        var result: [JudgedCall] = []
        for call in judged { result.append(JudgedCall(call: call, judgement: call.judgements.last!, legs: try legs(of: call.id))) }
        return result
    }

    private static func row(of id: CallID, in db: Database) throws -> Row {
        guard let row = try Row.fetchOne(db, sql: "SELECT * FROM call WHERE id = ?", arguments: [id.text]) else {
            throw StoreError(.notFound, "no call \(id) is stored", advice: "see `falsetto calls list`")
        }
        return row
    }

    static func call(_ row: Row, in db: Database) throws -> StoredCall {
        let id: String = row["id"]
        let legs = try Row.fetchAll(db, sql: "SELECT * FROM leg WHERE call = ? ORDER BY leg", arguments: [id]).map { leg in
            StoredCall.Leg(
                name: leg["name"], isOnlyChannel: leg["isOnlyChannel"], sampleCount: leg["sampleCount"],
                outcome: (leg["outcome"] as String?).flatMap(Outcome.init(rawValue:)), result: leg["result"])
        }
        let judgements = try Row.fetchAll(db, sql: "SELECT * FROM judgement WHERE call = ? ORDER BY id", arguments: [id]).map { row in
            Judgement(
                verdict: Judgement.Verdict(rawValue: row["verdict"]) ?? .unsure, judge: row["judge"], sawScore: row["sawScore"],
                judgedAt: Date(storedMilliseconds: row["judgedAt"]), note: row["note"], number: row["id"])
        }
        return StoredCall(
            id: CallID(unchecked: id), state: StoredCall.State(rawValue: row["state"]) ?? .interrupted,
            startedAt: Date(storedMilliseconds: row["startedAt"]), consent: row["consent"], device: row["device"], build: row["build"],
            modelName: row["modelName"], modelIdentity: row["modelIdentity"], kernel: row["kernel"], policyName: row["policyName"],
            policy: row["policy"], legs: legs, keepsAudio: row["audioSalt"] != nil as Data?,
            alertCount: try Int.fetchOne(db, sql: "SELECT count(*) FROM alert WHERE call = ? AND kind = 'raised'", arguments: [id]) ?? 0,
            judgements: judgements, isInRandomShare: (row["salt"] as Data).first ?? 255 < randomShare)
    }

    /// Calls whose salt, 32 random bytes that were drawn before anything of the call was known, begins with less than this: 26 of 256.
    static let randomShare: UInt8 = 26

    static func marks(of id: CallID, leg: Int, in db: Database) throws -> [Mark] {
        try Row.fetchAll(db, sql: "SELECT * FROM mark WHERE call = ? AND leg = ? ORDER BY number", arguments: [id.text, leg]).map { row in
            guard let kind = Mark.Kind(rawValue: row["kind"]) else { throw StoreError(.corrupt, "call \(id) holds a mark of no known kind") }
            return Mark(
                kind, hop: row["hop"], startSample: row["startSample"], sampleCount: row["sampleCount"], startFrame: row["startFrame"],
                frameCount: row["frameCount"], sampleRate: row["sampleRate"])
        }
    }

    static func alerts(of id: CallID, leg: Int, in db: Database) throws -> [StoredAlert] {
        try Row.fetchAll(db, sql: "SELECT * FROM alert WHERE call = ? AND leg = ? ORDER BY id", arguments: [id.text, leg]).map { row in
            guard let kind = StoredAlert.Kind(rawValue: row["kind"]) else { throw StoreError(.corrupt, "call \(id) holds an alert of no known kind") }
            return StoredAlert(kind: kind, leg: row["leg"], hop: row["hop"], event: row["event"], record: row["record"])
        }
    }
}

/// A call with what somebody said it was, and all that the alert engine needs to hear it again.
public struct JudgedCall: Sendable, Equatable {
    public var call: StoredCall
    public var judgement: Judgement
    public var legs: [StoredLeg]
}
