import CProcessor
import KernelInterface
import KernelsBaseline

#if arch(x86_64)
import KernelsAVX2
import KernelsAVX512
#endif

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

public typealias KernelSet = KernelInterface.KernelSet
public typealias ConvolutionShape = KernelInterface.ConvolutionShape
public typealias AttentionShape = KernelInterface.AttentionShape
public typealias Activation = KernelInterface.Activation

/// The environment asks for kernels that this machine has not.
public struct KernelLevelError: Error, CustomStringConvertible, Sendable, Equatable {
    public let description: String

    public init(description: String) { self.description = description }
}

extension KernelSet {
    /// Lowers the level, so that one machine can give what a lesser one gives.
    public static let environmentVariable = "FALSETTO_KERNEL"

    /// The levels that this machine can run, the lowest first.
    public static let available: [KernelSet] = {
        var sets = [KernelsBaseline.kernelSet()]
        #if arch(x86_64)
        let level = processorLevel()
        if level >= 3 { sets.append(KernelsAVX2.kernelSet()) }
        if level >= 4 { sets.append(KernelsAVX512.kernelSet()) }
        #endif
        return sets
    }()

    /// The set that is asked for by name, or the highest that this machine has.
    public static func named(_ name: String?) throws(KernelLevelError) -> KernelSet {
        guard let name, !name.isEmpty else { return available[available.count - 1] }
        guard let set = available.first(where: { $0.name == name }) else {
            let names = available.map(\.name).joined(separator: ", ")
            throw KernelLevelError(
                description: "\(environmentVariable)=\(name): this machine has no such kernels; it has \(names); leave it unset for the last")
        }
        return set
    }

    private static let choice = Result { () throws(KernelLevelError) in
        try named(unsafe getenv(environmentVariable).map { unsafe String(cString: $0) })
    }

    /// The set that this process uses, chosen once from the machine and `FALSETTO_KERNEL`.
    /// - Throws: what is wrong with the variable; the front asks before anything runs.
    public static func chosen() throws(KernelLevelError) -> KernelSet { try choice.get() }

    /// `chosen()`, for code behind a front that has asked. Traps if the variable is at fault.
    public static var current: KernelSet {
        switch choice {
        case .success(let set): set
        case .failure(let error): preconditionFailure(error.description)
        }
    }
}

/// Name of the instruction level that this process runs at; every result carries it.
public var kernelLevel: String { KernelSet.current.name }

/// `KernelSet.convolve` at the level of this process.
public func convolve(
    _ shape: ConvolutionShape, input: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>
) {
    unsafe KernelSet.current.convolve(shape, input: input, weights: weights, bias: bias, output: output)
}

/// `KernelSet.convolveDepthwise` at the level of this process.
public func convolveDepthwise(
    _ shape: ConvolutionShape, input: UnsafePointer<Float>, weights: UnsafePointer<Float>, bias: UnsafePointer<Float>,
    output: UnsafeMutablePointer<Float>
) {
    unsafe KernelSet.current.convolveDepthwise(shape, input: input, weights: weights, bias: bias, output: output)
}
