import Alerting
import Foundation
import Text

typealias JSON = JSONValue

extension JSONValue {
    /// Of an object.
    var members: [String: JSON]? {
        guard case .object(let members) = self else { return nil }
        return Dictionary(members.map { ($0.key, $0.value) }) { first, _ in first }
    }

    var items: [JSON] {
        guard case .array(let items) = self else { return [] }
        return items
    }

    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
}

/// Holds a value to the part of JSON Schema 2020-12 that the project's schema uses. A keyword it does not know is a
/// violation: no rule of the schema is passed over in silence.
struct JSONSchemaCheck {
    let root: JSON

    func violations(of value: JSON) -> [String] { check(value, root, at: "$") }

    private func check(_ value: JSON, _ schema: JSON, at place: String) -> [String] {
        guard let rules = schema.members else { return ["\(place): the schema is not an object"] }
        return rules.keys.sorted().flatMap { keyword in check(value, keyword, rules[keyword]!, rules, at: place) }
    }

    private func check(_ value: JSON, _ keyword: String, _ rule: JSON, _ rules: [String: JSON], at place: String) -> [String] {
        func hold(_ condition: Bool) -> [String] { condition ? [] : ["\(place): \(keyword) \(rule) is broken by \(value)"] }
        switch (keyword, rule) {
        case ("$schema", _), ("$id", _), ("$defs", _), ("title", _), ("description", _), ("then", _), ("else", _): return []
        case ("$ref", .string(let reference)):
            let name = String(reference.dropFirst("#/$defs/".count))
            guard reference.hasPrefix("#/$defs/"), let target = root["$defs"]?[name] else { return ["\(place): no \(reference)"] }
            return check(value, target, at: place)
        case ("type", .string(let type)): return hold(isType(value, type))
        case ("type", .array(let types)): return hold(types.contains { isType(value, $0.text ?? "") })
        case ("const", _): return hold(value == rule)
        case ("enum", .array(let allowed)): return hold(allowed.contains(value))
        case ("required", .array(let names)):
            guard let members = value.members else { return [] }
            return names.compactMap(\.text).filter { members[$0] == nil }.map { "\(place): \($0) is missing" }
        case ("properties", .object):
            guard let properties = rule.members, let members = value.members else { return [] }
            return members.keys.sorted().flatMap { name in
                properties[name].map { check(members[name]!, $0, at: "\(place).\(name)") } ?? []
            }
        case ("additionalProperties", .bool(false)):
            guard let members = value.members, let known = rules["properties"]?.members else { return [] }
            return members.keys.filter { known[$0] == nil }.sorted().map { "\(place): \($0) is not in the schema" }
        case ("items", _):
            return value.items.enumerated().flatMap { check($1, rule, at: "\(place)[\($0)]") }
        case ("oneOf", .array(let choices)):
            let found = choices.map { check(value, $0, at: place) }
            if found.count(where: \.isEmpty) == 1 { return [] }
            return ["\(place): not exactly one of oneOf holds"] + found.flatMap { $0 }
        case ("allOf", .array(let parts)): return parts.flatMap { check(value, $0, at: place) }
        case ("if", _):
            guard let branch = rules[check(value, rule, at: place).isEmpty ? "then" : "else"] else { return [] }
            return check(value, branch, at: place)
        case ("minimum", .number(let limit)):
            guard case .number(let number) = value else { return [] }
            return hold(number >= limit)
        case ("maximum", .number(let limit)):
            guard case .number(let number) = value else { return [] }
            return hold(number <= limit)
        case ("minLength", .number(let limit)):
            guard case .string(let text) = value else { return [] }
            return hold(Double(text.unicodeScalars.count) >= limit)
        case ("pattern", .string(let pattern)):
            guard case .string(let text) = value else { return [] }
            return hold(text.range(of: pattern, options: .regularExpression) != nil)
        default: return ["\(place): the check does not know the keyword \(keyword)"]
        }
    }

    private func isType(_ value: JSON, _ type: String) -> Bool {
        switch (value, type) {
        case (.null, "null"), (.bool, "boolean"), (.number, "number"), (.string, "string"), (.array, "array"), (.object, "object"): true
        case (.number(let number), "integer"): number == number.rounded()
        default: false
        }
    }
}
