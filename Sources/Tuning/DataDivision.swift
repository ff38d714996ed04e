/// What is chosen on, and what is measured on: no unit is in both.
public struct DataDivision: Sendable, Equatable {
    /// What is held together.
    public enum Unit: String, Sendable, CaseIterable {
        /// A source, and with it all that share a speaker with it.
        case source
        case speaker
        case call
    }

    public var unit: Unit
    /// How many units there are.
    public var units: Int
    /// The part of each leg.
    public var part: [Int]
    public var parts: Int
    /// Every part is measured with thresholds chosen on the others; otherwise the first chooses and the second is measured.
    public var isCrossValidated: Bool
    /// Legs that name neither their source nor, where it would count, their speaker: each is a unit of its own.
    public var unnamed: Int
    /// Legs that are never chosen on.
    private var isMeasuredOnly: [Bool]

    /// Parts more than this are put together, so that the work stays linear.
    public static let mostParts = 100

    /// - Parameters:
    ///   - legs: whose names are looked at; a leg without a source or speaker is a unit of its own.
    ///   - hours: exposure of each leg, by which parts are balanced.
    ///   - unit: nil for the coarsest that a column shows and that has two units with people. What no column shows is not claimed:
    ///     calls whose sources nobody named may well be of one.
    ///   - halves: two parts, of which one chooses and the other is measured; otherwise one part a unit.
    public init(_ legs: [ScoredLeg], hours: [Double], by unit: Unit? = nil, halves: Bool) {
        let chosen = unit ?? Unit.allCases.first { Self.isShown($0, by: legs) && Self.humanUnits(legs, Self.names(legs, by: $0)) > 1 } ?? .call
        let names = Self.names(legs, by: chosen)
        var weight: [Int: (hours: Double, legs: Int)] = [:]
        for (leg, name) in names.enumerated() {
            weight[name, default: (0, 0)].hours += hours[leg]
            weight[name, default: (0, 0)].legs += 1
        }
        let count = halves ? 2 : min(weight.count, Self.mostParts)
        // The heaviest first, each to the lightest part: hours of people count, then legs.
        let order = weight.keys.sorted {
            let (first, second) = (weight[$0]!, weight[$1]!)
            return first.hours != second.hours ? first.hours > second.hours : first.legs != second.legs ? first.legs > second.legs : $0 < $1
        }
        var load = Array(repeating: (hours: 0.0, legs: 0), count: max(1, count))
        var partOfUnit: [Int: Int] = [:]
        for name in order {
            let target = load.indices.min {
                load[$0].hours != load[$1].hours ? load[$0].hours < load[$1].hours : load[$0].legs < load[$1].legs
            }!
            load[target].hours += weight[name]!.hours
            load[target].legs += weight[name]!.legs
            partOfUnit[name] = target
        }
        self.unit = chosen
        units = weight.count
        part = names.map { partOfUnit[$0]! }
        parts = max(1, count)
        isCrossValidated = !halves
        unnamed = legs.count { $0.speaker.isEmpty && (chosen == .speaker || $0.source.isEmpty) }
        isMeasuredOnly = legs.map(\.isMeasuredOnly)
    }

    /// The legs that are measured, part after part, and those that their thresholds are chosen on.
    public var rounds: [(chosenOn: [Int], measured: [Int])] {
        let all = part.indices
        func chosenOn(_ wanted: (Int) -> Bool) -> [Int] { all.filter { wanted(part[$0]) && !isMeasuredOnly[$0] } }
        if !isCrossValidated { return [(chosenOn { $0 == 0 }, all.filter { part[$0] == 1 })] }
        return (0..<parts).map { round in (chosenOn { $0 != round }, all.filter { part[$0] == round }) }
    }

    /// Whether a column says of any person which unit it is of.
    static func isShown(_ unit: Unit, by legs: [ScoredLeg]) -> Bool {
        switch unit {
        case .source: legs.contains { $0.isHuman && !$0.source.isEmpty }
        case .speaker: legs.contains { $0.isHuman && !$0.speaker.isEmpty }
        case .call: true
        }
    }

    private static func humanUnits(_ legs: [ScoredLeg], _ names: [Int]) -> Int {
        Set(zip(legs, names).filter(\.0.isHuman).map(\.1)).count
    }

    /// A number for each leg's unit. Copies of one recording are always in one.
    private static func names(_ legs: [ScoredLeg], by unit: Unit) -> [Int] {
        var sets = DisjointSets()
        return legs.enumerated().map { index, leg in
            var keys: [String] = []
            if !leg.recording.isEmpty { keys.append("recording \(leg.recording)") }
            if unit != .call, !leg.speaker.isEmpty { keys.append("speaker \(leg.speaker)") }
            if unit == .source, !leg.source.isEmpty { keys.append("source \(leg.source)") }
            if keys.isEmpty { keys.append("leg \(index)") }
            return sets.join(keys)
        }.map { sets.root(of: $0) }
    }
}

/// Names that belong together, by union and find.
private struct DisjointSets {
    private var number: [String: Int] = [:]
    private var parent: [Int] = []

    /// Puts names into one set and gives back a member of it.
    mutating func join(_ names: [String]) -> Int {
        let members = names.map { name in
            if let known = number[name] { return known }
            number[name] = parent.count
            parent.append(parent.count)
            return parent.count - 1
        }
        for member in members.dropFirst() {
            let (a, b) = (find(members[0]), find(member))
            parent[max(a, b)] = min(a, b)
        }
        return members[0]
    }

    mutating func find(_ member: Int) -> Int {
        var member = member
        while parent[member] != member {
            parent[member] = parent[parent[member]]
            member = parent[member]
        }
        return member
    }

    func root(of member: Int) -> Int {
        var member = member
        while parent[member] != member { member = parent[member] }
        return member
    }
}
