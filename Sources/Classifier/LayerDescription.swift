/// What a layer does, by its `kind` in the model file. Its file under `Layers/` says what it computes and under which names its tensors lie.
enum LayerDescription: Equatable {
    case convolution(ConvolutionLayer)
    case dense(DenseLayer)
    case norm(NormLayer)
    case activation(ActivationLayer)
    case gru(GRULayer)
    case attention(AttentionLayer)
    case statistics(StatisticsLayer)
    case sum(SumLayer)
    case gate(GateLayer)
    case concatenate(ConcatenateLayer)

    static let kinds = ["convolution", "dense", "norm", "activation", "gru", "attention", "statistics", "sum", "gate", "concatenate"]

    /// Reads the keys of the kind.
    init(from reader: inout LayerReader) throws {
        let kind: String = try reader.value("kind")
        switch kind {
        case "convolution": self = .convolution(try ConvolutionLayer(from: &reader))
        case "dense": self = .dense(try DenseLayer(from: &reader))
        case "norm": self = .norm(NormLayer())
        case "activation": self = .activation(try ActivationLayer(from: &reader))
        case "gru": self = .gru(try GRULayer(from: &reader))
        case "attention": self = .attention(try AttentionLayer(from: &reader))
        case "statistics": self = .statistics(try StatisticsLayer(from: &reader))
        case "sum": self = .sum(SumLayer())
        case "gate": self = .gate(GateLayer())
        case "concatenate": self = .concatenate(ConcatenateLayer())
        default: throw reader.fault("kind is \(kind), this program has \(Self.kinds.joined(separator: ", "))")
        }
    }

    var kind: any LayerKind {
        switch self {
        case .convolution(let kind): kind
        case .dense(let kind): kind
        case .norm(let kind): kind
        case .activation(let kind): kind
        case .gru(let kind): kind
        case .attention(let kind): kind
        case .statistics(let kind): kind
        case .sum(let kind): kind
        case .gate(let kind): kind
        case .concatenate(let kind): kind
        }
    }
}

/// What one kind of layer declares, and how that is bound to a file's tensors.
protocol LayerKind: Sendable, Equatable {
    /// How many layers it reads.
    var inputCount: ClosedRange<Int> { get }

    /// Checks every size and the shape of every tensor.
    /// - Parameters:
    ///   - name: the layer's; its tensors are called `NAME.weight` and the like.
    ///   - inputs: as many as `inputCount` allows.
    func bind(_ name: String, to inputs: [LayerShape], from binder: inout TensorBinder) throws(ModelError) -> BoundLayer
}

extension LayerKind {
    var inputCount: ClosedRange<Int> { 1...1 }
}

/// One entry of a model file's list of layers.
struct LayerEntry: Equatable {
    /// What the front end gives, among the names of inputs.
    static let features = "features"

    var name: String
    /// The layers whose outputs it reads; nil for the one before it, or the features for the first.
    var inputs: [String]?
    /// The inputs' frequencies become channels: [F][C] is read as [1][F C].
    var flatten: Bool
    var description: LayerDescription
}

extension LayerEntry: Decodable {
    init(from decoder: any Decoder) throws {
        var reader = try LayerReader(decoder)
        name = reader.name
        inputs = try reader.value("inputs", default: .some(nil))
        flatten = try reader.value("flatten", default: false)
        description = try LayerDescription(from: &reader)
        try reader.refuseOthers()
    }
}

/// Takes values out of a layer's entry by key, and knows at the end whether one was left.
struct LayerReader {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(_ key: String) { stringValue = key }
        init?(stringValue: String) { self.init(stringValue) }
        init?(intValue: Int) { nil }
    }

    let name: String
    private let values: KeyedDecodingContainer<Key>
    private var taken: Set<String> = ["name"]

    init(_ decoder: any Decoder) throws {
        values = try decoder.container(keyedBy: Key.self)
        name = try values.decode(String.self, forKey: Key("name"))
    }

    /// - Throws: where the key is missing and has no default, or its value is of another type.
    mutating func value<Value: Decodable>(_ key: String, default fallback: Value? = nil) throws -> Value {
        taken.insert(key)
        guard values.contains(Key(key)) else {
            guard let fallback else { throw fault("\(key) is missing") }
            return fallback
        }
        do { return try values.decode(Value.self, forKey: Key(key)) } catch { throw fault("\(key) has the wrong type") }
    }

    /// A word that must be one of a few.
    mutating func word<Word: RawRepresentable & CaseIterable>(_ key: String, default fallback: Word? = nil) throws -> Word
    where Word.RawValue == String {
        let word: String = try value(key, default: fallback?.rawValue)
        guard let known = Word(rawValue: word) else {
            throw fault("\(key) is \(word), must be \(Word.allCases.map(\.rawValue).joined(separator: " or "))")
        }
        return known
    }

    func fault(_ what: String) -> ModelDescription.Fault { ModelDescription.Fault(what: "layer \(name): \(what)") }

    func refuseOthers() throws {
        if let other = values.allKeys.map(\.stringValue).filter({ !taken.contains($0) }).min() {
            throw fault("\(other) is no key of its kind")
        }
    }
}
