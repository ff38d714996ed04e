import Alerting
import Screening
import Text

/// A label track that Audacity imports (File > Import > Labels): `start <tab> end <tab> text`, times in seconds.
public enum AudacityLabels {
    /// The labels of one recording's legs in order of time: alerts, the strongest stretch, runs of speech.
    ///
    /// Speech is labelled only where the result carries its track. With several legs each label begins with its leg.
    public static func text(_ records: [AnalysisRecord]) -> String {
        var labels: [(interval: TimelineSpan, text: String)] = []
        for record in records {
            let leg = records.count > 1 ? record.leg.escapedForTerminal + ": " : ""
            for alert in record.result.alerts {
                let end = alert.endSeconds ?? record.result.durationSeconds
                labels.append(
                    (
                        TimelineSpan(startSeconds: alert.startSeconds, endSeconds: max(alert.startSeconds, end)),
                        "\(leg)machine-made voice, strongest window LLR \(signed(alert.strongest.windowLLR))"
                    ))
                labels.append(
                    (
                        TimelineSpan(startSeconds: alert.atSeconds, endSeconds: alert.atSeconds),
                        "\(leg)alert raised by \(Wording.evidence(alert))"
                    ))
            }
            if let strongest = record.result.strongest {
                labels.append(
                    (
                        TimelineSpan(startSeconds: strongest.startSeconds, endSeconds: strongest.endSeconds),
                        "\(leg)strongest stretch, window LLR \(signed(strongest.windowLLR))"
                    ))
            }
            labels += record.result.speechIntervals.map { ($0, "\(leg)speech") }
        }
        let order = labels.indices.sorted { a, b in
            let (x, y) = (labels[a].interval, labels[b].interval)
            return (x.startSeconds, x.endSeconds, a) < (y.startSeconds, y.endSeconds, b)
        }
        return order.map { index in
            let label = labels[index]
            return "\(fixed(label.interval.startSeconds, 6))\t\(fixed(label.interval.endSeconds, 6))\t\(label.text)\n"
        }.joined()
    }
}
