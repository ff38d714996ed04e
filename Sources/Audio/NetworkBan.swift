import Glibc

/// Runs something on a thread of its own that can open no socket, nor can any process that it starts, whatever that becomes.
///
/// A decoder of untrusted files has no business on the network. What it is told to open (`-protocol_whitelist`) binds a decoder
/// that works as written; this binds one that was taken over. The filter is the kernel's (seccomp(2)), which a thread cannot
/// put off again, hence the thread. Where the kernel has none the command line's ban stands alone.
enum NetworkBan {
    /// Runs `body` under the ban, on another thread, and waits for it.
    static func run<Result>(_ body: () -> Result) -> Result {
        // The body is over before this returns, so that it never escapes.
        withoutActuallyEscaping(body) { body in
            let work = Work(body)
            var thread = pthread_t()
            let status = unsafe pthread_create(
                &thread, nil,
                { context in
                    NetworkBan.install()
                    unsafe Unmanaged<WorkBase>.fromOpaque(context!).takeUnretainedValue().run()
                    return nil
                }, Unmanaged<WorkBase>.passUnretained(work).toOpaque())
            if status == 0 { _ = pthread_join(thread, nil) } else { work.run() }
            return work.result!
        }
    }

    private class WorkBase {
        func run() {}
    }

    private final class Work<Result>: WorkBase {
        private let body: () -> Result
        private(set) var result: Result?

        init(_ body: @escaping () -> Result) { self.body = body }

        override func run() { result = body() }
    }

    #if arch(x86_64)
    /// AUDIT_ARCH_X86_64, and the numbers of socket(2) and io_uring_setup(2), which opens sockets, too.
    private static let numbers: (architecture: UInt32, socket: UInt32, ring: UInt32)? = (0xC000_003E, 41, 425)
    #elseif arch(arm64)
    private static let numbers: (architecture: UInt32, socket: UInt32, ring: UInt32)? = (0xC000_00B7, 198, 425)
    #else
    private static let numbers: (architecture: UInt32, socket: UInt32, ring: UInt32)? = nil
    #endif

    /// Four instructions of classic BPF for each question (linux/filter.h): code, jump if true, jump if not, constant.
    private static func program(_ numbers: (architecture: UInt32, socket: UInt32, ring: UInt32)) -> [UInt64] {
        func step(_ code: UInt64, _ yes: UInt64, _ no: UInt64, _ constant: UInt32) -> UInt64 { code | yes << 16 | no << 24 | UInt64(constant) << 32 }
        let load: UInt64 = 0x20, equal: UInt64 = 0x15, atLeast: UInt64 = 0x35, answer: UInt64 = 0x06
        let allowed: UInt32 = 0x7FFF_0000, refused: UInt32 = 0x0005_0000 | UInt32(EPERM)
        return [
            // The call's architecture stands at 4 of what the filter sees, its number at 0.
            step(load, 0, 0, 4), step(equal, 0, 5, numbers.architecture),
            step(load, 0, 0, 0), step(equal, 3, 0, numbers.socket), step(equal, 2, 0, numbers.ring),
            // The x32 way into the same kernel.
            step(atLeast, 1, 0, 0x4000_0000),
            step(answer, 0, 0, allowed), step(answer, 0, 0, refused),
        ]
    }

    /// prctl(2) is variadic, which keeps it out of Swift; its arguments are integers, passed as those of any function.
    private typealias Control = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32

    private static func install() {
        guard let numbers, let symbol = unsafe dlsym(nil, "prctl") else { return }
        let control = unsafe unsafeBitCast(symbol, to: Control.self)
        let noNewPrivileges: Int32 = 38, setFilter: Int32 = 22, filterMode: UInt = 2
        guard control(noNewPrivileges, 1, 0, 0, 0) == 0 else { return }
        var program = program(numbers)
        unsafe program.withUnsafeMutableBufferPointer { steps in
            // struct sock_fprog: a count of 16 bits, padding, an address.
            var header = (UInt(steps.count), UInt(bitPattern: steps.baseAddress!))
            _ = unsafe withUnsafePointer(to: &header) { control(setFilter, filterMode, UInt(bitPattern: $0), 0, 0) }
        }
    }
}
