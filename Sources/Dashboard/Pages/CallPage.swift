import Alerting
import Calls
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Reporting
import Screening
import Store

/// One call, its sound, what was exported of it.
extension Dashboard {
    /// Whether what Falsetto thinks of a call is hidden from somebody: from a reviewer, until they have judged it or asked to see it.
    func isBlind(_ call: StoredCall, for account: Account) throws -> Bool {
        guard account.role == .reviewer, Self.own(call, account.name) == nil else { return false }
        return try !store.hasSeenScore(of: call.id, who: account.name)
    }

    func callPage(_ request: Request, _ visit: Visit) throws -> Response {
        let account = try visit.needs()
        let call = try store.call(visit.callID())
        let isBlind = try isBlind(call, for: account)
        try store.noteLook(at: call.id, by: account.name, withScore: !isBlind)
        let legs = try store.legs(of: call.id)
        let entries: HTML = try isBlind ? "" : audit(of: call.id)
        let body: HTML = """
            <h1>Call <span class="path">\(call.id.text)</span></h1>
            \(try facts(call, isBlind: isBlind))
            \(isBlind ? blindNote(call, visit) : "")
            \(legs.enumerated().map { leg($1, number: $0, of: call, isBlind: isBlind) })
            \(account.role == .viewer ? "" : judging(call, visit, isBlind: isBlind, after: "/calls/\(call.id.text)"))
            \(isBlind ? "" : judgements(call))
            \(isBlind ? "" : exports(call))
            \(entries)
            """
        return Page(title: "Call \(call.id.text)", body: body, visit: visit, place: "Calls").response()
    }

    /// - Parameter isBlind: that a machine's voice was disclosed is not said: it would tell what the voice is.
    func facts(_ call: StoredCall, isBlind: Bool) throws -> HTML {
        let times = TimeWords()
        let state: HTML =
            switch call.state {
            case .ended: ""
            case .open: "; it goes on"
            case .interrupted: "; cut short: the program ended in it"
            }
        let note: HTML = try isBlind ? "" : disclosed(call)
        let length: HTML = call.state == .open ? "" : "<dt>length</dt><dd>\(PageParts.time(call.durationSeconds))</dd>"
        return """
            <dl class="facts"><dt>began</dt><dd>\(times.moment(call.startedAt)) (\(times.zone))\(state)</dd>
            \(length)
            \(call.device.map { "<dt>line</dt><dd>\($0)</dd>" as HTML })
            <dt>consent</dt><dd>\(call.consent)</dd>
            <dt>sound</dt><dd>\(call.keepsAudio ? "kept, encrypted" : "not kept")</dd>
            <dt>screened by</dt><dd>falsetto \(call.build), model \(call.modelName), policy \
            \(call.policyName.replacing(" at ", with: ", operating point "))</dd></dl>
            \(note)
            """
    }

    private func disclosed(_ call: StoredCall) throws -> HTML {
        if let reason = try store.allowReason(of: call.id) {
            return """
                <p class="card">The voice of this call stands among the <a href="/known">known voices</a> (\(reason)): it is known to be a \
                machine's. The call is stored and counted, raises no alert, and no sink hears of it.</p>
                """
        }
        return call.outcome != .syntheticDisclosed
            ? ""
            : """
            <p class="card">The voice of this call said that it is a machine's: the call is recorded as such, and raises no alert from there on.</p>
            """
    }

    private func blindNote(_ call: StoredCall, _ visit: Visit) -> HTML {
        """
        <form class="row" method="post" action="/calls/\(call.id.text)/reveal">\(visit.tokenField)
        <span>What Falsetto thinks of this call is hidden until you have judged it.</span>
        <button class="quiet">Show it anyway: my judgement of this call will not count as blind</button></form>
        """
    }

