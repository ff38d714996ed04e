// Prints how fast the kernels run on one core, level by level, beside NumPy's sgemm where python3 has NumPy:
//
//     swift run -c release --package-path Tools/benchmarks kernels [LEVEL [CASE]]
//
// GFLOP/s counts a multiply and an add for every weight and row; bias and activation come free. Best and median of nine samples, each a pass over
// 8 M weights, of the processor's time. CASE is how the names of what is measured begin, "attention" for one.

import Foundation
import Kernels

let samples = 9
let rowCounts = [20, 40, 80, 200]

func machine() -> String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    return line.map { $0.drop { $0 != ":" }.dropFirst().trimmingCharacters(in: .whitespaces) } ?? "unknown processor"
}

func pair(_ rate: Rate?) -> String { rate.map { String(format: "%6.1f %6.1f", $0.best, $0.median) } ?? "     -      -" }

func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }

let wanted = CommandLine.arguments.dropFirst().first
let prefix = CommandLine.arguments.dropFirst(2).first ?? ""
let levels: [KernelSet]
do { levels = try wanted.map { [try KernelSet.named($0)] } ?? KernelSet.available.reversed() } catch {
    FileHandle.standardError.write(Data("kernels: \(error)\n".utf8))
    exit(64)
}
let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../sgemm.py").standardized
print("\(machine()), one thread of \(ProcessInfo.processInfo.activeProcessorCount); GFLOP/s, best and median of \(samples)")
for kernels in levels {
    let sgemm = Sgemm(script: script, level: kernels.name)
    if sgemm == nil { print("No python3 with NumPy: no sgemm beside the kernels.") }
    print("\n" + padded(kernels.name, 20) + " rows   float32        bfloat16       sgemm          bfloat16/sgemm (median)")
    for layer in DenseCase.all where layer.name.hasPrefix(prefix) {
        for rows in rowCounts {
            let reference = sgemm.map {
                Rate(
                    operations: Double(2 * rows * layer.inputs * layer.outputs * layer.matrices),
                    seconds: $0.dense(rows: rows, inputs: layer.inputs, outputs: layer.outputs, matrices: layer.matrices, samples: samples))
            }
            let float32 = measureDense(layer, rows: rows, storage: .float32, kernels: kernels, samples: samples)
            let bfloat16 = measureDense(layer, rows: rows, storage: .bfloat16, kernels: kernels, samples: samples)
            let ratio = reference.map { String(format: "%.2f", bfloat16.median / $0.median) } ?? "-"
            print("\(padded(layer.name, 20)) \(String(format: "%4d", rows))  \(pair(float32))  \(pair(bfloat16))  \(pair(reference))  \(ratio)")
        }
    }
    for attention in AttentionCase.all where attention.name.hasPrefix(prefix) {
        let reference = sgemm.map { Rate(operations: attention.operations, seconds: attention.seconds($0, samples: samples)) }
        let rate = Rate(operations: attention.operations, seconds: attention.seconds(kernels, samples: samples))
        let ratio = reference.map { String(format: "%.2f", rate.median / $0.median) } ?? "-"
        print("\(padded(attention.name, 41)) \(pair(rate))  \(pair(reference))  \(ratio)")
    }
}
