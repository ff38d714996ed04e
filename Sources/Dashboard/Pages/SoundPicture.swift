import Calls
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Reporting
import Screening
import Spectra
import Store

/// The spectrogram of a leg's kept sound, drawn when somebody looks and kept nowhere.
extension Dashboard {
    /// As many columns as a wide page has room for; with `Spectrogram.bandCount` rows that stays below 100 KB.
    private static let pictureColumns = 720

    /// Where a leg's picture is; nil where no sound is kept, or where it still comes in.
    static func picture(of leg: StoredLeg, of call: StoredCall) -> String? {
        guard call.keepsAudio, call.state != .open else { return nil }
        let kilohertz = leg.screened.map { PageParts.kilohertz($0.bandwidth) } ?? 8
        return "/calls/\(call.id.text)/spectrogram?leg=\(encoded(leg.leg.name))&khz=\(kilohertz)"
    }

    /// Says nothing of what Falsetto thinks, so that it is shown to who judges blind as well.
    func spectrogram(_ request: Request, _ visit: Visit) async throws -> Response {
        let account = try visit.needs()
        let id = try visit.callID()
        let leg = request.field("leg")
        guard let kilohertz = ["4": 4.0, "8": 8.0][request.field("khz") ?? "8"] else {
            throw HTTPError(.badRequest, message: "A spectrogram goes up to 4 or 8 kHz.")
        }
        // One at a time, on a thread of its own: the sound of a long call is long to open and large.
        let result: Result<[UInt8]?, StoreError> = await withCheckedContinuation { continuation in
            pictures.async { [self] in
                do throws(StoreError) {
                    let sound = try hear(id, leg: leg, as: .audioPictured, by: account)
                    let drawn = Spectrogram(sound.samples, sampleRate: sound.sampleRate, columns: Self.pictureColumns, topHz: 1000 * kilohertz)
                    continuation.resume(returning: .success(drawn.map { PageParts.picture(levels: $0.levels, bands: Spectrogram.bandCount) }))
                } catch { continuation.resume(returning: .failure(error)) }
            }
        }
        guard let png = try result.get() else { throw HTTPError(.notFound, message: "That sound is too short for a picture.") }
        return Response(
            status: .ok, headers: [.contentType: "image/png", .contentLength: String(png.count)], body: .init(byteBuffer: ByteBuffer(bytes: png)))
    }
}