    func leg(_ leg: StoredLeg, number: Int, of call: StoredCall, isBlind: Bool) -> HTML {
        let id = "leg-\(number + 1)"
        let drawing: HTML
        var strongest: Double?
        if isBlind {
            drawing = "<div id=\"\(id)\">\(speech(leg, of: call))</div>"
        } else if let result = leg.screened, let provenance = call.provenance {
            strongest = result.strongest?.startSeconds
            let whole = PageParts.leg(
                result, name: "Leg \(leg.leg.name)", provenance: provenance, id: id, picture: Self.picture(of: leg, of: call))
            drawing = "<div id=\"\(id)\">\(HTML(trusted: whole))</div>"
        } else {
            let grows = call.state == .open ? " data-growing=\"/calls/\(call.id.text)/figure\"" : ""
            let place = HTML(trusted: number == 0 ? grows : "")
            drawing = "<h2>Leg \(leg.leg.name)</h2><div id=\"\(id)\"\(place)>\(unfinished(leg, of: call, id: id))</div>"
        }
        let marks: [HTML] = leg.marks.map { mark in
            let length = mark.sampleCount > 0 ? " for \(PageParts.number(LegTime.seconds(mark.sampleCount), decimals: 1)) s" : ""
            return "<li>\(PageParts.time(LegTime.seconds(mark.startSample), tenths: true)) \(PageParts.words(mark.kind))\(length)</li>"
        }
        let gaps: HTML = marks.isEmpty ? "" : "<h3>Gaps and marks</h3><ul>\(marks)</ul>"
        let sound: HTML = call.keepsAudio ? player(leg, of: call, plot: id, strongest: strongest) : ""
        // What is heard stays in view above what is seen of it.
        return "<section\(number == 0 ? " class=\"plain\"" as HTML : "")>\(sound)\(drawing)\(gaps)</section>"
    }

    private func player(_ leg: StoredLeg, of call: StoredCall, plot: String, strongest: Double?) -> HTML {
        let jump: HTML =
            strongest.map {
                """
                <button data-seek="\(String(max(0, $0 - 0.5)))">Jump to the strongest stretch, \(PageParts.time($0, tenths: true)) \
                <kbd>j</kbd></button>
                """
            } ?? ""
        return """
            <div class="player" data-sound="/calls/\(call.id.text)/audio?leg=\(Self.encoded(leg.leg.name))" data-plot="\(plot)">
            <button data-load>Play <kbd>p</kbd></button>\(jump)<span class="status" role="status"></span></div>
            <p class="note">That you play it, and when, is entered in the audit chain.</p>
            """
    }

    /// When somebody spoke and what the sound looks like, and nothing of what was made of it: what a person judges by is the sound.
    private func speech(_ leg: StoredLeg, of call: StoredCall) -> HTML {
        let seconds = max(leg.leg.durationSeconds, 0.1)
        let verdict = Verdict(outcome: .inconclusive, llr: nil, netSpeechSeconds: 0, conditions: LineConditions(bandwidth: .narrowband))
        let result = LegResult(verdict, durationSeconds: seconds, track: leg.track)
        let path = PageParts.speech(result).map { stretch in
            let (from, to) = (1000 * stretch.lowerBound / seconds, 1000 * stretch.upperBound / seconds)
            func place(_ x: Double) -> String { PageParts.number(x, decimals: 1) }
            return "M\(place(from)) 0H\(place(max(to, from + 0.4)))V40H\(place(from))Z"
        }.joined()
        let picture = Self.picture(of: leg, of: call)
        let image: HTML =
            picture.map {
                "<image class=\"spectrogram\" y=\"44\" width=\"1000\" height=\"156\" preserveAspectRatio=\"none\" href=\"\($0)\"/>"
            } ?? ""
        let height = picture == nil ? 40 : 200
        return """
            <svg class="plot strip\(picture == nil ? "" : " pictured")" viewBox="0 0 1000 \(height)" preserveAspectRatio="none" data-left="0" \
            data-width="1000" data-seconds="\(PageParts.number(seconds, decimals: 3))" role="img" aria-label="Where somebody speaks\
            \(picture == nil ? "" : ", and the spectrogram of the sound")">
            <rect class="panel" x="0" y="0" width="1000" height="40"/><path class="speech" d="\(HTML(trusted: path))"/>\(image)</svg>
            <p class="ends"><span>0:00</span><span>speech is blue\(picture == nil ? "" : "; below, dark is loud, high tones are on top")</span>\
            <span>\(PageParts.time(seconds))</span></p>
            """
    }

    /// A leg without a result: it is being heard, or the program ended in it.
    private func unfinished(_ leg: StoredLeg, of call: StoredCall, id: String) -> HTML {
        guard let point = call.provenance?.operatingPoint else { return "<p>The policy of this call cannot be read.</p>" }
        let end = leg.track.last.map { LegTime.seconds($0.startSample + (leg.hopSamples ?? 0)) } ?? leg.leg.durationSeconds
        let speech = leg.track.count { $0.isSpeech } * (leg.hopSamples ?? 0)
        let result = LegResult(
            Verdict(
                outcome: .inconclusive, reason: .tooLittleSpeech, llr: nil, netSpeechSeconds: LegTime.seconds(speech),
                conditions: LineConditions(bandwidth: .narrowband)),
            durationSeconds: end, track: leg.track)
        let events: [HTML] = leg.alerts.map { alert in
            let at = leg.track.indices.contains(alert.hop - 1) ? leg.track[alert.hop - 1].startSeconds : end
            return "<li>\(PageParts.time(at, tenths: true)) \(PageParts.words(alert.kind))</li>"
        }
        return """
            <p>\(PageParts.number(LegTime.seconds(speech), decimals: 1)) s of speech in \(PageParts.time(end)) so far.</p>
            <figure><div class="scroll">\(HTML(trusted: PageParts.drawing(result, at: point, id: id)))</div></figure>
            \(events.isEmpty ? "" : "<ul>\(events)</ul>")
            \(leg.alerts.contains { $0.kind == .raised } ? "<p class=\"advice\">\(PageParts.advice)</p><p>\(PageParts.caution)</p>" : "")
            """
    }

    /// The drawing of a call that goes on; 410 once it has ended, and the page is to be loaded anew.
    func growingFigure(_ visit: Visit) throws -> Response {
        let account = try visit.needs()
        let call = try store.call(visit.callID())
        guard try !isBlind(call, for: account) else { throw HTTPError(.forbidden, message: "Judge the call first.") }
        guard call.state == .open, let leg = try store.legs(of: call.id).first else { throw HTTPError(.gone, message: "The call has ended.") }
        return .text(unfinished(leg, of: call, id: "leg-1").text, type: "text/html; charset=utf-8")
    }

    private func judgements(_ call: StoredCall) -> HTML {
        guard !call.judgements.isEmpty else { return "" }
        let rows: [[HTML]] = call.judgements.map {
            [
                "\($0.judge)", "\($0.verdict.rawValue)", TimeWords().html($0.judgedAt), $0.sawScore ? "score seen" : "blind",
                "\($0.note ?? "")",
            ]
        }
        return "<h2>What people said</h2>"
            + TablePart(
                caption: "Judgements", heads: ["who", "says", "when", "how", "note"].map { .init($0) }, rows: rows
            ).html
    }

    private func exports(_ call: StoredCall) -> HTML {
        let sound: [HTML] =
            call.keepsAudio
            ? call.legs.map { leg in
                "<a class=\"button\" href=\"/calls/\(call.id.text)/export?as=wav&amp;leg=\(Self.encoded(leg.name))\">Sound, \(leg.name) (WAV)</a>"
            } : []
        return """
            <h2>Take it along</h2><div class="row"><a class="button" href="/calls/\(call.id.text)/export?as=json">All that is stored (JSON)</a>
            <a class="button" href="/calls/\(call.id.text)/export?as=labels">Labels (Audacity)</a>\(sound)</div>
            """
    }

    private func audit(of id: CallID) throws -> HTML {
        let entries = try store.auditEntries(of: id)
        // A call that many looked at has a long list; the latest say most.
        let rows: [[HTML]] = entries.suffix(50).reversed().map {
            ["\(Int($0.number))", TimeWords().html(Date(timeIntervalSince1970: Double($0.at) / 1000)), "\($0.kind)", "\($0.detail)"]
        }
        let more: HTML = entries.count > 50 ? "<p class=\"note\">The latest 50 of \(entries.count).</p>" : ""
        return "<h2>In the audit chain</h2>" + more
            + TablePart(
                caption: "Audit entries", heads: [.init("entry", isNumber: true), .init("when"), .init("what"), .init("detail")], rows: rows
            ).html
    }

    // MARK: sound and files

    func sound(_ request: Request, _ visit: Visit) throws -> Response {
        let account = try visit.needs()
        return try Self.wav(hear(visit.callID(), leg: request.field("leg"), as: .audioPlayed, by: account), name: nil)
    }

    func hear(_ id: CallID, leg: String?, as purpose: AuditEntry.Kind, by account: Account) throws(StoreError) -> KeptSound {
        try store.hear(id, .init(leg: leg), key: AudioKey(path: store.folder.audioKey), as: purpose, by: account.name)
    }

    static func wav(_ sound: KeptSound, name: String?) -> Response {
        var response = Response(status: .ok, headers: [.contentType: "audio/wav"], body: .init(byteBuffer: ByteBuffer(bytes: sound.wav)))
        if let name { response.headers[.contentDisposition] = "attachment; filename=\"\(name)\"" }
        return response
    }

    func export(_ request: Request, _ visit: Visit) throws -> Response {
        let account = try visit.needs()
        let call = try store.call(visit.callID())
        guard try !isBlind(call, for: account) else {
            throw HTTPError(.forbidden, message: "Judge the call first: what is exported holds its score.")
        }
        // An id holds nothing that a file name could not.
        let name = "call-\(call.id.text)"
        var response: Response
        switch request.field("as") {
        case "json":
            try store.noteLook(at: call.id, by: account.name, withScore: true)
            response = .json(StoredCallJSON.export([(call, try store.legs(of: call.id))]))
            response.headers[.contentDisposition] = "attachment; filename=\"\(name).json\""
        case "labels":
            try store.noteLook(at: call.id, by: account.name, withScore: true)
            let records = try store.legs(of: call.id).compactMap { leg in
                leg.screened.flatMap { result in
                    call.provenance.map { AnalysisRecord(path: name, leg: leg.leg.name, result: result, provenance: $0) }
                }
            }
            response = .text(AudacityLabels.text(records), type: "text/plain; charset=utf-8")
            response.headers[.contentDisposition] = "attachment; filename=\"\(name).txt\""
        case "wav":
            response = Self.wav(try hear(call.id, leg: request.field("leg"), as: .audioExported, by: account), name: "\(name).wav")
        default: throw HTTPError(.badRequest, message: "A call is exported as json, labels or wav.")
        }
        return response
    }
}
