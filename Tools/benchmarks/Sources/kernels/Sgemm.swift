import Foundation

/// NumPy in a child process, if there is a python3 that has it.
final class Sgemm {
    private let process = Process()
    private let requests = Pipe()
    private let answers = Pipe()

    /// nil where python3 or NumPy is missing.
    /// - Parameter level: NumPy's OpenBLAS is held to its instructions.
    init?(script: URL, level: String) {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", script.path]
        // Each BLAS that NumPy may come with has a name of its own for this.
        var environment = ["OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"]
        environment["OPENBLAS_CORETYPE"] = ["x86-64-v1": "Prescott", "x86-64-v3": "Haswell", "x86-64-v4": "SkylakeX"][level]
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = requests
        process.standardOutput = answers
        process.standardError = FileHandle.nullDevice
        do { try process.run() } catch { return nil }
        guard line() == "ready" else { return nil }
    }

    deinit {
        try? requests.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// Seconds of each sample of a dense layer with each of so many matrices.
    func dense(rows: Int, inputs: Int, outputs: Int, matrices: Int, samples: Int) -> [Double] {
        ask("dense \(rows) \(inputs) \(outputs) \(matrices) \(samples)")
    }

    /// Seconds of each sample of both products of an attention, so many times.
    func attention(queryRows: Int, keyRows: Int, heads: Int, headWidth: Int, repeats: Int, samples: Int) -> [Double] {
        ask("attention \(queryRows) \(keyRows) \(heads) \(headWidth) \(repeats) \(samples)")
    }

    private func ask(_ request: String) -> [Double] {
        requests.fileHandleForWriting.write(Data((request + "\n").utf8))
        return (line() ?? "").split(separator: " ").compactMap { Double($0) }
    }

    private func line() -> String? {
        var bytes: [UInt8] = []
        while let byte = try? answers.fileHandleForReading.read(upToCount: 1)?.first {
            if byte == 0x0a { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(byte)
        }
        return nil
    }
}
