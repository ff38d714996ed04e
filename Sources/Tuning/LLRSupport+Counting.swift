import Alerting
import Evaluation
import Foundation

extension LLRSupport {
    /// Calls that a range of stated LLRs holds at least, so that what it supports is not mere chance.
    static let leastCalls = 40

    /// What stated LLRs are borne out by: ranges of whole units, each with `leastCalls` at least, which cover everything.
    ///
    /// - Parameters:
    ///   - human: LLRs of calls of people, none of which the calibration was fitted on; natural logs, positive is synthetic.
    ///   - synthetic: the same of synthetic calls.
    /// - Returns: nil with fewer than `leastCalls` of a class: nothing could be said.
    static func table(human: [Double], synthetic: [Double]) -> [LLRSupport]? {
        guard human.count >= leastCalls, synthetic.count >= leastCalls else { return nil }
        func inside(_ llrs: [Double], _ from: Double?, _ below: Double?) -> Int {
            llrs.count { $0 >= from ?? -.infinity && $0 < below ?? .infinity }
        }
        // From both ends towards zero, as soon as a range holds enough; what is left around zero joins the last range of its side.
        func edges(_ sign: Double) -> [Double] {
            var edges: [Double] = []
            var last: Double?
            for edge in stride(from: 10.0 * sign, to: 0, by: -sign) {
                let (from, below) = sign > 0 ? (edge, last) : (last, edge)
                if inside(human, from, below) + inside(synthetic, from, below) >= leastCalls {
                    edges.append(edge)
                    last = edge
                }
            }
            // The range from the last edge to zero must hold enough as well.
            while let inner = edges.last {
                let (from, below) = sign > 0 ? (0, inner) : (inner, 0)
                if inside(human, from, below) + inside(synthetic, from, below) >= leastCalls { break }
                edges.removeLast()
            }
            return edges
        }
        let cuts = edges(-1) + [0] + edges(1).reversed()
        return zip([nil] + cuts.map(Optional.some), cuts.map(Optional.some) + [nil]).map { from, below in
            let (h, s) = (inside(human, from, below), inside(synthetic, from, below))
            let humanShare = ExactBounds.clopperPearson(h, of: human.count)
            let syntheticShare = ExactBounds.clopperPearson(s, of: synthetic.count)
            func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
            return LLRSupport(
                from: from, below: below, least: s > 0 ? rounded(log(syntheticShare.low / humanShare.high)) : nil,
                most: h > 0 ? rounded(log(syntheticShare.high / humanShare.low)) : nil, human: h, synthetic: s)
        }
    }
}
