import Alerting
import ArgumentParser
import Audio
import Calls
import Classifier
import Policies
import Reporting
import Store
import Text

/// The exit codes that the program promises.
enum Exit {
    static let nothingSynthetic = ExitCode(0)
    static let somethingSynthetic = ExitCode(1)
    static let noVerdict = ExitCode(2)
    static let unreadableInput = ExitCode(3)
    static let usage = ExitCode(64)
    static let missingOnMachine = ExitCode(69)
    static let internalError = ExitCode(70)
    static let configuration = ExitCode(78)

    /// The code of a finished analysis. Something synthetic outweighs everything else.
    static func code(for tally: ScreeningTally, missingTools: Int) -> ExitCode {
        if tally.synthetic > 0 { return somethingSynthetic }
        if tally.unreadable > 0 { return tally.legs == 0 && missingTools == tally.unreadable ? missingOnMachine : unreadableInput }
        if tally.human == 0 { return noVerdict }
        return nothingSynthetic
    }
}

/// A fault that ends the command: one line on standard error, and its exit code.
struct Fault: Error, CustomStringConvertible {
    var line: String
    var code: ExitCode
    var description: String { line }

    init(_ line: String, code: ExitCode) {
        self.line = line
        self.code = code
    }

    init(_ error: ModelError) { self.init(error.description.escapedForTerminal, code: Exit.configuration) }

    init(_ error: AudioError) {
        let code: ExitCode =
            switch error.kind {
            case .usage: Exit.usage
            case .missingTool: Exit.missingOnMachine
            case .diskFull, .io: Exit.internalError
            default: Exit.unreadableInput
            }
        self.init(error.description, code: code)
    }
}

extension AsyncParsableCommand {
    /// Runs the body; a fault becomes its one line and its exit code.
    func reporting(_ body: () async throws -> Void) async throws {
        do { try await body() } catch let fault as Fault {
            Console.complain(fault.line)
            throw fault.code
        } catch let error as ModelError { try fail(Fault(error)) } catch let error as AudioError {
            try fail(Fault(error))
        } catch let error as PolicyError {
            try fail(Fault(error.description.escapedForTerminal, code: Exit.configuration))
        } catch let error as CallIDError {
            try fail(Fault(error.description, code: Exit.usage))
        } catch let error as StoreError { try fail(Fault(error)) } catch let code as ExitCode { throw code } catch {
            // Without this the argument parser would exit with 1, which here means that something is synthetic.
            try fail(Fault("internal error: \(error)", code: Exit.internalError))
        }
    }

    private func fail(_ fault: Fault) throws {
        Console.complain(fault.line)
        throw fault.code
    }
}
