import Spectra

/// What a model file says about itself: one canonical JSON string in its metadata.
struct ModelDescription: Decodable {
    /// The two kinds of networks.
    enum Network {
        /// Layers over a normalised log spectrum: of format 1, or `layers` of format 2.
        case layers([LayerEntry], FrontEndSettings)
        /// `encoder` of format 2: a speech encoder over a log mel spectrum, statistics and a head.
        case encoder(EncoderDescription, LogMelSettings)
    }

    /// The formats of model files that this program reads.
    static let formats = ["falsetto.model/1", "falsetto.model/2"]

    var name: String
    var network: Network
    var calibration: Calibration

    private enum Key: String, CodingKey { case format, name, frontEnd, layers, encoder, calibration }

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        let format = try values.decode(String.self, forKey: .format)
        guard let version = Self.formats.firstIndex(of: format) else {
            throw Fault(what: "format is \(format), this program reads \(Self.formats.joined(separator: " and "))")
        }
        name = try values.decode(String.self, forKey: .name)
        calibration = try values.decode(Calibration.self, forKey: .calibration)
        if version == 0 {
            let layers = try values.decode([FormerLayer].self, forKey: .layers).map { try $0.entry() }
            network = .layers(layers, try values.decode(FrontEndSettings.self, forKey: .frontEnd))
        } else if values.contains(.layers) == values.contains(.encoder) {
            throw Fault(what: "needs one of `encoder` and `layers`")
        } else if values.contains(.layers) {
            let layers = try values.decode([LayerEntry].self, forKey: .layers)
            network = .layers(layers, try values.decode(FrontEndSettings.self, forKey: .frontEnd))
        } else {
            let encoder = try values.decode(EncoderDescription.self, forKey: .encoder)
            network = .encoder(encoder, try values.decode(LogMelSettings.self, forKey: .frontEnd))
        }
    }

    /// What in the description this program cannot use.
    struct Fault: Error { var what: String }
}
