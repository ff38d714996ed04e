import Foundation

/// Recordings of people that a Debian package brings. Licences as the packages' own copyright files state them.
enum DemoRecordings: CaseIterable {
    /// Telephone prompts of the Asterisk project, whole sentences.
    case asterisk
    /// The words with which alsa-utils tests loudspeakers ("front left"): used where nothing else is installed.
    case alsa

    var package: String {
        switch self {
        case .asterisk: "asterisk-core-sounds-en-gsm"
        case .alsa: "alsa-utils"
        }
    }

    var origin: String {
        switch self {
        case .asterisk: "Allison Smith's prompts for the Asterisk project (Debian package \(package))"
        case .alsa: "the spoken test sounds of alsa-utils, single words"
        }
    }

    var licence: String {
        switch self {
        case .asterisk: "CC BY-SA 3.0, copyright 2003-2010 Allison Smith"
        case .alsa: "GPL-2, copyright Jaroslav Kysela and others"
        }
    }

    var files: [URL] {
        switch self {
        case .asterisk:
            ["demo-congrats", "vm-options", "demo-abouttotry"].map {
                URL(fileURLWithPath: "/usr/share/asterisk/sounds/en_US_f_Allison/\($0).gsm")
            }
        case .alsa:
            ["Front_Center", "Front_Left", "Front_Right", "Rear_Center", "Rear_Left", "Rear_Right", "Side_Left", "Side_Right"].map {
                URL(fileURLWithPath: "/usr/share/sounds/alsa/\($0).wav")
            }
        }
    }

    var arePresent: Bool { files.allSatisfy { FileManager.default.fileExists(atPath: $0.path) } }
}
