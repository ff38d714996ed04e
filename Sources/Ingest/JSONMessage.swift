import Foundation

/// A JSON object that a peer sent, looked at by key path; what is not there, or of another type, is nil.
struct JSONMessage {
    private let object: [String: Any]

    init?(_ text: String) {
        guard let object = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] else { return nil }
        self.object = object
    }

    private init(_ object: [String: Any]) { self.object = object }

    func text(_ key: String) -> String? { object[key] as? String }

    /// A number from 0 to 2^40, also where it stands as text.
    func count(_ key: String) -> Int? {
        let value = (object[key] as? NSNumber).map(\.doubleValue) ?? (object[key] as? String).flatMap(Double.init)
        guard let value, value >= 0, value < 0x1p40 else { return nil }
        return Int(value)
    }

    func texts(_ key: String) -> [String]? { object[key] as? [String] }
    func message(_ key: String) -> JSONMessage? { (object[key] as? [String: Any]).map { JSONMessage($0) } }
    func messages(_ key: String) -> [JSONMessage]? { (object[key] as? [[String: Any]])?.map { JSONMessage($0) } }
}
