import Alerting
import Audio
import Classifier
import Dispatch
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Policies
import Reporting
import Screening
import Store
import Synchronization

/// One recording at a time: each takes a core while it is screened.
final class AnalysisTurn: Sendable {
    private let isTaken = Mutex(false)
    let queue = DispatchQueue(label: "analyses")

    func take() -> Bool {
        isTaken.withLock { isTaken in
            defer { isTaken = true }
            return !isTaken
        }
    }

    func leave() { isTaken.withLock { $0 = false } }
}

extension Dashboard {
    /// Screens a recording that was sent in. Nothing of it is kept: it lies in a file of the owner's only while it is read.
    func analyse(_ request: Request, _ visit: Visit) async throws -> Response {
        _ = try visit.needs(.viewer, .admin)
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > options.mostRecordingBytes { throw tooLong }
        guard analyses.take() else {
            throw HTTPError(.serviceUnavailable, headers: [.retryAfter: "10"], message: "Another recording is being screened; try again.")
        }
        defer { analyses.leave() }
        let path = NSTemporaryDirectory() + "falsetto-recording-\(UUID().uuidString)"
        let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw HTTPError(.internalServerError, message: "There is no place to put the recording.") }
        let file = Foundation.FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        defer { unsafe unlink(path) }
        var count = 0
        for try await part in request.body {
            count += part.readableBytes
            guard count <= options.mostRecordingBytes else { throw tooLong }
            do { try file.write(contentsOf: Data(part.readableBytesView)) } catch {
                throw HTTPError(.serviceUnavailable, message: "There is no room for the recording.")
            }
        }
        guard count > 0 else { throw HTTPError(.badRequest, message: "Send the recording as the body of the request.") }
        let result = await screened(path)
        switch result {
        case .success(let records): return .json(ReportRecord.jsonDocument(records))
        case .failure(let error):
            let status: HTTPResponse.Status = error.kind == .missingTool ? .notImplemented : .unprocessableContent
            throw HTTPError(status, message: "The recording \(error.problem)\(error.advice.map { "; \($0)" } ?? "").")
        }
    }

    private var tooLong: HTTPError { HTTPError(.contentTooLarge, message: "A recording has at most \(options.mostRecordingBytes) bytes.") }

    private func screened(_ path: String) async -> Result<[ReportRecord], AudioError> {
        await withCheckedContinuation { continuation in
            analyses.queue.async { [self] in
                var screening = RecordingScreening(model: model, policy: policy)
                screening.limitSeconds = options.mostRecordingSeconds
                do throws(AudioError) {
                    let found = try screening.screen(.path(path, raw: nil))
                    let provenance = Provenance(
                        build: options.build, modelName: model.name, modelIdentity: model.identity, operatingPoint: policy.operatingPoint,
                        policy: policy.policy, kernel: model.kernel)
                    continuation.resume(
                        returning: .success(
                            found.legs.map { leg in
                                .analysis(
                                    AnalysisRecord(
                                        path: "recording", leg: leg.name, result: leg.result, provenance: provenance, warnings: found.warnings))
                            }))
                } catch { continuation.resume(returning: .failure(error)) }
            }
        }
    }
}
