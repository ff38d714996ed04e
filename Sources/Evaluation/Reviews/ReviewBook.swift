/// Votes of people on calls, and what they come to.
public struct ReviewBook: Sendable {
    /// The last vote of each person on each call, in order of their numbers.
    public let votes: [ReviewVote]
    /// In order of calls.
    private let byCall: [String: [ReviewVote]]

    public init(_ votes: [ReviewVote]) {
        var last: [[String]: ReviewVote] = [:]
        for vote in votes {
            if let known = last[[vote.call, vote.reviewer]], known.number > vote.number { continue }
            last[[vote.call, vote.reviewer]] = vote
        }
        self.votes = last.values.sorted { $0.number < $1.number }
        byCall = Dictionary(grouping: self.votes, by: \.call)
    }

    public var calls: [String] { byCall.keys.sorted() }
    public var reviewers: [String] { Set(votes.map(\.reviewer)).sorted() }
    public func votes(on call: String) -> [ReviewVote] { byCall[call] ?? [] }

    /// What most of those who were sure say of a call: true for synthetic. Nil without such a vote, or as many each way: who
    /// disagrees has not decided anything.
    /// - Parameter reviewer: whose vote is left out.
    public func consensus(on call: String, without reviewer: String? = nil) -> Bool? {
        let sure = votes(on: call).filter { $0.reviewer != reviewer }.compactMap(\.isSynthetic)
        let synthetic = sure.count { $0 }
        return 2 * synthetic == sure.count ? nil : 2 * synthetic > sure.count
    }

    /// Whether people who were sure say different things of it.
    public func isDisputed(_ call: String) -> Bool { Set(votes(on: call).compactMap(\.isSynthetic)).count > 1 }

    /// Krippendorff's alpha of human, synthetic and disclosed; who was unsure gave no value.
    public var alpha: Double? {
        Agreement.alpha(byCall.values.map { $0.filter { $0.verdict != .unsure }.map(\.verdict) })
    }

    /// How often a person said what the others came to.
    public struct Precision: Sendable, Equatable {
        public var reviewer: String
        public var votes: Int
        /// Votes on calls on which the others came to something, and those that agree with it.
        public var compared: Int
        public var agreeing: Int
        /// Clopper-Pearson, 95 %; nil without a vote to compare.
        public var interval: Interval? { compared > 0 ? ExactBounds.clopperPearson(agreeing, of: compared) : nil }
    }

    /// In order of names. Each is held against the others only: nobody confirms themselves.
    public var precisions: [Precision] {
        reviewers.map { reviewer in
            let own = votes.filter { $0.reviewer == reviewer }
            let pairs = own.compactMap { vote in
                vote.isSynthetic.flatMap { said in consensus(on: vote.call, without: reviewer).map { said == $0 } }
            }
            return Precision(reviewer: reviewer, votes: own.count, compared: pairs.count, agreeing: pairs.count { $0 })
        }
    }
}
