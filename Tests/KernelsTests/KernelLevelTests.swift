import Kernels
import Testing

@Test("Without a wish the highest level of the machine is taken; each of its levels can be asked for")
func levelsByName() throws {
    #expect(try KernelSet.named(nil).name == KernelSet.available.last!.name)
    #expect(try KernelSet.named("").name == KernelSet.available.last!.name)
    for set in KernelSet.available { #expect(try KernelSet.named(set.name).name == set.name) }
    #if arch(x86_64)
    #expect(KernelSet.available.map(\.name) == Array(["x86-64-v1", "x86-64-v3", "x86-64-v4"].prefix(KernelSet.available.count)))
    #else
    #expect(KernelSet.available.count == 1)
    #endif
}

@Test("A level that is unknown, or that the machine has not, is refused in one line that names those it has")
func unknownLevelIsRefused() {
    let names = KernelSet.available.map(\.name).joined(separator: ", ")
    #expect(
        throws: KernelLevelError(
            description: "FALSETTO_KERNEL=avx9: this machine has no such kernels; it has \(names); leave it unset for the last")
    ) { try KernelSet.named("avx9") }
}
