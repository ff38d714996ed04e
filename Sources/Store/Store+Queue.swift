import Calls
import Foundation
internal import GRDB

extension Store {
    /// Why a call is worth somebody's judgement.
    public enum QueueReason: String, Sendable, CaseIterable {
        /// Those who judged it disagree.
        case disputed
        /// It is of the random tenth.
        case random
        /// Its strongest window lies near the threshold of an alert.
        case nearThreshold
        /// Nothing but that too few have judged it.
        case unjudged
    }

    /// People who are to judge a call, and those who are asked where they disagree.
    static let judgesWanted = 2
    static let judgesWantedOfDisputed = 5

    /// The call that somebody is to judge next: by what teaches most, in turn, so that no kind starves another; kept sound first.
    /// Never one that they judged or whose score they saw.
    ///
    /// Rule: the reason stays with the program until the call is judged. Why: that a call lies near the threshold tells its score.
    /// - Complexity: near the threshold only the latest 2000 calls are looked for.
    public func nextToJudge(by who: String) throws(StoreError) -> (id: CallID, reason: QueueReason)? {
        try read { db in
            let own = try Int.fetchOne(db, sql: "SELECT count(*) FROM judgement WHERE judge = ?", arguments: [who]) ?? 0
            let reasons = QueueReason.allCases.dropLast()
            let inTurn = (0..<reasons.count).map { reasons[(own + $0) % reasons.count] } + [.unjudged]
            for reason in inTurn {
                let arguments: StatementArguments = [
                    "who": who, "seen": "by \(who), with its score", "few": Self.judgesWanted, "many": Self.judgesWantedOfDisputed,
                ]
                if let id = try String.fetchOne(db, sql: Self.query(reason), arguments: arguments) { return (CallID(unchecked: id), reason) }
            }
            return nil
        }
    }

    private static func query(_ reason: QueueReason) -> String {
        let judges = "(SELECT count(DISTINCT judge) FROM judgement WHERE call = call.id)"
        let disputed = """
            call.id IN (SELECT call FROM judgement WHERE verdict <> 'unsure' GROUP BY call \
            HAVING count(DISTINCT CASE verdict WHEN 'human' THEN 0 ELSE 1 END) > 1)
            """
        var (condition, order) = ("", "startedAt DESC")
        switch reason {
        case .disputed: condition = "AND \(disputed)"
        case .random: (condition, order) = ("AND substr(salt, 1, 1) < \(String(format: "x'%02X'", randomShare))", "\(judges) DESC, salt")
        case .nearThreshold:
            condition = """
                AND startedAt >= coalesce((SELECT startedAt FROM call ORDER BY startedAt DESC LIMIT 1 OFFSET 2000), 0)
                AND json_extract((SELECT result FROM leg WHERE call = call.id AND leg = 0), '$.verdict.strongest.windowLLR') IS NOT NULL
                """
            order = """
                abs(json_extract((SELECT result FROM leg WHERE call = call.id AND leg = 0), '$.verdict.strongest.windowLLR')
                - json_extract(policy, '$.operatingPoint.alert.window.begins'))
                """
        case .unjudged: break
        }
        return """
            SELECT id FROM call WHERE state <> 'open'
            AND NOT EXISTS (SELECT 1 FROM judgement WHERE call = call.id AND judge = :who)
            AND NOT EXISTS (SELECT 1 FROM audit WHERE call = call.id AND kind = 'viewed' AND detail = :seen)
            AND \(judges) < CASE WHEN \(disputed) THEN :many ELSE :few END
            \(condition)
            ORDER BY audioSalt IS NULL, \(order), id LIMIT 1
            """
    }
}
