import TOMLKit
import Text

/// What was wrong so far.
final class ConfigurationProblems {
    private let file: String
    private(set) var lines: [String] = []

    init(file: String) { self.file = file }

    func add(_ path: String, _ problem: String) { lines.append("\(file): \(path): \(problem)".escapedForTerminal) }
}

/// Reads one table of the file, key by key; what is wrong is noted under its key path and read as if it were not there.
struct ConfigurationReader {
    private let table: TOMLTable
    private let path: String
    private let problems: ConfigurationProblems
    private var known: Set<String> = []

    init(_ table: TOMLTable, path: String, _ problems: ConfigurationProblems) {
        self.table = table
        self.path = path
        self.problems = problems
    }

    func has(_ key: String) -> Bool { table[key] != nil }
    func complain(_ key: String, _ problem: String) { problems.add(path + key, problem) }

    private mutating func value(_ key: String) -> (any TOMLValueConvertible)? {
        known.insert(key)
        return table[key]
    }

    /// Keys that are not unknown, and not read.
    mutating func skip(_ keys: String...) { known.formUnion(keys) }

    mutating func text(_ key: String) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.string else {
            complain(key, "must be text in quotes")
            return nil
        }
        guard !text.isBlank else {
            complain(key, text.isEmpty ? "is empty" : "is blank")
            return nil
        }
        return text
    }

    mutating func flag(_ key: String) -> Bool? {
        guard let value = value(key) else { return nil }
        if value.bool == nil { complain(key, "must be true or false") }
        return value.bool
    }

    mutating func integer(_ key: String, in range: ClosedRange<Int>, unit: String) -> Int? {
        guard let value = value(key) else { return nil }
        guard let number = value.int, range.contains(number) else {
            complain(key, "must be a whole number of \(unit) from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    mutating func number(_ key: String, in range: ClosedRange<Double>, unit: String) -> Double? {
        guard let value = value(key) else { return nil }
        guard let number = value.double ?? value.int.map(Double.init), range.contains(number) else {
            complain(key, "must be a number of \(unit) from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    mutating func number(_ key: String, in range: ClosedRange<Double>, unit: String, into target: inout Double) {
        if let number = number(key, in: range, unit: unit) { target = number }
    }

    mutating func choice<Value>(_ key: String, _ parse: (String) -> Value?, of names: [String]) -> Value? {
        guard let value = value(key) else { return nil }
        guard let text = value.string, let choice = parse(text), names.contains(text) else {
            complain(key, "must be one of \(names.joined(separator: ", "))")
            return nil
        }
        return choice
    }

    mutating func texts(_ key: String, counts: ClosedRange<Int>) -> [String]? {
        guard let value = value(key) else { return nil }
        let texts = value.array.map { $0.compactMap(\.string) }
        guard let array = value.array, let texts, texts.count == array.count, counts.contains(texts.count), texts.allSatisfy({ !$0.isBlank }) else {
            complain(key, "must be a list of \(counts.lowerBound) to \(counts.upperBound) texts in quotes, as in [\"a\", \"b\"]")
            return nil
        }
        return texts
    }

    mutating func names(_ key: String, of allowed: [String]) -> [String]? {
        guard let names = texts(key, counts: 1...allowed.count) else { return nil }
        for name in names where !allowed.contains(name) { complain(key, "\"\(name)\" is no event; there are \(allowed.joined(separator: ", "))") }
        return names
    }

    mutating func table(_ key: String, _ read: (inout ConfigurationReader) -> Void) {
        guard let value = value(key) else { return }
        guard let inner = value.table else {
            complain(key, "must be a table: [\(path + key)]")
            return
        }
        var reader = ConfigurationReader(inner, path: "\(path)\(key).", problems)
        read(&reader)
        reader.refuseUnknown()
    }

    mutating func tables<Value>(_ key: String, _ read: (inout ConfigurationReader) -> Value?) -> [Value] {
        guard let value = value(key) else { return [] }
        guard let array = value.array else {
            complain(key, "must be tables: [[\(path + key)]]")
            return []
        }
        var values: [Value] = []
        for (index, element) in array.enumerated() {
            guard let inner = element.table else {
                complain("\(key)[\(index)]", "must be a table: [[\(path + key)]]")
                continue
            }
            var reader = ConfigurationReader(inner, path: "\(path)\(key)[\(index)].", problems)
            if let value = read(&reader) { values.append(value) }
            reader.refuseUnknown()
        }
        return values
    }

    /// A key that nobody reads is a mistake that would otherwise go unnoticed.
    func refuseUnknown() {
        for key in table.keys.sorted() where !known.contains(key) {
            complain(key, "is no key; there \(known.count == 1 ? "is" : "are") \(known.sorted().joined(separator: ", "))")
        }
    }
}
